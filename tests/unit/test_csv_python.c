/* The reader against Python's csv module on random files, in several encodings; and the writer
 * against the reader. Run from the top of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/csv/csv.h"
#include "io/csv/csv_out.h"

enum { N_FILES = 10000, MAX_TEXT = 1 << 24 };

struct file {
	size_t n_bytes, n_want;
	char *bytes, *want; /* caller frees */
	int delimiter;
	char encoding[32];
};

/* The next file of the stream; false at its end. */
static bool next_file(FILE *from, struct file *ret)
{
	char line[100];

	if (!fgets(line, sizeof(line), from))
		return false;
	assert_int_equal(sscanf(line, "%zu %zu %d %31s", &ret->n_bytes, &ret->n_want,
				 &ret->delimiter, ret->encoding),
		4);
	assert_in_range(ret->n_bytes, 0, MAX_TEXT);
	assert_in_range(ret->n_want, 0, MAX_TEXT);
	ret->bytes = mem_alloc(ret->n_bytes);
	ret->want = mem_alloc(ret->n_want);
	assert_int_equal(fread(ret->bytes, 1, ret->n_bytes, from), ret->n_bytes);
	assert_int_equal(fread(ret->want, 1, ret->n_want, from), ret->n_want);
	return true;
}

/* The cells as the stream has them, and all of it as csv_cell() writes it. */
static void read_all(
	struct str text, const struct csv_options *opt, struct buf *out, struct buf *again)
{
	struct csv_reader *r;
	struct csv_record rec;
	struct err err;
	bool more = true;

	buf_reset(out);
	if (again)
		buf_reset(again);
	assert_int_equal(csv_open_bytes(&r, text, "f", opt, &err), ERR_OK);
	for (;;) {
		if (csv_next(r, &rec, &more, &err))
			fail_msg("%s", err.msg);
		if (!more)
			break;
		assert_null(rec.bad);
		for (size_t i = 0; i < rec.n_cells; i++) {
			buf_printf(out, "%zu<", rec.cells[i].n);
			buf_str(out, rec.cells[i]);
			buf_z(out, "> ");
			if (again && i)
				buf_char(again, ',');
			if (again)
				csv_cell(again, rec.cells[i], false);
		}
		/* One empty cell has to be quoted, or it would be a blank line. */
		if (again && rec.n_cells == 1 && rec.cells[0].n == 0)
			buf_z(again, "\"\"");
		buf_char(out, '\n');
		if (again)
			buf_char(again, '\n');
	}
	csv_close(r);
}

static void reads_as_python_does(void **state)
{
	FILE *from = popen("python3 tests/unit/csv_reference.py 20260101 10000", "r");
	struct buf out, written;
	struct file f;
	int n = 0;

	(void)state;
	assert_non_null(from);
	buf_init(&out, MAX_TEXT);
	buf_init(&written, MAX_TEXT);
	for (; next_file(from, &f); n++) {
		struct csv_options opt = { .encoding = f.encoding, .only_libcsv = n % 4 == 3 };
		const struct csv_options again = { .delimiter = ',' };

		opt.delimiter = (char)f.delimiter;
		read_all((struct str){ f.bytes, f.n_bytes }, &opt, &out, &written);
		if (!str_eq(buf_view(&out), (struct str){ f.want, f.n_want }))
			fail_msg("file %d:\n%.*s\n-- got:\n%s\n-- want:\n%.*s", n, (int)f.n_bytes,
				f.bytes, buf_cstr(&out), (int)f.n_want, f.want);
		read_all(buf_view(&written), &again, &out, NULL);
		assert_true(str_eq(buf_view(&out), (struct str){ f.want, f.n_want }));
		free(f.bytes);
		free(f.want);
	}
	assert_int_equal(pclose(from), 0);
	assert_int_equal(n, N_FILES);
	buf_release(&out);
	buf_release(&written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_python_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
