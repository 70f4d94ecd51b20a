#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/mem.h"

enum { BLOCK_BYTES = 64 * 1024 - 64 };

struct arena_block {
	struct arena_block *next;
	size_t cap;
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){ NULL, 0 };
}

void arena_release(struct arena *a)
{
	while (a->head) {
		struct arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
	a->used = 0;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->head;

	if (!keep)
		return;
	while (keep->next) {
		struct arena_block *b = keep->next;

		keep->next = b->next;
		free(b);
	}
	a->used = 0;
}

static void add_block(struct arena *a, size_t n)
{
	size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct arena_block *b = mem_alloc(sizeof(*b) + cap);

	b->cap = cap;
	b->next = a->head;
	a->head = b;
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t at = (a->used + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

	if (!a->head || at > a->head->cap || n > a->head->cap - at) {
		add_block(a, n);
		at = 0;
	}
	a->used = at + n;
	return a->head->data + at;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

struct str arena_dup(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}
