/*
 * Which devices the UEM showed with a wipe that waits for them, by whichever way: noted beside the
 * ledger by every command that reads a record, for status, which asks no service.
 */
#ifndef FACTS_WIPE_NOTE_H
#define FACTS_WIPE_NOTE_H

#include "facts/facts.h"
#include "store/store.h"

/* What the record of a device shows now. */
void wipe_note_take(const struct facts *f, uint32_t slot, bool waits);
/* The same, of a list of the UEM's or by a person who lets it go. s NULL: nothing is noted. */
void wipe_note_see(struct store *s, struct str serial, int64_t now_ms, bool waits);

struct wipe_note {
	struct str serial;         /* borrowed during the call */
	int64_t since_ms, seen_ms; /* when it was seen first, and last */
};
typedef enum errc wipe_note_fn(void *self, const struct wipe_note *n, struct err *err);
/* Of one device; the serial in it is the caller's. */
MUST_CHECK enum errc wipe_note_find(struct store *s, struct str serial, struct wipe_note *ret,
	bool *ret_there, struct err *err);
/* All of them, by serial. */
MUST_CHECK enum errc wipe_notes(struct store *s, wipe_note_fn *each, void *self, struct err *err);

#endif
