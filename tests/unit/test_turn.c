#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"
#include "wire/turn.h"

enum { PROCESSES = 7, SENDS = 400, MINUTE = 60000 };

static char folder[] = "/tmp/depmend-turn-XXXXXX";

/* One depmend: the shared file as it has it open, and what it still has to send. */
struct process {
	struct rate_log log;
	struct turn turn;
	size_t n_queued, n_sent;
	int64_t longest_ms, since_ms;
};
static struct process of[PROCESSES];
static int64_t sent[SENDS];
static size_t n_sent;

static void start(size_t i, struct rate rate, bool first, int64_t now)
{
	struct process *p = &of[i];
	struct err err = { .msg = "" };

	*p = (struct process){ 0 };
	rate_init(&p->log, rate);
	p->turn = (struct turn){ .log = &p->log, .rate_class = 1, .first = first };
	assert_int_equal(shared_open(&p->turn.shared, folder, false, &err), ERR_OK);
	turn_open(&p->turn, now);
}

static void stop(size_t i)
{
	rate_release(&of[i].log);
	shared_close(of[i].turn.shared);
}

static void step(struct process *p, int64_t now)
{
	if (p->since_ms == 0)
		p->since_ms = now;
	while (p->n_queued && p->turn.again_ms <= now && turn_take(&p->turn, now, p->n_queued)) {
		rate_note(&p->log, now);
		p->n_queued--;
		p->n_sent++;
		if (now - p->since_ms > p->longest_ms)
			p->longest_ms = now - p->since_ms;
		p->since_ms = now;
		if (n_sent < SENDS)
			sent[n_sent++] = now;
	}
}

/* On its way: when it was taken, arrives and is answered. */
struct way {
	size_t who;
	int64_t id, taken_ms, arrives_ms, answered_ms;
	bool killed; /* who sent it, before the answer */
};

static int64_t at_random(int64_t most_ms)
{
	static uint64_t x = 1;

	x = x * 6364136223846793005U + 1442695040888963407U;
	return (int64_t)((x >> 33) % (uint64_t)most_ms);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void never_too_many(struct rate rate)
{
	for (size_t i = rate.n; i < n_sent; i++)
		assert_true(sent[i] - sent[i - rate.n] > rate.window_ms);
}

static int empty(void **state)
{
	char cmd[96];

	(void)state;
	n_sent = 0;
	(void)snprintf(cmd, sizeof(cmd), "rm -f %s/shared.db*", folder);
	return system(cmd);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char cmd[96];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	return system(cmd);
}

static void test_six_readers_share(void **state)
{
	struct rate rate = { 20, MINUTE };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		start(i, rate, false, 1);
		of[i].n_queued = 20;
	}
	for (int64_t now = 1; now < 8 * MINUTE; now += 100)
		for (size_t i = 0; i < 6; i++)
			step(&of[(i + (size_t)now / 100) % 6], now);
	never_too_many(rate);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(of[i].n_queued, 0);
		stop(i);
	}
	assert_int_equal(n_sent, 120);
}

static void land(struct way *ways, size_t *n, int64_t now)
{
	for (size_t i = *n; i-- > 0;) {
		const struct way *w = &ways[i];

		if (w->answered_ms > now)
			continue;
		if (!w->killed)
			turn_landed(&of[w->who].turn, w->id, w->taken_ms, w->answered_ms);
		ways[i] = ways[--*n];
	}
}

/* One may be taken and its bytes leave late, on the way of which each takes its own time; one of a
 * hundred is never answered, since who sent it was killed. */
static void depart(struct way *ways, size_t *n, size_t who, int64_t now)
{
	struct process *p = &of[who];

	while (*n < 24 && p->n_queued && p->turn.again_ms <= now && n_sent < SENDS &&
		turn_take(&p->turn, now, p->n_queued)) {
		struct way *w = &ways[(*n)++];

		rate_note(&p->log, now);
		p->n_queued--;
		*w = (struct way){ who, p->turn.taken_id, now, now + at_random(3000), 0,
			at_random(100) == 0 };
		w->answered_ms = w->arrives_ms + at_random(500);
		sent[n_sent++] = w->arrives_ms;
	}
}

