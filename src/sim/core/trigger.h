/*
 * Which entries of the scenario are about a request, and what they leave behind for it.
 */
#ifndef SIM_CORE_TRIGGER_H
#define SIM_CORE_TRIGGER_H

#include "sim/core/call.h"
#include "sim/core/scenario.h"

bool filter_fits(const struct filter *f, const struct call *c, enum party party);
/* Counts the requests that fit, under `name` and the entry's number; true for those meant. */
bool trigger_strikes(
	struct call *c, enum party party, const struct trigger *t, const char *name, size_t index);

/* Which overrides and which deeds strike the request that is handled now: as bits of sim->marks.
 */
void trigger_mark(struct call *c, enum party party);
/* Turns the knobs of these overrides, and only of these. */
void overrides_use(struct sim *s, uint64_t overrides);

#endif
