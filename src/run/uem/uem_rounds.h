/*
 * The parts of a phase that are the UEM's: profiles, records, wipes. *ret_n: how many devices were
 * moved on.
 */
#ifndef RUN_UEM_UEM_ROUNDS_H
#define RUN_UEM_UEM_ROUNDS_H

#include "run/job.h"

/* Gives and takes profiles: one request per device, all of the wave at once. */
MUST_CHECK enum errc profile_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* Deletes UEM records and sends wipes. */
MUST_CHECK enum errc record_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* Waits until a wipe of the wave is over, which can take days; a row still waiting when --max-wait
 * ends is left to the next apply. */
MUST_CHECK enum errc wipe_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* One look at them, for whoever does not go on with the run. */
MUST_CHECK enum errc wipe_look(struct job *j, struct err *err);
/* Rows whose profile does not show say in which state it is, since when, and when to try again. */
MUST_CHECK enum errc profile_reasons(struct job *j, struct err *err);

#endif
