/*
 * A run from frozen plan to result: recover, carry out wave by wave, put back, close.
 */
#ifndef APPLY_APPLY_H
#define APPLY_APPLY_H

#include "plan/freeze.h"
#include "plan/window.h"
#include "run/job.h"

/* Everything a run needs from its surroundings. */
struct surroundings {
	struct store *store;
	struct transport *transport;
	struct facts *facts;
	const struct settings *settings;
	const struct map *protected_serials;               /* NULL: none */
	enum errc (*vouched)(void *self, struct err *err); /* as in struct job; NULL: no need */
	void *vouched_self;
	const struct limits *limits; /* NULL: none */
	const struct window *window; /* NULL: any time will do */
	int64_t away_ms; /* who is taken off is away so long if all goes well; 0: not known */
	const struct again *again;    /* what the rows are judged by; NULL: by nothing */
	int64_t planned_ms;           /* when they were; 0: in another process */
	const char *const *allowed;   /* --allow, NULL-terminated; NULL: none */
	uint32_t halt_failed_percent; /* 100: never */
	void (*progress)(void *self, const struct job *j);
	void *progress_self;
};

/* What any run left off its server is looked at and put back, by what the ledger says: neither
 * rules nor names nor the UEM are asked. `except` is the identity of the run that will be continued
 * ("": none), which brings its devices back by itself. What is still off afterwards is left to the
 * next apply. */
MUST_CHECK enum errc run_put_back(
	const struct surroundings *s, const char *except, struct err *err);
/* Everything else that earlier runs left open, and what they had not touched, which is superseded.
 * *ret_in_flight: devices that are not settled. */
MUST_CHECK enum errc run_recover(
	const struct surroundings *s, const char *except, uint32_t *ret_in_flight, struct err *err);

/* Carries the run out until every row is settled or something stops it. Returns what stopped it
 * (ERR_OK, ERR_STOPPED, ERR_TEMPFAIL, ERR_GUARD for a halt, ERR_AUTH, ERR_NET, ERR_STORE ...), with
 * the rows left `pending` or `in_flight`. */
MUST_CHECK enum errc run_work(const struct surroundings *s, int64_t run, struct err *err);

#endif
