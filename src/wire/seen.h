/*
 * Which entries of a list came already: a set of 64-bit digests, so that a list of a million
 * devices takes 16 MiB. Two entries with one digest, one pair in 10^7 lists of a million, count
 * once, which makes the list look too short, never too long.
 */
#ifndef WIRE_SEEN_H
#define WIRE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct seen {
	uint64_t *table; /* 0: free */
	size_t n, cap;   /* cap: a power of two */
};

/* A zeroed set is empty. */
void seen_release(struct seen *s);
/* Makes room for so many. */
void seen_expect(struct seen *s, size_t n);
/* False: it was there already. */
bool seen_add(struct seen *s, uint64_t digest);

/* Goes on from `digest`, 0 at first. */
uint64_t seen_digest(uint64_t digest, struct str text);

#endif
