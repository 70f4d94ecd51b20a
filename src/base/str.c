#include "base/str.h"
#include "base/bytes.h"

bool str_eq_nocase(struct str a, struct str b)
{
	return a.n == b.n && str_cmp_nocase(a, b) == 0;
}

int str_cmp_nocase(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)ascii_lower(a.p[i]);
		unsigned char y = (unsigned char)ascii_lower(b.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

bool str_starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

struct str str_after_bom(struct str s)
{
	const struct str bom = STR("\xef\xbb\xbf");

	return str_starts_nocase(s, bom) ? str_sub(s, bom.n, s.n - bom.n) : s;
}

bool str_ends_nocase(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq_nocase(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_head(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_sub(s, 0, max);
}

struct str str_cut(struct str *rest, char sep)
{
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	struct str head = *rest;

	if (!at) {
		*rest = STR_NONE;
		return head;
	}
	head.n = (size_t)(at - rest->p);
	*rest = str_sub(*rest, head.n + 1, rest->n - head.n - 1);
	return head;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(s.p[i] - '0');

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return true;
}

/* Bytes of a sequence by its first byte, 0 for a byte that starts none. Ranges after Unicode
 * table 3-7, as those of the second byte below: no overlongs, no surrogates, nothing above
 * U+10FFFF. */
static size_t utf8_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool utf8_second(unsigned char first, unsigned char second)
{
	unsigned char lo = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char hi = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= lo && second <= hi;
}

static size_t utf8_step(const unsigned char *p, size_t n)
{
	size_t need = utf8_length(p[0]);

	if (need > n || (need > 1 && !utf8_second(p[0], p[1])))
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		uint64_t eight = UINT64_MAX;
		size_t step;

		/* Most text is ASCII: eight bytes at a time while it is. */
		if (s.n - i >= sizeof(eight))
			eight = bytes_read8(s.p + i);
		step = eight & UINT64_C(0x8080808080808080) ? utf8_step(p + i, s.n - i)
							    : sizeof(eight);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned str_distance(struct str a, struct str b)
{
	unsigned char row[3][66];

	if (a.n > 64 || b.n > 64)
		return 99;
	for (size_t k = 0; k <= b.n; k++)
		row[0][k] = (unsigned char)k;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned char *cur = row[i % 3], *up = row[(i - 1) % 3], *up2 = row[(i + 1) % 3];

		cur[0] = (unsigned char)i;
		for (size_t k = 1; k <= b.n; k++) {
			bool same = ascii_lower(a.p[i - 1]) == ascii_lower(b.p[k - 1]);
			unsigned d = min3(
				up[k] + 1u, cur[k - 1] + 1u, up[k - 1] + (same ? 0u : 1u));

			if (i > 1 && k > 1 && ascii_lower(a.p[i - 1]) == ascii_lower(b.p[k - 2]) &&
				ascii_lower(a.p[i - 2]) == ascii_lower(b.p[k - 1]) &&
				up2[k - 2] + 1u < d)
				d = up2[k - 2] + 1u;
			cur[k] = (unsigned char)d;
		}
	}
	return row[a.n % 3][b.n];
}
