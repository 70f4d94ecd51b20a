/*
 * orgDevices and their assigned servers (services/README.md Apple A.3, A.4).
 */
#include <stddef.h>
#include <stdio.h>

#include "sim/apple/apple.h"
#include "sim/core/pages.h"
#include "sim/world/device.h"

enum kind { TEXT, TIME, TIME_SET, LIST, ADDRESS, FLAG };

/* Left out unless asked for, as Apple does with newer attributes (services/README.md Apple F.26).
 */
enum { BY_DEFAULT = 1 };

#define AT(member) offsetof(struct device, member)
static const struct attribute {
	const char *name;
	enum kind kind;
	size_t at;
	int flags;
} attributes[] = {
	{ "serialNumber", TEXT, AT(serial), BY_DEFAULT },
	{ "addedToOrgDateTime", TIME, AT(added), BY_DEFAULT },
	{ "releasedFromOrgDateTime", TIME, AT(released), BY_DEFAULT },
	{ "updatedDateTime", TIME, AT(updated), BY_DEFAULT },
	{ "deviceModel", TEXT, AT(model), BY_DEFAULT },
	{ "productFamily", TEXT, AT(family), BY_DEFAULT },
	{ "productType", TEXT, AT(type), BY_DEFAULT },
	{ "deviceCapacity", TEXT, AT(capacity), BY_DEFAULT },
	{ "partNumber", TEXT, AT(part), BY_DEFAULT },
	{ "orderNumber", TEXT, AT(order), BY_DEFAULT },
	{ "color", TEXT, AT(color), BY_DEFAULT },
	{ "status", TEXT, AT(status), BY_DEFAULT },
	{ "orderDateTime", TIME_SET, AT(ordered), BY_DEFAULT },
	{ "imei", LIST, AT(imei), BY_DEFAULT },
	{ "meid", LIST, SIZE_MAX, BY_DEFAULT },
	{ "eid", TEXT, AT(eid), BY_DEFAULT },
	{ "wifiMacAddress", ADDRESS, AT(wifi), BY_DEFAULT },
	{ "bluetoothMacAddress", ADDRESS, AT(bluetooth), BY_DEFAULT },
	{ "ethernetMacAddress", LIST, AT(ethernet), BY_DEFAULT },
	{ "builtInEthernetMacAddress", LIST, AT(ethernet), 0 },
	{ "purchaseSourceId", TEXT, AT(source_id), BY_DEFAULT },
	{ "purchaseSourceType", TEXT, AT(source), BY_DEFAULT },
	{ "releaserEntityType", TEXT, AT(releaser), 0 },
	{ "releaserId", TEXT, SIZE_MAX, 0 },
	{ "isMdmMigrationCapable", FLAG, AT(capable), 0 },
	{ "mdmMigrationStatus", TEXT, AT(migration), 0 },
	{ "mdmMigrationDeadlineDateTime", TIME_SET, AT(deadline), 0 },
};
enum { N_ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

/* Texts that always stand there, empty when nothing is known. */
static bool never_absent(size_t at)
{
	return at == AT(serial) || at == AT(model) || at == AT(family) || at == AT(type) ||
	       at == AT(capacity) || at == AT(part) || at == AT(order) || at == AT(color) ||
	       at == AT(status);
}

static bool read_fields(struct call *c, struct fieldset *ret)
{
	const char *known[N_ATTRIBUTES + 3];
	size_t n = 0;

	/* Which names a tenant knows that Apple's pages do not list, nobody can say. */
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (attributes[i].flags & BY_DEFAULT || !knob(c->sim, KNOB_APPLE_FIELDS))
			known[n++] = attributes[i].name;
	known[n++] = "assignedServer";
	known[n++] = "appleCareCoverage";
	known[n] = NULL;
	return fieldset_read(c, "orgDevices", known, ret);
}

/* One value or several, separated by blanks, as list or (older) as one text. */
static void put_list(struct call *c, struct json_out *o, const char *name, struct str v, bool text)
{
	if (text || knob(c->sim, KNOB_APPLE_TEXT_LISTS)) {
		json_put_str(o, name, str_cut(&v, ' '));
		return;
	}
	json_arr(o, name);
	while (v.n > 0)
		json_put_str(o, NULL, str_cut(&v, ' '));
	json_arr_end(o);
}

static void put_attribute(
	struct call *c, struct json_out *o, const struct device *d, const struct attribute *a)
{
	static const struct str none = { "", 0 };
	const char *base = (const char *)d + (a->at == SIZE_MAX ? 0 : a->at);
	const struct str *text = a->at == SIZE_MAX ? &none : (const struct str *)(const void *)base;
	const int64_t *number = (const int64_t *)(const void *)base;

