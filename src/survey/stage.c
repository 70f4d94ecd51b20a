#include "survey/stage.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/db/db.h"

struct stage {
	struct db *db;
	char *path;
	struct db_stmt *add, *mark;
	struct err failed; /* since stage_begin() */
};

/* No index: rows in the order of arrival are written once, and sorted once. */
static const char tables[] =
	"CREATE TABLE IF NOT EXISTS meta(identity TEXT NOT NULL, begun INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS reading(serial TEXT NOT NULL, source INTEGER NOT NULL,"
	" part INTEGER NOT NULL, cells TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS listing(source INTEGER NOT NULL, part INTEGER NOT NULL,"
	" next TEXT NOT NULL, PRIMARY KEY(source, part));"
	"PRAGMA cache_size=-8192;"; /* KiB; the sorter takes as much again */

static enum errc read_meta(
	struct stage *s, struct str identity, int64_t now_ms, bool *ret_good, struct err *err)
{
	struct db_stmt *st = NULL;
	enum errc rc = db_prepare(s->db, "SELECT identity, begun FROM meta", &st, err);

	*ret_good = false;
	if (!rc)
		rc = db_step(st, ret_good, err);
	if (!rc && *ret_good)
		*ret_good = str_eq(db_col_str(st, 0), identity) && db_col_int(st, 1) <= now_ms &&
			    now_ms - db_col_int(st, 1) < STAGE_MAX_AGE_MS;
	db_stmt_free(st);
	return rc;
}

static enum errc start_anew(struct stage *s, struct str identity, int64_t now_ms, struct err *err)
{
	enum errc rc = db_exec(
		s->db, "DELETE FROM meta; DELETE FROM reading; DELETE FROM listing", err);

	return rc ? rc
		  : db_do(s->db, "INSERT INTO meta VALUES(?,?)",
			    DB_VALUES(db_str(identity), db_int(now_ms)), err);
}

enum errc stage_open(struct stage **ret, const char *path, struct str identity, int64_t now_ms,
	bool network, bool *ret_resumed, struct err *err)
{
	struct stage *s = mem_zalloc(sizeof(*s));
	bool good = false;
	enum errc rc = db_open(&s->db, path, network ? DB_NETWORK : DB_FAST, err);

	s->path = mem_strdup(path);
	if (!rc)
		rc = db_exec(s->db, tables, err);
	if (!rc)
		rc = read_meta(s, identity, now_ms, &good, err);
	if (!rc && !good)
		rc = start_anew(s, identity, now_ms, err);
	if (!rc)
		rc = db_prepare(s->db, "INSERT INTO reading VALUES(?,?,?,?)", &s->add, err);
	if (!rc)
		rc = db_prepare(
			s->db, "INSERT OR REPLACE INTO listing VALUES(?,?,?)", &s->mark, err);
	if (rc) {
		stage_close(s, true);
		return rc;
	}
	*ret_resumed = good;
	*ret = s;
	return ERR_OK;
}

void stage_close(struct stage *s, bool keep)
{
	if (!s)
		return;
	db_stmt_free(s->add);
	db_stmt_free(s->mark);
	if (s->db)
		db_rollback(s->db);
	db_close(s->db);
	if (!keep)
		(void)unlink(s->path);
	free(s->path);
	free(s);
}

/* --- one page --- */

void stage_begin(struct stage *s)
{
	db_rollback(s->db);
	s->failed.code = ERR_OK;
	s->failed.code = db_begin(s->db, &s->failed);
}

void stage_add(struct stage *s, const struct stage_row *row)
{
	if (s->failed.code)
		return;
	db_bind(s->add, DB_VALUES(db_str(row->serial), db_int(row->source), db_int(row->part),
				db_str(row->cells)));
	s->failed.code = db_run(s->add, &s->failed);
}

enum errc stage_commit(
	struct stage *s, enum stage_source source, uint32_t part, struct str next, struct err *err)
{
	if (s->failed.code) {
		db_rollback(s->db);
		*err = s->failed;
		return err->code;
	}
	db_bind(s->mark, DB_VALUES(db_int(source), db_int(part), db_str(next.n ? next : STR(""))));
	if (db_run(s->mark, err) || db_commit(s->db, err))
		return err->code;
	return ERR_OK;
}

struct stage_progress {
	struct buf *cursor;
	bool row;
};

static enum errc take_progress(void *self, struct db_stmt *q, struct err *err)
{
	struct stage_progress *p = self;

	(void)err;
	p->row = true;
	buf_str(p->cursor, db_col_str(q, 0));
	return ERR_OK;
}

enum errc stage_progress(struct stage *s, enum stage_source source, uint32_t part, bool *ret_done,
	struct buf *ret_cursor, struct err *err)
{
	struct stage_progress p = { ret_cursor, false };
	enum errc rc;

	buf_reset(ret_cursor);
	rc = db_each(s->db, "SELECT next FROM listing WHERE source=? AND part=?",
		DB_VALUES(db_int(source), db_int(part)), take_progress, &p, err);
	*ret_done = !rc && p.row && ret_cursor->n == 0;
	return rc;
}

static enum errc take_count(void *self, struct db_stmt *q, struct err *err)
{
	(void)err;
	*(uint64_t *)self = (uint64_t)db_col_int(q, 0);
	return ERR_OK;
}

enum errc stage_count(
	struct stage *s, enum stage_source source, uint32_t part, uint64_t *ret, struct err *err)
{
	return db_each(s->db,
		"SELECT count(DISTINCT serial) FROM reading WHERE source=? AND part=?",
		DB_VALUES(db_int(source), db_int(part)), take_count, ret, err);
}

enum errc stage_forget(struct stage *s, enum stage_source source, uint32_t part, struct err *err)
{
	const struct db_value which[] = { db_int(source), db_int(part) };
	enum errc rc;

	db_rollback(s->db);
	rc = db_do(s->db, "DELETE FROM listing WHERE source=? AND part=?", which, 2, err);
	return rc ? rc
		  : db_do(s->db, "DELETE FROM reading WHERE source=? AND part=?", which, 2, err);
}

/* --- all of it --- */

struct giving {
	enum errc (*each)(void *self, const struct stage_row *row, struct err *err);
	void *self;
};

static enum errc give(void *self, struct db_stmt *q, struct err *err)
{
	const struct giving *to = self;
	const struct stage_row row = {
		.serial = db_col_str(q, 0),
		.source = (enum stage_source)db_col_int(q, 1),
		.part = (uint32_t)db_col_int(q, 2),
		.cells = db_col_str(q, 3),
	};

	return to->each(to->self, &row, err);
}

enum errc stage_each(struct stage *s,
	enum errc (*each)(void *self, const struct stage_row *row, struct err *err), void *self,
	struct err *err)
{
	struct giving to = { each, self };

	return db_each(s->db,
		"SELECT serial, source, part, cells FROM reading "
		"ORDER BY serial, source, rowid",
		DB_NO_VALUES, give, &to, err);
}
