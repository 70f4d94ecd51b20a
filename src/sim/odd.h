/*
 * Records that are not what the contract says (`odd:` of a scenario).
 */
#ifndef SIM_ODD_H
#define SIM_ODD_H

#include "sim/core/scenario.h"
#include "sim/route.h"

/* Rewrites the reply as the entries that strike want it. */
void odd_reply(struct call *c, enum party party);

#endif
