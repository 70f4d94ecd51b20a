/*
 * Enrollment tokens: the console's lifecycle rows (services/README.md UEM C.5). Every ADE record
 * has one.
 */
#include "base/time.h"
#include "sim/core/pages.h"
#include "sim/uem/uem.h"
#include "sim/world/fleet.h"

#define TOKEN_SELECT_OF(records)                                                                \
	"SELECT r.device, d.serial, d.imei, r.status, f.name, g.name, d.asset, p.model, "       \
	"p.family, r.since, "                                                                   \
	"(SELECT m.status FROM managed m WHERE m.serial=d.serial ORDER BY m.id DESC LIMIT 1), " \
	"(SELECT m.user FROM managed m WHERE m.serial=d.serial ORDER BY m.id DESC LIMIT 1) "    \
	"FROM " records " r JOIN device d ON d.id=r.device JOIN product p ON p.id=d.product "   \
	"JOIN og g ON g.id=r.og LEFT JOIN profile f ON f.id=r.profile "
#define TOKEN_SELECT TOKEN_SELECT_OF("record")

/* ?1 is a group; the top one sees all. Lists of groups keep the search within the primary key. */
#define IN_GROUP "IN (SELECT id FROM og WHERE id=?1 OR (SELECT parent FROM og WHERE id=?1) IS NULL)"

static struct str enrollment_word(struct db_stmt *st)
{
	struct str word = db_col_str(st, 10);

	return word.n ? word : STR("Discovered");
}

static void put_common(struct call *c, struct json_out *o, struct db_stmt *st)
{
	struct str imei = db_col_str(st, 2), word = enrollment_word(st);

	json_put_str(o, "serial_number", db_col_str(st, 1));
	json_put_str(o, "imei", str_cut(&imei, ' '));
	sim_uem_put_enum(c, o, "enrollment_status", sim_uem_enrollment_number(word),
		arena_dup(&c->sim->arena, word).p);
}

static void put_row(struct call *c, struct json_out *o, struct db_stmt *st)
{
	char uuid[UUID_TEXT];

	sim_uem_row_uuid("token", db_col_int(st, 0), uuid);
	json_obj(o, NULL);
	json_put_z(o, "uuid", uuid);
	put_common(c, o, st);
	sim_uem_put_enum(c, o, "compliance_status", 3, "NotAvailable");
	json_put_z(o, "platform", "Apple");
	json_obj_end(o);
}

/* found: what was asked for by serial is never left out. */
static void put_rows(struct call *c, struct json_out *o, struct db_stmt *st, bool found)
{
	while (sql_next(&c->sim->sql, st))
		if (found || !page_lacks(c->sim, db_col_str(st, 1)))
			put_row(c, o, st);
}

static void end_rows(struct call *c, struct json_out *o, const struct uem_page *page, int64_t total)
{
	json_arr_end(o);
	json_put_int(o, "page", page->number);
	json_put_int(o, "page_size", page->size);
	sim_uem_put_total(c, o, "total", total);
	json_obj_end(o);
}

/* As they were some time ago. */
static void tokens_then(
	struct call *c, const struct og *og, struct str serial, const struct uem_page *page)
{
	int64_t total = sql_int(&c->sim->sql,
		sql_z("SELECT count(*) FROM record_then r JOIN device d ON d.id=r.device WHERE "
		      "r.og " IN_GROUP " AND (?2 IS NULL OR d.serial=?2)"),
		sql_i(og->id), sql_s(serial.n ? serial : STR_NONE));
	struct json_out o;

	if (!sim_uem_list_begin(c, &o, page, total, "tokens"))
		return;
	put_rows(c, &o,
		sql_query(&c->sim->sql,
			sql_z(TOKEN_SELECT_OF(
				"record_then") "WHERE r.og " IN_GROUP
					       " AND (?2 IS NULL OR d.serial=?2) ORDER BY r.og, "
					       "r.device LIMIT ?3 OFFSET ?4"),
			sql_i(og->id), sql_s(serial.n ? serial : STR_NONE), sql_i(page->take),
			sql_i(page->skip)),
		serial.n > 0);
	end_rows(c, &o, page, total);
}

