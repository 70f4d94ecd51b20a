/*
 * The DEP service's lists of one server's devices (services/README.md Apple B.3).
 *
 * A cursor is base64 of kind:server:after:seq:made. Fetch goes through the devices in order of
 * their number and remembers where the feed of changes stood when it began; its last cursor is
 * exhausted there and good for sync from that place on.
 */
#include <stdio.h>

#include "base/time.h"
#include "sim/dep/dep.h"
#include "sim/world/device.h"

enum kind { KIND_FETCH, KIND_SYNC };
enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, CURSOR_MAX = 1000 };

struct cursor {
	int64_t kind, server, after, seq, made;
};

static void cursor_put(struct json_out *o, const struct cursor *cur)
{
	struct buf text;
	char plain[160];
	int n = snprintf(plain, sizeof(plain), "%lld:%lld:%lld:%lld:%lld", (long long)cur->kind,
		(long long)cur->server, (long long)cur->after, (long long)cur->seq,
		(long long)cur->made);

	buf_init(&text, CURSOR_MAX);
	base64url(&text, (struct str){ plain, (size_t)n });
	json_put_str(o, "cursor", buf_view(&text));
	buf_release(&text);
}

static bool cursor_read(struct str text, struct cursor *ret)
{
	int64_t *const fields[] = { &ret->kind, &ret->server, &ret->after, &ret->seq, &ret->made };
	struct buf plain;
	struct str rest;
	struct err err;
	uint64_t v = 0;
	bool ok;

	buf_init(&plain, CURSOR_MAX);
	ok = text.n <= CURSOR_MAX && base64url_decode(&plain, text, &err) == ERR_OK;
	rest = buf_view(&plain);
	for (size_t i = 0; ok && i < 5; i++) {
		ok = str_to_u64(str_cut(&rest, ':'), &v) && v < INT64_MAX;
		*fields[i] = (int64_t)v;
	}
	buf_release(&plain);
	return ok;
}

static const char *os_of(struct str family)
{
	static const char *const by_family[][2] = { { "iPad", "iPadOS" }, { "Mac", "OSX" },
		{ "AppleTV", "tvOS" }, { "Vision", "visionOS" } };

	for (size_t i = 0; i < 4; i++)
		if (str_eq(family, str_from(by_family[i][0])))
			return by_family[i][1];
	return "iOS";
}

static void put_time(struct json_out *o, const char *key, int64_t at_ms)
{
	char text[TIME_TEXT];

	if (at_ms != SQL_NULL)
		json_put_z(o, key, time_rfc3339_s(at_ms, text));
}

static void put_profile(struct call *c, struct json_out *o, const struct device *d)
{
	struct db_stmt *st = sql_query(
		&c->sim->sql, sql_z("SELECT apple_id FROM profile WHERE id=?"), sql_i(d->profile));

	if (d->profile == SQL_NULL || !sql_next(&c->sim->sql, st)) {
		json_put_z(o, "profile_status", "empty");
		return;
	}
	json_put_z(o, "profile_status", "assigned");
	json_put_str(o, "profile_uuid", db_col_str(st, 0));
	db_reset(st);
	put_time(o, "profile_assign_time", d->profile_at);
}

static void put_device(struct call *c, struct json_out *o, const struct device *d)
{
	json_put_str(o, "serial_number", d->serial);
	json_put_str(o, "model", d->model);
	json_put_str(o, "description", d->model);
	json_put_str(o, "color", d->color);
	if (d->asset.n)
		json_put_str(o, "asset_tag", d->asset);
	put_profile(c, o, d);
	put_time(o, "device_assigned_date", d->assigned);
	json_put_z(o, "device_assigned_by", "admin@example.com");
	if (sim_dep_version(c) >= 2) {
		json_put_z(o, "os", os_of(d->family));
		json_put_str(o, "device_family", d->family);
	}
	if (sim_dep_version(c) >= 8)
		put_time(o, "mdm_migration_deadline", d->deadline);
}

struct dep_listing {
	struct cursor cursor;
	int64_t limit;
	bool more;
};

static bool read_limit(struct call *c, const struct json *body, struct dep_listing *l)
{
	const struct json *limit = json_get(body, "limit");

	l->limit = LIMIT_DEFAULT;
	if (!limit || (json_int(limit, &l->limit) && l->limit >= 1))
		return true;
	sim_dep_error(c, 400, "INVALID_LIMIT");
	return false;
}

static void end_listing(struct call *c, struct json_out *o, struct dep_listing *l, int64_t before)
{
	char now[TIME_TEXT];

	json_arr_end(o);
	if (knob(c->sim, KNOB_DEP_LOOP)) {
		l->cursor.after = before;
		l->more = true;
	}
	cursor_put(o, &l->cursor);
	json_put_z(o, "fetched_until", time_rfc3339_s(c->sim->now, now));
	json_put_bool(o, "more_to_follow", l->more);
	json_obj_end(o);
}

static void list_devices(struct call *c, struct dep_listing *l)
{
	int64_t n = 0, before = l->cursor.after;
	struct json_out o;
	struct db_stmt *st;

	sim_dep_object(c, &o);
	json_arr(&o, "devices");
	st = sql_query(&c->sim->sql,
		sql_z(DEVICE_SELECT "WHERE d.server=? AND d.id>? ORDER BY d.id LIMIT ?"),
		sql_i(c->server), sql_i(l->cursor.after), sql_i(l->limit + 1));
	while (sql_next(&c->sim->sql, st)) {
		struct device d;

		if (n++ == l->limit) {
			l->more = true;
			continue;
		}
		device_read(st, &d);
		l->cursor.after = d.id;
		json_obj(&o, NULL);
		put_device(c, &o, &d);
		json_obj_end(&o);
	}
	if (!l->more)
		l->cursor.kind = KIND_SYNC;
	l->cursor.made = c->sim->now;
	end_listing(c, &o, l, before);
}

