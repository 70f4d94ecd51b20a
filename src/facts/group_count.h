/*
 * How far the entries of uem.tokens fit: of a server's devices, all of them and not those of a plan
 * alone, how many a group of the UEM lists.
 */
#ifndef FACTS_GROUP_COUNT_H
#define FACTS_GROUP_COUNT_H

#include "facts/facts.h"

/* So many devices at least speak for entries that are mixed up; one may just not be synced yet. */
enum { GROUP_COUNT_LEAST = 2 };

struct group_count {
	uint64_t n;      /* devices of the server at Apple */
	uint64_t listed; /* those of them that the group lists */
};

/* Reads the list of the group (an index) and those of n servers, whatever was read before; the
 * fleet stays as it is. ret: one for each server. ERR_PROTOCOL when a list is not whole. */
MUST_CHECK enum errc group_count(struct facts *f, uint32_t group, const uint32_t *servers,
	uint32_t n, struct group_count *ret, struct err *err);

/* The group lists none of its own server's devices, and most of another's. */
bool group_count_crossed(const struct group_count *own, const struct group_count *other);

#endif
