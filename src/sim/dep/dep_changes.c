/*
 * What the DEP service changes: disowning, activation lock, profiles (services/README.md Apple
 * B.3).
 */

#include "sim/dep/dep.h"
#include "sim/world/world.h"

/* What is done to a device, and the word for how that went; profile: SQL_NULL: none. */
typedef const char *word_fn(struct call *c, struct str serial, int64_t profile);

/* For good; only with the server's leave, only for its own devices. */
static const char *disown(struct call *c, struct str serial, int64_t profile)
{
	int64_t allowed = sql_int(
		&c->sim->sql, sql_z("SELECT disown FROM server WHERE id=?"), sql_i(c->server));

	(void)profile;
	if (sim_dep_device(c, serial) == SQL_NULL)
		return "NOT_ACCESSIBLE";
	if (allowed != 1)
		return "FAILED";
	return world_release(c->sim, serial, SQL_NULL, SQL_NULL) == LANDING_DONE ? "SUCCESS"
										 : "FAILED";
}

static const char *set_profile(struct call *c, struct str serial, int64_t profile)
{
	int64_t device = sim_dep_device(c, serial);
	struct effect e = { .serial = serial, .what = "dep-profile", .effective = true };
	struct truth t;

	if (device == SQL_NULL || !truth_find(c->sim, serial, &t))
		return "NOT_ACCESSIBLE";
	e.before = profile_name(c->sim, t.profile);
	e.after = profile_name(c->sim, profile);
	if (profile != SQL_NULL && t.corrupt != CORRUPT_NO) {
		e.effective = false;
		sim_effect(c->sim, &e);
		return "FAILED";
	}
	sql_run(&c->sim->sql,
		sql_z("UPDATE device SET profile=?1, profile_at=CASE WHEN ?1 IS NULL THEN "
		      "NULL ELSE ?2 END WHERE id=?3"),
		sql_i(profile), sql_i(c->sim->now), sql_i(device));
	sim_effect(c->sim, &e);
	return "SUCCESS";
}

static const char *assign_word(struct call *c, struct str serial, int64_t profile)
{
	enum { WORKS, THROTTLED, FAILED };
	int64_t how = knob(c->sim, KNOB_DEP_PROFILE);

	if (how == FAILED)
		return "FAILED";
	/* Older protocols do not know the word (services/README.md Apple F.27). */
	if (how == THROTTLED)
		return sim_dep_version(c) >= 9 ? "THROTTLED" : "FAILED";
	return set_profile(c, serial, profile);
}

/* A word for each device of a list. */
static void put_words(
	struct call *c, struct json_out *o, const struct json *list, word_fn *word, int64_t profile)
{
	json_obj(o, "devices");
	for (const struct json *v = json_first(list); v; v = json_next(v)) {
		struct str serial = arena_dup(&c->sim->arena, json_text(v));

		json_put_z(o, serial.p, word(c, serial, profile));
	}
	json_obj_end(o);
}

static void answer_words(struct call *c, word_fn *word)
{
	struct json *body = sim_dep_body(c);
	const struct json *list = body ? sim_dep_devices_of(c, body) : NULL;
	struct json_out o;

	if (list) {
		sim_dep_object(c, &o);
		put_words(c, &o, list, word, SQL_NULL);
		json_obj_end(&o);
	}
	json_free(body);
}

void sim_dep_disown(struct call *c)
{
	answer_words(c, disown);
}

static const char *lock(struct call *c, struct str serial)
{
	int64_t device = sim_dep_device(c, serial), locked;
	struct effect e = { .serial = serial, .what = "activation-lock", .effective = true };

	if (device == SQL_NULL)
		return "NOT_ACCESSIBLE";
	if (sql_int(&c->sim->sql,
		    sql_z("SELECT p.family IN('iPhone','iPad') FROM device d "
			  "JOIN product p ON p.id=d.product WHERE d.id=?"),
		    sql_i(device)) != 1)
		return "DEVICE_NOT_SUPPORTED";
	locked = sql_int(
		&c->sim->sql, sql_z("SELECT locked FROM device WHERE id=?"), sql_i(device));
	if (locked == 1)
		return "DEVICE_ALREADY_LOCKED";
	sql_run(&c->sim->sql, sql_z("UPDATE device SET locked=1 WHERE id=?"), sql_i(device));
	sim_effect(c->sim, &e);
	return "SUCCESS";
}

void sim_dep_lock(struct call *c)
{
	struct json *body = sim_dep_body(c);
	struct str serial = json_text(json_get(body, "device"));
	struct json_out o;

	if (body && serial.n == 0) {
		sim_dep_error(c, 400, "DEVICE_ID_REQUIRED");
	} else if (body) {
		sim_dep_object(c, &o);
		json_put_str(&o, "serial_number", serial);
		json_put_z(&o, "response_status", lock(c, serial));
		json_obj_end(&o);
	}
	json_free(body);
}

