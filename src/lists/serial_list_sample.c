/* The first rows of a list, and how well a way to read it fits them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum { ALIKE_BYTES = 3 };

/* --- the sample --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool list_is_numbered(struct str cell)
{
	return cell.n >= 2 && is_digit(cell.p[cell.n - 1]) && is_digit(cell.p[cell.n - 2]);
}

bool list_is_no_serial(struct str cell)
{
	return serial_is_part_number(cell) ||
	       (!list_is_numbered(cell) && header_sense(cell) >= SENSE_COMPOUND);
}

/* Nor does it count for any column. */
static enum serial_look look_of(struct str cell)
{
	enum serial_look look = serial_look(cell);

	return look == LOOK_WEAK && list_is_no_serial(cell) ? LOOK_OTHER : look;
}

bool sample_begins_blank(const struct csv_record *r, size_t cell)
{
	const char *p = r->cells[cell].p;
	uintptr_t at = (uintptr_t)p, raw = (uintptr_t)r->raw.p;

	/* A cell that had to be unquoted is elsewhere; a blank within quotes is no delimiter's. */
	return r->cells[cell].n && at >= raw + 2 && at < raw + r->raw.n && p[-1] == ' ' &&
	       p[-2] != ' ' && p[-2] != '"';
}

static void keep_row(struct sample *s, const struct csv_record *r, struct arena *a)
{
	struct str *cells = arena_alloc(a, (r->n_cells + 1) * sizeof(*cells));
	uint8_t *looks = arena_alloc(a, r->n_cells + 1);
	const struct sample_row *above = &s->rows[s->n ? s->n - 1 : 0];
	uint64_t blanks = 0;

	for (size_t i = 0; i < r->n_cells; i++) {
		bool blank = i && sample_begins_blank(r, i);

		cells[i] = arena_dup(a, serial_trim(r->cells[i]));
		looks[i] = s->n && i < above->n_cells && str_eq(cells[i], above->cells[i])
				   ? above->looks[i]
				   : (uint8_t)look_of(list_without_note(cells[i]));
		s->n_blank += blank;
		blanks |= i < 64 && blank ? UINT64_C(1) << i : 0;
	}
	s->rows[s->n++] = (struct sample_row){ cells, looks, r->n_cells, r->line, blanks,
		r->bad != NULL, list_is_blank(r), list_is_comment(r->raw) };
	if (r->n_cells > s->widest)
		s->widest = r->n_cells;
}

/* A record that the end of the text cuts is left out. */
void sample_take(
	struct sample *s, struct str text, bool whole, const struct serial_list *l, struct arena *a)
{
	struct csv_options opt = { .delimiter = s->delimiter,
		.only_libcsv = l->opt.csv.only_libcsv };
	struct csv_reader *csv;
	struct csv_record r;
	bool more = true;

	s->rows = arena_alloc(a, (LIST_SAMPLE_ROWS + 1) * sizeof(*s->rows));
	if (csv_open_bytes(&csv, text, l->name, &opt, NULL))
		return;
	while (s->n < LIST_SAMPLE_ROWS && !csv_next(csv, &r, &more, NULL) && more)
		if (whole || r.raw.n + 1 < text.n)
			keep_row(s, &r, a);
	csv_close(csv);
	if (!whole && s->n && s->n < LIST_SAMPLE_ROWS)
		s->n--;
}

/* --- how a way fits --- */

bool sample_is_result(const struct sample *s)
{
	return s->n && columns_are_of_result(s->rows[0].cells, s->rows[0].n_cells);
}

bool sample_is_data(const struct sample_row *row, const struct sample_row *header, bool bare)
{
	if (row->bad || row->blank || (bare && row->comment))
		return false;
	if (!header)
		return true;
	for (size_t i = 0; i < row->n_cells; i++)
		if (i >= header->n_cells || !str_eq_nocase(row->cells[i], header->cells[i]))
			return true;
	return false;
}

bool way_is_surplus(const struct sample_row *row, const struct way *w)
{
	if (w->width == 1 && row->n_cells && list_without_note(row->cells[0]).n < row->cells[0].n)
		return false;
	for (size_t i = w->width; i < row->n_cells && i < w->surplus_end; i++)
		if (row->cells[i].n)
			return true;
	return false;
}

