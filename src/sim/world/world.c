#include "sim/world/world.h"

bool truth_find(struct sim *s, struct str serial, struct truth *ret)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT id, server, profile, corrupt, released, deadline, origin, capable, "
		      "migration IN('REQUESTED','STARTED') "
		      "FROM device WHERE serial=? AND gone=0"),
		sql_s(serial));

	if (!sql_next(&s->sql, st))
		return false;
	*ret = (struct truth){ db_col_int(st, 0), sql_col(st, 1), sql_col(st, 2), db_col_int(st, 3),
		sql_col(st, 4), sql_col(st, 5), sql_col(st, 6), db_col_int(st, 7) != 0,
		db_col_int(st, 8) != 0 };
	db_reset(st);
	return true;
}

static struct str name_of(struct sim *s, struct db_stmt *st)
{
	struct str name = STR_NONE;

	if (sql_next(&s->sql, st)) {
		name = arena_dup(&s->arena, db_col_str(st, 0));
		db_reset(st);
	}
	return name;
}

struct str server_name(struct sim *s, int64_t server)
{
	return name_of(
		s, sql_query(&s->sql, sql_z("SELECT name FROM server WHERE id=?"), sql_i(server)));
}

struct str profile_name(struct sim *s, int64_t profile)
{
	return name_of(s,
		sql_query(&s->sql, sql_z("SELECT name FROM profile WHERE id=?"), sql_i(profile)));
}

static void feed_add(struct sim *s, int64_t server, int64_t device, const char *op)
{
	sql_run(&s->sql, sql_z("INSERT INTO feed(server, device, op, at) VALUES(?,?,?,?)"),
		sql_i(server), sql_i(device), sql_z(op), sql_i(s->now));
}

void world_event(struct sim *s, const char *type, struct str serial, int64_t server)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO event(at, shown, type, actor, serial, server, activity) "
		      "VALUES(?,?,?,?,?,?,?)"),
		sql_i(s->now), sql_i(s->now + knob(s, KNOB_APPLE_EVENT_DELAY)), sql_z(type),
		sql_z(s->actor), sql_s(serial), sql_i(server),
		sql_i(s->activity ? s->activity : SQL_NULL));
}

/* What Apple's lists say of the device is about to change: a stale reading still says it. */
static void remember(struct sim *s, int64_t device)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO was(device, at, server, assigned, released, updated, gone) "
		      "SELECT id, ?1, shown_server, shown_assigned, released, shown_updated, gone "
		      "FROM device WHERE id=?2"),
		sql_i(s->now), sql_i(device));
}

static void tell_visible(struct sim *s, const struct timer *timer)
{
	static const char *const what[] = { [REVEAL_STATUS] = "status",
		[REVEAL_SERVER] = "server",
		[REVEAL_STATUS | REVEAL_SERVER] = "both" };
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT serial, (SELECT uuid FROM activity WHERE id=?1) FROM device "
		      "WHERE id=?2"),
		sql_i(timer->c / REVEALS), sql_i(timer->a));
	struct json_out o;

	if (!sql_next(&s->sql, st))
		return;
	audit_begin(&s->audit, &o, s->now, "visible");
	json_put_str(&o, "serial", db_col_str(st, 0));
	json_put_z(&o, "what", what[timer->c % REVEALS]);
	json_put_str(&o, "server", server_name(s, timer->b));
	if (!db_col_is_null(st, 1))
		json_put_str(&o, "activity", db_col_str(st, 1));
	audit_end(&s->audit, &o);
	db_reset(st);
}

void world_reveal(struct sim *s, const struct timer *timer)
{
	remember(s, timer->a);
	tell_visible(s, timer);
	if (timer->c & REVEAL_STATUS)
		sql_run(&s->sql,
			sql_z("UPDATE device SET shown_assigned=?, shown_updated=updated WHERE "
			      "id=?"),
			sql_i(timer->b != SQL_NULL), sql_i(timer->a));
	if (!(timer->c & REVEAL_SERVER))
		return;
	sql_run(&s->sql,
		sql_z("UPDATE server SET n_devices=n_devices-1 "
		      "WHERE id=(SELECT shown_server FROM device WHERE id=?)"),
		sql_i(timer->a));
	sql_run(&s->sql, sql_z("UPDATE server SET n_devices=n_devices+1 WHERE id=?"),
		sql_i(timer->b));
	sql_run(&s->sql, sql_z("UPDATE device SET shown_server=? WHERE id=?"), sql_i(timer->b),
		sql_i(timer->a));
	milestone_later(s, AT_VISIBLE, timer->c / REVEALS);
}

