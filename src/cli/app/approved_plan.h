/*
 * "Exactly that": a reviewed plan, kept for 30 days, against the plan that would be carried out
 * now.
 */
#ifndef CLI_APP_APPROVED_PLAN_H
#define CLI_APP_APPROVED_PLAN_H

#include "plan/plan.h"

struct approved_plan {
	bool given;
	char *path;               /* of the plan's CSV; owned */
	struct list_options list; /* how it is read; borrows */
	char fingerprint[65];
	int64_t now_ms; /* by which it was judged; TIME_NONE: not known */
	bool as_if;     /* that was no time of the clock */
};

/* list: how the list was read that was planned; its texts are borrowed until the release. text:
 * --expect's FINGERPRINT (12 hex digits or more) or PLAN.csv; NULL: nothing is expected.
 * ERR_GUARD: no such plan is remembered; ERR_NO_INPUT, ERR_INPUT: the file. Caller releases. */
MUST_CHECK enum errc approved_plan_load(struct approved_plan *ret, struct store *store,
	const char *text, const struct list_options *list, struct err *err);
void approved_plan_release(struct approved_plan *e);
/* ERR_GUARD when the plan differs; the first rows that differ go to stderr. run: that
 * carried out this very plan and has ended: what it did is no difference, nor what the UEM has
 * forgotten of devices that it put back. 0: there is none. */
MUST_CHECK enum errc approved_plan_check(
	const struct approved_plan *e, const struct plan *p, int64_t run, struct err *err);

/* What the CSV of a plan says, for whoever approves it: fingerprint, devices to be acted on, and
 * one line per program with its number of devices. ERR_INPUT: it is no plan's CSV. Caller releases
 * the buffer. */
MUST_CHECK enum errc approved_plan_summary(const char *path, const struct list_options *list,
	char ret_fingerprint[65], uint32_t *ret_n, struct buf *ret, struct err *err);

/* Remembers a plan: where its CSV has to be written (caller frees), and its `now`. Older than 30
 * days are forgotten. */
MUST_CHECK enum errc approved_plan_remember(
	struct store *store, const struct plan *p, char **ret_path, struct err *err);

#endif
