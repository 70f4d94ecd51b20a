#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "base/mem.h"
#include "io/json.h"

static struct json *parse_ok(const char *text)
{
	struct json *v = NULL;
	struct err err;

	if (json_parse(&v, str_from(text), &err) != ERR_OK)
		fail_msg("%s: %s", text, err.msg);
	return v;
}

static void refused_n(struct str text, const char *why)
{
	struct json *v = NULL;
	struct err err = { 0 };

	assert_int_equal(json_parse(&v, text, &err), ERR_PROTOCOL);
	assert_null(v);
	if (!strstr(err.msg, why))
		fail_msg("%.*s: %s", STR_FMT(text), err.msg);
}

static void refused(const char *text, const char *why)
{
	refused_n(str_from(text), why);
}

static void test_values(void **state)
{
	struct json *v = parse_ok(
		"\xef\xbb\xbf {\"a\":{\"b\":{\"c\":\"\\u00e9\\n\"}},\"A\":2,\"t\":true,"
		"\"f\":false,\"z\":null,\"l\":[1,\"x\",{}],\"e\":\"\"} \n");
	const struct json *l = json_get(v, "l");

	(void)state;
	assert_true(json_is_object(v));
	assert_true(str_eq(json_text(json_path(v, "a.b.c")), STR("\xc3\xa9\n")));
	assert_null(json_path(v, "a.b.c.d"));
	assert_null(json_path(v, "a..c"));
	assert_null(json_get(v, "T"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(l, "a"));
	assert_true(json_bool(json_get(v, "t"), false));
	assert_false(json_bool(json_get(v, "f"), true));
	assert_true(json_bool(json_get(v, "z"), true));
	assert_true(json_bool(NULL, true));
	assert_true(json_is_null(json_get(v, "z")));
	assert_true(json_is_null(NULL));
	assert_false(json_is_null(l));
	assert_true(json_is_array(l));
	assert_false(json_is_array(NULL));
	assert_false(json_is_object(l));
	assert_false(json_is_string(NULL));
	assert_null(json_text(l).p);
	assert_null(json_text(NULL).p);
	assert_non_null(json_text(json_get(v, "e")).p);
	assert_int_equal(json_count(l), 3);
	assert_int_equal(json_count(v), 7);
	assert_int_equal(json_count(NULL), 0);
	assert_true(str_eq(json_name(json_first(v)), STR("a")));
	assert_true(str_eq(json_name(json_next(json_first(v))), STR("A")));
	assert_int_equal(json_name(json_first(l)).n, 0);
	json_free(v);
	json_free(NULL);
}

static void test_ints_rounded_up(void **state)
{
	static const struct {
		const char *text;
		int64_t n; /* -1: none */
	} cases[] = { { "5", 5 }, { "5.0", 5 }, { "5.000001", 6 }, { "\"5.5\"", 6 },
		{ "\"5.00\"", 5 }, { "1e18", INT64_C(1) << 53 },
		{ "\"99999999999999999999999\"", INT64_C(1) << 53 }, { "-1", -1 }, { "\"\"", -1 },
		{ "\".5\"", -1 }, { "\"5x\"", -1 }, { "true", -1 }, { "null", -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t n = -1;
		struct json *v = NULL;
		struct err err;

		assert_int_equal(json_parse(&v, str_from(cases[i].text), &err), ERR_OK);
		assert_int_equal(json_int_up(v, &n), cases[i].n >= 0);
		assert_int_equal(n, cases[i].n);
		json_free(v);
	}
	assert_false(json_int_up(NULL, &(int64_t){ 0 }));
}

static void test_ints(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t v;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "1e2", true, 100 },
		{ "5.0", true, 5 },
		{ "9007199254740991", true, 9007199254740991 },
		{ "-9007199254740991", true, -9007199254740991 },
		{ "9007199254740992", false, 0 },
		{ "9007199254740993", false, 0 },
		{ "1e300", false, 0 },
		{ "1e999", false, 0 },
		{ "1.5", false, 0 },
		{ "\"42\"", true, 42 },
		{ "\"-42\"", true, -42 },
		{ "\"9007199254740992\"", false, 0 },
		{ "\"+1\"", false, 0 },
		{ "\" 1\"", false, 0 },
		{ "\"\"", false, 0 },
		{ "\"-\"", false, 0 },
		{ "true", false, 0 },
		{ "[]", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *v = parse_ok(cases[i].text);
		int64_t n = -77;

		assert_int_equal(json_int(v, &n), cases[i].ok);
		assert_int_equal(n, cases[i].ok ? cases[i].v : -77);
		json_free(v);
	}
	assert_false(json_int(NULL, &(int64_t){ 0 }));
	assert_false(json_is_number(NULL));
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "cut short" },
		{ " ", "cut short" },
		{ "{\"a\":1", "cut short" },
		{ "\"abc", "cut short" },
		{ "-", "cut short" },
		{ "1.", "cut short" },
		{ "1e", "cut short" },
		{ "tru", "cut short" },
		{ "\xef\xbb", "cut short" },
		{ "trux", "byte 3" },
		{ "[1,]", "byte 3" },
		{ "[1 2]", "comma" },
		{ "[}", "no JSON value" },
		{ "[1}", "comma" },
		{ "{\"a\":1,}", "name" },
		{ "{\"a\" 1}", "colon" },
		{ "{a:1}", "name" },
		{ "{\"a\":1]", "comma" },
		{ "1 2", "more bytes" },
		{ "01", "more bytes" },
		{ "+1", "no JSON value" },
		{ ".5", "no JSON value" },
		{ "[1.e5]", "no number" },
		{ "[-a]", "no number" },
		{ "NaN", "no JSON value" },
		{ "\"a\nb\"", "control" },
		{ "\"\\x\"", "escape" },
		{ "\"\\u12g4\"", "escape" },
		{ "\"a\\u0000b\"", "NUL" },
		{ "\"\\ud800\"", "surrogate" },
		{ "\"\\udc00\"", "surrogate" },
		{ "\"\xff\"", "UTF-8" },
		{ "\"\xed\xa0\x80\"", "UTF-8" },
		{ "\"\xc0\xaf\"", "UTF-8" },
		{ "\"\xe0\x80\x80\"", "UTF-8" },
		{ "\"\xf0\x80\x80\x80\"", "UTF-8" },
		{ "\"\xf4\x90\x80\x80\"", "UTF-8" },
		{ "\"\xe2\x82\"", "UTF-8" },
		{ "\xef\xbb\xbf\xef\xbb\xbf{}", "no JSON value" },
		{ "{} \x01", "more bytes" },
		{ "[{\"a\":1,\"b\":2,\"a\":3}]", "'a' comes twice" },
		{ "{\"a\":1,\"\\u0061\":2}", "'a' comes twice" },
		{ "<html>", "byte 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(cases[i].text, cases[i].why);
	refused_n(STR("\"a\0b\""), "control");
	refused_n(STR("{}\0"), "more bytes");
}

static void test_limits(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, JSON_MAX_BYTES + 100);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_char(&b, '[');
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		buf_char(&b, ']');
	json_free(parse_ok(buf_cstr(&b)));
	b.p[JSON_MAX_DEPTH] = '[';
	refused(buf_cstr(&b), "nested");

	buf_reset(&b);
	buf_char(&b, '{');
	for (int i = 0; i < JSON_MAX_KEYS; i++)
		buf_printf(&b, "%s\"k%d\":0", i ? "," : "", i);
	buf_z(&b, "}");
	json_free(parse_ok(buf_cstr(&b)));
	b.n--;
	buf_z(&b, ",\"one more\":0}");
	refused(buf_cstr(&b), "too many members");

	buf_reset(&b);
	for (int i = 0; i < 63; i++)
		buf_char(&b, '1');
	json_free(parse_ok(buf_cstr(&b)));
	buf_char(&b, '1');
	refused(buf_cstr(&b), "too long");

	buf_reset(&b);
	buf_char(&b, '"');
	while (b.n < JSON_MAX_BYTES - 1)
		buf_z(&b, "x");
	buf_char(&b, '"');
	json_free(parse_ok(buf_cstr(&b)));
	buf_char(&b, ' ');
	refused_n(buf_view(&b), "more than 8388608 bytes");
	buf_release(&b);
}

