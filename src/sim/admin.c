#include "sim/admin.h"

#include <stdio.h>

#include "io/json.h"
#include "sim/core/trigger.h"
#include "sim/world/fleet.h"
#include "sim/world/record.h"
#include "sim/world/sync.h"
#include "sim/world/world.h"

enum { MAX_SERIALS_BYTES = 16 * 1024 * 1024 };
#define COVER_MS (INT64_C(365) * 24 * 3600 * 1000)

/* --- servers --- */

static int64_t server_of(struct sim *s, const char *name)
{
	return sql_int(&s->sql,
		sql_z("SELECT id FROM server WHERE name=? AND status<>'DELETED' ORDER BY id DESC"),
		sql_z(name));
}

/* The one the rule names, else the one behind `from`. */
static int64_t target_of(struct sim *s, const char *name, int64_t from)
{
	int64_t to;

	if (name)
		return server_of(s, name);
	to = sql_int(&s->sql, sql_z("SELECT min(id) FROM server WHERE id>? AND status<>'DELETED'"),
		sql_i(from));
	return to != SQL_NULL ? to
			      : sql_int(&s->sql,
					sql_z("SELECT min(id) FROM server WHERE id<>? AND "
					      "status<>'DELETED'"),
					sql_i(from));
}

static void tell_server(struct sim *s, const char *what, struct str before, struct str after)
{
	sim_effect(s, &(struct effect){ STR(""), what, before, after, true });
}

static void move_all(struct sim *s, int64_t from, int64_t to)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT serial FROM device WHERE server=? ORDER BY serial"), sql_i(from));

	while (sql_next(&s->sql, st)) {
		struct str serial = arena_dup(&s->arena, db_col_str(st, 0));

		if (to == SQL_NULL)
			(void)world_unassign(s, serial, from, SQL_NULL);
		else
			(void)world_assign(s, serial, to, SQL_NULL);
	}
}

static void delete_server(struct sim *s, int64_t id, const char *to)
{
	move_all(s, id, to ? server_of(s, to) : SQL_NULL);
	tell_server(s, "server-delete", server_name(s, id), STR_NONE);
	sql_run(&s->sql, sql_z("UPDATE server SET status='DELETED', updated=? WHERE id=?"),
		sql_i(s->now), sql_i(id));
}

/* A new one of the same name, for the same group; its devices come along unless `to` says
 * otherwise. */
static void recreate_server(struct sim *s, int64_t id, const char *to)
{
	char uuid[UUID_TEXT], hex[HEX32_TEXT];
	int64_t made;

	sim_uuid(s, uuid);
	uuid_to_hex(uuid, hex);
	made = sql_add(&s->sql,
		sql_z("INSERT INTO server(uuid, name, type, disown, families, created, updated, "
		      "connected, og, cursor) SELECT ?1, name, type, disown, families, ?2, ?2, ?2, "
		      "og, cursor FROM server WHERE id=?3"),
		sql_z(hex), sql_i(s->now), sql_i(id));
	tell_server(s, "server-create", STR_NONE, server_name(s, id));
	if (!to)
		move_all(s, id, made);
	delete_server(s, id, to);
}

static void change_server(struct sim *s, const struct admin_rule *rule)
{
	int64_t id = server_of(s, rule->server);

	if (id == SQL_NULL)
		return;
	if (rule->deed == DEED_DELETE_SERVER) {
		delete_server(s, id, rule->to);
	} else if (rule->deed == DEED_RECREATE_SERVER) {
		recreate_server(s, id, rule->to);
	} else if (rule->deed == DEED_RENAME_SERVER) {
		tell_server(s, "server-rename", server_name(s, id), str_from(rule->name));
		sql_run(&s->sql, sql_z("UPDATE server SET name=?, updated=? WHERE id=?"),
			sql_z(rule->name), sql_i(s->now), sql_i(id));
	} else {
		tell_server(s, "server-disown", server_name(s, id),
			rule->allowed ? STR("no") : STR("yes"));
		sql_run(&s->sql, sql_z("UPDATE server SET disown=?, updated=? WHERE id=?"),
			sql_i(!rule->allowed), sql_i(s->now), sql_i(id));
	}
}

static void sync_groups(struct sim *s, const struct admin_rule *rule)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT DISTINCT og FROM server WHERE og NOT NULL AND (?1 IS NULL OR "
		      "name=?1) "
		      "ORDER BY og"),
		sql_s(rule->server ? str_from(rule->server) : STR_NONE));

	while (sql_next(&s->sql, st))
		sync_due(s,
			&(struct timer){ .a = db_col_int(st, 0), .b = rule->deed == DEED_FETCH });
}

