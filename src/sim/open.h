/*
 * A simulator comes and goes: its scenario, its state, its fleet, its audit.
 */
#ifndef SIM_OPEN_H
#define SIM_OPEN_H

#include "sim/core/state.h"

/* Opens or makes the state. Caller frees with sim_close(). */
MUST_CHECK enum errc sim_open(struct sim **ret, const struct sim_options *opt, struct err *err);
void sim_close(struct sim *s);

#endif
