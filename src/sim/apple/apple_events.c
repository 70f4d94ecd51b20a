/*
 * Audit events (services/README.md Apple A.3, E).
 */
#include <stdio.h>

#include "base/time.h"
#include "sim/apple/apple.h"

struct event_window {
	int64_t from, to;
	struct str type, subject;
};

/* filter[name] as a time; false when the reply refuses it. */
static bool read_time(struct call *c, const char *name, bool required, int64_t *ret)
{
	struct str text = pairs_get(&c->query, name);

	if (text.n == 0 && required)
		sim_apple_error(
			c, 400, "PARAMETER_ERROR.REQUIRED", name, "You must provide '%s'", name);
	else if (text.n && !time_parse(text, ret))
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", name, "'%.*s' is not a time",
			STR_FMT(text));
	else
		return true;
	return false;
}

static bool read_window(struct call *c, struct event_window *ret)
{
	*ret = (struct event_window){ .to = INT64_MAX };
	if (!read_time(c, "filter[startTimestamp]", true, &ret->from) ||
		!read_time(c, "filter[endTimestamp]", false, &ret->to))
		return false;
	ret->type = pairs_get(&c->query, "filter[type]");
	ret->subject = pairs_get(&c->query, "filter[subjectId]");
	return true;
}

/* The attribute that holds the event's own data is named after its type. */
static const char *data_key(struct str type)
{
	static const char *const keys[][2] = {
		{ "DEVICE_ASSIGNED_TO_SERVER", "eventDataDeviceAssignedToServer" },
		{ "DEVICE_UNASSIGNED_FROM_SERVER", "eventDataDeviceUnassignedFromServer" },
		{ "DEVICE_REMOVED_FROM_ORG", "eventDataDeviceRemovedFromOrg" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_eq(type, str_from(keys[i][0])))
			return keys[i][1];
	return "eventDataDeviceAddedToOrg";
}

static void put_event(struct call *c, struct json_out *o, struct db_stmt *st)
{
	struct str type = db_col_str(st, 2), actor = db_col_str(st, 3), serial = db_col_str(st, 4);
	bool api = str_starts_nocase(actor, STR("BUSINESSAPI."));
	char id[UUID_TEXT], number[24];

	(void)snprintf(number, sizeof(number), "%lld", (long long)db_col_int(st, 0));
	uuid_of("event", str_from(number), id);
	json_obj(o, NULL);
	json_put_z(o, "type", "auditEvents");
	json_put_z(o, "id", id);
	json_obj(o, "attributes");
	sim_apple_time(c, o, "eventDateTime", db_col_int(st, 1));
	json_put_str(o, "type", type);
	json_put_z(o, "category", "DEVICE_INVENTORY");
	json_put_z(o, "actorType", api ? "API_USER" : "USER");
	json_put_str(o, "actorId", actor);
	json_put_str(o, "actorName", actor);
	json_put_z(o, "subjectType", "DEVICE");
	json_put_str(o, "subjectId", serial);
	json_put_str(o, "subjectName", serial);
	json_put_z(o, "outcome", "SUCCESS");
	json_put_z(o, "eventDataPropertyKey", data_key(type));
	json_obj(o, data_key(type));
	json_put_str(o, "serialNumber", serial);
	json_put_str(o, "serverName", db_col_str(st, 5));
	json_obj_end(o);
	json_obj_end(o);
	json_obj_end(o);
}

#define EVENTS_OF                                                                          \
	"FROM event e LEFT JOIN server v ON v.id=e.server WHERE e.id>?1 AND e.at>=?2 AND " \
	"e.at<=?3 AND e.shown<=?4 AND (?5 IS NULL OR e.type=?5) AND (?6 IS NULL OR e.serial=?6)"

void sim_apple_events(struct call *c)
{
	int64_t n = 0, last = 0, next = 0, total;
	struct event_window w;
	struct cursor_page page;
	struct json_out o;
	struct db_stmt *st;

	if (str_eq(c->scope, STR("school.api"))) {
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"The resource 'auditEvents' is not offered");
		return;
	}
	if (!read_window(c, &w) || !cursor_page_read(c, &page))
		return;
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_arr(&o, "data");
	st = sql_query(&c->sim->sql,
		sql_z("SELECT e.id, e.at, e.type, e.actor, e.serial, v.name " EVENTS_OF
		      " ORDER BY e.id LIMIT ?7 OFFSET ?8"),
		sql_i(page.after), sql_i(w.from), sql_i(w.to), sql_i(c->sim->now), sql_s(w.type),
		sql_s(w.subject), sql_i(page.take + 1), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st)) {
		if (n++ == page.take) {
			next = last;
			continue;
		}
		last = db_col_int(st, 0);
		put_event(c, &o, st);
	}
	json_arr_end(&o);
	total = page.odd ? sql_int(&c->sim->sql, sql_z("SELECT count(*) " EVENTS_OF), sql_i(0),
				   sql_i(w.from), sql_i(w.to), sql_i(c->sim->now), sql_s(w.type),
				   sql_s(w.subject))
			 : 0;
	cursor_page_end(c, &o, &page, next, total, false);
	json_obj_end(&o);
}
