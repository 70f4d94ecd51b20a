#include "sim/world/sync.h"

#include "sim/world/fleet.h"
#include "sim/world/world.h"

enum { SYNC_WORKS, SYNC_LOST, SYNC_NEEDS_FETCH };
enum { PROFILE_WORKS, PROFILE_STUCK };

struct target {
	int64_t og, device, profile; /* profile: what Apple's side holds */
	struct str serial;
	bool on_server; /* Apple has it on a server that feeds the group */
	bool corrupt;   /* what the UEM shows of it does not follow Apple any more */
};

static struct str serial_of(struct sim *s, int64_t device)
{
	struct db_stmt *st = sql_query(
		&s->sql, sql_z("SELECT serial FROM device WHERE id=?"), sql_i(device));
	struct str serial = STR_NONE;

	if (sql_next(&s->sql, st)) {
		serial = arena_dup(&s->arena, db_col_str(st, 0));
		db_reset(st);
	}
	return serial;
}

static struct str og_name(struct sim *s, int64_t og)
{
	struct db_stmt *st = sql_query(&s->sql, sql_z("SELECT name FROM og WHERE id=?"), sql_i(og));
	struct str name = STR_NONE;

	if (sql_next(&s->sql, st)) {
		name = arena_dup(&s->arena, db_col_str(st, 0));
		db_reset(st);
	}
	return name;
}

/* The entry is about to change: a stale list still shows it. */
static void remember(struct sim *s, int64_t og, int64_t device)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO record_was(og, device, at, listed, profile, status, since) "
		      "SELECT ?1, ?2, ?3, r.device NOT NULL, r.profile, r.status, r.since "
		      "FROM (SELECT 1) LEFT JOIN record r ON r.og=?1 AND r.device=?2"),
		sql_i(og), sql_i(device), sql_i(s->now));
}

static void record_remove(struct sim *s, const struct target *t)
{
	struct effect e = { .serial = t->serial,
		.what = "sync-remove",
		.before = og_name(s, t->og),
		.effective = true };

	remember(s, t->og, t->device);
	sql_run(&s->sql, sql_z("DELETE FROM record WHERE og=? AND device=?"), sql_i(t->og),
		sql_i(t->device));
	sim_effect(s, &e);
	world_record_gone(s, t->device);
}

static void record_add(struct sim *s, const struct target *t)
{
	struct effect e = { .serial = t->serial,
		.what = "sync-add",
		.after = og_name(s, t->og),
		.effective = true };
	int64_t first;

	remember(s, t->og, t->device);
	sql_run(&s->sql,
		sql_z("INSERT INTO record(og, device, profile, status, since) VALUES(?,?,?,?,?)"),
		sql_i(t->og), sql_i(t->device), sql_i(t->profile),
		sql_i(t->profile == SQL_NULL ? PROFILE_EMPTY : PROFILE_ASSIGNED), sql_i(s->now));
	sim_effect(s, &e);
	world_record_new(s, t->device, t->serial);
	if (!knob(s, KNOB_UEM_AUTO_ASSIGN))
		return;
	first = sql_int(&s->sql, sql_z("SELECT id FROM profile WHERE og=? ORDER BY id LIMIT 1"),
		sql_i(t->og));
	if (first != SQL_NULL)
		profile_due(s, &(struct timer){ t->og, t->device, first, STR_NONE });
}

/* The device stayed, but Apple's side dropped its profile meanwhile. */
static void record_refresh(struct sim *s, const struct target *t)
{
	int64_t known = sql_int(&s->sql,
		sql_z("SELECT profile FROM record WHERE og=? AND device=?"), sql_i(t->og),
		sql_i(t->device));
	struct effect e = { .serial = t->serial, .what = "sync-profile", .effective = true };

	if (known == t->profile || t->corrupt)
		return;
	e.before = profile_name(s, known);
	e.after = profile_name(s, t->profile);
	remember(s, t->og, t->device);
	sql_run(&s->sql,
		sql_z("UPDATE record SET profile=?, status=?, since=? WHERE og=? AND device=?"),
		sql_i(t->profile), sql_i(t->profile == SQL_NULL ? PROFILE_EMPTY : PROFILE_ASSIGNED),
		sql_i(s->now), sql_i(t->og), sql_i(t->device));
	sim_effect(s, &e);
}

/* Apple leaves a throttled device out of the feed for a time (services/README.md Apple G). */
static bool is_held_back(struct sim *s, const struct target *t)
{
	int64_t since;

	if (!knob(s, KNOB_UEM_THROTTLED_GONE) || !knob_has(s, KNOB_UEM_THROTTLED, t->serial))
		return false;
	since = sql_int(&s->sql, sql_z("SELECT assigned FROM device WHERE id=?"), sql_i(t->device));
	return since != SQL_NULL && s->now < since + knob(s, KNOB_UEM_THROTTLE_TIME);
}

