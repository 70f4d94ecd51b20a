/*
 * Which function answers which method and path.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "sim/core/call.h"

/* Timer: text = a request whose reply was lost and which is carried out only now. */
void route_late(struct sim *s, const struct timer *timer);

/* Finds and runs the handler, applies the scenario, writes the request's audit line. */
void route_request(struct sim *s, const struct request *q, struct reply *r);

#endif
