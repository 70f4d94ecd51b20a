#include "wire/rate.h"

#include <stdbool.h>
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
static int64_t *place_of(const struct rate_log *r, uint32_t i)
{
	return &r->at[((uint64_t)r->first + i) % r->rate.n];
}

static int64_t entry(const struct rate_log *r, uint32_t i)
{
	return *place_of(r, i);
}

void rate_note(struct rate_log *r, int64_t at_ms)
{
	uint32_t i;

	if (!r->rate.n || (r->n == r->rate.n && at_ms < entry(r, 0)))
		return;
	if (r->n == r->rate.n)
		r->first = (r->first + 1) % r->rate.n;
	else
		r->n++;
	/* A clock set back, or an answer that came later than the next one's, must not unsort it.
	 */
	for (i = r->n - 1; i > 0 && entry(r, i - 1) > at_ms; i--)
		*place_of(r, i) = entry(r, i - 1);
	*place_of(r, i) = at_ms;
}

void rate_move(struct rate_log *r, int64_t from_ms, int64_t to_ms)
{
	uint32_t i = r->n;

	while (i > 0 && entry(r, i - 1) > from_ms)
		i--;
	if (i == 0 || entry(r, i - 1) != from_ms)
		return;
	for (; i < r->n; i++)
		*place_of(r, i - 1) = entry(r, i);
	r->n--;
	rate_note(r, to_ms);
}

void rate_clear(struct rate_log *r)
{
	r->n = r->first = 0;
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

/* Ascending: the log, and what is taken. Caller frees with free(). */
static int64_t *all_times(const struct rate_log *r, const int64_t *taken, size_t n_taken)
{
	int64_t *all = mem_realloc(NULL, r->n + n_taken, sizeof(*all));
	size_t i = 0, k = 0;

	while (i < r->n || k < n_taken) {
		bool logged = k == n_taken || (i < r->n && entry(r, (uint32_t)i) <= taken[k]);

		all[i + k] = logged ? entry(r, (uint32_t)i) : taken[k];
		i += logged;
		k += !logged;
	}
	return all;
}

/* From `at` on the first time that no window of n others forbids. */
static int64_t first_free(const int64_t *all, size_t n_all, size_t n, int64_t apart, int64_t at)
{
	size_t before = 0; /* how many of all are not later than `at` */

	while (before < n_all && all[before] <= at)
		before++;
	for (size_t i = before > n ? before - n : 0; i + n <= n_all && i <= before;) {
		/* n others, of which the first is no later than `at`; or all are later. */
		int64_t from = i < before ? all[i] : at;
		int64_t last = all[i + n - 1] > at ? all[i + n - 1] : at;

		if (last - from >= apart) {
			i++;
			continue;
		}
		at = i < before ? all[i] + apart : all[i];
		while (before < n_all && all[before] <= at)
			before++;
		i = before > n ? before - n : 0;
	}
	return at;
}

int64_t rate_when_beside(
	const struct rate_log *r, int64_t now_ms, const int64_t *taken, size_t n_taken)
{
	int64_t at = now_ms > r->not_before_ms ? now_ms : r->not_before_ms;
	int64_t *all;

	if (!n_taken || !r->rate.n)
		return rate_when(r, now_ms, 1);
	all = all_times(r, taken, n_taken);
	at = first_free(all, r->n + n_taken, r->rate.n, r->rate.window_ms + 1, at);
	free(all);
	return at;
}
