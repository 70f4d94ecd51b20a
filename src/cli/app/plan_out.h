/*
 * A plan as its reader sees it: summary, CSV, and a copy for --expect.
 */
#ifndef CLI_APP_PLAN_OUT_H
#define CLI_APP_PLAN_OUT_H

#include "cli/app/context.h"

/* On stderr: by rule and server, with the fingerprint, what it will take and what the guards say.
 */
MUST_CHECK enum errc plan_show(
	struct context *p, const struct rules_policy *policy, struct err *err);
/* Shows and remembers the plan; returns the exit status. */
int plan_tell(struct context *p, const struct rules_policy *policy);

#endif
