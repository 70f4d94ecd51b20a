#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/csv/csv_out.h"
#include "io/spool.h"
#include "plan/input_parts.h"

/* --- rows --- */

/* Written anew its cells would have the same quotes. */
static bool is_quoted_sparely(struct str raw, const struct str *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cells[i].p > raw.p && cells[i].p[-1] == '"' && !csv_needs_quotes(cells[i]))
			return false;
	return true;
}

/* How much less than the whole record its copy has: our columns of an earlier result are left out.
 * False: it is not to be copied. `cells`: theirs and the first of ours, of a result. */
static bool less_of(const struct input *in, struct str raw, const struct str *cells, size_t n_cells,
	uint16_t *ret)
{
	size_t n = in->n_theirs, ours;

	if (!in->from_result) {
		*ret = (uint16_t)(in->columns.n - n_cells);
		return n_cells <= in->columns.n;
	}
	if (!n || n_cells != in->columns.n)
		return false;
	/* Their length with the delimiter, behind which ours begin: cells that had doubled quotes
	 * are somewhere else. */
	ours = (size_t)((uintptr_t)cells[n].p - (uintptr_t)raw.p);
	if (ours == 0 || ours > raw.n ||
		(memchr(raw.p, '"', ours) && !is_quoted_sparely(raw, cells, n)))
		return false;
	ours -= raw.p[ours - 1] == '"';
	*ret = (uint16_t)(raw.n - ours + 1);
	return true;
}

/* In the spool every record stands alone on its line. */
static void set_place(const struct input *in, uint16_t place, struct str raw,
	const struct str *cells, size_t n_cells, struct input_kept *row)
{
	if (place && less_of(in, raw, cells, n_cells, &row->less))
		row->place = in->spooling ? csv_place(raw.n, 1) : place;
}

/* Serials get their slots in the order of the rows, some rows late. */
static void end_wait(struct input *in)
{
	const struct input_waiting *w = &in->waiting[in->n_slots % INPUT_WAITING];

	input_note_slot(in, w->serial.n ? map_add_expected(&in->serials, serial_view(&w->serial),
						  w->expected, NULL)
					: MAP_NONE);
}

static void end_waits(struct input *in)
{
	while (in->n_slots < in->n_rows)
		end_wait(in);
}

static uint32_t detail_of(struct input *in, const struct list_row *row)
{
	uint32_t detail = MAP_NONE;
	struct buf text;

	if (!row->fault || in->details.n >= INPUT_DETAILS)
		return MAP_NONE;
	buf_init(&text, 4096);
	/* A line behind the list is shown whole. */
	if (row->shows_none && in->n_good >= INPUT_TRAILING_AFTER)
		buf_str(&text, str_head(serial_trim(row->record.raw), INPUT_SHOWN_BYTES));
	else
		list_describe_fault(in->list, row, &text);
	if (text.n)
		detail = map_add(&in->details, buf_view(&text), NULL);
	buf_release(&text);
	return detail;
}

static void note_unusual(struct input *in, const struct serial *serial, size_t line)
{
	if (serial_is_unusual(serial) && in->n_unusual++ == 0)
		in->first_unusual = (uint32_t)line;
}

/* n 0: it has none. */
static void await_serial(struct input *in, const struct serial *serial, size_t line)
{
	struct input_waiting *w = &in->waiting[in->n_rows % INPUT_WAITING];

	if (in->n_rows - in->n_slots == INPUT_WAITING)
		end_wait(in);
	w->serial = *serial;
	w->expected = map_expect(&in->serials, serial_view(serial));
	if (serial->n)
		note_unusual(in, serial, line);
}

