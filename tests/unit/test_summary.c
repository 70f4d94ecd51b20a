/* report/summary, plan_summary, table and status: what people read at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/width.h"
#include "report/status.h"
#include "report/summary.h"
#include "report/table.h"
#include "report/when.h"

static char *text;
static size_t n_text;

static FILE *capture(void)
{
	return open_memstream(&text, &n_text);
}

static void expect(FILE *out, const char *wanted)
{
	(void)fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	text = NULL;
}

static void first_status_follows_the_page(void **state)
{
	(void)state;
	assert_int_equal(status_first(3, 5), 5);
	assert_int_equal(status_first(5, 3), 5);
	assert_int_equal(status_first(0, 3), 3);
	assert_int_equal(status_first(75, 5), 75);
	assert_int_equal(status_first(4, 75), 4);
	assert_int_equal(status_first(69, 77), 77);
	assert_int_equal(status_first(77, 78), 78);
	assert_int_equal(status_first(78, 70), 70);
	assert_int_equal(status_first(70, 74), 74);
	assert_int_equal(status_first(73, 130), 130);
	assert_int_equal(status_first(0, 0), 0);
}

static void every_errc_has_a_status_with_a_meaning(void **state)
{
	(void)state;
	for (int i = 0; i < ERR_MAX_; i++)
		assert_non_null(status_meaning(errc_info((enum errc)i)->exit_status));
	for (int i = 0; i < OUTCOME_MAX_; i++)
		assert_non_null(status_meaning(outcome_info((enum outcome)i)->exit_status));
	assert_null(status_meaning(1));
}

static void outcomes_decide_the_status(void **state)
{
	struct summary s = { 0 };

	(void)state;
	assert_int_equal(summary_status(&s), 0);
	summary_count(&s, OUTCOME_DONE, REASON_STATE_DONE, 1);
	summary_count(&s, OUTCOME_DUPLICATE, REASON_ROW_DUPLICATE, 1);
	assert_int_equal(summary_status(&s), 0);
	summary_count(&s, OUTCOME_FAILED, REASON_APPLE_REFUSED, 1);
	assert_int_equal(summary_status(&s), 3);
	summary_count(&s, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, 1);
	assert_int_equal(summary_status(&s), 5);
	assert_int_equal(summary_rows(&s), 4);
}

static void summary_counts_causes_and_next_steps(void **state)
{
	struct summary s = { 0 };
	struct summary_end end = {
		.run = "R1",
		.result = "a.result.csv",
		.kept = "a.result.R0.csv",
		.n_changes = 2,
		.n_triggers = 1,
		.n_reads = 7,
		.took_ms = 45000,
		.status = 3,
		.next = "depmend apply a.csv",
	};
	FILE *out = capture();

	(void)state;
	summary_count(&s, OUTCOME_DONE, REASON_STATE_DONE, 1);
	summary_count(&s, OUTCOME_INVALID, REASON_ROW_NO_SERIAL, 1);
	summary_count(&s, OUTCOME_INVALID, REASON_ROW_NO_SERIAL, 1);
	summary_print(&s, &end, out);
	expect(out,
		"3 rows: 1 done, 2 invalid\n"
		"  2 x row.no_serial: the serial cell is empty\n"
		"      -> fill in the serial or delete the row\n"
		"run      R1\n"
		"sent     2 changes, 1 sync, 7 reads in 45 s\n"
		"result   a.result.csv\n"
		"kept     a.result.R0.csv\n"
		"status   3: some rows failed, are restored, invalid, held, manual or undecided\n"
		"next     depmend apply a.csv\n");
}

static void summary_says_nothing_of_what_is_not_there(void **state)
{
	struct summary s = { 0 };
	struct summary_end end = { 0 };
	FILE *out = capture();

	(void)state;
	summary_count(&s, OUTCOME_UNCHANGED, REASON_STATE_HOLDS, 1);
	summary_print(&s, &end, out);
	expect(out,
		"1 row: 1 unchanged\n"
		"status   0: every row is settled as its rule wants, or there was nothing to do\n");
}

static void colour_is_only_added(void **state)
{
	struct summary s = { 0 };
	struct summary_end end = { .color = true, .status = 3 };
	FILE *out = capture();

	(void)state;
	summary_count(&s, OUTCOME_FAILED, REASON_NONE, 1);
	summary_print(&s, &end, out);
	expect(out,
		"1 row: \033[31m1 failed\033[0m\n"
		"status   3: some rows failed, are restored, invalid, held, manual or undecided\n");
}

static void plan_groups_by_rule_and_server(void **state)
{
	struct plan_summary *p = plan_summary_new();
	FILE *out = capture();

	(void)state;
	plan_summary_rule(p, STR("loan"));
	plan_summary_rule(p, STR("rebuild"));
	plan_summary_rule(p, STR("idle"));
	plan_summary_row(p, STR(""), STR(""), STR(""), OUTCOME_UNMATCHED, 1);
	plan_summary_row(
		p, STR("rebuild"), STR("A"), STR("unassign, reassign"), OUTCOME_PLANNED, 1);
	plan_summary_row(
		p, STR("rebuild"), STR("B"), STR("unassign, reassign"), OUTCOME_PLANNED, 2);
	plan_summary_row(p, STR("loan"), STR("A"), STR(""), OUTCOME_SKIPPED, 1);
	plan_summary_print(p, 0, out);
	plan_summary_free(p);
	expect(out, "  RULE     SERVER  ROWS  OUTCOME    STEPS\n"
		    "  loan     A          1  skipped\n"
		    "  rebuild  B          2  planned    unassign, reassign\n"
		    "  rebuild  A          1  planned    unassign, reassign\n"
		    "  -        -          1  unmatched\n"
		    "rules that matched nothing: idle\n");
}

static void names_cannot_steer_the_terminal(void **state)
{
	struct plan_summary *p = plan_summary_new();
	FILE *out = capture();

	(void)state;
	plan_summary_rule(p, STR("a\033[2Jb"));
	plan_summary_row(p, STR("x"), STR("s\r\n\tt"), STR("y\x7f"), OUTCOME_PLANNED, 1);
	plan_summary_print(p, 0, out);
	plan_summary_free(p);
	expect(out, "  RULE  SERVER  ROWS  OUTCOME  STEPS\n"
		    "  x     s???t      1  planned  y?\n"
		    "rules that matched nothing: a?[2Jb\n");
}

static struct text_table *plan_of_one(void)
{
	static const char *const cells[] = { "RULE", "ROWS", "STEPS", "r", "2",
		"unassign, sync, reassign, sync" };
	struct text_table *t = table_new("lrl");

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		table_cell(t, str_from(cells[i]));
	return t;
}

static void narrow_tables(void **state)
{
	struct text_table *t = plan_of_one();
	FILE *out = capture();

	(void)state;
	table_print_within(t, 44, out);
	expect(out, "  RULE  ROWS  STEPS\n  r        2  unassign, sync, reassign, sync\n");
	out = capture();
	table_print_within(t, 40, out);
	expect(out, "  RULE  ROWS  STEPS\n  r        2  unassign, sync, reassign,\n              "
		    "sync\n");
	out = capture();
	table_print_within(t, 24, out);
	expect(out, "  r\n    ROWS     2\n    STEPS    unassign, sync, reassign, sync\n");
	out = capture();
	table_print_folded(t, 24, out);
	expect(out, "  RULE  ROWS  STEPS\n  r        2  unassign, sync, reassign, sync\n");
	table_free(t);
}

/* Texts of files on a terminal: what is copied or proves something stays as it is. */
static void times_in_texts(void **state)
{
	static const char words[] = "until 2026-11-22T03:01:39Z, --now 2026-11-22T03:01:39Z\n"
				    "list:2026-11-22T03:01:39Z 2026-11-22T03:01:39.004Z; 2026 "
				    "2026-11-22T99:01:39Z x";
	struct when w = { .local = true, .now_ms = 1795316499000 };
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	(void)setenv("TZ", "Europe/Berlin", 1);
	tzset();
	when_text(&w, str_from(words), &out);
	assert_string_equal(buf_cstr(&out), "until 04:01 +01:00, --now 2026-11-22T03:01:39Z\n"
					    "list:2026-11-22T03:01:39Z 04:01 +01:00; 2026 "
					    "2026-11-22T99:01:39Z x");
	buf_reset(&out);
	w.local = false;
	when_text(&w, str_from(words), &out);
	assert_string_equal(buf_cstr(&out), words);
	buf_release(&out);
}

