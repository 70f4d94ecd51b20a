/*
 * The simulator's time. Real (times --clock-rate) until the first X-Sim-Now arrives; from then on
 * virtual: it stands still and moves only forward, to what clients say.
 */
#ifndef SIM_CORE_CLOCK_H
#define SIM_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock;

struct sim_clock {
	struct clock *real;
	int64_t base_ms;  /* sim time when the rate began to count */
	int64_t start_ms; /* real time at that moment */
	int64_t now_ms;   /* the latest moment told to anybody; 0: none yet */
	int64_t rate;
	bool virtual;
};

/* now_ms: where a restored state stopped, 0 for a new one. */
void sim_clock_open(struct sim_clock *c, int64_t rate, int64_t now_ms, bool virtual);
void sim_clock_close(struct sim_clock *c);
/* asked_ms: X-Sim-Now of the request, 0 without one. Returns the time that counts now. */
int64_t sim_clock_tick(struct sim_clock *c, int64_t asked_ms);

#endif
