/*
 * A plan as its reader sees it: summary, CSV, and a copy for --expect.
 */
#ifndef CLI_PLAN_OUT_H
#define CLI_PLAN_OUT_H

#include "cli/prepare.h"

/* By rule and server, with the fingerprint and what it will take. */
void plan_show(struct prepared *p, const struct rules_policy *policy, FILE *out);
/* Shows and remembers the plan; returns the exit status. */
int plan_tell(struct prepared *p, const struct rules_policy *policy);

#endif
