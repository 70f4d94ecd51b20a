/*
 * What `keep:` of the settings lets go: inputs, rows of runs, and the beginning of the audit trail,
 * by age. Never of a run that is active, that anything is open about, or that is the newest; never
 * what cannot be undone (deeds and their requests), approvals, or what a device was last done by.
 * Of a pruned run its name, times and end stay, so that rows of it are known. The audit trail that
 * is left begins at an anchor, the number and hash of the last event before it.
 */
#ifndef STORE_PRUNE_H
#define STORE_PRUNE_H

#include "store/store.h"

/* What is younger is never pruned: limits, activities and quarantines look back. */
#define PRUNE_LEAST_MS (INT64_C(30) * 24 * 3600 * 1000)

struct prune {
	int64_t now_ms;
	int64_t inputs_ms, runs_ms, events_ms; /* ages; 0: kept for ever */
};
struct pruned {
	uint32_t inputs, runs;
	int64_t events;
};
/* For the lock's holder, outside of a transaction. Some runs at a time: the next command goes on.
 * ERR_STORE. */
MUST_CHECK enum errc store_prune(
	struct store *s, const struct prune *p, struct pruned *ret, struct err *err);

/* Where the audit trail begins. */
struct anchor {
	int64_t n; /* events before; 0: none was pruned */
	int64_t at_ms;
	char hash[65];
};
/* From "NUMBER HASH TIME", as it is kept; untouched when it is not of that form. */
void store_anchor_of(struct str text, struct anchor *ret);
MUST_CHECK enum errc store_anchor(struct store *s, struct anchor *ret, struct err *err);

#endif
