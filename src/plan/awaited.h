/*
 * Rows whose rule waits until Apple lists their serial (`wait_for`): since when, until when, and
 * whether that still is so under the rules as they are now.
 *
 * Waits belong to a list (plan/awaited_list.c), which is why a serial that another list waits for,
 * too, is left to a person. A list that is not asked about any more hands its waits over.
 */
#ifndef PLAN_AWAITED_H
#define PLAN_AWAITED_H

#include "plan/plan.h"
#include "store/wait.h"

struct awaited {
	char *list; /* NULL: nothing waits and nothing can */
	struct waits waits;
	bool *past;       /* by wait: of a list that is not asked about any more */
	struct map rules; /* names of those that wait */
	/* These, and `past`, are NULL where nothing waits yet. */
	/* By slot of input.serials, NULL where there is none: what this list waits for, or one
	 * did that it follows; and what another one does whose time has not passed. */
	const struct waiting **own, **other;
};

/* What the store knows, before the rows are judged; nothing without facts. */
MUST_CHECK enum errc awaited_load(struct plan *p, struct err *err);
void awaited_free(struct awaited *a);
/* Sets awaited->list; the waits are loaded. */
MUST_CHECK enum errc awaited_find_list(struct plan *p, struct err *err);
/* Whether another list is not asked about any more: its file is gone; or it has the name of this
 * one but for the date, and was not asked about since this one was; or it was not for a week. */
MUST_CHECK enum errc awaited_is_past(struct plan *p, struct str list, bool *ret, struct err *err);

/* The list waited for the row, by a rule that is gone: whether Apple lists it now has to be read,
 * whatever the other rules need. */
bool awaited_asks(const struct plan *p, const struct input_row *row);

/* After the rows are decided: adds since and until, and makes manual what cannot wait. */
void awaited_settle(struct plan *p);

/* Remembers what the list waits for now, in the caller's transaction. */
MUST_CHECK enum errc awaited_keep(const struct plan *p, struct store *store, struct err *err);

#endif
