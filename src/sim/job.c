#include "sim/job.h"

#include "sim/activity.h"
#include "sim/admin.h"
#include "sim/route.h"
#include "sim/trigger.h"
#include "sim/uem_managed.h"
#include "sim/uem_sync.h"
#include "sim/world.h"

static void (*const functions[])(struct sim *s, const struct job *job) = {
#define X(id, function) function,
	JOB_LIST(X)
#undef X
};

void job_add(struct sim *s, int64_t due_ms, enum job_kind kind, const struct job *job)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO job(due, kind, a, b, c, actor, text, overrides, deeds) "
		      "VALUES(?,?,?,?,?,?,?,?,?)"),
		sql_i(due_ms), sql_i(kind), sql_i(job->a), sql_i(job->b), sql_i(job->c),
		sql_z(s->actor), sql_s(job->text), sql_i((int64_t)s->marks.overrides),
		sql_i((int64_t)s->marks.deeds));
}

void jobs_run(struct sim *s, int64_t until_ms)
{
	for (;;) {
		struct db_stmt *st = sql_query(&s->sql,
			sql_z("SELECT id, due, kind, a, b, c, actor, text, overrides, deeds FROM "
			      "job WHERE due<=? "
			      "ORDER BY due, id LIMIT 1"),
			sql_i(until_ms));
		struct job job;
		int64_t id, kind;

		if (!sql_next(&s->sql, st))
			return;
		id = db_col_int(st, 0);
		s->now = db_col_int(st, 1);
		kind = db_col_int(st, 2);
		job = (struct job){ sql_col(st, 3), sql_col(st, 4), sql_col(st, 5),
			arena_dup(&s->arena, db_col_str(st, 7)) };
		s->actor = arena_dup(&s->arena, db_col_str(st, 6)).p;
		s->marks.deeds = (uint64_t)db_col_int(st, 9);
		overrides_use(s, (uint64_t)db_col_int(st, 8));
		db_reset(st);
		sql_run(&s->sql, sql_z("DELETE FROM job WHERE id=?"), sql_i(id));
		if (kind >= 0 && kind < JOB_MAX_)
			functions[kind](s, &job);
	}
}
