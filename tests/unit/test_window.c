/* plan/window: clocks on the wall, also in the nights when they are changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/window.h"

enum { HOUR_MS = 3600 * 1000 };

static struct window_settings windows[3];
static struct settings settings;
static struct window w;

static int64_t at(const char *text)
{
	int64_t ms;

	assert_true(time_parse(str_from(text), &ms));
	return ms;
}

static void with(uint16_t from, uint16_t to, const char *zone)
{
	windows[settings.n_windows++] = (struct window_settings){ from, to, zone, "" };
	settings.windows = windows;
}

static int set_up(void **state)
{
	(void)state;
	settings = (struct settings){ 0 };
	settings.timeouts.activity_ms = 30 * 60 * 1000;
	settings.timeouts.settle_ms = 60 * 1000;
	return 0;
}

/* end NULL: closed. */
static void expect(const char *now, const char *end, const char *next)
{
	window_find(&w, &settings, TIME_NONE, at(now));
	assert_true(w.given);
	assert_int_equal(w.end_ms, end ? at(end) : TIME_NONE);
	assert_int_equal(w.next_ms, at(next));
}

static void over_midnight(void **state)
{
	(void)state;
	with(22 * 60, 6 * 60, "Europe/Berlin");
	expect("2026-11-22T20:59:59Z", NULL, "2026-11-22T21:00:00Z");
	expect("2026-11-22T21:00:00Z", "2026-11-23T05:00:00Z", "2026-11-23T21:00:00Z");
	expect("2026-11-23T04:59:59Z", "2026-11-23T05:00:00Z", "2026-11-23T21:00:00Z");
	expect("2026-11-23T05:00:00Z", NULL, "2026-11-23T21:00:00Z");
}

static void the_night_that_is_shorter(void **state)
{
	(void)state;
	with(22 * 60, 6 * 60, "Europe/Berlin");
	expect("2027-03-27T21:00:00Z", "2027-03-28T04:00:00Z", "2027-03-28T20:00:00Z");
}

static void the_night_that_is_longer(void **state)
{
	(void)state;
	with(22 * 60, 6 * 60, "Europe/Berlin");
	expect("2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z", "2026-10-25T21:00:00Z");
	/* A window in the hour that comes twice is open twice. */
	settings.n_windows = 0;
	with(2 * 60, 3 * 60, "Europe/Berlin");
	expect("2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-26T01:00:00Z");
}

/* 02:15 to 02:45 is not there on that day. */
static void a_window_that_the_clocks_leave_out(void **state)
{
	(void)state;
	with(2 * 60 + 15, 2 * 60 + 45, "Europe/Berlin");
	expect("2027-03-28T00:00:00Z", NULL, "2027-03-29T00:15:00Z");
}

static void a_window_that_ends_in_the_hour_left_out(void **state)
{
	(void)state;
	with(60, 2 * 60 + 30, "Europe/Berlin");
	expect("2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z", "2027-03-28T23:00:00Z");
}

static void several_zones_and_windows_that_touch(void **state)
{
	(void)state;
	with(22 * 60, 1440, "UTC");
	with(0, 2 * 60, "UTC");
	with(20 * 60, 21 * 60 + 30, "America/New_York");
	expect("2026-11-22T23:00:00Z", "2026-11-23T02:30:00Z", "2026-11-23T22:00:00Z");
}

static void half_an_hour_off(void **state)
{
	(void)state;
	with(1 * 60, 2 * 60, "Asia/Kolkata");
	expect("2026-11-22T19:00:00Z", NULL, "2026-11-22T19:30:00Z");
	expect("2026-11-22T19:30:00Z", "2026-11-22T20:30:00Z", "2026-11-23T19:30:00Z");
}

static void all_day(void **state)
{
	(void)state;
	with(0, 1440, "Europe/Berlin");
	window_find(&w, &settings, TIME_NONE, at("2026-11-22T12:00:00Z"));
	assert_int_equal(w.end_ms, INT64_MAX);
	assert_true(window_lets(&w, at("2026-11-22T12:00:00Z")));
}

static void until_ends_earlier(void **state)
{
	int64_t now = at("2026-11-22T22:00:00Z");

	(void)state;
	window_find(&w, &settings, at("2026-11-23T01:00:00Z"), now);
	assert_int_equal(w.end_ms, at("2026-11-23T01:00:00Z"));
	assert_int_equal(w.next_ms, TIME_NONE);
	with(22 * 60, 6 * 60, "Europe/Berlin");
	window_find(&w, &settings, at("2026-11-23T01:00:00Z"), now);
	assert_int_equal(w.end_ms, at("2026-11-23T01:00:00Z"));
	window_find(&w, &settings, at("2026-11-23T09:00:00Z"), now);
	assert_int_equal(w.end_ms, at("2026-11-23T05:00:00Z"));
	window_find(&w, &settings, at("2026-11-22T22:00:00Z"), now);
	assert_int_equal(w.end_ms, TIME_NONE);
	assert_false(window_lets(&w, now));
}

static void no_later_than_it_can_be_back(void **state)
{
	int64_t now = at("2026-11-22T22:00:00Z"), end = at("2026-11-23T05:00:00Z");

	(void)state;
	with(22 * 60, 6 * 60, "Europe/Berlin");
	window_find(&w, &settings, TIME_NONE, now);
	window_limit(&w, &settings, 2 * HOUR_MS);
	assert_int_equal(w.last_off_ms, end - 2 * HOUR_MS);
	assert_true(window_lets(&w, end - 2 * HOUR_MS - 1));
	assert_false(window_lets(&w, end - 2 * HOUR_MS));
	assert_true(w.stop_ms < end && w.stop_ms > w.last_off_ms);
}

static void the_zone_of_the_process_stays(void **state)
{
	(void)state;
	(void)setenv("TZ", "Asia/Tokyo", 1);
	with(22 * 60, 6 * 60, "Europe/Berlin");
	window_find(&w, &settings, TIME_NONE, at("2026-11-22T22:00:00Z"));
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	(void)unsetenv("TZ");
}

static void none_is_given(void **state)
{
	(void)state;
	window_find(&w, &settings, TIME_NONE, 0);
	assert_false(w.given);
	assert_true(window_lets(&w, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(over_midnight, set_up),
		cmocka_unit_test_setup(the_night_that_is_shorter, set_up),
		cmocka_unit_test_setup(the_night_that_is_longer, set_up),
		cmocka_unit_test_setup(a_window_that_the_clocks_leave_out, set_up),
		cmocka_unit_test_setup(a_window_that_ends_in_the_hour_left_out, set_up),
		cmocka_unit_test_setup(several_zones_and_windows_that_touch, set_up),
		cmocka_unit_test_setup(half_an_hour_off, set_up),
		cmocka_unit_test_setup(all_day, set_up),
		cmocka_unit_test_setup(until_ends_earlier, set_up),
		cmocka_unit_test_setup(no_later_than_it_can_be_back, set_up),
		cmocka_unit_test_setup(the_zone_of_the_process_stays, set_up),
		cmocka_unit_test_setup(none_is_given, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
