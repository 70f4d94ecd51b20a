#include "sim/world/activity.h"

#include "base/time.h"
#include "io/csv/csv_out.h"

enum { END_COMPLETED, END_STOPPED, END_FAILED, END_NEVER, END_UNLOGGED, END_UNKNOWN };

static const struct sim_activity_type types[] = {
	{ "ASSIGN_DEVICES", true, false, false, world_assign },
	{ "UNASSIGN_DEVICES", true, false, false, world_unassign },
	{ "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", true, true, false, world_migrate },
	{ "UPDATE_MDM_MIGRATION_DEADLINE", false, true, false, world_migrate_update },
	{ "CANCEL_MDM_MIGRATION", false, false, false, world_migrate_cancel },
	{ "RELEASE_DEVICES", false, false, true, world_release },
};

const struct sim_activity_type *activity_type(struct str name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq(name, str_from(types[i].name)))
			return &types[i];
	return NULL;
}

/* {"kind":"accepted"}: what Apple has promised to do, and to whom. */
static void tell_accepted(struct sim *s, const struct activity_order *order, const char *uuid)
{
	struct json_out o;

	audit_begin(&s->audit, &o, s->now, "accepted");
	json_put_z(&o, "activity", uuid);
	json_put_z(&o, "type", order->type->name);
	json_put_str(&o, "server", server_name(s, order->server));
	json_arr(&o, "serials");
	for (size_t i = 0; i < order->n_serials; i++)
		json_put_str(&o, NULL, order->serials[i]);
	json_arr_end(&o);
	json_put_z(&o, "actor", s->actor);
	audit_end(&s->audit, &o);
}

/* Effects have timers of their own only where the scenario parts them from the end. */
static bool lands_apart(const struct sim *s)
{
	return knob(s, KNOB_APPLE_LAND_EARLY) || knob(s, KNOB_APPLE_LAND_LATE) ||
	       knob(s, KNOB_APPLE_LAND_APART);
}

static void land_later(struct sim *s, int64_t id, int64_t due, size_t n_serials)
{
	int64_t early = knob(s, KNOB_APPLE_LAND_EARLY), at;

	at = due - (early < due - s->now ? early : due - s->now) + knob(s, KNOB_APPLE_LAND_LATE);
	for (size_t i = 0; i < n_serials; i++)
		timer_add(s, at + (int64_t)i * knob(s, KNOB_APPLE_LAND_APART), TIMER_LAND,
			&(struct timer){ id, (int64_t)i, SQL_NULL, STR_NONE });
}

int64_t activity_create(struct sim *s, const struct activity_order *order)
{
	int64_t due = s->now + knob(s, KNOB_APPLE_ACTIVITY_TIME), id;
	char uuid[UUID_TEXT];

	sim_uuid(s, uuid);
	id = sql_add(&s->sql,
		sql_z("INSERT INTO activity(uuid, type, server, deadline, created, due, "
		      "status, sub, actor, life) VALUES(?,?,?,?,?,?,?,?,?,?)"),
		sql_z(uuid), sql_z(order->type->name), sql_i(order->server),
		sql_i(order->deadline_ms), sql_i(s->now), sql_i(due), sql_z("IN_PROGRESS"),
		sql_z("SUBMITTED"), sql_z(s->actor), sql_i(knob(s, KNOB_APPLE_ACTIVITY_LIFE)));
	for (size_t i = 0; i < order->n_serials; i++)
		sql_run(&s->sql,
			sql_z("INSERT INTO activity_device(activity, n, serial) VALUES(?,?,?)"),
			sql_i(id), sql_i((int64_t)i), sql_s(order->serials[i]));
	tell_accepted(s, order, uuid);
	if (lands_apart(s))
		land_later(s, id, due, order->n_serials);
	if (knob(s, KNOB_APPLE_ACTIVITY_END) != END_NEVER)
		timer_add(s, due, TIMER_ACTIVITY,
			&(struct timer){ id, SQL_NULL, SQL_NULL, STR_NONE });
	return id;
}

/* An activity while it is carried out. */
struct work {
	int64_t id, server, deadline, n;
	const struct sim_activity_type *type;
};

