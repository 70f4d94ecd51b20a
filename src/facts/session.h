/*
 * Everything a command that talks to the services has open, in the order in which it must be: lock,
 * store, clock, transport, fleet.
 */
#ifndef FACTS_SESSION_H
#define FACTS_SESSION_H

#include "facts/facts.h"
#include "io/lock.h"
#include "wire/transport.h"

struct session {
	const struct settings *settings; /* borrowed until session_close() */
	struct lock *lock;
	struct store *store;
	struct clock *clock;
	struct transport *transport;
	struct fleet fleet;
	struct facts facts;
};

struct session_options {
	bool exclusive;      /* take the lock of the Apple client id */
	int64_t max_wait_ms; /* INT64_MAX: for ever */
	uint32_t max_tries;  /* as for the transport */
	bool rehearsal;      /* a virtual clock, which DEPMEND_CLOCK may set, from `from_ms` on */
	int64_t from_ms;
	void (*pulse)(void *self, const struct transport_pulse *pulse); /* may be NULL */
	void *pulse_self;
};

/* Opens no connection. DEPMEND_CLOCK=virtual[:RFC3339] drives a virtual clock, for rehearsing
 * against the simulator: it is refused unless every host is a loopback address. Caller closes, also
 * after a failure. */
MUST_CHECK enum errc session_open(struct session *s, const struct settings *settings,
	const struct session_options *opt, struct err *err);
/* Signs in and reads Apple's servers and the token groups. */
MUST_CHECK enum errc session_connect(struct session *s, struct err *err);
void session_close(struct session *s);

#endif
