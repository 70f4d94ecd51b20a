#include "base/runs.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

void runs_open(struct runs *r, uint32_t place, uint32_t number)
{
	if (!r->last)
		r->last = mem_zalloc(sizeof(*r->last));
	MEM_GROW(r->v, r->n, r->cap);
	r->v[r->n++] = (struct run){ place, number };
}

void runs_release(struct runs *r)
{
	free(r->v);
	free(r->last);
	*r = (struct runs){ 0 };
}

static bool is_in(const struct runs *r, uint32_t run, uint32_t place)
{
	return run < r->n && r->v[run].place <= place &&
	       (run + 1 == r->n || place < r->v[run + 1].place);
}

static uint32_t search(const struct runs *r, uint32_t place)
{
	uint32_t from = 0, to = r->n;

	while (to - from > 1) {
		uint32_t middle = from + (to - from) / 2;

		if (r->v[middle].place <= place)
			from = middle;
		else
			to = middle;
	}
	return from;
}

uint32_t runs_at(const struct runs *r, uint32_t place)
{
	uint32_t run = *r->last;

	if (!is_in(r, run, place))
		*r->last = run = is_in(r, run + 1, place) ? run + 1 : search(r, place);
	return run_number(r->v[run], place);
}

/* --- numbers that come again --- */

/* Behind its last number. */
static uint32_t run_end(const struct runs *r, uint32_t run, uint32_t end)
{
	return run_number(r->v[run], run + 1 < r->n ? r->v[run + 1].place : end);
}

/* Bits by number. NULL: there are none. Caller frees. */
static uint64_t *find_repeated(const struct runs *r, uint32_t end, uint32_t n_numbers)
{
	uint64_t *ret = NULL;
	uint32_t n_seen = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t n = r->v[i].number, to = run_end(r, i, end);

		if (n == RUNS_NONE)
			continue;
		if (n < n_seen && !ret)
			ret = mem_zalloc((n_numbers / 64 + (size_t)1) * sizeof(*ret));
		for (; n < n_seen && n < to; n++)
			ret[n / 64] |= UINT64_C(1) << n % 64;
		n_seen = to > n_seen ? to : n_seen;
	}
	return ret;
}

static int twin_cmp(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

struct run *runs_twins(const struct runs *r, uint32_t end, uint32_t n_numbers, size_t *ret_n)
{
	uint64_t *repeated = find_repeated(r, end, n_numbers);
	struct run *v = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; repeated && i < r->n; i++) {
		struct run run = r->v[i];
		uint32_t to = run_end(r, i, end);

		for (uint32_t k = run.number; k < to; k++) {
			uint64_t bits = repeated[k / 64] >> k % 64;

			if (!bits)
				k |= 63;
			if (!(bits & 1))
				continue;
			MEM_GROW(v, n, cap);
			v[n++] = (struct run){ run.place + (k - run.number), k };
		}
	}
	free(repeated);
	if (n)
		qsort(v, n, sizeof(*v), twin_cmp);
	*ret_n = n;
	return v;
}
