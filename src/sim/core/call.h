/*
 * A request on its way through the handler of one service.
 */
#ifndef SIM_CORE_CALL_H
#define SIM_CORE_CALL_H

#include "sim/core/state.h"

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

#endif