/* The header's cells, less empty ones at its end above columns that hold next to nothing. */
static size_t width_of(const struct sample *s, uint32_t header)
{
	const struct sample_row *h = &s->rows[header];
	size_t width = h->n_cells, n_rows = s->n - header - 1;

	while (width > 1 && h->cells[width - 1].n == 0) {
		size_t n_full = 0;

		for (size_t i = header + 1; i < s->n; i++)
			n_full += width <= s->rows[i].n_cells && s->rows[i].cells[width - 1].n > 0;
		if (n_full * 10 > n_rows)
			break;
		width--;
	}
	return width;
}

/* Columns that a result of ours made of the surplus cells of single rows: to read them as columns
 * would act on what was refused. Their first, and behind them the first of our own. */
static size_t width_of_result(const struct sample *s, size_t *ret_end)
{
	const struct sample_row *h = &s->rows[0];
	size_t end = 0, width;
	bool headerless = true;
	char name[40];

	while (end < h->n_cells && !str_starts_nocase(h->cells[end], STR("depmend_")))
		end++;
	for (size_t i = 0; i < end; i++)
		headerless &= str_eq(h->cells[i], STR("serial")) ||
			      str_starts_nocase(h->cells[i], STR("column_"));
	*ret_end = end;
	for (width = end; width > 1; width--) {
		size_t n_full = 0;

		(void)snprintf(name, sizeof(name), "column_%zu", width);
		for (size_t i = 1; i < s->n; i++)
			n_full += width <= s->rows[i].n_cells && s->rows[i].cells[width - 1].n > 0;
		if (!str_eq(h->cells[width - 1], str_from(name)) ||
			(headerless && n_full * 2 >= s->n - 1))
			break;
	}
	return width;
}

size_t list_usual_width(const struct sample *s)
{
	size_t *n = mem_zalloc((s->widest + 2) * sizeof(*n)), best = 0;

	for (size_t i = 0; i < s->n; i++)
		if (sample_is_data(&s->rows[i], NULL, true))
			n[s->rows[i].n_cells]++;
	for (size_t i = 1; i <= s->widest; i++)
		if (n[i] >= n[best])
			best = i;
	free(n);
	return best;
}

static void add_hash(struct way *w, struct str cell)
{
	for (size_t i = 0; i < cell.n; i++)
		w->hash = (w->hash ^ (unsigned char)cell.p[i]) * 0x100000001b3u;
	w->hash = (w->hash ^ '\n') * 0x100000001b3u;
}

/* A cell above the header, or in it, that is a device or holds one. */
static bool is_device_above(const struct sample_row *row, size_t k, bool is_header)
{
	static const struct map none;
	struct str found;

	if (!serial_is_about(row->cells[k]))
		return false;
	return !is_header || header_sense(row->cells[k]) < SENSE_WEAK ||
	       serial_is_hidden(row->cells[k], &none, &found);
}

/* Its line; 0: there is none. */
static size_t device_above(const struct sample *s, uint32_t header)
{
	for (uint32_t i = 0; i <= header; i++)
		for (size_t k = 0; k < s->rows[i].n_cells; k++)
			if (!s->rows[i].comment && is_device_above(&s->rows[i], k, i == header))
				return s->rows[i].line;
	return 0;
}

size_t way_device_above(const struct way *w)
{
	return device_above(w->sample, w->header);
}

/* What one row of data says about the column. */
static void count_row(struct way *w, const struct sample_row *row)
{
	enum serial_look look = w->column < row->n_cells ? row->looks[w->column] : LOOK_EMPTY;

	w->begins_strong |= w->n_rows == 0 && look == LOOK_STRONG;
	w->n_rows++;
	if (look == LOOK_EMPTY)
		return;
	w->n_full++;
	w->n_shaped += look >= LOOK_WEAK;
	w->n_strong += look == LOOK_STRONG;
	if (look >= LOOK_WEAK)
		add_hash(w, list_without_note(row->cells[w->column]));
}

/* n_cells: rows of as many cells alone; 0: all. */
static void count_rows(struct way *w, size_t n_cells)
{
	const struct sample *s = w->sample;
	bool named = w->header != LIST_NO_HEADER, bare = !named || w->width == 1;
	const struct sample_row *h = named ? &s->rows[w->header] : NULL;

	for (size_t i = named ? w->header + 1 : 0; i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, h, bare) || (n_cells && row->n_cells != n_cells))
			continue;
		if (way_is_surplus(row, w))
			w->n_surplus++;
		else
			count_row(w, row);
	}
}

struct way way_of(const struct sample *s, uint32_t header, size_t column)
{
	bool named = header != LIST_NO_HEADER;
	struct way w = { .sample = s, .header = header, .column = column, .hash = 1 };

