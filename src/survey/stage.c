#include "survey/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/db.h"

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
	struct db_stmt *st = NULL;
	enum errc rc = db_exec(
		s->db, "DELETE FROM meta; DELETE FROM reading; DELETE FROM listing", err);

	if (!rc)
		rc = db_prepare(s->db, "INSERT INTO meta VALUES(?,?)", &st, err);
	if (rc)
		return rc;
	db_bind_str(st, 1, identity);
	db_bind_int(st, 2, now_ms);
	rc = db_run(st, err);
	db_stmt_free(st);
	return rc;
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
	db_bind_str(s->add, 1, row->serial);
	db_bind_int(s->add, 2, row->source);
	db_bind_int(s->add, 3, row->part);
	db_bind_str(s->add, 4, row->cells);
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
	db_bind_int(s->mark, 1, source);
	db_bind_int(s->mark, 2, part);
	db_bind_str(s->mark, 3, next.n ? next : STR(""));
	if (db_run(s->mark, err) || db_commit(s->db, err))
		return err->code;
	return ERR_OK;
}

enum errc stage_progress(struct stage *s, enum stage_source source, uint32_t part, bool *ret_done,
	struct buf *ret_cursor, struct err *err)
{
	struct db_stmt *st = NULL;
	bool row = false;
	enum errc rc = db_prepare(
		s->db, "SELECT next FROM listing WHERE source=? AND part=?", &st, err);

	if (rc)
		return rc;
	db_bind_int(st, 1, source);
	db_bind_int(st, 2, part);
	rc = db_step(st, &row, err);
	if (!rc) {
		buf_reset(ret_cursor);
		if (row)
			buf_str(ret_cursor, db_col_str(st, 0));
		*ret_done = row && ret_cursor->n == 0;
	}
	db_stmt_free(st);
	return rc;
}

static enum errc delete_part(
	struct stage *s, const char *sql, enum stage_source source, uint32_t part, struct err *err)
{
	struct db_stmt *st = NULL;
	enum errc rc = db_prepare(s->db, sql, &st, err);

	if (rc)
		return rc;
	db_bind_int(st, 1, source);
	db_bind_int(st, 2, part);
	rc = db_run(st, err);
	db_stmt_free(st);
	return rc;
}

enum errc stage_forget(struct stage *s, enum stage_source source, uint32_t part, struct err *err)
{
	enum errc rc;

	db_rollback(s->db);
	rc = delete_part(s, "DELETE FROM listing WHERE source=? AND part=?", source, part, err);
	if (!rc)
		rc = delete_part(
			s, "DELETE FROM reading WHERE source=? AND part=?", source, part, err);
	return rc;
}

/* --- all of it --- */

enum errc stage_each(struct stage *s,
	enum errc (*each)(void *self, const struct stage_row *row, struct err *err), void *self,
	struct err *err)
{
	struct db_stmt *st = NULL;
	bool more = true;
	enum errc rc = db_prepare(s->db,
		"SELECT serial, source, part, cells FROM reading "
		"ORDER BY serial, source, rowid",
		&st, err);

	while (!rc && more) {
		rc = db_step(st, &more, err);
		if (!rc && more) {
			const struct stage_row row = {
				.serial = db_col_str(st, 0),
				.source = (enum stage_source)db_col_int(st, 1),
				.part = (uint32_t)db_col_int(st, 2),
				.cells = db_col_str(st, 3),
			};

			rc = each(self, &row, err);
		}
	}
	db_stmt_free(st);
	return rc;
}
