/*
 * What a plan does to how many devices, and what carrying it out takes: what a person needs who has
 * to agree to it.
 */
#ifndef REPORT_PLAN_EFFECTS_H
#define REPORT_PLAN_EFFECTS_H

#include <stdio.h>

#include "forecast/schedule.h"
#include "report/when.h"

struct plan_effects {
	uint32_t devices;          /* that something is sent for */
	uint32_t steps[STEP_MAX_]; /* devices that take the step */
	uint32_t restored;         /* taken off their server and put back */
	uint32_t removed;          /* taken off, and not put back */
	uint32_t bare;             /* lose the enrollment profile that they have now */
	uint32_t unsynced;         /* changed at Apple without a sync of the UEM after it */
};

void plan_effects_count(const struct plan *p, struct plan_effects *ret);

/* "10 writes to Apple an hour": what most of the time goes into. */
void plan_effects_reason(const struct plan *p, const struct plan_effects *e,
	const struct schedule *s, struct buf *out);
/* "up to 60 at a time, 2 min to 1 h 47 min each" */
void plan_effects_off(const struct schedule *s, struct buf *out);
/* "limits.in_flight 200: 42 h; 1000: 11 h, but ...": only with schedule.other_in_flight. */
void plan_effects_in_flight(const struct plan *p, const struct schedule *s, struct buf *out);
/* "211, the first with 5 devices; ..." */
void plan_effects_waves(const struct schedule *s, struct buf *out);

/* All of it, a line each. */
void plan_effects_print(const struct plan *p, const struct plan_effects *e,
	const struct schedule *s, const struct when *when, FILE *out);

#endif