	w.surplus_end = SIZE_MAX;
	if (named && header == 0 && sample_is_result(s))
		w.width = width_of_result(s, &w.surplus_end);
	else
		w.width = named ? width_of(s, header) : column ? list_usual_width(s) : SIZE_MAX;
	w.sense = named ? header_sense(s->rows[header].cells[column]) : SENSE_UNKNOWN;
	w.clean = !named || device_above(s, header) == 0;
	count_rows(&w, 0);
	return w;
}

struct way way_among(const struct way *like, size_t column, size_t n_cells)
{
	struct way w = { .sample = like->sample,
		.header = like->header,
		.column = column,
		.width = like->width,
		.surplus_end = like->surplus_end,
		.hash = 1 };

	w.sense = header_sense(w.sample->rows[w.header].cells[column]);
	count_rows(&w, n_cells);
	return w;
}

bool way_fits(const struct way *w)
{
	return w->n_full && w->n_shaped * 2 >= w->n_full;
}

bool way_is_named(const struct way *w)
{
	const struct sample_row *row = &w->sample->rows[w->header];
	size_t n_full = 0;

	for (size_t c = 0; c < row->n_cells; c++) {
		if (row->looks[c] == LOOK_STRONG)
			return false;
		n_full += row->cells[c].n > 0;
	}
	return w->sense == SENSE_EXACT || n_full > 1;
}

/* Nearly all cells are serials, as nothing else is. */
bool way_is_strong(const struct way *w)
{
	bool alone = w->sample->widest == 1;

	/* In a list of one column nothing else can be meant: its other rows are invalid. */
	return w->n_full &&
	       (alone ? w->n_shaped * 4 >= w->n_full * 3 : w->n_shaped * 10 >= w->n_full * 9) &&
	       w->n_strong * 10 >= w->n_full * 7;
}

bool way_has_rival(const struct way *w, bool any_sense)
{
	size_t n = w->header == LIST_NO_HEADER ? w->sample->widest
					       : w->sample->rows[w->header].n_cells;

	for (size_t c = 0; c < n; c++) {
		struct way other;

		if (c == w->column)
			continue;
		other = way_of(w->sample, w->header, c);
		if ((any_sense || other.sense != SENSE_OTHER) && way_is_strong(&other) &&
			other.hash != w->hash && other.n_full >= w->n_full / 2)
			return true;
	}
	return false;
}

bool way_has_barcodes(const struct way *w)
{
	const struct sample *s = w->sample;
	size_t n = 0;

	for (size_t i = w->header == LIST_NO_HEADER ? 0 : w->header + 1; i < s->n; i++) {
		struct serial serial;

		if (w->column >= s->rows[i].n_cells || way_is_surplus(&s->rows[i], w) ||
			serial_read(list_without_note(s->rows[i].cells[w->column]), &serial))
			continue;
		if (serial_barcode(&serial) == 0)
			return false;
		n++;
	}
	return n > 0;
}

/* As asset tags are: the same letters, and digits behind them. */
static bool is_numbered(struct str cell, struct str letters)
{
	size_t i = letters.n;

	while (i < cell.n && cell.p[i] >= '0' && cell.p[i] <= '9')
		i++;
	return i == cell.n && str_starts_nocase(cell, letters);
}

/* Whether nearly every row has a word of a serial's length there that cannot be said, and they do
 * not begin alike as asset tags do. */
static bool is_unsaid(const struct sample *s, size_t column)
{
	size_t n_rows = 0, n_like = 0, n_alike = 0, n_same = 0;
	struct str first = STR_NONE;

	for (size_t i = 0; i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, NULL, true))
			continue;
		n_rows++;
		if (column >= row->n_cells || (row->looks[column] != LOOK_STRONG &&
						      !serial_is_unsaid(row->cells[column])))
			continue;
		first = n_like++ ? first : row->cells[column];
		n_same += str_eq_nocase(row->cells[column], first);
		n_alike += is_numbered(row->cells[column], str_head(first, ALIKE_BYTES));
	}
	/* One and the same word in every row begins alike without being a tag. */
	return n_like && n_like * 10 >= n_rows * 9 && (n_same == n_like || n_alike < n_like);
}

bool way_has_unsaid(const struct way *w)
{
	bool found = false;

	for (size_t c = 0; c < w->sample->widest; c++)
		found |= c != w->column && is_unsaid(w->sample, c);
	return found;
}
