#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model/serial.h"

static void reads_as(const char *cell, const char *want)
{
	struct serial s = { .n = 0 };

	if (serial_read(str_from(cell), &s) != REASON_NONE)
		fail_msg("refused '%s'", cell);
	assert_string_equal(s.text, want);
	assert_int_equal(s.n, strlen(want));
	assert_true(str_eq(serial_view(&s), str_from(want)));
}

static void refused_for(const char *cell, enum reason want)
{
	struct serial s = { .n = 3 };

	if (serial_read(str_from(cell), &s) != want)
		fail_msg("'%s' is not %s", cell, reason_info(want)->code);
	assert_int_equal(s.n, 3);
}

static void good_serials_are_trimmed_and_upper_case(void **state)
{
	(void)state;
	reads_as("C02XK1ABJG5H", "C02XK1ABJG5H");
	reads_as("c02xk1abjg5h", "C02XK1ABJG5H");
	reads_as("12345678", "12345678");
	reads_as("XABC123X0ABC123X0", "XABC123X0ABC123X0");
	reads_as("12E45678", "12E45678");
	reads_as(" \t C02XK1ABJG5H\r\n", "C02XK1ABJG5H");
	reads_as("\xc2\xa0"
		 "C02XK1ABJG5H \xe2\x80\x8b \xc2\xa0",
		"C02XK1ABJG5H");
	reads_as("\xef\xbb\xbf\xe2\x80\x8c\xe2\x80\x8d\xe2\x81\xa0"
		 "C02XK1ABJG5H",
		"C02XK1ABJG5H");
	reads_as("'C02XK1ABJG5H", "C02XK1ABJG5H");
	reads_as(" '\xc2\xa0"
		 "C02XK1ABJG5H",
		"C02XK1ABJG5H");
}

static void what_nobody_sees_is_trimmed(void **state)
{
	static const char *const marks[] = { "\xe2\x80\x8e", "\xe3\x80\x80", "\xe2\x80\xaa",
		"\xe2\x80\xac", "\xe2\x80\xaf", "\xc2\xad", "\xe2\x81\xa6", "\xe2\x80\x87",
		"\xef\xbb\xbf", "\xe2\x80\xa8", "\xd8\x9c", "\x7f", "\xc2\x85" };
	char cell[64];

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		(void)snprintf(
			cell, sizeof(cell), "%sC02XK1ABJG5H%s %s", marks[i], marks[i], marks[i]);
		reads_as(cell, "C02XK1ABJG5H");
	}
	reads_as("=\"C02XK1ABJG5H\"", "C02XK1ABJG5H");
	reads_as("\xc2\xa0=\" C02XK1ABJG5H\"", "C02XK1ABJG5H");
}

static void described_as(const char *cell, const char *want)
{
	struct buf text;

	buf_init(&text, 1024);
	serial_describe(str_from(cell), &text);
	assert_string_equal(buf_cstr(&text), want);
	buf_release(&text);
}

static void what_does_not_fit_is_named(void **state)
{
	(void)state;
	described_as("C02XK1-ABJG5H", "'C02XK1-ABJG5H' has 13 characters; character 7 is '-'");
	described_as("C02 XK1", "'C02 XK1' has 7 characters; character 4 is a space");
	described_as("X1", "'X1' has 2 characters");
	described_as("C02\xe2\x80\x8bXK1ABJG5H", "'C02<U+200B>XK1ABJG5H' has 13 characters; "
						 "character 4 is U+200B, which is invisible");
	described_as("\xd0\xa1"
		     "02XK1ABJG5H",
		"'\xd0\xa1"
		"02XK1ABJG5H' has 12 characters; character 1 is '\xd0\xa1' (U+0421), which only "
		"looks like C");
	described_as("\xef\xbc\xa3"
		     "02XK1",
		"'\xef\xbc\xa3"
		"02XK1' has 6 characters; character 1 is '\xef\xbc\xa3' (U+FF23), which only looks "
		"like C");
}

static void looks(enum serial_look want, const char *cell)
{
	if (serial_look(str_from(cell)) != want)
		fail_msg("'%s' looks %d, not %d", cell, serial_look(str_from(cell)), want);
}

static void serials_look_like_nothing_else(void **state)
{
	static const char *const weak[] = { "MACLAB0001", "IPAD0001", "W123456789", "10000234",
		"356938035643809", "A4B1C2D3E4F5", "Textbox12", "deviceModel", "EQUIPMENT",
		"20240101", "AT00012345", "iPhone15Pro", "MacBookPro18" };
	static const char *const strong[] = { "C02XK1ABJG5H", "F4K9X72HG3", "c02xk1abjg5h",
		"7AGC74BU22", "QTJNL3XUK6", "1NXJE8440V", "=\"F4K9X72HG3\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++)
		looks(LOOK_WEAK, weak[i]);
	for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++)
		looks(LOOK_STRONG, strong[i]);
	looks(LOOK_OTHER, "iPad, 9th");
	looks(LOOK_OTHER, "1.23E+11");
	looks(LOOK_EMPTY, "\xe2\x80\x8e");
}

