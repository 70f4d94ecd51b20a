#include "lists/serial_strict.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"
#include "lists/serial_together.h"

enum {
	WIDTHS = 16,
	USUAL_MIN = 10,
	USUAL_MAX = 12,
	CELL_BYTES = 64,
	TEXT_BYTES = 256,
	COPIES_MIN = 3
};

/* Cells of another column that cannot be read, and the first that hides a serial. */
struct beside {
	uint32_t n_full, n_hidden;
	size_t line;
	char cell[CELL_BYTES];
};

struct strict {
	struct serial_list *list;
	const struct list_reading *reading;
	struct map *serials;
	struct beside *beside; /* per column of the sample */
	uint32_t n, n_more;    /* rows with a serial; serials in other columns alone */
	struct together together;
	size_t last_line;        /* of a serial */
	uint32_t n_wide[WIDTHS]; /* rows by their cells */
	uint32_t n_tiny;         /* rows with a word of one or two characters behind the serial */
	size_t last_width;       /* of the last row */
};

static const char *what_to_correct(const struct strict *p)
{
	return p->list->opt.purpose == LIST_PROTECTED
		       ? "correct this line of the protected list; nothing is sent before"
		       : "correct this line of that file";
}

static enum errc refuse_row(const struct strict *p, const struct list_row *row, struct err *err)
{
	const struct reason_info *why = reason_info(row->fault);
	struct buf text;

	buf_init(&text, 4096);
	list_describe_fault(p->list, row, &text);
	(void)err_set(err, ERR_INPUT, "%s:%zu: %s%s%s: %s", p->list->name, row->record.line,
		why->sentence, text.n ? ": " : "", buf_cstr(&text), what_to_correct(p));
	buf_release(&text);
	return ERR_INPUT;
}

static struct str cell_at(const struct csv_record *r, size_t at)
{
	return at < r->n_cells ? serial_trim(r->cells[at]) : STR_NONE;
}

static bool is_mixed_case(struct str s)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < s.n; i++) {
		upper |= s.p[i] >= 'A' && s.p[i] <= 'Z';
		lower |= s.p[i] >= 'a' && s.p[i] <= 'z';
	}
	return upper && lower;
}

/* A small L among capitals is a 1. */
static void add_with_ones(struct strict *p, struct str cell)
{
	char ones[SERIAL_MAX];
	struct serial s;

	if (cell.n > SERIAL_MAX || !is_mixed_case(cell) || !memchr(cell.p, 'l', cell.n))
		return;
	for (size_t i = 0; i < cell.n; i++)
		ones[i] = cell.p[i] == 'l' ? '1' : cell.p[i];
	if (!serial_read((struct str){ ones, cell.n }, &s))
		(void)map_add(p->serials, serial_view(&s), NULL);
}

/* Of several in a line each is a record of its own. */
static size_t serial_at(const struct strict *p)
{
	return p->reading->several ? 0 : (size_t)p->reading->columns.at[COLUMN_SERIAL];
}

static void add_serial(struct strict *p, const struct list_row *row)
{
	const struct serial *s = &row->serial;
	struct serial plain = *s;

	(void)map_add(p->serials, serial_view(s), NULL);
	add_with_ones(p, cell_at(&row->record, serial_at(p)));
	/* A label that a few have: the device is meant as well. */
	if (serial_strip_barcode(&plain))
		(void)map_add(p->serials, serial_view(&plain), NULL);
	p->n++;
	p->last_line = row->record.line;
	together_note(&p->together, s, row->record.line);
}

/* --- serials in other columns --- */

/* What the header says of it is no other device. */
static bool is_of_devices(const struct strict *p, size_t column)
{
	const struct columns *c = &p->reading->columns;
	enum header_sense sense = column < c->n ? header_sense(c->headers[column]) : SENSE_UNKNOWN;

	return sense != SENSE_OTHER && !p->list->notes[column] &&
	       (column >= c->n || !header_is_of_other(c->headers[column]));
}