/* --- devices --- */

static void give_profile(struct sim *s, const struct admin_rule *rule, const struct truth *t)
{
	int64_t og = sql_int(&s->sql, sql_z("SELECT og FROM server WHERE id=?"), sql_i(t->server));

	if (og == SQL_NULL)
		return;
	profile_due(
		s, &(struct timer){ .a = og,
			   .b = t->id,
			   .c = rule->profile ? fleet_add_profile(s, og, str_from(rule->profile))
					      : SQL_NULL });
}

static void meddle_record(struct sim *s, enum deed_kind deed, struct str serial)
{
	int64_t id = sql_int(&s->sql,
		sql_z("SELECT id FROM managed WHERE serial=? ORDER BY id DESC LIMIT 1"),
		sql_s(serial));

	if (deed == DEED_ENROLL)
		record_enroll(s, serial);
	else if (id == SQL_NULL)
		return;
	else if (deed == DEED_WIPE && record_enrolled(s, id))
		record_wipe(s, id, WIPE_PENDING);
	else if (deed == DEED_UNENROLL)
		record_unenroll(s, id);
	else if (deed == DEED_DELETE_RECORD)
		record_delete(s, id);
	else if (deed == DEED_REGROUP)
		sql_run(&s->sql, sql_z("UPDATE managed SET og=? WHERE id=?"), sql_i(GROUP_ROOT),
			sql_i(id));
}

static void cover(struct sim *s, const struct truth *t)
{
	sql_run(&s->sql,
		sql_z("INSERT OR REPLACE INTO coverage(device, state, ends, kind) "
		      "VALUES(?, 'active', ?, 'AppleCare+')"),
		sql_i(t->id), sql_i(s->now + COVER_MS));
}

static void meddle(struct sim *s, const struct admin_rule *rule, struct str serial)
{
	struct truth t;

	if (rule->deed >= DEED_WIPE) {
		meddle_record(s, (enum deed_kind)rule->deed, serial);
		return;
	}
	if (rule->deed == DEED_RETURN) {
		world_return(s, serial);
		return;
	}
	if (!truth_find(s, serial, &t))
		return;
	if (rule->deed == DEED_ASSIGN)
		(void)world_assign(s, serial,
			target_of(s, rule->server, t.server == SQL_NULL ? 0 : t.server), SQL_NULL);
	else if (rule->deed == DEED_UNASSIGN)
		(void)world_unassign(s, serial, t.server, SQL_NULL);
	else if (rule->deed == DEED_RELEASE)
		(void)world_release(s, serial, SQL_NULL, SQL_NULL);
	else if (rule->deed == DEED_VANISH)
		world_vanish(s, &t, serial);
	else if (rule->deed == DEED_COVER)
		cover(s, &t);
	else
		give_profile(s, rule, &t);
}

static void meddle_all(struct sim *s, const struct admin_rule *rule, struct str serials)
{
	struct db_stmt *st;

	for (uint32_t i = 0; i < rule->n_serials; i++)
		meddle(s, rule, str_from(rule->serials[i]));
	while (!rule->n_serials && !rule->every && serials.n > 0)
		meddle(s, rule, arena_dup(&s->arena, str_cut(&serials, '\n')));
	if (!rule->every)
		return;
	st = sql_query(&s->sql,
		sql_z("SELECT serial FROM device WHERE server NOT NULL AND id%?=0 ORDER BY serial"),
		sql_i(rule->every));
	while (sql_next(&s->sql, st))
		meddle(s, rule, arena_dup(&s->arena, db_col_str(st, 0)));
}

/* --- when --- */

/* Nothing that happens here is the request's own: neither its knobs nor its deeds count. */
static void act(struct sim *s, const struct admin_rule *rule, struct str serials)
{
	struct marks marks = s->marks;
	const char *actor = s->actor;

	s->marks = (struct marks){ 0, 0 };
	overrides_use(s, 0);
	s->actor = rule->actor ? rule->actor : "other-admin@example.com";
	if (rule->deed <= DEED_ENROLL)
		meddle_all(s, rule, serials);
	else if (rule->deed <= DEED_DISOWN)
		change_server(s, rule);
	else if (rule->deed <= DEED_FETCH)
		sync_groups(s, rule);
	for (size_t i = 0; rule->deed == DEED_SET && i < rule->n; i++)
		s->base.v[rule->v[i].knob] = rule->v[i].value;
	s->actor = actor;
	s->marks = marks;
	overrides_use(s, marks.overrides);
}

