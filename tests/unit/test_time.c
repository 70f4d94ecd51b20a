#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "base/time.h"

static int64_t parsed(const char *z)
{
	int64_t ms = TIME_NONE;

	assert_true(time_parse(str_from(z), &ms));
	return ms;
}

static void reads_what_services_send(void **state)
{
	(void)state;
	assert_int_equal(parsed("1970-01-01"), 0);
	assert_int_equal(parsed("2025-04-30T22:05:14.192Z"), 1746050714192);
	assert_int_equal(parsed("2025-04-30T22:05:14.19Z"), 1746050714190);
	assert_int_equal(parsed("2025-04-30T22:05:14.123456789Z"), 1746050714123);
	assert_int_equal(parsed("2025-04-30T22:05:14Z"), 1746050714000);
	assert_int_equal(parsed("2025-04-30t22:05:14z"), 1746050714000);
	assert_int_equal(parsed("2025-04-30 22:05:14"), 1746050714000);
	assert_int_equal(parsed("2025-05-01T03:35:14+05:30"), 1746050714000);
	assert_int_equal(parsed("2025-04-30T18:05:14-04:00"), 1746050714000);
	assert_int_equal(parsed("1969-12-31T23:59:59.999Z"), -1);
	assert_int_equal(parsed("2024-02-29"), 1709164800000);
	assert_int_equal(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01"));
}

static void refuses_anything_else(void **state)
{
	static const char *const bad[] = { "", "2025", "2025-1-1", "2025-02-29", "2025-13-01",
		"2025-00-10", "2025-04-31", "2025-04-30T", "2025-04-30T22:05",
		"2025-04-30T24:00:00Z", "2025-04-30T22:60:00Z", "2025-04-30T22:05:61Z",
		"2025-04-30T22:05:14.Z", "2025-04-30T22:05:14.1234567890Z", "2025-04-30T22:05:14Zx",
		"2025-04-30T22:05:14+0530", "2025-04-30T22:05:14+24:00", "2025-04-30X22:05:14",
		"0000-01-01", "+025-01-01", "0001-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01", " 2025-04-30", "2025-04-30 " };
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (time_parse(str_from(bad[i]), &ms))
			fail_msg("took '%s'", bad[i]);
	assert_int_equal(ms, 7);
}

/* With and without a fraction a time goes different ways. */
static void reads_the_usual_form_as_any_other(void **state)
{
	static const char usual[] = "2024-02-29T23:59:58Z", any[] = "2024-02-29T23:59:58.0Z";
	char a[sizeof(usual)], b[sizeof(any)];

	(void)state;
	memcpy(a, usual, sizeof(usual));
	memcpy(b, any, sizeof(any));
	for (size_t at = 0; usual[at] != 'Z'; at++) {
		for (int c = 0; c <= UINT8_MAX; c++) {
			int64_t left = 7, right = 7;

			a[at] = b[at] = (char)c;
			if (time_parse((struct str){ a, sizeof(a) - 1 }, &left) !=
				time_parse((struct str){ b, sizeof(b) - 1 }, &right))
				fail_msg("byte %d at %zu", c, at);
			assert_int_equal(left, right);
		}
		a[at] = b[at] = usual[at];
	}
	assert_int_equal(parsed(usual), parsed(any));
}

/* timegm() is the referee for the calendar, in both directions. */
static void agrees_with_the_system_calendar(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	for (int64_t day = -719162; day < 2932896; day += 13) {
		struct tm tm = { 0 };
		time_t s = (time_t)day * 86400;
		char want[64];

		assert_non_null(gmtime_r(&s, &tm));
		(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT00:00:00.000Z",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		assert_string_equal(time_rfc3339(day * 86400000, text), want);
		assert_int_equal(parsed(want), day * 86400000);
	}
}

static int64_t formatted(const char *z, const char *format)
{
	int64_t ms = TIME_NONE;

	if (!time_parse_format(str_from(z), str_from(format), &ms))
		fail_msg("'%s' refused '%s'", format, z);
	return ms;
}

static void reads_formats_of_rules(void **state)
{
	int64_t day = parsed("2024-03-09");

	(void)state;
	assert_int_equal(formatted("03/09/2024", "%m/%d/%Y"), day);
	assert_int_equal(formatted("3/9/24", "%m/%d/%y"), day);
	assert_int_equal(formatted("9.3.2024", "%d.%m.%Y"), day);
	assert_int_equal(formatted("20240309", "%Y%m%d"), day);
	assert_int_equal(formatted("Mar 9, 2024", "%b %d, %Y"), day);
	assert_int_equal(formatted("9 MARCH 2024", "%d %B %Y"), day);
	assert_int_equal(formatted("9 may 2024", "%d %b %Y"), parsed("2024-05-09"));
	assert_int_equal(
		formatted("9/3/2024 2:05 PM", "%d/%m/%Y %I:%M %p"), parsed("2024-03-09T14:05:00Z"));
	assert_int_equal(formatted("9/3/2024 12:05 am", "%d/%m/%Y %I:%M %p"),
		parsed("2024-03-09T00:05:00Z"));
	assert_int_equal(
		formatted("12pm 9/3/2024", "%I%p %d/%m/%Y"), parsed("2024-03-09T12:00:00Z"));
	assert_int_equal(
		formatted("pm01 9/3/2024", "%p%I %d/%m/%Y"), parsed("2024-03-09T13:00:00Z"));
	assert_int_equal(formatted("2024-03-09 23:59:58", "%Y-%m-%d %H:%M:%S"),
		parsed("2024-03-09T23:59:58Z"));
	assert_int_equal(formatted("100% 1/1/70", "100%% %d/%m/%y"), 0);
	assert_int_equal(formatted("1/1/68", "%d/%m/%y"), parsed("2068-01-01"));
	assert_int_equal(formatted("1/1/69", "%d/%m/%y"), parsed("1969-01-01"));
}

static void refuses_other_dates_and_formats(void **state)
{
	static const char *const bad[][2] = { { "03/09/2024 ", "%m/%d/%Y" },
		{ "30/02/2024", "%d/%m/%Y" }, { "13/09/2024", "%m/%d/%Y" },
		{ "3/9/24", "%m/%d/%Y" }, { "Mrz 9 2024", "%b %d %Y" },
		{ "9/3/2024 0:05 am", "%d/%m/%Y %I:%M %p" },
		{ "9/3/2024 1:05 xm", "%d/%m/%Y %I:%M %p" }, { "", "%d/%m/%Y" },
		{ "9/3/2024", "%d/%m/%Y %H" }, { "1", "%d" }, { "9/3/2024", "%d/%m/%Q" } };
	static const char *const formats[] = { "", "%d", "%Y-%m", "%d/%m/%Y %", "%d/%m/%Y %q",
		"%d/%m/%Y %I", "%d/%m/%Y %p", "%e/%m/%Y" };
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (time_parse_format(str_from(bad[i][0]), str_from(bad[i][1]), &ms))
			fail_msg("'%s' took '%s'", bad[i][1], bad[i][0]);
	assert_int_equal(ms, 7);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (time_format_valid(str_from(formats[i])))
			fail_msg("'%s' is no format", formats[i]);
	assert_true(time_format_valid(STR("%d/%m/%Y %I:%M:%S %p %% %H")));
	assert_true(time_format_valid(STR("%B %d %y")));
}

static void reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		int32_t months;
	} good[] = { { "500ms", 500, 0 }, { "90s", 90000, 0 }, { "30m", 1800000, 0 },
		{ "12h", 43200000, 0 }, { "30d", 2592000000, 0 }, { "2w", 1209600000, 0 },
		{ "6mo", 0, 6 }, { "1y", 0, 12 }, { "0s", 0, 0 }, { "9999y", 0, 119988 } };
	static const char *const bad[] = { "", "5", "s", "-5s", "5 s", "5S", "1.5h", "5x", "10000y",
		"119989mo", "3652060d", "18446744073709551616ms", "9223372036854775808s" };
	struct duration d = { 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (duration_parse(str_from(bad[i]), &d))
			fail_msg("took '%s'", bad[i]);
	assert_int_equal(d.ms, 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(duration_parse(str_from(good[i].text), &d));
		assert_int_equal(d.ms, good[i].ms);
		assert_int_equal(d.months, good[i].months);
	}
}

static void shifts_by_civil_months(void **state)
{
	struct duration month = { 0, 1 }, year = { 0, 12 }, age = { 0, 119988 };
	struct duration day = { 86400000, 0 };

	(void)state;
	assert_int_equal(time_shift(parsed("2024-03-31"), month, -1), parsed("2024-02-29"));
	assert_int_equal(time_shift(parsed("2025-03-31T10:11:12.345Z"), month, -1),
		parsed("2025-02-28T10:11:12.345Z"));
	assert_int_equal(time_shift(parsed("2024-12-31"), month, 1), parsed("2025-01-31"));
	assert_int_equal(time_shift(parsed("2024-01-15"), month, -1), parsed("2023-12-15"));
	assert_int_equal(time_shift(parsed("2024-02-29"), year, 1), parsed("2025-02-28"));
	assert_int_equal(time_shift(parsed("1970-01-01"), day, -1), -86400000);
	assert_int_equal(time_shift(parsed("2024-01-01"), age, -1), parsed("0001-01-01"));
	assert_int_equal(
		time_shift(parsed("2024-01-01"), age, 1), parsed("9999-12-31T23:59:59.999Z"));
	assert_true(time_shift(TIME_NONE, day, 1) == TIME_NONE);
}

static void writes_times(void **state)
{
	char text[TIME_TEXT];

	(void)state;
	assert_string_equal(time_rfc3339(1746050714192, text), "2025-04-30T22:05:14.192Z");
	assert_string_equal(time_rfc3339_s(1746050714192, text), "2025-04-30T22:05:14Z");
	assert_string_equal(time_rfc3339(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_rfc3339(TIME_NONE, text), "");
	assert_string_equal(time_rfc3339_s(INT64_MAX, text), "");
}

static void writes_durations_for_people(void **state)
{
	static const struct {
		int64_t ms;
		const char *words;
	} cases[] = { { -5, "0 s" }, { 0, "0 s" }, { 345, "345 ms" }, { 45000, "45 s" },
		{ 45600, "46 s" }, { 90000, "90 s" }, { 720000, "12 min" },
		{ INT64_C(3600000) - 1, "1 h" }, { 12000000, "3 h 20 min" }, { 86400000, "1 d" },
		{ INT64_C(187200000), "2 d 4 h" } };
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(duration_words(cases[i].ms, text), cases[i].words);
}

/* The same days as the parser of texts knows, and no others. */
static void test_days(void **state)
{
	static const int years[] = { 0, 1, 1600, 1900, 1970, 2000, 2023, 2024, 2100, 9999, 10000 };

	(void)state;
	for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++)
		for (int month = 0; month <= 13; month++)
			for (int day = 0; day <= 32; day++) {
				int64_t want = 1, got = 1;
				char text[32];
				bool is;

				(void)snprintf(
					text, sizeof(text), "%04d-%02d-%02d", years[i], month, day);
				is = time_parse(str_from(text), &want);
				assert_int_equal(time_of_date(years[i], month, day, &got), is);
				assert_int_equal(got, want);
			}
	assert_false(time_of_date(2024, INT64_C(1) << 32 | 1, 1, &(int64_t){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(reads_what_services_send),
		cmocka_unit_test(refuses_anything_else),
		cmocka_unit_test(reads_the_usual_form_as_any_other),
		cmocka_unit_test(agrees_with_the_system_calendar),
		cmocka_unit_test(reads_formats_of_rules),
		cmocka_unit_test(refuses_other_dates_and_formats),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(shifts_by_civil_months),
		cmocka_unit_test(writes_times),
		cmocka_unit_test(writes_durations_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
