/*
 * The ADE list, Sync and Fetch, profiles onto devices (services/README.md UEM B6-B9).
 */
#include <stdio.h>

enum { CLASS_SYNCS = -2 }; /* of table hit */

#include "base/mem.h"
#include "sim/core/pages.h"
#include "sim/core/timer.h"
#include "sim/uem/uem.h"

#define RECORD_SELECT_OF(records)                                                              \
	"SELECT r.device, d.serial, d.imei, d.asset, p.model, f.apple_id, f.name, g.name, "    \
	"(SELECT m.user FROM managed m WHERE m.serial=d.serial ORDER BY m.id DESC LIMIT 1), "  \
	"(SELECT m.status FROM managed m WHERE m.serial=d.serial ORDER BY m.id DESC LIMIT 1) " \
	"FROM " records " r JOIN device d ON d.id=r.device JOIN product p ON p.id=d.product "  \
	"JOIN og g ON g.id=r.og LEFT JOIN profile f ON f.id=r.profile "
#define RECORD_SELECT RECORD_SELECT_OF("record")

/* Optional members vanish; what a row without a profile says is unknown (services/README.md UEM
 * B.2). */
static void put_profile(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	enum { KEY_ABSENT, KEY_NULL, KEY_EMPTY };
	int64_t form = knob(s, KNOB_UEM_UNASSIGNED);

	if (!db_col_is_null(st, 5)) {
		json_put_str(o, "profileUuid", db_col_str(st, 5));
		json_put_str(o, "profileName", db_col_str(st, 6));
	} else if (form == KEY_NULL) {
		json_put_null(o, "profileUuid");
		json_put_null(o, "profileName");
	} else if (form == KEY_EMPTY) {
		json_put_z(o, "profileUuid", "");
		json_put_z(o, "profileName", "");
	}
}

static void put_record(struct sim *s, struct json_out *o, struct db_stmt *st)
{
	struct str model = db_col_str(st, 4), imei = db_col_str(st, 2), status = db_col_str(st, 9);
	char uuid[UUID_TEXT];

	sim_uem_row_uuid("record", db_col_int(st, 0), uuid);
	json_obj(o, NULL);
	json_put_str(o, "deviceFriendlyName", model);
	json_put_str(o, "deviceSerialNumber", db_col_str(st, 1));
	if (imei.n)
		json_put_str(o, "deviceImei", str_cut(&imei, ' '));
	json_put_z(o, "deviceOwnership", "Corporate Dedicated");
	json_put_str(o, "username", db_col_str(st, 8));
	json_put_str(o, "enrollmentStatus", status.n ? status : STR("Discovered"));
	json_put_str(o, "deviceModel", model);
	put_profile(s, o, st);
	json_put_str(o, "deviceAssetNumber", db_col_str(st, 3));
	json_put_str(o, "organizationGroupName", db_col_str(st, 7));
	json_put_int(o, "id", db_col_int(st, 0));
	json_put_z(o, "uuid", uuid);
	json_obj_end(o);
}

/* The list has no paging: one array of the whole group, made in pieces while it is sent. */
struct record_stream {
	struct sim *sim;
	int64_t og, after;
	bool begun, stale;
};

static struct db_stmt *next_records(struct record_stream *rs, int64_t n)
{
	struct sim_sql *q = &rs->sim->sql;

	if (rs->stale)
		return sql_query(q,
			sql_z(RECORD_SELECT_OF("record_then") "WHERE r.og=? AND r.device>? ORDER "
							      "BY r.device LIMIT ?"),
			sql_i(rs->og), sql_i(rs->after), sql_i(n));
	return sql_query(q,
		sql_z(RECORD_SELECT "WHERE r.og=? AND r.device>? ORDER BY r.device LIMIT ?"),
		sql_i(rs->og), sql_i(rs->after), sql_i(n));
}

static bool more_records(void *self, struct buf *out)
{
	enum { ROWS = 200 };
	struct record_stream *rs = self;
	struct db_stmt *st = next_records(rs, ROWS);
	int64_t n = 0;

	if (rs->after == 0)
		buf_char(out, '[');
	while (sql_next(&rs->sim->sql, st)) {
		struct json_out o;

		rs->after = db_col_int(st, 0);
		n++;
		if (page_lacks(rs->sim, db_col_str(st, 1)))
			continue;
		if (rs->begun)
			buf_char(out, ',');
		rs->begun = true;
		json_out_init(&o, out);
		put_record(rs->sim, &o, st);
	}
	if (n == ROWS)
		return true;
	buf_char(out, ']');
	return false;
}

