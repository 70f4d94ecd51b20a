/*
 * Whether the ledger is what the last process left behind, or an older copy that took its place:
 * then nobody knows what was done in between. Three things tell. Beside the folder of the
 * organization stands a file with number and hash of the newest entry of the audit trail, which a
 * ledger that was put back does not bring along; it also says in which file the ledger was, which a
 * copy of all of it is not, be it older or not; and the services may tell of changes that the
 * ledger does not know (older/older.h).
 *
 * Only the lock's holder writes. Failures are ERR_STORE.
 */
#ifndef STORE_GAP_H
#define STORE_GAP_H

#include "store/store.h"

struct gap {
	bool open;       /* irreversible steps wait for a person's word */
	bool searched;   /* what was forgotten has been looked for */
	int64_t from_ms; /* the last entry before it; TIME_NONE: there was none */
	int64_t to_ms;   /* the newest of those that are lost, as far as it is known */
	bool copied;     /* no more is known than that it is a copy: perhaps of the newest state */
};

/* "the state is older than what was last done with it", or as much as is known. */
const char *gap_words(const struct gap *g);

/* Also for a reader, which may be the first to meet the older ledger. */
MUST_CHECK enum errc gap_get(struct store *s, struct gap *ret, struct err *err);
/* In the caller's transaction, with an event in the audit trail. */
MUST_CHECK enum errc gap_put(struct store *s, const struct gap *g, int64_t now_ms, struct err *err);

/* Since when a change of ours would have to be in the ledger: the newest entry that a run made, or
 * the time when the state was made, unless that was only now. TIME_NONE: nobody knows. */
MUST_CHECK enum errc store_last_entry(
	struct store *s, int64_t now_ms, int64_t *ret_ms, struct err *err);

/* Whether a request that the ledger knows is how a device came to be changed at `at_ms`, give or
 * take loose_ms: one of those kinds, which is still open, or was the newest about it, not long
 * before, or the newest until then. kinds: a bit for each enum step_kind. */
MUST_CHECK enum errc gap_explains(struct store *s, struct str serial, uint32_t kinds, int64_t at_ms,
	int64_t loose_ms, bool *ret, struct err *err);

/* Private to store/: what an open store does about it. */
/* When the folder was made; the first thing that is in it. */
void gap_born(const char *folder);
/* The newest state was put into this file by depmend itself. */
MUST_CHECK enum errc gap_file(struct store *s, struct err *err);
/* For the writer, once its schema is up to date. */
MUST_CHECK enum errc gap_check(struct store *s, struct err *err);

#endif
