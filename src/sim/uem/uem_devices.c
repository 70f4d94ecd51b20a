/*
 * Device records: those that enrolled at least once (services/README.md UEM C.1, C.2).
 */
#include "sim/uem/uem_managed.h"

#include <stdio.h>

#include "base/time.h"
#include "sim/core/pages.h"
#include "sim/world/fleet.h"

/* Without a zone; never is the year 1 (services/README.md UEM H.23). */
static void put_time(struct json_out *o, const char *key, int64_t at_ms)
{
	char text[TIME_TEXT];

	if (at_ms == SQL_NULL) {
		json_put_z(o, key, "0001-01-01T00:00:00.000");
		return;
	}
	(void)time_rfc3339(at_ms, text);
	json_put_str(o, key, (struct str){ text, strlen(text) - 1 });
}

static void put_id(struct json_out *o, int64_t v)
{
	json_obj(o, "Id");
	json_put_int(o, "Value", v);
	json_obj_end(o);
}

static void put_group(struct json_out *o, struct db_stmt *st)
{
	json_obj(o, "LocationGroupId");
	put_id(o, db_col_int(st, 6));
	json_put_str(o, "Name", db_col_str(st, 7));
	json_put_str(o, "Uuid", db_col_str(st, 8));
	json_obj_end(o);
	json_put_str(o, "LocationGroupName", db_col_str(st, 7));
}

/* Spelled by version and endpoint, and now and then unheard of (services/README.md UEM H.13). */
static struct str status_text(struct sim *s, struct db_stmt *st, bool capitals)
{
	struct str word = arena_dup(&s->arena, db_col_str(st, 3));
	bool odd = knob(s, KNOB_UEM_ODD_STATUS) != 0;
	char *p = arena_alloc(&s->arena, word.n + 1);

	if (odd && db_col_int(st, 0) % 5 == 0)
		return STR("Quarantined");
	for (size_t i = 0; i < word.n; i++)
		p[i] = odd || capitals ? ascii_upper(word.p[i]) : word.p[i];
	return (struct str){ p, word.n };
}

void sim_managed_put(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	struct str imei = db_col_str(st, 11), family = db_col_str(st, 9);
	bool via_dep = !db_col_is_null(st, 13);
	char uuid[UUID_TEXT];

	sim_uem_row_uuid("managed", db_col_int(st, 0), uuid);
	json_obj(o, NULL);
	put_id(o, db_col_int(st, 0));
	json_put_z(o, "Uuid", uuid);
	json_put_str(o, "SerialNumber", db_col_str(st, 1));
	json_put_str(o, "Imei", str_cut(&imei, ' '));
	json_put_str(o, "AssetNumber", db_col_str(st, 12));
	json_put_str(o, "DeviceFriendlyName", db_col_str(st, 10));
	put_group(o, st);
	json_put_str(o, "UserName", db_col_str(st, 2));
	json_put_str(o, "Ownership", db_col_str(st, 5));
	json_put_z(o, "Platform", str_eq(family, STR("Mac")) ? "AppleOsX" : "Apple");
	json_put_str(o, "Model", db_col_str(st, 10));
	put_time(o, "LastSeen", sql_col(st, 4));
	json_put_str(o, "EnrollmentStatus", status_text(s, st, false));
	put_time(o, "LastEnrolledOn", sql_col(st, 14));
	json_put_z(o, "ComplianceStatus", "NotAvailable");
	json_put_bool(o, "IsSupervised", via_dep);
	json_put_bool(o, "EnrolledViaDEP", via_dep);
	if (via_dep)
		json_put_int(o, "DepTokenSource", 1);
	json_obj_end(o);
}

/* Version 2 of one device: other spelling, nested (services/README.md UEM C.2). */
static void put_nested(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	char uuid[UUID_TEXT], seen[TIME_TEXT];

	sim_uem_row_uuid("managed", db_col_int(st, 0), uuid);
	json_obj(o, NULL);
	json_put_z(o, "uuid", uuid);
	json_put_str(o, "serialNumber", db_col_str(st, 1));
	json_put_str(o, "deviceFriendlyName", db_col_str(st, 10));
	json_put_int(o, "id", db_col_int(st, 0));
	json_obj(o, "enrollmentInfo");
	json_put_str(o, "enrollmentStatus", status_text(s, st, true));
	json_put_str(o, "enrollmentUserName", db_col_str(st, 2));
	json_put_str(o, "organizationGroupName", db_col_str(st, 7));
	json_put_str(o, "organizationGroupUuid", db_col_str(st, 8));
	json_obj_end(o);
	if (sql_col(st, 4) != SQL_NULL)
		json_put_z(o, "lastSeen", time_rfc3339(db_col_int(st, 4), seen));
	json_obj_end(o);
}

/* --- which device --- */

