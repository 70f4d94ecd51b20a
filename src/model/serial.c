#include "model/serial.h"
#include "base/bytes.h"
#include "base/plural.h"
#include "base/text.h"

#include <assert.h>

static bool is_unseen(uint32_t c)
{
	return text_kind(c) != TEXT_SEEN;
}

static uint32_t character(struct str s, size_t *ret_n)
{
	uint32_t c;

	*ret_n = text_char(s, &c);
	return c;
}

/* Of a keyboard, and no blank: nearly every cell begins and ends so. */
static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f;
}

struct str serial_trim(struct str cell)
{
	size_t n;

	if (cell.n && is_plain(cell.p[0]) && is_plain(cell.p[cell.n - 1]))
		return cell;
	cell = str_trim(cell);
	while (cell.n && is_unseen(character(cell, &n)))
		cell = str_sub(cell, n, cell.n - n);
	for (;;) {
		size_t last = cell.n;

		/* Back to the first byte of the last character. */
		while (last && last + 4 > cell.n &&
			((unsigned char)cell.p[last - 1] & 0xc0) == 0x80)
			last--;
		if (!last || !is_unseen(character(str_sub(cell, last - 1, cell.n - last + 1), &n)))
			return cell;
		cell.n = last - 1;
	}
}

static size_t n_digits(struct str s, size_t from)
{
	size_t i = from;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

/* 1.23E+11, 1,23E+11, 1E+11, 123456789012.0: what a number format makes of a serial; or
 * a formula. */
static bool is_spreadsheet_damage(struct str s)
{
	size_t at = n_digits(s, 0), n;
	bool point;

	if (s.p[0] == '=')
		return true;
	if (at == 0)
		return false;
	point = at < s.n && (s.p[at] == '.' || s.p[at] == ',');
	if (point) {
		n = n_digits(s, at + 1);
		at += n + 1;
		if (n == 0)
			return false;
	}
	if (at == s.n)
		return point;
	if (ascii_upper(s.p[at]) != 'E' || at + 1 == s.n)
		return false;
	if (s.p[at + 1] != '+' && s.p[at + 1] != '-')
		return false;
	n = n_digits(s, at + 2);
	return n > 0 && at + 2 + n == s.n;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte, if it lies in that range; all bytes are below 0x80. */
static uint64_t between(uint64_t bytes, unsigned char low, unsigned char high)
{
	return (bytes + EACH(0x80u - low)) & ~(bytes + EACH(0x7fu - high)) & EACH(0x80u);
}

/* Eight bytes in upper case; *good loses its high bits unless all are letters and digits. */
static inline uint64_t read_eight(const char *p, uint64_t *good)
{
	uint64_t raw = bytes_read8(p), upper = raw & ~((raw & EACH(0x40u)) >> 1);

	*good &= (between(upper, '0', '9') | between(upper, 'A', 'Z')) & ~raw;
	return upper;
}

static_assert(SERIAL_MIN >= 8 && SERIAL_MAX < 24, "a serial is read eight bytes at a time");

static inline bool read_bare(struct str cell, struct serial *ret)
{
	uint64_t good = EACH(0x80u), head, middle = 0, tail;
	const size_t last = cell.n - 8;

	if (cell.n < SERIAL_MIN || cell.n > SERIAL_MAX)
		return false;
	head = read_eight(cell.p, &good);
	tail = read_eight(cell.p + last, &good);
	if (last > 8)
		middle = read_eight(cell.p + 8, &good);
	if (good != EACH(0x80u))
		return false;
	*ret = (struct serial){ .n = (unsigned char)cell.n };
	bytes_write8(ret->text, head);
	bytes_write8(ret->text + 8, middle);
	bytes_write8(ret->text + last, tail);
	return true;
}

/* Quotes of word processors, in pairs. */
static struct str without_quotes(struct str s)
{
	static const char *const pairs[][2] = { { "\xe2\x80\x9c", "\xe2\x80\x9d" },
		{ "\xe2\x80\x9e", "\xe2\x80\x9c" }, { "\xe2\x80\x98", "\xe2\x80\x99" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct str open = str_from(pairs[i][0]), close = str_from(pairs[i][1]);

		if (s.n > open.n + close.n && str_eq(str_head(s, open.n), open) &&
			str_eq(str_sub(s, s.n - close.n, close.n), close))
			return serial_trim(str_sub(s, open.n, s.n - open.n - close.n));
	}
	return s;
}

/* ="..." and '...: how a spreadsheet is made to keep a text. Or quotes. */
static struct str without_formula(struct str s)
{
	s = serial_trim(s);
	if (s.n && s.p[0] == '\'') {
		bool quoted = s.n > 2 && s.p[s.n - 1] == '\'';

		s = serial_trim(str_sub(s, 1, s.n - 1 - quoted));
	}
	if (s.n && s.p[0] < 0)
		s = without_quotes(s);
	if (s.n > 3 && s.p[0] == '=' && s.p[1] == '"' && s.p[s.n - 1] == '"')
		s = serial_trim(str_sub(s, 2, s.n - 3));
	return s;
}

static bool read_undressed(struct str *cell, struct serial *ret)
{
	size_t n = cell->n;

	if (read_bare(*cell, ret))
		return true;
	*cell = without_formula(*cell);
	return cell->n < n && read_bare(*cell, ret);
}

enum reason serial_read(struct str cell, struct serial *ret)
{
	if (read_undressed(&cell, ret))
		return REASON_NONE;
	if (cell.n == 0)
		return REASON_ROW_NO_SERIAL;
	return is_spreadsheet_damage(cell) ? REASON_ROW_EXCEL_SERIAL : REASON_ROW_BAD_SERIAL;
}

/* --- what is wrong with a cell --- */

enum { SHOWN_CHARACTERS = 40 };

/* The Latin letter that a character of another script or width looks like; 0: none. */
static char look_alike(uint32_t c)
{
	static const struct {
		uint32_t c;
		char latin;
	} known[] = { { 0x410, 'A' }, { 0x412, 'B' }, { 0x415, 'E' }, { 0x417, '3' },
		{ 0x41a, 'K' }, { 0x41c, 'M' }, { 0x41d, 'H' }, { 0x41e, 'O' }, { 0x420, 'P' },
		{ 0x421, 'C' }, { 0x422, 'T' }, { 0x423, 'Y' }, { 0x425, 'X' }, { 0x405, 'S' },
		{ 0x406, 'I' }, { 0x408, 'J' }, { 0x391, 'A' }, { 0x392, 'B' }, { 0x395, 'E' },
		{ 0x396, 'Z' }, { 0x397, 'H' }, { 0x399, 'I' }, { 0x39a, 'K' }, { 0x39c, 'M' },
		{ 0x39d, 'N' }, { 0x39f, 'O' }, { 0x3a1, 'P' }, { 0x3a4, 'T' }, { 0x3a5, 'Y' },
		{ 0x3a7, 'X' } };

	if (c >= 0xff01 && c <= 0xff5e)
		return (char)(c - 0xff01 + '!');
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].c == c)
			return known[i].latin;
	return 0;
}

static bool is_fitting(uint32_t c)
{
	return c < 0x80 && ((c >= '0' && c <= '9') ||
				   (ascii_upper((char)c) >= 'A' && ascii_upper((char)c) <= 'Z'));
}

static void put_shown(struct buf *out, uint32_t c, struct str bytes)
{
	if (c != ' ' && is_unseen(c))
		buf_printf(out, "<U+%04X>", c);
	else
		buf_str(out, bytes);
}

void serial_describe(struct str cell, struct buf *out)
{
	struct str s = without_formula(cell), odd_bytes = STR_NONE;
	size_t n_chars = 0, odd_at = 0, step;
	uint32_t odd = 0;

	buf_char(out, '\'');
	for (struct str rest = s; rest.n; rest = str_sub(rest, step, rest.n - step)) {
		uint32_t c = character(rest, &step);

		if (++n_chars <= SHOWN_CHARACTERS)
			put_shown(out, c, str_sub(rest, 0, step));
		if (!odd_at && !is_fitting(c)) {
			odd = c;
			odd_at = n_chars;
			odd_bytes = str_sub(rest, 0, step);
		}
	}
	buf_printf(out, "%s' has %zu character%s", n_chars > SHOWN_CHARACTERS ? "..." : "", n_chars,
		plural(n_chars));
	if (!odd_at)
		return;
	buf_printf(out, "; character %zu is ", odd_at);
	if (odd == ' ')
		buf_z(out, "a space");
	else if (odd < 0x7f && odd > ' ')
		buf_printf(out, "'%c'", (char)odd);
	else if (is_unseen(odd))
		buf_printf(out, "U+%04X, which is invisible", odd);
	else
		buf_printf(out, "'%.*s' (U+%04X)", STR_FMT(odd_bytes), odd);
	if (look_alike(odd))
		buf_printf(out, ", which only looks like %c", look_alike(odd));
}

/* --- what looks like a serial --- */

enum { HEX_DIGITS = 12, PART_STOCK = 8, PART_ORDER = 10, SAME_MOST = 5 };

/* What tells serials from words, names with a number behind them, and addresses in hex. */
struct traits {
	unsigned n_upper, n_lower, n_digits, n_changes, n_last_run, n_first_run;
	bool beyond_hex, vowel;
};

static bool is_vowel(char upper)
{
	const unsigned letters = 1 << ('A' - 'A') | 1 << ('E' - 'A') | 1 << ('I' - 'A') |
				 1 << ('O' - 'A') | 1 << ('U' - 'A');

	return upper >= 'A' && upper <= 'Z' && (letters >> (upper - 'A') & 1);
}

static struct traits traits_of(struct str s)
{
	struct traits t = { 0 };
	bool was_digit = false;

	for (size_t i = 0; i < s.n; i++) {
		char upper = ascii_upper(s.p[i]);
		bool digit = s.p[i] <= '9';

		t.n_digits += digit;
		t.n_upper += !digit && upper == s.p[i];
		t.n_lower += upper != s.p[i];
		t.beyond_hex |= upper > 'F';
		t.vowel |= !digit && is_vowel(upper);
		if (i && digit != was_digit) {
			t.n_changes++;
			t.n_last_run = 0;
		}
		t.n_last_run++;
		t.n_first_run += t.n_changes == 0;
		was_digit = digit;
	}
	return t;
}

/* 0x1A2B3C4D5E: an ECID. */
static bool is_hex_number(struct str s)
{
	return s.p[0] == '0' && ascii_upper(s.p[1]) == 'X' &&
	       !traits_of(str_sub(s, 2, s.n - 2)).beyond_hex;
}

static bool is_zero(char c)
{
	return c == '0';
}

bool serial_is_part_number(struct str s)
{
	static const char kinds[] = "FMNP";

	if (s.n == PART_STOCK)
		return strchr(kinds, ascii_upper(s.p[0])) && s.p[1] > '9' &&
		       ascii_upper(s.p[5]) == 'L' && ascii_upper(s.p[6]) == 'L' &&
		       ascii_upper(s.p[7]) == 'A';
	return (s.n == PART_ORDER || s.n + 1 == PART_ORDER) && ascii_upper(s.p[0]) == 'Z' &&
	       is_zero(s.p[4]) && is_zero(s.p[5]) && is_zero(s.p[6]);
}

/* Capitals and digits in three runs and more, not in hex: as nearly all serials are. */
static bool is_plainly_strong(struct str s)
{
	unsigned n_changes = 0;
	bool beyond_hex = false, lower = false;

	for (size_t i = 0; i < s.n; i++) {
		n_changes += i && (s.p[i] <= '9') != (s.p[i - 1] <= '9');
		beyond_hex |= s.p[i] > 'F';
		lower |= s.p[i] >= 'a';
	}
	return n_changes >= 2 && beyond_hex && !lower && s.p[0] != '0' && !serial_is_part_number(s);
}

enum serial_look serial_look(struct str cell)
{
	struct str s = cell;
	struct serial serial;
	struct traits t;
	unsigned digit_run;

	if (!read_undressed(&s, &serial))
		return s.n ? LOOK_OTHER : LOOK_EMPTY;
	if (is_plainly_strong(s))
		return LOOK_STRONG;
	t = traits_of(s);
	if ((t.n_upper && t.n_lower) || !t.beyond_hex || is_hex_number(s) ||
		serial_is_part_number(s))
		return LOOK_WEAK;
	if (t.n_changes >= 2)
		return LOOK_STRONG;
	/* One run of letters and one of digits: a name with a number, unless it cannot be said. */
	digit_run = s.p[0] <= '9' ? t.n_first_run : t.n_last_run;
	return t.n_changes == 1 && digit_run <= 3 && !t.vowel ? LOOK_STRONG : LOOK_WEAK;
}

bool serial_is_implausible(struct str cell)
{
	struct traits t = traits_of(cell);
	bool usual = cell.n >= 10 && cell.n <= 12;

	if (cell.n == 0 || t.n_changes > 1 || cell.p[cell.n - 1] > '9')
		return false;
	return t.n_digits == cell.n || t.n_last_run >= 8 || !usual;
}

bool serial_is_hex(struct str cell)
{
	size_t n = 0, run = 0;

	/* AAAAAAAAAA03 is made up. */
	for (; n < cell.n && (cell.p[n] <= '9' || ascii_lower(cell.p[n]) <= 'f'); n++) {
		run = n && cell.p[n] == cell.p[n - 1] && cell.p[n] > '9' ? run + 1 : 0;
		if (run == SAME_MOST)
			return false;
	}
	return n == cell.n && n == HEX_DIGITS;
}

bool serial_is_unsaid(struct str cell)
{
	struct traits t;

	if (serial_look(cell) != LOOK_WEAK || cell.n < 10 || cell.n > 12 ||
		serial_is_part_number(cell))
		return false;
	t = traits_of(cell);
	return !t.vowel && !t.n_lower && t.n_upper >= 3;
}

static bool has_i_or_o(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr("IO", ascii_upper(s.p[i])))
			return true;
	return false;
}