	switch (a->kind) {
	case TEXT:
		if (text->n || never_absent(a->at))
			json_put_str(o, a->name, text->n ? *text : none);
		break;
	case TIME:
		sim_apple_time(c, o, a->name, *number);
		break;
	case TIME_SET:
		if (*number != SQL_NULL)
			sim_apple_time(c, o, a->name, *number);
		break;
	case LIST:
		if (text->n)
			put_list(c, o, a->name, *text, false);
		break;
	case ADDRESS:
		put_list(c, o, a->name, *text, !knob(c->sim, KNOB_APPLE_ADDRESS_LISTS));
		break;
	case FLAG:
		json_put_bool(o, a->name, *number != 0);
		break;
	}
}

/* "links" of the relation between a device and its server. */
static void put_relation(struct call *c, struct json_out *o, struct str serial)
{
	struct str base = sim_apple_base(c);
	char url[512];

	json_obj(o, "links");
	(void)snprintf(url, sizeof(url), "%.*s/orgDevices/%.*s/relationships/assignedServer",
		STR_FMT(base), STR_FMT(serial));
	json_put_z(o, "self", url);
	(void)snprintf(url, sizeof(url), "%.*s/orgDevices/%.*s/assignedServer", STR_FMT(base),
		STR_FMT(serial));
	json_put_z(o, "related", url);
	json_obj_end(o);
}

static void put_links(struct call *c, struct json_out *o, struct str serial)
{
	json_obj(o, "relationships");
	json_obj(o, "assignedServer");
	put_relation(c, o, serial);
	json_obj_end(o);
	json_obj_end(o);
	sim_apple_self(c, o, "orgDevices", serial);
}

static void put_device(struct call *c, struct json_out *o, const char *key, const struct device *d,
	const struct fieldset *fields)
{
	json_obj(o, key);
	json_put_z(o, "type", "orgDevices");
	json_put_str(o, "id", d->serial);
	json_obj(o, "attributes");
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (fieldset_has(fields, attributes[i].name, attributes[i].flags & BY_DEFAULT))
			put_attribute(c, o, d, &attributes[i]);
	if (knob(c->sim, KNOB_APPLE_EXTRA)) {
		json_obj(o, "somethingNew");
		json_put_z(o, "kind", "UNHEARD_OF");
		json_obj_end(o);
	}
	json_obj_end(o);
	put_links(c, o, d->serial);
	json_obj_end(o);
}

static void reply_object(struct call *c, struct json_out *o)
{
	c->rep->type = "application/json";
	json_out_init(o, &c->rep->body);
	json_obj(o, NULL);
}

/* Lists that are being rebuilt leave devices out; the client has to notice. */
static bool dropped(const struct call *c, int64_t id, struct str serial)
{
	int64_t every = knob(c->sim, KNOB_APPLE_PAGE_DROP);

	return (every && id % every == 0) || page_lacks(c->sim, serial);
}

static struct db_stmt *query_page(struct call *c, const struct cursor_page *page)
{
	struct sim_sql *q = &c->sim->sql;

