#include "base/text.h"

#include <string.h>

/* U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, less their first byte. */
static bool turns_or_breaks(unsigned char second, unsigned char third)
{
	if (second == 0x80)
		return third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae);
	return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

/* How many bytes at p a terminal would not print but obey: controls, in all their spellings, and
 * what turns the direction of writing or breaks lines. 0: it is harmless, or no whole character. */
static size_t obeyed(const unsigned char *p, size_t n)
{
	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	if (n >= 2 && ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xd8 && p[1] == 0x9c)))
		return 2; /* U+0080 to U+009F, U+061C */
	return n >= 3 && p[0] == 0xe2 && turns_or_breaks(p[1], p[2]) ? 3 : 0;
}

size_t text_obeyed(struct str s)
{
	return s.n ? obeyed((const unsigned char *)s.p, s.n) : 0;
}

void text_clean(char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		const unsigned char *at = (const unsigned char *)p + i;
		size_t bad = obeyed(at, n - i);

		/* A lone byte of that range is a control to a terminal that takes no UTF-8. */
		if (!bad && *at >= 0x80 && *at < 0xa0 && (i == 0 || at[-1] < 0x80))
			bad = 1;
		memset(p + i, '?', bad);
		i += bad ? bad : 1;
	}
}