void sim_uem_tokens(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "page", "page_size", 500);
	struct str serial = pairs_get_nocase(&c->query, "serial_number");
	struct db_stmt *st;
	struct json_out o;
	struct og og;
	int64_t total;

	if (!sim_uem_group(c, c->part[0], 6, &og))
		return;
	if (sim_look_back(c->sim, KNOB_UEM_STALE)) {
		tokens_then(c, &og, serial, &page);
		return;
	}
	total = serial.n ? sql_int(&c->sim->sql,
				   sql_z("SELECT count(*) FROM device d JOIN record r ON "
					 "r.device=d.id AND r.og " IN_GROUP " WHERE d.serial=?2"),
				   sql_i(og.id), sql_s(serial))
			 : sql_int(&c->sim->sql,
				   sql_z("SELECT count(*) FROM record WHERE og " IN_GROUP),
				   sql_i(og.id));
	if (!sim_uem_list_begin(c, &o, &page, total, "tokens"))
		return;
	st = serial.n
		     ? sql_query(&c->sim->sql,
			       sql_z(TOKEN_SELECT "WHERE d.serial=?2 AND r.og " IN_GROUP
						  " ORDER BY r.og"),
			       sql_i(og.id), sql_s(serial))
		     : sql_query(&c->sim->sql,
			       /* The page is cut before anything is joined: late pages of large
				* fleets take long otherwise. */
			       sql_z(TOKEN_SELECT_OF(
				       "(SELECT * FROM record WHERE og " IN_GROUP
				       " ORDER BY og, device LIMIT ?2 OFFSET ?3)") "ORDER BY r.og, "
										   "r.device"),
			       sql_i(og.id), sql_i(page.take), sql_i(page.skip));
	put_rows(c, &o, st, serial.n > 0);
	end_rows(c, &o, &page, total);
}

/* The row of {og}/{token}; NULL when the reply says why not. */
static struct db_stmt *find_token(struct call *c)
{
	int64_t device = sim_uem_row_of("token", c->part[1]);
	struct db_stmt *st;
	struct og og;

	if (!sim_uem_group(c, c->part[0], 6, &og))
		return NULL;
	if (!sim_uem_is_uuid(c->part[1])) {
		sim_uem_html(
			c, 404, "The resource cannot be found."); /* services/README.md UEM D */
		return NULL;
	}
	st = sim_look_back(c->sim, KNOB_UEM_STALE)
		     ? sql_query(&c->sim->sql,
			       sql_z(TOKEN_SELECT_OF("record_then") "WHERE r.device=?2 AND "
								    "r.og " IN_GROUP " LIMIT 1"),
			       sql_i(og.id), sql_i(device))
		     : sql_query(&c->sim->sql,
			       sql_z(TOKEN_SELECT "WHERE r.device=?2 AND r.og " IN_GROUP
						  " LIMIT 1"),
			       sql_i(og.id), sql_i(device));
	if (sql_next(&c->sim->sql, st))
		return st;
	sim_uem_error(c, 404, 5220, "No enrollment token has this UUID");
	return NULL;
}

void sim_uem_token_detail(struct call *c)
{
	struct db_stmt *st = find_token(c);
	char since[TIME_TEXT];
	struct json_out o;
	int64_t status;

	if (!st)
		return;
	status = db_col_int(st, 3);
	sim_uem_object(c, &o);
	json_put_str(&o, "organization_group_name", db_col_str(st, 5));
	json_put_str(&o, "friendly_name", db_col_str(st, 7));
	put_common(c, &o, st);
	json_put_str(&o, "asset_number", db_col_str(st, 6));
	json_put_z(&o, "platform", "Apple");
	json_put_str(&o, "model_name", db_col_str(st, 7));
	sim_uem_put_enum(c, &o, "status", 1, "Active");
	sim_uem_put_enum(c, &o, "source", 7, "AppleDep");
	sim_uem_put_enum(c, &o, "type", 4, "Dep");
	json_put_z(&o, "registration_date", time_rfc3339(db_col_int(st, 9), since));
	json_put_str(&o, "user_name", db_col_str(st, 11));
	json_put_z(&o, "ownership_type", "CorporateDedicated");
	json_put_bool(&o, "dep_token", true);
	json_put_str(&o, "profile_name", db_col_str(st, 4));
	sim_uem_put_enum(c, &o, "profile_status", status, profile_status_word(status));
	if (status == PROFILE_THROTTLED && knob(c->sim, KNOB_UEM_THROTTLE_SAYS))
		json_put_int(
			&o, "retry_after_seconds", knob(c->sim, KNOB_UEM_THROTTLE_SAYS) / 1000);
	json_put_str(&o, "profile_user_name", db_col_str(st, 11));
	sim_uem_put_enum(c, &o, "auto_enrollment_sync_status", 0, "NotApplicable");
	json_obj_end(&o);
	db_reset(st);
}