static void test_write(void **state)
{
	struct buf b;
	struct json_out o;

	(void)state;
	buf_init(&b, 1000);
	json_out_init(&o, &b);
	json_obj(&o, NULL);
	json_put_str(&o, "a\"", STR("q\"b\\s\n\r\t\x01\x7f\xc3\xa9"));
	json_put_str(&o, "obeyed",
		STR("\xc2\x9b"
		    "31m\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x94"));
	json_put_str(&o, "bad", STR("x\xff\xc3y"));
	json_put_str(&o, "none", STR_NONE);
	json_put_str(&o, "nul", STR("a\0b"));
	json_arr(&o, "l");
	json_put_int(&o, NULL, INT64_MIN);
	json_put_int(&o, NULL, INT64_MAX);
	json_put_int(&o, NULL, 0);
	json_arr(&o, NULL);
	json_arr_end(&o);
	json_obj(&o, NULL);
	json_obj_end(&o);
	json_put_raw(&o, NULL, STR("{\"r\":1}"));
	json_arr_end(&o);
	json_put_bool(&o, "t", true);
	json_put_bool(&o, "f", false);
	json_put_z(&o, "z", NULL);
	json_put_z(&o, "s", "");
	json_put_null(&o, "n");
	json_obj_end(&o);
	assert_string_equal(buf_cstr(&b),
		"{\"a\\\"\":\"q\\\"b\\\\s\\n\\r\\t\\u0001\\u007f\xc3\xa9\",\"obeyed\":"
		"\"\\u009b31m\\u202e\\u2066\\u061c\xe2\x80\x94\",\"bad\":"
		"\"x\\ufffd\\ufffdy\","
		"\"none\":\"\",\"nul\":\"a\\u0000b\","
		"\"l\":[-9223372036854775808,9223372036854775807,0,[],{},{\"r\":1}],"
		"\"t\":true,\"f\":false,\"z\":null,\"s\":\"\",\"n\":null}");
	buf_release(&b);
}

