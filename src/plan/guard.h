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
 * NULL. ERR_GUARD tells which limit and how to proceed; ERR_USAGE for an unknown allowance. */
MUST_CHECK enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err);
/* The same, but every guard is asked and none stops: `fires` is given what each one says. */
MUST_CHECK enum errc guard_each(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, void (*fires)(void *self, const char *says), void *self,
	struct err *err);

#endif
