/* report/result: input rows in order with our columns, whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "io/csv/csv.h"
#include "io/file.h"
#include "lists/serial_list.h"
#include "report/result.h"

#define OURS                                                                        \
	"depmend_outcome,depmend_rule,depmend_steps,depmend_reason,depmend_before," \
	"depmend_after,depmend_evidence,depmend_attempts,depmend_finished,depmend_run\n"
#define PLANNED "planned,,,,,,,0,,R1\n"

static char folder[] = "/tmp/test_result_XXXXXX", path[64];
static struct err err;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/a.result.csv", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void expect_file(const char *name, const char *wanted)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(name, 1 << 20, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), wanted);
	buf_release(&b);
}

/* Reads `csv` as the engine does and writes its result as `run`; false: the commit failed. */
struct job {
	const char *csv, *run;
	const struct column_options *columns;
	size_t n_columns; /* 0: the widest row */
	bool raw_csv;
	const struct result_cells *ours;
};

static size_t widest(const char *csv)
{
	struct csv_options opt = { 0 };
	struct csv_reader *in;
	struct csv_record rec;
	size_t n = 0;
	bool more;

	assert_int_equal(csv_open_bytes(&in, str_from(csv), "t", &opt, &err), ERR_OK);
	while (!csv_next(in, &rec, &more, &err) && more)
		n = rec.n_cells > n ? rec.n_cells : n;
	csv_close(in);
	return n;
}

static void put(struct result *out, const struct csv_record *rec, const struct result_cells *ours)
{
	struct buf b;

	buf_init(&b, 10000);
	result_ours(out, ours, &b);
	result_row(out, rec->cells, rec->n_cells, rec->raw, buf_view(&b));
	buf_release(&b);
}

static enum errc convert(const struct job *job)
{
	static const struct result_cells planned = { .outcome = OUTCOME_PLANNED,
		.finished_ms = TIME_NONE };
	const struct result_cells *ours = job->ours ? job->ours : &planned;
	struct list_options list_opt = { .barcode_s = BARCODE_KEEP };
	struct serial_list *in;
	struct list_row row;
	struct result *out = NULL;
	bool more;
	enum errc rc;

	if (job->columns)
		list_opt.columns = *job->columns;
	assert_int_equal(list_open(&in, NULL, str_from(job->csv), "t", &list_opt, &err), ERR_OK);
	struct result_options opt = {
		.path = path,
		.columns = &list_reading(in)->columns,
		.n_columns = job->n_columns ? job->n_columns : widest(job->csv),
		.delimiter = list_reading(in)->delimiter,
		.run = job->run ? job->run : "R1",
		.raw_csv = job->raw_csv,
	};
	assert_int_equal(result_open(&out, &opt, &err), ERR_OK);
	while (!list_next(in, &row, &more, &err) && more)
		put(out, &row.record, ours);
	rc = result_commit(out, &err);
	result_free(out);
	list_close(in);
	return rc;
}

static void expect_result(const char *csv, const char *wanted)
{
	struct job job = { .csv = csv };

	assert_int_equal(convert(&job), ERR_OK);
	expect_file(path, wanted);
	assert_int_equal(unlink(path), 0);
}

static void plain_rows_are_copied(void **state)
{
	(void)state;
	expect_result("Serial,Model,Note\n"
		      "C02XK1ABJG5H,\"iPad, 9th\",\"say \"\"hi\"\"\"\n"
		      "C02XK1ABJG5J, MacBook ,\"two\nlines\"\n"
		      "\"C02XK1ABJG5K\",\"\",\n",
		"Serial,Model,Note," OURS "C02XK1ABJG5H,\"iPad, 9th\",\"say \"\"hi\"\"\"," PLANNED
		"C02XK1ABJG5J, MacBook ,\"two\nlines\"," PLANNED "\"C02XK1ABJG5K\",\"\",," PLANNED);
}

static void loose_quotes_are_written_properly(void **state)
{
	(void)state;
	expect_result("Serial,Model\nC02XK1ABJG5H,iMac 21.5\"\n",
		"Serial,Model," OURS "C02XK1ABJG5H,\"iMac 21.5\"\"\"," PLANNED);
}

static void other_delimiters_become_commas(void **state)
{
	(void)state;
	expect_result("Serial;Model\nC02XK1ABJG5H;iPad, 9th\nC02XK1ABJG5J;\"a;b\"\n",
		"Serial,Model," OURS "C02XK1ABJG5H,\"iPad, 9th\"," PLANNED
		"C02XK1ABJG5J,a;b," PLANNED);
}

static void byte_order_mark_and_line_ends_go(void **state)
{
	(void)state;
	expect_result("\xef\xbb\xbfSerial,Model\r\nC02XK1ABJG5H,iPad\r\n",
		"Serial,Model," OURS "C02XK1ABJG5H,iPad," PLANNED);
}

static void short_rows_are_filled_up(void **state)
{
	(void)state;
	expect_result("Serial,Model,Note\nC02XK1ABJG5H\nC02XK1ABJG5J,\"=1\"\n",
		"Serial,Model,Note," OURS "C02XK1ABJG5H,,," PLANNED "C02XK1ABJG5J,'=1,," PLANNED);
}

