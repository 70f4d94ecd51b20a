/*
 * SQLite, with no return code left unread. Statements are prepared once and kept by the caller.
 *
 * Several processes may have a file open: who finds it busy tries again, for DB_BUSY_MS or what
 * db_patience() says. A failure that means that the file is not as SQLite wrote it is marked:
 * err->damaged.
 * A statement in the middle of its rows pins what it sees: leave it (db_reset()) before anything
 * is written.
 */
#ifndef IO_DB_DB_H
#define IO_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct db;
struct db_stmt;

enum { DB_BUSY_MS = 10 * 1000 };

enum db_mode {
	DB_STORE,   /* WAL, synchronous=FULL: what is committed survives a power cut */
	DB_FAST,    /* WAL, synchronous=NORMAL: the simulator without --durable */
	DB_NETWORK, /* no log, which needs shared memory; synchronous=FULL */
	DB_READ,    /* of either kind, which has to be there: what would change it fails */
	DB_MEMORY,  /* nothing on disk; path is ignored */
};

/* Creates the file 0600. ERR_STORE. Caller frees with db_close(). */
MUST_CHECK enum errc db_open(struct db **ret, const char *path, enum db_mode mode, struct err *err);
void db_close(struct db *d);
MUST_CHECK enum errc db_patience(struct db *d, int ms, struct err *err);

/* One or more statements without results. */
MUST_CHECK enum errc db_exec(struct db *d, const char *sql, struct err *err);
/* Whether what is committed from now on survives a power cut by itself, or the death of this
 * process only and a power cut with the next durable commit. Not inside a transaction. DB_STORE
 * begins durable. */
MUST_CHECK enum errc db_durable(struct db *d, bool durable, struct err *err);
/* ERR_STORE when another file, or none, is where it was opened, or its log is not what was written
 * to it. */
MUST_CHECK enum errc db_check_place(struct db *d, struct err *err);
/* ERR_STORE when it does not hold together. */
MUST_CHECK enum errc db_check_sound(struct db *d, struct err *err);
/* Its file, or its log, is what was written to it, and *ret finds it as another process would: not
 * what this connection remembers. Caller closes. */
MUST_CHECK enum errc db_open_again(struct db **ret, struct db *d, struct err *err);
/* Both. */
MUST_CHECK enum errc db_check_kept(struct db *d, struct err *err);
MUST_CHECK enum errc db_begin(struct db *d, struct err *err); /* IMMEDIATE */
MUST_CHECK enum errc db_commit(struct db *d, struct err *err);
void db_rollback(struct db *d); /* fine without a transaction */
int64_t db_last_id(const struct db *d);
int64_t db_changes(const struct db *d);
MUST_CHECK enum errc db_user_version(struct db *d, int64_t *ret, struct err *err);
/* Copies the whole database to `path`, 0600, on disk before it returns (for the backup before a
 * migration); a file already there is replaced. Not inside a transaction. */
MUST_CHECK enum errc db_backup(struct db *d, const char *path, struct err *err);

/* The whole content becomes that of the database at `path`, in one transaction: readers see the one
 * or the other. Not inside a transaction; no statement may be in the middle of its rows. */
MUST_CHECK enum errc db_restore(struct db *d, const char *path, struct err *err);
/* The same without a lock, an index of its log or anything else that would be written: where
 * nothing may be, or there is no room. Begun anew while somebody writes it, for DB_BUSY_MS. */
MUST_CHECK enum errc db_restore_frozen(struct db *d, const char *path, struct err *err);
/* From now on what would change it fails, as in DB_READ. */
MUST_CHECK enum errc db_only_read(struct db *d, struct err *err);

/* sql is borrowed for ever (a literal). Caller frees with db_stmt_free(), before db_close(). */
MUST_CHECK enum errc db_prepare(
	struct db *d, const char *sql, struct db_stmt **ret, struct err *err);
void db_stmt_free(struct db_stmt *s);
/* What a parameter is bound to; of a text p == NULL is NULL, of a time INT64_MIN (TIME_NONE). */
enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };
struct db_value {
	enum db_type type;
	int64_t number;
	struct str text;
};
static inline struct db_value db_int(int64_t v)
{
	return (struct db_value){ .type = DB_INT, .number = v };
}
static inline struct db_value db_time(int64_t at_ms)
{
	return (struct db_value){ at_ms == INT64_MIN ? DB_NULL : DB_INT, at_ms, STR_NONE };
}
static inline struct db_value db_str(struct str v)
{
	return (struct db_value){ .type = DB_TEXT, .text = v };
}
static inline struct db_value db_z(const char *v)
{
	return db_str(str_from(v));
}
static inline struct db_value db_blob(struct str v)
{
	return (struct db_value){ .type = DB_BLOB, .text = v };
}
/* The two arguments of an array of them: db_bind(q, DB_VALUES(db_int(3), db_z("x"))). */
#define DB_VALUES(...)                            \
	(const struct db_value[]){ __VA_ARGS__ }, \
		sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value)
#define DB_NO_VALUES NULL, 0

/* From ?1 on; texts are copied and stay bound until they are bound anew. A failure is told by the
 * next db_step() or db_run(). */
void db_bind(struct db_stmt *s, const struct db_value *v, size_t n);
/* Prepares *kept unless it is there, and binds it. *ret is borrowed until *kept is freed. */
MUST_CHECK enum errc db_ready(struct db *d, const char *sql, struct db_stmt **kept,
	const struct db_value *v, size_t n, struct db_stmt **ret, struct err *err);
/* *ret_row true: a row is there, columns may be read. After the last row (or for a statement
 * without rows) *ret_row is false and the statement is reset and ready for the next round. */
MUST_CHECK enum errc db_step(struct db_stmt *s, bool *ret_row, struct err *err);
/* For statements that return nothing: step to the end and reset. */
MUST_CHECK enum errc db_run(struct db_stmt *s, struct err *err);
void db_reset(struct db_stmt *s); /* leave a row loop early */
/* A statement that is needed once: prepared, bound, run, freed. */
MUST_CHECK enum errc db_do(
	struct db *d, const char *sql, const struct db_value *v, size_t n, struct err *err);
/* The same, with its rows handed out; the first failure of row() ends them and is returned. */
typedef enum errc db_row_fn(void *self, struct db_stmt *q, struct err *err);
MUST_CHECK enum errc db_each(struct db *d, const char *sql, const struct db_value *v, size_t n,
	db_row_fn *row, void *self, struct err *err);
int db_columns(const struct db_stmt *s);
/* Columns count from 0; texts are borrowed until the next step, reset or bind. */
int64_t db_col_int(struct db_stmt *s, int at);
struct str db_col_str(struct db_stmt *s, int at); /* p == NULL for NULL */
bool db_col_is_null(struct db_stmt *s, int at);
enum db_type db_col_type(struct db_stmt *s, int at);

#endif