static void arrivals(struct rate rate, size_t n_queued, int64_t until, int64_t tick)
{
	struct way ways[24];
	size_t n = 0;

	for (size_t i = 0; i < 6; i++) {
		start(i, rate, i == 0, 1);
		of[i].turn.unseen_ms = TURN_UNSEEN_MS;
		of[i].n_queued = n_queued;
	}
	for (int64_t now = 1; now < until; now += tick) {
		land(ways, &n, now);
		for (size_t i = 0; i < 6; i++)
			depart(ways, &n, (i + (size_t)(now / tick)) % 6, now);
	}
	qsort(sent, n_sent, sizeof(*sent), by_time);
	never_too_many(rate);
	for (size_t i = 0; i < 6; i++)
		stop(i);
}

/* The service counts what arrives, whatever the way there took. */
static void test_arrivals_vary(void **state)
{
	(void)state;
	arrivals((struct rate){ 20, MINUTE }, 40, 14 * MINUTE, 50);
	assert_int_equal(n_sent, 240);
}

/* In a window that is shorter than the way. */
static void test_a_short_window(void **state)
{
	(void)state;
	arrivals((struct rate){ 5, 1000 }, 60, 4 * MINUTE, 50);
	assert_in_range(n_sent, 150, 360);
}

/* The holder of the lock gets what it needs, and yet no reader waits for ever. */
static void test_the_holder_comes_first(void **state)
{
	struct rate rate = { 20, MINUTE };
	size_t by_readers = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		start(i, rate, i == 0, 1);
		of[i].n_queued = 1000;
	}
	for (int64_t now = 1; now < 10 * MINUTE; now += 100)
		for (size_t i = 4; i-- > 0;) /* readers ask first */
			step(&of[i], now);
	never_too_many(rate);
	for (size_t i = 1; i < 4; i++) {
		by_readers += of[i].n_sent;
		assert_in_range(of[i].longest_ms, 1, 4 * MINUTE);
	}
	assert_true(of[0].n_sent > 2 * by_readers);
	assert_true(by_readers > 0);
	for (size_t i = 0; i < 4; i++)
		stop(i);
}

/* At most four ahead: what a holder that was killed has reserved is soon free again. */
static void test_what_nobody_comes_for(void **state)
{
	struct rate rate = { 2, MINUTE };
	int64_t *at, now, first;
	size_t n;
	struct err err;

	(void)state;
	start(0, rate, true, 1);
	of[0].n_queued = 50;
	step(&of[0], 1);
	assert_int_equal(of[0].n_sent, 2);
	assert_int_equal(shared_reserved(of[0].turn.shared, 1, &at, &n, &first, &err), ERR_OK);
	assert_int_equal(n, TURN_AHEAD);
	free(at);
	stop(0);
	start(1, rate, false, 1);
	of[1].n_queued = 1;
	for (now = 1; of[1].n_queued; now += 100)
		step(&of[1], now);
	assert_in_range(now, MINUTE, 4 * MINUTE);
	never_too_many(rate);
	stop(1);
	/* The next holder begins anew. */
	start(0, rate, true, now);
	of[0].n_queued = 1;
	step(&of[0], now);
	assert_int_equal(shared_reserved(of[0].turn.shared, 1, &at, &n, &first, &err), ERR_OK);
	assert_in_range(n, 0, 1);
	free(at);
	stop(0);
}

static void test_given_back(void **state)
{
	struct rate rate = { 1, MINUTE };

	(void)state;
	start(0, rate, true, 1);
	start(1, rate, false, 1);
	assert_true(turn_take(&of[0].turn, 1, 1));
	assert_false(turn_take(&of[1].turn, 1, 1));
	turn_give_back(&of[0].turn);
	assert_false(turn_take(&of[1].turn, 1, 1) && turn_take(&of[1].turn, 1, 1));
	stop(0);
	stop(1);
}

/* A clock that is set back does not block for as long as the step was wide. */
static void test_clock_set_back(void **state)
{
	struct rate rate = { 2, MINUTE };
	int64_t day = 24 * 60 * MINUTE;

	(void)state;
	start(0, rate, true, day);
	of[0].n_queued = 2;
	step(&of[0], day);
	start(1, rate, false, 1000);
	assert_false(turn_take(&of[1].turn, 1000, 1));
	assert_int_equal(of[1].turn.again_ms, 1000 + MINUTE + 1);
	stop(0);
	stop(1);
	/* Once, and not at every start until the clock is there again. */
	start(1, rate, false, 1000 + 2 * MINUTE);
	assert_true(turn_take(&of[1].turn, 1000 + 2 * MINUTE, 1));
	stop(1);
}

