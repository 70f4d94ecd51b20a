#include "store/wait.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

static enum errc take_wait(void *self, struct db_stmt *q, struct err *err)
{
	struct waits *w = self;

	(void)err;
	MEM_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = (struct wait){
		.list = arena_dup(&w->arena, db_col_str(q, 0)),
		.serial = arena_dup(&w->arena, db_col_str(q, 1)),
		.rule = arena_dup(&w->arena, db_col_str(q, 2)),
		.since_ms = db_col_int(q, 3),
		.until_ms = db_col_int(q, 4),
		.n = db_col_int(q, 5),
	};
	return ERR_OK;
}

static enum errc read_waits(
	struct store *s, const char *sql, struct str serial, struct waits *ret, struct err *err)
{
	*ret = (struct waits){ 0 };
	arena_init(&ret->arena);
	return db_each(
		s->db, sql, DB_VALUES(db_str(serial.n ? serial : STR(""))), take_wait, ret, err);
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
	return store_do(s, SQL_WAIT_PUT,
		DB_VALUES(db_str(w->list), db_str(w->serial), db_str(w->rule), db_int(w->since_ms),
			db_int(w->until_ms)),
		err);
}

enum errc wait_drop(struct store *s, const struct wait *w, struct err *err)
{
	return store_do(s, SQL_WAIT_DROP, DB_VALUES(db_str(w->list), db_str(w->serial)), err);
}
