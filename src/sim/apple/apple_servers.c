/*
 * mdmServers and the devices on them (services/README.md Apple A.3, A.5).
 */
#include <stdio.h>

#include "sim/apple/apple.h"
#include "sim/core/pages.h"

const char *const sim_apple_server_fields[] = { "serverName", "serverType", "createdDateTime",
	"updatedDateTime", "status", "deviceCount", "enableMdmDisownFlag", "defaultProductFamilies",
	"lastConnectedDateTime", "lastConnectedIp", "devices", NULL };

int64_t sim_apple_server_find(struct sim *s, struct str uuid)
{
	return sql_int(&s->sql, sql_z("SELECT id FROM server WHERE uuid=? AND status<>'DELETED'"),
		sql_s(uuid));
}

static void put_families(struct json_out *o, struct str families)
{
	json_arr(o, "defaultProductFamilies");
	while (families.n > 0)
		json_put_str(o, NULL, str_cut(&families, ','));
	json_arr_end(o);
}

static void put_attributes(
	struct call *c, struct json_out *o, struct db_stmt *st, const struct fieldset *f)
{
	int64_t connected = c->sim->now - knob(c->sim, KNOB_APPLE_IDLE);

	json_obj(o, "attributes");
	if (fieldset_has(f, "serverName", true))
		json_put_str(o, "serverName", db_col_str(st, 1));
	if (fieldset_has(f, "serverType", true))
		json_put_str(o, "serverType", db_col_str(st, 2));
	if (fieldset_has(f, "createdDateTime", true))
		sim_apple_time(c, o, "createdDateTime", sql_col(st, 3));
	if (fieldset_has(f, "updatedDateTime", true))
		sim_apple_time(c, o, "updatedDateTime", sql_col(st, 4));
	if (fieldset_has(f, "status", true))
		json_put_str(o, "status", db_col_str(st, 5));
	if (fieldset_has(f, "deviceCount", true))
		json_put_int(o, "deviceCount", db_col_int(st, 6));
	if (fieldset_has(f, "enableMdmDisownFlag", true))
		json_put_bool(o, "enableMdmDisownFlag", db_col_int(st, 7) != 0);
	if (fieldset_has(f, "defaultProductFamilies", true))
		put_families(o, db_col_str(st, 8));
	/* Hidden unless named (services/README.md Apple F.26). */
	if (fieldset_has(f, "lastConnectedDateTime", false))
		sim_apple_time(c, o, "lastConnectedDateTime",
			connected > sql_col(st, 9) ? connected : sql_col(st, 9));
	if (fieldset_has(f, "lastConnectedIp", false))
		json_put_z(o, "lastConnectedIp", "203.0.113.5");
	json_obj_end(o);
}

static void put_row(struct call *c, struct json_out *o, const char *key, struct db_stmt *st,
	const struct fieldset *fields)
{
	struct str base = sim_apple_base(c), uuid = db_col_str(st, 0);
	char url[512];

	json_obj(o, key);
	json_put_z(o, "type", "mdmServers");
	json_put_str(o, "id", uuid);
	put_attributes(c, o, st, fields);
	(void)snprintf(url, sizeof(url), "%.*s/mdmServers/%.*s/relationships/devices",
		STR_FMT(base), STR_FMT(uuid));
	json_obj(o, "relationships");
	json_obj(o, "devices");
	json_obj(o, "links");
	json_put_z(o, "self", url);
	json_obj_end(o);
	json_obj_end(o);
	json_obj_end(o);
	json_obj_end(o);
}

#define SERVER_SELECT                                                                      \
	"SELECT uuid, name, type, created, updated, status, n_devices, disown, families, " \
	"connected, id FROM server "

void sim_apple_server_put(
	struct call *c, struct json_out *o, int64_t id, const struct fieldset *fields)
{
	struct db_stmt *st = sql_query(&c->sim->sql, sql_z(SERVER_SELECT "WHERE id=?"), sql_i(id));

	if (!sql_next(&c->sim->sql, st))
		return;
	put_row(c, o, "data", st, fields);
	db_reset(st);
}

