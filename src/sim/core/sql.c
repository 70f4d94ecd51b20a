#include "sim/core/sql.h"

static void note(struct sim_sql *q, enum errc e, const struct err *err)
{
	if (e != ERR_OK && !sql_broken(q))
		q->broken = *err;
}

enum errc sql_open(struct sim_sql *q, const char *path, enum db_mode mode, struct err *err)
{
	*q = (struct sim_sql){ .db = NULL };
	return db_open(&q->db, path, mode, err);
}

void sql_close(struct sim_sql *q)
{
	sql_rollback(q);
	for (size_t i = 0; i < SQL_MAX_STATEMENTS; i++)
		db_stmt_free(q->slots[i].st);
	db_close(q->db);
	*q = (struct sim_sql){ .db = NULL };
}

/* Literals keep their address, so the address finds the statement without reading the text. */
static struct db_stmt *prepared(struct sim_sql *q, const char *text)
{
	size_t at = ((uintptr_t)text / 8 * UINT64_C(0x9e3779b97f4a7c15)) >> 54;
	struct err err = { .code = ERR_OK };

	for (size_t probe = 0; probe < SQL_MAX_STATEMENTS; probe++) {
		struct sql_slot *slot = &q->slots[(at + probe) % SQL_MAX_STATEMENTS];

		if (slot->text == text)
			return slot->st;
		if (slot->text)
			continue;
		note(q, db_prepare(q->db, text, &slot->st, &err), &err);
		slot->text = sql_broken(q) ? NULL : text;
		return slot->st;
	}
	note(q, err_set(&err, ERR_INTERNAL, "more than %d statements", SQL_MAX_STATEMENTS), &err);
	return NULL;
}

struct db_stmt *sql_query_args(struct sim_sql *q, const struct db_value *args, size_t n_args)
{
	struct db_stmt *st = sql_broken(q) ? NULL : prepared(q, args[0].text.p);

	if (st)
		db_bind(st, args + 1, n_args - 1);
	return st;
}

bool sql_next(struct sim_sql *q, struct db_stmt *st)
{
	struct err err = { .code = ERR_OK };
	bool row = false;

	if (!st || sql_broken(q))
		return false;
	note(q, db_step(st, &row, &err), &err);
	return row && !sql_broken(q);
}

void sql_run_args(struct sim_sql *q, const struct db_value *args, size_t n_args)
{
	struct err err = { .code = ERR_OK };
	struct db_stmt *st;

	sql_begin(q);
	st = sql_query_args(q, args, n_args);
	if (st)
		note(q, db_run(st, &err), &err);
}

int64_t sql_add_args(struct sim_sql *q, const struct db_value *args, size_t n_args)
{
	sql_run_args(q, args, n_args);
	return sql_broken(q) ? 0 : db_last_id(q->db);
}

int64_t sql_int_args(struct sim_sql *q, const struct db_value *args, size_t n_args)
{
	struct db_stmt *st = sql_query_args(q, args, n_args);
	int64_t v = SQL_NULL;

	if (sql_next(q, st)) {
		v = sql_col(st, 0);
		db_reset(st);
	}
	return v;
}

void sql_begin(struct sim_sql *q)
{
	struct err err = { .code = ERR_OK };

	if (q->writing || sql_broken(q))
		return;
	note(q, db_begin(q->db, &err), &err);
	q->writing = !sql_broken(q);
}

void sql_commit(struct sim_sql *q)
{
	struct err err = { .code = ERR_OK };

	if (!q->writing || sql_broken(q))
		return;
	note(q, db_commit(q->db, &err), &err);
	q->writing = sql_broken(q);
}

void sql_rollback(struct sim_sql *q)
{
	if (q->writing)
		db_rollback(q->db);
	q->writing = false;
	q->broken.code = ERR_OK;
}
