/*
 * Enrollment profiles (services/README.md UEM B1-B3).
 */
#include "sim/uem/uem.h"

#define PROFILE_SELECT                                                                  \
	"SELECT f.id, f.name, f.uuid, f.apple_id, f.og, f.body, g.name FROM profile f " \
	"JOIN og g ON g.id=f.og "

/* What identifies a profile stays, whatever a PUT says; a password is never told (H.20). */
static const char *const fixed[] = { "id", "uuid", "profile_identifier", "Password", NULL };

static bool is_fixed(struct str key)
{
	for (size_t i = 0; fixed[i]; i++)
		if (str_eq(key, str_from(fixed[i])))
			return true;
	return false;
}

/* What a PUT left there; false when the profile is as it was made. */
static bool put_replaced(struct sim *s, struct json_out *o, struct str body)
{
	struct json *root = NULL;
	struct err err;
	bool any = json_parse(&root, body, &err) == ERR_OK && json_first(root);

	for (const struct json *m = any ? json_first(root) : NULL; m; m = json_next(m))
		if (!is_fixed(json_name(m)))
			json_out_copy(o, m, true, &s->arena);
	if (any && json_get(root, "AccountType"))
		json_put_null(o, "Password");
	json_free(root);
	return any;
}

static void put_account(struct json_out *o)
{
	json_put_int(o, "AccountType", 1);
	json_put_z(o, "UserName", "localadmin");
	json_put_z(o, "FullName", "Local Administrator");
	json_put_null(o, "Password");
}

/* Those who enrolled a device are the users there are. */
static void put_user(struct sim *s, struct json_out *o, int64_t og)
{
	enum { NONE, INSIDE, OUTSIDE };
	int64_t whose = knob(s, KNOB_UEM_PROFILE_USER), record = SQL_NULL;
	struct db_stmt *st;

	if (whose == NONE)
		return;
	if (whose == INSIDE || whose == OUTSIDE)
		record = sql_int(&s->sql,
			sql_z("SELECT min(id) FROM managed WHERE user<>'' AND (og=?1)=?2"),
			sql_i(og), sql_i(whose == INSIDE));
	st = sql_query(&s->sql, sql_z("SELECT user FROM managed WHERE id=?"), sql_i(record));
	if (sql_next(&s->sql, st)) {
		json_put_str(o, "EnrollmentUsername", db_col_str(st, 0));
		db_reset(st);
	} else {
		json_put_z(o, "EnrollmentUsername", "nobody@example.com");
	}
}

static void put_made(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	bool first = sql_int(&s->sql, sql_z("SELECT min(id) FROM profile WHERE og=?"),
			     sql_i(db_col_int(st, 4))) == db_col_int(st, 0);

	json_put_int(o, "SharedMdmProfileDataId", 1000 + db_col_int(st, 0));
	json_put_str(o, "ProfileName", db_col_str(st, 1));
	json_put_int(o, "TokenLocationGroupId", db_col_int(st, 4));
	json_put_int(o, "DeviceLocationGroupId", db_col_int(st, 4));
	json_put_str(o, "RootLocationGroupName", db_col_str(st, 6));
	json_put_bool(o, "CustomPromptRequired", knob(s, KNOB_UEM_PROMPT) != 0);
	json_put_int(o, "MessageTemplateId", 0);
	json_put_bool(o, "EnableCustomEnrollment", false);
	json_put_bool(o, "AuthenticationRequired", true);
	json_put_bool(o, "AutoAssignDefaultProfile", first && knob(s, KNOB_UEM_AUTO_ASSIGN));
	json_put_bool(o, "RequireMdmEnrollment", true);
	json_put_bool(o, "SuperviseDevices", true);
	json_put_bool(o, "IsMdmRemovable", false);
	json_put_z(o, "Department", "IT");
	json_put_bool(o, "skip_app_store", true);
	json_put_bool(o, "SkipiCloudStorage", true);
	if (knob(s, KNOB_UEM_PROFILE_ACCOUNT))
		put_account(o);
	put_user(s, o, db_col_int(st, 4));
}

static void put_profile(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	json_obj(o, NULL);
	json_put_int(o, "id", db_col_int(st, 0));
	json_put_str(o, "uuid", db_col_str(st, 2));
	json_put_str(o, "profile_identifier", db_col_str(st, 3));
	if (!put_replaced(s, o, db_col_str(st, 5)))
		put_made(s, o, st);
	json_obj_end(o);
}

/* Group and text filter; both optional. The top group sees the profiles of all. */
void sim_uem_profiles_search(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "Page", "PageSize", 50);
	struct str uuid = pairs_get_nocase(&c->query, "OrganizationGroupUuid");
	struct str text = pairs_get_nocase(&c->query, "SearchText");
	int64_t og = SQL_NULL, total;
	struct db_stmt *st;
	struct json_out o;

	if (uuid.n)
		og = sql_int(&c->sim->sql,
			sql_z("SELECT CASE WHEN parent IS NULL THEN NULL ELSE id END FROM og "
			      "WHERE uuid=lower(?)"),
			sql_s(uuid));
	total = sql_int(&c->sim->sql,
		sql_z("SELECT count(*) FROM profile WHERE og>0 AND (?1 IS NULL OR og=?1) AND "
		      "(?2 IS NULL OR instr(lower(name), lower(?2)))"),
		sql_i(og), sql_s(text));
	if (!sim_uem_list_begin(c, &o, &page, total, "ProfileList"))
		return;
	st = sql_query(&c->sim->sql,
		sql_z(PROFILE_SELECT "WHERE (?1 IS NULL OR f.og=?1) AND "
				     "(?2 IS NULL OR instr(lower(f.name), lower(?2))) "
				     "ORDER BY f.id LIMIT ?3 OFFSET ?4"),
		sql_i(og), sql_s(text), sql_i(page.take), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st))
		put_profile(c->sim, &o, st);
	sim_uem_list_end_linked(c, &o, total);
}

/* SQL_NULL when the reply says 404. */
static int64_t find_profile(struct call *c)
{
	int64_t id = sim_uem_profile_find(c->sim, c->part[0], NULL);

	if (id == SQL_NULL)
		sim_uem_error(c, 404, 404, "Profile '%.*s' not found", STR_FMT(c->part[0]));
	return id;
}

void sim_uem_profile_get(struct call *c)
{
	int64_t id = find_profile(c);
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z(PROFILE_SELECT "WHERE f.id=?"), sql_i(id));
	struct json_out o;

	if (id == SQL_NULL || !sql_next(&c->sim->sql, st))
		return;
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	put_profile(c->sim, &o, st);
	db_reset(st);
}

/* Replaces the whole profile: what the body leaves out is gone (services/README.md UEM H.20). */
void sim_uem_profile_put(struct call *c)
{
	int64_t id = find_profile(c);
	struct json *root = NULL;
	struct str name;
	struct err err;

	if (id == SQL_NULL)
		return;
	if (json_parse(&root, c->req->body, &err) != ERR_OK)
		root = NULL;
	name = json_text(json_get(root, "ProfileName"));
	if (name.n == 0) {
		sim_uem_error(c, 400, 400, "The profile needs a ProfileName");
	} else {
		sql_run(&c->sim->sql, sql_z("UPDATE profile SET body=?, name=? WHERE id=?"),
			sql_s(c->req->body), sql_s(name), sql_i(id));
		sim_effect(c->sim,
			&(struct effect){ STR(""), "profile-change", c->part[0], name, true });
		sim_uem_accepted(c, NULL);
	}
	json_free(root);
}
