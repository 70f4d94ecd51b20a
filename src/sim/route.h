/*
 * Which function answers which method and path.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "sim/sim.h"

enum party { PARTY_APPLE, PARTY_UEM, PARTY_DEP, PARTIES };

enum { ROUTE_MAX_PARTS = 4 };

struct route;

/* What a handler gets. Its own texts live in sim->arena. */
struct call {
	struct sim *sim;
	const struct request *req;
	struct reply *rep;
	const struct route *route;
	struct pairs query;
	struct str part[ROUTE_MAX_PARTS]; /* what stood for the {} of the path, decoded */
	struct str scope;                 /* Apple: business.api or school.api */
	int64_t server;                   /* DEP: whose session it is */
};

/* Path segments are literal or {}; the UEM's ignore case. */
struct route {
	const char *method, *path;
	void (*run)(struct call *c);
	bool open;    /* needs no sign-in */
	int versions; /* UEM: the highest version there is; 0: 1 */
};

/* Ended by a row without a path. */
extern const struct route sim_apple_routes[], sim_uem_routes[], sim_dep_routes[];

struct job;
/* Job: text = a request whose reply was lost and which is carried out only now. */
void route_late(struct sim *s, const struct job *job);

/* Finds and runs the handler, applies the scenario, writes the request's audit line. */
void route_request(struct sim *s, const struct request *q, struct reply *r);

#endif
