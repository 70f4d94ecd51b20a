#include "store/wait.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

static void take_wait(struct waits *w, struct db_stmt *q)
{
	MEM_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = (struct wait){
		.list = arena_dup(&w->arena, db_col_str(q, 0)),
		.serial = arena_dup(&w->arena, db_col_str(q, 1)),
		.rule = arena_dup(&w->arena, db_col_str(q, 2)),
		.since_ms = db_col_int(q, 3),
		.until_ms = db_col_int(q, 4),
		.n = db_col_int(q, 5),
	};
}

static enum errc read_waits(
	struct store *s, const char *sql, struct str serial, struct waits *ret, struct err *err)
{
	struct db_stmt *q;
	bool row;
	enum errc rc;

	*ret = (struct waits){ 0 };
	arena_init(&ret->arena);
	rc = db_prepare(s->db, sql, &q, err);
	if (rc)
		return rc;
	db_bind_str(q, 1, serial.n ? serial : STR(""));
	while (!(rc = db_step(q, &row, err)) && row)
		take_wait(ret, q);
	db_stmt_free(q);
	return rc;
}

enum errc waits_load(struct store *s, struct str serial, struct waits *ret, struct err *err)
{
	return read_waits(s,
		"SELECT list, serial, rule, since, until, 1 FROM wait "
		"WHERE ?1 = '' OR serial = ?1 ORDER BY list, serial",
		serial, ret, err);
}

enum errc waits_by_list(struct store *s, struct waits *ret, struct err *err)
{
	return read_waits(s,
		"SELECT list, min(serial), rule, min(since), min(until), count(*) FROM wait "
		"WHERE ?1 = '' GROUP BY list, rule ORDER BY list, rule",
		STR_NONE, ret, err);
}

void waits_release(struct waits *w)
{
	free(w->v);
	arena_release(&w->arena);
	*w = (struct waits){ 0 };
}

enum errc wait_put(struct store *s, const struct wait *w, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_WAIT_PUT, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, w->list);
	db_bind_str(q, 2, w->serial);
	db_bind_str(q, 3, w->rule);
	db_bind_int(q, 4, w->since_ms);
	db_bind_int(q, 5, w->until_ms);
	return db_run(q, err);
}

enum errc wait_drop(struct store *s, const struct wait *w, struct err *err)
{
	struct db_stmt *q;
	enum errc rc = store_sql(s, SQL_WAIT_DROP, &q, err);

	if (rc)
		return rc;
	db_bind_str(q, 1, w->list);
	db_bind_str(q, 2, w->serial);
	return db_run(q, err);
}
