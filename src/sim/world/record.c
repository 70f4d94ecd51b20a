#include "sim/world/record.h"

#include "sim/core/timer.h"
#include "sim/world/fleet.h"

bool record_enrolled(struct sim *s, int64_t id)
{
	return sql_int(&s->sql,
		       sql_z("SELECT 1 FROM managed WHERE id=? AND status='Enrolled' COLLATE "
			     "NOCASE"),
		       sql_i(id)) == 1;
}

struct str record_serial(struct sim *s, int64_t id)
{
	struct db_stmt *st = sql_query(
		&s->sql, sql_z("SELECT serial FROM managed WHERE id=?"), sql_i(id));
	struct str serial = STR_NONE;

	if (sql_next(&s->sql, st)) {
		serial = arena_dup(&s->arena, db_col_str(st, 0));
		db_reset(st);
	}
	return serial;
}

static void set_status(
	struct sim *s, int64_t id, const char *what, const char *before, const char *after)
{
	struct effect e = { .serial = record_serial(s, id),
		.what = what,
		.before = str_from(before),
		.after = str_from(after),
		.effective = true };

	sql_run(&s->sql, sql_z("UPDATE managed SET status=? WHERE id=?"), sql_z(after), sql_i(id));
	sim_effect(s, &e);
}

void record_wipe(struct sim *s, int64_t id, const char *pending)
{
	set_status(s, id, "wipe", "Enrolled", pending);
	timer_add(s, s->now + knob(s, KNOB_UEM_WIPE_TIME), TIMER_WIPE,
		&(struct timer){ id, SQL_NULL, SQL_NULL, STR_NONE });
}

void record_wiped(struct sim *s, const struct timer *timer)
{
	if (sql_int(&s->sql,
		    sql_z("SELECT 1 FROM managed WHERE id=? AND status LIKE '%WipePending'"),
		    sql_i(timer->a)) == 1)
		set_status(s, timer->a, "unenrolled", "WipePending", "Unenrolled");
}

void record_unenroll(struct sim *s, int64_t id)
{
	set_status(s, id, "unenrolled", "Enrolled", "Unenrolled");
}

/* A command that was sent twice is still queued: it strikes the new enrollment (services/README.md
 * UEM J).
 */
static void strike_again(struct sim *s, int64_t id, struct str serial)
{
	int64_t waiting = sql_int(&s->sql,
		sql_z("SELECT id FROM managed WHERE serial=? AND wipes>0 ORDER BY id DESC LIMIT 1"),
		sql_s(serial));

	if (waiting == SQL_NULL)
		return;
	sql_run(&s->sql, sql_z("UPDATE managed SET wipes=wipes-1 WHERE id=?"), sql_i(waiting));
	record_wipe(s, id, WIPE_PENDING);
}

void record_enroll(struct sim *s, struct str serial)
{
	struct effect e = {
		.serial = serial, .what = "enroll", .after = STR("Enrolled"), .effective = true
	};
	int64_t id;

	sql_run(&s->sql,
		sql_z("UPDATE managed SET status='Unenrolled' WHERE serial=? AND status<>"
		      "'Unenrolled'"),
		sql_s(serial));
	id = sql_add(&s->sql,
		sql_z("INSERT INTO managed(serial, og, user, status, seen, ownership, enrolled) "
		      "VALUES(?1, coalesce((SELECT v.og FROM device d JOIN server v ON "
		      "v.id=d.server WHERE d.serial=?1), ?2), '', 'Enrolled', ?3, 'C', ?3)"),
		sql_s(serial), sql_i(GROUP_ROOT), sql_i(s->now));
	sim_effect(s, &e);
	strike_again(s, id, serial);
}

/* Deleting an enrolled device unenrols it as well. */
void record_delete(struct sim *s, int64_t id)
{
	struct db_stmt *st = sql_query(
		&s->sql, sql_z("SELECT serial, status FROM managed WHERE id=?"), sql_i(id));
	struct effect e = { .what = "delete-record", .effective = true };

	if (!sql_next(&s->sql, st))
		return;
	e.serial = arena_dup(&s->arena, db_col_str(st, 0));
	e.before = arena_dup(&s->arena, db_col_str(st, 1));
	db_reset(st);
	sql_run(&s->sql, sql_z("DELETE FROM managed WHERE id=?"), sql_i(id));
	sim_effect(s, &e);
}
