#include "wire/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

enum {
	ENTRY_MIN = 8, /* bytes: one word */
	ENTRY_MAX = 2048,
	KINDS_MAX = 256,
	BITS = 64,
	/* All entries of one list; what is beyond is read each time. */
	MEMORY_MAX = 32 * 1024 * 1024,
	FIRST_PLACES = 1024,
	NONE = -1,
};

struct entry {
	uint64_t digest;
	int32_t next;    /* came behind it in the last reading, or NONE */
	uint32_t at;     /* in `bytes`: its note, and what encode() made of it */
	uint16_t n;      /* bytes of the entry */
	uint16_t n_kept; /* bytes at `at` */
	uint8_t n_note;
	uint8_t kind; /* which entry of its length the words differ from */
};

struct recall {
	uint64_t world;
	unsigned n_begun;
	struct entry *v;
	int32_t *places; /* of entries by digest, + 1; 0: free */
	uint32_t n, cap, n_places;
	char *bytes;
	size_t n_bytes, cap_bytes, n_waste;
	char *kinds[KINDS_MAX]; /* zeros where no entry of that length is kept whole */
	unsigned n_kinds;
	uint8_t kind_of[ENTRY_MAX + 1]; /* by length; 0: there is none */
	int32_t first, last, likely;    /* entries, or NONE */
	size_t n_note;                  /* 0: there is none */
	char note[RECALL_NOTE_MAX];
};

/* --- words --- */

static size_t n_words(size_t n)
{
	return (n + 7) / 8;
}

static size_t n_masks(size_t n)
{
	return (n_words(n) + BITS - 1) / BITS;
}

/* Of both, word by word, what differs; the last word has bytes of the one before where n is no
 * multiple of its size. */
static void differ(const char *p, const char *kind, size_t n, uint64_t *ret)
{
	size_t whole = n / 8;

	for (size_t i = 0; i < whole; i++)
		ret[i] = bytes_read8(p + 8 * i) ^ bytes_read8(kind + 8 * i);
	if (n % 8)
		ret[whole] = bytes_read8(p + n - 8) ^ bytes_read8(kind + n - 8);
}

/* `kept`: as by encode(). Words that are told there have to differ just so, all others not at all.
 */
static bool is_same(const char *p, const char *kind, size_t n, const char *kept)
{
	uint64_t words[ENTRY_MAX / 8], all = 0;
	const char *told = kept + 8 * n_masks(n);

	differ(p, kind, n, words);
	for (size_t m = 0; m < n_masks(n); m++)
		for (uint64_t mask = bytes_read8(kept + 8 * m); mask; mask &= mask - 1, told += 8)
			words[m * BITS + (size_t)__builtin_ctzll(mask)] ^= bytes_read8(told);
	for (size_t i = 0; i < n_words(n); i++)
		all |= words[i];
	return all == 0;
}

/* A bit for each word that differs, and how those do; returns how many bytes. */
static size_t encode(const char *p, const char *kind, size_t n, char *ret)
{
	uint64_t words[ENTRY_MAX / 8] = { 0 };
	size_t at = 8 * n_masks(n);

	differ(p, kind, n, words);
	memset(ret, 0, at);
	for (size_t i = 0; i < n_words(n); i++) {
		uint64_t mask;

		if (words[i] == 0)
			continue;
		mask = bytes_read8(ret + i / BITS * 8) | UINT64_C(1) << i % BITS;
		bytes_write8(ret + i / BITS * 8, mask);
		bytes_write8(ret + at, words[i]);
		at += 8;
	}
	return at;
}

/* --- entries --- */

struct recall *recall_at(struct recall **r)
{
	if (!*r) {
		*r = mem_zalloc(sizeof(**r));
		(*r)->first = (*r)->last = (*r)->likely = NONE;
	}
	return *r;
}

static void forget(struct recall *r)
{
	unsigned n_begun = r->n_begun;

	for (unsigned i = 0; i < r->n_kinds; i++)
		free(r->kinds[i]);
	free(r->v);
	free(r->places);
	free(r->bytes);
	*r = (struct recall){ .n_begun = n_begun, .first = NONE, .last = NONE, .likely = NONE };
}

void recall_free(struct recall *r)
{
	if (r)
		forget(r);
	free(r);
}

static size_t memory(const struct recall *r)
{
	return r->n_bytes + r->n * sizeof(*r->v);
}

size_t recall_size(const struct recall *r)
{
	return r->n;
}

void recall_begin(struct recall *r, uint64_t world)
{
	if (r->world != world || r->n_waste > r->n_bytes / 2 || memory(r) > MEMORY_MAX)
		forget(r);
	r->world = world;
	r->n_begun++;
	r->last = NONE;
	r->likely = r->first;
	r->n_note = 0;
}