static enum errc refuse_column(
	const struct strict *p, size_t line, struct str cell, size_t column, struct err *err)
{
	size_t at = (size_t)p->reading->columns.at[COLUMN_SERIAL];

	return err_set(err, ERR_INPUT,
		"%s:%zu: column %zu holds serials, too, but '%.*s' is none: correct this line of "
		"the protected list, or say that only column %zu counts: protect: {file: ..., "
		"serial_column: %zu}; nothing is sent before",
		p->list->name, line, column + 1, STR_FMT(cell), at + 1, at + 1);
}

/* Serials that nobody can read, in a column where nobody has said that they do not count. */
static void note_hidden(struct strict *p, const struct csv_record *r, size_t column)
{
	struct beside *b = &p->beside[column];
	struct str found;

	b->n_full++;
	if (!serial_is_hidden(cell_at(r, column), p->serials, &found))
		return;
	if (b->n_hidden++ == 0) {
		b->line = r->line;
		(void)snprintf(b->cell, sizeof(b->cell), "%.*s",
			STR_FMT(str_head(cell_at(r, column), CELL_BYTES - 1)));
	}
}

/* Serials that a note of a list that protects names are protected as well; nobody counts them. */
static void add_named(struct strict *p, struct str note)
{
	struct str word;
	struct serial s;

	while (list_next_word(&note, &word))
		if (word.n >= USUAL_MIN && word.n <= USUAL_MAX &&
			serial_look(word) == LOOK_STRONG && !serial_read(word, &s))
			(void)map_add(p->serials, serial_view(&s), NULL);
}

/* A cell beside the row's serial. */
static enum errc look_at_cell(
	struct strict *p, const struct list_row *row, size_t column, struct err *err)
{
	struct str cell = cell_at(&row->record, column);
	bool devices = is_of_devices(p, column);
	bool seconds = p->list->seconds[column] && devices;
	bool added;
	struct serial s;

	if (cell.n == 0 || list_says_nothing(cell))
		return ERR_OK;
	if (serial_read(cell, &s)) {
		if (devices)
			note_hidden(p, &row->record, column);
		add_named(p, cell);
		return seconds ? refuse_column(p, row->record.line, cell, column, err) : ERR_OK;
	}
	/* Or as APPLC02XK1ABJG5H has it. */
	if (str_contains_nocase(serial_view(&s), serial_view(&row->serial)) ||
		(!seconds && serial_look(cell) != LOOK_STRONG &&
			(serial_is_hex(cell) || !serial_is_unsaid(cell))))
		return ERR_OK;
	(void)map_add(p->serials, serial_view(&s), &added);
	p->n_more += devices && added;
	return ERR_OK;
}

/* Half of a column that is hidden serials. */
static enum errc look_at_hidden(const struct strict *p, struct err *err)
{
	for (size_t c = 0; c < p->list->n_sampled; c++) {
		const struct beside *b = &p->beside[c];

		if (b->n_hidden && b->n_hidden * 2 >= b->n_full)
			return refuse_column(p, b->line, str_from(b->cell), c, err);
	}
	return ERR_OK;
}

/* Which of the columns counts has not been said. Only what protects takes them all: whatever else
 * is decided by a list goes by the same column as the input does. */
static enum errc look_beside(struct strict *p, const struct list_row *row, struct err *err)
{
	const struct column_options *o = &p->list->opt.columns;
	enum errc rc = ERR_OK;

	if (o->serial_column || o->serial_header.n || !p->reading->columns.has_header ||
		p->list->opt.purpose != LIST_PROTECTED)
		return ERR_OK;
	for (size_t c = 0; !rc && c < row->record.n_cells && c < p->list->n_sampled; c++)
		if (c != (size_t)p->reading->columns.at[COLUMN_SERIAL])
			rc = look_at_cell(p, row, c, err);
	return rc;
}

/* --- what was not read as a serial, and could be one --- */

static bool is_bare(const struct strict *p)
{
	return !p->reading->columns.has_header || p->reading->width == 1;
}

/* A bare line without the comment behind it. */
static struct str without_comment(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] == '#')
			return str_sub(raw, 0, i);
	return raw;
}

static size_t width_of(const struct strict *p, struct str raw)
{
	size_t n = 1;

	raw = without_comment(raw);
	for (size_t i = 0; i < raw.n; i++)
		n += raw.p[i] == p->reading->delimiter;
	return n < WIDTHS ? n : WIDTHS - 1;
}

