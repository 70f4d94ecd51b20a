#include "io/csv/csv_parts.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

/* What has to be inlined, so that one text serves processors with and without AVX2. */
#define INLINED static inline __attribute__((always_inline))

/* One bit per byte of a block. */
struct raw_masks {
	uint64_t delims, lfs, crs, quotes, blanks;
	uint64_t odd; /* a cell that starts with it may be a formula, see csv_is_formula() */
	bool other;   /* NUL or non-ASCII somewhere in the block */
};

typedef struct raw_masks look_fn(const char *p, char delimiter);

/* What is odd: control characters, DEL, what is not ASCII, and + - = @. To spare a comparison ) and
 * / count as well: with SIGNS all four of 0x29, 0x2b, 0x2d and 0x2f are the last. */
enum { SIGNS = 0x06, ALL_SIGNS = 0x2f };

#ifdef __SSE2__

INLINED uint64_t bits_of(__m128i hits, int at)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(hits) << at;
}

INLINED __m128i odd_of(__m128i v)
{
	__m128i signs = _mm_or_si128(v, _mm_set1_epi8(SIGNS));
	__m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
		_mm_cmpeq_epi8(signs, _mm_set1_epi8(ALL_SIGNS)));

	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('=')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('@')));
	return _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
}

static inline struct raw_masks look(const char *p, char delimiter)
{
	const __m128i delim = _mm_set1_epi8(delimiter), quote = _mm_set1_epi8('"');
	const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
	const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
	__m128i low = _mm_setzero_si128();
	struct raw_masks m = { 0 };

#pragma GCC unroll 4
	for (int at = 0; at < CSV_BLOCK_BYTES; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
		__m128i blank = _mm_or_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(v, tab));

		m.delims |= bits_of(_mm_cmpeq_epi8(v, delim), at);
		m.quotes |= bits_of(_mm_cmpeq_epi8(v, quote), at);
		m.lfs |= bits_of(_mm_cmpeq_epi8(v, lf), at);
		m.crs |= bits_of(_mm_cmpeq_epi8(v, cr), at);
		m.blanks |= bits_of(blank, at);
		m.odd |= bits_of(odd_of(v), at);
		low = _mm_or_si128(low, _mm_cmplt_epi8(v, _mm_set1_epi8(1)));
	}
	m.other = _mm_movemask_epi8(low) != 0;
	return m;
}

#else

static inline struct raw_masks look(const char *p, char delimiter)
{
	struct raw_masks m = { 0 };

	for (int at = 0; at < CSV_BLOCK_BYTES; at++) {
		unsigned char c = (unsigned char)p[at];
		bool sign = (c | SIGNS) == ALL_SIGNS || c == '=' || c == '@';

		m.delims |= (uint64_t)(p[at] == delimiter) << at;
		m.quotes |= (uint64_t)(c == '"') << at;
		m.lfs |= (uint64_t)(c == '\n') << at;
		m.crs |= (uint64_t)(c == '\r') << at;
		m.blanks |= (uint64_t)(c == ' ' || c == '\t') << at;
		m.odd |= (uint64_t)(c < ' ' || c >= 0x7f || sign) << at;
		m.other |= c == 0 || c >= 0x80;
	}
	return m;
}

#endif

/* What the byte before the next block is, 0 or 1. */
struct carry {
	uint64_t in_quotes, after_sep, after_quote, after_open, after_blank, after_cr;
};

/* Bits of one block. */
struct masks {
	uint64_t seps;                                      /* outside quotes, one for CR LF */
	uint64_t ends;                                      /* of records, among them */
	uint64_t hard, rough, trimmed, odd, inner, doubled; /* see CSV_ROW_HARD and the others */
	bool other;
};

/* Bit i is the parity of bits 0 to i: set from an opening quote to before its closing one. */
INLINED uint64_t parity(uint64_t x)
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
 * Plain is a quote that opens right behind a separator and closes right before one, or closes and
 * opens again: a doubled one. Takes the separators inside quotes out of *raw.
 */
INLINED void read_quotes(struct carry *c, struct raw_masks *raw, struct masks *m)
{
	uint64_t inside = parity(raw->quotes) ^ (0 - c->in_quotes);
	uint64_t opening = raw->quotes & inside, closing = raw->quotes & ~inside;
	uint64_t line_ends = raw->lfs | raw->crs, behind = closing << 1 | c->after_quote;
	uint64_t seps = (raw->delims | line_ends) & ~inside;
	uint64_t first = opening & (seps << 1 | c->after_sep), within = first << 1 | c->after_open;

	m->inner = line_ends & inside;
	m->doubled = behind & opening;
	m->hard = (opening & ~(first | behind)) | (behind & ~(seps | opening));
	m->trimmed = (raw->blanks & within) | (closing & (raw->blanks << 1 | c->after_blank));
	m->odd = (raw->odd & within) | m->inner;
	raw->delims &= ~inside;
	raw->lfs &= ~inside;
	raw->crs &= ~inside;
	c->in_quotes = inside >> 63;
	c->after_quote = closing >> 63;
	c->after_open = first >> 63;
}

