#include "io/csv_parts.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* One bit per byte of a block. */
struct raw_masks {
	uint64_t delims, ends, quotes, blanks;
	bool other; /* NUL or non-ASCII somewhere in the block */
};

#ifdef __SSE2__

static inline uint64_t bits_of(__m128i hits, int at)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(hits) << at;
}

static inline struct raw_masks look_at(const char *p, char delimiter)
{
	const __m128i delim = _mm_set1_epi8(delimiter), quote = _mm_set1_epi8('"');
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
	__m128i least = _mm_set1_epi8(1), all = _mm_setzero_si128();
	struct raw_masks m = { 0 };

#pragma GCC unroll 4
	for (int at = 0; at < CSV_BLOCK_BYTES; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i end = _mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr));
		__m128i blank = _mm_or_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(v, tab));

		m.delims |= bits_of(_mm_cmpeq_epi8(v, delim), at);
		m.quotes |= bits_of(_mm_cmpeq_epi8(v, quote), at);
		m.ends |= bits_of(end, at);
		m.blanks |= bits_of(blank, at);
		least = _mm_min_epu8(least, v);
		all = _mm_or_si128(all, v);
	}
	/* The highest bit of a byte beyond ASCII, or a byte that is zero. */
	all = _mm_or_si128(all, _mm_cmpeq_epi8(least, _mm_setzero_si128()));
	m.other = _mm_movemask_epi8(all) != 0;
	return m;
}

#else

static inline struct raw_masks look_at(const char *p, char delimiter)
{
	struct raw_masks m = { 0 };

	for (int at = 0; at < CSV_BLOCK_BYTES; at++) {
		unsigned char c = (unsigned char)p[at];

		m.delims |= (uint64_t)(p[at] == delimiter) << at;
		m.quotes |= (uint64_t)(c == '"') << at;
		m.ends |= (uint64_t)(c == '\n' || c == '\r') << at;
		m.blanks |= (uint64_t)(c == ' ' || c == '\t') << at;
		m.other |= c == 0 || c >= 0x80;
	}
	return m;
}

#endif

/* Bit i is the parity of bits 0 to i: set from an opening quote to before its closing one. */
static inline uint64_t parity(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

/*
 * Plain is a quote that opens right behind a separator and closes right before one, with no line
 * end between. A doubled quote closes and opens again, so it is not plain either.
 */
static void load_block(struct csv_splitter *s, const char *p, const char *end)
{
	struct raw_masks raw = look_at(p, s->delimiter);
	size_t n = (size_t)(end - p);
	uint64_t valid = n < CSV_BLOCK_BYTES ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
	uint64_t inside = 0 - s->in_quotes;
	uint64_t opening, closing;
	struct csv_masks m;

	if (raw.quotes & valid)
		inside ^= parity(raw.quotes & valid);
	opening = raw.quotes & inside;
	closing = raw.quotes & ~inside;
	m.seps = (raw.delims | raw.ends) & ~inside & valid;
	m.ends = raw.ends & ~inside & valid;
	m.hard = raw.ends & inside;
	m.hard |= opening & ~(m.seps << 1 | s->after_sep);
	m.hard |= (closing << 1 | s->after_quote) & ~m.seps;
	m.hard &= valid;
	raw.blanks &= ~raw.delims;
	m.rough = raw.quotes | (raw.blanks & (m.seps << 1 | s->after_sep)) |
		  (m.seps & (raw.blanks << 1 | s->after_blank));
	m.other = raw.other;
	s->in_quotes = inside >> 63;
	s->after_sep = m.seps >> 63;
	s->after_quote = closing >> 63;
	s->after_blank = raw.blanks >> 63;
	s->masks = m;
	s->block = p;
}

void csv_splitter_init(struct csv_splitter *s, char delimiter)
{
	*s = (struct csv_splitter){ .delimiter = delimiter };
}

void csv_splitter_forget(struct csv_splitter *s)
{
	s->block = NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The quotes of a plain cell, if any, are its first and last byte. */
static struct str unquote_and_trim(struct str s)
{
	if (s.n && s.p[0] == '"')
		s = str_sub(s, 1, s.n - 2);
	while (s.n && is_blank(s.p[0]))
		s = str_sub(s, 1, s.n - 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The bits of the records before p are of no use any more. */
static void go_to(struct csv_splitter *s, const char *p, const char *end)
{
	size_t at = (size_t)(p - s->block);

	if (s->block && at < CSV_BLOCK_BYTES) {
		s->masks.seps &= UINT64_MAX << at;
		s->masks.ends &= UINT64_MAX << at;
		s->masks.hard &= UINT64_MAX << at;
		s->masks.rough &= UINT64_MAX << at;
		return;
	}
	s->in_quotes = s->after_quote = s->after_blank = 0;
	s->after_sep = 1;
	load_block(s, p, end);
}

enum csv_split csv_split(struct csv_splitter *s, const char *p, const char *end, struct str *cells,
	size_t *ret_n_cells, const char **ret_end, bool *ret_other)
{
	const char *from = p;
	uint64_t rough = 0;
	bool other = false;
	size_t n = 0;

	go_to(s, p, end);
	for (;;) {
		const struct csv_masks *m = &s->masks;
		/* Up to the first line end; all of the block when it has none. */
		uint64_t mine = m->ends ^ (m->ends - 1);
		const char *block = s->block;

		if (m->hard & mine)
			return CSV_HARD;
		rough |= m->rough & mine;
		other |= m->other;
		for (uint64_t seps = m->seps & mine; seps; seps &= seps - 1) {
			const char *to = block + __builtin_ctzll(seps);

			cells[n++] = (struct str){ from, (size_t)(to - from) };
			from = to + 1;
		}
		if (n > CSV_MAX_COLUMNS)
			return CSV_HARD;
		if (m->ends)
			break;
		if (end - block <= CSV_BLOCK_BYTES)
			return CSV_UNFINISHED;
		load_block(s, block + CSV_BLOCK_BYTES, end);
	}
	for (size_t i = 0; rough && i < n; i++)
		cells[i] = unquote_and_trim(cells[i]);
	*ret_n_cells = n;
	*ret_end = from - 1;
	*ret_other = other;
	return CSV_EASY;
}
