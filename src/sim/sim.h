/*
 * The simulator without its socket: one request at a time.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "sim/core/state.h"

/* Handles one request whole: time moves, due timers run, effects and audit are durable when it
 * returns. An error means that the state is lost: nothing may be sent, the caller stops. */
MUST_CHECK enum errc sim_handle(
	struct sim *s, const struct request *q, struct reply *r, struct err *err);

#endif