/* Nor one that is set back while the process that looks is running. */
static void test_clock_set_back_meanwhile(void **state)
{
	struct rate rate = { 2, MINUTE };
	int64_t day = 24 * 60 * MINUTE;

	(void)state;
	start(1, rate, false, day - 1);
	start(0, rate, true, day);
	of[0].n_queued = 2;
	step(&of[0], day);
	assert_false(turn_take(&of[1].turn, 1000, 1));
	assert_in_range(of[1].turn.again_ms, 1000, 1000 + MINUTE + 1);
	stop(0);
	stop(1);
}

/* Who took his time a moment before us is no clock that was set back. */
static void test_a_moment_ahead(void **state)
{
	struct rate rate = { 2, MINUTE };

	(void)state;
	start(0, rate, true, 3000);
	of[0].n_queued = 2;
	step(&of[0], 3000);
	start(1, rate, false, 1000);
	stop(1);
	start(1, rate, false, 2000 + MINUTE);
	assert_false(turn_take(&of[1].turn, 2000 + MINUTE, 1));
	stop(0);
	stop(1);
}

static void test_without_the_file(void **state)
{
	struct rate rate = { 2, MINUTE };
	struct err err = { .msg = "" };
	struct shared *left;

	(void)state;
	start(0, rate, true, 1);
	left = of[0].turn.shared;
	assert_int_equal(shared_begin(of[0].turn.shared, &err), ERR_OK); /* the next one fails */
	assert_true(turn_take(&of[0].turn, 1, 1));
	assert_null(of[0].turn.shared);
	rate_note(&of[0].log, 1);
	assert_true(turn_take(&of[0].turn, 1, 1));
	rate_note(&of[0].log, 1);
	assert_false(turn_take(&of[0].turn, 1, 1));
	assert_int_equal(of[0].turn.again_ms, MINUTE + 2);
	rate_release(&of[0].log);
	shared_close(left);
}

static int64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* It was stopped in the middle of a transaction, and may go on one day. */
static void test_somebody_holds_the_file(void **state)
{
	struct shared *stopped = NULL, *mine;
	int64_t since = clock_ms();
	struct err err;

	(void)state;
	assert_int_equal(shared_open(&stopped, folder, false, &err), ERR_OK);
	assert_int_equal(shared_begin(stopped, &err), ERR_OK);
	assert_int_equal(shared_open(&mine, folder, false, &err), ERR_OK);
	for (int class = 0; class < 3; class ++) {
		struct process p = { 0 };

		rate_init(&p.log, (struct rate){ 5, MINUTE });
		p.turn = (struct turn){ .shared = mine, .log = &p.log, .rate_class = class };
		turn_open(&p.turn, 1);
		assert_true(turn_take(&p.turn, 1, 1));
		turn_close(&p.turn, 1);
		rate_release(&p.log);
	}
	assert_true(clock_ms() - since < 9000); /* it waited once, and not three times */
	{
		struct process p = { 0 };

		rate_init(&p.log, (struct rate){ 5, MINUTE });
		p.turn = (struct turn){ .shared = mine, .log = &p.log, .unseen_ms = 1 };
		turn_landed(&p.turn, 1, 1, 2);
		assert_null(p.turn.shared);
		rate_release(&p.log);
	}
	shared_rollback(stopped);
	shared_close(stopped);
	shared_close(mine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_six_readers_share, empty),
		cmocka_unit_test_setup(test_arrivals_vary, empty),
		cmocka_unit_test_setup(test_a_short_window, empty),
		cmocka_unit_test_setup(test_the_holder_comes_first, empty),
		cmocka_unit_test_setup(test_what_nobody_comes_for, empty),
		cmocka_unit_test_setup(test_given_back, empty),
		cmocka_unit_test_setup(test_clock_set_back, empty),
		cmocka_unit_test_setup(test_clock_set_back_meanwhile, empty),
		cmocka_unit_test_setup(test_a_moment_ahead, empty),
		cmocka_unit_test_setup(test_without_the_file, empty),
		cmocka_unit_test_setup(test_somebody_holds_the_file, empty),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
