#include "lists/serial_list.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/plural.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"
#include "lists/serial_together.h"

enum { STRANGE_MIN = 3, NO_DELIMITER = '^', TEN = 10, TWELVE = 12 };

/* --- one row --- */

static bool is_bare(const struct serial_list *l)
{
	return !l->reading.columns.has_header || l->reading.width == 1;
}

static struct str serial_cell(const struct serial_list *l, const struct csv_record *r)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	struct str cell = at < r->n_cells ? r->cells[at] : STR_NONE;

	return is_bare(l) ? list_without_note(cell) : cell;
}

static bool has_surplus(const struct serial_list *l, const struct csv_record *r)
{
	/* In a list of one column `#` begins a comment, and a comment may hold delimiters. */
	if (is_bare(l) && list_without_note(r->cells[0]).n < r->cells[0].n)
		return false;
	for (size_t i = l->reading.width; i < r->n_cells && i < l->reading.surplus_end; i++)
		if (serial_trim(r->cells[i]).n)
			return true;
	return false;
}

bool list_is_doubtful(const struct serial_list *l, struct str cell)
{
	size_t i = 0;

	if ((cell.n > TWELVE && l->none_long) || serial_is_part_number(cell))
		return true;
	if (l->header_signs & header_sign(cell))
		for (size_t c = 0; c < l->reading.columns.n; c++)
			if (str_eq_nocase(l->reading.columns.headers[c], cell))
				return true;
	while (i < cell.n && cell.p[i] > '9')
		i++;
	while (i < cell.n && cell.p[i] <= '9')
		i++;
	return i == cell.n;
}

static bool is_our_header(const struct serial_list *l, const struct csv_record *r)
{
	const struct columns *c = &l->reading.columns;
	size_t n = r->n_cells > c->n ? r->n_cells : c->n;

	if (!c->has_header)
		return r->n_cells == 1 && header_sense(r->cells[0]) == SENSE_EXACT;
	for (size_t i = 0; i < n; i++)
		if (!str_eq_nocase(i < c->n ? c->headers[i] : STR_NONE,
			    i < r->n_cells ? serial_trim(r->cells[i]) : STR_NONE))
			return false;
	return true;
}

/* The device's own serial. `own`: the cell is where serials are, and "System Serial Number" is what
 * a PC without one says. */
static bool names_own_serial(struct str cell, bool own)
{
	enum header_sense sense = header_sense(cell);

	return sense == SENSE_EXACT ||
	       (!own && sense == SENSE_COMPOUND && header_is_of_device(cell));
}

/* It names the serial in a cell of its own, and holds none. */
static bool is_other_header(const struct serial_list *l, const struct csv_record *r)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	bool names = false, digits = false;

	for (size_t i = 0; i < r->n_cells; i++) {
		if (serial_look(r->cells[i]) == LOOK_STRONG)
			return false;
		names |= names_own_serial(r->cells[i], i == at);
		for (size_t k = 0; k + 1 < r->cells[i].n; k++)
			digits |= r->cells[i].p[k] >= '0' && r->cells[i].p[k] <= '9';
	}
	return names && !digits;
}

enum kind { KIND_ROW, KIND_NOTHING, KIND_OTHER_HEADER };

/* Only where the serial's cell is odd. */
static enum kind kind_of(const struct serial_list *l, const struct csv_record *r)
{
	if (list_is_blank(r) || (is_bare(l) && list_is_comment(r->raw)) || is_our_header(l, r))
		return KIND_NOTHING;
	return is_other_header(l, r) ? KIND_OTHER_HEADER : KIND_ROW;
}

static bool shows_none(const struct csv_record *r, enum reason fault)
{
	if (fault != REASON_ROW_NO_SERIAL && fault != REASON_ROW_BAD_SERIAL)
		return false;
	for (size_t i = 0; i < r->n_cells; i++)
		if (list_is_like_serial(r->cells[i]) || serial_is_about(r->cells[i]))
			return false;
	return true;
}

static void note_strange(struct serial_list *l, const struct csv_record *r)
{
	if (!l->elsewhere) {
		l->n_elsewhere = l->reading.columns.n > l->n_sampled ? l->reading.columns.n
								     : l->n_sampled;
		l->elsewhere = mem_zalloc((l->n_elsewhere + 1) * sizeof(*l->elsewhere));
	}
	if (l->n_strange++ == 0) {
		l->first_strange = r->line;
		l->strange_row = l->n_rows;
	}
	for (size_t i = 0; i < r->n_cells && i < l->n_elsewhere; i++)
		l->elsewhere[i] += serial_look(r->cells[i]) == LOOK_STRONG;
}