/* --- the scanner --- */

struct got {
	struct buf text; /* the elements as cJSON prints them, a line each */
	size_t n, fail_at;
	bool odd; /* elements that cannot be read are no end */
};

static enum errc take(void *self, const struct json *element, struct err *err)
{
	struct got *g = self;
	char *printed;

	if (!element && !g->odd)
		return err->code;
	if (!element) {
		buf_z(&g->text, "odd\n");
		return ERR_OK;
	}
	printed = cJSON_PrintUnformatted((const cJSON *)element);
	buf_z(&g->text, printed);
	buf_char(&g->text, '\n');
	cJSON_free(printed);
	if (++g->n == g->fail_at)
		return err_set(err, ERR_CONFLICT, "not this one");
	return ERR_OK;
}

/* Feeds `text` in pieces of `piece` bytes, or of random sizes when piece is 0. */
static enum errc scan(struct got *g, const char *member, struct str text, size_t piece,
	size_t max_element, struct json **ret_rest, struct err *err)
{
	struct json_scan *s = json_scan_new(member, max_element, 1000, take, g);
	enum errc e = ERR_OK;

	buf_reset(&g->text);
	g->n = 0;
	while (e == ERR_OK && text.n) {
		size_t n = piece ? piece : 1 + (size_t)random() % (random() % 2 ? 7 : 50);
		char *copy; /* so that reading beyond the piece is seen by ASan */

		n = n < text.n ? n : text.n;
		copy = mem_alloc(n);
		memcpy(copy, text.p, n);
		e = json_scan_feed(s, (struct str){ copy, n }, err);
		free(copy);
		text = str_sub(text, n, text.n - n);
	}
	if (e == ERR_OK)
		e = json_scan_end(s, ret_rest, err);
	if (e != ERR_OK) {
		struct err again = { 0 };

		assert_int_equal(json_scan_feed(s, STR(" "), &again), e);
		assert_string_equal(again.msg, err->msg);
		assert_int_equal(json_scan_end(s, ret_rest, NULL), e);
	}
	json_scan_free(s);
	return e;
}