/* False: 404 {5053} is written. Another group of the tenant has no account (services/README.md UEM
 * H.7). */
static bool has_account(struct call *c, bool account)
{
	if (account && !knob(c->sim, KNOB_UEM_ACCOUNT))
		return true;
	sim_uem_error(
		c, 404, 5053, "No Device Enrollment Program account for this organization group");
	return false;
}

void sim_uem_dep_list(struct call *c)
{
	struct record_stream *rs;
	struct og og;

	if (!sim_uem_group(c, c->part[0], 5054, &og) || !has_account(c, og.account))
		return;
	rs = mem_zalloc(sizeof(*rs));
	*rs = (struct record_stream){
		.sim = c->sim, .og = og.id, .stale = sim_look_back(c->sim, KNOB_UEM_STALE)
	};
	c->rep->type = "application/json; charset=utf-8";
	c->rep->stream = rs;
	c->rep->more = more_records;
	/* What the scenario does to the list holds for this request only. */
	if (rs->stale || knob_text_of(&c->sim->knobs, KNOB_PAGE_WITHOUT).n)
		reply_gather(c->rep);
}

void sim_uem_dep_sync(struct call *c)
{
	struct str action = pairs_get_nocase(&c->query, "action");
	bool fetch = str_eq_nocase(action, STR("Fetch"));
	char location[96];
	struct og og;

	if (!sim_uem_group(c, c->part[0], 5054, &og))
		return;
	if (!fetch && !str_eq_nocase(action, STR("Sync"))) {
		sim_uem_error(c, 400, 5055, "Invalid action '%.*s'", STR_FMT(action));
		return;
	}
	if (!has_account(c, og.account))
		return;
	sql_run(&c->sim->sql, sql_z("INSERT INTO hit(class, at) VALUES(?,?)"), sql_i(CLASS_SYNCS),
		sql_i(c->sim->now));
	timer_add(c->sim, c->sim->now + knob(c->sim, KNOB_UEM_SYNC_TIME), TIMER_SYNC,
		&(struct timer){ og.id, fetch, SQL_NULL, STR_NONE });
	(void)snprintf(
		location, sizeof(location), "mdm/dep/groups/%.*s/devices", STR_FMT(c->part[0]));
	sim_uem_accepted(c, location);
}

/* The record a profile call is about; SQL_NULL when the reply says why not. */
static int64_t record_of(struct call *c, int64_t og)
{
	enum { WORKS, STUCK, REFUSED, RESYNC };
	int64_t how = knob(c->sim, KNOB_UEM_PROFILE);
	bool refused = how == REFUSED ||
		       (how == RESYNC && sql_int(&c->sim->sql,
						 sql_z("SELECT count(*) FROM hit WHERE class=?"),
						 sql_i(CLASS_SYNCS)) == 0);
	int64_t device = sql_int(&c->sim->sql,
		sql_z("SELECT r.device FROM device d JOIN record r ON r.device=d.id AND r.og=? "
		      "WHERE d.serial=?"),
		sql_i(og), sql_s(c->part[1]));

	if (device != SQL_NULL && !refused)
		return device;
	/* Never synced, or not any more (services/README.md UEM H.6). */
	sim_uem_error(
		c, 404, 5058, "No enrollment token for serial number '%.*s'", STR_FMT(c->part[1]));
	return SQL_NULL;
}

void sim_uem_dep_profile_put(struct call *c)
{
	struct str action = pairs_get_nocase(&c->query, "action");
	bool assign = str_eq_nocase(action, STR("Assign"));
	int64_t og = SQL_NULL, profile, device;
	char location[160];

	if (!assign && !str_eq_nocase(action, STR("Unassign"))) {
		sim_uem_error(c, 400, 5055, "Invalid action '%.*s'", STR_FMT(action));
		return;
	}
	profile = sim_uem_profile_find(c->sim, c->part[0], &og);
	if (profile == SQL_NULL) {
		sim_uem_error(c, 404, 8, "Profile '%.*s' not found", STR_FMT(c->part[0]));
		return;
	}
	if (!has_account(c, true))
		return;
	device = record_of(c, og);
	if (device == SQL_NULL)
		return;
	timer_add(c->sim, c->sim->now + knob(c->sim, KNOB_UEM_PROFILE_TIME), TIMER_PROFILE,
		&(struct timer){ og, device, assign ? profile : SQL_NULL, STR_NONE });
	(void)snprintf(location, sizeof(location), "mdm/dep/profiles/%.*s/devices/%.*s",
		STR_FMT(c->part[0]), STR_FMT(c->part[1]));
	sim_uem_accepted(c, location);
}
