/*
 * "Never more than n in any trailing window", as a sliding log of the last n send times. A token
 * bucket with a full burst would send 19 in the first hour of 10/hour. Pure: no clock, no store.
 */
#ifndef WIRE_RATE_H
#define WIRE_RATE_H

#include <stddef.h>
#include <stdint.h>

#include "model/settings.h"

struct rate_log {
	struct rate rate;
	int64_t *at; /* ring of the last rate.n send times, oldest at `first` */
	uint32_t n, first;
	int64_t not_before_ms; /* Retry-After of the service; TIME_NONE: none */
};

void rate_init(struct rate_log *r, struct rate rate);
void rate_release(struct rate_log *r);
/* In any order; of more than rate.n times the latest are kept. */
void rate_note(struct rate_log *r, int64_t at_ms);
/* What was noted as sent then has reached the service by to_ms, and not before; nothing, when that
 * time is not in the log. */
void rate_move(struct rate_log *r, int64_t from_ms, int64_t to_ms);
/* Forgets the times, not the pause. */
void rate_clear(struct rate_log *r);
void rate_pause(struct rate_log *r, int64_t until_ms);
/* Earliest time >= now at which the k-th further request (k from 1) may leave, if the ones before
 * leave as early as they can. INT64_MAX for a rate of 0. */
int64_t rate_when(const struct rate_log *r, int64_t now_ms, uint32_t k);
/* Earliest time >= now at which one more may leave when at each of the times in `taken`, ascending,
 * one will leave that the log does not know. */
int64_t rate_when_beside(
	const struct rate_log *r, int64_t now_ms, const int64_t *taken, size_t n_taken);

#endif
