#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/wire.h"
#include "unit/services_help.h"

static void member_is(const char *object, const char *name, const char *want)
{
	struct json *v = json_of(object);
	const struct json *m = wire_member(v, name);

	if (want)
		assert_str(json_text(m), want);
	else
		assert_null(m);
	json_free(v);
}

static void test_member(void **state)
{
	(void)state;
	member_is("{\"serialNumber\":\"x\"}", "SerialNumber", "x");
	member_is("{\"serial_number\":\"x\"}", "SerialNumber", "x");
	member_is("{\"_Serial__Number_\":\"x\"}", "SerialNumber", "x");
	member_is("{\"SerialNumber\":\"x\"}", "serial_number", "x");
	/* The exact one wins wherever it stands. */
	member_is("{\"serial_number\":\"a\",\"SerialNumber\":\"b\"}", "SerialNumber", "b");
	/* A part of a name is another name. */
	member_is("{\"Serial\":\"x\",\"SerialNumbers\":\"y\",\"\":\"z\"}", "SerialNumber", NULL);
	member_is("{\"Id\":\"x\"}", "", NULL);
	member_is("[\"x\"]", "SerialNumber", NULL);
	member_is("[{\"SerialNumber\":\"x\"}]", "SerialNumber", NULL);
	assert_null(wire_member(NULL, "SerialNumber"));
}

static void text_is(const char *json, const char *want)
{
	struct json *v = json_of(json);

	assert_str(wire_text(v), want);
	json_free(v);
}

static void odd_is(const char *json, bool want)
{
	struct json *v = json_of(json);

	assert_true(str_is_odd(wire_text(v)) == want);
	json_free(v);
}

static void test_text(void **state)
{
	(void)state;
	text_is("\"x\"", "x");
	text_is("[\"\",\"x\",\"y\"]", "x");
	text_is("[]", "");
	text_is("null", "");
	text_is("{\"a\":\"x\"}", "");
	text_is("7", "");
	assert_str(wire_text(NULL), "");
	odd_is("7", true);
	odd_is("false", true);
	odd_is("{}", true);
	odd_is("[7]", true);
	odd_is("[\"\",null,\"x\"]", true);
	odd_is("[\"x\",7]", false);
	odd_is("null", false);
	odd_is("\"\"", false);
	odd_is("[]", false);
}

static void flag_is(const char *json, int want)
{
	struct json *v = json_of(json);

	assert_int_equal(wire_flag(v), want);
	json_free(v);
}

static void test_flag(void **state)
{
	(void)state;
	flag_is("true", 1);
	flag_is("false", 0);
	flag_is("\"True\"", 1);
	flag_is("\"FALSE\"", 0);
	flag_is("1", 1);
	flag_is("0", 0);
	flag_is("\"0\"", 0);
	flag_is("2", FLAG_ODD);
	flag_is("\"yes\"", FLAG_ODD);
	flag_is("null", -1);
	flag_is("[true]", FLAG_ODD);
	assert_int_equal(wire_flag(NULL), -1);
}

static void enum_is(const char *json, const char *text, int64_t number)
{
	struct json *v = json_of(json);
	int64_t n = 99;

	assert_str(wire_enum(v, &n), text);
	assert_str(wire_enum(v, NULL), text);
	assert_int_equal(n, number);
	json_free(v);
}

static void test_enum(void **state)
{
	(void)state;
	enum_is("0", "0", 0);
	enum_is("9", "9", 9);
	enum_is("10", "10", 10);
	enum_is("31", "31", 31);
	enum_is("32", "", -1);
	enum_is("\"32\"", "32", -1);
	enum_is("\"07\"", "7", 7);
	enum_is("\"Enrolled\"", "Enrolled", -1);
	enum_is("-1", "", -1);
}

static void copied(struct str text, const char *want)
{
	char out[5];

	memset(out, '#', sizeof(out));
	wire_copy(out, sizeof(out), text);
	assert_string_equal(out, want);
}

static void test_copy(void **state)
{
	(void)state;
	copied(STR("abc"), "abc");
	copied(STR("abcd"), "abcd");
	copied(STR("abcde"), "abcd");
	copied(STR("abcdef"), "abcd");
	copied(STR("abcé"), "abc");
	copied(STR("abé"), "abé");
	copied(STR("\x80\x80\x80\x80\x80\x80"), "");
	copied(STR_NONE, "");
}

static void test_is_token(void **state)
{
	char text[16 * 1024 + 1];

	(void)state;
	assert_true(wire_is_token(STR("!~aZ9._-")));
	assert_false(wire_is_token(STR("")));
	assert_false(wire_is_token(STR("a b")));
	assert_false(wire_is_token(STR("a\x7f")));
	assert_false(wire_is_token(STR("\xc3\xa9")));
	assert_false(wire_is_token(STR("a\r\n")));
	memset(text, 'x', sizeof(text));
	assert_true(wire_is_token((struct str){ text, sizeof(text) - 1 }));
	assert_false(wire_is_token((struct str){ text, sizeof(text) }));
}

static void test_is_page(void **state)
{
	static const struct {
		const char *body;
		bool page;
	} cases[] = {
		{ "<html>", true },
		{ "\xef\xbb\xbf\r\n <?xml version=\"1.0\"?>", true },
		{ "{\"a\":\"<html>\"}", false },
		{ "\xef\xbb\xbf", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_reply p = reply_of(404, cases[i].body);

		assert_int_equal(wire_is_page(&p), cases[i].page);
		http_reply_release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_member),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_enum),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_is_token),
		cmocka_unit_test(test_is_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
