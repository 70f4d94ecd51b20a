#include "sim/core/timer.h"

#include "sim/core/trigger.h"

void timer_register(struct sim *s, enum timer_kind kind, timer_fn *run)
{
	s->timers[kind] = run;
}

void timer_add(struct sim *s, int64_t due_ms, enum timer_kind kind, const struct timer *timer)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO timer(due, kind, a, b, c, actor, text, overrides, deeds) "
		      "VALUES(?,?,?,?,?,?,?,?,?)"),
		sql_i(due_ms), sql_i(kind), sql_i(timer->a), sql_i(timer->b), sql_i(timer->c),
		sql_z(s->actor), sql_s(timer->text), sql_i((int64_t)s->marks.overrides),
		sql_i((int64_t)s->marks.deeds));
}

void timers_run(struct sim *s, int64_t until_ms)
{
	for (;;) {
		struct db_stmt *st = sql_query(&s->sql,
			sql_z("SELECT id, due, kind, a, b, c, actor, text, overrides, deeds FROM "
			      "timer WHERE due<=? "
			      "ORDER BY due, id LIMIT 1"),
			sql_i(until_ms));
		struct timer timer;
		int64_t id, kind;

		if (!sql_next(&s->sql, st))
			return;
		id = db_col_int(st, 0);
		s->now = db_col_int(st, 1);
		kind = db_col_int(st, 2);
		timer = (struct timer){ sql_col(st, 3), sql_col(st, 4), sql_col(st, 5),
			arena_dup(&s->arena, db_col_str(st, 7)) };
		s->actor = arena_dup(&s->arena, db_col_str(st, 6)).p;
		s->marks.deeds = (uint64_t)db_col_int(st, 9);
		overrides_use(s, (uint64_t)db_col_int(st, 8));
		db_reset(st);
		sql_run(&s->sql, sql_z("DELETE FROM timer WHERE id=?"), sql_i(id));
		if (kind >= 0 && kind < TIMER_KINDS && s->timers[kind])
			s->timers[kind](s, &timer);
	}
}