static bool work_begin(struct sim *s, int64_t id, struct work *ret)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT type, server, deadline, uuid, (SELECT count(*) FROM activity_device "
		      "WHERE activity=activity.id) FROM activity WHERE id=?"),
		sql_i(id));

	if (!sql_next(&s->sql, st))
		return false;
	*ret = (struct work){ .id = id,
		.type = activity_type(db_col_str(st, 0)),
		.server = sql_col(st, 1),
		.deadline = sql_col(st, 2),
		.n = db_col_int(st, 4) };
	s->activity_id = arena_dup(&s->arena, db_col_str(st, 3)).p;
	s->activity = id;
	db_reset(st);
	return ret->type != NULL;
}

static void work_end(struct sim *s)
{
	s->activity = 0;
	s->activity_id = NULL;
}

static const char *result_word(enum landing v)
{
	static const char *const words[] = { [LANDING_DONE] = "UPDATED",
		[LANDING_SAME] = "SAME",
		[LANDING_REFUSED] = "OPERATION_NOT_ALLOWED",
		[LANDING_UNKNOWN] = NULL };

	return words[v];
}

/* Apple's word for a device that already is on that server is the one for all that is not allowed.
 */
static struct str log_word(struct str result)
{
	return str_eq(result, STR("SAME")) ? STR("OPERATION_NOT_ALLOWED") : result;
}

/* A stopped activity has done half of its work, a failed one nothing. */
static int64_t n_done(const struct sim *s, const struct work *w)
{
	int64_t how = knob(s, KNOB_APPLE_ACTIVITY_END);

	return how == END_STOPPED ? w->n / 2 : how == END_FAILED ? 0 : w->n;
}

static bool fails(const struct sim *s, int64_t n, struct str serial)
{
	int64_t split = knob(s, KNOB_APPLE_SPLIT);

	return (split && (n + 1) % split == 0) || knob_has(s, KNOB_APPLE_FAILING, serial);
}

/* One of several words in turn. */
static struct str fail_word(const struct sim *s, int64_t n)
{
	struct str all = knob_text_of(&s->knobs, KNOB_APPLE_FAIL_WORD), rest = all, word;

	do {
		if (rest.n == 0)
			rest = all;
		word = str_cut(&rest, ' ');
	} while (n-- > 0);
	return word;
}

/* One device; what the log will say of it. Empty: nothing. */
static struct str apply_one(struct sim *s, const struct work *w, int64_t n, struct str serial)
{
	enum landing v;

	if (fails(s, n, serial))
		return fail_word(s, n);
	if (knob_has(s, KNOB_APPLE_IGNORED, serial))
		return STR("UPDATED");
	v = w->type->apply(s, serial, w->server, w->deadline);
	return knob_has(s, KNOB_APPLE_MISREPORTED, serial) ? fail_word(s, n)
							   : str_from(result_word(v));
}

/* rows: n and serial of those whose turn it is. */
static void apply(struct sim *s, const struct work *w, struct db_stmt *rows)
{
	while (sql_next(&s->sql, rows)) {
		int64_t n = db_col_int(rows, 0);
		struct str serial = arena_dup(&s->arena, db_col_str(rows, 1));
		struct str word = n < n_done(s, w) ? apply_one(s, w, n, serial) : STR_NONE;

		if (knob_has(s, KNOB_APPLE_UNLOGGED, serial))
			word = STR_NONE;
		sql_run(&s->sql,
			sql_z("UPDATE activity_device SET result=coalesce(?,result), landed=1 "
			      "WHERE activity=? AND n=?"),
			sql_s(word), sql_i(w->id), sql_i(n));
	}
	milestone_later(s, AT_LANDED, w->id);
}

void activity_land(struct sim *s, const struct timer *timer)
{
	struct work w;

	if (work_begin(s, timer->a, &w))
		apply(s, &w,
			sql_query(&s->sql,
				sql_z("SELECT n, serial FROM activity_device WHERE activity=? AND "
				      "n=? AND landed=0"),
				sql_i(timer->a), sql_i(timer->b)));
	work_end(s);
}

