#include "sim/activity.h"

#include "base/time.h"
#include "io/csv_out.h"

enum { END_COMPLETED, END_STOPPED, END_FAILED, END_NEVER, END_UNLOGGED };

static const struct activity_type types[] = {
	{ "ASSIGN_DEVICES", true, false, false, world_assign },
	{ "UNASSIGN_DEVICES", true, false, false, world_unassign },
	{ "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", true, true, false, world_migrate },
	{ "UPDATE_MDM_MIGRATION_DEADLINE", false, true, false, world_migrate_update },
	{ "CANCEL_MDM_MIGRATION", false, false, false, world_migrate_cancel },
	{ "RELEASE_DEVICES", false, false, true, world_release },
};

const struct activity_type *activity_type(struct str name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq(name, str_from(types[i].name)))
			return &types[i];
	return NULL;
}

int64_t activity_create(struct sim *s, const struct activity_order *order)
{
	int64_t due = s->now + knob(s, KNOB_APPLE_ACTIVITY_TIME), id;
	char uuid[UUID_TEXT];

	sim_uuid(s, uuid);
	id = sql_add(&s->sql,
		sql_z("INSERT INTO activity(uuid, type, server, deadline, created, due, "
		      "status, sub, actor) VALUES(?,?,?,?,?,?,?,?,?)"),
		sql_z(uuid), sql_z(order->type->name), sql_i(order->server),
		sql_i(order->deadline_ms), sql_i(s->now), sql_i(due), sql_z("IN_PROGRESS"),
		sql_z("SUBMITTED"), sql_z(s->actor));
	for (size_t i = 0; i < order->n_serials; i++)
		sql_run(&s->sql,
			sql_z("INSERT INTO activity_device(activity, n, serial) VALUES(?,?,?)"),
			sql_i(id), sql_i((int64_t)i), sql_s(order->serials[i]));
	if (knob(s, KNOB_APPLE_ACTIVITY_END) != END_NEVER)
		job_add(s, due, JOB_ACTIVITY, &(struct job){ id, SQL_NULL, SQL_NULL, STR_NONE });
	return id;
}

struct tally {
	int64_t n, done, same, failed;
};

static const char *result_word(enum verdict v)
{
	static const char *const words[] = { [VERDICT_DONE] = "UPDATED",
		[VERDICT_SAME] = "OPERATION_NOT_ALLOWED",
		[VERDICT_REFUSED] = "OPERATION_NOT_ALLOWED",
		[VERDICT_UNKNOWN] = NULL };

	return words[v];
}

static void apply_one(struct sim *s, const struct activity_type *type, int64_t server,
	int64_t deadline, struct db_stmt *row, int64_t activity, struct tally *tally)
{
	int64_t split = knob(s, KNOB_APPLE_SPLIT), n = db_col_int(row, 0);
	const char *word = "INTERNAL_ERROR";
	enum verdict v = VERDICT_REFUSED;

	if (split == 0 || (n + 1) % split != 0) {
		v = type->apply(s, db_col_str(row, 1), server, deadline);
		word = result_word(v);
	}
	tally->n++;
	tally->done += v == VERDICT_DONE;
	tally->same += v == VERDICT_SAME;
	tally->failed += v == VERDICT_REFUSED;
	sql_run(&s->sql, sql_z("UPDATE activity_device SET result=? WHERE activity=? AND n=?"),
		sql_z(word), sql_i(activity), sql_i(n));
}

/* Devices nobody knows count as success: the trap of contracts Apple F.9. */
static const char *sub_status(const struct tally *t)
{
	if (t->failed + t->same == 0)
		return "COMPLETED_WITH_SUCCESS";
	return t->failed == t->n ? "COMPLETED_WITH_FAILURE" : "COMPLETED_WITH_ERROR";
}

static void close_activity(struct sim *s, int64_t id, const struct tally *tally)
{
	static const char *const ends[][2] = { [END_COMPLETED] = { "COMPLETED", NULL },
		[END_STOPPED] = { "STOPPED", "STOPPING" },
		[END_FAILED] = { "FAILED", "PROCESSING" },
		[END_NEVER] = { "IN_PROGRESS", "PROCESSING" },
		[END_UNLOGGED] = { "COMPLETED", "COMPLETED_POST_PROCESSING_FAILED" } };
	const char *const *end = ends[knob(s, KNOB_APPLE_ACTIVITY_END)];
	bool completed = str_eq(str_from(end[0]), STR("COMPLETED"));

	sql_run(&s->sql, sql_z("UPDATE activity SET status=?, sub=?, completed=? WHERE id=?"),
		sql_z(end[0]), sql_z(end[1] ? end[1] : sub_status(tally)),
		sql_i(completed ? s->now : SQL_NULL), sql_i(id));
}

