/* What a line is made of: tokens, words, a comment, a note behind a serial. */
#include "base/text.h"
#include "lists/serial_hidden.h"
#include "lists/serial_list_parts.h"

enum { RULE_LEAST = 3 };

static bool is_between(char c)
{
	return c == ',' || c == ';' || c == '|' || c == '\t' || c == ' ' || c == '"';
}

bool list_next_token(struct str *rest, struct str *ret)
{
	size_t n = 0;

	while (rest->n && is_between(rest->p[0]))
		*rest = str_sub(*rest, 1, rest->n - 1);
	while (n < rest->n && !is_between(rest->p[n]))
		n++;
	*ret = serial_trim(str_sub(*rest, 0, n));
	*rest = str_sub(*rest, n, rest->n - n);
	return n > 0;
}

static bool is_word_char(char c)
{
	char lower = ascii_lower(c);

	return c < 0 || (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

bool list_next_word(struct str *rest, struct str *ret)
{
	size_t n = 0;

	while (rest->n && !is_word_char(rest->p[0]))
		*rest = str_sub(*rest, 1, rest->n - 1);
	while (n < rest->n && is_word_char(rest->p[n]))
		n++;
	*ret = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n - n);
	return n > 0;
}

bool list_is_comment(struct str raw)
{
	/* What a spreadsheet writes where a formula failed: a row that lost its serial. */
	static const char *const errors[] = { "#N/A", "#NV", "#NAME?", "#REF!", "#VALUE!",
		"#DIV/0!", "#NUM!", "#NULL!", "#BEZUG!", "#WERT!", "#ZAHL!", "#SPILL!", "#CALC!" };

	struct str rest, word;

	raw = serial_trim(raw);
	if (raw.n == 0 || raw.p[0] != '#')
		return false;
	/* A device with a sign before it, which is not passed over in silence. */
	rest = str_sub(raw, 1, raw.n - 1);
	if (rest.n && !is_between(rest.p[0]) && list_next_token(&rest, &word) &&
		(serial_look(word) == LOOK_STRONG || serial_is_unsaid(word) ||
			serial_is_damaged(word)))
		return false;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (str_starts_nocase(raw, str_from(errors[i])))
			return false;
	return true;
}

/* Lines are drawn with these, in text and around tables; others may stand for a serial that is
 * hidden, left out or yet to be written: **********, ..., ##########. */
static bool is_drawn(uint32_t c)
{
	return (c < 0x80 && c && strchr("-=~+|: ", (char)c)) || (c >= 0x2010 && c <= 0x2015) ||
	       (c >= 0x2500 && c <= 0x257f);
}

bool list_is_drawn(struct str cell)
{
	size_t n = 0, step;
	uint32_t c;

	for (struct str rest = serial_trim(cell); rest.n;
		rest = str_sub(rest, step, rest.n - step)) {
		step = text_char(rest, &c);
		if (!is_drawn(c))
			return false;
		n++;
	}
	return n == 0 || n >= RULE_LEAST;
}

bool list_is_blank(const struct csv_record *r)
{
	for (size_t i = 0; i < r->n_cells; i++)
		if (!list_is_drawn(r->cells[i]))
			return false;
	return !r->bad;
}

struct str list_without_note(struct str cell)
{
	for (size_t i = 1; i < cell.n; i++)
		if (cell.p[i] == '#' && (cell.p[i - 1] == ' ' || cell.p[i - 1] == '\t')) {
			cell.n = i;
			return serial_trim(cell);
		}
	return cell;
}