static void add_row(struct input *in, struct list_row *row)
{
	const struct csv_record *r = &row->record;
	struct input_row new = input_new_row;
	struct input_kept kept = { 0 };

	if (row->fault) {
		row->serial.n = 0;
		new.outcome = OUTCOME_INVALID;
		new.reason = (uint8_t)row->fault;
		new.detail = detail_of(in, row);
	}
	in->n_trailing = row->shows_none ? in->n_trailing + 1 : 0;
	in->n_good += !row->fault;
	await_serial(in, &row->serial, r->line);
	set_place(in, r->place, r->raw, r->cells, r->n_cells, &kept);
	kept.kind = input_kind_of(in, &new);
	input_note_line(in, (uint32_t)r->line);
	MEM_GROW(in->rows, in->n_rows, in->cap_rows);
	in->rows[in->n_rows++] = kept;
	if (r->n_cells > in->widest)
		in->widest = r->n_cells;
}

/* What of their cells says how they are copied: no more than a result of ours asks for. */
static void place_row(
	struct input *in, const struct list_rows *rows, size_t i, struct input_kept *row)
{
	size_t at = rows->at + i, n_cells = csv_rows_cells(rows->csv, at);
	size_t n = in->from_result && in->n_theirs < n_cells ? in->n_theirs + 1 : 0;

	/* Where nothing has quotes, by the first of ours. */
	for (size_t c = n && !(rows->csv->traits[at] & CSV_ROW_ROUGH) ? n - 1 : 0; c < n; c++)
		in->cells[c] = csv_rows_cell(rows->csv, at, c);
	set_place(in, csv_rows_place(rows->csv, at), csv_rows_raw(rows->csv, at), in->cells,
		n_cells, row);
	if (n_cells > in->widest)
		in->widest = n_cells;
}

/* Their slots, in order: the memory that each needs is on its way while the others are dealt with.
 */
static void add_serials(struct input *in, const struct list_rows *rows)
{
	uint64_t expected[CSV_ROWS_MOST];
	const size_t n = rows->n;

	end_waits(in);
	for (size_t i = 0; i < n; i++)
		expected[i] = map_expect(&in->serials, serial_view(&rows->serials[i]));
	for (size_t i = 0; i < n; i++) {
		const struct serial *serial = &rows->serials[i];

		input_note_slot(
			in, map_add_expected(&in->serials, serial_view(serial), expected[i], NULL));
		note_unusual(in, serial, rows->csv->line[rows->at + i]);
	}
}

static void add_rows(struct input *in, const struct list_rows *rows)
{
	uint32_t kind = input_kind_of(in, &input_new_row);
	struct input_kept *to;

	/* The others are on the next ones. */
	input_note_line(in, (uint32_t)rows->csv->line[rows->at]);
	while (in->cap_rows - in->n_rows < rows->n)
		MEM_GROW(in->rows, in->cap_rows, in->cap_rows);
	to = in->rows + in->n_rows;
	for (size_t i = 0; i < rows->n; i++) {
		spool_add(in->spooling, csv_rows_raw(rows->csv, rows->at + i));
		to[i] = (struct input_kept){ .kind = kind };
		place_row(in, rows, i, &to[i]);
	}
	add_serials(in, rows);
	in->n_rows += (uint32_t)rows->n;
	in->n_trailing = 0;
	in->n_good += (uint32_t)rows->n;
}

/* Totals and remarks that an export has behind its rows. They are told with their text. */
static void settle_trailing(struct input *in)
{
	if (in->n_good < INPUT_TRAILING_AFTER)
		return;
	for (uint32_t i = in->n_rows - in->n_trailing; i < in->n_rows; i++) {
		struct input_row row = *input_kind(in, i);

		row.outcome = OUTCOME_SKIPPED;
		row.reason = REASON_ROW_NOT_A_DEVICE;
		input_put(in, i, &row);
	}
}

static void note_end(struct input *in)
{
	size_t line;

	if (list_is_cut_off(in->list, &in->serials))
		(void)list_ends_in(in->list, &in->cut_off, &line);
}

static void note_own_columns(struct input *in)
{
	const struct columns *c = &in->columns;
	size_t n_own = 0;

	for (size_t i = 0; i < c->n; i++)
		n_own += c->own[i];
	in->from_result = n_own > 0;
	in->n_theirs = c->n - n_own;
	for (size_t i = 0; i < in->n_theirs; i++)
		if (c->own[i])
			in->n_theirs = 0;
}

