/*
 * When a device may be taken off its server: while the writes that bring it and those before it
 * back can follow soon. Apple's limit is small (services/README.md Apple A.9): of forty devices on
 * three servers a third would otherwise wait most of an hour off its server for the next write.
 *
 * Every server that devices come back to takes a write of its own. Who would come back to more of
 * them than there are writes waits at home, so that a request takes off whom the others bring back.
 */
#ifndef WIRE_WAY_HOME_H
#define WIRE_WAY_HOME_H

#include <stdbool.h>
#include <stdint.h>

/* No server. */
#define NO_WAY UINT32_MAX

/* A device whose next step is a change at Apple. */
struct mover {
	uint32_t request; /* those of one number can share a request; in ascending order */
	uint32_t to;      /* it leaves its server, and a later request brings it back to this one;
			     NO_WAY: neither */
	bool back;        /* this one brings it back */
	bool goes;        /* may leave now: way_home_choose() says so */
};

struct way_home {
	int64_t now_ms, deadline_ms;
	int64_t (*when_ms)(const void *self, uint32_t k); /* the k-th write from now may leave */
	const void *self;
	uint32_t rate_n; /* as many writes as there ever are at once */
	uint32_t batch;  /* devices that a request may name */
	uint32_t n_servers;
	uint32_t *off; /* by server: devices that are off, or will be, and come back to it; those
			  that may leave now are added */
	/* The first of those that wait may leave then; past the deadline: then a run that begins
	 * has room for it. INT64_MAX: nobody waits. */
	int64_t held_until_ms;
};

/* Those of one request stand together, and among them those of one `to`. */
void way_home_choose(struct way_home *h, struct mover *v, uint32_t n);

/* How many requests bring those back. */
uint32_t way_home_writes(const struct way_home *h);

#endif