static void test_scan(void **state)
{
	static const struct {
		const char *member, *text, *elements, *rest;
	} cases[] = {
		{ "", "[]", "", NULL },
		{ "", " [ ] ", "", NULL },
		{ "", "\xef\xbb\xbf[1 , -2.5e1,\"a,]\\\"\",[1,[2]],{\"a\":[3]},null,true]\r\n",
			"1\n-25\n\"a,]\\\"\"\n[1,[2]]\n{\"a\":[3]}\nnull\ntrue\n", NULL },
		{ "data", "{\"data\":[]}", "", "{\"data\":[]}" },
		{ "data",
			"{\"x\":{\"data\":[9]},\"data\" : [ {\"id\":\"\xc3\xa9\"} ,2 "
			"],\"y\":\"data\"}",
			"{\"id\":\"\xc3\xa9\"}\n2\n",
			"{\"x\":{\"data\":[9]},\"data\":[],\"y\":\"data\"}" },
		{ "data", "\xef\xbb\xbf{\"a\":[1,2],\"data\":[3]}", "3\n",
			"{\"a\":[1,2],\"data\":[]}" },
		{ "data", "{\"dat\":[1],\"data2\":[2],\"DATA\":[3],\"data\":[4]}", "4\n",
			"{\"dat\":[1],\"data2\":[2],\"DATA\":[3],\"data\":[]}" },
	};
	struct got g = { .fail_at = 0 };

	(void)state;
	buf_init(&g.text, 10000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece < 100; piece++) {
			struct json *rest = NULL;
			struct err err = { 0 };

			if (scan(&g, cases[i].member, str_from(cases[i].text), piece, 100, &rest,
				    &err) != ERR_OK)
				fail_msg("%s: %s", cases[i].text, err.msg);
			assert_string_equal(buf_cstr(&g.text), cases[i].elements);
			if (cases[i].rest) {
				char *p = cJSON_PrintUnformatted((const cJSON *)rest);

				assert_string_equal(p, cases[i].rest);
				cJSON_free(p);
			} else {
				assert_null(rest);
			}
			json_free(rest);
		}
	}
	buf_release(&g.text);
}

static void test_scan_refused(void **state)
{
	static const struct {
		const char *member, *text, *why;
	} cases[] = {
		{ "", "", "cut short" },
		{ "", "[1,2", "cut short" },
		{ "", "[{\"a\":1", "cut short" },
		{ "", "[1] [2]", "more bytes" },
		{ "", "[1,]", "no JSON value" },
		{ "", "[1,2}", "comma" },
		{ "", "[\"\\u0000\"]", "NUL" },
		{ "", "[\"\xc3\"]", "UTF-8" },
		{ "", "[\"\\ud800\"]", "behind byte 1" },
		{ "", "[{\"a\":1,\"a\":2}]", "twice" },
		{ "", "{\"data\":[1]}", "no list at the root" },
		{ "", "17", "no list at the root" },
		{ "data", "[1]", "no list named data" },
		{ "data", "{}", "no list named data" },
		{ "data", "{\"data\":null}", "no list named data" },
		{ "data", "{\"data\":{\"data\":[1]}}", "no list named data" },
		{ "data", "{\"d\\u0061ta\":[1]}", "no list named data" },
		{ "data", "{\"data\":[1],\"data\":[2]}", "twice" },
		{ "data", "{\"data\":[1],\"d\\u0061ta\":[2]}", "twice" },
		{ "data", "{\"data\":[1],\"x\":1,\"x\":2}", "twice" },
		{ "data", "{\"data\":[1]", "cut short" },
	};
	struct got g = { .fail_at = 0 };

	(void)state;
	buf_init(&g.text, 10000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t piece = 1; piece < 40; piece++) {
			struct json *rest = NULL;
			struct err err = { 0 };

			assert_int_equal(scan(&g, cases[i].member, str_from(cases[i].text), piece,
						 30, &rest, &err),
				ERR_PROTOCOL);
			assert_null(rest);
			if (!strstr(err.msg, cases[i].why))
				fail_msg("%s: %s", cases[i].text, err.msg);
		}
	}
	buf_release(&g.text);
}

/* One element that nobody can read, and the text around it is none the worse. */
static void test_scan_odd_elements(void **state)
{
	static const char *const odd[] = { "\"\\u0000\"", "\"\xc3\"", "\"\xc3(\"", "\"\xff\"",
		"\"\\ud800\"", "\"\x01\"", "\"\\x\"", "\"\\u12g4\"", "{\"a\":1,\"a\":2}",
		"{\"\xc3\":{\"a\":1}}",
		"1111111111111111111111111111111111111111111111111111111111111111111" };
	struct got g = { .odd = true };
	char text[200];

	(void)state;
	buf_init(&g.text, 10000);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (size_t piece = 1; piece < 40; piece++) {
			struct json *rest = NULL;
			struct err err = { 0 };

			(void)snprintf(text, sizeof(text),
				"{\"data\":[1,%s,[\"x\"],%s],\"meta\":2}", odd[i], odd[i]);
			if (scan(&g, "data", str_from(text), piece, 100, &rest, &err))
				fail_msg("%s: %s", text, err.msg);
			assert_string_equal(buf_cstr(&g.text), "1\nodd\n[\"x\"]\nodd\n");
			json_free(rest);
		}
	buf_release(&g.text);
}

