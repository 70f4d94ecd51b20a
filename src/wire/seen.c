#include "wire/seen.h"

#include <stdlib.h>

#include "base/mem.h"

enum { FIRST_CAP = 256 };

/* The finalizer of splitmix64. */
static uint64_t scramble(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

uint64_t seen_digest(uint64_t digest, struct str text)
{
	digest += 0x9e3779b97f4a7c15u + text.n;
	for (size_t i = 0; i < text.n; i++)
		digest = (digest ^ (unsigned char)text.p[i]) * 0x100000001b3u;
	return scramble(digest);
}

void seen_release(struct seen *s)
{
	free(s->table);
	*s = (struct seen){ NULL };
}

static uint64_t *place(const struct seen *s, uint64_t digest)
{
	size_t at = (size_t)digest & (s->cap - 1);

	while (s->table[at] && s->table[at] != digest)
		at = (at + 1) & (s->cap - 1);
	return &s->table[at];
}

static void grow(struct seen *s, size_t cap)
{
	struct seen larger = { .cap = cap };

	larger.table = mem_zalloc(larger.cap * sizeof(*larger.table));
	for (size_t i = 0; i < s->cap; i++)
		if (s->table[i])
			*place(&larger, s->table[i]) = s->table[i];
	larger.n = s->n;
	free(s->table);
	*s = larger;
}

void seen_expect(struct seen *s, size_t n)
{
	size_t cap = FIRST_CAP;

	while (cap < 2 * n + 2)
		cap *= 2;
	if (cap > s->cap)
		grow(s, cap);
}

bool seen_add(struct seen *s, uint64_t digest)
{
	uint64_t *at;

	digest += digest == 0;
	if (2 * s->n >= s->cap)
		grow(s, s->cap ? 2 * s->cap : FIRST_CAP);
	at = place(s, digest);
	if (*at)
		return false;
	*at = digest;
	s->n++;
	return true;
}
