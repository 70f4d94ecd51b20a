#include "store/wait.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

static enum errc take_wait(void *self, struct db_stmt *q, struct err *err)
{
	struct waits *w = self;

	(void)err;
	MEM_GROW(w->v, w->n, w->cap);
	w->v[w->n++] = (struct waiting){
		.list = arena_dup(&w->arena, db_col_str(q, 0)),
		.serial = arena_dup(&w->arena, db_col_str(q, 1)),
		.rule = arena_dup(&w->arena, db_col_str(q, 2)),
		.since_ms = db_col_int(q, 3),
		.until_ms = db_col_int(q, 4),
		.n = 1,
	};
	return ERR_OK;
}

#define SELECT_WAITS "SELECT list, serial, rule, since, until FROM wait "

enum errc waits_load(struct store *s, struct str serial, struct waits *ret, struct err *err)
{
	*ret = (struct waits){ 0 };
	arena_init(&ret->arena);
	return serial.n ? db_each(s->db, SELECT_WAITS "WHERE serial = ?1 ORDER BY list",
				  DB_VALUES(db_str(serial)), take_wait, ret, err)
			: db_each(s->db, SELECT_WAITS "ORDER BY list, serial", DB_NO_VALUES,
				  take_wait, ret, err);
}

/* --- in groups --- */

static bool is_one_group(const struct waiting *a, const struct waiting *b)
{
	return a->state == b->state && str_eq(a->rule, b->rule) && str_eq(a->list, b->list);
}

/* In place, since a group has no later place than its first. */
static void gather(struct waits *w)
{
	size_t n = 0, k;

	for (size_t i = 0; i < w->n; i++) {
		struct waiting one = w->v[i];

		for (k = 0; k < n && !is_one_group(&w->v[k], &one); k++)
			;
		if (k == n) {
			w->v[n++] = one;
			continue;
		}
		w->v[k].n++;
		if (one.since_ms < w->v[k].since_ms)
			w->v[k].since_ms = one.since_ms;
		if (one.until_ms < w->v[k].until_ms)
			w->v[k].until_ms = one.until_ms;
	}
	w->n = n;
}

/* n_lists: that still wait for it, this one among them or not. */
static enum wait_state state_of(
	const struct waiting *w, const struct map *protected_list, uint32_t n_lists, int64_t now_ms)
{
	bool over = w->until_ms <= now_ms;

	if (map_find(protected_list, w->serial) != MAP_NONE)
		return WAIT_PROTECTED;
	if (n_lists > (over ? 0 : 1))
		return WAIT_TWICE;
	return over ? WAIT_OVER : WAIT_ON;
}

enum errc waits_by_list(struct store *s, struct str serial, int64_t now_ms,
	const struct map *protected_list, struct waits *ret, struct err *err)
{
	enum errc rc = waits_load(s, serial, ret, err);
	uint32_t *n_lists = mem_zalloc((ret->n + 1) * sizeof(*n_lists));
	struct map serials;

	map_init(&serials, 0);
	for (size_t i = 0; i < ret->n; i++)
		n_lists[map_add(&serials, ret->v[i].serial, NULL)] += ret->v[i].until_ms > now_ms;
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].state = state_of(&ret->v[i], protected_list,
			n_lists[map_find(&serials, ret->v[i].serial)], now_ms);
	gather(ret);
	map_release(&serials);
	free(n_lists);
	return rc;
}

void waits_release(struct waits *w)
{
	free(w->v);
	arena_release(&w->arena);
	*w = (struct waits){ 0 };
}

enum errc wait_put(struct store *s, const struct waiting *w, struct err *err)
{
	return store_do(s, SQL_WAIT_PUT,
		DB_VALUES(db_str(w->list), db_str(w->serial), db_str(w->rule), db_int(w->since_ms),
			db_int(w->until_ms)),
		err);
}

enum errc wait_drop(struct store *s, const struct waiting *w, struct err *err)
{
	return store_do(s, SQL_WAIT_DROP, DB_VALUES(db_str(w->list), db_str(w->serial)), err);
}
