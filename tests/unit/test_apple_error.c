#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/apple.h"
#include "unit/services_help.h"

static struct apple_error error_is(int status, const char *body, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct apple_error e = { .code = "left over", .id = "left over" };

	assert_int_equal(apple_reply_error(&p, &e, &err), want);
	assert_int_equal(err.code, want);
	assert_int_equal(apple_reply_error(&p, NULL, NULL), want);
	http_reply_release(&p);
	return e;
}

static void test_error_example(void **state)
{
	struct apple_error e = error_is(404,
		"{\"errors\":[{\"id\":\"…\",\"status\":\"404\",\"code\":\"NOT_FOUND\","
		"\"title\":\"…\",\n"
		"  \"detail\":\"There is no resource of type 'orgDevices' with id '…'\",\n"
		"  \"source\":{\"pointer\":\"/data/relationships/mdmServer\"},\n"
		"  \"links\":{\"about\":\"…\",\"associated\":\"…\"},\"meta\":{}}]}",
		ERR_NOT_FOUND);

	(void)state;
	assert_string_equal(e.code, "NOT_FOUND");
	assert_string_equal(e.id, "…");
	assert_string_equal(e.detail, "There is no resource of type 'orgDevices' with id '…'");
	assert_string_equal(e.pointer, "/data/relationships/mdmServer");
	assert_string_equal(e.parameter, "");
}

static void test_status_table(void **state)
{
	static const struct {
		int status;
		enum errc want;
	} cases[] = {
		{ 301, ERR_PROTOCOL },
		{ 307, ERR_PROTOCOL },
		{ 100, ERR_PROTOCOL },
		{ 400, ERR_REFUSED },
		{ 401, ERR_AUTH },
		{ 403, ERR_AUTH },
		{ 404, ERR_NOT_FOUND },
		{ 406, ERR_REFUSED },
		{ 409, ERR_REFUSED },
		{ 422, ERR_REFUSED },
		{ 429, ERR_BUSY },
		{ 500, ERR_OUTAGE },
		{ 503, ERR_OUTAGE },
	};
	struct http_reply fine = reply_of(201, "{\"errors\":[]}");
	struct http_reply lost = no_reply(HTTP_UNKNOWN, "connection reset");
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		error_is(cases[i].status, "{\"errors\":[]}", cases[i].want);
	assert_int_equal(apple_reply_error(&fine, NULL, NULL), ERR_OK);
	assert_int_equal(apple_reply_error(&lost, NULL, &err), ERR_NET);
	assert_string_equal(err.msg, "Apple: connection reset");
	http_reply_release(&fine);
	http_reply_release(&lost);
}

/* status is a string and may be another one's; several errors; no JSON at all. */
static void test_apple_F19_error_shapes(void **state)
{
	static const char *const bodies[] = { "", " ", "<html><h1>502</h1></html>", "null", "[]",
		"{\"errors\":null}", "{\"errors\":[]}", "{\"errors\":[7]}", "{\"errors\":{}}",
		"{\"errors\":[{\"code\":7,\"source\":[]}]}", "{\"errors\":[{\"code\":" };
	struct apple_error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		e = error_is(502, bodies[i], ERR_OUTAGE);
		assert_string_equal(e.code, "");
		assert_string_equal(e.id, "");
	}
	e = error_is(409,
		"{\"errors\":[{\"status\":\"422\",\"code\":\"A\",\"title\":\"t\"},"
		"{\"status\":\"409\",\"code\":\"ENTITY_ERROR.RELATIONSHIP.REQUIRED\","
		"\"title\":\"t2\"}]}",
		ERR_REFUSED);
	assert_string_equal(e.code, "ENTITY_ERROR.RELATIONSHIP.REQUIRED");
	assert_string_equal(e.detail, "t2");
	e = error_is(400, "{\"errors\":[{\"status\":\"409\",\"code\":\"A\"}]}", ERR_REFUSED);
	assert_string_equal(e.code, "A");
	e = error_is(404, "<html>", ERR_PROTOCOL);
}

static void test_source_shapes(void **state)
{
	struct apple_error e;

	(void)state;
	e = error_is(400,
		"{\"errors\":[{\"code\":\"PARAMETER_ERROR.REQUIRED\","
		"\"source\":{\"parameter\":\"filter[startTimestamp]\"}}]}",
		ERR_REFUSED);
	assert_string_equal(e.parameter, "filter[startTimestamp]");
	e = error_is(409,
		"{\"errors\":[{\"code\":\"A\",\"source\":{\"jsonPointer\":{\"pointer\":\"/p\"},"
		"\"parameter\":{\"parameter\":\"q\"}}}]}",
		ERR_REFUSED);
	assert_string_equal(e.pointer, "/p");
	assert_string_equal(e.parameter, "q");
}

