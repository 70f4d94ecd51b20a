#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "io/clock.h"

static void virtual_stands_still_and_jumps_forward_only(void **state)
{
	struct clock *c = clock_virtual(1000);

	(void)state;
	assert_true(clock_is_virtual(c));
	assert_int_equal(clock_now(c), 1000);
	assert_int_equal(clock_now(c), 1000);
	clock_advance(c, 5000);
	assert_int_equal(clock_now(c), 5000);
	clock_advance(c, 4999);
	assert_int_equal(clock_now(c), 5000);
	clock_free(c);
}

static void real_follows_the_wall_clock(void **state)
{
	struct timespec before, after;
	struct clock *c;
	int64_t now;

	(void)state;
	(void)clock_gettime(CLOCK_REALTIME, &before);
	c = clock_real();
	assert_false(clock_is_virtual(c));
	clock_advance(c, INT64_MAX);
	now = clock_now(c);
	(void)clock_gettime(CLOCK_REALTIME, &after);
	/* Two clocks cut to milliseconds may disagree by one on either side. */
	assert_in_range(now, before.tv_sec * 1000 + before.tv_nsec / 1000000 - 1,
		after.tv_sec * 1000 + after.tv_nsec / 1000000 + 1);
	(void)nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
	assert_true(clock_now(c) > now);
	clock_free(c);
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	clock_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(virtual_stands_still_and_jumps_forward_only),
		cmocka_unit_test(real_follows_the_wall_clock),
		cmocka_unit_test(freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