static bool fetch_cursor(struct call *c, const struct json *body, struct dep_listing *l)
{
	const struct json *given = json_get(body, "cursor");

	l->cursor = (struct cursor){ .kind = KIND_FETCH, .server = c->server };
	if (!given || json_text(given).n == 0) {
		l->cursor.seq = sql_int(
			&c->sim->sql, sql_z("SELECT coalesce(max(seq), 0) FROM feed"));
		return true;
	}
	if (!cursor_read(json_text(given), &l->cursor) || l->cursor.server != c->server)
		sim_dep_error(c, 400, "INVALID_CURSOR");
	else if (l->cursor.kind != KIND_FETCH)
		sim_dep_error(c, 400, "EXHAUSTED_CURSOR");
	else
		return true;
	return false;
}

/* read_cursor: what it allows; false: the reply says why not. */
static void answer_list(struct call *c,
	bool (*read_cursor)(struct call *c, const struct json *body, struct dep_listing *l),
	void (*list)(struct call *c, struct dep_listing *l))
{
	struct dep_listing l = { .limit = LIMIT_DEFAULT };
	struct json *body = sim_dep_body(c);

	if (body && read_limit(c, body, &l) && read_cursor(c, body, &l)) {
		if (l.limit > LIMIT_MAX)
			l.limit = LIMIT_MAX;
		list(c, &l);
	}
	json_free(body);
}

void sim_dep_fetch(struct call *c)
{
	answer_list(c, fetch_cursor, list_devices);
}

/* A change as it was told at the time; the device itself as it is now. */
static void put_change(struct call *c, struct json_out *o, struct db_stmt *row)
{
	struct db_stmt *st = sql_query(&c->sim->sql, sql_z(DEVICE_SELECT "WHERE d.id=? LIMIT 1"),
		sql_i(db_col_int(row, 1)));
	int64_t times = knob(c->sim, KNOB_DEP_REPEAT) ? 2 : 1;
	struct device d;

	if (!sql_next(&c->sim->sql, st))
		return;
	device_read(st, &d);
	for (int64_t i = 0; i < times; i++) {
		json_obj(o, NULL);
		put_device(c, o, &d);
		json_put_str(o, "op_type", db_col_str(row, 2));
		put_time(o, "op_date", db_col_int(row, 3));
		json_obj_end(o);
	}
	db_reset(st);
}

static void list_changes(struct call *c, struct dep_listing *l)
{
	int64_t n = 0, before = l->cursor.after;
	struct json_out o;
	struct db_stmt *st;

	sim_dep_object(c, &o);
	json_arr(&o, "devices");
	st = sql_query(&c->sim->sql,
		sql_z("SELECT seq, device, op, at FROM feed WHERE server=? AND seq>? ORDER BY seq "
		      "LIMIT ?"),
		sql_i(c->server), sql_i(l->cursor.seq), sql_i(l->limit + 1));
	while (sql_next(&c->sim->sql, st)) {
		if (n++ == l->limit) {
			l->more = true;
			continue;
		}
		l->cursor.seq = db_col_int(st, 0);
		put_change(c, &o, st);
	}
	l->cursor.made = c->sim->now;
	end_listing(c, &o, l, before);
}

static bool sync_cursor(struct call *c, const struct json *body, struct dep_listing *l)
{
	struct str given = json_text(json_get(body, "cursor"));

	if (given.n == 0)
		sim_dep_error(c, 400, "CURSOR_REQUIRED");
	else if (!cursor_read(given, &l->cursor) || l->cursor.server != c->server ||
		 l->cursor.kind != KIND_SYNC)
		sim_dep_error(c, 400, "INVALID_CURSOR");
	else if (c->sim->now - l->cursor.made > knob(c->sim, KNOB_DEP_CURSOR_LIFE))
		sim_dep_error(c, 400, "EXPIRED_CURSOR");
	else
		return true;
	return false;
}

void sim_dep_sync(struct call *c)
{
	answer_list(c, sync_cursor, list_changes);
}

static void put_details(struct call *c, struct json_out *o, struct str serial)
{
	struct db_stmt *st = sql_query(&c->sim->sql,
		sql_z(DEVICE_SELECT "WHERE d.serial=? AND d.server=?"), sql_s(serial),
		sql_i(c->server));
	struct device d;

	json_obj(o, arena_dup(&c->sim->arena, serial).p);
	if (sql_next(&c->sim->sql, st)) {
		device_read(st, &d);
		put_device(c, o, &d);
		db_reset(st);
		json_put_z(o, "response_status", "SUCCESS");
	} else {
		json_put_z(o, "response_status", "NOT_ACCESSIBLE");
	}
	json_obj_end(o);
}

void sim_dep_details(struct call *c)
{
	struct json *body = sim_dep_body(c);
	const struct json *list = body ? sim_dep_devices_of(c, body) : NULL;
	struct json_out o;

	if (list) {
		sim_dep_object(c, &o);
		json_obj(&o, "devices");
		for (const struct json *v = json_first(list); v; v = json_next(v))
			put_details(c, &o, json_text(v));
		json_obj_end(&o);
		json_obj_end(&o);
	}
	json_free(body);
}
