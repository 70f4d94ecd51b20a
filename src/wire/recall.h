/*
 * What the entries of a list meant when it was read before. An entry whose bytes are those of an
 * earlier one means what that one meant, so that it need not be read as JSON once more: of a list
 * of 42,000 devices 200 change from one look to the next.
 *
 * Only what follows from the bytes of an entry is kept, never that it was there: which entries
 * there are is told by the list that is being read. Bytes are compared with bytes, not digests:
 * steps that cannot be undone rest on them. An entry is kept as the words in which it differs from
 * another one of its length. The order of the last reading tells which entry is likely next; which
 * one it is, the bytes tell.
 */
#ifndef WIRE_RECALL_H
#define WIRE_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { RECALL_NOTE_MAX = 128 }; /* bytes */

struct recall;

/* An entry that came before. */
struct recalled {
	uint64_t digest;  /* as for recall_keep() */
	const void *note; /* not aligned; borrowed until the next call */
};

/* The one at *r, which is made when it is NULL; whoever owns *r calls recall_free(). */
struct recall *recall_at(struct recall **r);
void recall_free(struct recall *r);

/* The list is going to be read from its beginning. `world` stands for everything that notes follow
 * from besides bytes: if it is another than the last time, they are forgotten. Nothing is kept in
 * the first reading, since most lists are read once. */
void recall_begin(struct recall *r, uint64_t world);
/* How many entries are kept. */
size_t recall_size(const struct recall *r);
/* How many bytes of `ahead` are the entry that is likely next, with a comma or bracket behind it;
 * 0: it is another. What is not less than ahead.n: so long is that entry, and not all of it is
 * there.
 */
size_t recall_match(struct recall *r, struct str ahead, struct recalled *ret);

/* From within the reading of an entry: what follows from its bytes, at most RECALL_NOTE_MAX.
 * Without a note an entry is read each time it comes. */
void recall_note(struct recall *r, const void *note, size_t n);
/* The entry was not matched, but read: keeps it with the note, if there is one. By the digest an
 * entry is found that was kept for it before. */
void recall_keep(struct recall *r, struct str bytes, uint64_t digest);

#endif
