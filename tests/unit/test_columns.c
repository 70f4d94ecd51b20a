#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "lists/serial_list.h"

static struct arena arena;
static struct err err;
static struct columns columns;
static struct serial_list *list;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	err = (struct err){ 0 };
	columns = (struct columns){ .n = 99 };
	list = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	list_close(list);
	arena_release(&arena);
	return 0;
}

/* Opens a list of that text; its columns go to `columns`. */
static enum errc open_with(const char *text, const struct column_options *opt)
{
	struct list_options list_opt = { .columns = *opt, .barcode_s = BARCODE_KEEP };
	enum errc rc;

	list_close(list);
	list = NULL;
	rc = list_open(&list, NULL, arena_dup(&arena, str_from(text)), "f", &list_opt, &err);
	if (!rc)
		columns = list_reading(list)->columns;
	return rc;
}

/* The record, written with `|` between the cells, above two rows that have serials in the column
 * serial_at. */
static enum errc try_with(const char *record, const struct column_options *opt, size_t serial_at)
{
	static const char *const serials[] = { "C02XK1ABJG5H", "F4K9X72HG3" };
	struct buf text;
	size_t n = 1;
	enum errc rc;

	for (const char *p = record; *p; p++)
		n += *p == '|';
	buf_init(&text, 1 << 16);
	buf_printf(&text, "%s\n", record);
	for (int row = 0; row < 2; row++)
		for (size_t i = 0; i < n; i++)
			buf_printf(&text, "%s%s", i == serial_at ? serials[row] : "x y",
				i + 1 < n ? "|" : "\n");
	rc = open_with(buf_cstr(&text), opt);
	buf_release(&text);
	return rc;
}

static void header_at(const char *record, size_t serial_at)
{
	const struct column_options none = { 0 };

	if (try_with(record, &none, serial_at) != ERR_OK)
		fail_msg("%s", err.msg);
	if (!columns.has_header)
		fail_msg("'%s' was not taken as the header", record);
}

static void header(const char *record)
{
	header_at(record, 0);
}

static void at(enum column column, int want)
{
	if (columns.at[column] != want)
		fail_msg(
			"%s is at %d, not %d", column_info(column)->word, columns.at[column], want);
}

static void every_canonical_word_is_its_column(void **state)
{
	(void)state;
	for (int i = 0; i < COLUMN_MAX_; i++) {
		char record[64];

		(void)snprintf(record, sizeof(record), "serial|%s",
			i == COLUMN_SERIAL ? "x" : column_info((enum column)i)->word);
		header(record);
		at(COLUMN_SERIAL, 0);
		if (i != COLUMN_SERIAL)
			at((enum column)i, 1);
	}
}

static void knows_the_attributes_of_the_api(void **state)
{
	(void)state;
	header_at("id|type|addedToOrgDateTime|bluetoothMacAddress|color|deviceCapacity|deviceModel|"
		  "eid|"
		  "ethernetMacAddress|imei|meid|orderDateTime|orderNumber|partNumber|productFamily|"
		  "productType|purchaseSourceId|purchaseSourceType|releasedFromOrgDateTime|"
		  "serialNumber|status|updatedDateTime|wifiMacAddress|assignedServer",
		19);
	for (int i = 0; i < COLUMN_MAX_; i++)
		if (i != COLUMN_ASSET_TAG && i != COLUMN_USER)
			assert_int_not_equal(columns.at[i], -1);
	at(COLUMN_ASSET_TAG, -1);
	at(COLUMN_ADDED, 2);
	at(COLUMN_MODEL, 6);
	at(COLUMN_FAMILY, 14);
	at(COLUMN_PRODUCT_TYPE, 15);
	at(COLUMN_SOURCE_ID, 16);
	at(COLUMN_SOURCE, 17);
	at(COLUMN_SERIAL, 19);
	at(COLUMN_SERVER, 23);
}

static void knows_the_header_of_the_toolkit(void **state)
{
	(void)state;
	header_at("ID|Serial Number|Model|Product Family|Product Type|Status|Color|Capacity|"
		  "Added to Org|Assigned MDM Server|WiFi MAC|Org Release Date",
		1);
	at(COLUMN_SERIAL, 1);
	at(COLUMN_MODEL, 2);
	at(COLUMN_FAMILY, 3);
	at(COLUMN_PRODUCT_TYPE, 4);
	at(COLUMN_STATUS, 5);
	at(COLUMN_COLOR, 6);
	at(COLUMN_CAPACITY, 7);
	at(COLUMN_ADDED, 8);
	at(COLUMN_SERVER, 9);
	at(COLUMN_WIFI_MAC, 10);
	at(COLUMN_RELEASED, 11);
}

