/*
 * How many devices may be acted on in any 24 hours of the tenant: in all, as a share of the
 * organization, and for each step that cannot be undone. Asked of a whole plan, and again of each
 * request just before it is sent: other runs count as well.
 */
#ifndef PLAN_LIMITS_H
#define PLAN_LIMITS_H

#include "facts/facts.h"
#include "rules/rules.h"

#define LIMITS_WINDOW_MS ((int64_t)24 * 3600 * 1000)

enum { LIMITS_N = 7 };

struct limits {
	struct limit {
		const char *name;
		int kind;      /* the steps it counts, enum step_kind; -1: any */
		bool of_fleet; /* a percentage of the organization's devices */
		uint64_t most;
		const char *rules; /* counts what runs of rules of that name did; NULL: any run */
	} v[LIMITS_N];
	int64_t size; /* devices of the organization that are not released; -1: nobody told */
};

/* Those of the settings, and those of the rules, unless this run lifts them: allowed as in
 * plan/guard.h. */
MUST_CHECK enum errc limits_read(struct limits *ret, const struct facts *f,
	const struct rules_policy *policy, const char *const *allowed, struct err *err);
/* Lifts what was allowed when the run was frozen, too, limits.in_flight of the settings as well. */
MUST_CHECK enum errc limits_lift(
	struct limits *l, struct settings *s, struct str frozen, struct err *err);
/* --allow in_flight=N: waves are cut by it, and what is sent keeps to it. */
void limits_allow_in_flight(struct settings *s, const char *const *allowed);
/* Of rules without that limit, or with one of 100 %: not. */
bool limit_given(const struct limit *limit);
/* False: nobody told how large the organization is. */
bool limit_most(const struct limits *l, const struct limit *limit, uint64_t *ret);

/* What --allow has to say so that n_day devices pass. */
uint64_t limit_needed(const struct limits *l, const struct limit *limit, uint64_t n_day);

/* What asks: something of n devices, and with those of the last 24 hours n_day. */
struct asking {
	const char *sent;   /* whether anything was: "nothing was sent" */
	const char *remedy; /* ", or ..." besides --allow */
	uint64_t n, n_day;
};
/* ERR_GUARD when that is too many; it tells how to proceed. */
MUST_CHECK enum errc limit_check(
	const struct limits *l, const struct limit *limit, const struct asking *a, struct err *err);

#endif