void admin_due(struct sim *s, const struct timer *timer)
{
	const struct admin_rule *rule;

	if (timer->a < 0 || (size_t)timer->a >= s->scenario->n_admins)
		return; /* the state was made under another scenario */
	rule = &s->scenario->admins[timer->a];
	if (!rule->on.off)
		act(s, rule, timer->text);
}

static void act_or_wait(struct sim *s, size_t index, struct str serials)
{
	const struct admin_rule *rule = &s->scenario->admins[index];

	if (rule->after_ms == 0)
		act(s, rule, serials);
	else
		timer_add(s, s->now + rule->after_ms, TIMER_ADMIN,
			&(struct timer){ (int64_t)index, SQL_NULL, SQL_NULL, serials });
}

void admins_start_from(struct sim *s, size_t first)
{
	for (size_t i = first; i < s->scenario->n_admins; i++)
		if (!s->scenario->admins[i].triggered)
			act_or_wait(s, i, STR_NONE);
}

void admins_start(struct sim *s)
{
	if (!s->scenario->n_admins || sim_meta(s, "admins"))
		return;
	sim_meta_set(s, "admins", 1);
	s->marks = (struct marks){ 0, 0 };
	admins_start_from(s, 0);
}

static struct str kept(struct sim *s, struct buf *lines)
{
	struct str text = arena_dup(&s->arena, buf_view(lines));

	buf_release(lines);
	return text;
}

/* Devices the request names: in the body of an activity, or in its path, as serial or record. */
static struct str serials_of(struct call *c)
{
	struct json *root = NULL;
	struct buf lines;
	struct db_stmt *st;
	struct err err;

	buf_init(&lines, MAX_SERIALS_BYTES);
	if (c->req->body.n && json_parse(&root, c->req->body, &err) != ERR_OK)
		root = NULL;
	for (const struct json *v = json_first(json_path(root, "data.relationships.devices.data"));
		v; v = json_next(v)) {
		buf_str(&lines, json_text(json_get(v, "id")));
		buf_char(&lines, '\n');
	}
	json_free(root);
	for (size_t i = 0; lines.n == 0 && i < ROUTE_MAX_PARTS; i++) {
		if (c->part[i].n == 0)
			continue;
		st = sql_query(&c->sim->sql,
			sql_z("SELECT serial FROM device WHERE serial=?1 UNION "
			      "SELECT serial FROM managed WHERE id=?1"),
			sql_s(c->part[i]));
		while (sql_next(&c->sim->sql, st)) {
			buf_str(&lines, db_col_str(st, 0));
			buf_char(&lines, '\n');
		}
	}
	return kept(c->sim, &lines);
}

static bool is_meant(const struct sim *s, size_t index, enum moment at)
{
	const struct admin_rule *rule = &s->scenario->admins[index];

	return s->marks.deeds >> index & 1 && !rule->on.off && rule->at == (int)at;
}

bool admins_at_request(struct call *c, enum moment at)
{
	const struct scenario *sc = c->sim->scenario;
	bool hold = false;

	for (size_t i = 0; i < sc->n_admins && c->sim->marks.deeds; i++) {
		if (!is_meant(c->sim, i, at))
			continue;
		if (sc->admins[i].deed == DEED_HOLD)
			hold = true;
		else
			act_or_wait(c->sim, i, serials_of(c));
	}
	return hold;
}

static struct str serials_of_activity(struct sim *s, int64_t activity)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT serial FROM activity_device WHERE activity=? ORDER BY n"),
		sql_i(activity));
	struct buf lines;

	buf_init(&lines, MAX_SERIALS_BYTES);
	while (sql_next(&s->sql, st)) {
		buf_str(&lines, db_col_str(st, 0));
		buf_char(&lines, '\n');
	}
	return kept(s, &lines);
}

void admin_milestone(struct sim *s, const struct timer *timer)
{
	for (size_t i = 0; i < s->scenario->n_admins; i++) {
		char once[64];

		if (!is_meant(s, i, (enum moment)timer->a))
			continue;
		(void)snprintf(once, sizeof(once), "deed.%zu.%lld", i, (long long)timer->b);
		if (sim_meta(s, once))
			continue;
		sim_meta_set(s, once, 1);
		act_or_wait(s, i, serials_of_activity(s, timer->b));
	}
}
