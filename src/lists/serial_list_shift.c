/*
 * Rows whose cells have shifted, by serials where none should be.
 *
 * A row with another number of cells than the others has lost a delimiter, or has one too many. Of
 * few rows, what columns hold is known from the others alone, and from their headers: a row that
 * has shifted would be its own witness.
 */
#include "base/plural.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"
#include "lists/serial_together.h"

enum { TEN = 10, TWELVE = 12, REMEDY_BYTES = 200, DANGLING_MOST = 5 };

/* A serial of another thing is expected there, and every cell is something else. */
static bool holds_none(const struct way *w, size_t column)
{
	const struct sample *s = w->sample;
	size_t n = 0, n_rows = 0;

	if (header_sense(s->rows[w->header].cells[column]) != SENSE_QUALIFIED)
		return false;
	for (size_t i = w->header + 1; i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, &s->rows[w->header], false) || column >= row->n_cells)
			continue;
		if (row->looks[column] >= LOOK_WEAK)
			return false;
		n += row->cells[column].n && !list_says_nothing(row->cells[column]);
		n_rows++;
	}
	return n && n == n_rows;
}

/* The bits that all rows have there, and the header has not. */
static uint64_t common_blanks(const struct way *w)
{
	const struct sample *s = w->sample;
	uint64_t all = UINT64_MAX, any = 0;
	size_t n = 0;

	for (size_t i = w->header + 1; i < s->n; i++) {
		if (!sample_is_data(&s->rows[i], &s->rows[w->header], false))
			continue;
		all &= s->rows[i].blanks;
		any |= s->rows[i].blanks;
		n++;
	}
	return n > 1 && all == any ? all & ~s->rows[w->header].blanks : 0;
}

bool list_is_shifted_whole(const struct way *w)
{
	uint64_t blanks;

	if (w->header == LIST_NO_HEADER || w->column == 0)
		return false;
	for (size_t c = 0; c < w->column; c++)
		if (holds_none(w, c))
			return true;
	blanks = common_blanks(w);
	/* One of them, before the serial. */
	return blanks && (blanks & (blanks - 1)) == 0 && w->column < 64 &&
	       blanks < UINT64_C(1) << w->column;
}

/* It has cells too many or too few. */
static bool is_uneven(const struct serial_list *l, const struct csv_record *r)
{
	return l->usual_cells && r->n_cells != l->usual_cells;
}

/* Its last 10 to 12 characters are a serial, and something stands before them. */
static bool ends_in_serial(struct str cell)
{
	for (size_t n = TEN; n <= TWELVE && n < cell.n; n++)
		if (serial_look(str_sub(cell, cell.n - n, n)) == LOOK_STRONG)
			return true;
	return false;
}

static bool is_joined(struct str cell, struct str own)
{
	static const struct map none;
	struct str found;

	return cell.n > TWELVE && !str_contains_nocase(cell, own) &&
	       (ends_in_serial(cell) || serial_is_hidden(cell, &none, &found));
}

/* A column before the serial's where a short row has another serial, joined to something else;
 * SIZE_MAX: there is none. */
static size_t joined_before(const struct serial_list *l, const struct csv_record *r)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	struct serial own;

	if (r->n_cells >= l->reading.columns.n || at >= r->n_cells ||
		serial_read(r->cells[at], &own))
		return SIZE_MAX;
	for (size_t c = 0; c < at; c++)
		if (is_joined(serial_trim(r->cells[c]), serial_view(&own)) &&
			(is_uneven(l, r) || serial_look(r->cells[c]) != LOOK_STRONG))
			return c;
	return SIZE_MAX;
}

/* A short row that ends in its serial, to which the cell that others have behind it is joined: as
 * long as theirs, or of any length where no row is whole. */
static bool is_joined_behind(const struct serial_list *l, const struct csv_record *r)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	struct serial own;

	if (r->n_cells >= l->reading.columns.n || at + 1 != r->n_cells ||
		serial_read(r->cells[at], &own) || own.n <= TEN ||
		(!l->none_whole && (!l->none_made_up || l->beside_bytes != (size_t)own.n - TEN)))
		return false;
	return own.n > TWELVE
		       ? l->none_whole
		       : !serial_begins_as_twelve(serial_view(&own)) &&
				 serial_look(str_head(serial_view(&own), TEN)) == LOOK_STRONG;
}