	if (sim_look_back(c->sim, KNOB_APPLE_STALE))
		return sql_query(q,
			sql_z(DEVICE_THEN "WHERE d.gone=0 AND d.id>? ORDER BY d.id LIMIT ? OFFSET "
					  "?"),
			sql_i(page->after), sql_i(page->take + 1), sql_i(page->skip));
	return sql_query(q,
		sql_z(DEVICE_SELECT "WHERE d.gone=0 AND d.id>? ORDER BY d.id LIMIT ? OFFSET ?"),
		sql_i(page->after), sql_i(page->take + 1), sql_i(page->skip));
}

void sim_apple_devices(struct call *c)
{
	struct fieldset fields;
	struct cursor_page page;
	struct json_out o;
	struct db_stmt *st;
	int64_t n = 0, last = 0, next = 0;

	if (!read_fields(c, &fields) || !cursor_page_read(c, &page))
		return;
	reply_object(c, &o);
	json_arr(&o, "data");
	st = query_page(c, &page);
	while (sql_next(&c->sim->sql, st)) {
		struct device d;

		if (n++ == page.take) {
			next = last;
			continue;
		}
		device_read(st, &d);
		last = d.id;
		if (!dropped(c, d.id, d.serial))
			put_device(c, &o, NULL, &d, &fields);
	}
	json_arr_end(&o);
	cursor_page_end(c, &o, &page, next,
		sql_int(&c->sim->sql,
			sql_z("SELECT coalesce(max(id), 0)-(SELECT count(*) FROM device WHERE "
			      "gone=1) FROM device")),
		true);
	json_obj_end(&o);
}

/* False, and 404, when Apple does not know the serial: it matches case (services/README.md Apple
 * F.25). */
static bool find_device(struct call *c, struct device *ret, struct db_stmt **ret_st)
{
	bool stale = sim_look_back(c->sim, KNOB_APPLE_STALE);
	struct db_stmt *st = stale ? sql_query(&c->sim->sql,
					     sql_z(DEVICE_THEN "WHERE d.serial=? AND d.gone=0"),
					     sql_s(c->part[0]))
				   : sql_query(&c->sim->sql,
					     sql_z(DEVICE_SELECT "WHERE d.serial=? AND d.gone=0"),
					     sql_s(c->part[0]));

	if (!sql_next(&c->sim->sql, st)) {
		sim_apple_not_found(c, "orgDevices", c->part[0]);
		return false;
	}
	device_read(st, ret);
	*ret_st = st;
	return true;
}

void sim_apple_device(struct call *c)
{
	struct fieldset fields;
	struct db_stmt *st;
	struct json_out o;
	struct device d;

	if (!read_fields(c, &fields) || !find_device(c, &d, &st))
		return;
	reply_object(c, &o);
	put_device(c, &o, "data", &d, &fields);
	sim_apple_self(c, &o, "orgDevices", d.serial);
	json_obj_end(&o);
	db_reset(st);
}

/* What a device on no server answers: 404, null or an empty id (services/README.md Apple F.14). */
static void put_no_server(struct call *c)
{
	enum { FORM_404, FORM_NULL, FORM_EMPTY };
	int64_t form = knob(c->sim, KNOB_APPLE_UNASSIGNED);
	struct json_out o;

	if (form == FORM_404) {
		sim_apple_error(c, 404, "NOT_FOUND", NULL,
			"The device '%.*s' is not assigned to a device management service",
			STR_FMT(c->part[0]));
		return;
	}
	reply_object(c, &o);
	if (form == FORM_NULL) {
		json_put_null(&o, "data");
	} else {
		json_obj(&o, "data");
		json_put_z(&o, "type", "mdmServers");
		json_put_z(&o, "id", "");
		json_obj_end(&o);
	}
	json_obj_end(&o);
}

/* The shown server's id; SQL_NULL when the reply is complete already. */
static int64_t shown_server(struct call *c)
{
	struct db_stmt *st;
	struct device d;

	if (!find_device(c, &d, &st))
		return SQL_NULL;
	db_reset(st);
	if (d.server == SQL_NULL)
		put_no_server(c);
	return d.server;
}

void sim_apple_device_server(struct call *c)
{
	int64_t server = SQL_NULL;
	struct fieldset fields;
	struct json_out o;

	if (!fieldset_read(c, "mdmServers", sim_apple_server_fields, &fields))
		return;
	server = shown_server(c);
	if (server == SQL_NULL)
		return;
	reply_object(c, &o);
	sim_apple_server_put(c, &o, server, &fields);
	json_obj_end(&o);
}

void sim_apple_device_server_link(struct call *c)
{
	int64_t server = shown_server(c);
	struct json_out o;
	struct db_stmt *st;

	if (server == SQL_NULL)
		return;
	st = sql_query(&c->sim->sql, sql_z("SELECT uuid FROM server WHERE id=?"), sql_i(server));
	reply_object(c, &o);
	json_obj(&o, "data");
	json_put_z(&o, "type", "mdmServers");
	if (sql_next(&c->sim->sql, st)) {
		json_put_str(&o, "id", db_col_str(st, 0));
		db_reset(st);
	}
	json_obj_end(&o);
	put_relation(c, &o, c->part[0]);
	json_obj_end(&o);
}