static void columns_line_up_by_width(void **state)
{
	struct text_table *t = table_new("lr");
	FILE *out = capture();

	(void)state;
	assert_int_equal(text_width(STR("abc")), 3);
	assert_int_equal(text_width(STR("Zürich")), 6);
	assert_int_equal(text_width(STR("東京")), 4);
	assert_int_equal(text_width(STR("e\xcc\x81")), 1);
	assert_int_equal(text_width(STR("\xf0\x9f\x93\xb1")), 2);
	assert_int_equal(text_width(STR("🚀✅⚡")), 6);
	assert_int_equal(text_width(STR("🟢🪪")), 4);
	assert_int_equal(text_width(STR("\xe2")), 1); /* cut short: no read beyond its end */
	table_cell(t, STR("東京"));
	table_number(t, 5);
	table_cell(t, STR("Zürich"));
	table_number(t, 1234);
	table_cell(t, STR("x"));
	table_cell(t, STR_NONE);
	table_print(t, out);
	table_free(t);
	expect(out, "  東京       5\n"
		    "  Zürich  1234\n"
		    "  x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_status_follows_the_page),
		cmocka_unit_test(every_errc_has_a_status_with_a_meaning),
		cmocka_unit_test(outcomes_decide_the_status),
		cmocka_unit_test(summary_counts_causes_and_next_steps),
		cmocka_unit_test(summary_says_nothing_of_what_is_not_there),
		cmocka_unit_test(colour_is_only_added),
		cmocka_unit_test(plan_groups_by_rule_and_server),
		cmocka_unit_test(names_cannot_steer_the_terminal),
		cmocka_unit_test(columns_line_up_by_width),
		cmocka_unit_test(narrow_tables),
		cmocka_unit_test(times_in_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
