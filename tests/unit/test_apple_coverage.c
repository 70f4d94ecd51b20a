#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

#define NOW "2026-11-22T03:00:00Z"
/* What is left out does not matter for the case. */
#define ENTRY(text) "{\"type\":\"appleCareCoverage\",\"id\":\"1\",\"attributes\":{" text "}}"
#define ACTIVE(end) "\"status\":\"ACTIVE\",\"endDateTime\":\"" end "\""
#define INACTIVE(end) "\"status\":\"INACTIVE\",\"endDateTime\":\"" end "\""
#define KIND(text) ",\"description\":\"" text "\""
#define PAST "2025-02-02T00:00:00Z"
#define LATER "2027-02-02T00:00:00Z"

enum { UNCLEAR = -1 };

/* What Apple says, what it means as of NOW, until when ("": never; NULL: cannot be told). */
static const struct {
	const char *entries;
	int state;
	const char *end, *kind;
} cases[] = {
	{ "", COVERAGE_NONE, "", "" },
	{ ENTRY(ACTIVE(LATER) KIND("Limited Warranty")), COVERAGE_ACTIVE, LATER,
		"Limited Warranty" },
	{ ENTRY(INACTIVE(PAST) KIND("Limited Warranty")), COVERAGE_EXPIRED, PAST,
		"Limited Warranty" },
	/* Apple's word is older than its date. */
	{ ENTRY(ACTIVE(PAST)), COVERAGE_EXPIRED, PAST, "" },
	{ ENTRY(ACTIVE(NOW)), COVERAGE_EXPIRED, NOW, "" },
	/* A subscription has no end. */
	{ ENTRY("\"status\":\"ACTIVE\",\"endDateTime\":null" KIND("AppleCare+")), COVERAGE_ACTIVE,
		"", "AppleCare+" },
	/* Of several, the one that ends last. */
	{ ENTRY(INACTIVE(PAST) KIND("Limited Warranty")) "," ENTRY(
		  ACTIVE(LATER) KIND("AppleCare+")),
		COVERAGE_ACTIVE, LATER, "AppleCare+" },
	{ ENTRY(ACTIVE(LATER) KIND("AppleCare+")) "," ENTRY(
		  ACTIVE("2026-12-01T00:00:00Z") KIND("Limited Warranty")),
		COVERAGE_ACTIVE, LATER, "AppleCare+" },
	{ ENTRY(ACTIVE(LATER) KIND("Limited Warranty")) "," ENTRY(
		  "\"status\":\"ACTIVE\"" KIND("AppleCare+")),
		COVERAGE_ACTIVE, "", "AppleCare+" },
	{ ENTRY(INACTIVE("2024-02-02T00:00:00Z") KIND("a")) "," ENTRY(INACTIVE(PAST) KIND("b")),
		COVERAGE_EXPIRED, PAST, "b" },
	/* Cancelled: over from then on, whatever its end. */
	{ ENTRY(INACTIVE(LATER) ",\"isCanceled\":true,\"contractCancelDateTime\":\"" PAST "\""),
		COVERAGE_EXPIRED, PAST, "" },
	{ ENTRY(ACTIVE(LATER) ",\"isCanceled\":true,\"contractCancelDateTime\":\"" PAST "\""),
		COVERAGE_EXPIRED, PAST, "" },
	{ ENTRY(INACTIVE(LATER) ",\"isCanceled\":true"), COVERAGE_EXPIRED, NULL, "" },
	{ ENTRY(INACTIVE(LATER) ",\"isCanceled\":true" KIND("a")) "," ENTRY(INACTIVE(PAST)),
		COVERAGE_EXPIRED, NULL, "a" },
	{ ENTRY(INACTIVE(PAST)) "," ENTRY(INACTIVE(LATER) ",\"isCanceled\":true" KIND("a")),
		COVERAGE_EXPIRED, NULL, "a" },
	{ ENTRY(ACTIVE("9999-12-31T23:59:59Z")), COVERAGE_ACTIVE, "9999-12-31T23:59:59Z", "" },
	/* An end that is none ends nothing. */
	{ ENTRY("\"status\":\"INACTIVE\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"INACTIVE\",\"endDateTime\":null"), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE("")), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE("0001-01-01T00:00:00Z")), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE("1970-01-01T00:00:00Z")), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE("2001-01-01T00:00:00Z")), UNCLEAR, "", "" },
	{ ENTRY(ACTIVE("1987-06-05T00:00:00Z")), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE("9999-12-31T23:59:59Z")), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(LATER) ",\"isCanceled\":true,\"contractCancelDateTime\":\"2090-01-01T00:"
				"00:00Z\""),
		UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(LATER) ",\"isCanceled\":true,\"contractCancelDateTime\":\"0001-01-01T00:"
				"00:00Z\""),
		COVERAGE_EXPIRED, NULL, "" },
	/* Nobody can tell. */
	{ ENTRY(ACTIVE(LATER) ",\"isCanceled\":true"), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(LATER)), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(LATER) ",\"startDateTime\":\"2026-12-24T00:00:00Z\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"PAUSED\",\"endDateTime\":\"" LATER "\""), UNCLEAR, "", "" },
	{ ENTRY("\"endDateTime\":\"" LATER "\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"INACTIVE\",\"endDateTime\":\"soon\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"INACTIVE\",\"endDateTime\":7"), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"INACTIVE\",\"isCanceled\":\"perhaps\""), UNCLEAR, "", "" },
	{ ENTRY(ACTIVE(LATER) ",\"isCanceled\":false,\"contractCancelDateTime\":\"" PAST "\""),
		UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(PAST) ",\"contractCancelDateTime\":\"" PAST "\""), UNCLEAR, "", "" },
	{ ENTRY(INACTIVE(PAST) ",\"startDateTime\":\"2028-02-02T00:00:00Z\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":\"GRACE\",\"endDateTime\":\"" PAST "\""), UNCLEAR, "", "" },
	{ ENTRY("\"status\":null,\"endDateTime\":\"" PAST "\""), UNCLEAR, "", "" },
	{ ENTRY("\"endDateTime\":\"" PAST "\""), UNCLEAR, "", "" },
	{ "{\"type\":\"orgDevices\",\"attributes\":{" INACTIVE(PAST) "}}", UNCLEAR, "", "" },
	{ "7", UNCLEAR, "", "" },
	/* Covered for sure; until when is another matter. */
	{ ENTRY(ACTIVE(LATER) KIND("a")) "," ENTRY("\"status\":\"PAUSED\""), COVERAGE_ACTIVE, NULL,
		"a" },
	{ ENTRY(INACTIVE(PAST)) "," ENTRY("\"status\":\"PAUSED\""), UNCLEAR, "", "" },
};