/* Of its letters a quarter are vowels, and no more than four others follow each other. */
static bool can_be_said(struct str s)
{
	size_t n_letters = 0, n_vowels = 0, run = 0, longest = 0;

	for (size_t i = 0; i < s.n && s.p[i] > '9'; i++) {
		bool vowel = is_vowel(ascii_upper(s.p[i]));

		n_letters++;
		n_vowels += vowel;
		run = vowel ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return n_vowels * 4 >= n_letters && longest <= 4;
}

bool serial_is_word(struct str cell)
{
	struct traits t;

	if (serial_look(cell) != LOOK_WEAK || cell.p[0] <= '9')
		return false;
	t = traits_of(cell);
	if (t.n_changes > 1 || !t.vowel)
		return false;
	return has_i_or_o(cell) || (t.n_digits == 0 && (cell.n < 10 || cell.n > 12)) ||
	       can_be_said(cell);
}

bool serial_strip_barcode(struct serial *s)
{
	size_t n = serial_barcode(s);

	memmove(s->text, s->text + n, s->n - n + 1);
	s->n = (unsigned char)(s->n - n);
	return n > 0;
}

/* The high bit of each byte that is neither I nor O; all bytes are below 0x80. */
static uint64_t neither(const char *p)
{
	uint64_t bytes = bytes_read8(p);

	return ((bytes ^ EACH('I')) + EACH(0x7fu)) & ((bytes ^ EACH('O')) + EACH(0x7fu)) &
	       EACH(0x80u);
}

bool serial_is_unusual(const struct serial *s)
{
	return s->n < 10 || s->n > 12 ||
	       (neither(s->text) & neither(s->text + s->n - 8)) != EACH(0x80u) || serial_barcode(s);
}
