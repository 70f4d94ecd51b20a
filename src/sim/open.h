/*
 * A simulator comes and goes: its scenario, its state, its fleet, its audit.
 */
#ifndef SIM_OPEN_H
#define SIM_OPEN_H

#include "sim/core/state.h"

/* Opens or makes the state. Caller frees with sim_close(). */
MUST_CHECK enum errc sim_open(struct sim **ret, const struct sim_options *opt, struct err *err);
void sim_close(struct sim *s);
/* A new world in place of the old one, which stays when the new one cannot be made; only its audit
 * may fail later. Only without a state file. Consumes texts, which the options may point into. */
MUST_CHECK enum errc sim_reopen(
	struct sim *s, const struct sim_options *opt, struct arena *texts, struct err *err);

#endif