INLINED struct masks masks_of(struct carry *c, struct raw_masks raw)
{
	struct masks m = { .rough = raw.quotes, .other = raw.other };
	uint64_t behind_cr, starts, blanks;

	if (raw.quotes | c->in_quotes | c->after_quote)
		read_quotes(c, &raw, &m);
	behind_cr = raw.lfs & (raw.crs << 1 | c->after_cr);
	m.ends = raw.lfs | raw.crs;
	m.seps = raw.delims | m.ends;
	starts = m.seps << 1 | c->after_sep;
	blanks = raw.blanks & ~raw.delims;
	m.trimmed |= (blanks & starts) | (m.seps & (blanks << 1 | c->after_blank));
	m.rough |= m.trimmed;
	m.odd |= raw.odd & ~m.seps & starts;
	c->after_sep = m.seps >> 63;
	c->after_blank = blanks >> 63;
	c->after_cr = raw.crs >> 63;
	m.ends &= ~behind_cr;
	m.seps &= ~behind_cr;
	return m;
}

/* CSV_ROW_* of a row that has these bits of the block. */
INLINED unsigned traits_of(const struct masks *m, uint64_t mine)
{
	unsigned traits = m->other ? CSV_ROW_OTHER : 0;

	if (((m->hard | m->rough | m->odd | m->inner) & mine) == 0)
		return traits;
	traits |= m->hard & mine ? CSV_ROW_HARD : 0;
	traits |= m->rough & mine ? CSV_ROW_ROUGH : 0;
	traits |= m->trimmed & mine ? CSV_ROW_TRIMMED : 0;
	traits |= m->odd & mine ? CSV_ROW_ODD : 0;
	traits |= m->inner & mine ? CSV_ROW_INNER : 0;
	traits |= m->doubled & mine ? CSV_ROW_DOUBLED : 0;
	return traits;
}

/* The places of all bits, eight at a time: how many there are is known too late to stop sooner. */
INLINED void put_places(uint32_t *to, uint32_t at, uint64_t bits)
{
	do {
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++) {
			to[i] = at + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
			bits &= bits - 1;
		}
		to += 8;
	} while (bits);
}

/* The row that goes on at ret->from[ret->n] and has its cells up to `to`; false: it is not plain,
 * or not all of it is there. */
INLINED bool end_row(struct csv_rows *ret, uint32_t to, unsigned traits, size_t n, bool at_end)
{
	uint32_t from = ret->from[ret->n], first = ret->first[ret->n], end = ret->ends[to - 1];
	bool cr = ret->text[end] == '\r';

	if (traits & CSV_ROW_HARD || to - first > CSV_MAX_COLUMNS)
		return false;
	if (cr && end + 1 == n && !at_end)
		return false;
	if (to - first == 1 && csv_is_blank_line((struct str){ ret->text + from, end - from }))
		return false;
	ret->rough |= (uint64_t)((traits & CSV_ROW_ROUGH) != 0) << ret->n;
	ret->traits[ret->n++] = (uint8_t)traits;
	ret->first[ret->n] = to;
	ret->from[ret->n] = end + 1 + (cr && end + 1 < n && ret->text[end + 1] == '\n');
	return true;
}

INLINED void cut(const struct csv_splitter *s, struct str text, bool at_end, size_t most,
	struct csv_rows *ret, look_fn *look_at)
{
	struct carry carry = { .after_sep = 1 };
	unsigned traits = 0;
	uint32_t n = 0; /* cells */

	ret->text = text.p;
	ret->delimiter = s->delimiter;
	ret->n = ret->from[0] = ret->first[0] = 0;
	ret->rough = 0;
	for (uint32_t at = 0; at < text.n && n <= CSV_ROWS_CELLS; at += CSV_BLOCK_BYTES) {
		struct masks m = masks_of(&carry, look_at(text.p + at, s->delimiter));
		uint64_t past = 0;

		put_places(ret->ends + n, at, m.seps);
		for (uint64_t ends = m.ends; ends; ends &= ends - 1) {
			uint64_t upto = ends ^ (ends - 1);
			uint32_t to = n + (uint32_t)__builtin_popcountll(m.seps & upto);

			traits |= traits_of(&m, upto & ~past);
			if (!end_row(ret, to, traits, text.n, at_end) || ret->n == most)
				return;
			traits = 0;
			past = upto;
		}
		traits |= traits_of(&m, ~past);
		if (traits & CSV_ROW_HARD)
			return;
		n += (uint32_t)__builtin_popcountll(m.seps);
	}
}

#ifdef __SSE2__

/* Reading as a whole takes an eighth less with AVX2 (measured). */
#define WIDE __attribute__((target("avx2,bmi,popcnt")))

