/*
 * A list of serials: what is read stands in the file, a second pass and one by libcsv read the
 * same, and a protected list never has fewer serials than the input. The first byte chooses what is
 * said about header and column.
 */
#include <stdlib.h>

#include "base/map.h"
#include "lists/serial_list.h"

enum { MAX_BYTES = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void put_row(struct buf *out, const struct list_row *row, struct map *serials)
{
	if (row->fault) {
		if (row->serial.n)
			abort();
		buf_printf(out, "%zu fault %d\n", row->record.line, (int)row->fault);
		return;
	}
	if (row->serial.n < SERIAL_MIN || row->serial.n > SERIAL_MAX ||
		!str_contains_nocase(row->record.raw, serial_view(&row->serial)))
		abort();
	buf_printf(out, "%zu %s\n", row->record.line, row->serial.text);
	(void)map_add(serials, serial_view(&row->serial), NULL);
}

static enum errc pass(struct serial_list *l, struct buf *out, struct map *serials, struct err *err)
{
	struct list_row row;
	bool more = true;
	enum errc rc;

	while (!(rc = list_next(l, &row, &more, err)) && more)
		put_row(out, &row, serials);
	if (rc)
		buf_printf(out, "%s\n", err->msg);
	return rc;
}

/* False: it is refused. */
static bool read_list(
	struct str text, const struct list_options *opt, struct buf *out, struct map *serials)
{
	struct serial_list *l;
	struct err err = { 0 };
	struct buf again;
	bool good;

	if (list_open(&l, NULL, text, "f", opt, &err)) {
		buf_printf(out, "%s\n", err.msg);
		return false;
	}
	good = !pass(l, out, serials, &err);
	buf_init(&again, MAX_BYTES);
	if (!list_rewind(l, &err)) {
		(void)pass(l, &again, serials, &err);
		if (!str_eq(buf_view(out), buf_view(&again)))
			abort();
	}
	buf_release(&again);
	list_close(l);
	return good;
}

/* A serial of a usual length that the input reads is protected, too, when both are read. */
static void compare(struct str text, struct list_options opt, const struct map *read)
{
	struct map protected;
	struct buf out;

	map_init(&protected, 0);
	buf_init(&out, MAX_BYTES);
	opt.purpose = LIST_PROTECTED;
	if (read_list(text, &opt, &out, &protected) &&
		!memmem(out.p ? out.p : "", out.n, "fault", 5))
		for (uint32_t i = 0; i < read->n; i++)
			if (map_find(&protected, map_key(read, i)) == MAP_NONE)
				abort();
	buf_release(&out);
	map_release(&protected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct list_options opt = { .barcode_s = BARCODE_KEEP };
	struct buf one, other;
	struct map serials;
	struct str text;
	bool good;

	if (n < 1)
		return 0;
	opt.columns.serial_column = data[0] % 4;
	opt.columns.header_line = data[0] & 8 ? 1u : data[0] & 16 ? HEADER_ABSENT : HEADER_AUTO;
	text = (struct str){ (const char *)data + 1, n - 1 };
	buf_init(&one, MAX_BYTES);
	buf_init(&other, MAX_BYTES);
	map_init(&serials, 0);
	good = read_list(text, &opt, &one, &serials);
	if (good)
		compare(text, opt, &serials);
	opt.csv.only_libcsv = true;
	if (read_list(text, &opt, &other, &serials) != good ||
		!str_eq(buf_view(&one), buf_view(&other)))
		abort();
	buf_release(&one);
	buf_release(&other);
	map_release(&serials);
	return 0;
}
