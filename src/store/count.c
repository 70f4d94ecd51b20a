#include "store/count.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/outcome.h"
#include "store/sql.h"

_Static_assert(OUTCOME_MAX_ < UINT8_MAX, "outcomes fit");

void run_counts_init(struct run_counts *c)
{
	*c = (struct run_counts){ 0 };
	map_init(&c->rules, 0);
}

void run_counts_release(struct run_counts *c)
{
	map_release(&c->rules);
	free(c->n);
	c->n = NULL;
}

void run_counts_add(struct run_counts *c, struct str rule, int outcome)
{
	bool is_new;
	uint32_t at = map_add(&c->rules, rule.n ? rule : STR(""), &is_new);

	if (is_new) {
		MEM_GROW(c->n, at, c->cap);
		memset(c->n[at], 0, sizeof(c->n[at]));
	}
	c->n[at][outcome]++;
}

/* --- writing --- */

static int larger_first(const void *a, const void *b)
{
	const struct run_count *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->outcome - y->outcome;
}

/* Caller frees. */
static struct run_count *sorted(const struct run_counts *c, size_t *ret_n)
{
	struct run_count *v = mem_alloc((c->rules.n + 1) * OUTCOME_MAX_ * sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 0; i < c->rules.n; i++)
		for (int o = 0; o < OUTCOME_MAX_; o++)
			if (c->n[i][o])
				v[n++] = (struct run_count){ map_key(&c->rules, i), o, c->n[i][o] };
	qsort(v, n, sizeof(*v), larger_first);
	*ret_n = n;
	return v;
}

static enum errc put(struct store *s, int64_t run, const struct run_count *count, struct err *err)
{
	return store_do(s, SQL_COUNT_PUT,
		DB_VALUES(
			db_int(run), db_str(count->rule), db_int(count->outcome), db_int(count->n)),
		err);
}

static enum errc put_others(
	struct store *s, int64_t run, const struct run_count *v, size_t n, struct err *err)
{
	struct run_count others[OUTCOME_MAX_] = { 0 };
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n; i++)
		others[v[i].outcome].n += v[i].n;
	for (int o = 0; o < OUTCOME_MAX_ && !rc; o++) {
		others[o].rule = STR(RUN_COUNT_OTHERS);
		others[o].outcome = o;
		if (others[o].n)
			rc = put(s, run, &others[o], err);
	}
	return rc;
}

static enum errc put_all(
	struct store *s, int64_t run, const struct run_count *v, size_t n, struct err *err)
{
	size_t alone = n < RUN_COUNTS ? n : RUN_COUNTS;
	enum errc rc = store_do(s, SQL_COUNT_DROP, DB_VALUES(db_int(run)), err);

	for (size_t i = 0; i < alone && !rc; i++)
		rc = put(s, run, &v[i], err);
	return rc ? rc : put_others(s, run, v + alone, n - alone, err);
}

enum errc store_counts_put(
	struct store *s, int64_t run, const struct run_counts *c, struct err *err)
{
	size_t n;
	struct run_count *v = sorted(c, &n);
	enum errc rc = store_begin(s, err);

	if (!rc) {
		rc = put_all(s, run, v, n, err);
		rc = store_end(s, rc, err);
	}
	free(v);
	return rc;
}

/* --- reading --- */

struct giving {
	enum errc (*each)(void *self, const struct run_count *count, struct err *err);
	void *self;
};

static enum errc give(void *self, const struct cell *c, struct err *err)
{
	const struct giving *to = self;
	const struct run_count count = { c[1].text, (int)c[2].number, c[3].number };

	return to->each(to->self, &count, err);
}

enum errc store_counts(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct run_count *count, struct err *err), void *self,
	struct err *err)
{
	struct giving to = { each, self };

	return store_walk(s, SQL_COUNT_ALL, run, give, &to, err);
}
