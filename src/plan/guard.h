/*
 * Limits on a whole plan, checked before the first change.
 */
#ifndef PLAN_GUARD_H
#define PLAN_GUARD_H

#include "plan/plan.h"

/* Before anything is read: what --allow makes facts believe. ERR_USAGE for an unknown allowance. */
MUST_CHECK enum errc guard_lift(struct facts *f, const char *const *allowed, struct err *err);
/* Before anything is changed, putting back what an earlier run took off included. */
MUST_CHECK enum errc guard_organization(
	const struct facts *f, const char *const *allowed, struct err *err);

/* allowed: "devices=3000", "percent=30", "fleet=9000" of this run only; NULL-terminated, may be
 * NULL. ERR_GUARD tells which limits and how to proceed; ERR_USAGE for an unknown allowance. */
MUST_CHECK enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err);
/* The same for a run that goes on: what is left of it that cannot be undone waits after an older
 * state was restored, and where the clock is off. */
MUST_CHECK enum errc guard_run(
	const struct facts *f, int64_t run, const char *const *allowed, struct err *err);
/* What one guard found. */
struct guard_finding {
	const char *name;       /* "devices", "fleet": as --allow names it */
	const char *rules;      /* whose limit it is; NULL: of the settings */
	const char *says;       /* why it stops the plan, with the remedy; NULL: it does not */
	uint64_t percent, size; /* most is so much of the devices there are; 0: it is not */
	uint64_t n, n_day; /* devices of the plan that it counts; with those of the last 24 h */
	uint64_t most;     /* UINT64_MAX: not known, or none */
	const char *allow; /* "devices=612": what lifts it; NULL: it need not be lifted, or nothing
			      does */
};
/* The same, but every guard is asked and none stops: `found` is given each that concerns the plan.
 * The finding is borrowed until it returns. */
MUST_CHECK enum errc guard_each(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, void (*found)(void *self, const struct guard_finding *f),
	void *self, struct err *err);

#endif
