/*
 * Which rows go together: cut from the planned rows by `waves:` and `limits.in_flight`.
 *
 * A stage of `waves:` takes its share of every (rule, server) group. Within a stage the rows that
 * have to be put back go server by server, as many to a wave as one request may name: nothing is
 * sent for a few where many could share it. A wave never holds more than in_flight of them.
 */
#ifndef PLAN_WAVES_H
#define PLAN_WAVES_H

#include "plan/plan.h"

/* Wave by row number; 0 where nothing is planned. in_flight 0: any number. A policy without waves
 * means the default: WAVES_CANARY devices first where the plan takes a device off its server, else
 * all at once. Caller frees with free(). */
enum { WAVES_CANARY = 5 };
uint32_t *waves_cut(const struct plan *p, const struct rules_policy *policy, uint32_t in_flight);

#endif
