#include "store/shared.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h> /* getentropy() where that has it not */

#include "base/mem.h"
#include "base/time.h"
#include "os/kernel.h"
#include "store/page.h"

/* A time that was reserved and has passed by so much: its process ended, or stands still. */
enum { UNCLAIMED_MS = 5000 };
/* Transactions here take milliseconds: who holds one for so long was stopped, and nobody waits for
 * him. */
enum { PATIENCE_MS = 3000 };
enum { ASIDE_TRIES = 500, ASIDE_PAUSE_US = 2000 };

#define SQL_LIST(X)                                                                               \
	X(NOTE_PUT, "INSERT OR REPLACE INTO note(key, value) VALUES(?1, ?2)")                     \
	X(NOTE_GET, "SELECT value FROM note WHERE key = ?1")                                      \
	X(NOTE_FORGET, "DELETE FROM note WHERE instr(key, ?1) = 1 AND value + 0 < ?2")            \
	X(NOTES, "SELECT key, value FROM note WHERE instr(key, ?1) = 1 ORDER BY key")             \
	X(SENT_ADD, "INSERT INTO sent(class, at) VALUES(?1, ?2)")                                 \
	X(SENT_AT, "UPDATE sent SET at = ?2 WHERE id = ?1")                                       \
	X(SENT_DROP, "DELETE FROM sent WHERE id = ?1")                                            \
	X(SENT_FORGET, "DELETE FROM sent WHERE class = ?1 AND at <= ?2")                          \
	X(SENT_BOUND, "UPDATE sent SET at = ?2 WHERE class = ?1 AND at > ?3")                     \
	X(SENT_LAST, "SELECT max(id) FROM sent")                                                  \
	X(SENT_SINCE, "SELECT at FROM sent WHERE class = ?1 AND at > ?2 AND id > ?3 ORDER BY id") \
	X(SENT_NEW, "SELECT at FROM sent WHERE id > ?3 AND +class = ?1 AND +at > ?2 ORDER BY id") \
	X(SENT_SPAN, "SELECT at FROM sent WHERE class = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at") \
	X(LATEST, "SELECT max(at) FROM sent")                                                     \
	X(RESERVE, "INSERT INTO turn(class, owner, first, at) VALUES(?1, ?2, ?3, ?4)")            \
	X(FREE, "DELETE FROM turn WHERE class = ?1 AND (owner = ?2 OR at < ?3 OR ?4 * first)")    \
	X(RESERVED, "SELECT at, first FROM turn WHERE class = ?1 ORDER BY at")

enum shared_sql {
#define X(id, text) SQL_##id,
	SQL_LIST(X)
#undef X
		SQL_MAX_
};

static const char *const statements[SQL_MAX_] = {
#define X(id, text) [SQL_##id] = text,
	SQL_LIST(X)
#undef X
};

/* Ids are never used twice: who has seen one knows what is newer. */
static const char schema[] =
	"CREATE TABLE note(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE sent(id INTEGER PRIMARY KEY AUTOINCREMENT, class INTEGER NOT NULL,"
	" at INTEGER NOT NULL);"
	"CREATE INDEX sent_at ON sent(class, at);"
	"CREATE TABLE turn(class INTEGER NOT NULL, owner INTEGER NOT NULL,"
	" first INTEGER NOT NULL, at INTEGER NOT NULL);"
	"PRAGMA user_version = 1;";

struct shared {
	struct db *db;
	int64_t owner; /* this process, by a number that no other one has */
	char *damaged; /* where what stood there is kept; NULL: it was sound */
	bool lost; /* the right to write was waited for in vain: not once more by each who asks */
	struct db_stmt *stmts[SQL_MAX_];
};

static enum errc prepare_schema(struct shared *s, struct err *err)
{
	int64_t version;
	enum errc rc = db_user_version(s->db, &version, err);

