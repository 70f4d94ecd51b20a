/*
 * Everything a command that talks to the services has open, in the order in which it must be: lock,
 * store, clock, transport, fleet.
 */
#ifndef FACTS_SESSION_H
#define FACTS_SESSION_H

#include "facts/facts.h"
#include "store/lock.h"
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
	/* What the command is: it takes the store's lock, and others see it there. NULL: it only
	 * reads, beside whoever writes. */
	const char *exclusive;
	int64_t wait_lock_ms; /* how long to wait for the lock */
	int64_t max_wait_ms;  /* INT64_MAX: for ever */
	uint32_t max_tries;   /* as for the transport */
	enum store_network network;
	bool lost; /* the state could not be opened: as far as it is known, see store_open_lost() */
	bool rehearsal; /* a virtual clock, which DEPMEND_CLOCK may set, from `from_ms` on */
	int64_t from_ms;
	int64_t (*pulse)(void *self, const struct transport_pulse *pulse); /* the transport's */
	void *pulse_self;
};

/* store_lock(), until wait_ms have passed in which another held it; that is told. ERR_STOPPED. */
MUST_CHECK enum errc session_lock(struct lock **ret, const struct settings *s, const char *command,
	int64_t wait_ms, struct err *err);
/* Where the state is kept as an earlier version left it, if opening it brought it up to date; where
 * what was damaged of it; and that it took over what could not be written before. */
void session_tell_upgrade(const struct store *s);

/* The clock of a command that opens no session: the real one, or that of DEPMEND_CLOCK, where it
 * starts. Caller frees with clock_free(). */
MUST_CHECK enum errc session_clock(const struct settings *s, struct clock **ret, struct err *err);
/* Opens no connection. DEPMEND_CLOCK=virtual[:RFC3339] drives a virtual clock, for rehearsing
 * against the simulator: it is refused unless every host is a loopback address. Caller closes, also
 * after a failure. */
MUST_CHECK enum errc session_open(struct session *s, const struct settings *settings,
	const struct session_options *opt, struct err *err);
/* Where the machine's clock is more than a day off Apple's: the sentence, in out. Rules go by days.
 */
enum { SESSION_CLOCK_TEXT = 160 };
bool session_clock_is_off(const struct transport *t, char out[SESSION_CLOCK_TEXT]);
/* Signs in to Apple alone and reads its servers. */
MUST_CHECK enum errc session_connect_apple(struct session *s, struct err *err);
/* Signs in and reads Apple's servers, unless that was done, and the token groups. */
MUST_CHECK enum errc session_connect(struct session *s, struct err *err);
/* Nothing more is written to the store: whoever waits for its lock has it, while this session may
 * still read. */
void session_unlock(struct session *s);
void session_close(struct session *s);

#endif