void sim_apple_servers(struct call *c)
{
	struct fieldset fields;
	struct cursor_page page;
	struct json_out o;
	struct db_stmt *st;
	int64_t n = 0, last = 0, next = 0;

	if (!fieldset_read(c, "mdmServers", sim_apple_server_fields, &fields) ||
		!cursor_page_read(c, &page))
		return;
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_arr(&o, "data");
	st = sql_query(&c->sim->sql,
		sql_z(SERVER_SELECT "WHERE id>? AND status<>'DELETED' ORDER BY id LIMIT ? OFFSET "
				    "?"),
		sql_i(page.after), sql_i(page.take + 1), sql_i(page.skip));
	while (sql_next(&c->sim->sql, st)) {
		if (n++ == page.take) {
			next = last;
			continue;
		}
		last = db_col_int(st, 10);
		put_row(c, &o, NULL, st, &fields);
	}
	json_arr_end(&o);
	cursor_page_end(c, &o, &page, next,
		sql_int(&c->sim->sql, sql_z("SELECT count(*) FROM server WHERE status<>'DELETED'")),
		true);
	json_obj_end(&o);
}

void sim_apple_server(struct call *c)
{
	int64_t id = sim_apple_server_find(c->sim, c->part[0]);
	struct fieldset fields;
	struct json_out o;

	if (knob(c->sim, KNOB_APPLE_API)) {
		sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
			"The resource 'mdmServers' does not allow 'GET_INSTANCE'. Allowed "
			"operations "
			"are: GET_COLLECTION");
		return;
	}
	if (!fieldset_read(c, "mdmServers", sim_apple_server_fields, &fields))
		return;
	if (id == SQL_NULL) {
		sim_apple_not_found(c, "mdmServers", c->part[0]);
		return;
	}
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	sim_apple_server_put(c, &o, id, &fields);
	json_obj_end(&o);
}

static struct db_stmt *query_devices(struct call *c, int64_t server, const struct cursor_page *page)
{
	struct sim_sql *q = &c->sim->sql;

	if (sim_look_back(c->sim, KNOB_APPLE_STALE))
		return sql_query(q,
			sql_z("SELECT id, serial FROM device_then WHERE shown_server=? AND gone=0 "
			      "AND id>? ORDER BY id LIMIT ? OFFSET ?"),
			sql_i(server), sql_i(page->after), sql_i(page->take + 1),
			sql_i(page->skip));
	return sql_query(q,
		sql_z("SELECT id, serial FROM device WHERE shown_server=? AND id>? ORDER BY id "
		      "LIMIT ? OFFSET ?"),
		sql_i(server), sql_i(page->after), sql_i(page->take + 1), sql_i(page->skip));
}

static int64_t count_devices(struct call *c, int64_t server)
{
	if (knob(c->sim, KNOB_APPLE_STALE))
		return sql_int(&c->sim->sql,
			sql_z("SELECT count(*) FROM device_then WHERE shown_server=? AND gone=0"),
			sql_i(server));
	return sql_int(
		&c->sim->sql, sql_z("SELECT n_devices FROM server WHERE id=?"), sql_i(server));
}

static void put_linkages(struct call *c, struct json_out *o, int64_t server,
	const struct cursor_page *page, int64_t *next)
{
	int64_t every = knob(c->sim, KNOB_APPLE_PAGE_DROP), n = 0, last = 0;
	struct db_stmt *st = query_devices(c, server, page);

	while (sql_next(&c->sim->sql, st)) {
		if (n++ == page->take) {
			*next = last;
			continue;
		}
		last = db_col_int(st, 0);
		if ((every && last % every == 0) || page_lacks(c->sim, db_col_str(st, 1)))
			continue;
		json_obj(o, NULL);
		json_put_z(o, "type", "orgDevices");
		json_put_str(o, "id", db_col_str(st, 1));
		json_obj_end(o);
	}
}

void sim_apple_server_devices(struct call *c)
{
	int64_t server = sim_apple_server_find(c->sim, c->part[0]), next = 0;
	struct cursor_page page;
	struct json_out o;

	if (!cursor_page_read(c, &page))
		return;
	if (server == SQL_NULL) {
		sim_apple_not_found(c, "mdmServers", c->part[0]);
		return;
	}
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	json_arr(&o, "data");
	put_linkages(c, &o, server, &page, &next);
	json_arr_end(&o);
	cursor_page_end(c, &o, &page, next, count_devices(c, server), true);
	json_obj_end(&o);
}

/* The related link exists in the documents but is refused (services/README.md Apple A.3). */
void sim_apple_server_related(struct call *c)
{
	sim_apple_error(c, 403, "FORBIDDEN_ERROR", NULL,
		"The relationship 'devices' does not allow 'GET_RELATED'. Allowed operations are: "
		"GET_RELATIONSHIP");
}
