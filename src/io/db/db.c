#include "io/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/db/db_private.h"
#include "os/kernel.h"

/* What the log keeps on disk once its content is in the database. */
#define LOG_KEPT_BYTES "4194304"

static bool is_damage(int rc)
{
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* To what was just told. */
static enum errc mark_damaged(struct err *err)
{
	if (err)
		err->damaged = true;
	return ERR_STORE;
}

enum errc db_fail(const struct db *d, int rc, struct err *err)
{
	const char *why = d->h ? sqlite3_errmsg(d->h) : sqlite3_errstr(rc);

	(void)err_set(err, ERR_STORE, "%s%s: %s (SQLite %d)", d->path,
		is_damage(rc) ? " is damaged" : "", why, rc);
	return is_damage(rc) ? mark_damaged(err) : ERR_STORE;
}

enum errc db_fail_os(const char *path, const char *doing, struct err *err)
{
	return err_set(err, ERR_STORE, "%s: cannot %s: %s", path, doing, strerror(errno));
}

struct db_stmt {
	sqlite3_stmt *h;
	struct db *d;
	int failed_bind; /* first failure since the last reset; told by the next step */
};

/* SQLite would create the file with the umask; the journals copy the mode of the main file. */
enum errc db_create_private(const char *path, int extra_flags, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | extra_flags, 0600);

	if (fd < 0 || close(fd) != 0)
		return db_fail_os(path, "open or create", err);
	return ERR_OK;
}

/* Whoever looked at a file that nobody might write made its journals alike, and they stay. */
static void free_journals(const char *path)
{
	static const char *const endings[] = { "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *journal = mem_printf("%s%s", path, endings[i]);
		struct stat st;

		if (lstat(journal, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
			(st.st_mode & 0600) != 0600)
			(void)chmod(journal, 0600);
		free(journal);
	}
}

/* SQLite waits by itself in most places; not where it opens a file that is being closed, switches
 * to the log, or repairs one. Nothing is repeated inside a transaction: what it has read may no
 * longer be so. */
bool db_try_again(const struct db *d, int rc, int64_t *since)
{
	if ((rc & 0xff) != SQLITE_BUSY || !sqlite3_get_autocommit(d->h))
		return false;
	if (*since == TIME_NONE)
		*since = kernel_clock_ms(CLOCK_MONOTONIC);
	(void)usleep(DB_PAUSE_US);
	return kernel_clock_ms(CLOCK_MONOTONIC) - *since < d->patience_ms;
}

/* Pragmas answer unknown or impossible values by silence, so the answer is read. */
static enum errc use_journal(struct db *d, bool network, struct err *err)
{
	struct db_stmt *s = NULL;
	bool row = false;
	enum errc e = db_prepare(
		d, network ? "PRAGMA journal_mode=DELETE" : "PRAGMA journal_mode=WAL", &s, err);

	if (e == ERR_OK)
		e = db_step(s, &row, err);
	if (e == ERR_OK &&
		(!row || !str_eq(db_col_str(s, 0), network ? STR("delete") : STR("wal"))))
		e = err_set(err, ERR_STORE,
			"%s: the file system cannot keep the journal that this needs", d->path);
	db_stmt_free(s);
	return e;
}

/* What a reader may not do to the file, not even when it is the last one to close it. */
static enum errc only_read(struct db *d, struct err *err)
{
	int rc = sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

	return rc == SQLITE_OK ? db_exec(d, "PRAGMA query_only=ON", err) : db_fail(d, rc, err);
}

static enum errc be_durable(struct db *d, enum db_mode mode, struct err *err)
{
	enum errc e = use_journal(d, mode == DB_NETWORK, err);

	if (e == ERR_OK)
		e = db_durable(d, mode != DB_FAST, err);
	if (e == ERR_OK) /* macOS: fsync() stops at the disk's own memory; nothing elsewhere */
		e = db_exec(d, "PRAGMA fullfsync=ON", err);
	return e == ERR_OK ? db_exec(d, "PRAGMA journal_size_limit=" LOG_KEPT_BYTES, err) : e;
}

static enum errc configure(struct db *d, enum db_mode mode, struct err *err)
{
	/* A misspelt column in double quotes would silently be a text. */
	static const int no_quoted_texts[] = { SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL };
	int rc = sqlite3_busy_timeout(d->h, DB_BUSY_MS);

	for (size_t i = 0; rc == SQLITE_OK && i < 2; i++)
		rc = sqlite3_db_config(d->h, no_quoted_texts[i], 0, NULL);
	if (rc != SQLITE_OK)
		return db_fail(d, rc, err);
	if (mode == DB_READ)
		return only_read(d, err);
	if (mode != DB_MEMORY) {
		enum errc e = be_durable(d, mode, err);

		if (e != ERR_OK)
			return e;
	}
	return db_exec(d, "PRAGMA foreign_keys=ON", err);
}

/* What stands there, or beside it as one of its journals, and can be none. */
static enum errc check_kinds(const char *path, struct err *err)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
	enum errc e = ERR_OK;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings) && !e; i++) {
		char *name = mem_printf("%s%s", path, endings[i]);
		struct stat st;

		if (lstat(name, &st) == 0 && S_ISDIR(st.st_mode)) {
			(void)err_set(err, ERR_STORE, "%s is damaged: %s is a folder", path, name);
			e = mark_damaged(err);
		}
		free(name);
	}
	return e;
}

