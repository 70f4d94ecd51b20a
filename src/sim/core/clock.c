#include "sim/core/clock.h"

#include <stddef.h>

#include "io/clock.h"

void sim_clock_open(struct sim_clock *c, int64_t rate, int64_t now_ms, bool virtual)
{
	*c = (struct sim_clock){ .rate = rate, .now_ms = now_ms, .virtual = virtual };
	c->real = clock_real();
	c->start_ms = clock_now(c->real);
	/* A restored clock may be ahead of the world's: rates and jumps have brought it there. */
	c->base_ms = c->start_ms > now_ms ? c->start_ms : now_ms;
}

void sim_clock_close(struct sim_clock *c)
{
	clock_free(c->real);
	c->real = NULL;
}

int64_t sim_clock_tick(struct sim_clock *c, int64_t asked_ms)
{
	int64_t at = c->base_ms + (clock_now(c->real) - c->start_ms) * c->rate;

	if (asked_ms > 0)
		c->virtual = true;
	if (c->virtual)
		at = asked_ms;
	if (at > c->now_ms)
		c->now_ms = at;
	return c->now_ms;
}