static void reconcile(struct sim *s, int64_t og, int64_t device)
{
	struct target t = { .og = og, .device = device, .serial = serial_of(s, device) };
	bool listed = sql_int(&s->sql, sql_z("SELECT 1 FROM record WHERE og=? AND device=?"),
			      sql_i(og), sql_i(device)) != SQL_NULL;

	t.on_server = sql_int(&s->sql,
			      sql_z("SELECT 1 FROM device d JOIN server v ON v.id=d.server "
				    "WHERE d.id=? AND v.og=?"),
			      sql_i(device), sql_i(og)) != SQL_NULL &&
		      !is_held_back(s, &t);
	t.profile = t.on_server ? sql_int(&s->sql, sql_z("SELECT profile FROM device WHERE id=?"),
					  sql_i(device))
				: SQL_NULL;
	t.corrupt = sql_int(&s->sql, sql_z("SELECT corrupt FROM device WHERE id=?"),
			    sql_i(device)) != CORRUPT_NO;
	if (t.on_server && !listed)
		record_add(s, &t);
	else if (!t.on_server && listed)
		record_remove(s, &t);
	else if (listed)
		record_refresh(s, &t);
}

/* The order makes SQLite gather the rows first, so reconcile() may write. */
static void sync_changes(struct sim *s, int64_t og)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT DISTINCT f.device FROM feed f JOIN server v ON v.id=f.server "
		      "WHERE v.og=? AND f.seq>v.cursor ORDER BY f.device"),
		sql_i(og));

	while (sql_next(&s->sql, st)) {
		int64_t device = db_col_int(st, 0);

		if (!knob_has(s, KNOB_UEM_FEED_LACKS, serial_of(s, device)))
			reconcile(s, og, device);
	}
}

static void fetch_all(struct sim *s, int64_t og)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT device FROM record WHERE og=?1 UNION SELECT d.id FROM device d "
		      "JOIN server v ON v.id=d.server WHERE v.og=?1 ORDER BY 1"),
		sql_i(og));

	while (sql_next(&s->sql, st))
		reconcile(s, og, db_col_int(st, 0));
}

void sync_due(struct sim *s, const struct timer *timer)
{
	int64_t how = knob(s, KNOB_UEM_SYNC);
	bool fetch = timer->b == 1;

	if (how == SYNC_LOST || (how == SYNC_NEEDS_FETCH && !fetch))
		return;
	if (fetch)
		fetch_all(s, timer->a);
	else
		sync_changes(s, timer->a);
	sql_run(&s->sql,
		sql_z("UPDATE server SET cursor=(SELECT coalesce(max(seq),0) FROM feed), "
		      "connected=? WHERE og=?"),
		sql_i(s->now), sql_i(timer->a));
}

static void record_profile(
	struct sim *s, const struct timer *timer, int64_t profile, int64_t status)
{
	remember(s, timer->a, timer->b);
	sql_run(&s->sql,
		sql_z("UPDATE record SET profile=?, status=?, since=? WHERE og=? AND device=?"),
		sql_i(profile), sql_i(status), sql_i(s->now), sql_i(timer->a), sql_i(timer->b));
}

/* Never, while the registration is corrupted or Apple has the device elsewhere. */
static bool profile_possible(struct sim *s, const struct timer *timer)
{
	return sql_int(&s->sql,
		       sql_z("SELECT 1 FROM device d JOIN server v ON v.id=d.server "
			     "WHERE d.id=? AND v.og=? AND d.corrupt=0"),
		       sql_i(timer->b), sql_i(timer->a)) != SQL_NULL;
}

/* Apple takes the assignment up again by itself, after a day. */
static bool throttles(struct sim *s, const struct timer *timer, struct str serial)
{
	struct timer again = *timer;

	if (timer->text.n || !knob_has(s, KNOB_UEM_THROTTLED, serial))
		return false;
	again.text = STR("again");
	timer_add(s, s->now + knob(s, KNOB_UEM_THROTTLE_TIME), TIMER_PROFILE, &again);
	return true;
}

void profile_due(struct sim *s, const struct timer *timer)
{
	struct effect e = { .serial = serial_of(s, timer->b), .what = "profile" };
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT profile, status FROM record WHERE og=? AND device=?"),
		sql_i(timer->a), sql_i(timer->b));
	int64_t before, status;

	if (!sql_next(&s->sql, st))
		return; /* a sync has removed the record meanwhile */
	before = sql_col(st, 0);
	status = db_col_int(st, 1);
	db_reset(st);
	e.before = profile_name(s, before);
	e.after = profile_name(s, timer->c);
	if (timer->c != SQL_NULL && throttles(s, timer, e.serial)) {
		record_profile(s, timer, before, PROFILE_THROTTLED);
		sim_effect(s, &e);
		return;
	}
	if (knob(s, KNOB_UEM_PROFILE) == PROFILE_STUCK || !profile_possible(s, timer)) {
		/* A broken registration stays what it was: in progress or failed. */
		record_profile(
			s, timer, before, status == PROFILE_FAILED ? status : PROFILE_IN_PROGRESS);
		sim_effect(s, &e);
		return;
	}
	e.effective = before != timer->c ||
		      status != (timer->c == SQL_NULL ? PROFILE_EMPTY : PROFILE_ASSIGNED);
	record_profile(s, timer, timer->c, timer->c == SQL_NULL ? PROFILE_EMPTY : PROFILE_ASSIGNED);
	sql_run(&s->sql,
		sql_z("UPDATE device SET profile=?1, profile_at=CASE WHEN ?1 IS NULL THEN NULL "
		      "ELSE ?2 END WHERE id=?3"),
		sql_i(timer->c), sql_i(s->now), sql_i(timer->b));
	sim_effect(s, &e);
}