static void every_byte_of_every_place_counts(void **state)
{
	(void)state;
	for (size_t n = SERIAL_MIN; n <= SERIAL_MAX; n++)
		for (size_t at = 1; at + 1 < n; at++)
			for (int byte = 0; byte <= UINT8_MAX; byte++) {
				char c = (char)byte, cell[SERIAL_MAX + 1] = "ABCDEFGHIJKLMNOPQ";
				bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
					    (c >= 'a' && c <= 'z');
				struct serial s;

				cell[n] = '\0';
				cell[at] = c;
				if ((serial_read((struct str){ cell, n }, &s) == REASON_NONE) !=
					good)
					fail_msg("byte %d at %zu of %zu", byte, at, n);
				cell[at] = ascii_upper(c);
				if (good)
					assert_string_equal(s.text, cell);
			}
}

static void empty_cells_have_no_serial(void **state)
{
	(void)state;
	refused_for("", REASON_ROW_NO_SERIAL);
	refused_for(" \t", REASON_ROW_NO_SERIAL);
	refused_for("\xc2\xa0\xe2\x80\x8b", REASON_ROW_NO_SERIAL);
	refused_for("'", REASON_ROW_NO_SERIAL);
}

static void anything_else_is_bad(void **state)
{
	static const char *const bad[] = { "C02XK1A", "XABC123X0ABC123X0A", "C02XK1-ABJG5H",
		"C02XK 1ABJG5H", "C02XK1ABJG5\xc3\x96", "C02\xe2\x80\x8bXK1ABJG5H",
		"''C02XK1ABJG5H", "n/a", "123E", "1.", "1.E+1", ".5E+11", "1.5E+", "1.5E11x",
		"1.5E11", "1.5x", "1.5E+11 ?" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused_for(bad[i], REASON_ROW_BAD_SERIAL);
}

static void spreadsheet_damage_is_named_and_never_mended(void **state)
{
	static const char *const bad[] = { "1.23E+11", "1,23E+11", "1e+11", "1.23457E-08",
		"123456789012.0", "=A1", "=\"A\"&B1", " 1.23E+11 ", "'1.23E+11" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused_for(bad[i], REASON_ROW_EXCEL_SERIAL);
}

static void strips_to(const char *from, const char *want)
{
	struct serial s;

	assert_int_equal(serial_read(str_from(from), &s), REASON_NONE);
	assert_int_equal(serial_strip_barcode(&s), strcmp(from, want) != 0);
	assert_string_equal(s.text, want);
	assert_int_equal(s.n, strlen(want));
}

static void barcode_prefix_goes_only_where_a_usual_length_stays(void **state)
{
	(void)state;
	strips_to("SC02XK1ABJG5H", "C02XK1ABJG5H");
	strips_to("SABCDE12345", "ABCDE12345");
	strips_to("SSSSSSSSSSSSS", "SSSSSSSSSSSS");
	strips_to("SC02XK1ABJG5", "SC02XK1ABJG5");
	strips_to("SABCDE1234", "SABCDE1234");
	strips_to("XC02XK1ABJG5H", "XC02XK1ABJG5H");
	strips_to("SVVS36G1YD3JKQNI", "SVVS36G1YD3JKQNI");
	strips_to("1SF4K9X72HG3", "F4K9X72HG3");
	strips_to("1SC02XK1ABJG5H", "C02XK1ABJG5H");
	strips_to("SNF4K9X72HG3", "F4K9X72HG3");
	strips_to("SNC02XK1ABJG5H", "C02XK1ABJG5H");
	strips_to("1SF4K9X72HG", "1SF4K9X72HG");
	strips_to("2SF4K9X72HG3", "2SF4K9X72HG3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_serials_are_trimmed_and_upper_case),
		cmocka_unit_test(what_nobody_sees_is_trimmed),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(serials_look_like_nothing_else),
		cmocka_unit_test(every_byte_of_every_place_counts),
		cmocka_unit_test(empty_cells_have_no_serial),
		cmocka_unit_test(anything_else_is_bad),
		cmocka_unit_test(spreadsheet_damage_is_named_and_never_mended),
		cmocka_unit_test(barcode_prefix_goes_only_where_a_usual_length_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
