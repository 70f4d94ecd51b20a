/*
 * What it costs to read something: a listing page by page, or a request for each device. Pure: what
 * reads (facts) and what foretells (schedule) go by the same numbers.
 */
#ifndef FACTS_COST_H
#define FACTS_COST_H

#include "facts/fleet.h"

struct cost {
	bool listing;        /* read listings, not device by device */
	uint32_t n_listings; /* of which kind there are so many; 0 without */
	uint64_t n_requests;
	uint64_t n_instead; /* what the other way would cost; 0: there is none */
};

/* Apple's devices: all their pages, or n of them. */
struct cost cost_devices(const struct fleet *f, uint64_t n);
/* Where n devices are: every server's list, or a look-up each. */
struct cost cost_servers(const struct fleet *f, uint64_t n);
/* Whether n devices are on that server: its list alone, or a look-up each. */
struct cost cost_on_server(const struct fleet *f, uint32_t server, uint64_t n);
/* The tokens of n devices of these groups (bits): all their pages, or a search each. */
struct cost cost_tokens(const struct fleet *f, uint32_t groups, uint64_t n);

#endif
