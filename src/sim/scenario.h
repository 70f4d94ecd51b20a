/*
 * Scenarios: YAML that turns knobs.
 *
 *	version: 1
 *	knobs: {apple.visibility_lag: 20s, uem.sync: fetch}
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/sim.h"

/* Applies the options' scenarios in order, then their NAME=VALUE settings. ERR_RULES with the
 * first mistakes, ERR_USAGE for a bad setting. */
MUST_CHECK enum errc scenario_open(struct sim *s, struct err *err);

#endif
