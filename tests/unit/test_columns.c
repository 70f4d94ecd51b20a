#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "model/columns.h"

static struct arena arena;
static struct err err;
static struct columns columns;
static bool is_header, is_data;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena);
	err = (struct err){ 0 };
	columns = (struct columns){ .n = 99 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* The record is written with `|` between the cells. */
static enum errc try_with(const char *record, const struct column_options *opt)
{
	struct str cells[64], rest = str_from(record);
	size_t n = 0;

	do
		cells[n++] = str_cut(&rest, '|');
	while (rest.p);
	is_header = is_data = false;
	return columns_try(&columns, opt, cells, n, &arena, &is_header, &is_data, &err);
}

static void header(const char *record)
{
	const struct column_options none = { 0 };

	if (try_with(record, &none) != ERR_OK)
		fail_msg("%s", err.msg);
	if (!is_header || is_data)
		fail_msg("'%s' was not taken as the header", record);
	assert_true(columns.has_header);
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
	header("id|type|addedToOrgDateTime|bluetoothMacAddress|color|deviceCapacity|deviceModel|"
	       "eid|"
	       "ethernetMacAddress|imei|meid|orderDateTime|orderNumber|partNumber|productFamily|"
	       "productType|purchaseSourceId|purchaseSourceType|releasedFromOrgDateTime|"
	       "serialNumber|status|updatedDateTime|wifiMacAddress|assignedServer");
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
	header("ID|Serial Number|Model|Product Family|Product Type|Status|Color|Capacity|"
	       "Added to Org|Assigned MDM Server|WiFi MAC|Org Release Date");
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
		header(record);
		at(COLUMN_SERIAL, 1);
	}
}

static void weak_names_count_only_where_nothing_surer_stands(void **state)
{
	(void)state;
	header("id|type|note");
	at(COLUMN_SERIAL, 0);
	at(COLUMN_PRODUCT_TYPE, 1);
	header("inputSerial|coverageId|type|id");
	at(COLUMN_SERIAL, 0);
	header("id|inputSerial|serialNumber");
	at(COLUMN_SERIAL, 2);
}

static void other_lines_are_no_header(void **state)
{
	static const char *const lines[] = { "Device list", "", "|", "Organization|ACME",
		"Inventory", "20240101", "EQUIPMENT", "depmend_outcome|depmend_id", "report 2024",
		"a very long line that goes on and on, longer than any name of a column is" };
	const struct column_options none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_int_equal(try_with(lines[i], &none), ERR_OK);
		if (is_header || is_data)
			fail_msg("'%s' was taken", lines[i]);
	}
	assert_int_equal(columns.n, 99);
}

static void list_of_serials_has_no_header(void **state)
{
	const struct column_options none = { 0 };

	(void)state;
	assert_int_equal(try_with("c02xk1abjg5h|MacBook Air|2023", &none), ERR_OK);
	assert_false(is_header);
	assert_true(is_data);
	assert_int_equal(columns.n, 0);
	assert_false(columns.has_header);
	at(COLUMN_SERIAL, 0);
	at(COLUMN_MODEL, -1);
	assert_int_equal(columns_find(&columns, STR("model")), -1);
	assert_int_equal(columns_find(&columns, STR("serial")), 0);
}

static void headerless_may_be_told(void **state)
{
	struct column_options opt = { .no_header = true };

	(void)state;
	assert_int_equal(try_with("serial|model", &opt), ERR_OK);
	assert_true(is_data && !is_header);
	at(COLUMN_SERIAL, 0);
	opt.serial_column = 2;
	assert_int_equal(try_with("1", &opt), ERR_OK);
	assert_true(is_data && !is_header);
	at(COLUMN_SERIAL, 1);
}

static void result_of_ours_has_a_header(void **state)
{
	const struct column_options opt = { .no_header = true, .serial_column = 2 };

	(void)state;
	assert_int_equal(try_with("column_1|serial|depmend_outcome", &opt), ERR_OK);
	assert_true(is_header && !is_data);
	at(COLUMN_SERIAL, 1);
}