/* Where serials stand before the row's own, one of them may have moved into its place. */
static bool has_all_before(const struct serial_list *l, const struct csv_record *r, size_t at)
{
	for (size_t c = 0; c < at; c++)
		if (l->holds_serials[c] && serial_look(r->cells[c]) < LOOK_WEAK &&
			!list_says_nothing(serial_trim(r->cells[c])))
			return false;
	return true;
}

/* A text in which another serial than the row's is named, in a row that nothing else speaks
 * against. */
static bool is_note(const struct serial_list *l, const struct csv_record *r, size_t column)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];

	return column < l->n_sampled && l->notes[column] && column > at && !is_uneven(l, r) &&
	       serial_look(r->cells[at]) == LOOK_STRONG && has_all_before(l, r, at);
}

/* As most texts have not, and each strong serial has. */
static bool has_digit(struct str cell)
{
	for (size_t i = 0; i < cell.n; i++)
		if (cell.p[i] <= '9')
			return true;
	return false;
}

bool list_is_strong(struct str cell)
{
	return cell.n >= SERIAL_MIN && has_digit(cell) && serial_look(cell) == LOOK_STRONG;
}

/* Another serial than the row's, which may be dressed differently. */
static bool is_other_serial(struct str cell, struct str serial)
{
	struct serial a, b;

	if (!list_is_strong(cell))
		return false;
	return serial_read(cell, &a) || serial_read(serial, &b) ||
	       !str_eq(serial_view(&a), serial_view(&b));
}

/* Another serial in one of the few columns that are looked at; SIZE_MAX: in none. */
static size_t found_by_guards(const struct serial_list *l, const struct csv_record *r, size_t at)
{
	for (size_t i = 0; i < l->n_guards; i++) {
		size_t c = l->guards[i];

		if (c < r->n_cells && r->cells[c].n <= SERIAL_MAX &&
			is_other_serial(r->cells[c], r->cells[at]) && !is_note(l, r, c))
			return c;
	}
	return SIZE_MAX;
}

/* A word of it is another serial than the row's. */
static bool names_other_serial(struct str cell, struct str serial)
{
	struct str word;

	while (list_next_word(&cell, &word))
		if (is_other_serial(word, serial))
			return true;
	return false;
}

/* In any column that holds none; without a header also one of several words there. */
static size_t found_anywhere(const struct serial_list *l, const struct csv_record *r, size_t at)
{
	bool (*found)(struct str cell, struct str serial) = l->reading.columns.has_header
								    ? is_other_serial
								    : names_other_serial;

	for (size_t c = 0; c < r->n_cells; c++)
		if (c != at && (c >= l->n_sampled || !l->holds_serials[c]) &&
			found(r->cells[c], r->cells[at]) && !is_note(l, r, c))
			return c;
	return SIZE_MAX;
}

/* Two columns that hold the same serials, but for this row. */
static bool is_torn(const struct serial_list *l, const struct csv_record *r, size_t at)
{
	size_t twin = l->twin - 1;
	struct serial a, b;

	if (!l->twin || twin >= r->n_cells || list_says_nothing(serial_trim(r->cells[twin])))
		return false;
	return serial_read(r->cells[twin], &a) || serial_read(r->cells[at], &b) ||
	       !str_eq(serial_view(&a), serial_view(&b));
}

static bool any_holds_serials(const struct serial_list *l, size_t from, size_t to)
{
	for (size_t c = from; c < to && c < l->n_sampled; c++)
		if (l->holds_serials[c])
			return true;
	return false;
}

/* An uneven row, of which what is read as the serial may have moved there from another column. */
static bool may_be_of_another(const struct serial_list *l, const struct csv_record *r, size_t at)
{
	size_t n = l->reading.columns.n, lost = n > r->n_cells ? n - r->n_cells : 0;

	if (!is_uneven(l, r) || at >= r->n_cells)
		return false;
	if (serial_look(r->cells[at]) != LOOK_STRONG)
		return true;
	return lost ? at && any_holds_serials(l, at + 1, at + 1 + lost)
		    : any_holds_serials(l, 0, at);
}

