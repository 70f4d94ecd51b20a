/*
 * Enrollment profiles (contract: UEM B1-B5).
 */
#include "sim/uem.h"

#define PROFILE_SELECT                                                                  \
	"SELECT f.id, f.name, f.uuid, f.apple_id, f.og, f.body, g.name FROM profile f " \
	"JOIN og g ON g.id=f.og "

static void put_profile(struct sim *s, struct json_out *o, const char *key, struct db_stmt *st)
{
	bool first = sql_int(&s->sql, sql_z("SELECT min(id) FROM profile WHERE og=?"),
			     sql_i(db_col_int(st, 4))) == db_col_int(st, 0);

	json_obj(o, key);
	json_put_int(o, "id", db_col_int(st, 0));
	json_put_str(o, "uuid", db_col_str(st, 2));
	json_put_str(o, "profile_identifier", db_col_str(st, 3));
	json_put_int(o, "SharedMdmProfileDataId", 1000 + db_col_int(st, 0));
	json_put_str(o, "ProfileName", db_col_str(st, 1));
	json_put_int(o, "TokenLocationGroupId", db_col_int(st, 4));
	json_put_int(o, "DeviceLocationGroupId", db_col_int(st, 4));
	json_put_str(o, "RootLocationGroupName", db_col_str(st, 6));
	json_put_bool(o, "CustomPromptRequired", false);
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
	json_obj_end(o);
}

/* Group and text filter; both optional. The top group sees the profiles of all. */
void sim_uem_profiles_search(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "Page", "PageSize", 50, 500);
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
		sql_z("SELECT count(*) FROM profile WHERE (?1 IS NULL OR og=?1) AND "
		      "(?2 IS NULL OR instr(lower(name), lower(?2)))"),
		sql_i(og), sql_s(text));
	if (page.number * page.size >= total) {
		sim_uem_no_content(c);
		return;
	}
	sim_uem_object(c, &o);
	json_arr(&o, "ProfileList");
	st = sql_query(&c->sim->sql,
		sql_z(PROFILE_SELECT "WHERE (?1 IS NULL OR f.og=?1) AND "
				     "(?2 IS NULL OR instr(lower(f.name), lower(?2))) "
				     "ORDER BY f.id LIMIT ?3 OFFSET ?4"),
		sql_i(og), sql_s(text), sql_i(page.size), sql_i(page.number * page.size));
	while (sql_next(&c->sim->sql, st))
		put_profile(c->sim, &o, NULL, st);
	json_arr_end(&o);
	json_obj(&o, "AdditionalInfo");
	json_arr(&o, "Links");
	json_arr_end(&o);
	json_obj_end(&o);
	json_put_int(&o, "TotalResults", total);
	json_obj_end(&o);
}

void sim_uem_profile_get(struct call *c)
{
	int64_t id = sim_uem_profile_find(c->sim, c->part[0], NULL);
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z(PROFILE_SELECT "WHERE f.id=?"), sql_i(id));
	struct json_out o;

	if (!sql_next(&c->sim->sql, st)) {
		sim_uem_error(c, 404, 404, "Profile '%.*s' not found", STR_FMT(c->part[0]));
		return;
	}
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	put_profile(c->sim, &o, NULL, st);
	db_reset(st);
}
