#include "base/width.h"

#include <stdint.h>

/* The ranges that matter for names of people's servers and profiles (Unicode 15, EastAsianWidth W
 * and F, and the blocks of combining marks), in order. */
static const struct {
	uint32_t first, last;
	unsigned char width;
} ranges[] = {
	{ 0x0300, 0x036f, 0 },
	{ 0x0591, 0x05bd, 0 },
	{ 0x064b, 0x065f, 0 },
	{ 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 },
	{ 0x200b, 0x200f, 0 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x231a, 0x231b, 2 },
	{ 0x23e9, 0x23ec, 2 },
	{ 0x2614, 0x2615, 2 },
	{ 0x2648, 0x2653, 2 },
	{ 0x26a1, 0x26a1, 2 },
	{ 0x26bd, 0x26be, 2 },
	{ 0x26d4, 0x26d4, 2 },
	{ 0x2705, 0x2705, 2 },
	{ 0x270a, 0x270b, 2 },
	{ 0x2728, 0x2728, 2 },
	{ 0x274c, 0x274e, 2 },
	{ 0x2753, 0x2757, 2 },
	{ 0x2795, 0x2797, 2 },
	{ 0x2b1b, 0x2b1c, 2 },
	{ 0x2b50, 0x2b55, 2 },
	{ 0x2e80, 0x303e, 2 },
	{ 0x3041, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 },
	{ 0x1f680, 0x1f6c5, 2 },
	{ 0x1f6d0, 0x1f6df, 2 },
	{ 0x1f6eb, 0x1f6ef, 2 },
	{ 0x1f6f4, 0x1f6ff, 2 },
	{ 0x1f7e0, 0x1f7eb, 2 },
	{ 0x1f900, 0x1f9ff, 2 },
	{ 0x1fa70, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

static size_t char_width(uint32_t c)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

size_t text_width(struct str s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.n;) {
		unsigned char first = (unsigned char)s.p[i++];
		uint32_t c = first < 0xc0 ? first
					  : first & (0x3fu >> (first >= 0xe0) >> (first >= 0xf0));

		while (i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
			c = c << 6 | ((unsigned char)s.p[i++] & 0x3f);
		width += char_width(c);
	}
	return width;
}
