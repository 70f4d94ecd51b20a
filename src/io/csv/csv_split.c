#include "io/csv/csv_parts.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

/* What has to be inlined, so that one text serves processors with and without AVX2. */
#define INLINED static inline __attribute__((always_inline))

/* One bit per byte of a block. */
struct raw_masks {
	uint64_t delims, ends, quotes, blanks;
	bool other; /* NUL or non-ASCII somewhere in the block */
};

typedef struct raw_masks look_fn(const char *p, char delimiter);

#ifdef __SSE2__

INLINED uint64_t bits_of(__m128i hits, int at)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(hits) << at;
}

static inline struct raw_masks look(const char *p, char delimiter)
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

static inline struct raw_masks look(const char *p, char delimiter)
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
 * opens again: a doubled one. Returns the bits inside quotes.
 */
INLINED uint64_t read_quotes(struct csv_splitter *s, const struct raw_masks *raw)
{
	uint64_t inside = parity(raw->quotes) ^ (0 - s->in_quotes);
	uint64_t opening = raw->quotes & inside, closing = raw->quotes & ~inside;
	uint64_t seps = (raw->delims | raw->ends) & ~inside;
	uint64_t behind = closing << 1 | s->after_quote;

	s->masks.inner = raw->ends & inside;
	s->masks.doubled = behind & opening;
	s->masks.hard = (opening & ~(seps << 1 | s->after_sep | behind)) |
			(behind & ~(seps | opening));
	s->in_quotes = inside >> 63;
	s->after_quote = closing >> 63;
	return inside;
}

INLINED void load_block(struct csv_splitter *s, const char *p, look_fn *look_at)
{
	struct raw_masks raw = look_at(p, s->delimiter);
	struct csv_masks *m = &s->masks;
	uint64_t blanks;

	s->block = p;
	m->hard = m->inner = m->doubled = 0;
	if (raw.quotes | s->in_quotes | s->after_quote) {
		uint64_t inside = read_quotes(s, &raw);

		raw.delims &= ~inside;
		raw.ends &= ~inside;
	}
	m->seps = raw.delims | raw.ends;
	m->ends = raw.ends;
	blanks = raw.blanks & ~raw.delims;
	m->rough = raw.quotes | (blanks & (m->seps << 1 | s->after_sep)) |
		   (m->seps & (blanks << 1 | s->after_blank));
	m->other = raw.other;
	s->after_sep = m->seps >> 63;
	s->after_blank = blanks >> 63;
}

/* To the block with p: the one at hand, less the records before p (in which nothing is hard), or
 * one that begins there. */
INLINED void go_to(struct csv_splitter *s, const char *p, look_fn *look_at)
{
	if (s->block && p - s->block < CSV_BLOCK_BYTES) {
		int at = (int)(p - s->block);

		s->masks.seps &= UINT64_MAX << at;
		s->masks.ends &= UINT64_MAX << at;
		s->masks.inner &= UINT64_MAX << at;
		s->masks.doubled &= UINT64_MAX << at;
		s->masks.rough &= UINT64_MAX << at;
		return;
	}
	s->in_quotes = s->after_quote = s->after_blank = 0;
	s->after_sep = 1;
	load_block(s, p, look_at);
}

/* Bytes at the start of a cell that csv_starts_formula(); not those that end a record. */
#define SIXTEEN(v) v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
static const bool starts_odd[UINT8_MAX + 1] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1,
	SIXTEEN(1), ['+'] = 1, ['-'] = 1, ['='] = 1, ['@'] = 1, [0x7f] = 1, SIXTEEN(1), SIXTEEN(1),
	SIXTEEN(1), SIXTEEN(1), SIXTEEN(1), SIXTEEN(1), SIXTEEN(1), SIXTEEN(1) };

/* Inlined as well: code without AVX stalls behind a call from code with it (a tenth of a plan). */
INLINED void bare_cells(struct str *cells, struct csv_plain *ret)
{
	const size_t n = ret->n_cells;
	bool odd = false, trimmed = false;

	for (size_t i = 0; i < n; i++) {
		struct str cell = cells[i], bare;

		if (!cell.n || (cell.p[0] > '"' && cell.p[cell.n - 1] > ' '))
			continue;
		/* The quotes of a plain cell, if any, are its first and last byte. */
		if (cell.n && cell.p[0] == '"') {
			cell = (struct str){ cell.p + 1, cell.n - 2 };
			odd |= cell.n && starts_odd[(unsigned char)cell.p[0]];
		}
		bare = csv_trim(cell);
		trimmed |= bare.n < cell.n;
		odd |= bare.n < cell.n && bare.n && starts_odd[(unsigned char)bare.p[0]];
		cells[i] = bare;
	}
	ret->odd |= odd;
	ret->trimmed = trimmed;
}