/* Devices nobody knows count as success: the trap of contracts Apple F.9. */
static const char *sub_status(struct sim *s, const struct work *w)
{
	int64_t bad = sql_int(&s->sql,
		sql_z("SELECT count(*) FROM activity_device WHERE activity=? AND "
		      "result<>'UPDATED'"),
		sql_i(w->id));
	int64_t same = sql_int(&s->sql,
		sql_z("SELECT count(*) FROM activity_device WHERE activity=? AND "
		      "result='SAME'"),
		sql_i(w->id));

	if (bad == 0)
		return "COMPLETED_WITH_SUCCESS";
	return bad == w->n && same == 0 ? "COMPLETED_WITH_FAILURE" : "COMPLETED_WITH_ERROR";
}

/* {"kind":"terminal"}: how it ended, as its log tells it. */
static void tell_terminal(struct sim *s, const struct work *w, const char *status, const char *sub)
{
	struct db_stmt *st = sql_query(&s->sql,
		sql_z("SELECT serial, result FROM activity_device WHERE activity=? ORDER BY n"),
		sql_i(w->id));
	struct json_out o;

	audit_begin(&s->audit, &o, s->now, "terminal");
	json_put_z(&o, "activity", s->activity_id);
	json_put_z(&o, "status", status);
	json_put_z(&o, "sub", sub);
	json_obj(&o, "log");
	while (sql_next(&s->sql, st)) {
		const char *serial = arena_dup(&s->arena, db_col_str(st, 0)).p;

		if (db_col_is_null(st, 1))
			json_put_null(&o, serial);
		else
			json_put_str(&o, serial, log_word(db_col_str(st, 1)));
	}
	json_obj_end(&o);
	audit_end(&s->audit, &o);
}

static void close_activity(struct sim *s, const struct work *w)
{
	static const char *const ends[][2] = { [END_COMPLETED] = { "COMPLETED", NULL },
		[END_STOPPED] = { "STOPPED", "STOPPING" },
		[END_FAILED] = { "FAILED", "PROCESSING" },
		[END_NEVER] = { "IN_PROGRESS", "PROCESSING" },
		[END_UNLOGGED] = { "COMPLETED", "COMPLETED_POST_PROCESSING_FAILED" },
		[END_UNKNOWN] = { "SUSPENDED", "AWAITING_REVIEW" } };
	const char *const *end = ends[knob(s, KNOB_APPLE_ACTIVITY_END)];
	bool completed = str_eq(str_from(end[0]), STR("COMPLETED"));
	const char *sub = end[1] ? end[1] : sub_status(s, w);

	tell_terminal(s, w, end[0], sub);
	sql_run(&s->sql, sql_z("UPDATE activity SET status=?, sub=?, completed=? WHERE id=?"),
		sql_z(end[0]), sql_z(sub), sql_i(completed ? s->now : SQL_NULL), sql_i(w->id));
	milestone_later(s, AT_TERMINAL, w->id);
}

/* Those that land only later are said to be done. */
static void promise(struct sim *s, const struct work *w)
{
	sql_run(&s->sql,
		sql_z("UPDATE activity_device SET result='UPDATED' WHERE activity=? AND landed=0 "
		      "AND n<?"),
		sql_i(w->id), sql_i(n_done(s, w)));
}

void activity_finish(struct sim *s, const struct timer *timer)
{
	struct work w;

	if (work_begin(s, timer->a, &w)) {
		if (lands_apart(s))
			promise(s, &w);
		else
			apply(s, &w,
				sql_query(&s->sql,
					sql_z("SELECT n, serial FROM activity_device WHERE "
					      "activity=? AND n<? AND landed=0 ORDER BY n"),
					sql_i(timer->a), sql_i(n_done(s, &w))));
		close_activity(s, &w);
	}
	work_end(s);
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
		sql_z("SELECT id, created, due, completed, type, status, sub, life FROM activity "
		      "WHERE uuid=?"),
		sql_s(uuid));

	if (!sql_next(&s->sql, st))
		return false;
	*ret = (struct activity){ db_col_int(st, 0), db_col_int(st, 1), db_col_int(st, 2),
		sql_col(st, 3), uuid, arena_dup(&s->arena, db_col_str(st, 4)),
		arena_dup(&s->arena, db_col_str(st, 5)), arena_dup(&s->arena, db_col_str(st, 6)),
		db_col_int(st, 7) };
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

		result = log_word(result);
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