	if (rc || version)
		return rc;
	rc = db_begin(s->db, err);
	if (!rc)
		rc = db_user_version(s->db, &version, err); /* another may have come first */
	if (!rc && version == 0)
		rc = db_exec(s->db, schema, err);
	if (!rc)
		rc = db_commit(s->db, err);
	if (rc)
		db_rollback(s->db);
	return rc;
}

/* As its header says; a folder has none. */
static bool is_damaged(int fd)
{
	char header[16];
	struct stat st;
	ssize_t n = fd < 0 ? 0 : read(fd, header, sizeof(header));

	if (n < 0)
		return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	return n > 0 && (n < (ssize_t)sizeof(header) ||
				memcmp(header, "SQLite format 3", sizeof(header)) != 0);
}

static int open_as_it_is(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* Of several processes that found it damaged one puts it aside: who has the lock of it later finds
 * another file there. */
static bool is_ours_to_move(int fd, const char *path)
{
	struct stat mine, there;

	for (int i = 0; i < ASIDE_TRIES && !kernel_lock_folder(fd); i++)
		(void)usleep(ASIDE_PAUSE_US);
	return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev &&
	       mine.st_ino == there.st_ino;
}

static bool is_file(int fd, const struct stat *file)
{
	struct stat st;

	return fd >= 0 && file->st_ino && fstat(fd, &st) == 0 && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

/* What is found out again, and what was sent: neither is worth that no command works any more. Its
 * journals go first: those of its successor have the same names. `found`: the file that was found
 * damaged behind its header, else all 0. */
static void begin_anew(struct shared *s, const char *path, const struct stat *found)
{
	static const char *const endings[] = { "-wal", "-shm", "-journal" };
	char *aside = mem_printf("%s.damaged", path);
	int fd = open_as_it_is(path);

	if ((is_damaged(fd) || is_file(fd, found)) && is_ours_to_move(fd, path)) {
		for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
			char *journal = mem_printf("%s%s", path, endings[i]);

			(void)unlink(journal);
			free(journal);
		}
		if (rename(path, aside) == 0)
			s->damaged = mem_strdup(aside);
	}
	if (fd >= 0)
		(void)close(fd);
	free(aside);
}

static enum errc open_sound(struct shared *s, const char *path, enum db_mode mode, struct err *err)
{
	enum errc rc = db_open(&s->db, path, mode, err);

	if (!rc)
		rc = db_patience(s->db, PATIENCE_MS, err);
	if (!rc)
		rc = prepare_schema(s, err);
	return rc ? rc : db_check_sound(s->db, err);
}

static enum errc open_or_begin_anew(
	struct shared *s, const char *path, bool network, struct err *err)
{
	enum db_mode mode = network ? DB_NETWORK : DB_FAST;
	struct stat file = { 0 };
	enum errc rc;

	begin_anew(s, path, &file);
	if (stat(path, &file) != 0)
		file = (struct stat){ 0 };
	rc = open_sound(s, path, mode, err);
	if (!rc || !err->damaged)
		return rc;
	db_close(s->db);
	s->db = NULL;
	begin_anew(s, path, &file);
	return open_sound(s, path, mode, err);
}

enum errc shared_open(struct shared **ret, const char *folder, bool network, struct err *err)
{
	struct shared *s = mem_zalloc(sizeof(*s));
	enum errc rc = ERR_OK;
	char *path = mem_printf("%s/shared.db", folder ? folder : "");

	if (getentropy(&s->owner, sizeof(s->owner)) != 0)
		rc = err_set(err, ERR_INTERNAL, "the system gives no random numbers");
	if (!rc)
		rc = folder ? open_or_begin_anew(s, path, network, err)
			    : open_sound(s, path, DB_MEMORY, err);
	free(path);
	if (rc)
		shared_close(s);
	else
		*ret = s;
	return rc;
}

enum errc shared_copy(struct shared **ret, const char *folder, struct err *err)
{
	char *path = mem_printf("%s/shared.db", folder);
	int fd = open_as_it_is(path);
	struct shared *s = NULL;
	enum errc rc = shared_open(&s, NULL, false, err);

	if (!rc && access(path, F_OK) == 0 && !is_damaged(fd))
		rc = db_restore_frozen(s->db, path, err);
	if (fd >= 0)
		(void)close(fd);
	if (!rc) /* the file of a process that had not come to it */
		rc = prepare_schema(s, err);
	free(path);
	if (rc)
		shared_close(s);
	else
		*ret = s;
	return rc;
}

void shared_close(struct shared *s)
{
	if (!s)
		return;
	for (int i = 0; i < SQL_MAX_; i++)
		db_stmt_free(s->stmts[i]);
	db_close(s->db);
	free(s->damaged);
	free(s);
}

const char *shared_damaged(const struct shared *s)
{
	return s->damaged;
}

enum errc shared_begin(struct shared *s, struct err *err)
{
	enum errc rc;

	if (s->lost)
		return err_set(err, ERR_STORE, "shared.db was locked when it was wanted first");
	rc = db_begin(s->db, err);
	s->lost = rc != ERR_OK;
	return rc;
}

enum errc shared_commit(struct shared *s, struct err *err)
{
	return db_commit(s->db, err);
}

void shared_rollback(struct shared *s)
{
	db_rollback(s->db);
}

/* The statement, prepared and bound. */
static enum errc prepare(struct shared *s, enum shared_sql which, const struct db_value *v,
	size_t n, struct db_stmt **ret, struct err *err)
{
	return db_ready(s->db, statements[which], &s->stmts[which], v, n, ret, err);
}

static enum errc run(struct shared *s, enum shared_sql which, const struct db_value *v, size_t n,
	struct err *err)
{
	struct db_stmt *q;
	enum errc rc = prepare(s, which, v, n, &q, err);

	return rc ? rc : db_run(q, err);
}

/* Each number of the first column. */
static enum errc each_number(struct db_stmt *q,
	enum errc (*each)(void *self, int64_t number, struct err *err), void *self, struct err *err)
{
	struct page p;
	enum errc rc;

	page_init(&p);
	rc = page_read(&p, q, err);
	for (size_t i = 0; i < p.n && !rc; i++)
		rc = each(self, page_row(&p, i)->number, err);
	page_release(&p);
	return rc;
}

/* --- findings --- */

enum errc shared_note_put(struct shared *s, const char *key, struct str v, struct err *err)
{
	/* What was found out is found again by the next one who can write. */
	return s->lost ? ERR_OK : run(s, SQL_NOTE_PUT, DB_VALUES(db_z(key), db_str(v)), err);
}

enum errc shared_note_get(struct shared *s, const char *key, char **ret, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = prepare(s, SQL_NOTE_GET, DB_VALUES(db_z(key)), &q, err);

	return rc ? rc : page_one_text(q, ret, err);
}

enum errc shared_note_forget(struct shared *s, const char *prefix, int64_t below, struct err *err)
{
	return run(s, SQL_NOTE_FORGET, DB_VALUES(db_z(prefix), db_int(below)), err);
}

enum errc shared_notes(
	struct shared *s, const char *prefix, shared_note_fn *each, void *self, struct err *err)
{
	struct db_stmt *q;
	struct page p;
	enum errc rc = prepare(s, SQL_NOTES, DB_VALUES(db_z(prefix)), &q, err);

	if (rc)
		return rc;
	page_init(&p);
	rc = page_read(&p, q, err);
	for (size_t i = 0; i < p.n && !rc; i++)
		rc = each(self, page_row(&p, i)[0].text, page_row(&p, i)[1].text, err);
	page_release(&p);
	return rc;
}

/* --- what was sent --- */

enum errc shared_sent_add(
	struct shared *s, int rate_class, int64_t at_ms, int64_t *ret_id, struct err *err)
{
	enum errc rc = run(s, SQL_SENT_ADD, DB_VALUES(db_int(rate_class), db_int(at_ms)), err);

	if (!rc)
		*ret_id = db_last_id(s->db);
	return rc;
}

enum errc shared_sent_at(struct shared *s, int64_t id, int64_t at_ms, struct err *err)
{
	return run(s, SQL_SENT_AT, DB_VALUES(db_int(id), db_int(at_ms)), err);
}

enum errc shared_sent_drop(struct shared *s, int64_t id, struct err *err)
{
	return run(s, SQL_SENT_DROP, DB_VALUES(db_int(id)), err);
}

enum errc shared_sent_bound(
	struct shared *s, int rate_class, int64_t now_ms, int64_t latest_ms, struct err *err)
{
	return run(s, SQL_SENT_BOUND,
		DB_VALUES(db_int(rate_class), db_int(now_ms), db_int(latest_ms)), err);
}

enum errc shared_sent(struct shared *s, int rate_class, int64_t since_ms, int64_t *io_id,
	enum errc (*each)(void *self, int64_t at_ms, struct err *err), void *self, struct err *err)
{
	int64_t last = 0;
	struct db_stmt *q;
	enum errc rc = ERR_OK;

	if (*io_id == 0)
		rc = run(s, SQL_SENT_FORGET,
			DB_VALUES(db_int(rate_class), db_int(since_ms - SENT_KEPT_MS)), err);
	if (!rc)
		rc = prepare(s, SQL_SENT_LAST, DB_NO_VALUES, &q, err);
	if (!rc)
		rc = page_one_number(q, 0, &last, err);
	if (rc || last <= *io_id)
		return rc;
	rc = prepare(s, *io_id ? SQL_SENT_NEW : SQL_SENT_SINCE,
		DB_VALUES(db_int(rate_class), db_int(since_ms), db_int(*io_id)), &q, err);
	if (!rc)
		rc = each_number(q, each, self, err);
	if (!rc)
		*io_id = last;
	return rc;
}

enum errc shared_sent_span(struct shared *s, int rate_class, int64_t from_ms, int64_t until_ms,
	enum errc (*each)(void *self, int64_t at_ms, struct err *err), void *self, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = prepare(s, SQL_SENT_SPAN,
		DB_VALUES(db_int(rate_class), db_int(from_ms), db_int(until_ms)), &q, err);

	return rc ? rc : each_number(q, each, self, err);
}

enum errc shared_latest(struct shared *s, int64_t *ret_ms, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = prepare(s, SQL_LATEST, DB_NO_VALUES, &q, err);

	return rc ? rc : page_one_number(q, TIME_NONE, ret_ms, err);
}

/* --- what will be sent --- */

enum errc shared_reserve(
	struct shared *s, int rate_class, bool first, int64_t at_ms, struct err *err)
{
	return run(s, SQL_RESERVE,
		DB_VALUES(db_int(rate_class), db_int(s->owner), db_int(first), db_int(at_ms)), err);
}

enum errc shared_unreserve(
	struct shared *s, int rate_class, bool first, int64_t now_ms, struct err *err)
{
	return run(s, SQL_FREE,
		DB_VALUES(db_int(rate_class), db_int(s->owner), db_int(now_ms - UNCLAIMED_MS),
			db_int(first)),
		err);
}

enum errc shared_reserved(struct shared *s, int rate_class, int64_t **ret, size_t *ret_n,
	int64_t *ret_first_ms, struct err *err)
{
	struct db_stmt *q;
	struct page p;
	enum errc rc = prepare(s, SQL_RESERVED, DB_VALUES(db_int(rate_class)), &q, err);

	if (rc)
		return rc;
	page_init(&p);
	rc = page_read(&p, q, err);
	*ret_n = p.n;
	*ret = p.n ? mem_realloc(NULL, p.n, sizeof(**ret)) : NULL;
	*ret_first_ms = TIME_NONE;
	for (size_t i = 0; i < p.n; i++) {
		(*ret)[i] = page_row(&p, i)[0].number;
		if (page_row(&p, i)[1].number)
			*ret_first_ms = (*ret)[i];
	}
	page_release(&p);
	return rc;
}
