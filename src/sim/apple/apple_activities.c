/*
 * orgDeviceActivities over HTTP (services/README.md Apple A.6, A.7).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "sim/apple/apple.h"
#include "sim/world/activity.h"

enum { UNKNOWN_SILENT, UNKNOWN_REFUSED };
enum { REFUSAL_NAMED, REFUSAL_UNNAMED, REFUSAL_FIRST };
enum { POINTER_PLAIN, POINTER_ID, POINTER_NESTED, POINTER_DETAIL };
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void put_activity(struct call *c, struct json_out *o, const struct activity *a, bool whole);

static bool is_linkage(const struct json *v, const char *type)
{
	return str_eq(json_text(json_get(v, "type")), str_from(type)) &&
	       json_text(json_get(v, "id")).n > 0;
}

enum objection { NO_OBJECTION, NOT_KNOWN, NOT_NOW };

/* Whether a device keeps the whole activity from being accepted. */
static enum objection objection_to(const struct sim *s, int64_t device, struct str serial)
{
	int64_t nth = knob(s, KNOB_APPLE_REFUSED);

	if (device == SQL_NULL)
		return knob(s, KNOB_APPLE_UNKNOWN) == UNKNOWN_REFUSED ? NOT_KNOWN : NO_OBJECTION;
	if ((nth > 0 && device % nth == 0) || knob_has(s, KNOB_APPLE_REFUSED_SERIALS, serial))
		return NOT_NOW;
	return NO_OBJECTION;
}

/* One errors[] entry about the device at that place of the request. */
static void put_refusal(
	struct call *c, struct json_out *o, size_t at, struct str serial, enum objection why)
{
	bool named = knob(c->sim, KNOB_APPLE_REFUSAL) != REFUSAL_UNNAMED || why == NOT_KNOWN;
	int64_t form = knob(c->sim, KNOB_APPLE_POINTER);
	struct error_entry e = { .status = 409, .nested = form == POINTER_NESTED };
	char pointer[64], detail[160] = "A device cannot be changed now";

	(void)snprintf(pointer, sizeof(pointer), "/data/relationships/devices/data/%zu%s", at,
		form == POINTER_ID ? "/id" : "");
	if (why == NOT_KNOWN)
		(void)snprintf(detail, sizeof(detail),
			"There is no resource of type 'orgDevices' with id '%.*s'",
			STR_FMT(serial));
	else if (named)
		(void)snprintf(detail, sizeof(detail), "The device '%.*s' cannot be changed now",
			STR_FMT(serial));
	e.code = why == NOT_KNOWN ? "ENTITY_ERROR.RELATIONSHIP.INVALID"
				  : knob_text_of(&c->sim->knobs, KNOB_APPLE_REFUSAL_CODE).p;
	e.source = named && form != POINTER_DETAIL ? pointer : NULL;
	e.detail = detail;
	sim_apple_error_put(c, o, &e);
}

/* True when the reply refuses some of the devices: all of them are named, each by an entry. */
static bool refuses(struct call *c, const struct json *list)
{
	bool first = knob(c->sim, KNOB_APPLE_REFUSAL) == REFUSAL_FIRST, any = false;
	struct json_out o;
	size_t at = 0;

	for (const struct json *one = json_first(list); one; one = json_next(one), at++) {
		struct str serial = json_text(json_get(one, "id"));
		int64_t id = sql_int(&c->sim->sql,
			sql_z("SELECT id FROM device WHERE serial=? AND gone=0"), sql_s(serial));
		enum objection why = objection_to(c->sim, id, serial);

		if (why == NO_OBJECTION || (any && first))
			continue;
		if (!any)
			sim_apple_errors(c, &o, 409);
		any = true;
		put_refusal(c, &o, at, serial, why);
	}
	if (any)
		sim_apple_errors_end(&o);
	return any;
}

/* Serial numbers of the body, each once, in a growing array; caller frees *ret. */
static bool read_serials(struct call *c, const struct json *list, struct str **ret, size_t *ret_n)
{
	struct str *v = NULL;
	size_t n = 0, cap = 0, at = 0;
	struct map seen;
	bool ok = true;

	map_init(&seen, 0);
	for (const struct json *one = json_first(list); one && ok; one = json_next(one), at++) {
		char pointer[64];
		bool is_new = false;

		(void)snprintf(
			pointer, sizeof(pointer), "/data/relationships/devices/data/%zu", at);
		ok = is_linkage(one, "orgDevices");
		if (!ok)
			sim_apple_error(c, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", pointer,
				"A device needs type 'orgDevices' and an id");
		else
			(void)map_add(&seen, json_text(json_get(one, "id")), &is_new);
		if (!is_new)
			continue;
		MEM_GROW(v, n, cap);
		v[n++] = json_text(json_get(one, "id"));
	}
	map_release(&seen);
	*ret = v;
	*ret_n = n;
	return ok && !refuses(c, list);
}

