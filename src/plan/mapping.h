/*
 * Whether the settings say which group of the UEM a device's server feeds. Asked before anything is
 * sent: a wrong or missing entry of uem.tokens would prove that a device is gone from the UEM.
 */
#ifndef PLAN_MAPPING_H
#define PLAN_MAPPING_H

#include "plan/plan.h"

/* ERR_SETTINGS when a group lists none of the devices of the server that the settings give it, and
 * most of another's: the two entries are mixed up. When those of the plan look like that, all
 * devices of both servers are counted; one alone may just not be synced yet. */
MUST_CHECK enum errc mapping_check(const struct plan *p, struct err *err);

/* The server on which the program leaves the device at a sync, or from which it takes it for good,
 * without an entry in uem.tokens; SERVER_NONE: there is none. results: as foreseen. */
uint32_t mapping_missing(const struct plan *p, const struct work_program *prog, uint32_t home,
	struct view v, const char *results);
/* The program has a sync that no group could ever show. */
bool mapping_shows_nothing(const struct plan *p, const struct work_program *prog, uint32_t slot,
	uint32_t home, const char *results);

#endif
