/*
 * The simulator's state is one SQLite database. This wrapper prepares each literal once, opens a
 * transaction before the first write, and remembers the first failure: a simulator that lost
 * its state stops answering (sim_handle), so handlers need not look after every call.
 */
#ifndef SIM_CORE_SQL_H
#define SIM_CORE_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/db/db.h"

enum { SQL_MAX_STATEMENTS = 1024 };
#define SQL_NULL INT64_MIN /* as a number: NULL, in both directions */

struct sql_slot {
	const char *text; /* the literal's address is the key */
	struct db_stmt *st;
};

struct sim_sql {
	struct db *db;
	struct sql_slot slots[SQL_MAX_STATEMENTS];
	bool writing; /* a transaction is open */
	struct err broken;
};

static inline struct db_value sql_i(int64_t v)
{
	return db_time(v);
}

static inline struct db_value sql_s(struct str v)
{
	return db_str(v);
}

static inline struct db_value sql_z(const char *v)
{
	return db_z(v);
}

MUST_CHECK enum errc sql_open(
	struct sim_sql *q, const char *path, enum db_mode mode, struct err *err);
void sql_close(struct sim_sql *q);
static inline bool sql_broken(const struct sim_sql *q)
{
	return q->broken.code != ERR_OK;
}

/* The first argument of the four macros is sql_z(LITERAL), the others are its parameters in order:
 *	sql_run(q, sql_z("UPDATE device SET server=? WHERE id=?"), sql_i(3), sql_i(9));
 */
/* Rows: st = sql_query(...); while (sql_next(q, st)) ...; db_reset(st) to leave early.
 * The same literal must not be queried again inside its own loop. NULL once broken. */
#define sql_query(q, ...) sql_query_args((q), DB_VALUES(__VA_ARGS__))
struct db_stmt *sql_query_args(struct sim_sql *q, const struct db_value *args, size_t n_args);
bool sql_next(struct sim_sql *q, struct db_stmt *st);

/* A write without rows. */
#define sql_run(q, ...) sql_run_args((q), DB_VALUES(__VA_ARGS__))
void sql_run_args(struct sim_sql *q, const struct db_value *args, size_t n_args);
/* The same; returns the new rowid. */
#define sql_add(q, ...) sql_add_args((q), DB_VALUES(__VA_ARGS__))
int64_t sql_add_args(struct sim_sql *q, const struct db_value *args, size_t n_args);

/* First column of the first row; SQL_NULL when there is no row or it is NULL. */
#define sql_int(q, ...) sql_int_args((q), DB_VALUES(__VA_ARGS__))
int64_t sql_int_args(struct sim_sql *q, const struct db_value *args, size_t n_args);

/* A column; SQL_NULL for NULL. */
static inline int64_t sql_col(struct db_stmt *st, int at)
{
	return db_col_is_null(st, at) ? SQL_NULL : db_col_int(st, at);
}

void sql_begin(struct sim_sql *q); /* nothing when already writing */
void sql_commit(struct sim_sql *q);
/* Forgets a failure as well. */
void sql_rollback(struct sim_sql *q);

#endif