static void knows_the_serial_in_many_spellings(void **state)
{
	static const char *const spellings[] = { "serial", "SERIAL", "Serial Number",
		"serial_number", "serial-number", " Serial  No. ", "Serial #", "S/N",
		"serialNumber", "Device Serial Number", "Hardware Serial", "Seriennummer",
		"SERIENNUMMER", "Numéro de série", "NUMÉRO DE SÉRIE",
		"Nume\xcc\x81ro de se\xcc\x81rie", "Número de serie", "N.º de serie", "N° de série",
		"Numero di serie", "Serienummer", "シリアル番号", "Serial\xc2\xa0Number",
		"\xef\xbb\xbfSerial", "Número de série" };

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		char record[100];

		(void)snprintf(record, sizeof(record), "Notes|%s", spellings[i]);
		header_at(record, 1);
		at(COLUMN_SERIAL, 1);
	}
}

static void weak_names_count_only_where_nothing_surer_stands(void **state)
{
	const struct column_options none = { 0 };

	(void)state;
	header("id|type|note");
	at(COLUMN_SERIAL, 0);
	at(COLUMN_PRODUCT_TYPE, 1);
	header_at("id|inputSerial|serialNumber", 2);
	at(COLUMN_SERIAL, 2);
	assert_int_equal(try_with("id|type|note", &none, 2), ERR_INPUT);
	assert_non_null(strstr(err.msg, "--serial-column 3"));
}

static void words_of_the_serial_count(void **state)
{
	static const char *const names[] = { "Computer Serial", "Serial Numbers",
		"Mobile Device Serial", "Device S/N", "SerialNumber0", "v_GS_PC_BIOS.SerialNumber0",
		"Seriennummer des Geräts", "Geräteseriennummer", "Número de serie del dispositivo",
		"Numéro de série de l'appareil", "Numero di serie del dispositivo",
		"Serienummer apparaat", "デバイスのシリアル番号", "HW SN", "bios_serial",
		"MacSerial", "Serial Number do Notebook", "SN码", "S/N码", "产品SN", "Ｓ／Ｎ",
		"ＳＥＲＩＡＬ　ＮＯ．", "シリアルＮｏ．", "endpointserialnumber",
		"product_serial" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char record[120];

		(void)snprintf(record, sizeof(record), "ID|%s|Asset Tag", names[i]);
		header_at(record, 1);
		at(COLUMN_SERIAL, 1);
	}
}

static void serials_of_other_things_are_not_taken(void **state)
{
	static const char *const names[] = { "Replacement Serial", "Old Serial",
		"Monitor Serial Number", "Seriennummer alt", "Ersatzseriennummer",
		"Numéro de série remplacement", "Parent Serial", "Battery S/N", "SIM Serial",
		"Serial Status", "旧シリアル番号", "旧SN", "Do not touch serial",
		"donottouch_serial", "Ｏｌｄ　Ｓｅｒｉａｌ", "Old\xc2\xa0Serial",
		"Old\xe2\x80\x89Serial", "Old\xe2\x80\x93Serial" };
	const struct column_options none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char record[120];

		(void)snprintf(record, sizeof(record), "Name|%s", names[i]);
		if (try_with(record, &none, 1) != ERR_INPUT)
			fail_msg("'%s' was taken", names[i]);
		if (!strstr(err.msg, "--serial-column 2"))
			fail_msg("%s", err.msg);
		assert_non_null(strstr(err.msg, "--serial-column 2"));
	}
}

static void list_of_serials_has_no_header(void **state)
{
	const struct column_options none = { 0 };

	(void)state;
	assert_int_equal(open_with("c02xk1abjg5h,MacBook Air,2023\n", &none), ERR_OK);
	assert_int_equal(columns.n, 0);
	assert_false(columns.has_header);
	at(COLUMN_SERIAL, 0);
	at(COLUMN_MODEL, -1);
	assert_int_equal(columns_find(&columns, STR("model")), -1);
	assert_int_equal(columns_find(&columns, STR("serial")), 0);
	assert_int_equal(open_with("IPAD0001,c02xk1abjg5h\nIPAD0002,F4K9X72HG3\n", &none), ERR_OK);
	at(COLUMN_SERIAL, 1);
	assert_int_equal(
		open_with("C02XK1ABJG5H,F4K9X72HG3\nF4K9X72HG4,C02XK1ABJG5J\n", &none), ERR_INPUT);
	assert_non_null(strstr(err.msg, "--header none --serial-column 2"));
}

