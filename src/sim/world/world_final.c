/*
 * Migrations with a deadline, and leaving the organization (services/README.md Apple A.6).
 */
#include "sim/world/world.h"

enum { FORCED_MS = 60 * 60 * 1000 }; /* how long a migration takes that is due at once */

static void set_migration(
	struct sim *s, const struct truth *t, const char *status, int64_t deadline_ms)
{
	int64_t due = deadline_ms > s->now ? deadline_ms : s->now + FORCED_MS;

	sql_run(&s->sql, sql_z("UPDATE device SET migration=?, deadline=?, updated=? WHERE id=?"),
		sql_z(status), sql_i(deadline_ms), sql_i(s->now), sql_i(t->id));
	if (deadline_ms != SQL_NULL)
		timer_add(s, due, TIMER_MIGRATION,
			&(struct timer){ t->id, deadline_ms, SQL_NULL, STR_NONE });
}

static const char *begun(const struct sim *s, int64_t deadline_ms)
{
	return deadline_ms > s->now ? "REQUESTED" : "STARTED";
}

enum landing world_migrate(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "migrate", .after = server_name(s, server) };
	struct truth t;

	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	e.before = server_name(s, t.server);
	if (t.released != SQL_NULL || !t.capable)
		return world_tell(s, &e, LANDING_REFUSED);
	if (t.server == server)
		return world_tell(s, &e, LANDING_SAME);
	world_move(s, &t, serial, server);
	set_migration(s, &t, begun(s, deadline_ms), deadline_ms);
	sql_run(&s->sql, sql_z("UPDATE device SET origin=? WHERE id=?"), sql_i(t.server),
		sql_i(t.id));
	return world_tell(s, &e, LANDING_DONE);
}

enum landing world_migrate_update(
	struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "migrate-update" };
	struct truth t;

	(void)server;
	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	if (!t.migrating)
		return world_tell(s, &e, LANDING_REFUSED);
	set_migration(s, &t, begun(s, deadline_ms), deadline_ms);
	return world_tell(s, &e, LANDING_DONE);
}

void world_cancelled(struct sim *s, const struct timer *timer)
{
	struct db_stmt *st = sql_query(
		&s->sql, sql_z("SELECT serial FROM device WHERE id=? AND gone=0"), sql_i(timer->a));
	struct effect e = { .what = "migrate-return", .effective = true };
	struct truth t;

	if (!sql_next(&s->sql, st))
		return;
	e.serial = arena_dup(&s->arena, db_col_str(st, 0));
	db_reset(st);
	if (!truth_find(s, e.serial, &t) || t.server == timer->b || t.released != SQL_NULL)
		return;
	e.before = server_name(s, t.server);
	e.after = server_name(s, timer->b);
	world_move(s, &t, e.serial, timer->b);
	sim_effect(s, &e);
}

/* Apple puts the device back on its first server (services/README.md Apple G). */
enum landing world_migrate_cancel(
	struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "migrate-cancel" };
	struct truth t;

	(void)server;
	(void)deadline_ms;
	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	if (!t.migrating)
		return world_tell(s, &e, LANDING_REFUSED);
	set_migration(s, &t, NULL, SQL_NULL);
	(void)world_tell(s, &e, LANDING_DONE);
	if (t.origin != SQL_NULL && knob(s, KNOB_APPLE_CANCEL)) {
		int64_t wait = knob(s, KNOB_APPLE_CANCEL_TIME);
		struct timer back = { .a = t.id, .b = t.origin };

		if (wait > 0)
			timer_add(s, s->now + wait, TIMER_CANCEL, &back);
		else
			world_cancelled(s, &back);
	}
	return LANDING_DONE;
}

void world_migrated(struct sim *s, const struct timer *timer)
{
	/* A changed deadline has its own timer. */
	sql_run(&s->sql,
		sql_z("UPDATE device SET migration='SUCCESS', updated=? WHERE id=? AND "
		      "deadline=? AND migration IN('REQUESTED','STARTED')"),
		sql_i(s->now), sql_i(timer->a), sql_i(timer->b));
}

enum landing world_release(struct sim *s, struct str serial, int64_t server, int64_t deadline_ms)
{
	struct effect e = { .serial = serial, .what = "release", .after = STR("released") };
	struct truth t;

	(void)server;
	(void)deadline_ms;
	if (!truth_find(s, serial, &t))
		return world_tell(s, &e, LANDING_UNKNOWN);
	e.before = t.released != SQL_NULL ? STR("released") : server_name(s, t.server);
	if (t.released != SQL_NULL)
		return world_tell(s, &e, LANDING_REFUSED);
	if (t.server != SQL_NULL)
		world_move(s, &t, serial, SQL_NULL);
	world_released(s, t.id, s->now);
	world_event(s, "DEVICE_REMOVED_FROM_ORG", serial, SQL_NULL);
	return world_tell(s, &e, LANDING_DONE);
}
