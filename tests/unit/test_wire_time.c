#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/wire.h"
#include "unit/services_help.h"

static int64_t instant(const char *text)
{
	int64_t ms = 0;

	assert_true(time_parse(str_from(text), &ms));
	return ms;
}

static int64_t read_as(const char *json, enum date_order order)
{
	struct json *v = json_of(json);
	int64_t at_ms = wire_time(v, order);

	json_free(v);
	return at_ms;
}

/* Without an order, with dmy, with mdy; "": absent, NULL: unknown. */
static void reads(const char *json, const char *bare, const char *dmy, const char *mdy)
{
	const char *const want[] = { bare, dmy, mdy };

	for (int order = 0; order < 3; order++) {
		int64_t expected = !want[order]     ? TIME_UNKNOWN
				   : want[order][0] ? instant(want[order])
						    : TIME_NONE;

		if (read_as(json, (enum date_order)order) != expected)
			fail_msg("%s with order %d", json, order);
	}
}

static void reads_all(const char *json, const char *want)
{
	reads(json, want, want, want);
}

static void test_one_instant(void **state)
{
	static const char *const same[] = { "\"2026-11-05T13:22:16Z\"",
		"\"2026-11-05T13:22:16.000Z\"", "\"2026-11-05t13:22:16z\"",
		"\"2026-11-05T13:22:16+0000\"", "\"2026-11-05T14:22:16+01:00\"",
		"\"2026-11-05T14:22:16+01\"", "\"2026-11-05T08:22:16-0500\"",
		"\"2026-11-05 13:22:16\"", "\"2026-11-05 13:22:16 +0000\"",
		"\"2026-11-05T13:22:16,000Z\"", "\" 2026-11-05T13:22:16Z \"",
		"\"2026/11/05 13:22:16\"", "\"2026-11-05 1:22:16 PM\"",
		"\"2026-11-05 1:22:16\\u202fPM\"", "\"2026-11-05T13:22:16.0000000+00:00\"",
		"\"/Date(1793884936000)/\"", "\"/Date(1793884936000+0100)/\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		reads_all(same[i], "2026-11-05T13:22:16Z");
	reads_all("\"2026-11-05T07:00Z\"", "2026-11-05T07:00:00Z");
	reads_all("\"2026-11-05 7:00 AM\"", "2026-11-05T07:00:00Z");
	reads_all("\"2026-11-05\"", "2026-11-05");
	reads_all("\"1980-01-01\"", "1980-01-01");
	reads_all("\"2399-12-31\"", "2399-12-31");
	reads_all("\"9999-12-31T23:59:59Z\"", "9999-12-31T23:59:59Z");
}

static void test_day_and_month(void **state)
{
	(void)state;
	reads("\"05/11/2026 1:22:16 PM\"", NULL, "2026-11-05T13:22:16Z", "2026-05-11T13:22:16Z");
	reads("\"5/11/2026\"", NULL, "2026-11-05", "2026-05-11");
	reads("\"05.11.2026 13:22:16\"", NULL, "2026-11-05T13:22:16Z", "2026-05-11T13:22:16Z");
	reads("\"05-11-2026 13:22:16\"", NULL, "2026-11-05T13:22:16Z", "2026-05-11T13:22:16Z");
	/* One of the two numbers is no month: sure, unless the settings say the opposite. */
	reads("\"25/11/2026 12:00:00 AM\"", "2026-11-25", "2026-11-25", NULL);
	reads("\"11/25/2026 12:00:00 AM\"", "2026-11-25", NULL, "2026-11-25");
	reads_all("\"5/5/2026 12:00:00 PM\"", "2026-05-05T12:00:00Z");
	reads_all("\"13/13/2026\"", NULL);
	reads("\"31/11/2026\"", NULL, NULL, NULL);
}

static void test_never(void **state)
{
	static const char *const never[] = { "null", "\"\"", "\" \"", "\"0001-01-01T00:00:00\"",
		"\"0001-01-01T00:00:00.0000000+09:00\"", "\"0001-01-01T00:00:00-08:00\"",
		"\"1900-01-01T00:00\"", "\"01.01.1900 00:00\"", "\"1970/01/01 00:00\"",
		"\"1/1/0001 0:00\"", "\"1/1/0001 12:00:00 AM\"", "\"01.01.0001 00:00:00\"",
		"\"/Date(-62135596800000)/\"", "\"/Date(0)/\"", "\"1900-01-01\"",
		"\"1/1/1900 12:00:00 AM\"", "\"1899-12-30T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"",
		"\"1/1/1970 12:00:00 AM\"", "\"12/31/1969 7:00:00 PM\"", "\"1601-01-01T00:00:00Z\"",
		"\"1753-01-01T00:00:00\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (read_as(never[i], DATE_ORDER_UNKNOWN) != TIME_NONE)
			fail_msg("%s", never[i]);
}

static void test_unknown(void **state)
{
	static const char *const odd[] = { "0", "1793884936", "1793884936000", "false", "true",
		"[]", "{}", "[\"2026-11-05T13:22:16Z\"]", "\"soon\"", "\"1793884936\"",
		"\"2026-11-05T\"", "\"2026-11-05T13\"", "\"2026-11-05T13:22\"",
		"\"2026-11-05T13:22:1\"", "\"2026-11-05T13:22:16+\"", "\"2026-11-05T13:22:16+1\"",
		"\"2026-11-05T13:22:16 CET\"", "\"2026-11-05T13:22:16ZZ\"",
		"\"2026-11-05T25:22:16Z\"", "\"2026-11-05T13:60:16Z\"", "\"2026-13-05T13:22:16Z\"",
		"\"2026-02-30T13:22:16Z\"", "\"26-11-05T13:22:16Z\"", "\"11/25/26\"",
		"\"2026-11-05 13:22:16 PM\"", "\"2026-11-05 0:22:16 AM\"", "\"5 Nov 2026\"",
		"\"/Date(17938849\"", "\"/Date()/\"", "\"2026-11-05T13:22:16.Z\"",
		/* The years of other calendars, and seconds in the place of milliseconds. */
		"\"2569-11-05T13:22:16Z\"", "\"1448-05-14T13:22:16\"", "\"0115-11-05T13:22:16Z\"",
		"\"25/11/2569 13:22:16\"", "\"1405-08-14\"", "\"0008-11-05\"",
		"\"4501-01-01T00:00:00\"", "\"1979-12-31T23:59:59Z\"", "\"2400-01-01T00:00:00Z\"",
		"\"/Date(1793884936)/\"", "\"2026-11-05T24:00:00Z\"", "\"2026-W45-4\"",
		"\"2026-309\"", "\"0000-00-00\"", "\"2026-11-05T13:22:16.1234567890Z\"",
		"\"2026-11-05T13:22:16+15:00\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (read_as(odd[i], DATE_ORDER_UNKNOWN) != TIME_UNKNOWN)
			fail_msg("%s", odd[i]);
}

/* Every beginning of a time is that time, a "never", or unknown. */
static void test_cut(void **state)
{
	static const char whole[] = "2025-04-30T22:05:14.192Z";
	char text[64];

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct json *v;
		int64_t at_ms;

		snprintf(text, sizeof(text), "\"%.*s\"", (int)n, whole);
		v = json_of(text);
		at_ms = wire_time_zoned(v);
		if (at_ms != (n ? TIME_UNKNOWN : TIME_NONE))
			fail_msg("%s", text);
		json_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_instant),
		cmocka_unit_test(test_day_and_month),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