static void long_rows_get_named_columns(void **state)
{
	struct job job = { .csv = "Serial,Model\nC02XK1ABJG5H,a,b\nC02XK1ABJG5J,x\n" };

	(void)state;
	expect_result(job.csv, "Serial,Model,column_3," OURS "C02XK1ABJG5H,a,b," PLANNED
			       "C02XK1ABJG5J,x,," PLANNED);
	job.n_columns = 2;
	assert_int_equal(convert(&job), ERR_INTERNAL);
	assert_int_equal(access(path, F_OK), -1);
}

static void headerless_input_gets_a_header(void **state)
{
	static const struct column_options second = { .header_line = HEADER_ABSENT,
		.serial_column = 2 };
	struct job job = { .csv = "x,C02XK1ABJG5J,z\n", .columns = &second };

	(void)state;
	expect_result("C02XK1ABJG5H,a\nC02XK1ABJG5J,b,c\n",
		"serial,column_2,column_3," OURS "C02XK1ABJG5H,a,," PLANNED
		"C02XK1ABJG5J,b,c," PLANNED);
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(path, "column_1,serial,column_3," OURS "x,C02XK1ABJG5J,z," PLANNED);
	assert_int_equal(unlink(path), 0);
}

static void our_own_columns_are_replaced(void **state)
{
	(void)state;
	expect_result("depmend_outcome,Serial,DEPMEND_rule,Model\ndone,C02XK1ABJG5H,r,iPad\n",
		"Serial,Model," OURS "C02XK1ABJG5H,iPad," PLANNED);
}

static void result_is_an_input_again(void **state)
{
	struct buf first;

	(void)state;
	buf_init(&first, 1 << 20);
	struct job job = { .csv = "Serial,Note\nC02XK1ABJG5H,=1+1\nC02XK1ABJG5J,\"a,b\"\n" };
	assert_int_equal(convert(&job), ERR_OK);
	assert_int_equal(file_read(path, 1 << 20, &first, &err), ERR_OK);
	expect_result(buf_cstr(&first), buf_cstr(&first));
	buf_release(&first);
}

static void formulas_are_neutralised(void **state)
{
	struct job job = { .csv = "Serial,Note\nC02XK1ABJG5H,\"=HYPERLINK(\"\"x\"\")\"\n",
		.raw_csv = true };

	(void)state;
	expect_result("Serial,Note,@Cmd\n"
		      "C02XK1ABJG5H,=1+1,a\n"
		      "C02XK1ABJG5J,-2,b\n"
		      "C02XK1ABJG5K,+3,c\n"
		      "C02XK1ABJG5L,@SUM(A1),d\n"
		      "C02XK1ABJG5M,\"\t=1\",e\n"
		      "C02XK1ABJG5N,\"=HYPERLINK(\"\"x\"\")\",f\n"
		      "C02XK1ABJG5P,a=1,g\n",
		"Serial,Note,'@Cmd," OURS "C02XK1ABJG5H,'=1+1,a," PLANNED
		"C02XK1ABJG5J,'-2,b," PLANNED "C02XK1ABJG5K,'+3,c," PLANNED
		"C02XK1ABJG5L,'@SUM(A1),d," PLANNED "C02XK1ABJG5M,'=1,e," PLANNED
		"C02XK1ABJG5N,\"'=HYPERLINK(\"\"x\"\")\",f," PLANNED "C02XK1ABJG5P,a=1,g," PLANNED);
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(path, "Serial,Note," OURS "C02XK1ABJG5H,\"=HYPERLINK(\"\"x\"\")\"," PLANNED);
	assert_int_equal(unlink(path), 0);
}

static void unreadable_records_are_kept_whole(void **state)
{
	static const struct column_options none = { 0 };
	static const struct result_cells invalid = {
		.outcome = OUTCOME_INVALID, .reason = REASON_ROW_MALFORMED, .finished_ms = TIME_NONE
	};
	struct str header[] = { STR("depmend_rule"), STR("Serial"), STR("Model") };
	struct columns columns;
	struct result *out;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(columns_map(&columns, &none, header, 3, 1, &a, &err), ERR_OK);
	struct result_options opt = { .path = path, .columns = &columns, .delimiter = ',' };
	assert_int_equal(result_open(&out, &opt, &err), ERR_OK);
	put(out, &(struct csv_record){ .raw = STR("x,\"C02\"XK,\"") }, &invalid);
	assert_int_equal(result_commit(out, &err), ERR_OK);
	result_free(out);
	arena_release(&a);
	expect_file(path, "Serial,Model," OURS "\"x,\"\"C02\"\"XK,\"\"\",,"
			  "invalid,,,row.malformed: the row cannot be read,,,,0,,\n");
	assert_int_equal(unlink(path), 0);
}