INLINED enum csv_split split(struct csv_splitter *splitter, const char *p, const char *end,
	struct str *cells, struct csv_plain *ret, look_fn *look_at)
{
	struct csv_splitter s = *splitter; /* a copy, to be kept in registers */
	const char *from = p;
	uint64_t rough = 0, inner = 0, doubled = 0;
	bool other = false, odd = false;
	size_t n = 0;

	go_to(&s, p, look_at);
	for (;;) {
		/* Up to the first line end; all of the block when it has none. */
		uint64_t mine = s.masks.ends ^ (s.masks.ends - 1);

		if (s.masks.hard & mine)
			return CSV_HARD;
		rough |= s.masks.rough & mine;
		inner |= s.masks.inner & mine;
		doubled |= s.masks.doubled & mine;
		other |= s.masks.other;
		for (uint64_t seps = s.masks.seps & mine; seps; seps &= seps - 1) {
			const char *to = s.block + __builtin_ctzll(seps);

			odd |= starts_odd[(unsigned char)*from];
			cells[n++] = (struct str){ from, (size_t)(to - from) };
			from = to + 1;
		}
		if (n > CSV_MAX_COLUMNS)
			return CSV_HARD;
		if (s.masks.ends)
			break;
		if (end - s.block <= CSV_BLOCK_BYTES)
			return CSV_UNFINISHED;
		load_block(&s, s.block + CSV_BLOCK_BYTES, look_at);
	}
	*ret = (struct csv_plain){ n, from - 1, inner != 0, doubled != 0, other, false,
		odd || inner };
	if (rough)
		bare_cells(cells, ret);
	*splitter = s;
	return CSV_EASY;
}

#ifdef __SSE2__

/* Reading as a whole takes an eighth less with AVX2 (measured). */
#define WIDE __attribute__((target("avx2,bmi")))

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

WIDE static inline struct raw_masks wide_look(const char *p, char delimiter)
{
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	__m256i least = _mm256_min_epu8(low, high), all = _mm256_or_si256(low, high);
	struct raw_masks m;

	m.delims = wide_eq(low, high, delimiter);
	m.quotes = wide_eq(low, high, '"');
	m.ends = wide_bits(wide_either(low, '\n', '\r'), wide_either(high, '\n', '\r'));
	m.blanks = wide_bits(wide_either(low, ' ', '\t'), wide_either(high, ' ', '\t'));
	all = _mm256_or_si256(all, _mm256_cmpeq_epi8(least, _mm256_setzero_si256()));
	m.other = _mm256_movemask_epi8(all) != 0;
	return m;
}

WIDE static enum csv_split wide_split(struct csv_splitter *s, const char *p, const char *end,
	struct str *cells, struct csv_plain *ret)
{
	return split(s, p, end, cells, ret, wide_look);
}

/* Registers of 64 bytes give masks at once: reading as a whole takes a fifth less. Not with clang,
 * whose versions do not agree on what such a function has to be marked with. */
#ifndef __clang__
#define WIDEST __attribute__((target("avx512bw,bmi")))

WIDEST static inline uint64_t widest_eq(__m512i v, char c)
{
	return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

WIDEST static inline struct raw_masks widest_look(const char *p, char delimiter)
{
	__m512i v = _mm512_loadu_si512(p);

	return (struct raw_masks){ .delims = widest_eq(v, delimiter),
		.quotes = widest_eq(v, '"'),
		.ends = widest_eq(v, '\n') | widest_eq(v, '\r'),
		.blanks = widest_eq(v, ' ') | widest_eq(v, '\t'),
		.other = _mm512_cmple_epi8_mask(v, _mm512_setzero_si512()) != 0 };
}

WIDEST static enum csv_split widest_split(struct csv_splitter *s, const char *p, const char *end,
	struct str *cells, struct csv_plain *ret)
{
	return split(s, p, end, cells, ret, widest_look);
}
#endif

#endif

/* Not inlined, so that the choice below costs a jump and no more. */
static __attribute__((noinline)) enum csv_split narrow_split(struct csv_splitter *s, const char *p,
	const char *end, struct str *cells, struct csv_plain *ret)
{
	return split(s, p, end, cells, ret, look);
}

void csv_splitter_init(struct csv_splitter *s, char delimiter)
{
	*s = (struct csv_splitter){ .delimiter = delimiter, .cut = narrow_split };
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		s->cut = wide_split;
#ifndef __clang__
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi"))
		s->cut = widest_split;
#endif
#endif
}

enum csv_split csv_split(struct csv_splitter *s, const char *p, const char *end, struct str *cells,
	struct csv_plain *ret)
{
	return s->cut(s, p, end, cells, ret);
}
