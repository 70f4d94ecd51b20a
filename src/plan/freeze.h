/*
 * From a confirmed plan to a run in the store, which carries it out (apply/apply.h).
 */
#ifndef PLAN_FREEZE_H
#define PLAN_FREEZE_H

#include "plan/plan.h"

/* Client, rules and parameters, and per row the serial and the values of the columns the rules use.
 */
MUST_CHECK enum errc run_identity(const struct input *in, struct ruleset *rules,
	const char *client_id, char ret[65], struct err *err);

/* Writes the confirmed plan into the store, in one transaction; before that the input's spool is
 * kept with the state's inputs, once by content. `frozen` is completed with what is needed to write
 * results later. */
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

#endif