static bool read_server(struct call *c, const struct json *relations, struct activity_order *order)
{
	static const char pointer[] = "/data/relationships/mdmServer";
	const struct json *v = json_path(relations, "mdmServer.data");

	order->server = SQL_NULL;
	if (!order->type->needs_server)
		return true;
	if (!json_is_object(v)) {
		sim_apple_error(c, 409, "ENTITY_ERROR.RELATIONSHIP.REQUIRED", pointer,
			"You must provide a value for the relationship 'mdmServer' with this "
			"request");
		return false;
	}
	order->server = sim_apple_server_find(c->sim, json_text(json_get(v, "id")));
	if (is_linkage(v, "mdmServers") && order->server != SQL_NULL)
		return true;
	sim_apple_error(c, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", pointer,
		"There is no resource of type 'mdmServers' with id '%.*s'",
		STR_FMT(json_text(json_get(v, "id"))));
	return false;
}

static bool read_deadline(
	struct call *c, const struct json *attributes, struct activity_order *order)
{
	static const char pointer[] =
		"/data/attributes/activityTypeMetadata/mdmMigrationDeadlineDateTime";
	const struct json *v = json_path(
		attributes, "activityTypeMetadata.mdmMigrationDeadlineDateTime");

	order->deadline_ms = SQL_NULL;
	if (!order->type->needs_deadline)
		return true;
	if (!v) {
		sim_apple_error(c, 409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer,
			"You must provide a value for the attribute "
			"'mdmMigrationDeadlineDateTime'");
		return false;
	}
	if (time_parse(json_text(v), &order->deadline_ms) &&
		order->deadline_ms <= c->sim->now + 90 * DAY_MS)
		return true;
	sim_apple_error(c, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer,
		"The deadline is not a time within the next 90 days");
	return false;
}

static bool read_type(struct call *c, const struct json *attributes, struct activity_order *order)
{
	static const char pointer[] = "/data/attributes/activityType";
	struct str name = json_text(json_get(attributes, "activityType"));

	order->type = activity_type(name);
	if (!name.p) {
		sim_apple_error(c, 409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED", pointer,
			"You must provide a value for the attribute 'activityType' with this "
			"request");
		return false;
	}
	if (order->type && !(order->type->business_only && str_eq(c->scope, STR("school.api"))))
		return true;
	sim_apple_error(c, 409, "ENTITY_ERROR.ATTRIBUTE.INVALID", pointer,
		"'%.*s' is not a valid value for the attribute 'activityType'", STR_FMT(name));
	return false;
}

static bool check_count(struct call *c, size_t n)
{
	static const char pointer[] = "/data/relationships/devices";
	int64_t max = knob(c->sim, KNOB_APPLE_MAX_DEVICES);

	if (n == 0)
		sim_apple_error(c, 409, "ENTITY_ERROR.RELATIONSHIP.REQUIRED", pointer,
			"You must provide a value for the relationship 'devices' with this "
			"request");
	else if (max && n > (size_t)max)
		sim_apple_error(c, 409, "ENTITY_ERROR.RELATIONSHIP.INVALID", pointer,
			"At most %lld devices are allowed", (long long)max);
	else
		return true;
	return false;
}

static void accept_order(struct call *c, const struct activity_order *order)
{
	int64_t id = activity_create(c->sim, order);
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z("SELECT uuid FROM activity WHERE id=?"), sql_i(id));
	struct str uuid, base = sim_apple_base(c);
	struct activity a;
	struct json_out o;
	char self[512];

	if (!sql_next(&c->sim->sql, st))
		return;
	uuid = arena_dup(&c->sim->arena, db_col_str(st, 0));
	db_reset(st);
	if (!activity_find(c->sim, uuid, &a))
		return;
	c->rep->status = 201;
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	put_activity(c, &o, &a, false);
	json_obj(&o, "links");
	(void)snprintf(self, sizeof(self), "%.*s/orgDeviceActivities", STR_FMT(base));
	json_put_z(&o, "self", self);
	json_obj_end(&o);
	json_obj_end(&o);
}

static void post_parsed(struct call *c, const struct json *data)
{
	const struct json *attributes = json_get(data, "attributes");
	const struct json *relations = json_get(data, "relationships");
	struct activity_order order;
	struct str *serials = NULL;

	if (!read_type(c, attributes, &order) || !read_server(c, relations, &order) ||
		!read_deadline(c, attributes, &order))
		return;
	if (read_serials(c, json_path(relations, "devices.data"), &serials, &order.n_serials) &&
		check_count(c, order.n_serials)) {
		order.serials = serials;
		accept_order(c, &order);
	}
	free(serials);
}

void sim_apple_activity_post(struct call *c)
{
	struct json *root = NULL;
	const struct json *data;
	struct err err;

	if (json_parse(&root, c->req->body, &err) != ERR_OK) {
		sim_apple_error(c, 400, "PARAMETER_ERROR.INVALID", NULL, "The body is not JSON: %s",
			err.msg);
		return;
	}
	data = json_get(root, "data");
	if (!json_is_object(data))
		sim_apple_error(
			c, 422, "ENTITY_UNPROCESSABLE", "/data", "The body has no 'data' object");
	else if (!str_eq(json_text(json_get(data, "type")), STR("orgDeviceActivities")))
		sim_apple_error(c, 409, "ENTITY_ERROR.TYPE.INVALID", "/data/type",
			"The type is not 'orgDeviceActivities'");
	else
		post_parsed(c, data);
	json_free(root);
}

