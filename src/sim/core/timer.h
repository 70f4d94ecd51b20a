/*
 * What happens later: rows of table timer, carried out in order of due time (then of arrival) as
 * soon as the clock has reached them. While one runs, sim->now is its due time. Who carries out
 * which kind is said by timer_register(): this file knows none of them.
 */
#ifndef SIM_CORE_TIMER_H
#define SIM_CORE_TIMER_H

#include "sim/core/state.h"

void timer_register(struct sim *s, enum timer_kind kind, timer_fn *run);
void timer_add(struct sim *s, int64_t due_ms, enum timer_kind kind, const struct timer *timer);
/* Everything due until then. */
void timers_run(struct sim *s, int64_t until_ms);

#endif