static void number_says_where_the_serial_is(void **state)
{
	struct column_options opt = { .serial_column = 2 };

	(void)state;
	assert_int_equal(try_with("Model|Ident|id", &opt), ERR_OK);
	assert_true(is_header);
	at(COLUMN_SERIAL, 1);
	at(COLUMN_MODEL, 0);
	assert_int_equal(try_with("iPad|C02XK1ABJG5H", &opt), ERR_OK);
	assert_true(is_data && !is_header);
	at(COLUMN_SERIAL, 1);
	assert_int_equal(try_with("one cell", &opt), ERR_OK);
	assert_true(!is_data && !is_header);
	opt.serial_column = 9;
	assert_int_equal(try_with("Serial|Model", &opt), ERR_INPUT);
	assert_non_null(strstr(err.msg, "column 9"));
}

static void overrides_come_first(void **state)
{
	const struct column_override overrides[] = { { COLUMN_SERIAL, STR("Gerät") },
		{ COLUMN_ADDED, STR("added on site") } };
	const struct column_options opt = { .overrides = overrides, .n_overrides = 2 };

	(void)state;
	assert_int_equal(try_with("Serial|Gerät|Added|Added On Site|S/N", &opt), ERR_OK);
	assert_true(is_header);
	at(COLUMN_SERIAL, 1);
	at(COLUMN_ADDED, 3);
	assert_int_equal(try_with("Gerät|AddedOnSite", &opt), ERR_OK);
	assert_true(is_header);
	at(COLUMN_ADDED, 1);
	assert_int_equal(try_with("Preamble|Added on site", &opt), ERR_OK);
	assert_false(is_header);
}

static void overrides_that_name_nothing_are_refused(void **state)
{
	const struct column_override overrides[] = { { COLUMN_MODEL, STR("Modelname") } };
	struct column_options opt = { .overrides = overrides, .n_overrides = 1 };

	(void)state;
	assert_int_equal(try_with("Serial|Modelnam", &opt), ERR_INPUT);
	assert_string_equal(err.msg, "no column has the header 'Modelname' that 'columns: model' "
				     "names; did you mean 'Modelnam'?");
	assert_int_equal(try_with("Serial|Other", &opt), ERR_INPUT);
	assert_string_equal(
		err.msg, "no column has the header 'Modelname' that 'columns: model' names");
	assert_int_equal(try_with("Serial|MODELNAME|model name", &opt), ERR_INPUT);
	assert_int_equal(try_with("C02XK1ABJG5H|iPad", &opt), ERR_INPUT);
	assert_non_null(strstr(err.msg, "has no header"));
	opt.no_header = true;
	assert_int_equal(try_with("x|y", &opt), ERR_INPUT);
	assert_int_equal(columns.n, 99);
	assert_false(is_header || is_data);
}

static void doubts_are_for_the_user(void **state)
{
	const struct column_override overrides[] = { { COLUMN_SERIAL, STR("Serial") } };
	const struct column_options opt = { .overrides = overrides, .n_overrides = 1 };
	const struct column_options none = { 0 };

	(void)state;
	assert_int_equal(try_with("Serial|Note|Device Serial", &none), ERR_INPUT);
	assert_string_equal(err.msg, "columns 1 'Serial' and 3 'Device Serial' both look like the "
				     "serial; name the right one with 'columns: {serial: HEADER}'");
	assert_int_equal(try_with("Serial|Note|Device Serial", &opt), ERR_OK);
	at(COLUMN_SERIAL, 0);
	assert_int_equal(try_with("Serial|WiFi MAC|wifi_mac", &none), ERR_INPUT);
	assert_int_equal(try_with("Serial|Note|x|Note", &none), ERR_INPUT);
	assert_string_equal(err.msg, "columns 2 and 4 have the same header 'Note'");
	header("Serial|||depmend_run|depmend_run|Model Name|Model");
	at(COLUMN_MODEL, 6);
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
		TEST(other_lines_are_no_header),
		TEST(list_of_serials_has_no_header),
		TEST(headerless_may_be_told),
		TEST(result_of_ours_has_a_header),
		TEST(number_says_where_the_serial_is),
		TEST(overrides_come_first),
		TEST(overrides_that_name_nothing_are_refused),
		TEST(doubts_are_for_the_user),
		TEST(our_own_columns_are_marked),
		TEST(finds_columns_by_word_and_header),
		TEST(suggests_the_nearest_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
