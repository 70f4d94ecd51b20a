/*
 * The parts of a phase: each sends what is ready to be sent in a wave (wave UINT32_MAX: put-backs
 * only). *ret_n: how many devices were moved on.
 */
#ifndef RUN_ROUNDS_H
#define RUN_ROUNDS_H

#include "run/job.h"

/* Of those that may leave at once so many have their intents written with another's: as many again
 * as are under way. */
enum { CHANGE_AHEAD = 3 };

/* To Apple. */
MUST_CHECK enum errc change_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* Releases in Apple School Manager. */
MUST_CHECK enum errc disown_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* One sync for all devices of the wave that wait for one. */
MUST_CHECK enum errc sync_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err);
/* A sync of these groups (bits) that no list can prove, and timeouts.sync_gap for it to take
 * effect.
 */
MUST_CHECK enum errc sync_again(struct job *j, uint32_t groups, struct err *err);

#endif