/* --- profiles --- */

static int64_t profile_of(struct call *c, struct str uuid)
{
	return sql_int(
		&c->sim->sql, sql_z("SELECT id FROM profile WHERE apple_id=upper(?)"), sql_s(uuid));
}

/* Stored as it came; hidden from the UEM, which knows only its own (og 0). */
static void define(struct call *c, const struct json *body)
{
	char uuid[UUID_TEXT], apple[UUID_TEXT], hex[HEX32_TEXT];
	struct json_out o;
	int64_t id;

	sim_uuid(c->sim, uuid);
	sim_uuid(c->sim, apple);
	uuid_to_hex(apple, hex);
	id = sql_add(&c->sim->sql,
		sql_z("INSERT INTO profile(og, name, uuid, apple_id, server, body) "
		      "VALUES(0,?,?,?,?,?)"),
		sql_s(json_text(json_get(body, "profile_name"))), sql_z(uuid), sql_z(hex),
		sql_i(c->server), sql_s(c->req->body));
	sim_dep_object(c, &o);
	json_put_z(&o, "profile_uuid", hex);
	put_words(c, &o, json_get(body, "devices"), assign_word, id);
	json_obj_end(&o);
}

void sim_dep_profile_define(struct call *c)
{
	struct json *body = sim_dep_body(c);

	if (body && json_text(json_get(body, "profile_name")).n == 0)
		sim_dep_error(c, 400, "CONFIG_NAME_REQUIRED");
	else if (body && json_text(json_get(body, "url")).n == 0)
		sim_dep_error(c, 400, "CONFIG_URL_REQUIRED");
	else if (body)
		define(c, body);
	json_free(body);
}

/* A profile that was defined here as it came, one of the UEM's in short. */
static void put_profile(struct call *c, struct json_out *o, struct db_stmt *st)
{
	struct json *root = NULL;
	struct err err;

	json_put_str(o, "profile_uuid", db_col_str(st, 0));
	if (db_col_int(st, 2) != 0 || json_parse(&root, db_col_str(st, 3), &err) != ERR_OK) {
		json_put_str(o, "profile_name", db_col_str(st, 1));
		json_put_z(o, "url", "https://mdm.example.com/enroll");
	}
	for (const struct json *m = root ? json_first(root) : NULL; m; m = json_next(m))
		if (!str_eq(json_name(m), STR("devices")))
			json_out_copy(o, m, true, &c->sim->arena);
	json_free(root);
}

void sim_dep_profile_get(struct call *c)
{
	struct str uuid = pairs_get(&c->query, "profile_uuid");
	struct db_stmt *st;
	struct json_out o;

	if (uuid.n == 0) {
		sim_dep_error(c, 400, "PROFILE_UUID_REQUIRED");
		return;
	}
	st = sql_query(&c->sim->sql,
		sql_z("SELECT apple_id, name, og, body FROM profile WHERE apple_id=upper(?)"),
		sql_s(uuid));
	if (!sql_next(&c->sim->sql, st)) {
		sim_dep_error(c, 404, "NOT_FOUND");
		return;
	}
	sim_dep_object(c, &o);
	put_profile(c, &o, st);
	json_obj_end(&o);
	db_reset(st);
}

void sim_dep_profile_assign(struct call *c)
{
	struct json *body = sim_dep_body(c);
	struct str uuid = json_text(json_get(body, "profile_uuid"));
	const struct json *list;
	struct json_out o;
	int64_t profile;

	if (body && uuid.n == 0)
		sim_dep_error(c, 400, "PROFILE_UUID_REQUIRED");
	list = body && uuid.n ? sim_dep_devices_of(c, body) : NULL;
	profile = list ? profile_of(c, uuid) : SQL_NULL;
	if (list && profile == SQL_NULL) {
		sim_dep_error(c, 404, "PROFILE_NOT_FOUND");
	} else if (list) {
		sim_dep_object(c, &o);
		json_put_str(&o, "profile_uuid", uuid);
		put_words(c, &o, list, assign_word, profile);
		if (knob(c->sim, KNOB_DEP_PROFILE) == 1 && sim_dep_version(c) >= 10)
			json_put_int(&o, "retry_after_seconds", 3600);
		json_obj_end(&o);
	}
	json_free(body);
}

/* DELETE with a body; shows only after the next wipe (services/README.md Apple B.3). */
void sim_dep_profile_remove(struct call *c)
{
	answer_words(c, set_profile);
}
