/*
 * Numbers by place, most of them one more than the number before: lines of rows, slots of serials.
 * A list in order is one run.
 */
#ifndef BASE_RUNS_H
#define BASE_RUNS_H

#include <stddef.h>
#include <stdint.h>

#define RUNS_NONE UINT32_MAX

struct run {
	uint32_t place, number; /* of its first; RUNS_NONE: none of them has one */
};

struct runs {
	struct run *v;
	uint32_t n, cap;
	uint32_t *last; /* the run asked for last: most places are asked for in order */
};

static inline uint32_t run_number(struct run run, uint32_t place)
{
	return run.number == RUNS_NONE ? RUNS_NONE : run.number + (place - run.place);
}

void runs_open(struct runs *r, uint32_t place, uint32_t number);
/* Of that place, and of those behind it until the next is noted. In order, from 0. */
static inline void runs_note(struct runs *r, uint32_t place, uint32_t number)
{
	if (r->n == 0 || run_number(r->v[r->n - 1], place) != number)
		runs_open(r, place, number);
}
uint32_t runs_at(const struct runs *r, uint32_t place);
void runs_release(struct runs *r);

/* Places before `end` whose number others have, too: those of a number beside each other, in order.
 * The numbers, below n_numbers, came for the first time in order. Caller frees. */
struct run *runs_twins(const struct runs *r, uint32_t end, uint32_t n_numbers, size_t *ret_n);

#endif