/* One that is too large or nested too deeply, and those beside it are read. */
static void test_scan_large_elements(void **state)
{
	struct got g = { .odd = true };
	struct buf text;

	(void)state;
	buf_init(&g.text, 10000);
	buf_init(&text, 100000);
	for (size_t n = JSON_MAX_DEPTH - 2; n < 3000; n += n < 70 ? 1 : 531)
		for (size_t piece = 1; piece < 5000; piece *= 7) {
			struct json *rest = NULL;
			struct err err = { 0 };
			bool odd = n > JSON_MAX_DEPTH - 2;

			buf_reset(&text);
			buf_z(&text, "{\"data\":[1,");
			for (size_t i = 0; i < n; i++)
				buf_z(&text, i % 2 ? "[" : "{\"]\\\"\":");
			buf_z(&text, "7");
			for (size_t i = n; i-- > 0;)
				buf_z(&text, i % 2 ? "]" : "}");
			buf_z(&text, ",[\"x\"]],\"meta\":2}");
			if (scan(&g, "data", buf_view(&text), piece, 100000, &rest, &err))
				fail_msg("%zu: %s", n, err.msg);
			if (odd)
				assert_string_equal(buf_cstr(&g.text), "1\nodd\n[\"x\"]\n");
			json_free(rest);
			if (scan(&g, "data", buf_view(&text), piece, 100, &rest, &err))
				fail_msg("%zu: %s", n, err.msg);
			assert_string_equal(buf_cstr(&g.text), "1\nodd\n[\"x\"]\n");
			json_free(rest);
		}
	buf_release(&text);
	buf_release(&g.text);
}

static void test_scan_caps(void **state)
{
	struct got g = { .fail_at = 0 };
	struct json *rest = NULL;
	struct buf b;
	struct err err;

	(void)state;
	buf_init(&g.text, 100000);
	buf_init(&b, 24 * 1024 * 1024);
	buf_char(&b, '[');
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%s%d", i ? "," : "", i);
	buf_z(&b, "]");
	assert_int_equal(scan(&g, "", buf_view(&b), 7, 10, &rest, &err), ERR_OK);
	assert_int_equal(g.n, 1000);
	b.n--;
	buf_z(&b, ",1000]");
	assert_int_equal(scan(&g, "", buf_view(&b), 7, 10, &rest, &err), ERR_PROTOCOL);
	assert_int_equal(g.n, 1000);

	g.fail_at = 3;
	assert_int_equal(scan(&g, "", buf_view(&b), 4096, 10, &rest, &err), ERR_CONFLICT);
	assert_int_equal(g.n, 3);
	assert_string_equal(err.msg, "not this one");
	g.fail_at = 0;

	buf_reset(&b);
	buf_z(&b, "{\"data\":[1],\"x\":\"");
	while (b.n < 1024 * 1024)
		buf_z(&b, "xxxxxxxxxxxxxxxx");
	buf_z(&b, "\"}");
	assert_int_equal(scan(&g, "data", buf_view(&b), 4096, 10, &rest, &err), ERR_PROTOCOL);
	assert_non_null(strstr(err.msg, "beside the list"));

	/* What is too large is left out; what has no end is not waited for. */
	buf_reset(&b);
	buf_z(&b, "{\"data\":[");
	while (b.n < 20 * 1024 * 1024)
		buf_z(&b, "                ");
	g.odd = true;
	assert_int_equal(scan(&g, "data", buf_view(&b), 65536, 200, &rest, &err), ERR_PROTOCOL);
	assert_non_null(strstr(err.msg, "one element is larger"));
	g.odd = false;

	/* The whole body counts for the depth, not each element. */
	buf_reset(&b);
	for (int i = 0; i < 64; i++)
		buf_char(&b, '[');
	buf_char(&b, '[');
	assert_int_equal(scan(&g, "", buf_view(&b), 5, 200, &rest, &err), ERR_PROTOCOL);
	assert_non_null(strstr(err.msg, "cut short"));
	buf_release(&b);
	buf_release(&g.text);
}

