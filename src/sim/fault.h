/*
 * The part of a scenario that acts on requests: rate limits and faults.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "sim/core/scenario.h"
#include "sim/route.h"

/* True when a limit is reached: the reply is then a 429. */
bool rate_refuses(struct call *c, enum party party);

/* The fault for this request; NULL: none. Counts. */
const struct fault_rule *fault_pick(struct call *c, enum party party);
const char *fault_word(const struct fault_rule *f);
const char *fault_applied_word(const struct fault_rule *f);
/* After the handler ran, or did not: what the client gets to see of it. */
void fault_reply(struct call *c, enum party party, const struct fault_rule *f);

#endif