static void headerless_may_be_told(void **state)
{
	struct column_options opt = { .header_line = HEADER_ABSENT };

	(void)state;
	assert_int_equal(open_with("serial,model\n", &opt), ERR_OK);
	assert_false(columns.has_header);
	at(COLUMN_SERIAL, 0);
	opt.serial_column = 2;
	assert_int_equal(open_with("serial,model\n", &opt), ERR_OK);
	at(COLUMN_SERIAL, 1);
	assert_int_equal(open_with("1\n", &opt), ERR_INPUT);
}

static void result_of_ours_has_a_header(void **state)
{
	const struct column_options opt = { .header_line = HEADER_ABSENT, .serial_column = 2 };

	(void)state;
	assert_int_equal(
		open_with("column_1,serial,depmend_outcome\nx,C02XK1ABJG5H,done\n", &opt), ERR_OK);
	assert_true(columns.has_header);
	at(COLUMN_SERIAL, 1);
}

static void number_says_where_the_serial_is(void **state)
{
	struct column_options opt = { .serial_column = 2 };

	(void)state;
	assert_int_equal(open_with("Model,Ident,id\niPad,C02XK1ABJG5H,x\n", &opt), ERR_OK);
	assert_true(columns.has_header);
	at(COLUMN_SERIAL, 1);
	at(COLUMN_MODEL, 0);
	assert_int_equal(open_with("iPad,C02XK1ABJG5H\n", &opt), ERR_OK);
	assert_false(columns.has_header);
	at(COLUMN_SERIAL, 1);
	opt.serial_column = 9;
	assert_int_equal(open_with("Serial,Model\n", &opt), ERR_INPUT);
	assert_non_null(strstr(err.msg, "column 9"));
}

static void header_may_be_told(void **state)
{
	struct column_options opt = { .header_line = 2, .serial_header = STR("Ident") };

	(void)state;
	assert_int_equal(open_with("Ident,Model\nIdent,Serial\nC02XK1ABJG5H,x\n", &opt), ERR_OK);
	assert_int_equal(list_reading(list)->header_line, 2);
	at(COLUMN_SERIAL, 0);
	opt.header_line = 9;
	assert_int_equal(open_with("Ident,Model\nC02XK1ABJG5H,x\n", &opt), ERR_INPUT);
	assert_non_null(strstr(err.msg, "f:9:"));
}

static void overrides_come_first(void **state)
{
	const struct column_override overrides[] = { { COLUMN_SERIAL, STR("Gerät") },
		{ COLUMN_ADDED, STR("added on site") } };
	const struct column_options opt = { .overrides = overrides, .n_overrides = 2 };

	(void)state;
	assert_int_equal(try_with("Serial|Gerät|Added|Added On Site|S/N", &opt, 1), ERR_OK);
	at(COLUMN_SERIAL, 1);
	at(COLUMN_ADDED, 3);
	assert_int_equal(try_with("Gerät|AddedOnSite", &opt, 0), ERR_OK);
	at(COLUMN_ADDED, 1);
	assert_int_equal(try_with("Preamble|Added on site", &opt, 0), ERR_INPUT);
}

static void overrides_that_name_nothing_are_refused(void **state)
{
	const struct column_override overrides[] = { { COLUMN_MODEL, STR("Modelname") } };
	struct column_options opt = { .overrides = overrides, .n_overrides = 1 };

	(void)state;
	assert_int_equal(try_with("Serial|Modelnam", &opt, 0), ERR_INPUT);
	assert_string_equal(err.msg,
		"f: no column has the header 'Modelname' that 'columns: model' "
		"names; did you mean 'Modelnam'?");
	assert_int_equal(try_with("Serial|Other", &opt, 0), ERR_INPUT);
	assert_string_equal(err.msg,
		"f: no column has the header 'Modelname' that 'columns: model' "
		"names");
	assert_int_equal(try_with("Serial|MODELNAME|model name", &opt, 0), ERR_INPUT);
	assert_int_equal(open_with("C02XK1ABJG5H,iPad\n", &opt), ERR_INPUT);
	assert_non_null(strstr(err.msg, "has no header"));
	opt.header_line = HEADER_ABSENT;
	assert_int_equal(open_with("x,y\n", &opt), ERR_INPUT);
	assert_int_equal(columns.n, 99);
}

