#include "model/serial.h"

#include <assert.h>

/* Blanks that copying from web pages and mails leaves behind: NBSP, zero width space, non-joiner
 * and joiner, word joiner, BOM. */
static const char *const wide_blanks[] = {
	"\xc2\xa0",
	"\xe2\x80\x8b",
	"\xe2\x80\x8c",
	"\xe2\x80\x8d",
	"\xe2\x81\xa0",
	"\xef\xbb\xbf",
};

static bool has_wide_end(struct str s)
{
	return s.n && ((unsigned char)s.p[0] >= 0x80 || (unsigned char)s.p[s.n - 1] >= 0x80);
}

struct str serial_trim(struct str cell)
{
	size_t before = cell.n + 1;

	cell = str_trim(cell);
	while (cell.n != before && has_wide_end(cell)) {
		before = cell.n;
		for (size_t i = 0; i < sizeof(wide_blanks) / sizeof(*wide_blanks); i++) {
			struct str blank = str_from(wide_blanks[i]);

			if (str_starts_nocase(cell, blank))
				cell = str_sub(cell, blank.n, cell.n - blank.n);
			if (str_ends_nocase(cell, blank))
				cell.n -= blank.n;
		}
		cell = str_trim(cell);
	}
	return cell;
}

static size_t n_digits(struct str s, size_t from)
{
	size_t i = from;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i - from;
}

/* 1.23E+11, 1,23E+11, 1E+11, 123456789012.0: what a number format makes of a serial. ="..." is a
 * formula that was written to prevent that. */
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

/* Eight bytes in upper case; false unless all are letters and digits. */
static bool read_eight(const char *p, char *ret)
{
	uint64_t raw, upper;

	memcpy(&raw, p, sizeof(raw));
	upper = raw & ~((raw & EACH(0x40u)) >> 1);
	memcpy(ret, &upper, sizeof(upper));
	return (raw & EACH(0x80u)) == 0 &&
	       (between(upper, '0', '9') | between(upper, 'A', 'Z')) == EACH(0x80u);
}

static_assert(SERIAL_MIN >= 8, "a serial is read eight bytes at a time");

static bool read_bare(struct str cell, struct serial *ret)
{
	struct serial s = { .n = (unsigned char)cell.n };
	size_t last = cell.n - 8;
	bool good = cell.n >= SERIAL_MIN && cell.n <= SERIAL_MAX;

	for (size_t at = 0; good && at < last; at += 8)
		good = read_eight(cell.p + at, s.text + at);
	if (!good || !read_eight(cell.p + last, s.text + last))
		return false;
	*ret = s;
	return true;
}

enum reason serial_read(struct str cell, struct serial *ret)
{
	if (read_bare(cell, ret))
		return REASON_NONE;
	cell = serial_trim(cell);
	if (cell.n && cell.p[0] == '\'')
		cell = serial_trim(str_sub(cell, 1, cell.n - 1));
	if (cell.n == 0)
		return REASON_ROW_NO_SERIAL;
	if (read_bare(cell, ret))
		return REASON_NONE;
	return is_spreadsheet_damage(cell) ? REASON_ROW_EXCEL_SERIAL : REASON_ROW_BAD_SERIAL;
}

bool serial_strip_barcode(struct serial *s)
{
	if (s->text[0] != 'S' || (s->n != 13 && s->n != 11))
		return false;
	memmove(s->text, s->text + 1, s->n);
	s->n--;
	return true;
}
