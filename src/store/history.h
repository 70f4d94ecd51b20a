/*
 * Everything the store remembers of one device, over all runs.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/arena.h"
#include "store/store.h"

/* At one time in this order. */
enum history_kind {
	/* A person's word about it, or about a run that had it in its list, from the audit trail.
	 */
	HISTORY_EVENT,
	HISTORY_JUDGED,  /* a row of an input: rule, outcome, reason */
	HISTORY_PLANNED, /* a device of a run: rule, state before and after, outcome */
	HISTORY_SENT,    /* a request that named it */

};
struct history_entry {
	enum history_kind kind;
	int64_t at_ms; /* TIME_NONE: not known */
	struct str run, rule, detail;
	int outcome, reason;                /* model/outcome.h; of JUDGED and PLANNED */
	struct str before, after, evidence; /* of PLANNED */
	int step;                           /* of SENT: enum step_kind */
	enum request_state state;           /* of SENT */
	struct str target, activity;        /* of SENT: ids */
	struct str event;                   /* of EVENT: its kind; detail has its text */
};
struct history {
	struct history_entry *v; /* oldest first */
	size_t n, cap;
	struct arena arena;
};
/* Caller releases *ret, also after a failure. */
MUST_CHECK enum errc store_history(
	struct store *s, struct str serial, struct history *ret, struct err *err);
void history_release(struct history *h);

#endif
