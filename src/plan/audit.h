/*
 * Who ran what, and who said yes: the first event of every run, and of every process that goes on
 * with it.
 */
#ifndef PLAN_AUDIT_H
#define PLAN_AUDIT_H

#include "plan/plan.h"

struct approval {
	const char *const *allowed; /* --allow, NULL-terminated; NULL: none */
	struct str confirmed;       /* one line per flag or answer */
	struct str signatures;      /* JSON array of who approved; empty: nobody had to */
};

/* JSON: uid, sudo user, unit, version, digest of the settings, confirmations, allowances,
 * signatures; of a plan
 * (NULL: the run goes on with its own) also digests of input and rules, fingerprint and number of
 * devices. No secret is in any of it. by NULL: nobody was asked. */
void audit_describe(
	const struct plan *p, const struct settings *s, const struct approval *by, struct buf *out);

#endif
