#include "base/invisible.h"

static const struct {
	uint32_t from, to;
} ranges[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x00a0 },
	{ 0x00ad, 0x00ad },
	{ 0x034f, 0x034f },
	{ 0x061c, 0x061c },
	{ 0x115f, 0x1160 },
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff9, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

/* The character at the start and how many bytes it has; a byte that is no UTF-8 counts as itself.
 */
static size_t decode(struct str s, uint32_t *ret)
{
	static const unsigned char lead_mask[] = { 0x7f, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned char b = (unsigned char)s.p[0];
	size_t n = b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;

	if (n > s.n || !str_is_utf8(str_sub(s, 0, n))) {
		*ret = 0xfffd;
		return 1;
	}
	*ret = b & lead_mask[n];
	for (size_t i = 1; i < n; i++)
		*ret = *ret << 6 | ((unsigned char)s.p[i] & 0x3fu);
	return n;
}

static bool is_invisible(uint32_t code)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	return false;
}

/* The next one at or behind `from`, with its length. */
static size_t next(struct str s, size_t from, uint32_t *ret_code, size_t *ret_n)
{
	for (size_t n; from < s.n; from += n) {
		n = decode(str_sub(s, from, s.n - from), ret_code);
		*ret_n = n;
		if (is_invisible(*ret_code) || (*ret_code == ' ' && (from == 0 || from + n == s.n)))
			return from;
	}
	return s.n;
}

size_t invisible_find(struct str s, uint32_t *ret_code)
{
	size_t n;

	return next(s, 0, ret_code, &n);
}

void invisible_spell(struct buf *out, struct str s)
{
	size_t from = 0, at, n = 0;
	uint32_t code;

	while ((at = next(s, from, &code, &n)) < s.n) {
		buf_str(out, str_sub(s, from, at - from));
		buf_printf(out, "<U+%04X>", (unsigned)code);
		from = at + n;
	}
	buf_str(out, str_sub(s, from, s.n - from));
}
