/*
 * Which rows go together: cut from the planned rows by `waves:` and `in_flight`.
 */
#ifndef PLAN_WAVES_H
#define PLAN_WAVES_H

#include "plan/plan.h"

/* Wave by row number; 0 where nothing is planned. Caller frees with free(). */
uint32_t *waves_cut(const struct plan *p, const struct rules_policy *policy);

#endif