static int64_t ms_of(const char *text)
{
	int64_t ms = TIME_NONE;

	assert_true(*text == '\0' || time_parse(str_from(text), &ms));
	return ms;
}

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[2048];
		struct err err = { .msg = "" };
		struct apple_coverage c = { .state = COVERAGE_NONE };
		struct json *root;
		enum errc rc;

		(void)snprintf(text, sizeof(text), "{\"data\":[%s]}", cases[i].entries);
		root = json_of(text);
		rc = apple_coverage_decode(root, ms_of(NOW), &c, &err);
		print_message("%s\n", cases[i].entries);
		assert_int_equal(rc, cases[i].state == UNCLEAR ? ERR_PROTOCOL : ERR_OK);
		if (!rc) {
			assert_int_equal(c.state, cases[i].state);
			assert_true(
				c.end_ms == (cases[i].end ? ms_of(cases[i].end) : TIME_UNKNOWN));
			assert_true(str_eq(c.kind, str_from(cases[i].kind)));
		}
		json_free(root);
	}
}

static void test_no_list(void **state)
{
	static const char *const bodies[] = { "{}", "{\"data\":null}", "{\"data\":{}}",
		"{\"data\":[],\"meta\":{\"paging\":{\"nextCursor\":\"more\"}}}",
		"{\"data\":[" ENTRY(
			INACTIVE(PAST)) "],\"meta\":{\"paging\":{\"total\":2,\"limit\":1}}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct json *root = json_of(bodies[i]);
		struct err err = { .msg = "" };
		struct apple_coverage c;

		assert_int_equal(apple_coverage_decode(root, ms_of(NOW), &c, &err), ERR_PROTOCOL);
		json_free(root);
	}
}

static void test_request(void **state)
{
	static const struct apple_service business = {
		.base = "https://api-business.apple.com",
	};
	struct http_request q;
	char url[1024];

	(void)state;
	apple_coverage_request(&business, STR("C02/1"), &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(decoded(q.url, url, sizeof(url)),
		"https://api-business.apple.com/v1/orgDevices/C02/1/appleCareCoverage?"
		"fields[appleCareCoverage]=status,description,startDateTime,endDateTime,"
		"isCanceled,contractCancelDateTime");
	http_request_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