static void doubts_are_for_the_user(void **state)
{
	const struct column_override overrides[] = { { COLUMN_SERIAL, STR("Serial") } };
	const struct column_options opt = { .overrides = overrides, .n_overrides = 1 };
	const struct column_options none = { 0 };
	const char *two = "Serial,Note,Device Serial\nC02XK1ABJG5H,x,F4K9X72HG3\n";

	(void)state;
	assert_int_equal(open_with(two, &none), ERR_INPUT);
	assert_string_equal(err.msg,
		"f:1: two columns could be the serial; the columns, with a cell of each, are 1 "
		"'Serial' (C02XK1ABJG5H), 2 "
		"'Note' (x), 3 'Device Serial' (F4K9X72HG3); say which: "
		"--header 1 --serial-column 1, "
		"or --header 1 --serial-column 3");
	assert_int_equal(open_with(two, &opt), ERR_OK);
	at(COLUMN_SERIAL, 0);
}

static void columns_that_no_rule_uses_may_be_unsure(void **state)
{
	(void)state;
	header("Serial|WiFi MAC|wifi_mac|Note|Note");
	at(COLUMN_WIFI_MAC, -1);
	assert_true(columns.unsure[COLUMN_WIFI_MAC]);
	assert_int_equal(columns_find(&columns, STR("Note")), -1);
	assert_int_equal(columns_count(&columns, STR("Note")), 2);
	header("Serial|||depmend_run|depmend_run|Model Name|Model");
	at(COLUMN_MODEL, 6);
	assert_false(columns.unsure[COLUMN_MODEL]);
}

static void our_own_columns_are_marked(void **state)
{
	(void)state;
	header("Serial|depmend_outcome|DEPMEND_Run|depmendx");
	assert_false(columns.own[0]);
	assert_true(columns.own[1]);
	assert_true(columns.own[2]);
	assert_false(columns.own[3]);
}

static void finds_columns_by_word_and_header(void **state)
{
	(void)state;
	header("Serial Number| Wanted  Server |wantedserver2|A b|AB|Product Family");
	assert_int_equal(columns_find(&columns, STR("serial")), 0);
	assert_int_equal(columns_find(&columns, STR("family")), 5);
	assert_int_equal(columns_find(&columns, STR("Product Family")), 5);
	assert_int_equal(columns_find(&columns, STR("Wanted  Server")), 1);
	assert_int_equal(columns_find(&columns, STR("WANTED SERVER")), 1);
	assert_int_equal(columns_find(&columns, STR("AB")), 4);
	assert_int_equal(columns_find(&columns, STR("a b")), -1);
	assert_int_equal(columns_find(&columns, STR("model")), -1);
	assert_int_equal(columns_find(&columns, STR_NONE), -1);
}

static void suggests_the_nearest_header(void **state)
{
	(void)state;
	header("Serial|Wanted server|Wanted group|Site");
	assert_true(str_eq(columns_nearest(&columns, STR("Wanted sevrer")), STR("Wanted server")));
	assert_true(str_eq(columns_nearest(&columns, STR("site")), STR("Site")));
	assert_true(str_eq(columns_nearest(&columns, STR("Sit")), STR("Site")));
	assert_int_equal(columns_nearest(&columns, STR("completely else")).n, 0);
	assert_int_equal(columns_nearest(&columns, STR("x")).n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_canonical_word_is_its_column),
		TEST(knows_the_attributes_of_the_api),
		TEST(knows_the_header_of_the_toolkit),
		TEST(knows_the_serial_in_many_spellings),
		TEST(weak_names_count_only_where_nothing_surer_stands),
		TEST(words_of_the_serial_count),
		TEST(serials_of_other_things_are_not_taken),
		TEST(list_of_serials_has_no_header),
		TEST(headerless_may_be_told),
		TEST(result_of_ours_has_a_header),
		TEST(number_says_where_the_serial_is),
		TEST(overrides_come_first),
		TEST(overrides_that_name_nothing_are_refused),
		TEST(header_may_be_told),
		TEST(doubts_are_for_the_user),
		TEST(columns_that_no_rule_uses_may_be_unsure),
		TEST(our_own_columns_are_marked),
		TEST(finds_columns_by_word_and_header),
		TEST(suggests_the_nearest_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
