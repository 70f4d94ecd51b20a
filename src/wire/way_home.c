#include "wire/way_home.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
	SOON_MS = 300000,  /* a sync and its proof take about as long */
	AT_ONCE_MS = 1000, /* a look stays good so long */
};

static uint32_t n_requests(const struct way_home *h, uint32_t devices)
{
	return (devices + h->batch - 1) / h->batch;
}

uint32_t way_home_writes(const struct way_home *h)
{
	uint32_t writes = 0;

	for (uint32_t s = 0; s < h->n_servers; s++)
		writes += n_requests(h, h->off[s]);
	return writes;
}

/* --- who would have a way back at all --- */

static int by_server(const void *a, const void *b)
{
	const struct mover *x = *(const struct mover *const *)a,
			   *y = *(const struct mover *const *)b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x > y) - (x < y);
}

/* Those that leave, by the server that they come back to; returns how many. */
static uint32_t leaving(struct mover *v, uint32_t n, struct mover **ret)
{
	uint32_t n_leaving = 0;

	for (uint32_t i = 0; i < n; i++) {
		v[i].goes = true;
		if (v[i].to != NO_WAY)
			ret[n_leaving++] = &v[i];
	}
	qsort(ret, n_leaving, sizeof(struct mover *), by_server);
	return n_leaving;
}

/* How many of them make up the next request; *ret_end: one past its last. */
static uint32_t request_end(const struct way_home *h, const struct mover *v, uint32_t n,
	uint32_t from, uint32_t *ret_end)
{
	uint32_t i = from, k = 0;

	for (; i < n && v[i].request == v[from].request && k < h->batch; i++)
		k += v[i].goes;
	*ret_end = i;
	return k;
}

/* How many of those that go leave with so many requests. */
static uint32_t leave_with(
	const struct way_home *h, const struct mover *v, uint32_t n, uint32_t most)
{
	uint32_t sum = 0, requests = 0;

	for (uint32_t i = 0, end; i < n && requests < most; i = end) {
		uint32_t before = sum;

		(void)request_end(h, v, n, i, &end);
		for (uint32_t k = i; k < end; k++)
			sum += v[k].goes && v[k].to != NO_WAY;
		requests += sum > before;
	}
	return sum;
}

/* As many writes as there will be in time, for both ways of those that leave. */
static uint32_t writes_in_time(const struct way_home *h)
{
	uint32_t off = way_home_writes(h), k = 0;

	while (k < h->rate_n && h->when_ms(h->self, k + 1) <= h->deadline_ms)
		k++;
	return k > off ? k - off : 0;
}

/* Adds them to those that are off, server by server, while no more than `most` writes more bring
 * them back; the others wait. Returns how many writes. */
static uint32_t add(struct way_home *h, struct mover *const *v, uint32_t n, uint32_t most)
{
	uint32_t writes = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t more = h->off[v[i]->to] % h->batch == 0;

		v[i]->goes = writes + more <= most;
		if (!v[i]->goes)
			continue;
		writes += more;
		h->off[v[i]->to]++;
	}
	return writes;
}

static void take_back(struct way_home *h, struct mover *const *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		h->off[v[i]->to] -= v[i]->goes;
}

/* So many servers to come back to that as many as possible leave: each is a write, and so is each
 * request that takes devices off. */
static void choose_servers(struct way_home *h, struct mover *v, uint32_t n)
{
	struct mover **leaves = mem_alloc((n + (size_t)1) * sizeof(struct mover *));
	uint32_t n_leaves = leaving(v, n, leaves), room = writes_in_time(h), best = 1, most = 0;

	for (uint32_t t = 1, writes = 0; t < room && writes + 1 == t; t++) {
		uint32_t leave;

		writes = add(h, leaves, n_leaves, t);
		leave = leave_with(h, v, n, room - writes);
		take_back(h, leaves, n_leaves);
		if (leave > most) {
			most = leave;
			best = t;
		}
	}
	(void)add(h, leaves, n_leaves, best);
	take_back(h, leaves, n_leaves);
	free(leaves);
}

/* --- when --- */

struct ahead {
	uint32_t n, n_back; /* requests that leave first, and those of them that bring devices back
			     */
	bool any;           /* some of the round take devices off */
};

/* The writes that have to be free soon when a request leaves that brings nobody back: those of its
 * kind ahead of it, those that bring back who is off by then, and its own. Where as many are free
 * as there ever are nobody who is off could use one, and the first may go. */
static int64_t may_leave(const struct way_home *h, const struct ahead *a, uint32_t off)
{
	uint32_t before = a->n - a->n_back, needs = before + off + 1;
	int64_t last_ms = h->when_ms(h->self, needs), first_ms;

	if (!a->any && !off)
		return h->now_ms;
	if (last_ms > h->deadline_ms)
		return last_ms;
	if (!before && needs > h->rate_n)
		last_ms = h->when_ms(h->self, h->rate_n);
	first_ms = h->when_ms(h->self, a->n + 1);
	last_ms -= SOON_MS;
	return first_ms > last_ms ? first_ms : last_ms;
}

static void count(struct way_home *h, const struct mover *v, uint32_t n, int by)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i].goes && v[i].to != NO_WAY)
			h->off[v[i].to] += (uint32_t)by;
}

static void leave_at_home(struct way_home *h, struct mover *v, uint32_t n, int64_t until_ms)
{
	count(h, v, n, -1);
	for (uint32_t i = 0; i < n; i++)
		v[i].goes = false;
	if (until_ms < h->held_until_ms)
		h->held_until_ms = until_ms;
}

void way_home_choose(struct way_home *h, struct mover *v, uint32_t n)
{
	struct ahead a = { 0 };

	h->held_until_ms = INT64_MAX;
	choose_servers(h, v, n);
	for (uint32_t i = 0; i < n; i++)
		a.any |= v[i].to != NO_WAY;
	for (uint32_t i = 0, end; i < n; i = end) {
		int64_t when_ms = h->now_ms;

		if (request_end(h, v, n, i, &end) == 0)
			continue;
		count(h, v + i, end - i, 1);
		if (!v[i].back)
			when_ms = may_leave(h, &a, way_home_writes(h));
		if (when_ms > h->now_ms + AT_ONCE_MS) {
			leave_at_home(h, v + i, end - i, when_ms);
			continue;
		}
		a.n++;
		a.n_back += v[i].back;
	}
}
