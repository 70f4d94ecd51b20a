/*
 * The splitter against libcsv: whatever the input, both ways of reading give the same records and
 * the same error. test_csv_split_avx2.c, _sse2.c and _portable.c run the same for processors
 * that know less.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "io/csv/csv.h"
#include "io/csv/csv_parts.h"

enum { N_INPUTS = 10000, MAX_TEXT = 1 << 20 };

static uint64_t seed;

/* xorshift: the same numbers on every machine. */
static unsigned any(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

static void add_view(struct buf *out, const char *name, struct str s)
{
	buf_printf(out, "%s%zu<", name, s.n);
	buf_str(out, s);
	buf_z(out, "> ");
}

/* All that csv_next() tells, as text. */
static void read_all(struct str text, const struct csv_options *opt, struct buf *out)
{
	struct csv_reader *r;
	struct csv_record rec;
	struct err err;
	bool more = true;
	enum errc rc;

	buf_reset(out);
	assert_int_equal(csv_open_bytes(&r, text, "f", opt, &err), ERR_OK);
	while (!(rc = csv_next(r, &rec, &more, &err)) && more) {
		buf_printf(
			out, "line %zu+%zu %s ", rec.line, rec.n_lines, rec.bad ? rec.bad : "good");
		add_view(out, "raw", rec.raw);
		for (size_t i = 0; i < rec.n_cells; i++)
			add_view(out, "", rec.cells[i]);
		buf_char(out, '\n');
	}
	if (rc)
		buf_printf(out, "%d %s", (int)rc, err.msg);
	csv_close(r);
	assert_false(out->full);
}

static void assert_same(const struct buf *a, const struct buf *b, struct str text, const char *what)
{
	if (str_eq(buf_view(a), buf_view(b)))
		return;
	print_message("input, %s:\n%.*s\n-- one:\n%s\n-- other:\n%s\n", what, (int)text.n, text.p,
		buf_cstr(a), buf_cstr(b));
	fail();
}

/* --- messy input --- */

static void add_cell(struct buf *text, bool tidy)
{
	static const char *const cells[] = { "", "x", "iPad", " a ", "\"q\"", "\"q,q\"", "\"\"",
		"\"a\"\"b\"", "\"two\nlines\"", "\"two\r\nlines\"", "21.5\"", " \"s\" ", "\" t \"",
		"\xc3\xbc", "\t", "C02XK1ABJG5H", "\"a\nb\"\"\"", "\" \"", "\"bad\"x", "\"open" };
	unsigned n = sizeof(cells) / sizeof(*cells);

	buf_z(text, cells[any(tidy ? n - 2 : n)]);
}

static void add_rows(struct buf *text, bool tidy)
{
	static const char *const ends[] = { "\n", "\r\n", "\r", "\n\n", "\n \t\n", "\r\n\r\n" };
	unsigned n_rows = 1 + any(12), end = any(6);

	for (unsigned i = 0; i < n_rows; i++) {
		unsigned n_cells = any(60) ? 1 + any(9) : 200 + any(300);

		for (unsigned k = 0; k < n_cells; k++) {
			if (k)
				buf_char(text, ',');
			if (n_cells < 100 || any(20) == 0)
				add_cell(text, tidy);
		}
		buf_z(text, ends[any(10) ? end : any(6)]);
	}
}

static void add_bytes(struct buf *text)
{
	static const char bytes[] = "aaaaaaabbbb,,,,,\"\"\"\n\n\r   \t;";
	unsigned n = any(200);

	for (unsigned i = 0; i < n; i++)
		buf_char(text, bytes[any(sizeof(bytes) - 1)]);
}

/* No quotes and few blanks: what the splitter takes in its stride. */
static void add_plain_rows(struct buf *text)
{
	unsigned n_rows = 1 + any(20);

	for (unsigned i = 0; i < n_rows; i++) {
		for (unsigned k = 1 + any(9); k; k--) {
			buf_printf(text, "%.*s%.*s%s", (int)any(40) == 0, " ", (int)any(15),
				"abcdefghijklmno",
				any(40)  ? ""
				: any(2) ? " "
					 : "\t");
			buf_char(text, k > 1 ? ',' : '\n');
		}
	}
}

/* Half of them tidy, so that reading gets beyond the first mistake. */
static void make_input(struct buf *text, unsigned i)
{
	bool tidy;

	seed = 0x9e3779b97f4a7c15u * (i + 1);
	tidy = any(2);
	buf_reset(text);
	do {
		if (any(3) == 0)
			add_plain_rows(text);
		else if (tidy || any(3))
			add_rows(text, tidy);
		else
			add_bytes(text);
	} while (any(3));
	if (any(30) == 0)
		buf_char(text, '\0');
	if (any(30) == 0)
		buf_char(text, '\xff');
	if (any(10) == 0)
		add_rows(text, tidy);
	/* Without a last line end, or in the middle of things. */
	if (any(2))
		text->n -= any((unsigned)text->n);
}

static void both_ways_read_the_same(void **state)
{
	static const size_t read_bytes[] = { 0, 1, 5, 63, 64, 65, 130, 512 };
	static const char delimiters[] = { ',', ',', ';', '\t' };
	struct buf text, one, other;

	(void)state;
	buf_init(&text, MAX_TEXT);
	buf_init(&one, 16 * MAX_TEXT);
	buf_init(&other, 16 * MAX_TEXT);
	for (unsigned i = 0; i < N_INPUTS; i++) {
		struct csv_options opt = { .only_libcsv = true };

		make_input(&text, i);
		opt.delimiter = delimiters[any(4)];
		read_all(buf_view(&text), &opt, &one);
		opt.only_libcsv = false;
		read_all(buf_view(&text), &opt, &other);
		assert_same(&one, &other, buf_view(&text), "libcsv and the splitter");
		opt.read_bytes = read_bytes[any(8)];
		read_all(buf_view(&text), &opt, &other);
		assert_same(&one, &other, buf_view(&text), "the splitter, other reads");
		opt.only_libcsv = true;
		read_all(buf_view(&text), &opt, &other);
		assert_same(&one, &other, buf_view(&text), "libcsv, other reads");
	}
	buf_release(&text);
	buf_release(&one);
	buf_release(&other);
}

/* --- libcsv itself, all of the input at once --- */

static void on_cell(void *p, size_t n, void *data)
{
	struct str s = { p, n };

	/* Quoted cells are not trimmed there. */
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_sub(s, 1, s.n - 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	add_view(data, "", s);
}

static void on_record(int end, void *data)
{
	(void)end;
	buf_char(data, '\n');
}

/* False where libcsv has no say: it mends what we refuse. */
static bool read_good(struct str text, struct buf *out)
{
	const struct csv_options opt = { .delimiter = ',' };
	struct csv_reader *r;
	struct csv_record rec = { .bad = NULL };
	struct err err;
	bool more = true, good = true;

	buf_reset(out);
	assert_int_equal(csv_open_bytes(&r, text, "f", &opt, &err), ERR_OK);
	while (good && more) {
		good = csv_next(r, &rec, &more, &err) == ERR_OK && !rec.bad;
		for (size_t i = 0; good && more && i < rec.n_cells; i++)
			add_view(out, "", rec.cells[i]);
		if (good && more)
			buf_char(out, '\n');
	}
	csv_close(r);
	return good;
}

static void good_input_reads_as_libcsv_alone_reads_it(void **state)
{
	struct buf text, one, other;
	unsigned n_good = 0;

	(void)state;
	buf_init(&text, MAX_TEXT);
	buf_init(&one, 16 * MAX_TEXT);
	buf_init(&other, 16 * MAX_TEXT);
	for (unsigned i = 0; i < N_INPUTS; i++) {
		struct csv_parser p;

		make_input(&text, i);
		if (!read_good(buf_view(&text), &one))
			continue;
		n_good++;
		buf_reset(&other);
		assert_int_equal(csv_init(&p, 0), 0);
		(void)csv_parse(&p, text.p, text.n, on_cell, on_record, &other);
		(void)csv_fini(&p, on_cell, on_record, &other);
		csv_free(&p);
		assert_same(&one, &other, buf_view(&text), "the reader and libcsv alone");
	}
	assert_in_range(n_good, N_INPUTS / 10, N_INPUTS);
	buf_release(&text);
	buf_release(&one);
	buf_release(&other);
}

/* --- rows, looked at closely --- */

static char window[4096];
static struct csv_rows rows;

static void split(const char *p, size_t n, bool at_end)
{
	struct csv_splitter s;

	csv_splitter_init(&s, ',');
	csv_split(&s, (struct str){ p, n }, at_end, CSV_ROWS_MOST, &rows);
}

static const char *put(const char *text)
{
	memset(window, 0, sizeof(window));
	memcpy(window + 64, text, strlen(text));
	split(window + 64, strlen(text), false);
	return window + 64;
}

static void assert_cell(size_t row, size_t column, const char *want)
{
	struct str cell = csv_rows_cell(&rows, row, column);

	if (!str_eq(cell, str_from(want)))
		fail_msg("row %zu, cell %zu: '%.*s', not '%s'", row, column, STR_FMT(cell), want);
}

static void plain_rows_are_cut_in_place(void **state)
{
	const char *p = put("\"ab\", c ,,\"d,\n\"\nx,y\r\n\"x\xff\"\r\nlast");

	(void)state;
	assert_int_equal(rows.n, 3);
	assert_int_equal(csv_rows_cells(&rows, 0), 4);
	assert_cell(0, 0, "ab");
	assert_ptr_equal(csv_rows_cell(&rows, 0, 0).p, p + 1);
	assert_cell(0, 1, "c");
	assert_cell(0, 2, "");
	assert_cell(0, 3, "d,\n");
	assert_int_equal(rows.traits[0],
		CSV_ROW_ROUGH | CSV_ROW_TRIMMED | CSV_ROW_ODD | CSV_ROW_INNER | CSV_ROW_OTHER);
	assert_int_equal(csv_rows_cells(&rows, 1), 2);
	assert_true(str_eq(csv_rows_raw(&rows, 1), STR("x,y")));
	assert_cell(2, 0, "x\xff");
	assert_true(rows.traits[2] & CSV_ROW_OTHER);
	assert_int_equal(rows.from[3], strlen(p) - 4);
}

static void a_blank_line_ends_the_rows(void **state)
{
	(void)state;
	(void)put("a,b\n\nc,d\n");
	assert_int_equal(rows.n, 1);
	(void)put(" \t\nc,d\n");
	assert_int_equal(rows.n, 0);
	(void)put("a\n\"\"\n\" \"\nb\n");
	assert_int_equal(rows.n, 4);
}

static void a_line_end_may_be_cut(void **state)
{
	(void)state;
	(void)put("a,b\r");
	assert_int_equal(rows.n, 0);
	split(put("a,b\r"), 4, true);
	assert_int_equal(rows.n, 1);
	(void)put("a\r\r\nb\n");
	assert_int_equal(rows.n, 1);
}

static void no_more_rows_than_asked_for(void **state)
{
	struct csv_splitter s;
	const char *p = put("a\nb\nc\nd\n");

	(void)state;
	csv_splitter_init(&s, ',');
	csv_split(&s, (struct str){ p, 8 }, true, 3, &rows);
	assert_int_equal(rows.n, 3);
	assert_int_equal(rows.from[3], 6);
}

static void doubled_quotes_are_told_and_read(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	rows.single = &a;
	(void)put("\"\"\"a\"\"\",\"\"\nb,\"\"\n");
	assert_true(rows.traits[0] & CSV_ROW_DOUBLED);
	assert_cell(0, 0, "\"a\"");
	assert_cell(0, 1, "");
	assert_false(rows.traits[1] & CSV_ROW_DOUBLED);
	assert_cell(1, 0, "b");
	assert_cell(1, 1, "");
	arena_release(&a);
}

/* By the mask, which may name more than csv_is_formula() does, and less only of trimmed cells. */
static void what_may_be_a_formula_is_told(void **state)
{
	static const char *const odd[] = { "a,=b\n", "+a\n", "a,\"-b\"\n", "a,@\n", "\x01\n",
		"\"a\nb\"\n", "\xef\xbc\x9d\n", "a,\x7f\n" };
	static const char *const plain[] = { "a,b=\n", "a+,\"b-\"\n", ",,\n", "\"\",a\n",
		"\"\"\"=\"\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		(void)put(odd[i]);
		assert_true(rows.n == 1 && rows.traits[0] & CSV_ROW_ODD);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		(void)put(plain[i]);
		assert_true(rows.n == 1 && !(rows.traits[0] & CSV_ROW_ODD));
	}
}

static void records_that_are_not_plain_are_left_alone(void **state)
{
	static const char *const hard[] = { "21.5\"\n", "\"a\"x\n", "\"a\"\"b\"c\n", " \"a\"\n",
		"a\"\"b\n", "\"a\" ,b\n", "a,b\"c\",d\n",
		"0123456789012345678901234567890123456789012345678901234567890,\"a\"x\n",
		"012345678901234567890123456789012345678901234567890123456789,\"a\"x\n" };

	(void)state;
	memset(memset(window, 0, sizeof(window)), ',', CSV_MAX_COLUMNS);
	window[CSV_MAX_COLUMNS] = '\n';
	split(window, CSV_MAX_COLUMNS + 1, true);
	assert_int_equal(rows.n, 0);
	split(window + 1, CSV_MAX_COLUMNS, true);
	assert_int_equal(rows.n, 1);
	assert_int_equal(csv_rows_cells(&rows, 0), CSV_MAX_COLUMNS);
	for (size_t i = 0; i < sizeof(hard) / sizeof(*hard); i++) {
		(void)put(hard[i]);
		if (rows.n != 0)
			fail_msg("taken: %s", hard[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_read_the_same),
		cmocka_unit_test(good_input_reads_as_libcsv_alone_reads_it),
		cmocka_unit_test(plain_rows_are_cut_in_place),
		cmocka_unit_test(a_blank_line_ends_the_rows),
		cmocka_unit_test(a_line_end_may_be_cut),
		cmocka_unit_test(no_more_rows_than_asked_for),
		cmocka_unit_test(what_may_be_a_formula_is_told),
		cmocka_unit_test(doubled_quotes_are_told_and_read),
		cmocka_unit_test(records_that_are_not_plain_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
