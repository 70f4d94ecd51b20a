/*
 * GET /account, and request bodies (services/README.md Apple B.3).
 */
#include "sim/dep/dep.h"

struct json *sim_dep_body(struct call *c)
{
	struct json *root = NULL;
	struct err err;

	if (json_parse(&root, c->req->body, &err) == ERR_OK)
		return root;
	sim_dep_error(c, 400, "MALFORMED_REQUEST_BODY");
	return NULL;
}

const struct json *sim_dep_devices_of(struct call *c, const struct json *body)
{
	const struct json *list = json_get(body, "devices");

	if (json_is_array(list) && json_first(list))
		return list;
	sim_dep_error(c, 400, "DEVICE_ID_REQUIRED");
	return NULL;
}

int64_t sim_dep_device(struct call *c, struct str serial)
{
	return sql_int(&c->sim->sql, sql_z("SELECT id FROM device WHERE serial=? AND server=?"),
		sql_s(serial), sql_i(c->server));
}

static void put_urls(struct json_out *o)
{
	static const struct {
		const char *uri, *methods[4];
		bool limited;
	} urls[] = { { "/account", { "GET" }, false }, { "/devices", { "POST" }, false },
		{ "/devices/disown", { "POST" }, false }, { "/devices/sync", { "POST" }, true },
		{ "/profile", { "GET", "POST" }, false },
		{ "/profile/devices", { "DELETE", "POST", "PUT" }, false },
		{ "/server/devices", { "POST" }, true },
		{ "/device/activationlock", { "POST" }, false } };

	json_arr(o, "urls");
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		json_obj(o, NULL);
		json_put_z(o, "uri", urls[i].uri);
		json_arr(o, "http_method");
		for (size_t k = 0; urls[i].methods[k]; k++)
			json_put_z(o, NULL, urls[i].methods[k]);
		json_arr_end(o);
		if (urls[i].limited) {
			json_obj(o, "limit");
			json_put_int(o, "default", 100);
			json_put_int(o, "maximum", 1000);
			json_obj_end(o);
		}
		json_obj_end(o);
	}
	json_arr_end(o);
}

void sim_dep_account(struct call *c)
{
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z("SELECT name, uuid FROM server WHERE id=?"), sql_i(c->server));
	struct json_out o;

	if (!sql_next(&c->sim->sql, st))
		return;
	sim_dep_object(c, &o);
	json_put_str(&o, "server_name", db_col_str(st, 0));
	json_put_str(&o, "server_uuid", db_col_str(st, 1));
	db_reset(st);
	json_put_z(&o, "admin_id", "admin@example.com");
	json_put_z(&o, "facilitator_id", "admin@example.com");
	json_put_z(&o, "org_name", "Example Ltd");
	json_put_z(&o, "org_email", "it@example.com");
	json_put_z(&o, "org_phone", "+49 30 000000");
	json_put_z(&o, "org_address", "Example Street 1, Berlin");
	if (sim_dep_version(c) >= 3) {
		json_put_z(&o, "org_id", "2085650007946880");
		json_put_z(&o, "org_id_hash",
			"0d9b6b1fe54a1f9de3f3d3cf0e3ba6be2a1c0c3c3bb0e5f0d06e1a2c7a3b9c11");
		json_put_z(&o, "org_type", "org");
		json_put_z(&o, "org_version", "v2");
		put_urls(&o);
	}
	json_obj_end(&o);
}