/* As Apple writes serials: of 10 characters or 12, without I and O; these begin in known ways. */
static bool has_usual_form(struct str cell)
{
	return (cell.n == TEN || (cell.n == TWELVE && serial_begins_as_twelve(cell))) &&
	       !memchr(cell.p, 'I', cell.n) && !memchr(cell.p, 'O', cell.n);
}

/* A header, or what the other columns hold, among serials of the usual kind. */
static bool is_strange(const struct serial_list *l, struct str cell)
{
	if (l->opt.typed || serial_look(cell) != LOOK_WEAK)
		return false;
	if (list_is_no_serial(cell))
		return true;
	if (!l->usual)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (l->starts[i].n && str_starts_nocase(cell, l->starts[i]))
			return true;
	/* A word with a number behind it may be a device that people made up: GHAST0000001. */
	return serial_is_implausible(cell) ||
	       (serial_is_word(cell) && !list_is_numbered(cell) && !has_usual_form(cell));
}

void list_drop_barcode(const struct serial_list *l, struct serial *s)
{
	if (l->opt.barcode_s == BARCODE_STRIP && l->opt.purpose != LIST_PROTECTED)
		(void)serial_strip_barcode(s);
}

static enum reason fault_of(struct serial_list *l, const struct csv_record *r, struct serial *ret)
{
	struct str cell = serial_cell(l, r);
	enum reason fault = REASON_ROW_MALFORMED;

	ret->n = 0;
	if (r->bad)
		return fault;
	if (r->n_cells > l->reading.width && has_surplus(l, r))
		return REASON_ROW_SURPLUS;
	fault = serial_read(cell, ret);
	if (fault != REASON_NONE) {
		if (fault == REASON_ROW_BAD_SERIAL)
			note_strange(l, r);
		return fault;
	}
	if (list_is_shifted(l, r) || is_strange(l, serial_view(ret)) ||
		list_is_joined(l, r, ret->n)) {
		note_strange(l, r);
		ret->n = 0;
		return REASON_ROW_SHIFTED;
	}
	list_drop_barcode(l, ret);
	return REASON_NONE;
}

/* --- the rows --- */

static enum errc other_header(const struct serial_list *l, size_t line, struct err *err)
{
	return err_set(err, ERR_INPUT,
		"%s:%zu: another header or heading begins here, so what is below it may mean "
		"something else than before: make two files of it, one from this line on",
		l->name, line);
}

/* More than one row in a hundred has its serial in another column. */
static enum errc check_column(const struct serial_list *l, struct err *err)
{
	const struct column_options *o = &l->opt.columns;
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];

	if (o->serial_column || o->serial_header.n || o->n_overrides ||
		l->n_strange < STRANGE_MIN || l->n_strange * 100 <= l->n_rows ||
		l->n_strange * 10 < (l->n_rows - l->strange_row) * 9)
		return ERR_OK;
	for (size_t i = 0; i < l->n_elsewhere; i++)
		if (i != at && (size_t)l->elsewhere[i] * 10 >= l->n_strange * 9)
			return err_set(err, ERR_INPUT,
				"%s:%zu: from here on column %zu holds what column %zu held "
				"before, "
				"in %zu row%s: make two files of it, or, if column %zu is right, "
				"say "
				"--serial-column %zu",
				l->name, l->first_strange, i + 1, at + 1, (size_t)l->n_strange,
				plural(l->n_strange), at + 1, at + 1);
	return ERR_OK;
}

static enum errc check_end(const struct serial_list *l, struct err *err)
{
	enum errc rc = l->copied ? ERR_OK : check_column(l, err);

	return rc || l->copied ? rc : list_check_alike(l, err);
}

static void take_token(struct serial_list *l, struct list_row *ret)
{
	ret->record = l->several;
	ret->record.raw = l->token;
	ret->record.cells = &l->token;
	ret->record.n_cells = 1;
	ret->record.place = 0;
	ret->fault = serial_read(l->token, &ret->serial);
	if (!ret->fault)
		list_drop_barcode(l, &ret->serial);
	l->n_rows++;
	if (!ret->fault)
		list_note_good(l, &ret->record, &ret->serial);
}

