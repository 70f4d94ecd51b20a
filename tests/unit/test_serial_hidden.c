#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lists/serial_hidden.h"

static struct map known;

static int begin(void **state)
{
	(void)state;
	map_init(&known, 0);
	(void)map_add(&known, STR("C02XK1ABJG5H"), NULL);
	(void)map_add(&known, STR("F4K9X72HG3"), NULL);
	(void)map_add(&known, STR("7AGC74BU22"), NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	map_release(&known);
	return 0;
}

static void hides(const char *text, const char *want)
{
	struct str found = STR_NONE;

	if (!serial_is_hidden(str_from(text), &known, &found))
		fail_msg("nothing was found in '%s'", text);
	if (!str_eq(found, str_from(want)))
		fail_msg("'%.*s' was found in '%s'", STR_FMT(found), text);
}

static void hides_none(const char *text)
{
	struct str found = STR_NONE;

	if (serial_is_hidden(str_from(text), &known, &found))
		fail_msg("'%.*s' was found in '%s'", STR_FMT(found), text);
}

static void what_is_whole_or_joined_is_found(void **state)
{
	(void)state;
	hides("1V3GRFTKJ9", "1V3GRFTKJ9");
	hides("C02XK1ABJG5H,board1V3GRFTKJ9,do not touch", "1V3GRFTKJ9");
	hides("C02XK1ABJG5H1V3GRFTKJ9", "1V3GRFTKJ9");
	hides("boardDMPXK1ABJG5H", "DMPXK1ABJG5H");
	hides("board1v3grftkj9", "rd1v3grftkj9");
	hides("# owner: IT\xef\xbc\xa1"
	      "1V3GRFTKJ9 # CEO",
		"1V3GRFTKJ9");
}

static void what_wrong_characters_cut_is_found(void **state)
{
	(void)state;
	hides("C02XK1ABJG5H; 6QL88Y-VXF2", "6QL88Y-VXF2");
	hides("6QL8.Y-VXF2", "6QL8.Y-VXF2");
	hides("6QL88 VXF2", "6QL88 VXF2");
	hides("LWW6\tH4C6MK;", "LWW6\tH4C6MK");
	hides("see H4T5FD9V\xd0\xa1XH9X", "H4T5FD9V\xd0\xa1XH9X");
}

static void words_dates_and_addresses_are_none(void **state)
{
	(void)state;
	hides_none("");
	hides_none("C02XK1ABJG5H # same as f4k9x72hg3, LAP-C02XK1ABJG5H");
	hides_none("do not touch, B\xc3\xbcro 3, lost; stolen");
	hides_none("iPad Pro 11-inch (4th gen), MacBookPro18,3, MK2E3LL/A");
	hides_none("2026-11-28T10:15:00Z, 28.11.2026 10:15, Q3 2026 HR");
	hides_none("550e8400-e29b-41d4-a716-446655440000, 3C:22:FB:12:9A:0E, 356938035643809");
	hides_none("j.smith2@acme3.example https://tickets.acme.example/browse/IT-4711");
	hides_none("IT-2024-A0012, PO-2024-0017, INC0012345, room 214b");
}

static void a_rest_beside_a_serial_is_found(void **state)
{
	(void)state;
	assert_true(serial_is_cut(STR("7AGC74BU22;KH"), &known));
	assert_true(serial_is_cut(STR("FV,F4K9X72HG3"), &known));
	assert_true(serial_is_cut(STR("7AGC74BU22,\xe2\x80\x8b"
				      "KH"),
		&known));
	assert_false(serial_is_cut(STR("7AGC74BU22;IT"), &known));
	assert_false(serial_is_cut(STR("7AGC74BU22; KH"), &known));
	assert_false(serial_is_cut(STR("7AGC74BU22,CEO"), &known));
	assert_false(serial_is_cut(STR("1V3GRFTKJ9;KH"), &known));
	assert_false(serial_is_cut(STR("C02XK1ABJG5H;KH"), &known));
	assert_false(serial_is_cut(STR(""), &known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_whole_or_joined_is_found),
		cmocka_unit_test(what_wrong_characters_cut_is_found),
		cmocka_unit_test(words_dates_and_addresses_are_none),
		cmocka_unit_test(a_rest_beside_a_serial_is_found),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