static void take_reading(struct input *in)
{
	const struct list_reading *reading = list_reading(in->list);

	in->columns = columns_copy(&reading->columns, &in->arena);
	in->delimiter = reading->delimiter;
	note_own_columns(in);
	in->allow_empty |= reading->is_export;
	in->header_line = reading->header_line;
	in->several = reading->several;
	in->beside = reading->beside;
	in->beside_first = reading->beside_first;
	(void)snprintf(in->encoding, sizeof(in->encoding), "%s", csv_encoding(list_csv(in->list)));
}

/* From the size of the file and the first rows, so that neither rows nor serials move often. */
enum { ESTIMATE_ROWS = 1000, ESTIMATE_MAX = 64 * 1024 * 1024 };

static void estimate(struct input *in, size_t n_bytes)
{
	size_t n = in->n_bytes / (n_bytes / in->n_rows + 1);

	n = n < ESTIMATE_MAX ? n : ESTIMATE_MAX;
	map_reserve(&in->serials, n);
	if (n > in->cap_rows) {
		in->cap_rows = (uint32_t)n;
		in->rows = mem_reserve(in->rows, n, sizeof(*in->rows));
	}
}

static enum errc check_room(const struct input *in, size_t n, size_t line, struct err *err)
{
	if (in->n_rows < UINT32_MAX - n && line < UINT32_MAX)
		return ERR_OK;
	return err_set(err, ERR_INPUT, "more than %u rows", UINT32_MAX - 1);
}

static enum errc take_row(
	struct input *in, struct list_row *row, const struct input_takers *takers, struct err *err)
{
	const struct csv_record *r = &row->record;
	enum errc rc = check_room(in, 1, r->line, err);

	if (rc)
		return rc;
	spool_add(in->spooling, r->raw);
	add_row(in, row);
	return takers->row ? takers->row(takers->self, in->n_rows - 1, r, err) : ERR_OK;
}

static enum errc take_rows(struct input *in, const struct list_rows *rows,
	const struct input_takers *takers, struct err *err)
{
	uint32_t first = in->n_rows;
	enum errc rc = check_room(in, rows->n, rows->csv->line[rows->at + rows->n], err);

	if (rc)
		return rc;
	add_rows(in, rows);
	return takers->rows ? takers->rows(takers->self, first, rows, err) : ERR_OK;
}

/* One row, or many. */
static enum errc take_next(struct input *in, const struct input_takers *takers, size_t *n_bytes,
	bool *ret_more, struct err *err)
{
	struct list_rows rows;
	struct list_row row;
	enum errc rc;

	list_next_rows(in->list, &rows);
	if (rows.n) {
		/* Without line ends: rather too many rows are estimated than too few. */
		*n_bytes += rows.csv->from[rows.at + rows.n] - rows.csv->from[rows.at] - rows.n;
		return take_rows(in, &rows, takers, err);
	}
	rc = list_next(in->list, &row, ret_more, err);
	if (!rc && in->n_rows == 0 && in->columns.has_header)
		spool_add(in->spooling, list_reading(in->list)->header_raw);
	if (rc || !*ret_more)
		return rc;
	*n_bytes += row.record.raw.n;
	return take_row(in, &row, takers, err);
}

static enum errc take_all(struct input *in, const struct input_takers *takers, struct err *err)
{
	bool more = true, estimated = false;
	size_t n_bytes = 0;
	enum errc rc = ERR_OK;

	while (!rc && more) {
		rc = take_next(in, takers, &n_bytes, &more, err);
		if (!estimated && in->n_rows >= ESTIMATE_ROWS) {
			estimate(in, n_bytes);
			estimated = true;
		}
	}
	end_waits(in);
	if (!rc && in->n_rows == 0 && !in->allow_empty)
		rc = err_set(err, ERR_INPUT,
			"there are no rows after the header; if that can happen, say --allow "
			"empty=yes");
	if (rc)
		return rc;
	settle_trailing(in);
	note_end(in);
	return ERR_OK;
}

static enum errc name_file(const struct input *in, enum errc rc, struct err *err)
{
	if (rc == ERR_INPUT && !strstr(err->msg, in->path))
		(void)err_wrap(err, "%s: ", in->path);
	return rc;
}

