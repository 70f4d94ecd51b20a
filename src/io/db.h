/*
 * SQLite, with no return code left unread. Statements are prepared once and kept by the caller.
 *
 * Several processes may have a file open: who finds it busy tries again, for DB_BUSY_MS or what
 * db_patience() says.
 * A statement in the middle of its rows pins what it sees: leave it (db_reset()) before anything
 * is written.
 */
#ifndef IO_DB_H
#define IO_DB_H

#include <stdbool.h>
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

/* sql is borrowed for ever (a literal). Caller frees with db_stmt_free(), before db_close(). */
MUST_CHECK enum errc db_prepare(
	struct db *d, const char *sql, struct db_stmt **ret, struct err *err);
void db_stmt_free(struct db_stmt *s);
/* Parameters count from 1; texts are copied and stay bound until they are bound anew. A failure is
 * told by the next db_step() or db_run(). */
void db_bind_int(struct db_stmt *s, int at, int64_t v);
void db_bind_str(struct db_stmt *s, int at, struct str v); /* p == NULL binds NULL */
void db_bind_blob(struct db_stmt *s, int at, struct str v);
void db_bind_null(struct db_stmt *s, int at);
/* *ret_row true: a row is there, columns may be read. After the last row (or for a statement
 * without rows) *ret_row is false and the statement is reset and ready for the next round. */
MUST_CHECK enum errc db_step(struct db_stmt *s, bool *ret_row, struct err *err);
/* For statements that return nothing: step to the end and reset. */
MUST_CHECK enum errc db_run(struct db_stmt *s, struct err *err);
void db_reset(struct db_stmt *s); /* leave a row loop early */
int db_columns(const struct db_stmt *s);
/* Columns count from 0; texts are borrowed until the next step, reset or bind. */
int64_t db_col_int(struct db_stmt *s, int at);
struct str db_col_str(struct db_stmt *s, int at); /* p == NULL for NULL */
bool db_col_is_null(struct db_stmt *s, int at);
bool db_col_is_int(struct db_stmt *s, int at);

#endif
