/*
 * A plan as its reader sees it: summary, CSV, and a copy for --expect.
 */
#ifndef CLI_APP_PLAN_OUT_H
#define CLI_APP_PLAN_OUT_H

#include "cli/app/context.h"

/* By rule and server, with the fingerprint and what it will take. */
void plan_show(struct context *p, const struct rules_policy *policy, FILE *out);
/* Shows and remembers the plan; returns the exit status. */
int plan_tell(struct context *p, const struct rules_policy *policy);

#endif
