/*
 * A set of strings that numbers them: the same bytes always give the same slot, slots count up
 * from 0. For serials, server names, interned texts. Open addressing, keys copied once.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define MAP_NONE UINT32_MAX

struct map {
	char *bytes; /* all keys, one after the other */
	size_t n_bytes, cap_bytes;
	size_t stride;  /* of each key, which is short; its last byte: its length. 0: see `ends` */
	uint32_t *ends; /* ends[i]: offset behind key i */
	uint32_t n, cap;
	uint32_t *table; /* slot + 1, and bits of the hash above `mask`; 0 = free */
	uint32_t mask;
	uint64_t seed;
};

/* expected: how many keys are likely; 0 when nothing is known. */
void map_init(struct map *m, size_t expected);
/* For keys of nearly one length, below 16 bytes: takes less room, and adding moves them. */
void map_init_short(struct map *m);
void map_release(struct map *m);

/* Makes room for that many keys, so that adding them moves nothing. */
void map_reserve(struct map *m, size_t expected);
/* Adds the key if it is new; *ret_new (may be NULL) tells. At most 2^31 keys, 4 GiB of text. */
uint32_t map_add(struct map *m, struct str key, bool *ret_new);
/* The same in two parts: between map_expect() and map_add_expected() the memory that the key needs
 * is on its way, which saves most of the time when other keys are dealt with meanwhile. */
uint64_t map_expect(const struct map *m, struct str key);
uint32_t map_add_expected(struct map *m, struct str key, uint64_t expected, bool *ret_new);
/* MAP_NONE when the key is not there. */
uint32_t map_find(const struct map *m, struct str key);
/* Borrowed until the next map_add(). */
static inline struct str map_key(const struct map *m, uint32_t slot)
{
	size_t from, n;

	if (m->stride) {
		from = slot * m->stride;
		n = (unsigned char)m->bytes[from + m->stride - 1];
	} else {
		from = slot ? m->ends[slot - 1] : 0;
		n = m->ends[slot] - from;
	}
	return n ? (struct str){ m->bytes + from, n } : STR_NONE;
}

#endif