/* A serial in a column that holds none: the cells of the row have shifted. SIZE_MAX: no. */
static size_t shifted_to(const struct serial_list *l, const struct csv_record *r)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	bool strict = list_is_strict(l), named = l->reading.columns.has_header;
	size_t joined;

	if (is_torn(l, r, at))
		return l->twin - 1;
	/* There it may be named in a note; whoever loads it looks at every word. */
	if (strict && !named)
		return SIZE_MAX;
	joined = joined_before(l, r);
	if (joined != SIZE_MAX)
		return joined;
	return strict || !named || may_be_of_another(l, r, at) ? found_anywhere(l, r, at)
							       : found_by_guards(l, r, at);
}

/* Somebody has said which column counts, and may know that its rows end early. */
static bool is_told(const struct serial_list *l)
{
	const struct column_options *o = &l->opt.columns;

	return o->serial_column || o->serial_header.n || o->n_overrides;
}

/* Whether it may have lost a cell, when it has so many: most rows have more, or not all have as
 * few. */
static bool is_short(const struct serial_list *l, size_t n_cells)
{
	bool usual = l->reading.columns.has_header && n_cells == l->usual_cells;

	return n_cells < l->full_cells && (!usual || (!is_told(l) && n_cells < l->most_cells));
}

/* What stands where another device's serial should is something else. */
static bool is_else(struct str cell)
{
	return serial_look(cell) == LOOK_OTHER && !list_says_nothing(serial_trim(cell));
}

/* A row without its last cells may have lost its serial with the delimiter behind it, and what is
 * read be that of another device; unless each column behind that holds serials has its own. */
static bool may_lack_own(const struct serial_list *l, const struct str *cells, size_t n_cells)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL], n = l->full_cells;
	bool within = false, without = false, other = false;

	for (size_t c = at + 1; n_cells < n && c < n && c < l->n_sampled; c++) {
		if (!l->others[c])
			continue;
		/* What is read may be the cell of that column. */
		within |= c <= at + n - n_cells;
		without |= c >= n_cells || serial_look(cells[c]) != LOOK_STRONG;
		other |= c < n_cells && is_else(cells[c]);
	}
	return within && without && (is_short(l, n_cells) || (other && !is_told(l)));
}

static size_t first_of_others(const struct serial_list *l)
{
	size_t c = (size_t)l->reading.columns.at[COLUMN_SERIAL] + 1;

	while (c + 1 < l->n_sampled && !l->others[c])
		c++;
	return c;
}

static void put_short_remedy(const struct serial_list *l, const struct way *w, struct buf *out)
{
	bool barcodes = l->opt.barcode_s == BARCODE_ASK && way_has_barcodes(w);
	size_t column = (size_t)l->reading.columns.at[COLUMN_SERIAL] + 1;

	if (l->opt.purpose == LIST_MAIN)
		buf_printf(out, "; if none has lost its own: --serial-column %zu%s", column,
			barcodes ? " --barcode-s strip" : "");
	else if (l->opt.purpose == LIST_PROTECTED)
		buf_printf(out,
			"; if none has lost its own: protect: {file: ..., serial_column: %zu}%s",
			column, barcodes ? " and input: {barcode_s: strip}" : "");
}

enum errc list_check_short(const struct serial_list *l, const struct way *w, struct err *err)
{
	const struct sample *s = w->sample;
	size_t n = 0, n_rows = 0, line = 0, other = first_of_others(l);
	struct buf remedy;

	for (size_t i = w->header + 1; w->header != LIST_NO_HEADER && i < s->n; i++) {
		const struct sample_row *row = &s->rows[i];

		if (!sample_is_data(row, &s->rows[w->header], w->width == 1))
			continue;
		n_rows++;
		if (w->column >= row->n_cells || row->looks[w->column] < LOOK_WEAK ||
			!may_lack_own(l, row->cells, row->n_cells))
			continue;
		line = n++ ? line : row->line;
	}
	/* A single row is at fault by itself. */
	if (n < 2 || n * 2 <= n_rows)
		return ERR_OK;
	buf_init(&remedy, REMEDY_BYTES);
	put_short_remedy(l, w, &remedy);
	(void)err_set(err, ERR_INPUT,
		"%s:%zu: most rows (%zu of %zu) are shorter than the header, and what is read of "
		"them may be their own serial or what column %zu '%.*s' holds: give the rows all "
		"their delimiters%s",
		l->name, line, n, n_rows, other + 1, STR_FMT(l->reading.columns.headers[other]),
		buf_cstr(&remedy));
	buf_release(&remedy);
	return ERR_INPUT;
}