/* This one came, behind the last that did. */
static void follow(struct recall *r, int32_t i)
{
	*(r->last == NONE ? &r->first : &r->v[r->last].next) = i;
	r->last = i;
	r->likely = r->v[i].next;
}

size_t recall_match(struct recall *r, struct str ahead, struct recalled *ret)
{
	const struct entry *e = r->likely == NONE ? NULL : &r->v[r->likely];
	const char *kept;

	if (!e || ahead.n <= e->n)
		return e ? e->n : 0;
	kept = r->bytes + e->at;
	if ((ahead.p[e->n] != ',' && ahead.p[e->n] != ']') ||
		!is_same(ahead.p, r->kinds[e->kind], e->n, kept + e->n_note))
		return 0;
	*ret = (struct recalled){ e->digest, kept };
	follow(r, r->likely);
	return e->n;
}

/* --- keeping --- */

void recall_note(struct recall *r, const void *note, size_t n)
{
	r->n_note = n <= RECALL_NOTE_MAX ? n : 0;
	if (r->n_note)
		memcpy(r->note, note, r->n_note);
}

static int32_t *place(const struct recall *r, uint64_t digest)
{
	uint32_t at = (uint32_t)digest & (r->n_places - 1);

	while (r->places[at] && r->v[r->places[at] - 1].digest != digest)
		at = (at + 1) & (r->n_places - 1);
	return &r->places[at];
}

static void more_places(struct recall *r)
{
	free(r->places);
	r->n_places = r->n_places ? 2 * r->n_places : FIRST_PLACES;
	r->places = mem_zalloc(r->n_places * sizeof(*r->places));
	for (uint32_t i = 0; i < r->n; i++)
		*place(r, r->v[i].digest) = (int32_t)i + 1;
}

/* The entry of that digest, which may be new. */
static int32_t entry_of(struct recall *r, uint64_t digest)
{
	int32_t *at;

	if (2 * r->n >= r->n_places)
		more_places(r);
	at = place(r, digest);
	if (!*at) {
		MEM_GROW(r->v, r->n, r->cap);
		r->v[r->n] = (struct entry){ .digest = digest, .next = r->likely };
		*at = (int32_t)++r->n;
	}
	return *at - 1;
}

/* What entries of that length are compared with: the first one that was kept. */
static uint8_t kind_for(struct recall *r, struct str bytes)
{
	uint8_t *kind = &r->kind_of[bytes.n];

	if (!r->n_kinds)
		r->kinds[r->n_kinds++] = mem_zalloc(ENTRY_MAX);
	if (!*kind && r->n_kinds < KINDS_MAX) {
		r->kinds[r->n_kinds] = mem_alloc(bytes.n);
		memcpy(r->kinds[r->n_kinds], bytes.p, bytes.n);
		*kind = (uint8_t)r->n_kinds++;
	}
	return *kind;
}

/* Room for so many bytes of the entry. */
static char *room(struct recall *r, struct entry *e, size_t n)
{
	if (n > e->n_kept) {
		r->n_waste += e->n_kept;
		while (r->n_bytes + n > r->cap_bytes) {
			r->cap_bytes = r->cap_bytes ? r->cap_bytes + r->cap_bytes / 2 : 4096;
			r->bytes = mem_realloc(r->bytes, r->cap_bytes, 1);
		}
		e->at = (uint32_t)r->n_bytes;
		e->n_kept = (uint16_t)n;
		r->n_bytes += n;
	}
	return r->bytes + e->at;
}

static void fill(struct recall *r, struct entry *e, struct str bytes)
{
	char words[ENTRY_MAX + ENTRY_MAX / BITS + 16];
	size_t n;
	char *to;

	e->kind = kind_for(r, bytes);
	e->n = (uint16_t)bytes.n;
	e->n_note = (uint8_t)r->n_note;
	n = encode(bytes.p, r->kinds[e->kind], bytes.n, words);
	to = room(r, e, r->n_note + n);
	memcpy(to, r->note, r->n_note);
	memcpy(to + r->n_note, words, n);
}

void recall_keep(struct recall *r, struct str bytes, uint64_t digest)
{
	if (r->n_note && r->n_begun > 1 && bytes.n >= ENTRY_MIN && bytes.n <= ENTRY_MAX &&
		memory(r) <= MEMORY_MAX) {
		int32_t i = entry_of(r, digest);

		fill(r, &r->v[i], bytes);
		follow(r, i);
	}
	r->n_note = 0;
}
