/* Records that are no rows of the list: such as swallow rows, or begin another table. */
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum { LONGEST = 12, RARE_GAPS = 4 };

/* A piece of a line that may be a device. */
static bool may_be_device(struct str cell)
{
	cell = serial_trim(cell);
	return serial_is_about(cell) || (serial_look(cell) == LOOK_WEAK && !serial_is_word(cell));
}

/* As many cells as the list has, and one of them may be a device; or it holds a serial. */
static bool is_like_row(const struct serial_list *l, struct str line)
{
	size_t n_cells = 0;
	bool device = false;

	if (serial_is_about(line))
		return true;
	while (line.n) {
		device |= may_be_device(str_cut(&line, l->reading.delimiter));
		n_cells++;
	}
	return device && n_cells > 1 && n_cells >= l->reading.columns.n;
}

/* The next line of a cell; empty at its end or for an empty line. */
static struct str next_line(struct str *rest)
{
	struct str line = { rest->p, 0 };

	while (line.n < rest->n && rest->p[line.n] != '\n' && rest->p[line.n] != '\r')
		line.n++;
	*rest = str_sub(*rest, line.n, rest->n - line.n);
	if (rest->n)
		*rest = str_sub(*rest, 1, rest->n - 1);
	return line;
}

/* own: its first line is the row's own cell. */
static bool holds_rows(const struct serial_list *l, struct str cell, bool own)
{
	struct str first = next_line(&cell);

	if (cell.n == 0)
		return false;
	if (!own && is_like_row(l, first))
		return true;
	while (cell.n)
		if (is_like_row(l, next_line(&cell)))
			return true;
	return false;
}

bool list_swallows_rows(const struct serial_list *l, const struct csv_record *r)
{
	for (size_t i = 0; i < r->n_cells; i++)
		if (r->cells[i].n && holds_rows(l, r->cells[i],
					     i == (size_t)l->reading.columns.at[COLUMN_SERIAL]))
			return true;
	return false;
}

/* Letters, blanks and signs; digits at most at its end. */
static bool is_words(struct str cell)
{
	for (size_t k = 0; k + 1 < cell.n; k++)
		if (cell.p[k] >= '0' && cell.p[k] <= '9')
			return false;
	return serial_look(cell) != LOOK_STRONG;
}

/* It stands in our header or names a column that is known. */
static bool names_column(const struct serial_list *l, struct str cell)
{
	const struct columns *c = &l->reading.columns;

	if (header_sense(cell) != SENSE_UNKNOWN)
		return true;
	for (size_t k = 0; k < c->n; k++)
		if (str_eq_nocase(c->headers[k], cell))
			return true;
	return false;
}

/* How many cells, but for that one, name columns. *ret_n: of so many that are not empty. */
static size_t n_names(
	const struct serial_list *l, const struct csv_record *r, size_t but, size_t *ret_n)
{
	size_t n = 0;

	*ret_n = 0;
	for (size_t i = 0; i < r->n_cells; i++) {
		if (i == but || r->cells[i].n == 0)
			continue;
		n += names_column(l, r->cells[i]);
		++*ret_n;
	}
	return n;
}

static bool ends_in_colon(struct str text)
{
	static const char wide[] = "\xef\xbc\x9a";

	return (text.n && text.p[text.n - 1] == ':') ||
	       (text.n >= 3 && memcmp(text.p + text.n - 3, wide, 3) == 0);
}

/* The one cell that is not empty, if it is the first or the serial's; empty: there are more. */
static struct str only_cell(const struct csv_record *r, size_t at)
{
	size_t i = at < r->n_cells && r->cells[0].n == 0 ? at : 0;

	if (r->n_cells == 0)
		return STR_NONE;
	for (size_t k = 0; k < r->n_cells; k++)
		if (k != i && r->cells[k].n)
			return STR_NONE;
	return serial_trim(r->cells[i]);
}

/* Blank lines stand before few rows alone, so that they mean something. */
static bool is_rare_gap(const struct serial_list *l)
{
	return l->n_gaps * RARE_GAPS <= l->n_rows + RARE_GAPS;
}

/* "Do not touch:", and no serial beside it; in a list of one column whatever ends so, and behind a
 * blank line all words. */
static bool is_heading_row(
	const struct serial_list *l, const struct csv_record *r, size_t at, bool gap)
{
	struct str text = only_cell(r, at);
	bool bare = !l->reading.columns.has_header || l->reading.width == 1;

	if (text.n == 0 || serial_is_about(text))
		return false;
	return header_sets_apart(text) || (bare && ends_in_colon(text)) ||
	       (gap && is_rare_gap(l) && is_words(text) && !list_says_nothing(text));
}

bool list_begins_table(const struct serial_list *l, const struct csv_record *r, bool gap)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL], n_full = 0, n_other, n;
	enum header_sense sense;

	if (is_heading_row(l, r, at, gap))
		return true;
	for (size_t i = 0; i < r->n_cells; i++) {
		if (!is_words(r->cells[i]))
			return false;
		n_full += r->cells[i].n > 0;
	}
	if (at >= r->n_cells || r->cells[at].n == 0)
		return false;
	sense = header_sense(r->cells[at]);
	if (n_full == 1)
		return sense == SENSE_QUALIFIED || (gap && sense > SENSE_UNKNOWN);
	if (gap)
		return n_names(l, r, SIZE_MAX, &n_other) > 0;
	/* "no serial" may stand where one is missing, but not beside the names of all other
	 * columns. */
	n = n_names(l, r, at, &n_other);
	return n && (sense > SENSE_UNKNOWN ||
			    (n == n_other && !list_says_nothing(serial_trim(r->cells[at]))));
}

bool list_is_joined(const struct serial_list *l, const struct csv_record *r, size_t n)
{
	size_t at = (size_t)l->reading.columns.at[COLUMN_SERIAL];
	const size_t beside[2] = { at - 1, at + 1 }; /* at 0: the first is beyond any row */

	/* A list that protects keeps it, and protects what is in it. */
	if (n <= LONGEST || !l->none_long || l->opt.typed || l->opt.purpose == LIST_PROTECTED)
		return false;
	if (r->n_cells < l->reading.columns.n)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (l->beside_full[i] &&
			(beside[i] >= r->n_cells || serial_trim(r->cells[beside[i]]).n == 0))
			return true;
	return false;
}

enum { HEADING_WORDS = 4 };

/* "# keep:", "# do not touch"; a sentence is a note. */
static bool is_heading(struct str text, bool *ret_apart)
{
	bool colon = ends_in_colon(text);
	struct str rest = text, word;
	size_t n_words = 0;

	while (list_next_word(&rest, &word))
		n_words++;
	*ret_apart = header_sets_apart(text) &&
		     (colon || (n_words <= HEADING_WORDS && is_words(text)));
	return colon || *ret_apart;
}

void list_note_heading(struct serial_list *l, struct str raw, size_t line)
{
	struct str text = serial_trim(raw);
	bool apart;

	while (text.n && text.p[0] == '#')
		text = serial_trim(str_sub(text, 1, text.n - 1));
	/* What protects all of its devices may say why. */
	if (l->opt.purpose == LIST_PROTECTED || l->table_line || !is_heading(text, &apart))
		return;
	if (l->apart_above || (apart && l->n_rows))
		l->table_line = line;
	l->apart_above |= apart;
}