/* Words that no sentence ends in. */
static bool is_dangling(struct str text)
{
	static const char words[][DANGLING_MOST + 1] = { "by", "with", "to", "for", "of", "from",
		"and", "mit", "durch", "gegen", "f\xc3\xbcr", "von", "und", "par", "avec", "pour",
		"de", "et", "por", "con", "para", "da", "per" };
	size_t n = 0;

	if (text.n && strchr(":>", text.p[text.n - 1]))
		return true;
	while (n < text.n && n <= DANGLING_MOST && text.p[text.n - 1 - n] != ' ')
		n++;
	if (n == text.n || n > DANGLING_MOST)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text.p[text.n - n] == words[i][0] && !words[i][n] &&
			memcmp(text.p + text.n - n, words[i], n) == 0)
			return true;
	return false;
}

bool list_dangles(struct str cell)
{
	char last = cell.n ? cell.p[cell.n - 1] : '0';

	return (last <= ' ' || last >= 'a' || last == ':' || last == '>') &&
	       is_dangling(serial_trim(cell));
}

void list_note_dangling(struct serial_list *l, const struct csv_record *r)
{
	/* The next line is a row of its own where serials are in another column than the first. */
	if (r->n_cells < 2 || r->n_cells != l->reading.columns.n ||
		l->reading.columns.at[COLUMN_SERIAL] > 0)
		return;
	if (list_dangles(r->cells[r->n_cells - 1]))
		l->dangling_line = r->line + r->n_lines;
}

static bool is_rest_of_note(const struct serial_list *l, const struct csv_record *r)
{
	return r->n_cells == 1 && l->dangling_line == r->line;
}

/* So, or its cells fit the columns beside theirs. */
bool list_is_shifted(const struct serial_list *l, const struct csv_record *r)
{
	if (r->n_cells == l->even_cells)
		return found_by_guards(l, r, (size_t)l->reading.columns.at[COLUMN_SERIAL]) !=
		       SIZE_MAX;
	return shifted_to(l, r) != SIZE_MAX || is_joined_behind(l, r) ||
	       may_lack_own(l, r->cells, r->n_cells) || is_rest_of_note(l, r) ||
	       (l->profile && profile_is_shifted(l->profile, r));
}

void list_describe_shift(
	const struct serial_list *l, const struct csv_record *r, struct str cell, struct buf *out)
{
	size_t at = shifted_to(l, r);

	if (at != SIZE_MAX)
		buf_printf(out, "column %zu holds %.*s", at + 1, STR_FMT(r->cells[at]));
	else if (is_joined_behind(l, r))
		buf_printf(out,
			"what belongs behind the serial seems to be joined to it: '%.*s'; if not, "
			"give the row all its delimiters",
			STR_FMT(cell));
	else if (may_lack_own(l, r->cells, r->n_cells))
		buf_printf(out,
			"%zu cell%s, %s %zu, and '%.*s' may be the serial of another "
			"column: give the row all its delimiters",
			r->n_cells, plural(r->n_cells),
			l->reading.columns.has_header ? "the header has" : "the other rows have",
			l->full_cells, STR_FMT(cell));
	else if (is_rest_of_note(l, r) || (l->profile && profile_is_rest(l->profile, r)))
		buf_z(out, "it seems to be the rest of the row before");
	else if (l->profile && profile_is_shifted(l->profile, r))
		buf_z(out, "its cells fit the columns beside theirs");
	else if (serial_is_part_number(serial_trim(cell)))
		buf_printf(out, "'%.*s' is a part number, no serial", STR_FMT(cell));
	else
		buf_printf(out, "'%.*s' is unlike the serials of the other rows", STR_FMT(cell));
}