static void init_maps(struct input *in)
{
	arena_init(&in->arena);
	map_init_short(&in->serials);
	map_init(&in->details, 0);
}

enum errc input_open(struct input *in, const struct input_options *opt, struct err *err)
{
	enum errc rc;

	*in = (struct input){
		.path = opt->path,
		.typed = opt->bytes != NULL,
		.unread = true,
		.strip_barcode_s = opt->list.barcode_s == BARCODE_STRIP,
		.allow_empty = opt->allow_empty,
	};
	init_maps(in);
	rc = list_open(&in->list, opt->bytes ? NULL : opt->path,
		arena_dup(&in->arena, str_from(opt->bytes)),
		strcmp(opt->path, "-") == 0 ? "standard input" : opt->path, &opt->list, err);
	if (rc)
		return rc;
	take_reading(in);
	in->n_bytes = csv_file_bytes(list_csv(in->list));
	if (!opt->no_spool || !csv_can_rewind(list_csv(in->list)))
		rc = spool_open(&in->spooling, opt->spool_folder, &in->spool, err);
	in->own_spool = in->spooling != NULL;
	return rc;
}

enum errc input_rows(struct input *in, const struct input_takers *takers, struct err *err)
{
	bool spooled = in->spooling != NULL;
	enum errc rc = take_all(in, takers, err), closed;
	struct err why;

	in->unread = false;
	closed = spool_close(in->spooling, in->digest, &why);
	in->spooling = NULL;
	if (!rc && closed) {
		*err = why;
		rc = closed;
	}
	if (spooled) {
		list_close(in->list);
		in->list = NULL;
	}
	return name_file(in, rc, err);
}

enum errc input_read(struct input *in, const struct input_options *opt, struct err *err)
{
	enum errc rc = input_open(in, opt, err);

	return rc ? rc : input_rows(in, &(struct input_takers){ 0 }, err);
}

static void take_headers(struct input *in, const struct csv_record *r)
{
	struct columns *c = &in->columns;

	c->has_header = true;
	c->n = r->n_cells;
	c->headers = arena_alloc(&in->arena, (c->n + 1) * sizeof(*c->headers));
	c->own = arena_alloc(&in->arena, (c->n + 1) * sizeof(*c->own));
	for (size_t i = 0; i < c->n; i++) {
		c->headers[i] = arena_dup(&in->arena, r->cells[i]);
		c->own[i] = str_starts_nocase(c->headers[i], STR("depmend_"));
	}
	note_own_columns(in);
}

enum errc input_reopen(struct input *in, const char *spool, char delimiter, bool has_header,
	int serial_at, struct err *err)
{
	struct csv_options opt = { .delimiter = delimiter, .kept = true };
	struct csv_reader *csv;
	struct csv_record r;
	bool more;
	enum errc rc;

	*in = (struct input){ .delimiter = delimiter, .spool = mem_strdup(spool) };
	init_maps(in);
	for (int i = 0; i < COLUMN_MAX_; i++)
		in->columns.at[i] = -1;
	in->columns.at[COLUMN_SERIAL] = serial_at;
	if (!has_header)
		return ERR_OK;
	rc = csv_open(&csv, spool, &opt, err);
	if (rc)
		return rc;
	rc = csv_next(csv, &r, &more, err);
	if (!rc && more)
		take_headers(in, &r);
	csv_close(csv);
	return rc;
}

void input_release(struct input *in)
{
	struct err err;

	(void)!spool_close(in->spooling, in->digest, &err);
	list_close(in->list);
	map_release(&in->details);
	if (in->own_spool)
		(void)unlink(in->spool);
	free(in->spool);
	input_forget_rows(in);
	arena_release(&in->arena);
	*in = (struct input){ 0 };
}

struct str input_cell(const struct input *in, const struct csv_record *record, int column)
{
	struct str cell;

	if (column < 0 || (size_t)column >= record->n_cells)
		return STR_NONE;
	cell = record->cells[column];
	return in->from_result ? csv_plain(cell) : cell;
}
