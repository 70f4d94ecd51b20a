#include "wire/rate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

void rate_init(struct rate_log *r, struct rate rate)
{
	*r = (struct rate_log){ .rate = rate, .not_before_ms = TIME_NONE };
	r->at = rate.n ? mem_realloc(NULL, rate.n, sizeof(*r->at)) : NULL;
}

void rate_release(struct rate_log *r)
{
	free(r->at);
	*r = (struct rate_log){ .not_before_ms = TIME_NONE };
}

/* i counts from the oldest entry. */
static int64_t entry(const struct rate_log *r, uint32_t i)
{
	return r->at[((uint64_t)r->first + i) % r->rate.n];
}

void rate_note(struct rate_log *r, int64_t at_ms)
{
	if (!r->rate.n)
		return;
	/* A clock set back between two runs must not unsort the log. */
	if (r->n && at_ms < entry(r, r->n - 1))
		at_ms = entry(r, r->n - 1);
	r->at[((uint64_t)r->first + r->n) % r->rate.n] = at_ms;
	if (r->n < r->rate.n)
		r->n++;
	else
		r->first = (r->first + 1) % r->rate.n;
}

void rate_pause(struct rate_log *r, int64_t until_ms)
{
	if (until_ms > r->not_before_ms)
		r->not_before_ms = until_ms;
}

/* at + times * step; a time beyond all times when that does not fit. */
static int64_t later(int64_t at, int64_t step, uint32_t times)
{
	int64_t way, sum;

	if (__builtin_mul_overflow(step, (int64_t)times, &way) ||
		__builtin_add_overflow(at, way, &sum))
		return INT64_MAX;
	return sum;
}

int64_t rate_when(const struct rate_log *r, int64_t now_ms, uint32_t k)
{
	/* Two requests exactly one window apart would share a window whose ends both count, and
	 * nobody knows how the service counts. */
	int64_t apart = r->rate.window_ms + 1;
	int64_t at = now_ms > r->not_before_ms ? now_ms : r->not_before_ms;
	uint32_t turn, place;

	if (!r->rate.n)
		return INT64_MAX;
	if (k == 0)
		return at;
	/* Request k leaves one window after request k - n, so only its place in the first turn has
	 * to look at the log. */
	turn = (k - 1) / r->rate.n;
	place = (k - 1) % r->rate.n;
	if (place >= r->rate.n - r->n) {
		int64_t free_at = later(entry(r, place - (r->rate.n - r->n)), apart, 1);

		if (free_at > at)
			at = free_at;
	}
	return later(at, apart, turn);
}
