/*
 * When a device may be taken off its server: while the writes that bring it and those before it
 * back can follow soon. Apple's limit is small (services/README.md Apple A.9): of forty devices on
 * three servers a third would otherwise wait most of an hour off its server for the next write.
 */
#ifndef PLAN_WAY_HOME_H
#define PLAN_WAY_HOME_H

#include <stdint.h>

/* A sync and its proof take about as long. */
enum { WAY_HOME_SOON_MS = 300000 };

/* The writes that have to be free within WAY_HOME_SOON_MS when a request leaves that brings nobody
 * back: `before` of its kind leave ahead of it, `off` bring back what is off, or will be by then,
 * and n_home whom it takes off. rate_n: as many as there ever are; where all of them are free,
 * nobody who is off could use one, and the first may go. */
static inline uint32_t way_home_needs(
	uint32_t before, uint32_t off, uint32_t n_home, uint32_t rate_n)
{
	uint32_t n = before + off + n_home + 1;

	return !before && n > rate_n ? rate_n : n;
}

/* When it may leave: there is a write for it, and soon those for the way back. */
static inline int64_t way_home_when(int64_t first_ms, int64_t last_ms)
{
	last_ms -= WAY_HOME_SOON_MS;
	return first_ms > last_ms ? first_ms : last_ms;
}

#endif