/* A long text is cut between characters, never inside one. */
static void test_long_texts_are_cut(void **state)
{
	struct apple_error e;
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	buf_z(&b, "{\"errors\":[{\"code\":\"");
	for (int i = 0; i < 500; i++)
		buf_z(&b, "é");
	buf_z(&b, "\",\"detail\":\"x");
	for (int i = 0; i < 500; i++)
		buf_z(&b, "é");
	buf_z(&b, "\"}]}");
	e = error_is(409, buf_cstr(&b), ERR_REFUSED);
	assert_int_equal(strlen(e.code), sizeof(e.code) - 2);
	assert_int_equal(strlen(e.detail), sizeof(e.detail) - 1);
	assert_true(str_is_utf8(str_from(e.code)) && str_is_utf8(str_from(e.detail)));
	buf_release(&b);
}

static void culprit_is(const char *pointer, size_t want)
{
	struct apple_error e = { .code = "" };

	snprintf(e.pointer, sizeof(e.pointer), "%s", pointer);
	assert_true(apple_error_culprit(&e) == want);
}

static void test_culprit(void **state)
{
	(void)state;
	culprit_is("/data/relationships/devices/data/17", 17);
	culprit_is("/data/relationships/devices/data/0/id", 0);
	culprit_is("/data/relationships/devices/data/", SIZE_MAX);
	culprit_is("/data/relationships/devices/data/-1", SIZE_MAX);
	culprit_is("/data/relationships/devices/data/99999999999999999999", SIZE_MAX);
	culprit_is("/data/relationships/devices/data", SIZE_MAX);
	culprit_is("/data/relationships/mdmServer", SIZE_MAX);
	culprit_is("", SIZE_MAX);
}

static void note_refused(void *self, size_t index, const struct apple_error *e)
{
	buf_printf(self, "%zu %s;", index, e->code);
}

static void refuses_after(bool *pointers, const char *errors, const char *want)
{
	const struct str serials[] = { STR("C02XK1ABJG50"), STR("C02XK1ABJG51"),
		STR("C02XK1ABJG52"), STR("C02XK1ABJG53") };
	struct buf body, got;
	struct http_reply p;

	buf_init(&body, 4096);
	buf_init(&got, 4096);
	buf_printf(&body, "{\"errors\":%s}", errors);
	p = reply_of(409, buf_cstr(&body));
	(void)apple_refused_devices(&p, serials, 4, pointers, note_refused, &got);
	assert_string_equal(buf_cstr(&got), want);
	http_reply_release(&p);
	buf_release(&body);
	buf_release(&got);
}

static void refuses(const char *errors, const char *want)
{
	bool pointers = true;

	refuses_after(&pointers, errors, want);
}

/* Once a pointer was behind the last device, those of later replies are not believed either. */
static void test_pointers_that_stray(void **state)
{
#define POINTS_AT(i) "[{\"source\":{\"pointer\":\"/data/relationships/devices/data/" i "\"}}]"
	bool pointers = true;

	(void)state;
	refuses_after(&pointers, POINTS_AT("2"), "2 ;");
	assert_true(pointers);
	refuses_after(&pointers, POINTS_AT("4"), "");
	assert_false(pointers);
	refuses_after(&pointers, POINTS_AT("2"), "");
	refuses_after(&pointers, "[{\"detail\":\"C02XK1ABJG51\"}]", "1 ;");
	assert_false(pointers);
}