static void our_cells_say_everything(void **state)
{
	const struct result_cells ours = { .outcome = OUTCOME_FAILED,
		.rule = STR("=rule, one"),
		.steps = STR("unassign=done;reassign(WS1 EMEA)=failed"),
		.reason = REASON_APPLE_REFUSED,
		.detail = STR(": no \"such\" server"),
		.before = STR("status=ASSIGNED"),
		.after = STR("status=UNASSIGNED"),
		.evidence = STR("activity:1"),
		.attempts = 3,
		.finished_ms = 1795316645678 };
	struct job job = { .csv = "Serial\nC02XK1ABJG5H\n", .ours = &ours };

	(void)state;
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(path,
		"Serial," OURS
		"C02XK1ABJG5H,failed,\"'=rule, one\",unassign=done;reassign(WS1 EMEA)=failed,"
		"\"apple.refused: Apple refused the request: no \"\"such\"\" server\","
		"status=ASSIGNED,status=UNASSIGNED,activity:1,3,2026-11-22T03:04:05Z,R1\n");
	assert_int_equal(unlink(path), 0);
}

static void earlier_file_is_kept_by_its_run(void **state)
{
	struct job job = { .csv = "Serial\nC02XK1ABJG5H\n", .run = "R1" };
	char kept[128];

	(void)state;
	(void)snprintf(kept, sizeof(kept), "%s/a.result.R1.csv", folder);
	assert_int_equal(convert(&job), ERR_OK);
	/* The same run again, and a plan, replace it. */
	assert_int_equal(convert(&job), ERR_OK);
	assert_int_equal(access(kept, F_OK), -1);
	job.run = "R2";
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(kept, "Serial," OURS "C02XK1ABJG5H," PLANNED);
	expect_file(path, "Serial," OURS "C02XK1ABJG5H,planned,,,,,,,0,,R2\n");
	assert_int_equal(unlink(kept) | unlink(path), 0);
}

static void plan_is_replaced_and_a_stranger_kept(void **state)
{
	struct job job = { .csv = "Serial\nC02XK1ABJG5H\n", .run = "" };
	char kept[128], second[128];
	FILE *f;

	(void)state;
	(void)snprintf(kept, sizeof(kept), "%s/a.result.previous.csv", folder);
	(void)snprintf(second, sizeof(second), "%s/a.result.previous-2.csv", folder);
	assert_int_equal(convert(&job), ERR_OK);
	job.run = "R1";
	assert_int_equal(convert(&job), ERR_OK);
	assert_int_equal(access(kept, F_OK), -1);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("somebody's,file\n", f);
	(void)fclose(f);
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(kept, "somebody's,file\n");
	/* A run that is no name of ours must not become part of a path. */
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("Serial,depmend_run\nC02XK1ABJG5H,../../x\n", f);
	(void)fclose(f);
	assert_int_equal(convert(&job), ERR_OK);
	expect_file(second, "Serial,depmend_run\nC02XK1ABJG5H,../../x\n");
	expect_file(kept, "somebody's,file\n");
	assert_int_equal(unlink(kept) | unlink(second) | unlink(path), 0);
}

static void nothing_is_left_without_a_commit(void **state)
{
	struct columns columns = { .n = 0 };
	struct result_options opt = {
		.path = path, .columns = &columns, .n_columns = 1, .delimiter = ','
	};
	struct result_cells ours = { .finished_ms = TIME_NONE };
	struct result *out;
	struct str cell = STR("C02XK1ABJG5H");

	(void)state;
	assert_int_equal(result_open(&out, &opt, &err), ERR_OK);
	for (int i = 0; i < 10000; i++)
		put(out, &(struct csv_record){ .cells = &cell, .n_cells = 1, .raw = cell }, &ours);
	result_free(out);
	assert_int_equal(access(path, F_OK), -1);
	opt.path = "/nonexistent/a.csv";
	assert_int_equal(result_open(&out, &opt, &err), ERR_CANNOT_CREATE);
}

static void expect_default(const char *input, const char *wanted)
{
	char *p = result_default_path(input);

	assert_string_equal(p, wanted);
	free(p);
}

static void default_names(void **state)
{
	(void)state;
	expect_default("devices.csv", "devices.result.csv");
	expect_default("in/DEVICES.CSV", "in/DEVICES.result.csv");
	expect_default("list.txt", "list.txt.result.csv");
	expect_default("-", "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_rows_are_copied),
		cmocka_unit_test(loose_quotes_are_written_properly),
		cmocka_unit_test(other_delimiters_become_commas),
		cmocka_unit_test(byte_order_mark_and_line_ends_go),
		cmocka_unit_test(short_rows_are_filled_up),
		cmocka_unit_test(long_rows_get_named_columns),
		cmocka_unit_test(headerless_input_gets_a_header),
		cmocka_unit_test(our_own_columns_are_replaced),
		cmocka_unit_test(result_is_an_input_again),
		cmocka_unit_test(formulas_are_neutralised),
		cmocka_unit_test(unreadable_records_are_kept_whole),
		cmocka_unit_test(our_cells_say_everything),
		cmocka_unit_test(earlier_file_is_kept_by_its_run),
		cmocka_unit_test(plan_is_replaced_and_a_stranger_kept),
		cmocka_unit_test(nothing_is_left_without_a_commit),
		cmocka_unit_test(default_names),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