static void show_later(struct sim *s, int64_t device, int64_t server)
{
	int64_t lag = knob(s, KNOB_APPLE_VISIBILITY_LAG), more = knob(s, KNOB_APPLE_SERVER_LAG);
	struct timer reveal = { .a = device, .b = server };
	int64_t activity = s->activity * REVEALS;

	if (lag == 0 && more == 0) {
		reveal.c = activity + (REVEAL_STATUS | REVEAL_SERVER);
		world_reveal(s, &reveal);
		return;
	}
	reveal.c = activity + REVEAL_STATUS;
	timer_add(s, s->now + lag, TIMER_REVEAL, &reveal);
	reveal.c = activity + REVEAL_SERVER;
	timer_add(s, s->now + lag + more, TIMER_REVEAL, &reveal);
}

static int64_t corrupt_after_move(int64_t corrupt, bool assigned)
{
	if (corrupt == CORRUPT_YES && !assigned)
		return CORRUPT_UNASSIGNED;
	/* Put back before any sync noticed: the old registration is still there. */
	if (corrupt == CORRUPT_UNASSIGNED && assigned)
		return CORRUPT_YES;
	return corrupt;
}

/* to SQL_NULL: off its server. The enrollment profile belongs to the assignment and goes with it.
 */
void world_move(struct sim *s, const struct truth *t, struct str serial, int64_t to)
{
	bool seen_before = sql_int(&s->sql, sql_z("SELECT assigned FROM device WHERE id=?"),
				   sql_i(t->id)) != SQL_NULL;

	if (t->server != SQL_NULL) {
		feed_add(s, t->server, t->id, "deleted");
		world_event(s, "DEVICE_UNASSIGNED_FROM_SERVER", serial, t->server);
	}
	if (to != SQL_NULL) {
		/* A device that was assigned before arrives as modified (services/README.md Apple
		 * F.28). */
		feed_add(s, to, t->id, seen_before ? "modified" : "added");
		world_event(s, "DEVICE_ASSIGNED_TO_SERVER", serial, to);
	}
	sql_run(&s->sql,
		sql_z("UPDATE device SET server=?1, updated=?2, "
		      "assigned=CASE WHEN ?1 IS NULL THEN assigned ELSE ?2 END, "
		      "profile=NULL, profile_at=NULL, corrupt=?3, origin=NULL, "
		      "migration=CASE WHEN migration='SUCCESS' THEN migration END, deadline=NULL "
		      "WHERE id=?4"),
		sql_i(to), sql_i(s->now), sql_i(corrupt_after_move(t->corrupt, to != SQL_NULL)),
		sql_i(t->id));
	show_later(s, t->id, to);
}

void milestone_later(struct sim *s, enum moment at, int64_t activity)
{
	if (activity && s->marks.deeds)
		timer_add(s, s->now, TIMER_MILESTONE,
			&(struct timer){ at, activity, SQL_NULL, STR_NONE });
}

void world_released(struct sim *s, int64_t device, int64_t at_ms)
{
	remember(s, device);
	sql_run(&s->sql,
		sql_z("UPDATE device SET released=?1, releaser=CASE WHEN ?1 IS NULL THEN NULL ELSE "
		      "'API' END, migration=NULL, deadline=NULL, updated=?2, shown_updated=?2, "
		      "added=CASE WHEN ?1 IS NULL THEN ?2 ELSE added END WHERE id=?3"),
		sql_i(at_ms), sql_i(s->now), sql_i(device));
}

