/*
 * Other people: administrators at Apple and in the UEM's console, owners of devices.
 */
#ifndef SIM_ADMIN_H
#define SIM_ADMIN_H

#include "sim/core/scenario.h"
#include "sim/core/timer.h"
#include "sim/route.h"

/* The first request starts the clocks of those who wait for none. */
void admins_start(struct sim *s);
/* The same for entries from `first` on, which came later. */
void admins_start_from(struct sim *s, size_t first);
/* Timer: a = which admin_rule, text = serials of the request, one a line. */
void admin_due(struct sim *s, const struct timer *timer);

/* What the request that is handled now sets off: before it is looked at, or after its handler.
 * True when it (or its reply) is to be held. */
bool admins_at_request(struct call *c, enum moment at);
/* Timer: what an activity (b) sets off at a moment (a); only the first time. */
void admin_milestone(struct sim *s, const struct timer *timer);

#endif