WIDE static inline uint64_t wide_bits(__m256i low, __m256i high)
{
	return (uint64_t)(unsigned)_mm256_movemask_epi8(low) |
	       (uint64_t)(unsigned)_mm256_movemask_epi8(high) << 32;
}

WIDE static inline uint64_t wide_eq(__m256i low, __m256i high, char c)
{
	const __m256i v = _mm256_set1_epi8(c);

	return wide_bits(_mm256_cmpeq_epi8(low, v), _mm256_cmpeq_epi8(high, v));
}

WIDE static inline __m256i wide_either(__m256i v, char a, char b)
{
	return _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(a)),
		_mm256_cmpeq_epi8(v, _mm256_set1_epi8(b)));
}

WIDE static inline __m256i wide_odd(__m256i v)
{
	__m256i signs = _mm256_or_si256(v, _mm256_set1_epi8(SIGNS));
	__m256i odd = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), v),
		_mm256_cmpeq_epi8(signs, _mm256_set1_epi8(ALL_SIGNS)));

	odd = _mm256_or_si256(odd, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f)));
	return _mm256_or_si256(odd, wide_either(v, '=', '@'));
}

WIDE static inline struct raw_masks wide_look(const char *p, char delimiter)
{
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	struct raw_masks m;

	m.delims = wide_eq(low, high, delimiter);
	m.quotes = wide_eq(low, high, '"');
	m.lfs = wide_eq(low, high, '\n');
	m.crs = wide_eq(low, high, '\r');
	m.blanks = wide_bits(wide_either(low, ' ', '\t'), wide_either(high, ' ', '\t'));
	m.odd = wide_bits(wide_odd(low), wide_odd(high));
	m.other = _mm256_movemask_epi8(
			  _mm256_cmpgt_epi8(_mm256_set1_epi8(1), _mm256_min_epi8(low, high))) != 0;
	return m;
}

WIDE static void wide_cut(const struct csv_splitter *s, struct str text, bool at_end, size_t most,
	struct csv_rows *ret)
{
	cut(s, text, at_end, most, ret, wide_look);
}

/* Registers of 64 bytes give masks at once: reading as a whole takes a fifth less. Not with clang,
 * whose versions do not agree on what such a function has to be marked with. */
#ifndef __clang__
#define WIDEST __attribute__((target("avx512bw,bmi,popcnt")))

WIDEST static inline uint64_t widest_eq(__m512i v, char c)
{
	return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

WIDEST static inline struct raw_masks widest_look(const char *p, char delimiter)
{
	__m512i v = _mm512_loadu_si512(p);
	__m512i signs = _mm512_or_si512(v, _mm512_set1_epi8(SIGNS));

	return (struct raw_masks){ .delims = widest_eq(v, delimiter),
		.quotes = widest_eq(v, '"'),
		.lfs = widest_eq(v, '\n'),
		.crs = widest_eq(v, '\r'),
		.blanks = widest_eq(v, ' ') | widest_eq(v, '\t'),
		.odd = _mm512_cmplt_epi8_mask(v, _mm512_set1_epi8(' ')) |
		       widest_eq(signs, ALL_SIGNS) | widest_eq(v, '=') | widest_eq(v, '@') |
		       widest_eq(v, 0x7f),
		.other = _mm512_cmple_epi8_mask(v, _mm512_setzero_si512()) != 0 };
}

WIDEST static void widest_cut(const struct csv_splitter *s, struct str text, bool at_end,
	size_t most, struct csv_rows *ret)
{
	cut(s, text, at_end, most, ret, widest_look);
}
#endif

#endif

/* Not inlined, so that the choice below costs a jump and no more. */
static __attribute__((noinline)) void narrow_cut(const struct csv_splitter *s, struct str text,
	bool at_end, size_t most, struct csv_rows *ret)
{
	cut(s, text, at_end, most, ret, look);
}

void csv_splitter_init(struct csv_splitter *s, char delimiter)
{
	*s = (struct csv_splitter){ .delimiter = delimiter, .cut = narrow_cut };
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
		__builtin_cpu_supports("popcnt"))
		s->cut = wide_cut;
#ifndef __clang__
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi") &&
		__builtin_cpu_supports("popcnt"))
		s->cut = widest_cut;
#endif
#endif
}

void csv_split(const struct csv_splitter *s, struct str text, bool at_end, size_t most,
	struct csv_rows *ret)
{
	s->cut(s, text, at_end, most, ret);
}

/* One quote of two. */
static struct str undoubled(struct str cell, struct arena *a)
{
	char *to = arena_alloc(a, cell.n + 8), *end = to;

	for (size_t i = 0; i < cell.n; i++) {
		*end++ = cell.p[i];
		i += cell.p[i] == '"';
	}
	return (struct str){ to, (size_t)(end - to) };
}

struct str csv_bare_cell(const struct csv_rows *r, size_t row, struct str cell)
{
	if (r->traits[row] & CSV_ROW_DOUBLED && memchr(cell.p, '"', cell.n))
		cell = undoubled(cell, r->single);
	return csv_trim(cell);
}