/* A reply names each device it refuses in an entry of its own. */
static void test_every_refused_device(void **state)
{
	(void)state;
	refuses("[{\"code\":\"A\",\"source\":{\"pointer\":\"/data/relationships/devices/data/2\"}},"
		"{\"code\":\"B\",\"source\":{\"pointer\":\"/data/relationships/devices/data/0/"
		"id\"}}]",
		"2 A;0 B;");
	refuses("[{\"code\":\"A\",\"source\":{\"jsonPointer\":{\"pointer\":"
		"\"/data/relationships/devices/3\"}}},"
		"{\"code\":\"B\",\"detail\":\"no resource with id 'c02xk1abjg51'\"},"
		"{\"code\":\"C\",\"source\":{\"parameter\":\"C02XK1ABJG50\"}}]",
		"3 A;1 B;0 C;");
	/* Once each, and nothing that is not of the request. */
	refuses("[{\"source\":{\"pointer\":\"/data/relationships/devices/data/1\"}},"
		"{\"detail\":\"C02XK1ABJG51\"},"
		"{\"source\":{\"pointer\":\"/data/relationships/devices/data/4\"}},"
		"{\"detail\":\"XC02XK1ABJG50\"},{\"source\":7},null,\"x\"]",
		"1 ;");
	refuses("[{\"source\":{\"pointer\":\"/data/relationships/mdmServer\"}}]", "");
	/* Several in one entry. */
	refuses("[{\"code\":\"A\",\"detail\":\"not eligible: C02XK1ABJG50, c02xk1abjg53.\"}]",
		"0 A;3 A;");
	refuses("[{\"code\":\"A\",\"title\":\"C02XK1ABJG53/C02XK1ABJG52\"},"
		"{\"code\":\"B\",\"meta\":{\"devices\":[\"C02XK1ABJG51\",{\"serial\":"
		"\"C02XK1ABJG52\"}]}}]",
		"2 A;3 A;1 B;");
	/* A serial number is a name, a pointer may count from 1; a list of all names nobody. */
	refuses("[{\"code\":\"A\",\"detail\":\"device 'C02XK1ABJG50'\","
		"\"source\":{\"pointer\":\"/data/relationships/devices/data/1\"}}]",
		"0 A;");
	refuses("[{\"source\":{\"pointer\":\"/data/relationships/devices/data/1\"}},"
		"{\"source\":{\"pointer\":\"/data/relationships/devices/data/4\"}}]",
		"");
	refuses("[{\"code\":\"A\",\"detail\":\"of C02XK1ABJG50 C02XK1ABJG51 C02XK1ABJG52 "
		"C02XK1ABJG53\","
		"\"source\":{\"pointer\":\"/data/relationships/devices/data/2\"}}]",
		"2 A;");
	refuses("{}", "");
	refuses("null", "");
}

static void refused_is(int status, const char *body, bool want)
{
	struct http_reply p = reply_of(status, body);

	assert_int_equal(apple_fields_refused(&p), want);
	http_reply_release(&p);
}

static void test_apple_F26_fields_refused(void **state)
{
	static const char body[] = "{\"errors\":[{\"status\":\"400\","
				   "\"code\":\"PARAMETER_ERROR.INVALID\","
				   "\"source\":{\"parameter\":\"fields[orgDevices]\"}}]}";

	(void)state;
	refused_is(400, body, true);
	refused_is(409, body, false);
	refused_is(400,
		"{\"errors\":[{\"code\":\"PARAMETER_ERROR.REQUIRED\",\"source\":"
		"{\"parameter\":\"filter[startTimestamp]\"}}]}",
		false);
	refused_is(400, "", false);
}

/* What a list lacks that comes with an error may be there. */
static enum errc beside(const char *errors, struct err *err)
{
	char text[512];
	struct apple_page page;
	struct json *v;
	enum errc rc;

	(void)snprintf(text, sizeof(text),
		"{\"data\":[],\"errors\":%s,\"meta\":{\"paging\":{\"total\":0}}}", errors);
	v = json_of(text);
	apple_page_init(&page);
	rc = apple_page_read(v, &page, err);
	apple_page_release(&page);
	json_free(v);
	return rc;
}

static void test_list_beside_an_error(void **state)
{
	struct err err = { .msg = "" };

	(void)state;
	assert_int_equal(beside("[{\"status\":\"500\",\"code\":\"PARTIAL\",\"title\":\"t\","
				"\"detail\":\"some are left out\"}]",
				 &err),
		ERR_PROTOCOL);
	assert_string_equal(err.msg, "Apple's list comes with an error PARTIAL: some are left out");
	assert_int_equal(beside("[null]", &err), ERR_PROTOCOL);
	assert_int_equal(beside("[]", &err), ERR_OK);
	assert_int_equal(beside("null", &err), ERR_OK);
	assert_int_equal(beside("{}", &err), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_beside_an_error),
		cmocka_unit_test(test_error_example),
		cmocka_unit_test(test_status_table),
		cmocka_unit_test(test_apple_F19_error_shapes),
		cmocka_unit_test(test_source_shapes),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_culprit),
		cmocka_unit_test(test_every_refused_device),
		cmocka_unit_test(test_pointers_that_stray),
		cmocka_unit_test(test_apple_F26_fields_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
