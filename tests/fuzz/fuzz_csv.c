/*
 * The splitter and libcsv give the same records and the same error, however the bytes arrive. The
 * first byte chooses the encoding and the delimiter, the second how much is read at a time.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "io/csv/csv.h"

enum { MAX_BYTES = 64 * 1024 * 1024, MAX_RECORDS = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void dump(struct str text, const struct csv_options *opt, struct buf *out)
{
	struct csv_reader *r;
	struct csv_record rec;
	struct err err = { 0 };
	bool more = true;
	enum errc rc;

	buf_reset(out);
	if (csv_open_bytes(&r, text, "f", opt, &err))
		return;
	while (!(rc = csv_next(r, &rec, &more, &err)) && more) {
		buf_printf(out, "%zu %zu %s\n", rec.line, rec.n_lines, rec.bad ? rec.bad : "");
		buf_str(out, rec.raw);
		for (size_t i = 0; i < rec.n_cells; i++) {
			buf_printf(out, "\n%zu ", rec.cells[i].n);
			buf_str(out, rec.cells[i]);
		}
	}
	if (rc)
		buf_printf(out, "\n%d %s", (int)rc, err.msg);
	csv_close(r);
}

/* Records are found again by their place. */
static void read_again(struct str text, const struct csv_options *opt)
{
	static uint32_t places[MAX_RECORDS];
	struct csv_reader *r;
	struct csv_record rec;
	struct buf one, other;
	struct err err = { 0 };
	bool more = true;
	size_t n = 0;

	if (csv_open_bytes(&r, text, "f", opt, &err))
		return;
	buf_init(&one, MAX_BYTES);
	buf_init(&other, MAX_BYTES);
	while (n < MAX_RECORDS && !csv_next(r, &rec, &more, &err) && more) {
		places[n++] = rec.place;
		buf_str(&one, rec.raw);
	}
	if (csv_rewind(r, &err))
		abort();
	for (size_t i = 0; i < n; i++) {
		if (places[i] ? csv_copy(r, places[i], &rec.raw, &err)
			      : csv_next(r, &rec, &more, &err))
			abort();
		buf_str(&other, rec.raw);
	}
	if (!str_eq(buf_view(&one), buf_view(&other)))
		abort();
	buf_release(&one);
	buf_release(&other);
	csv_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const encodings[] = { NULL, NULL, "cp1252", "utf-16le", "shift_jis",
		"utf-7", "iso-2022-jp", "big5" };
	static const char delimiters[] = { ',', ';', '\t', '|' };
	struct csv_options opt = { .only_libcsv = true };
	struct buf one, other;
	struct str text;

	if (n < 2)
		return 0;
	opt.encoding = encodings[data[0] % 8];
	opt.delimiter = delimiters[data[0] / 8 % 4];
	text = (struct str){ (const char *)data + 2, n - 2 };
	buf_init(&one, MAX_BYTES);
	buf_init(&other, MAX_BYTES);
	dump(text, &opt, &one);
	opt.only_libcsv = false;
	dump(text, &opt, &other);
	if (!str_eq(buf_view(&one), buf_view(&other)))
		abort();
	opt.read_bytes = 1 + data[1];
	dump(text, &opt, &other);
	if (!str_eq(buf_view(&one), buf_view(&other)))
		abort();
	read_again(text, &opt);
	/* Whatever it sniffs, it has to end. */
	opt.delimiter = 0;
	dump(text, &opt, &other);
	buf_release(&one);
	buf_release(&other);
	return 0;
}
