/* Lists without columns: one serial a line or many, notes behind them, comments between. */
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum { USUAL_MIN = 10, USUAL_MAX = 12, YEAR = 4 };

/* The next line, without its end. */
static struct str next_line(struct str *rest)
{
	size_t n = 0;
	struct str line;

	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	line = str_sub(*rest, 0, n);
	n += n < rest->n;
	*rest = str_sub(*rest, n, rest->n - n);
	return line;
}

bool list_is_nothing(struct str text)
{
	static const struct map none;
	struct str found;

	/* UTF-16 is for others to read. */
	if (text.n && memchr(text.p, '\0', text.n))
		return false;
	while (text.n) {
		struct str line = next_line(&text);

		if (serial_trim(line).n &&
			(!list_is_comment(line) || serial_is_hidden(line, &none, &found)))
			return false;
	}
	return true;
}

/* Pairs and triples in every line could be columns of different things. */
struct lines {
	size_t n, n_tokens, n_strong, n_barcodes, n_first, most;
	bool alike, spaced;
};

static bool count_line(struct lines *c, struct str line)
{
	struct str token, rest = line;
	size_t n = 0;

	while (list_next_token(&rest, &token)) {
		enum serial_look look = serial_look(token);
		struct serial serial;

		if (look < LOOK_WEAK)
			return false;
		c->n_barcodes += !serial_read(token, &serial) && serial_barcode(&serial) > 0;
		c->n_strong += look == LOOK_STRONG;
		n++;
	}
	if (n == 0)
		return true;
	if (c->n++ == 0)
		c->n_first = n;
	c->alike &= n == c->n_first;
	c->n_tokens += n;
	c->most = n > c->most ? n : c->most;
	for (size_t i = 0; i < line.n; i++)
		c->spaced &= line.p[i] != ',' && line.p[i] != ';' && line.p[i] != '|' &&
			     line.p[i] != '\t';
	return true;
}

bool list_is_several(struct str text, bool whole, bool *ret_barcodes)
{
	struct lines c = { .alike = true, .spaced = true };

	while (text.n && c.n < LIST_SAMPLE_ROWS) {
		size_t n_left = text.n;
		struct str line = next_line(&text);
		bool cut = line.n == n_left && !whole;

		if (!cut && !list_is_comment(line) && !list_is_drawn(line) &&
			!count_line(&c, list_without_note(line)))
			return false;
	}
	if (c.most < 2 || c.n_strong * 10 < c.n_tokens * 7)
		return false;
	*ret_barcodes = c.n_barcodes == c.n_tokens;
	return c.n == 1 || !c.alike || c.most > 3 || c.spaced;
}

static struct str letters_of(struct str cell)
{
	size_t n = 0;

	while (n < cell.n && cell.p[n] > '9')
		n++;
	return str_head(cell, n);
}

/* Letters of one case and digits, and no address, which ABC123456789 is not. */
static bool is_made_up(struct str cell)
{
	size_t n_upper = 0, n_lower = 0, n_changes = 0;

	if (cell.n < USUAL_MIN || serial_look(cell) < LOOK_WEAK || serial_is_part_number(cell) ||
		(cell.n > USUAL_MAX && !list_is_numbered(cell)))
		return false;
	for (size_t i = 0; i < cell.n; i++) {
		n_upper += cell.p[i] >= 'A' && cell.p[i] <= 'Z';
		n_lower += cell.p[i] >= 'a';
		n_changes += i && (cell.p[i] > '9') != (cell.p[i - 1] > '9');
	}
	if (serial_is_hex(cell) && (n_changes > 1 || cell.p[0] <= '9'))
		return false;
	return (n_upper == 0 || n_lower == 0) && n_upper + n_lower && n_upper + n_lower < cell.n;
}

/* A year ends a header: LAPTOPS2026. */
static bool may_be_titled(struct str first)
{
	size_t n = letters_of(first).n;

	return n == first.n || (first.p[n] != '0' && first.n - n <= YEAR);
}

bool list_is_made_up(const struct sample *samples, size_t n_samples)
{
	struct str first = STR_NONE, letters = STR_NONE;
	size_t n = 0, n_alike = 0;

	for (size_t i = 0; i < n_samples; i++)
		if (samples[i].widest != 1)
			return false;
	for (size_t i = 0; i < samples[0].n; i++) {
		const struct sample_row *row = &samples[0].rows[i];
		struct str cell;

		if (!sample_is_data(row, NULL, true))
			continue;
		cell = list_without_note(row->cells[0]);
		if (n++ == 0) {
			first = cell;
			letters = letters_of(cell);
		}
		if (!is_made_up(cell) || cell.n != first.n)
			return false;
		n_alike += str_eq_nocase(letters_of(cell), letters);
	}
	return n && (n_alike > 1 || !may_be_titled(first));
}

bool list_is_like_serial(struct str cell)
{
	size_t n_letters = 0, n_digits = 0;

	cell = serial_trim(cell);
	for (size_t i = 0; i < cell.n; i++) {
		char c = ascii_lower(cell.p[i]);

		n_digits += c >= '0' && c <= '9';
		n_letters += (c >= 'a' && c <= 'z') || c < 0;
		if (c == ' ')
			return false;
	}
	return n_letters >= 3 && n_digits >= 1 && n_letters + n_digits >= 6;
}