enum errc db_open(struct db **ret, const char *path, enum db_mode mode, struct err *err)
{
	/* One thread: a lock at each call would be a tenth of the time of reading a ledger. */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
	struct db *d;
	enum errc e = ERR_OK;
	int rc;

	if (mode == DB_MEMORY)
		path = ":memory:";
	else
		e = check_kinds(path, err);
	if (e == ERR_OK && mode != DB_READ && mode != DB_MEMORY)
		e = db_create_private(path, 0, err);
	if (e != ERR_OK)
		return e;
	if (mode != DB_READ && mode != DB_MEMORY)
		free_journals(path);
	d = mem_zalloc(sizeof(*d));
	d->path = mem_strdup(path);
	d->reads = mode == DB_READ;
	d->patience_ms = DB_BUSY_MS;
	rc = sqlite3_open_v2(path, &d->h, flags, NULL);
	e = rc == SQLITE_OK ? configure(d, mode, err) : db_fail(d, rc, err);
	if (e == ERR_OK && mode == DB_STORE)
		db_log_watch(&d->log, d->h);
	if (e != ERR_OK) {
		db_close(d);
		return e;
	}
	*ret = d;
	return ERR_OK;
}

void db_close(struct db *d)
{
	if (!d)
		return;
	/* What is not whole stays in the log: whoever opens it next has what came before that. */
	if (!db_log_is_whole(&d->log, d->h))
		(void)sqlite3_db_config(d->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* Statements still open would make this fail and leak: a bug of the caller. */
	if (sqlite3_close(d->h) != SQLITE_OK)
		abort();
	free(d->path);
	free(d);
}

enum errc db_exec(struct db *d, const char *sql, struct err *err)
{
	int64_t since = TIME_NONE;
	int rc;

	do
		rc = sqlite3_exec(d->h, sql, NULL, NULL, NULL);
	while (db_try_again(d, rc, &since));
	return rc == SQLITE_OK ? ERR_OK : db_fail(d, rc, err);
}

enum errc db_patience(struct db *d, int ms, struct err *err)
{
	int rc = sqlite3_busy_timeout(d->h, ms);

	d->patience_ms = ms;
	return rc == SQLITE_OK ? ERR_OK : db_fail(d, rc, err);
}

enum errc db_durable(struct db *d, bool durable, struct err *err)
{
	return db_exec(d, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
}

enum errc db_begin(struct db *d, struct err *err)
{
	return db_exec(d, "BEGIN IMMEDIATE", err);
}

enum errc db_check_place(struct db *d, struct err *err)
{
	int has_moved = 0;

	if (sqlite3_file_control(d->h, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK &&
		has_moved)
		return err_set(err, ERR_STORE,
			"%s was removed, moved or replaced while it is in use", d->path);
	if (!db_log_is_there(&d->log, d->h))
		return err_set(err, ERR_STORE,
			"%s-wal was cut, removed or replaced while it is in use", d->path);
	return ERR_OK;
}

enum errc db_commit(struct db *d, struct err *err)
{
	return db_exec(d, "COMMIT", err);
}

void db_rollback(struct db *d)
{
	/* When it fails SQLite has rolled back by itself: nothing is left to do or to tell. */
	if (!sqlite3_get_autocommit(d->h))
		(void)sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
}

int64_t db_last_id(const struct db *d)
{
	return sqlite3_last_insert_rowid(d->h);
}

int64_t db_changes(const struct db *d)
{
	return sqlite3_changes64(d->h);
}

static enum errc take_verdict(void *self, struct db_stmt *q, struct err *err)
{
	const struct db *d = self;
	struct str says = db_col_str(q, 0);

	if (str_eq(says, STR("ok")))
		return ERR_OK;
	(void)err_set(err, ERR_STORE, "%s is damaged: %.*s", d->path, STR_FMT(says));
	return mark_damaged(err);
}

enum errc db_check_sound(struct db *d, struct err *err)
{
	return db_each(d, "PRAGMA quick_check(1)", DB_NO_VALUES, take_verdict, d, err);
}

enum errc db_open_again(struct db **ret, struct db *d, struct err *err)
{
	enum errc e = db_check_place(d, err);

	if (e)
		return e;
	if (!db_log_is_whole(&d->log, d->h))
		return err_set(err, ERR_STORE, "%s-wal was changed while it is in use", d->path);
	return db_open(ret, d->path, DB_READ, err);
}

enum errc db_check_kept(struct db *d, struct err *err)
{
	struct db *other;
	enum errc e = db_open_again(&other, d, err);

	if (e)
		return e;
	e = db_check_sound(other, err);
	db_close(other);
	return e;
}

static enum errc take_number(void *self, struct db_stmt *q, struct err *err)
{
	(void)err;
	*(int64_t *)self = db_col_int(q, 0);
	return ERR_OK;
}

enum errc db_user_version(struct db *d, int64_t *ret, struct err *err)
{
	int64_t version = 0;
	enum errc e = db_each(d, "PRAGMA user_version", DB_NO_VALUES, take_number, &version, err);

	if (e == ERR_OK)
		*ret = version;
	return e;
}

enum errc db_only_read(struct db *d, struct err *err)
{
	d->reads = true;
	return only_read(d, err);
}

enum errc db_prepare(struct db *d, const char *sql, struct db_stmt **ret, struct err *err)
{
	sqlite3_stmt *h = NULL;
	int64_t since = TIME_NONE;
	struct db_stmt *s;
	int rc;

	do
		rc = sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &h, NULL);
	while (db_try_again(d, rc, &since));
	if (rc != SQLITE_OK)
		return db_fail(d, rc, err);
	s = mem_zalloc(sizeof(*s));
	s->h = h;
	s->d = d;
	*ret = s;
	return ERR_OK;
}

void db_stmt_free(struct db_stmt *s)
{
	if (!s)
		return;
	(void)sqlite3_finalize(s->h); /* repeats the failure of the last step, told there */
	free(s);
}

static int bind_one(sqlite3_stmt *h, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_NULL:
		return sqlite3_bind_null(h, at);
	case DB_INT:
		return sqlite3_bind_int64(h, at, v->number);
	case DB_TEXT:
		return sqlite3_bind_text64(
			h, at, v->text.p, v->text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	default:
		return sqlite3_bind_blob64(h, at, v->text.p, v->text.n, SQLITE_TRANSIENT);
	}
}

void db_bind(struct db_stmt *s, const struct db_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = bind_one(s->h, (int)i + 1, &v[i]);

		if (s->failed_bind == SQLITE_OK)
			s->failed_bind = rc;
	}
}

enum errc db_ready(struct db *d, const char *sql, struct db_stmt **kept, const struct db_value *v,
	size_t n, struct db_stmt **ret, struct err *err)
{
	enum errc rc = *kept ? ERR_OK : db_prepare(d, sql, kept, err);

	if (rc)
		return rc;
	*ret = *kept;
	db_bind(*ret, v, n);
	return ERR_OK;
}

enum errc db_step(struct db_stmt *s, bool *ret_row, struct err *err)
{
	int rc = s->failed_bind;
	int64_t since = TIME_NONE;
	enum errc e;

	if (rc == SQLITE_OK)
		do
			rc = sqlite3_step(s->h);
		while (db_try_again(s->d, rc, &since));
	if (rc == SQLITE_ROW) {
		*ret_row = true;
		return ERR_OK;
	}
	e = rc == SQLITE_DONE ? ERR_OK : db_fail(s->d, rc, err);
	db_reset(s);
	if (e == ERR_OK)
		*ret_row = false;
	return e;
}

enum errc db_run(struct db_stmt *s, struct err *err)
{
	bool row = true;
	enum errc e = ERR_OK;

	while (e == ERR_OK && row)
		e = db_step(s, &row, err);
	return e;
}

void db_reset(struct db_stmt *s)
{
	(void)sqlite3_reset(s->h); /* repeats the failure of the last step, told there */
	s->failed_bind = SQLITE_OK;
}

enum errc db_do(struct db *d, const char *sql, const struct db_value *v, size_t n, struct err *err)
{
	return db_each(d, sql, v, n, NULL, NULL, err);
}

enum errc db_each(struct db *d, const char *sql, const struct db_value *v, size_t n, db_row_fn *row,
	void *self, struct err *err)
{
	struct db_stmt *q = NULL;
	bool more = true;
	enum errc e = db_prepare(d, sql, &q, err);

	if (e)
		return e;
	db_bind(q, v, n);
	while (e == ERR_OK && more) {
		e = db_step(q, &more, err);
		if (e == ERR_OK && more && row)
			e = row(self, q, err);
	}
	db_stmt_free(q);
	return e;
}

int db_columns(const struct db_stmt *s)
{
	return sqlite3_column_count(s->h);
}

int64_t db_col_int(struct db_stmt *s, int at)
{
	return sqlite3_column_int64(s->h, at);
}

struct str db_col_str(struct db_stmt *s, int at)
{
	int type = sqlite3_column_type(s->h, at);
	const void *p;

	if (type == SQLITE_NULL)
		return STR_NONE;
	/* Asked as a text a blob would be converted, and an empty blob comes as NULL. */
	p = type == SQLITE_BLOB ? sqlite3_column_blob(s->h, at)
				: (const void *)sqlite3_column_text(s->h, at);
	return (struct str){ p ? p : "", (size_t)sqlite3_column_bytes(s->h, at) };
}

enum db_type db_col_type(struct db_stmt *s, int at)
{
	int type = sqlite3_column_type(s->h, at);

	return type == SQLITE_NULL      ? DB_NULL
	       : type == SQLITE_INTEGER ? DB_INT
	       : type == SQLITE_BLOB    ? DB_BLOB
					: DB_TEXT;
}

bool db_col_is_null(struct db_stmt *s, int at)
{
	return db_col_type(s, at) == DB_NULL;
}