bool sim_managed_search(struct call *c, const char *otherwise, struct managed_search *ret)
{
	static const char *const known[] = { [BY_SERIAL] = "Serialnumber",
		[BY_DEVICE_ID] = "DeviceId",
		[BY_OTHER] = "Macaddress",
		"Udid",
		"ImeiNumber",
		"EasId" };
	struct str by = pairs_get_nocase(&c->query, "searchby");
	int i = 0;

	if (by.n == 0)
		by = str_from(otherwise);
	while (i < 6 && !str_eq_nocase(by, str_from(known[i])))
		i++;
	if (i == 6) {
		sim_uem_error(c, 422, 5003, "The search parameters are not valid");
		return false;
	}
	ret->by = i < BY_OTHER ? (enum managed_by)i : BY_OTHER;
	ret->id = str_trim(pairs_get_nocase(&c->query, "id"));
	return true;
}

int64_t sim_managed_find(struct sim *s, enum managed_by by, struct str id)
{
	uint64_t number = 0;

	if (by == BY_SERIAL && knob(s, KNOB_UEM_LOOK_UP))
		return sql_int(&s->sql, sql_z("SELECT max(id) FROM managed"));
	if (by == BY_SERIAL)
		return sql_int(&s->sql,
			sql_z("SELECT id FROM managed WHERE serial=upper(?) ORDER BY id DESC "
			      "LIMIT 1"),
			sql_s(id));
	if (by != BY_DEVICE_ID || !str_to_u64(id, &number) || number > INT64_MAX)
		return SQL_NULL;
	return sql_int(&s->sql, sql_z("SELECT id FROM managed WHERE id=?"), sql_i((int64_t)number));
}

int64_t sim_managed_one(struct call *c, const struct managed_search *search)
{
	int64_t id;

	if (search->id.n == 0) {
		sim_uem_error(c, 422, 5003, "The search parameters are not valid");
		return SQL_NULL;
	}
	id = sim_managed_find(c->sim, search->by, search->id);
	if (id == SQL_NULL)
		sim_uem_error(c, 404, 5002, "Device not found for '%.*s'", STR_FMT(search->id));
	return id;
}

static void reply_row(struct call *c, int64_t id, bool nested)
{
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z(MANAGED_SELECT "WHERE m.id=?"), sql_i(id));
	struct json_out o;

	if (!sql_next(&c->sim->sql, st))
		return;
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	if (nested)
		put_nested(c->sim, &o, st);
	else
		sim_managed_put(c->sim, &o, st);
	db_reset(st);
}

/* Re-enrolled devices have several records; the look-up hides all but one (services/README.md UEM
 * H.12). */
void sim_uem_device(struct call *c)
{
	struct managed_search search;
	int64_t id;

	if (!sim_managed_search(c, "", &search))
		return;
	id = sim_managed_one(c, &search);
	if (id != SQL_NULL)
		reply_row(c, id, false);
}

/* {id} as number (version 1) or UUID (version 2); anything else is no route of IIS. */
void sim_uem_device_by_id(struct call *c)
{
	struct str text = c->part[0];
	int64_t id;

	if (sim_uem_is_uuid(text)) {
		id = sim_managed_find(c->sim, BY_DEVICE_ID,
			sim_number_text(c->sim, sim_uem_row_of("managed", text)));
		if (id == SQL_NULL)
			sim_uem_error(c, 404, 5061, "Device not found");
		else
			reply_row(c, id, true);
		return;
	}
	if (text.n == 0 || strspn(arena_dup(&c->sim->arena, text).p, "0123456789") != text.n) {
		sim_uem_html(c, 404, "The resource cannot be found.");
		return;
	}
	id = sim_managed_find(c->sim, BY_DEVICE_ID, text);
	if (id == SQL_NULL)
		sim_uem_error(c, 404, 5002, "Device not found");
	else
		reply_row(c, id, false);
}

struct str sim_number_text(struct sim *s, int64_t v)
{
	char *p = arena_alloc(&s->arena, 24);
	int n = snprintf(p, 24, "%lld", (long long)v);

	return (struct str){ p, (size_t)n };
}

/* No filter by serial: an unknown name is ignored, and page 0 of everything comes (H.11). */
void sim_uem_devices_search(struct call *c)
{
	struct uem_page page = sim_uem_page_read(c, "page", "pagesize", 500);
	struct str user = pairs_get_nocase(&c->query, "user");
	int64_t total, og = SQL_NULL;
	struct db_stmt *st;
	struct json_out o;
	uint64_t lgid;

	if (str_to_u64(pairs_get_nocase(&c->query, "lgid"), &lgid) && lgid != GROUP_ROOT)
		og = (int64_t)(lgid & INT32_MAX);
	total = sql_int(&c->sim->sql,
		sql_z("SELECT count(*) FROM managed WHERE (?1 IS NULL OR user=?1 COLLATE NOCASE) "
		      "AND "
		      "(?2 IS NULL OR og=?2)"),
		sql_s(user), sql_i(og));
	if (!sim_uem_list_begin(c, &o, &page, total, "Devices"))
		return;
	st = sql_query(&c->sim->sql,
		sql_z(MANAGED_SELECT "WHERE (?1 IS NULL OR m.user=?1 COLLATE NOCASE) AND (?2 IS "
				     "NULL OR m.og=?2) "
				     "ORDER BY m.id LIMIT ?3 OFFSET ?4"),
		sql_s(user), sql_i(og), sql_i(page.take), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st))
		if (!page_lacks(c->sim, db_col_str(st, 1)))
			sim_managed_put(c->sim, &o, st);
	sim_uem_list_end(c, &o, &page, total);
}