static enum errc next_token(
	struct serial_list *l, struct list_row *ret, bool *ret_more, struct err *err)
{
	*ret = (struct list_row){ .fault = REASON_NONE };
	while (!list_next_token(&l->rest, &l->token)) {
		bool more;
		enum errc rc = csv_next(l->csv, &l->several, &more, err);

		if (rc || !more) {
			*ret_more = false;
			return rc ? rc : check_end(l, err);
		}
		l->rest = STR_NONE;
		if (list_is_comment(l->several.raw))
			list_note_heading(l, l->several.raw, l->several.line);
		else if (!list_is_drawn(l->several.raw))
			l->rest = list_without_note(l->several.raw);
	}
	if (l->table_line)
		return other_header(l, l->table_line, err);
	take_token(l, ret);
	*ret_more = true;
	return ERR_OK;
}

static enum errc skip_before(struct serial_list *l, struct err *err)
{
	struct csv_record r;
	bool more = true;
	enum errc rc = ERR_OK;

	while (l->n_passed < l->n_before && more && !rc) {
		rc = csv_next(l->csv, &r, &more, err);
		l->n_passed++;
		if (!rc && l->n_passed == l->n_before && !l->reading.header_raw.p)
			l->reading.header_raw = arena_dup(&l->arena, r.raw);
	}
	return rc;
}

/* A serial that nothing speaks against: nearly every row. */
static bool take_plain(struct serial_list *l, struct list_row *ret)
{
	const struct csv_record *r = &ret->record;
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];

	if (r->bad || at >= r->n_cells || serial_read(r->cells[at], &ret->serial) ||
		list_is_doubtful(l, serial_view(&ret->serial)) || list_is_shifted(l, r))
		return false;
	/* Columns of ours behind theirs are no surplus. */
	if (r->n_cells > l->reading.width &&
		(l->reading.surplus_end > l->reading.width ||
			!str_eq(r->cells[at], serial_view(&ret->serial)) ||
			serial_look(r->cells[at]) != LOOK_STRONG ||
			list_is_joined(l, r, ret->serial.n)))
		return false;
	list_drop_barcode(l, &ret->serial);
	ret->fault = REASON_NONE;
	ret->shows_none = false;
	return true;
}

static enum errc swallowed(const struct serial_list *l, const struct csv_record *r, struct err *err)
{
	return err_set(err, ERR_INPUT,
		"%s:%zu: a quote opens in this row and closes in line %zu, and what is between "
		"looks like rows: take the quote out, or close it where its cell ends",
		l->name, r->line, r->line + r->n_lines - 1);
}

/* A row that is no plain one: read with its fault, or passed over. */
static enum errc take_odd(
	struct serial_list *l, struct list_row *ret, bool *ret_passed, struct err *err)
{
	const struct csv_record *r = &ret->record;
	/* A row of nothing but delimiters is as good as a blank line. */
	bool gap = l->end_line && l->end_line < r->line;
	enum kind kind = kind_of(l, r);

	*ret_passed = kind == KIND_NOTHING;
	if (kind == KIND_OTHER_HEADER)
		return other_header(l, r->line, err);
	if (*ret_passed && is_bare(l) && list_is_comment(r->raw))
		list_note_heading(l, r->raw, r->line);
	if (*ret_passed)
		return ERR_OK;
	ret->fault = fault_of(l, r, &ret->serial);
	ret->shows_none = shows_none(r, ret->fault);
	if (ret->fault && !l->table_line && list_begins_table(l, r, gap))
		l->table_line = r->line;
	return ERR_OK;
}

static enum errc take_record(
	struct serial_list *l, struct list_row *ret, bool *ret_passed, struct err *err)
{
	enum errc rc = ERR_OK;

	*ret_passed = false;
	if (ret->record.n_lines > 1 && list_swallows_rows(l, &ret->record))
		return swallowed(l, &ret->record, err);
	if (!take_plain(l, ret))
		rc = take_odd(l, ret, ret_passed, err);
	if (rc || *ret_passed)
		return rc;
	/* Rows below another header hold something else, or nobody knows. */
	if (!ret->fault && l->table_line && !l->copied)
		return other_header(l, l->table_line, err);
	l->n_gaps += l->end_line && l->end_line < ret->record.line;
	l->end_line = ret->record.line + ret->record.n_lines;
	list_note_dangling(l, &ret->record);
	if (l->profile)
		profile_follow(l->profile, &ret->record);
	l->n_rows++;
	if (!ret->fault)
		list_note_good(l, &ret->record, &ret->serial);
	return ERR_OK;
}

