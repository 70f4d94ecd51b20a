/*
 * What the UEM does later: take over Apple's changes, give profiles (services/README.md UEM B.1).
 */
#ifndef SIM_WORLD_SYNC_H
#define SIM_WORLD_SYNC_H

#include "sim/core/timer.h"

/* Timer: a = group, b = 1 for Fetch. */
void sync_due(struct sim *s, const struct timer *timer);
/* Timer: a = group, b = device, c = profile or SQL_NULL to take it away. */
void profile_due(struct sim *s, const struct timer *timer);

#endif