/* --- reading --- */

/* What makes the link valid until its end, and for nothing else. */
static void sign_link(const struct sim *s, struct str uuid, int64_t expires, char out[SHA256_HEX])
{
	char plain[160];
	int n = snprintf(plain, sizeof(plain), "%llu/%.*s/%lld", (unsigned long long)s->opt.seed,
		(int)uuid.n, uuid.p, (long long)expires);

	sha256_hex((struct str){ plain, (size_t)n }, out);
}

static void put_download(struct call *c, struct json_out *o, const struct activity *a)
{
	int64_t expires = c->sim->now + knob(c->sim, KNOB_APPLE_LOG_LIFE);
	struct str base = sim_apple_base(c);
	char signature[SHA256_HEX], url[512];

	sign_link(c->sim, a->uuid, expires, signature);
	(void)snprintf(url, sizeof(url),
		"%.*sstore/ABM-ActivityLog_%.*s.csv?X-Expires=%lld&X-Signature=%s"
		"&response-content-disposition=attachment%%3B%%20filename%%3D%%22"
		"ABM-ActivityLog_%.*s.csv%%22",
		(int)base.n - 2, base.p, STR_FMT(a->uuid), (long long)expires, signature,
		STR_FMT(a->uuid));
	json_put_z(o, "downloadUrl", url);
}

static void put_activity(struct call *c, struct json_out *o, const struct activity *a, bool whole)
{
	bool completed = str_eq(a->status, STR("COMPLETED"));

	json_obj(o, "data");
	json_put_z(o, "type", "orgDeviceActivities");
	json_put_str(o, "id", a->uuid);
	json_obj(o, "attributes");
	if (whole)
		json_put_str(o, "activityType", a->type);
	json_put_str(o, "status", a->status);
	json_put_str(o, "subStatus", a->sub);
	sim_apple_time(c, o, "createdDateTime", a->created);
	if (completed) {
		sim_apple_time(c, o, "completedDateTime", a->completed);
		if (!str_eq(a->sub, STR("COMPLETED_POST_PROCESSING_FAILED")))
			put_download(c, o, a);
	}
	json_obj_end(o);
	sim_apple_self(c, o, "orgDeviceActivities", a->uuid);
	json_obj_end(o);
}

void sim_apple_activity_get(struct call *c)
{
	static const char *const known[] = { "activityType", "status", "subStatus",
		"createdDateTime", "completedDateTime", "downloadUrl", NULL };
	struct fieldset fields;
	struct activity a;
	struct json_out o;

	if (!fieldset_read(c, "orgDeviceActivities", known, &fields))
		return;
	/* Only the activities of the last 30 days can be asked for (services/README.md Apple F.21).
	 */
	if (!activity_find(c->sim, c->part[0], &a) || a.created < c->sim->now - a.life) {
		sim_apple_not_found(c, "orgDeviceActivities", c->part[0]);
		return;
	}
	c->rep->type = "application/json";
	json_out_init(&o, &c->rep->body);
	json_obj(&o, NULL);
	put_activity(c, &o, &a, true);
	sim_apple_self(c, &o, "orgDeviceActivities", a.uuid);
	json_obj_end(&o);
}

/* The object store: a signed link is all it wants; a bearer besides is refused as S3 does. */
void sim_apple_activity_log(struct call *c)
{
	static const char before[] = "ABM-ActivityLog_", behind[] = ".csv";
	struct str name = c->part[0], uuid, signature = pairs_get(&c->query, "X-Signature");
	size_t frame = sizeof(before) - 1 + sizeof(behind) - 1;
	char expected[SHA256_HEX];
	struct activity a;
	uint64_t expires;

	c->rep->type = "application/xml";
	c->rep->status = 403;
	if (request_header(c->req, "Authorization").p) {
		c->rep->status = 400;
		buf_z(&c->rep->body, "<Error><Code>InvalidArgument</Code></Error>");
		return;
	}
	uuid = name.n > frame ? str_sub(name, sizeof(before) - 1, name.n - frame) : STR_NONE;
	if (!str_to_u64(pairs_get(&c->query, "X-Expires"), &expires) || expires > INT64_MAX)
		expires = 0;
	sign_link(c->sim, uuid, (int64_t)expires, expected);
	if (!str_eq(signature, str_from(expected)) || (int64_t)expires < c->sim->now ||
		!activity_find(c->sim, uuid, &a)) {
		buf_z(&c->rep->body, "<Error><Code>AccessDenied</Code></Error>");
		return;
	}
	c->rep->status = 200;
	c->rep->type = "text/csv";
	reply_header(c->rep, "Content-Disposition", "attachment; filename=\"%.*s\"", STR_FMT(name));
	activity_log(c->sim, &a, &c->rep->body);
}
