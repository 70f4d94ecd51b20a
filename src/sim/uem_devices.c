/*
 * Device records: those that enrolled at least once (contract: UEM C.1, C.2).
 */
#include "base/time.h"
#include "sim/fleet.h"
#include "sim/uem.h"

#define MANAGED_SELECT                                                                         \
	"SELECT m.id, m.serial, m.user, m.status, m.seen, m.ownership, g.id, g.name, g.uuid, " \
	"p.family, p.model, d.imei, d.asset, (SELECT 1 FROM record r WHERE r.device=d.id) "    \
	"FROM managed m JOIN og g ON g.id=m.og LEFT JOIN device d ON d.serial=m.serial "       \
	"LEFT JOIN product p ON p.id=d.product "

/* Without a zone; never is the year 1 (contracts: UEM H.23). */
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

static void put_id(struct json_out *o, const char *key, int64_t v)
{
	json_obj(o, key);
	json_put_int(o, "Value", v);
	json_obj_end(o);
}

static void put_group(struct json_out *o, struct db_stmt *st)
{
	json_obj(o, "LocationGroupId");
	put_id(o, "Id", db_col_int(st, 6));
	json_put_str(o, "Name", db_col_str(st, 7));
	json_put_str(o, "Uuid", db_col_str(st, 8));
	json_obj_end(o);
	json_put_str(o, "LocationGroupName", db_col_str(st, 7));
}

static void put_device(struct json_out *o, struct db_stmt *st)
{
	struct str imei = db_col_str(st, 11), family = db_col_str(st, 9);
	bool via_dep = !db_col_is_null(st, 13);
	char uuid[UUID_TEXT];

	sim_uem_row_uuid("managed", db_col_int(st, 0), uuid);
	json_obj(o, NULL);
	put_id(o, "Id", db_col_int(st, 0));
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
	json_put_str(o, "EnrollmentStatus", db_col_str(st, 3));
	put_time(o, "LastEnrolledOn", sql_col(st, 4));
	json_put_z(o, "ComplianceStatus", "NotAvailable");
	json_put_bool(o, "IsSupervised", via_dep);
	json_put_bool(o, "EnrolledViaDEP", via_dep);
	if (via_dep)
		json_put_int(o, "DepTokenSource", 1);
	json_obj_end(o);
}

/* searchby and id of the query; false when the reply says what is wrong. */
static bool read_search(struct call *c, struct str *ret_id)
{
	static const char *const known[] = { "Macaddress", "Udid", "Serialnumber", "ImeiNumber",
		"EasId", "DeviceId" };
	struct str by = pairs_get_nocase(&c->query, "searchby");
	size_t i = 0;

	while (i < 6 && !str_eq_nocase(by, str_from(known[i])))
		i++;
	*ret_id = str_trim(pairs_get_nocase(&c->query, "id"));
	if (i < 6 && ret_id->n)
		return true;
	sim_uem_error(c, 422, 5003, "The search parameters are not valid");
	return false;
}

/* Re-enrolled devices have several records; the look-up hides all but one (contracts: UEM H.12). */
void sim_uem_device(struct call *c)
{
	struct db_stmt *st;
	struct json_out o;
	struct str id;

	if (!read_search(c, &id))
		return;
	st = sql_query(&c->sim->sql,
		sql_z(MANAGED_SELECT "WHERE m.serial=upper(?) ORDER BY m.id DESC LIMIT 1"),
		sql_s(id));
	if (!sql_next(&c->sim->sql, st)) {
		sim_uem_error(c, 404, 5002, "Device not found for '%.*s'", STR_FMT(id));
		return;
	}
	c->rep->type = "application/json; charset=utf-8";
	json_out_init(&o, &c->rep->body);
	put_device(&o, st);
	db_reset(st);
}
