/*
 * Who ran what: the first event of every run.
 */
#ifndef ENGINE_AUDIT_H
#define ENGINE_AUDIT_H

#include "engine/plan.h"

/* JSON: uid, sudo user, unit, version, digests of input, rules and settings, fingerprint, number of
 * devices, allowances. No secret is in any of it. */
void audit_describe(const struct plan *p, const struct settings *s, const char *const *allowed,
	struct buf *out);

#endif