/* Whether most rows have another number of cells; a single row has nothing to compare it with. */
static bool is_unusual(const struct strict *p, struct str raw)
{
	return p->n == 1 || p->n_wide[width_of(p, raw)] * 2 < p->n;
}

/* A short row that ends in its serial, to which a word as short as others of its column may be
 * joined: KD260K1258x. Or what stands there is no serial at all. */
static bool is_longer(const struct strict *p, const struct csv_record *r)
{
	size_t at = (size_t)p->reading->columns.at[COLUMN_SERIAL];
	struct str last = cell_at(r, at);
	struct serial s;

	if (p->reading->several || at + 1 != r->n_cells || serial_read(last, &s) ||
		map_find(p->serials, serial_view(&s)) == MAP_NONE || !is_unusual(p, r->raw))
		return false;
	if (p->n > 1 && at && serial_look(last) != LOOK_STRONG)
		return true;
	return s.n > USUAL_MIN && (is_mixed_case(last) || (p->n_tiny && p->n > 1));
}

static enum errc refuse_hidden(
	const struct strict *p, const struct csv_record *r, struct str found, struct err *err)
{
	bool protects = p->list->opt.purpose == LIST_PROTECTED;

	return err_set(err, ERR_INPUT,
		"%s:%zu: '%.*s' could be a serial, and is not read as one: if it is, give it a "
		"line of its own; if not, take it out of %s",
		p->list->name, r->line, STR_FMT(found),
		protects ? "the protected list; nothing is sent before" : "that file");
}

/* Behind a line end within a cell, and joined to the end of a line, a row of columns hides one. */
static bool is_in_cells(const struct strict *p, const struct csv_record *r, struct str *ret)
{
	for (size_t i = 0; i < r->n_cells; i++) {
		struct str rest = r->cells[i];

		(void)str_cut(&rest, '\n');
		if (serial_is_hidden(rest, p->serials, ret))
			return true;
	}
	/* Cells may be codes of any kind; with letters of the other case before it, it is none. */
	return r->n_cells && serial_is_hidden(r->cells[r->n_cells - 1], p->serials, ret) &&
	       ret->p > r->cells[r->n_cells - 1].p && ret->p[-1] >= 'a' && ret->p[-1] <= 'z' &&
	       ascii_upper(ret->p[0]) == ret->p[0];
}

/* A list that begins with a damaged line is not read from the line below it on. */
static bool is_above(const struct strict *p, const struct csv_record *r, struct str *ret)
{
	bool header = r->line == p->reading->header_line;
	size_t at = (size_t)p->reading->columns.at[COLUMN_SERIAL];

	for (size_t i = 0; i < r->n_cells && without_comment(r->raw).n; i++) {
		*ret = serial_trim(r->cells[i]);
		if (serial_is_damaged(*ret))
			return true;
		if (header_sense(*ret) < SENSE_WEAK &&
			(serial_is_unsaid(*ret) || (header && i == at && serial_is_piece(*ret))))
			return true;
	}
	return false;
}

static enum errc look_at_record(void *self, const struct csv_record *r, struct err *err)
{
	const struct strict *p = self;
	bool plain = is_bare(p) || r->line <= p->reading->header_line;
	struct str found;

	if (plain ? serial_is_hidden(r->raw, p->serials, &found) : is_in_cells(p, r, &found))
		return refuse_hidden(p, r, found, err);
	if (r->line <= p->reading->header_line && is_above(p, r, &found))
		return refuse_hidden(p, r, found, err);
	if (is_bare(p) && !p->reading->several &&
		serial_is_cut(without_comment(r->raw), p->serials) && is_unusual(p, r->raw))
		return refuse_hidden(p, r, without_comment(r->raw), err);
	if (is_longer(p, r))
		return err_set(err, ERR_INPUT,
			"%s:%zu: '%.*s' ends its line early, and its end may be what others have "
			"in a cell of its own: give this line as many cells as the others have, "
			"and %s",
			p->list->name, r->line, STR_FMT(cell_at(r, r->n_cells - 1)),
			what_to_correct(p));
	return ERR_OK;
}