void world_vanish(struct sim *s, const struct truth *t, struct str serial)
{
	struct effect e = { .serial = serial, .what = "vanish", .effective = true };

	e.before = server_name(s, t->server);
	if (t->server != SQL_NULL)
		world_move(s, t, serial, SQL_NULL);
	remember(s, t->id);
	sql_run(&s->sql, sql_z("UPDATE device SET gone=1 WHERE id=?"), sql_i(t->id));
	sim_effect(s, &e);
}

void world_return(struct sim *s, struct str serial)
{
	struct effect e = { .serial = serial, .what = "return", .effective = true };
	int64_t device = sql_int(&s->sql,
		sql_z("SELECT id FROM device WHERE serial=? AND (gone=1 OR released NOT NULL)"),
		sql_s(serial));

	if (device == SQL_NULL)
		return;
	world_released(s, device, SQL_NULL);
	sql_run(&s->sql, sql_z("UPDATE device SET gone=0 WHERE id=?"), sql_i(device));
	world_event(s, "DEVICE_ADDED_TO_ORG", serial, SQL_NULL);
	sim_effect(s, &e);
}

enum landing world_tell(struct sim *s, struct effect *e, enum landing v)
{
	e->effective = v == LANDING_DONE;
	sim_effect(s, e);
	return v;
}

/* Apple takes the enrollment profile from a device that is assigned where it already is
 * (services/README.md Apple F.11). */
static void strip(struct sim *s, const struct truth *t, struct str serial)
{
	struct effect e = { .serial = serial, .what = "strip", .effective = true };

	if (!knob(s, KNOB_APPLE_STRIP) || t->profile == SQL_NULL)
		return;
	e.before = profile_name(s, t->profile);
	sql_run(&s->sql, sql_z("UPDATE device SET profile=NULL, profile_at=NULL WHERE id=?"),
		sql_i(t->id));
	feed_add(s, t->server, t->id, "modified");
	sim_effect(s, &e);
}

/* While an activity went on, maybe: a server that is deleted has no devices. */
static bool is_deleted(struct sim *s, int64_t server)
{
	return sql_int(&s->sql, sql_z("SELECT 1 FROM server WHERE id=? AND status='DELETED'"),
		       sql_i(server)) == 1;
}

enum landing world_assign(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "assign", .after = server_name(s, server) };
	struct truth t;

	(void)deadline_ms;
	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	e.before = server_name(s, t.server);
	if (t.released != SQL_NULL || is_deleted(s, server)) {
		e.after = e.before;
		return world_tell(s, &e, LANDING_REFUSED);
	}
	if (t.server == server) {
		enum landing v = world_tell(s, &e, LANDING_SAME);

		strip(s, &t, serial);
		return v;
	}
	world_move(s, &t, serial, server);
	return world_tell(s, &e, LANDING_DONE);
}

enum landing world_unassign(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "unassign" };
	struct truth t;

	(void)deadline_ms;
	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	e.before = server_name(s, t.server);
	if (t.released != SQL_NULL || t.server == SQL_NULL || t.server != server) {
		e.after = e.before;
		return world_tell(s, &e, LANDING_REFUSED);
	}
	world_move(s, &t, serial, SQL_NULL);
	return world_tell(s, &e, LANDING_DONE);
}

void world_record_gone(struct sim *s, int64_t device)
{
	sql_run(&s->sql, sql_z("UPDATE device SET corrupt=? WHERE id=? AND corrupt=?"),
		sql_i(CORRUPT_GONE), sql_i(device), sql_i(CORRUPT_UNASSIGNED));
}

void world_record_new(struct sim *s, int64_t device, struct str serial)
{
	struct effect e = { .serial = serial,
		.what = "mended",
		.before = STR("corrupted"),
		.after = STR("sound"),
		.effective = true };

	if (sql_int(&s->sql, sql_z("SELECT corrupt FROM device WHERE id=?"), sql_i(device)) !=
		CORRUPT_GONE)
		return;
	sql_run(&s->sql, sql_z("UPDATE device SET corrupt=? WHERE id=?"), sql_i(CORRUPT_NO),
		sql_i(device));
	sim_effect(s, &e);
}
