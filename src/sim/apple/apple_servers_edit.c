/*
 * Making, changing and deleting mdmServers (services/README.md Apple A.3, since 2.1).
 */
#include "sim/apple/apple.h"

/* `data` of a body that has the right type; NULL when the reply refuses it. Caller frees *ret_root.
 */
static const struct json *read_body(struct call *c, struct json **ret_root)
{
	const struct json *data;
	struct err err;

	*ret_root = NULL;
	if (json_parse(ret_root, c->req->body, &err) != ERR_OK) {
		*ret_root = NULL;
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", NULL, "The body is not JSON: %s",
			err.msg);
		return NULL;
	}
	data = json_get(*ret_root, "data");
	if (str_eq(json_text(json_get(data, "type")), STR("mdmServers")))
		return data;
	sim_apple_error(
		c, 409, "ENTITY_ERROR.TYPE.INVALID", "/data/type", "The type is not 'mdmServers'");
	return NULL;
}

/* A list of families as one text; p NULL when there is none. */
static struct str families_of(struct call *c, const struct json *attributes)
{
	enum { MAX_BYTES = 1024 };
	const struct json *list = json_get(attributes, "defaultProductFamilies");
	struct str text = STR_NONE;
	struct buf joined;

	if (!json_is_array(list))
		return text;
	buf_init(&joined, MAX_BYTES);
	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		if (joined.n)
			buf_char(&joined, ',');
		buf_str(&joined, json_text(v));
	}
	text = arena_dup(&c->sim->arena, buf_view(&joined));
	buf_release(&joined);
	return text;
}

static void put_server(struct call *c, int64_t id)
{
	static const struct fieldset all = { { NULL, 0 } };
	struct json_out o;

	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	sim_apple_server_put(c, &o, id, &all);
	json_obj_end(&o);
}

static void tell(struct call *c, const char *what, struct str before, struct str after)
{
	sim_effect(c->sim, &(struct effect){ STR(""), what, before, after, true });
}

static void create(struct call *c, const struct json *attributes)
{
	struct str name = json_text(json_get(attributes, "serverName"));
	struct str families = families_of(c, attributes);
	char uuid[UUID_TEXT], hex[HEX32_TEXT];
	int64_t id;

	if (name.n == 0) {
		sim_apple_error(c, 409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED",
			"/data/attributes/serverName",
			"You must provide a value for the attribute 'serverName' with this "
			"request");
		return;
	}
	sim_uuid(c->sim, uuid);
	uuid_to_hex(uuid, hex);
	id = sql_add(&c->sim->sql,
		sql_z("INSERT INTO server(uuid, name, type, disown, families, created, updated) "
		      "VALUES(?1,?2,'MDM',?3,?4,?5,?5)"),
		sql_z(hex), sql_s(name),
		sql_i(json_bool(json_get(attributes, "enableMdmDisownFlag"), false)),
		sql_s(families.p ? families : STR("")), sql_i(c->sim->now));
	tell(c, "server-create", STR_NONE, name);
	c->rep->status = 201;
	put_server(c, id);
}

void sim_apple_server_post(struct call *c)
{
	struct json *root;
	const struct json *data = read_body(c, &root);

	if (data)
		create(c, json_get(data, "attributes"));
	json_free(root);
}

static int64_t find(struct call *c)
{
	int64_t id = sim_apple_server_find(c->sim, c->part[0]);

	if (id == SQL_NULL)
		sim_apple_not_found(c, "mdmServers", c->part[0]);
	return id;
}

static void change(struct call *c, int64_t id, const struct json *attributes)
{
	struct str name = json_text(json_get(attributes, "serverName"));
	const struct json *disown = json_get(attributes, "enableMdmDisownFlag");

	/* A member that is not there stays as it is. */
	sql_run(&c->sim->sql,
		sql_z("UPDATE server SET name=coalesce(?1,name), disown=coalesce(?2,disown), "
		      "families=coalesce(?3,families), updated=?4 WHERE id=?5"),
		sql_s(name), sql_i(disown ? json_bool(disown, false) : SQL_NULL),
		sql_s(families_of(c, attributes)), sql_i(c->sim->now), sql_i(id));
	tell(c, "server-change", c->part[0], name);
	put_server(c, id);
}

void sim_apple_server_patch(struct call *c)
{
	int64_t id = find(c);
	const struct json *data;
	struct json *root;

	if (id == SQL_NULL)
		return;
	data = read_body(c, &root);
	if (data)
		change(c, id, json_get(data, "attributes"));
	json_free(root);
}

/* Refused while devices are on it (services/README.md Apple A.3). */
void sim_apple_server_delete(struct call *c)
{
	int64_t id = find(c);

	if (id == SQL_NULL)
		return;
	if (sql_int(&c->sim->sql, sql_z("SELECT id FROM device WHERE server=? LIMIT 1"),
		    sql_i(id)) != SQL_NULL) {
		sim_apple_error(c, 409, "STATE_ERROR", NULL,
			"The device management service still has devices assigned");
		return;
	}
	sql_run(&c->sim->sql, sql_z("UPDATE server SET status='DELETED', updated=? WHERE id=?"),
		sql_i(c->sim->now), sql_i(id));
	tell(c, "server-delete", c->part[0], STR_NONE);
	c->rep->status = 204;
}