/* --- the list --- */

static void note_shape(struct strict *p, const struct csv_record *r)
{
	size_t n = cell_at(r, (size_t)p->reading->columns.at[COLUMN_SERIAL] + 1).n;

	p->n_wide[width_of(p, r->raw)]++;
	p->n_tiny += n == 1 || n == 2;
	p->last_width = width_of(p, r->raw);
}

/* Or the last row is shorter than the others. */
static bool is_short_row(const struct strict *p)
{
	return p->n > 1 && p->reading->columns.has_header && p->last_width < p->reading->width &&
	       p->n_wide[p->last_width] == 1;
}

/* Whether that is so with all of them, and somebody may have meant them so. */
static bool may_be_kept(const struct strict *p, enum oddity odd)
{
	return odd != ODD_LENGTH || p->together.odd[ODD_LENGTH].n == p->together.n;
}

static enum errc refuse_odd(const struct strict *p, enum oddity odd, struct err *err)
{
	bool settings = p->list->opt.csv.of_settings;
	struct buf text;

	buf_init(&text, TEXT_BYTES);
	together_describe(&p->together, odd, &text);
	(void)err_set(err, ERR_INPUT, "%s:%zu: %s: %s%s", p->list->name, p->together.odd[odd].line,
		buf_cstr(&text), what_to_correct(p),
		!may_be_kept(p, odd) ? ""
		: settings ? "; if all are right as they are: in the settings input: {barcode_s: "
			     "keep}"
			   : "; if all are right as they are: --barcode-s keep");
	buf_release(&text);
	return ERR_INPUT;
}

/* The same serial in every row: what stood in the first was copied down. */
static enum errc refuse_copies(const struct strict *p, struct err *err)
{
	return err_set(err, ERR_INPUT,
		"%s:%zu: every row has the same serial, '%s', as if its cell had been copied down: "
		"export that list again, or leave one row of it",
		p->list->name, p->last_line, p->list->alike.first.text);
}

static enum errc look_together(const struct strict *p, struct err *err)
{
	const bool protects = p->list->opt.purpose == LIST_PROTECTED;
	enum oddity odd = together_judge(
		&p->together, protects, p->list->opt.barcode_s == BARCODE_KEEP);
	struct serial last;
	size_t line;
	bool ends = list_ends_in(p->list, &last, &line);

	if (odd != ODDITIES)
		return refuse_odd(p, odd, err);
	if (p->n >= COPIES_MIN && p->list->alike.n == 0)
		return refuse_copies(p, err);
	if (ends && (is_short_row(p) || list_is_cut_off(p->list, p->serials)))
		return err_set(err, ERR_INPUT,
			"%s:%zu: the file ends in '%s', without the end of that line, and the "
			"lines before are longer: if the serial is whole, end its line; if not, "
			"%s",
			p->list->name, line, last.text, what_to_correct(p));
	return ERR_OK;
}

enum errc list_read_strictly(
	struct serial_list *l, struct map *ret_serials, uint32_t *ret_n, struct err *err)
{
	struct strict p = { .list = l, .reading = list_reading(l), .serials = ret_serials };
	struct list_row row;
	bool more = true;
	enum errc rc = ERR_OK;

	together_init(&p.together);
	p.beside = mem_zalloc((l->n_sampled + 1) * sizeof(*p.beside));
	while (!rc && !(rc = list_next(l, &row, &more, err)) && more) {
		note_shape(&p, &row.record);
		if (row.fault) {
			rc = refuse_row(&p, &row, err);
			continue;
		}
		add_serial(&p, &row);
		rc = look_beside(&p, &row, err);
	}
	if (!rc)
		rc = look_together(&p, err);
	if (!rc)
		rc = look_at_hidden(&p, err);
	free(p.beside);
	if (!rc)
		rc = list_each_record(l, look_at_record, &p, err);
	if (!rc && l->opt.purpose == LIST_PROTECTED)
		together_add_parts(ret_serials);
	if (!rc)
		together_add_meant(ret_serials);
	if (!rc)
		*ret_n = p.n + p.n_more;
	return rc;
}
