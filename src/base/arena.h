/*
 * Memory that is given back all at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used; /* bytes in head */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);
/* Everything handed out is invalid afterwards; one block is kept. */
void arena_reset(struct arena *a);

/* Never NULL (out of memory aborts); aligned for any type; valid until reset or release. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
/* A copy that is also NUL-terminated (the NUL is not counted). */
struct str arena_dup(struct arena *a, struct str s);

#endif
