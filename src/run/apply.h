/*
 * A run from frozen plan to result: freeze, recover, carry out wave by wave, put back, close.
 */
#ifndef RUN_APPLY_H
#define RUN_APPLY_H

#include "plan/plan.h"
#include "plan/window.h"
#include "run/job.h"

/* Client, rules and parameters, and per row the serial and the values of the columns the rules use.
 */
MUST_CHECK enum errc run_identity(const struct input *in, struct ruleset *rules,
	const char *client_id, char ret[65], struct err *err);

/* Writes the confirmed plan into the store, in one transaction; the input's spool moves into the
 * run's folder. `frozen` is completed with what is needed to write results later. */
struct freeze {
	const char *input_path; /* as the user gave it */
	const char *undoes;     /* name of the run that is undone; NULL: none */
	const char *again;      /* the command that continues the run */
	const char *identity;
	const struct rules_policy *policy;
	const char *const *allowed; /* --allow, NULL-terminated; NULL: none */
	struct str audit; /* who, version, digests, confirmations, allowances: JSON members */
};
MUST_CHECK enum errc run_freeze(struct plan *p, struct store *store, const struct freeze *f,
	int64_t now_ms, struct run_record *ret, struct err *err);

/* Everything a run needs from its surroundings. */
struct surroundings {
	struct store *store;
	struct transport *transport;
	struct facts *facts;
	const struct settings *settings;
	const struct map *protected_serials; /* NULL: none */
	const struct limits *limits;         /* NULL: none */
	const struct window *window;         /* NULL: any time will do */
	const char *const *allowed;          /* --allow, NULL-terminated; NULL: none */
	uint32_t halt_failed_percent;        /* 100: never */
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
