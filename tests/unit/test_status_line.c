/* report/status_line: how far a run is, however narrow the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/time.h"
#include "report/status_line.h"

#define NOON INT64_C(1795348800000) /* 2026-11-22T12:00:00Z */
#define HOUR INT64_C(3600000)

static struct standing busy(void)
{
	return (struct standing){
		.what = "apply",
		.total = 40,
		.settled = 12,
		.failed = 2,
		.in_flight = 5,
		.requests = 45,
		.requests_total = 120,
		.waiting_for = "the UEM",
		.now_ms = NOON,
		.waiting_until_ms = NOON + HOUR,
		.finish_ms = NOON + 2 * HOUR,
	};
}

static void shows(struct standing s, size_t width, const char *expected)
{
	char line[STATUS_LINE_BYTES];

	status_line(&s, width, line);
	assert_string_equal(line, expected);
}

static void says_less_when_narrow(void **state)
{
	struct standing s = busy();

	(void)state;
	s.budget = "Apple 10/hour";
	shows(s, 159,
		"apply: 10 of 40 done, 2 not done, 5 off server, 45 of 120 requests, waiting for "
		"write budget until 13:00:00Z (Apple 10/hour), ends about 14:00:00Z");
	shows(s, 105,
		"10 of 40 done, 2 not done, 5 off server, waiting for write budget until "
		"13:00:00Z, ends about 14:00:00Z");
	shows(s, 85,
		"10 of 40 done, 2 not done, 5 off server, waiting for write budget until "
		"13:00:00Z");
	s.whole = true;
	shows(s, 85, "10 of 40 done, 2 not done, 5 off server, until 2026-11-22T13:00:00Z");
	s.whole = false;
	s.failed = 0;
	s.budget = NULL;
	shows(s, 59, "12 of 40 done, 5 off server, until 13:00:00Z");
	shows(s, 39, "12 of 40 done, until 13:00:00Z");
	shows(s, 29, "12 of 40 done");
	shows(s, 10, "12 of 40");
	shows(s, 5, "");
}

static void says_what_is_known(void **state)
{
	struct standing s = { .what = "plan", .requests = 7, .finish_ms = TIME_NONE };

	(void)state;
	shows(s, 79, "plan: 7 requests");
	shows(s, 12, "7 requests");
	s.waiting_for = "Apple";
	s.waiting_until_ms = NOON;
	s.now_ms = NOON - 1;
	shows(s, 79, "plan: 7 requests, waiting for Apple until 12:00:00Z");
	s = busy();
	s.settled = s.failed = s.in_flight = 0;
	s.waiting_for = NULL;
	s.finish_ms = TIME_NONE;
	shows(s, 79, "apply: 0 of 40 done, 45 of 120 requests");
	s.requests_total = 0;
	shows(s, 79, "apply: 0 of 40 done");
}

/* What is waited for ends after the estimate: so does the run. */
static void does_not_end_while_it_waits(void **state)
{
	struct standing s = busy();

	(void)state;
	s.failed = 0;
	s.finish_ms = NOON + HOUR / 2;
	shows(s, 120,
		"apply: 12 of 40 done, 5 off server, 45 of 120 requests, waiting for the UEM until "
		"13:00:00Z, ends about 13:00:00Z");
}

static void names_another_day(void **state)
{
	struct standing s = busy();

	(void)state;
	s.failed = 0;
	s.waiting_until_ms = NOON + 36 * HOUR;
	s.finish_ms = TIME_NONE;
	shows(s, 70, "12 of 40 done, 5 off server, waiting for the UEM until 11-24 00:00Z");
}

/* A terminal shows its own time. */
static void is_local_on_a_terminal(void **state)
{
	struct standing s = busy();

	(void)state;
	assert_int_equal(setenv("TZ", "QQQ-5:45", 1), 0);
	tzset();
	s.local = true;
	s.failed = 0;
	shows(s, 70, "12 of 40 done, 5 off server, waiting for the UEM until 18:45");
	shows(s, 84,
		"12 of 40 done, 5 off server, waiting for the UEM until 18:45, ends about 19:45");
	s.waiting_until_ms = NOON + 12 * HOUR;
	shows(s, 75, "12 of 40 done, 5 off server, waiting for the UEM until Mon 23 Nov 05:45");
}

static void never_wraps(void **state)
{
	char line[STATUS_LINE_BYTES];
	struct standing s = busy();

	(void)state;
	s.total = s.settled = s.failed = s.in_flight = UINT32_MAX;
	s.waiting_until_ms = s.finish_ms = INT64_C(253402300799000);
	for (size_t width = 0; width < STATUS_LINE_BYTES; width++) {
		status_line(&s, width, line);
		assert_true(strlen(line) <= width);
		/* No word is cut: what there is ends as a whole line or part does. */
		if (*line)
			assert_non_null(strchr("sderZ)0123456789", line[strlen(line) - 1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_less_when_narrow),
		cmocka_unit_test(says_what_is_known),
		cmocka_unit_test(does_not_end_while_it_waits),
		cmocka_unit_test(names_another_day),
		cmocka_unit_test(is_local_on_a_terminal),
		cmocka_unit_test(never_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