enum errc list_next(struct serial_list *l, struct list_row *ret, bool *ret_more, struct err *err)
{
	bool passed = false;
	enum errc rc = l->n_passed < l->n_before ? skip_before(l, err) : ERR_OK;

	if (rc || l->reading.several)
		return rc ? rc : next_token(l, ret, ret_more, err);
	do {
		/* Behind a record that is no row the next one is not found by its place. */
		bool follows = passed;

		rc = csv_next(l->csv, &ret->record, ret_more, err);
		if (rc)
			return rc;
		if (!*ret_more)
			return check_end(l, err);
		if (follows)
			ret->record.place = 0;
		rc = take_record(l, ret, &passed, err);
	} while (!rc && passed);
	return rc;
}

enum errc list_rewind(struct serial_list *l, struct err *err)
{
	l->n_passed = l->n_rows = l->n_strange = l->end_line = l->n_gaps = l->dangling_line =
		l->table_line = 0;
	l->copied = false;
	l->rest = STR_NONE;
	l->apart_above = false;
	list_forget_end(l);
	if (l->elsewhere)
		memset(l->elsewhere, 0, l->n_elsewhere * sizeof(*l->elsewhere));
	return csv_rewind(l->csv, err);
}

enum errc list_each_record(struct serial_list *l, list_record_fn *each, void *self, struct err *err)
{
	struct csv_record r;
	bool more = true;
	enum errc rc = csv_rewind(l->csv, err);

	while (!rc && !(rc = csv_next(l->csv, &r, &more, err)) && more)
		rc = each(self, &r, err);
	return rc ? rc : list_rewind(l, err);
}

enum errc list_copy(struct serial_list *l, uint16_t place, struct str *ret_raw, struct err *err)
{
	enum errc rc = l->n_passed < l->n_before ? skip_before(l, err) : ERR_OK;

	l->copied = true;
	return rc ? rc : csv_copy(l->csv, place, ret_raw, err);
}

/* --- open and close --- */

enum errc list_open(struct serial_list **ret, const char *path, struct str bytes, const char *name,
	const struct list_options *opt, struct err *err)
{
	struct serial_list *l = mem_zalloc(sizeof(*l));
	enum errc rc;

	arena_init(&l->arena);
	l->name = mem_strdup(name);
	l->opt = *opt;
	rc = path ? csv_open(&l->csv, path, &opt->csv, err)
		  : csv_open_bytes(&l->csv, bytes, name, &opt->csv, err);
	if (!rc && csv_wrong(l->csv))
		rc = err_set(err, ERR_INPUT, "%s: %s", name, csv_wrong(l->csv));
	if (!rc)
		rc = list_choose(l, err);
	/* Lines that are cut into serials here may hold more of them than a record has cells. */
	if (!rc)
		csv_set_delimiter(l->csv, l->reading.several ? NO_DELIMITER : l->reading.delimiter);
	if (rc)
		list_close(l);
	else
		*ret = l;
	return rc;
}

void list_close(struct serial_list *l)
{
	if (!l)
		return;
	csv_close(l->csv);
	arena_release(&l->arena);
	free(l->elsewhere);
	free(l->name);
	free(l);
}

const struct list_reading *list_reading(const struct serial_list *l)
{
	return &l->reading;
}

const struct csv_reader *list_csv(const struct serial_list *l)
{
	return l->csv;
}

/* --- in words --- */

static void describe_surplus(
	const struct serial_list *l, const struct csv_record *r, struct buf *out)
{
	size_t n = r->n_cells < l->reading.surplus_end ? r->n_cells : l->reading.surplus_end;

	while (n && serial_trim(r->cells[n - 1]).n == 0)
		n--;
	buf_printf(out, "%zu cells, %s %zu", n,
		l->reading.columns.has_header ? "the header has" : "the other rows have",
		l->reading.width);
}

void list_describe_fault(const struct serial_list *l, const struct list_row *row, struct buf *out)
{
	const struct csv_record *r = &row->record;

	switch (row->fault) {
	case REASON_ROW_BAD_SERIAL:
	case REASON_ROW_EXCEL_SERIAL:
		serial_describe(l->reading.several ? r->cells[0] : serial_cell(l, r), out);
		break;
	case REASON_ROW_SURPLUS:
		describe_surplus(l, r, out);
		break;
	case REASON_ROW_SHIFTED:
		list_describe_shift(l, r, serial_cell(l, r), out);
		break;
	default:
		break;
	}
}
