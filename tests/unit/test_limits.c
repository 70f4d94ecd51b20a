/* plan/limits: how many devices are too many, and what lifts that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan/limits.h"

static const struct limit devices = { "devices", -1, false, 10, NULL };
static const struct limit percent = { "percent", -1, true, 5, NULL };
static const struct limit wipes = { "wipe", STEP_WIPE, false, 0, NULL };

static enum errc ask(const struct limits *l, const struct limit *limit, uint64_t n, uint64_t n_day,
	struct err *err)
{
	const struct asking a = { "the plan", "split the CSV", n, n_day };

	return limit_check(l, limit, &a, err);
}

static void test_at_and_above(void **state)
{
	struct limits l = { .size = 100 };
	struct err err;

	(void)state;
	assert_int_equal(ask(&l, &devices, 10, 10, &err), ERR_OK);
	assert_int_equal(ask(&l, &devices, 11, 11, &err), ERR_GUARD);
	/* What others did in these 24 hours counts. */
	assert_int_equal(ask(&l, &devices, 1, 11, &err), ERR_GUARD);
	assert_non_null(strstr(err.msg, "--allow devices=11"));
	assert_int_equal(ask(&l, &wipes, 0, 0, &err), ERR_OK);
	assert_int_equal(ask(&l, &wipes, 1, 1, &err), ERR_GUARD);
	assert_non_null(strstr(err.msg, "wipe"));
}

static void test_share_of_the_organization(void **state)
{
	struct limits l = { .size = 100 };
	struct err err;
	uint64_t most;

	(void)state;
	assert_true(limit_most(&l, &percent, &most));
	assert_int_equal(most, 5);
	assert_int_equal(ask(&l, &percent, 5, 5, &err), ERR_OK);
	assert_int_equal(ask(&l, &percent, 6, 6, &err), ERR_GUARD);
	assert_non_null(strstr(err.msg, "--allow percent=6"));
	/* One device may always be acted on. */
	l.size = 3;
	assert_true(limit_most(&l, &percent, &most));
	assert_int_equal(most, 1);
	/* What nobody told cannot be a share. */
	l.size = -1;
	assert_false(limit_most(&l, &percent, &most));
	assert_int_equal(ask(&l, &percent, 1000, 1000, &err), ERR_OK);
}

/* A higher number lifts, a lower one leaves it, another name says nothing. */
static void test_lift(void **state)
{
	struct limits l = { .size = 100 };
	struct settings settings = { .limits = { [LIMIT_IN_FLIGHT] = 200 } };
	struct err err;

	(void)state;
	for (int i = 0; i < LIMITS_N; i++)
		l.v[i] = (struct limit){ "devices", -1, false, 10, NULL };
	assert_int_equal(
		limits_lift(&l, &settings, STR("{\"allowed\":[\"devices=20\",\"fleet=9\"]}"), &err),
		ERR_OK);
	assert_int_equal(l.v[0].most, 20);
	assert_int_equal(
		limits_lift(&l, &settings, STR("{\"allowed\":[\"devices=5\"]}"), &err), ERR_OK);
	assert_int_equal(l.v[0].most, 20);
	assert_int_equal(limits_lift(&l, &settings, STR("{\"allowed\":[\"devices=many\"]}"), &err),
		ERR_USAGE);
	assert_int_equal(limits_lift(&l, &settings, STR("{}"), &err), ERR_OK);
}

/* How many may be off their servers: when the run began, and now. */
static void test_lift_in_flight(void **state)
{
	const char *const allowed[] = { "devices=900", "in_flight=500", NULL };
	const char *const fewer[] = { "in_flight=100", NULL };
	struct limits l = { .size = 100 };
	struct settings settings = { .limits = { [LIMIT_IN_FLIGHT] = 200 } };
	struct err err;

	(void)state;
	for (int i = 0; i < LIMITS_N; i++)
		l.v[i] = (struct limit){ "devices", -1, false, 10, NULL };
	limits_allow_in_flight(&settings, NULL);
	limits_allow_in_flight(&settings, fewer);
	assert_int_equal(settings.limits[LIMIT_IN_FLIGHT], 200);
	limits_allow_in_flight(&settings, allowed);
	assert_int_equal(settings.limits[LIMIT_IN_FLIGHT], 500);
	assert_int_equal(
		limits_lift(&l, &settings, STR("{\"allowed\":[\"in_flight=1000\"]}"), &err),
		ERR_OK);
	assert_int_equal(settings.limits[LIMIT_IN_FLIGHT], 1000);
	assert_int_equal(settings.limits[LIMIT_DEVICES], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_and_above),
		cmocka_unit_test(test_share_of_the_organization),
		cmocka_unit_test(test_lift),
		cmocka_unit_test(test_lift_in_flight),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
