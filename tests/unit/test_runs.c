#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/runs.h"

enum { NONE = -1 };

static struct runs made(const int *numbers, uint32_t n)
{
	struct runs r = { 0 };

	for (uint32_t i = 0; i < n; i++)
		runs_note(&r, i, (uint32_t)numbers[i]);
	return r;
}

#define MADE(...) \
	made((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void numbers_are_those_noted(void **state)
{
	const int numbers[] = { 0, 1, 2, 1, 2, 3, NONE, NONE, 4, 0, 0, 5 };
	enum { N = sizeof(numbers) / sizeof(*numbers) };
	struct runs r = made(numbers, N);

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(runs_at(&r, i), (uint32_t)numbers[i]);
	/* From each place to each. */
	for (uint32_t i = 0; i < N * N; i++) {
		assert_int_equal(runs_at(&r, i / N), (uint32_t)numbers[i / N]);
		assert_int_equal(runs_at(&r, i % N), (uint32_t)numbers[i % N]);
	}
	runs_release(&r);
}

static void a_list_in_order_is_one_run(void **state)
{
	struct runs r = MADE(7, 8, 9);

	(void)state;
	assert_int_equal(r.n, 1);
	assert_int_equal(runs_at(&r, 1000), 1007);
	runs_release(&r);
	r = MADE(NONE, NONE, NONE);
	assert_int_equal(r.n, 1);
	assert_int_equal(runs_at(&r, 1000), RUNS_NONE);
	runs_release(&r);
}

static void twins_are(struct runs r, uint32_t end, const struct run *wanted, size_t n_wanted)
{
	size_t n;
	struct run *v = runs_twins(&r, end, 1000, &n);

	assert_int_equal(n, n_wanted);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(v[i].place, wanted[i].place);
		assert_int_equal(v[i].number, wanted[i].number);
	}
	free(v);
	runs_release(&r);
}

static void twins_are_found(void **state)
{
	struct runs far = { 0 };

	(void)state;
	twins_are(MADE(0, 1, NONE, 2), 4, NULL, 0);
	twins_are(MADE(0, 1, 1, 2), 4, (const struct run[]){ { 1, 1 }, { 2, 1 } }, 2);
	/* The second run begins with what was there, and goes on with what is new. */
	twins_are(MADE(0, 1, 2, NONE, 1, 2, 3, 0, 4), 9,
		(const struct run[]){ { 0, 0 }, { 7, 0 }, { 1, 1 }, { 4, 1 }, { 2, 2 }, { 5, 2 } },
		6);
	/* Over the words of the bits. */
	runs_note(&far, 0, 0);
	runs_note(&far, 400, 127);
	runs_note(&far, 402, 320);
	runs_note(&far, 403, 400);
	twins_are(far, 404,
		(const struct run[]){ { 127, 127 }, { 400, 127 }, { 128, 128 }, { 401, 128 },
			{ 320, 320 }, { 402, 320 } },
		6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_noted),
		cmocka_unit_test(a_list_in_order_is_one_run),
		cmocka_unit_test(twins_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
