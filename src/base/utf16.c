#include "base/utf16.h"

#include <stdint.h>
#include <string.h>

enum { GUESSED_BYTES = 1024 };
enum {
	UNITS = 32,
	UNITS_BYTES = 2 * UNITS,
	MOST_BYTES = 3,
	SURROGATES = 0xd800,
	SURROGATES_END = 0xe000
};

/* Of n bytes of text, each second one is the 0 beside a Latin letter, in a quarter of it at least,
 * but those of an ideographic space on the other side; and so it is beside line ends and
 * delimiters, or there are none and every letter is Latin: a serial alone. */
static bool is_wide(size_t n, size_t zeros, size_t zeros_other, size_t beside, size_t bare)
{
	return n && zeros * 8 >= n && zeros_other * 8 <= zeros && (beside > bare || zeros * 2 == n);
}

const char *utf16_guess(struct str start)
{
	size_t n = start.n < GUESSED_BYTES ? start.n & ~(size_t)1 : GUESSED_BYTES;
	size_t zeros[2] = { 0, 0 }, beside[2] = { 0, 0 }, bare = 0;

	for (size_t i = 0; i < n; i++) {
		bool sign = start.p[i] && strchr("\n\r,;\t", start.p[i]);
		char other = start.p[i ^ 1];

		zeros[i % 2] += start.p[i] == 0;
		beside[i % 2] += sign && other == 0;
		bare += sign && other != 0;
	}
	if (is_wide(n, zeros[1], zeros[0], beside[0], bare))
		return "UTF-16LE";
	return is_wide(n, zeros[0], zeros[1], beside[1], bare) ? "UTF-16BE" : NULL;
}

/* Units of ASCII, UNITS at once; false: they are more than that. Compilers make a few instructions
 * of each loop. */
static bool take_ascii(const char *in, bool big_endian, char *out)
{
	const bool swapped = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint16_t units[UNITS], any = 0;

	memcpy(units, in, sizeof(units));
	for (size_t i = 0; i < UNITS; i++)
		any = (uint16_t)(any | units[i]);
	if (any & (swapped ? 0x80ff : 0xff80))
		return false;
	if (swapped)
		for (size_t i = 0; i < UNITS; i++)
			units[i] >>= 8;
	for (size_t i = 0; i < UNITS; i++)
		out[i] = (char)units[i];
	return true;
}

static size_t put_utf8(unsigned unit, char *out)
{
	if (unit < 0x80) {
		out[0] = (char)unit;
		return 1;
	}
	if (unit < 0x800) {
		out[0] = (char)(0xc0 | unit >> 6);
		out[1] = (char)(0x80 | (unit & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | unit >> 12);
	out[1] = (char)(0x80 | (unit >> 6 & 0x3f));
	out[2] = (char)(0x80 | (unit & 0x3f));
	return MOST_BYTES;
}

size_t utf16_take(const char *in, size_t n, bool big_endian, char **out, size_t *room)
{
	char *to = *out, *end = to + *room;
	size_t at = 0;
	bool ascii = true; /* the next units may be */

	while (n - at >= 2 && end - to >= MOST_BYTES) {
		unsigned unit;

		if (ascii && n - at >= UNITS_BYTES && end - to >= UNITS) {
			ascii = take_ascii(in + at, big_endian, to);
			at += ascii ? UNITS_BYTES : 0;
			to += ascii ? UNITS : 0;
			continue;
		}
		unit = (unsigned)(unsigned char)in[at + !big_endian] << 8 |
		       (unsigned char)in[at + big_endian];
		if (unit >= SURROGATES && unit < SURROGATES_END)
			break;
		ascii |= unit >= 0x80;
		to += put_utf8(unit, to);
		at += 2;
	}
	*room = (size_t)(end - to);
	*out = to;
	return at;
}
