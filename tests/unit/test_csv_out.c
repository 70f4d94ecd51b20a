#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/csv/csv_out.h"

static void writes(const char *text, bool neutral, const char *want)
{
	struct buf b;

	buf_init(&b, 1000);
	csv_cell(&b, str_from(text), neutral);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

static void cells_are_quoted_only_where_they_must_be(void **state)
{
	(void)state;
	writes("", false, "");
	writes("plain text; 'x' \t|", false, "plain text; 'x' \t|");
	writes("a,b", false, "\"a,b\"");
	writes("iMac 21.5\"", false, "\"iMac 21.5\"\"\"");
	writes("\"", false, "\"\"\"\"");
	writes("\"\"x\"", false, "\"\"\"\"\"x\"\"\"");
	writes("two\nlines", false, "\"two\nlines\"");
	writes("two\rlines", false, "\"two\rlines\"");
}

static void formulas_are_neutralised_when_asked(void **state)
{
	(void)state;
	writes("=1+1", true, "'=1+1");
	writes("+1", true, "'+1");
	writes("-2085650007946880", true, "'-2085650007946880");
	writes("@x", true, "'@x");
	writes("\tx", true, "'\tx");
	writes("\nx", true, "\"'\nx\"");
	writes("\xef\xbb\xbf=x", true, "'\xef\xbb\xbf=x"); /* a byte order mark */
	writes("\xe2\x80\x8b+x", true, "'\xe2\x80\x8b+x");
	writes("\xe2\x80\x8bx", true, "\xe2\x80\x8bx");
	writes("=A1,B1", true, "\"'=A1,B1\"");
	writes("\xef\xbc\x9dx", true, "'\xef\xbc\x9dx"); /* full-width = */
	writes("\xef\xbc\x8bx", true, "'\xef\xbc\x8bx");
	writes("\xef\xbc\x8dx", true, "'\xef\xbc\x8dx");
	writes("\xef\xbc\xa0x", true, "'\xef\xbc\xa0x");
	writes("\xef\xbc\xa1x", true, "\xef\xbc\xa1x"); /* full-width A */
	writes("\xef\xbc", true, "\xef\xbc");
	writes("=A1", false, "=A1");
	writes("a=1", true, "a=1");
	writes("", true, "");
}

static void plain_takes_it_back(void **state)
{
	static const char *const same[] = { "", "'", "'x", "''=x", "x'=1", "=x" };

	(void)state;
	assert_true(str_eq(csv_plain(STR("'=x")), STR("=x")));
	assert_true(str_eq(csv_plain(STR("'-1")), STR("-1")));
	assert_true(str_eq(csv_plain(STR("'\xef\xbc\x9dx")), STR("\xef\xbc\x9dx")));
	assert_true(str_eq(csv_plain(STR("'\tx")), STR("\tx")));
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_true(str_eq(csv_plain(str_from(same[i])), str_from(same[i])));
}

static void delimiters_become_commas(void **state)
{
	static const char *const texts[][2] = { { "", "" }, { "a", "a" }, { ";;", ",," },
		{ "a;b,c;d", "a,\"b,c\",d" }, { ",;,", "\",\",\",\"" },
		{ "long enough;for eight;bytes, twice;and more;", "long enough,for eight,\"bytes, "
								  "twice\",and more," } };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		buf_init(&b, 100);
		csv_commas(&b, str_from(texts[i][0]), ';');
		assert_string_equal(buf_cstr(&b), texts[i][1]);
		buf_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delimiters_become_commas),
		cmocka_unit_test(cells_are_quoted_only_where_they_must_be),
		cmocka_unit_test(formulas_are_neutralised_when_asked),
		cmocka_unit_test(plain_takes_it_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