/* --- against cJSON, on documents made at random --- */

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static void add_space(struct buf *b)
{
	while (below(4) == 0)
		buf_char(b, " \t\r\n"[below(4)]);
}

/* Of documents without escapes the elements are read in their place. */
static bool escapes;

static void add_text(struct buf *b)
{
	static const char *const parts[] = { "a", "]", "}", ",", "[", "12345678", "\xc3\xa9",
		"\xf0\x9f\x98\x80", "\xe2\x82\xac", "\\\"", "\\\\", "\\n", "\\u00e9",
		"\\ud83d\\ude00" };
	unsigned n_parts = sizeof(parts) / sizeof(parts[0]) - (escapes ? 0 : 5);

	buf_char(b, '"');
	for (unsigned n = below(6); n; n--)
		buf_z(b, parts[below(n_parts)]);
	buf_char(b, '"');
}

static void add_value(struct buf *b, unsigned depth)
{
	static const char *const plain[] = { "true", "false", "null", "0", "-0", "12", "-1.5",
		"1e5", "2E-3", "0.25", "2147483648", "-2147483649", "999999999999999",
		"-1000000000000000", "9007199254740993", "12345678901234567890123",
		"123456789012345e2", "1e999" };
	unsigned kind = depth ? below(5) : below(3);

	add_space(b);
	if (kind < 2) {
		buf_z(b, plain[below(sizeof(plain) / sizeof(plain[0]))]);
	} else if (kind == 2) {
		add_text(b);
	} else {
		buf_char(b, kind == 3 ? '[' : '{');
		for (unsigned i = 0, n = below(4); i < n; i++) {
			if (i)
				buf_char(b, ',');
			add_space(b);
			if (kind == 4)
				buf_printf(b, "\"k%u\" :", i);
			add_value(b, depth - 1);
		}
		add_space(b);
		buf_char(b, kind == 3 ? ']' : '}');
	}
	add_space(b);
}

static void print_children(struct buf *out, const cJSON *list)
{
	const cJSON *c;

	cJSON_ArrayForEach(c, list)
	{
		char *p = cJSON_PrintUnformatted(c);

		buf_z(out, p);
		buf_char(out, '\n');
		cJSON_free(p);
	}
}

static void test_random_documents(void **state)
{
	struct got g = { .fail_at = 0 };
	struct buf b, want;

	(void)state;
	srandom(4711);
	buf_init(&g.text, 1000000);
	buf_init(&b, 1000000);
	buf_init(&want, 1000000);
	for (int round = 0; round < 3000; round++) {
		bool named = below(2);
		struct json *rest = NULL;
		struct err err = { 0 };
		cJSON *whole;

		escapes = below(2);
		buf_reset(&b);
		buf_reset(&want);
		buf_z(&b, named ? "{\"k0\":[ ]," : "");
		buf_z(&b, named ? "\"data\":[" : "[");
		for (unsigned i = 0, n = below(6); i < n; i++) {
			buf_z(&b, i ? "," : "");
			add_value(&b, 4);
		}
		buf_z(&b, "]");
		if (named) {
			buf_z(&b, ",\"more\":");
			add_value(&b, 3);
			buf_z(&b, "}");
		}
		whole = cJSON_ParseWithLength(b.p, b.n);
		assert_non_null(whole);
		print_children(
			&want, named ? cJSON_GetObjectItemCaseSensitive(whole, "data") : whole);
		if (scan(&g, named ? "data" : "", buf_view(&b), 0, 100000, &rest, &err) != ERR_OK)
			fail_msg("%s: %s", buf_cstr(&b), err.msg);
		assert_string_equal(buf_cstr(&g.text), buf_cstr(&want));
		json_free(rest);

		/* Cut anywhere it is no longer whole. */
		b.n -= 1 + below((unsigned)b.n);
		assert_int_not_equal(
			scan(&g, named ? "data" : "", buf_view(&b), 0, 100000, &rest, &err),
			ERR_OK);
		cJSON_Delete(whole);
	}
	buf_release(&b);
	buf_release(&want);
	buf_release(&g.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_ints),
		cmocka_unit_test(test_ints_rounded_up),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_refused),
		cmocka_unit_test(test_scan_odd_elements),
		cmocka_unit_test(test_scan_large_elements),
		cmocka_unit_test(test_scan_caps),
		cmocka_unit_test(test_random_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