void activity_finish(struct sim *s, const struct job *job)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT type, server, deadline, uuid FROM activity WHERE id=?"),
		sql_i(job->a));
	int64_t how = knob(s, KNOB_APPLE_ACTIVITY_END), server, deadline, n_all, n_apply;
	const struct activity_type *type;
	struct tally tally = { .n = 0 };

	if (!sql_next(&s->sql, st))
		return;
	type = activity_type(db_col_str(st, 0));
	server = sql_col(st, 1);
	deadline = sql_col(st, 2);
	s->activity_id = arena_dup(&s->arena, db_col_str(st, 3)).p;
	db_reset(st);
	n_all = sql_int(&s->sql, sql_z("SELECT count(*) FROM activity_device WHERE activity=?"),
		sql_i(job->a));
	/* A stopped activity has done half of its work, a failed one nothing. */
	n_apply = how == END_STOPPED ? n_all / 2 : how == END_FAILED ? 0 : n_all;
	s->activity = job->a;
	st = sql_query(&s->sql,
		sql_z("SELECT n, serial FROM activity_device WHERE activity=? AND n<? ORDER BY n"),
		sql_i(job->a), sql_i(n_apply));
	while (type && sql_next(&s->sql, st))
		apply_one(s, type, server, deadline, st, job->a, &tally);
	s->activity = 0;
	s->activity_id = NULL;
	close_activity(s, job->a, &tally);
}

/* While it runs, the sub-status follows the time that has passed. */
static const char *running_sub(const struct sim *s, const struct activity *a)
{
	static const char *const stages[] = { "SUBMITTED", "PRE_PROCESSING", "PENDING",
		"PROCESSING", "PROCESSING", "POST_PROCESSING" };
	int64_t whole = a->due - a->created, stage;

	stage = whole > 0 ? (s->now - a->created) * 6 / whole : 5;
	return stages[stage < 0 ? 0 : stage > 5 ? 4 : stage];
}

bool activity_find(struct sim *s, struct str uuid, struct activity *ret)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT id, created, due, completed, type, status, sub FROM activity WHERE "
		      "uuid=?"),
		sql_s(uuid));

	if (!sql_next(&s->sql, st))
		return false;
	*ret = (struct activity){ db_col_int(st, 0), db_col_int(st, 1), db_col_int(st, 2),
		sql_col(st, 3), uuid, arena_dup(&s->arena, db_col_str(st, 4)),
		arena_dup(&s->arena, db_col_str(st, 5)), arena_dup(&s->arena, db_col_str(st, 6)) };
	db_reset(st);
	if (str_eq(ret->status, STR("IN_PROGRESS")))
		ret->sub = str_from(running_sub(s, ret));
	return true;
}

static void log_table(struct sim *s, const struct activity *a, struct buf *out)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT serial, result FROM activity_device WHERE activity=? AND result NOT "
		      "NULL "
		      "ORDER BY n"),
		sql_i(a->id));
	char at[TIME_TEXT];

	buf_z(out, "\nserial_number,operation_status,operation_substatus,timestamp\n");
	while (sql_next(&s->sql, st)) {
		struct str result = db_col_str(st, 1);
		bool ok = str_eq(result, STR("UPDATED"));

		csv_cell(out, db_col_str(st, 0), false);
		buf_printf(out, ",%s,%.*s,%s\n", ok ? "SUCCESS" : "ERROR", STR_FMT(result),
			time_rfc3339(a->completed, at));
	}
}

void activity_log(struct sim *s, const struct activity *a, struct buf *out)
{
	char started[TIME_TEXT], ended[TIME_TEXT];

	buf_printf(out, "OPERATION,%.*s\nACTIVITY_ID,%.*s\nSTARTED AT,%s\nENDED AT,%s\n",
		STR_FMT(a->type), STR_FMT(a->uuid), time_rfc3339(a->created, started),
		time_rfc3339(a->completed, ended));
	buf_printf(out, "STATUS,%.*s\nSUB_STATUS,%.*s\n", STR_FMT(a->status), STR_FMT(a->sub));
	if (knob(s, KNOB_APPLE_LOG_TABLES) > 1)
		buf_z(out, "\nlocation_id,location_name,operation_status,operation_substatus\n"
			   "1,Head office,SUCCESS,UPDATED\n");
	log_table(s, a, out);
}
