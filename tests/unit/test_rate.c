#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/time.h"
#include "wire/rate.h"

static const struct rate ten_an_hour = { 10, 3600000 };

static void test_empty_log_is_free(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, ten_an_hour);
	assert_int_equal(rate_when(&r, 5000, 1), 5000);
	assert_int_equal(rate_when(&r, 5000, 10), 5000);
	assert_true(rate_when(&r, 5000, 11) > 5000 + 3600000);
	rate_release(&r);
}

/* What a token bucket gets wrong: 10/hour must not allow 19 within the first hour. */
static void test_no_burst_above_the_rate(void **state)
{
	struct rate_log r;
	int sent = 0;

	(void)state;
	rate_init(&r, ten_an_hour);
	for (int64_t now = 0; now <= 3600000; now += 1000)
		if (rate_when(&r, now, 1) <= now) {
			rate_note(&r, now);
			sent++;
		}
	assert_int_equal(sent, 10);
	assert_int_equal(rate_when(&r, 3600000, 1), 3600001);
	rate_release(&r);
}

static void test_more_entries_than_the_rate(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, (struct rate){ 2, 100 });
	for (int64_t at = 0; at < 10; at++)
		rate_note(&r, at); /* a store filled under a higher rate */
	assert_int_equal(rate_when(&r, 10, 1), 8 + 101);
	assert_int_equal(rate_when(&r, 10, 2), 9 + 101);
	rate_release(&r);
}

/* Answers come in another order than requests left. */
static void test_moved(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, (struct rate){ 3, 100 });
	rate_note(&r, 10);
	rate_note(&r, 11);
	rate_note(&r, 12);
	rate_move(&r, 10, 40);
	assert_int_equal(rate_when(&r, 0, 1), 11 + 101);
	rate_move(&r, 12, 13);
	rate_move(&r, 99, 500); /* none of them */
	assert_int_equal(rate_when(&r, 0, 2), 13 + 101);
	assert_int_equal(rate_when(&r, 0, 3), 40 + 101);
	rate_note(&r, 20);
	rate_note(&r, 1); /* too long ago */
	assert_int_equal(rate_when(&r, 0, 1), 13 + 101);
	assert_int_equal(rate_when(&r, 0, 2), 20 + 101);
	rate_clear(&r);
	assert_int_equal(rate_when(&r, 7, 3), 7);
	rate_release(&r);
}

static void test_clock_set_back(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, (struct rate){ 2, 100 });
	rate_note(&r, 1000);
	rate_note(&r, 500);
	assert_int_equal(rate_when(&r, 500, 1), 601); /* the one of 1000 left before */
	assert_int_equal(rate_when(&r, 500, 2), 1101);
	rate_release(&r);
}

static void test_pause_is_never_shortened(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, ten_an_hour);
	rate_pause(&r, 9000);
	rate_pause(&r, 4000);
	assert_int_equal(rate_when(&r, 1000, 1), 9000);
	assert_int_equal(rate_when(&r, 9500, 1), 9500);
	assert_int_equal(rate_when(&r, 1000, 11), 9000 + 3600001);
	rate_release(&r);
}

static void test_extremes(void **state)
{
	struct rate_log r;

	(void)state;
	rate_init(&r, (struct rate){ 0, 1000 });
	rate_note(&r, 1);
	assert_int_equal(rate_when(&r, 1, 1), INT64_MAX);
	rate_release(&r);
	rate_init(&r, (struct rate){ 1, INT64_MAX / 2 });
	assert_int_equal(rate_when(&r, 7, 1), 7);
	assert_int_equal(rate_when(&r, 7, UINT32_MAX), INT64_MAX);
	rate_release(&r);
}

/* --- against a brute-force sliding window --- */

static uint64_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % below;
}

/* How many of the n times lie in the closed window that ends at `end`. */
static uint32_t in_window(const int64_t *at, size_t n, int64_t end, int64_t window_ms)
{
	uint32_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += at[i] >= end - window_ms && at[i] <= end;
	return count;
}

static int64_t earliest(const int64_t *at, size_t n, struct rate rate, int64_t from)
{
	while (in_window(at, n, from, rate.window_ms) >= rate.n)
		from++;
	return from;
}

static void test_against_brute_force(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct rate rate;
		struct rate_log r;
		int64_t at[160], now = 0, paused = TIME_NONE;
		size_t n = 0;

		random_state = seed;
		rate = (struct rate){ 1 + any(6), 1 + any(40) };
		rate_init(&r, rate);
		while (n < 80) {
			int64_t plan[160], from;
			size_t m = n;

			now += any(20);
			if (any(10) == 0) {
				int64_t until = now + any(60);

				rate_pause(&r, until);
				paused = until > paused ? until : paused;
			}
			from = now > paused ? now : paused;
			for (size_t i = 0; i < n; i++)
				plan[i] = at[i];
			for (uint32_t k = 1; k <= 12; k++) {
				plan[m] = earliest(plan, m, rate, from);
				assert_int_equal(rate_when(&r, now, k), plan[m]);
				m++;
			}
			now = plan[n] + any(4);
			rate_note(&r, now);
			at[n++] = now;
		}
		for (size_t i = 0; i < n; i++)
			assert_true(in_window(at, n, at[i], rate.window_ms) <= rate.n);
		rate_release(&r);
	}
}

/* What others have reserved is kept free for them, before and behind. */
static void test_beside_others(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct rate rate;
		struct rate_log r;
		int64_t at[80], taken[8], now = 0, got, want;
		size_t n = 0, n_taken;

		random_state = seed;
		rate = (struct rate){ 1 + any(6), 1 + any(40) };
		rate_init(&r, rate);
		for (; n < any(30); n++) {
			now = earliest(at, n, rate, now + any(20));
			at[n] = now;
			rate_note(&r, now);
		}
		for (n_taken = 0; n_taken < any(7); n_taken++) {
			at[n] = taken[n_taken] = earliest(at, n, rate, now + any(30));
			n++;
			for (size_t i = n_taken; i > 0 && taken[i - 1] > taken[i]; i--) {
				int64_t swap = taken[i];

				taken[i] = taken[i - 1];
				taken[i - 1] = swap;
			}
		}
		now += any(50);
		got = rate_when_beside(&r, now, taken, n_taken);
		for (want = now;; want++) {
			bool fits = true;

			at[n] = want;
			for (size_t i = 0; i <= n && fits; i++) {
				int64_t end = at[i];

				fits = end < want || end > want + rate.window_ms ||
				       in_window(at, n + 1, end, rate.window_ms) <= rate.n;
			}
			if (fits)
				break;
		}
		assert_int_equal(got, want);
		rate_release(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_log_is_free),
		cmocka_unit_test(test_no_burst_above_the_rate),
		cmocka_unit_test(test_more_entries_than_the_rate),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_pause_is_never_shortened),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_against_brute_force),
		cmocka_unit_test(test_beside_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
