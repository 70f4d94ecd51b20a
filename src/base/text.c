#include "base/text.h"

#include <string.h>

/* In order. What Unicode calls Default_Ignorable_Code_Point, format characters, controls, and
 * letters that are drawn as nothing. */
static const struct {
	uint32_t first, last;
	enum text_kind kind;
} ranges[] = {
	{ 0x0000, 0x001f, TEXT_HIDDEN },
	{ 0x0020, 0x0020, TEXT_BLANK },
	{ 0x007f, 0x009f, TEXT_HIDDEN },
	{ 0x00a0, 0x00a0, TEXT_BLANK },
	{ 0x00ad, 0x00ad, TEXT_HIDDEN },
	{ 0x034f, 0x034f, TEXT_HIDDEN },
	{ 0x061c, 0x061c, TEXT_HIDDEN },
	{ 0x115f, 0x1160, TEXT_HIDDEN },
	{ 0x1680, 0x1680, TEXT_BLANK },
	{ 0x17b4, 0x17b5, TEXT_HIDDEN },
	{ 0x180b, 0x180f, TEXT_HIDDEN },
	{ 0x2000, 0x200a, TEXT_BLANK },
	{ 0x200b, 0x200f, TEXT_HIDDEN },
	{ 0x2028, 0x202e, TEXT_HIDDEN },
	{ 0x202f, 0x202f, TEXT_BLANK },
	{ 0x205f, 0x205f, TEXT_BLANK },
	{ 0x2060, 0x206f, TEXT_HIDDEN },
	{ 0x2800, 0x2800, TEXT_BLANK },
	{ 0x3000, 0x3000, TEXT_BLANK },
	{ 0x3164, 0x3164, TEXT_HIDDEN },
	{ 0xfe00, 0xfe0f, TEXT_HIDDEN },
	{ 0xfeff, 0xfeff, TEXT_HIDDEN },
	{ 0xffa0, 0xffa0, TEXT_HIDDEN },
	{ 0xfff0, 0xfffc, TEXT_HIDDEN },
	{ 0x1bca0, 0x1bca3, TEXT_HIDDEN },
	{ 0x1d173, 0x1d17a, TEXT_HIDDEN },
	{ 0xe0000, 0xe0fff, TEXT_HIDDEN },
};

enum text_kind text_kind(uint32_t code)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges) && code >= ranges[i].first; i++)
		if (code <= ranges[i].last)
			return ranges[i].kind;
	return TEXT_SEEN;
}

size_t text_char(struct str s, uint32_t *ret_code)
{
	static const unsigned char lead_mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*ret_code = first;
	if (n == 1 || n > s.n || !str_is_utf8(str_sub(s, 0, n)))
		return 1;
	*ret_code = first & lead_mask[n];
	for (size_t i = 1; i < n; i++)
		*ret_code = *ret_code << 6 | ((unsigned char)s.p[i] & 0x3fu);
	return n;
}

size_t text_step(struct str s, bool *ret_hidden)
{
	unsigned char first = (unsigned char)s.p[0];
	uint32_t code;
	size_t n;

	/* Most of what is shown. */
	*ret_hidden = false;
	if (first >= ' ' && first < 0x7f)
		return 1;
	n = text_char(s, &code);
	*ret_hidden = text_kind(code) == TEXT_HIDDEN;
	return n;
}

enum { JOINER = 0x200d, IN_COLOUR = 0xfe0f };

static bool is_picture(uint32_t code)
{
	return (code >= 0x2190 && code <= 0x2bff) || (code >= 0x1f000 && code <= 0x1faff) ||
	       code == IN_COLOUR;
}

/* What makes one picture of two, or asks for its colours, hides nothing. */
static bool belongs_to_picture(uint32_t code, uint32_t before, struct str after)
{
	uint32_t next = 0;

	if (!is_picture(before) || (code != JOINER && code != IN_COLOUR))
		return false;
	if (after.n)
		(void)text_char(after, &next);
	return code == IN_COLOUR || is_picture(next);
}

static void clean(char *p, size_t n, bool lines)
{
	uint32_t before = 0, code;

	for (size_t i = 0, step; i < n; i += step, before = code) {
		bool hidden;

		step = text_step((struct str){ p + i, n - i }, &hidden);
		(void)text_char((struct str){ p + i, step }, &code);
		/* A byte of its own is no UTF-8: nobody sees what it stands for, and who reads the
		 * line as text, such as the journal, would not read it at all. */
		hidden = hidden || (step == 1 && (unsigned char)p[i] >= 0x80);
		if (hidden && !(lines && (p[i] == '\n' || p[i] == '\t')) &&
			!belongs_to_picture(
				code, before, (struct str){ p + i + step, n - i - step }))
			memset(p + i, '?', step);
	}
}

void text_clean(char *p, size_t n)
{
	clean(p, n, false);
}

void text_clean_lines(char *p, size_t n)
{
	clean(p, n, true);
}
