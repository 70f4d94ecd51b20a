/*
 * Looking for a text within another. Both may come from outside and be as long as a record, so what
 * is long is searched in linear time: lower-cased copies, and the C library's two-way search.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* Below so many comparisons at the worst the plain loops are quicker than two copies. */
enum { WORK_MAX = 1 << 16 };

static bool is_little(struct str s, struct str part)
{
	return part.n < 4 || s.n < part.n || s.n <= WORK_MAX / part.n;
}

/* Caller frees .p. */
static struct str lowered(struct str s)
{
	char *p = mem_alloc(s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	return (struct str){ p, s.n };
}

/* Where `part` stands in s, from `from` on; SIZE_MAX: nowhere. */
static size_t find(struct str s, size_t from, struct str part)
{
	const char *at = part.n ? memmem(s.p + from, s.n - from, part.p, part.n) : s.p + from;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

static bool contains_plain(struct str s, struct str part)
{
	char first = part.n ? ascii_lower(part.p[0]) : '\0';

	for (size_t i = 0; i + part.n <= s.n; i++)
		if (part.n == 0 || (ascii_lower(s.p[i]) == first &&
					   str_eq_nocase(str_sub(s, i, part.n), part)))
			return true;
	return false;
}

bool str_contains_nocase(struct str s, struct str part)
{
	struct str low_s, low_part;
	bool found;

	if (is_little(s, part))
		return contains_plain(s, part);
	low_s = lowered(s);
	low_part = lowered(part);
	found = find(low_s, 0, low_part) != SIZE_MAX;
	free((char *)low_s.p);
	free((char *)low_part.p);
	return found;
}

/* --- patterns --- */

/* Backs up to the last star only, so hostile patterns cannot make it exponential. */
static bool glob_plain(struct str s, struct str pattern)
{
	size_t i = 0, k = 0, star = SIZE_MAX, mark = 0;

	while (i < s.n) {
		bool one = k < pattern.n && pattern.p[k] != '*' &&
			   (pattern.p[k] == '?' ||
				   ascii_lower(pattern.p[k]) == ascii_lower(s.p[i]));

		if (one) {
			i++;
			k++;
		} else if (k < pattern.n && pattern.p[k] == '*') {
			star = k++;
			mark = i;
		} else if (star != SIZE_MAX) {
			k = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (k < pattern.n && pattern.p[k] == '*')
		k++;
	return k == pattern.n;
}

/* Whether a piece without stars stands at that place of s, which is long enough. */
static bool piece_at(struct str s, size_t at, struct str piece)
{
	while (piece.n) {
		struct str rest = piece, literal = str_cut(&rest, '?');
		size_t used = literal.n + (literal.n < piece.n);

		if (memcmp(s.p + at, literal.p, literal.n) != 0)
			return false;
		at += used;
		piece = str_sub(piece, used, piece.n - used);
	}
	return true;
}

/* The longest run of a piece without question marks, and how far into the piece it begins. */
static struct str longest_literal(struct str piece, size_t *ret_offset)
{
	struct str best = { piece.p, 0 };

	for (size_t i = 0; i <= piece.n;) {
		const char *mark = memchr(piece.p + i, '?', piece.n - i);
		size_t end = mark ? (size_t)(mark - piece.p) : piece.n;

		if (end - i > best.n)
			best = str_sub(piece, i, end - i);
		i = end + 1;
	}
	*ret_offset = (size_t)(best.p - piece.p);
	return best;
}

/* The first place from `from` on at which the piece stands; SIZE_MAX: nowhere. */
static size_t find_piece(struct str s, size_t from, struct str piece)
{
	size_t offset;
	struct str literal = longest_literal(piece, &offset);

	while (from + piece.n <= s.n) {
		size_t at = find(s, from + offset, literal);

		if (at == SIZE_MAX || at - offset + piece.n > s.n)
			return SIZE_MAX;
		if (piece_at(s, at - offset, piece))
			return at - offset;
		from = at - offset + 1;
	}
	return SIZE_MAX;
}

/* Piece by piece between the stars, each at the first place where it stands; both lower case. */
static bool glob_pieces(struct str s, struct str pattern)
{
	size_t from = 0;
	struct str piece = str_cut(&pattern, '*');

	if (s.n < piece.n || !piece_at(s, 0, piece))
		return false;
	for (from = piece.n; memchr(pattern.p, '*', pattern.n);) {
		piece = str_cut(&pattern, '*');
		if (piece.n == 0)
			continue;
		from = find_piece(s, from, piece);
		if (from == SIZE_MAX)
			return false;
		from += piece.n;
	}
	return s.n - from >= pattern.n && piece_at(s, s.n - pattern.n, pattern);
}

bool str_glob_nocase(struct str s, struct str pattern)
{
	struct str low_s, low_pattern;
	bool holds;

	if (is_little(s, pattern) || !memchr(pattern.p, '*', pattern.n))
		return glob_plain(s, pattern);
	low_s = lowered(s);
	low_pattern = lowered(pattern);
	holds = glob_pieces(low_s, low_pattern);
	free((char *)low_s.p);
	free((char *)low_pattern.p);
	return holds;
}
