#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "io/json.h"

static void put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
	} else if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_char(b, (char)(0xe0 | c >> 12));
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_char(b, (char)(0xf0 | c >> 18));
		buf_char(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Every character: what is hidden is '?' to people and \u to programs, the rest is as it was. */
static void each_character_is_shown_or_spelled(void **state)
{
	struct buf text, json;
	struct json_out o;
	bool hidden;

	(void)state;
	buf_init(&text, 100);
	buf_init(&json, 100);
	for (uint32_t c = 0x20; c < 0x110000; c = c == 0xd7ff ? 0xe000 : c + 1) {
		uint32_t code;

		buf_reset(&text);
		put_utf8(&text, c);
		assert_int_equal(text_char(buf_view(&text), &code), text.n);
		assert_int_equal(code, c);
		assert_int_equal(text_step(buf_view(&text), &hidden), text.n);
		assert_int_equal(hidden, text_kind(c) == TEXT_HIDDEN);
		buf_reset(&json);
		json_out_init(&o, &json);
		json_put_str(&o, NULL, buf_view(&text));
		if (c != '"' && c != '\\')
			assert_int_equal(hidden, memchr(json.p, '\\', json.n) != NULL);
		text_clean(text.p, text.n);
		assert_int_equal(hidden, c != '?' && text.p[0] == '?');
	}
	buf_release(&text);
	buf_release(&json);
}

static void what_is_hidden(void **state)
{
	static const uint32_t is[] = { 0, 7, 0x1b, 0x7f, 0x9b, 0xad, 0x61c, 0x180e, 0x200b, 0x200d,
		0x202e, 0x2060, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe007f, 0xe01ef };
	static const uint32_t is_not[] = { 'a', ' ', 0xa0, 0xe4, 0x2003, 0x2010, 0x2026, 0x3000,
		0x6771, 0xff1d, 0xfffd, 0x1f4f1 };

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(*is); i++)
		assert_int_equal(text_kind(is[i]), TEXT_HIDDEN);
	for (size_t i = 0; i < sizeof(is_not) / sizeof(*is_not); i++)
		assert_int_not_equal(text_kind(is_not[i]), TEXT_HIDDEN);
}

/* A terminal that takes no UTF-8 obeys a lone 0x9b; within a character it is none. What reads lines
 * as text, such as the journal, shows none that has another such byte. */
static void bytes_that_are_no_utf8(void **state)
{
	char text[] = "a\x9b"
		      "2J \xe2\x80 \xc3\x9b \xf0\x9f\x93\xb1\t\n";

	(void)state;
	text_clean_lines(text, sizeof(text) - 1);
	assert_string_equal(text, "a?2J ?? \xc3\x9b \xf0\x9f\x93\xb1\t\n");
	text_clean(text, sizeof(text) - 1);
	assert_string_equal(text, "a?2J ?? \xc3\x9b \xf0\x9f\x93\xb1??");
}

/* A family is three pictures and two joiners, a red heart a black one that asks for colours. */
static void what_makes_one_picture(void **state)
{
	char text[] = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
	     family[sizeof(text)];
	char alone[] = "a\u200db\ufe0f\U0001f468\u200dc";

	(void)state;
	memcpy(family, text, sizeof(text));
	text_clean(text, sizeof(text) - 1);
	assert_string_equal(text, family);
	text_clean(alone, sizeof(alone) - 1);
	assert_string_equal(alone, "a???b???\U0001f468???c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_is_shown_or_spelled),
		cmocka_unit_test(what_is_hidden),
		cmocka_unit_test(bytes_that_are_no_utf8),
		cmocka_unit_test(what_makes_one_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
