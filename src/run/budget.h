/*
 * The write budget: who may leave now, so that everybody comes back in time.
 */
#ifndef RUN_BUDGET_H
#define RUN_BUDGET_H

#include "run/job.h"
#include "wire/way_home.h"

/* To be said whenever devices may have left their servers, or be back: while one is off nobody
 * waits for hours for a service that has no time for us, but for what the way home needs. */
void job_hurry(const struct job *j);
/* No change may take a write that somebody needs to come back; the devices of an unassign that asks
 * are busy already, so that their own way back counts. False: --max-wait ends before there is room;
 * j->no_room says so. */
bool budget_allows(struct job *j, bool back, uint32_t n_queued);
/* Who may leave now, wire/way_home.h; j->held_until_ms: when the first of the others may. */
void budget_choose(struct job *j, struct mover *v, uint32_t n);
/* Its next step takes it off its server, and --max-wait ends before it could be back. */
bool budget_is_too_late(const struct job *j, const struct job_device *d);
/* j->no_room says so where devices of the wave stay at home for that. */
void budget_say_too_late(struct job *j, uint32_t wave);
/* Waits until then; where --max-wait ends before, j->no_room says so. */
MUST_CHECK enum errc budget_wait_at_home(struct job *j, struct err *err);
/* How many more devices may be off their servers with a way back to come. */
uint32_t budget_room_in_flight(const struct job *j);
/* How many writes may leave right now, or so soon that their look stays good. */
uint32_t budget_now(const struct job *j);

#endif
