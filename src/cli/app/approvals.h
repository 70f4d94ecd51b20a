/*
 * `approval:` of the settings: what signatures there are for the plan at hand, whether they are
 * enough, and what remains of them with the run.
 */
#ifndef CLI_APP_APPROVALS_H
#define CLI_APP_APPROVALS_H

#include "approve/signature.h"
#include "cli/args/options.h"
#include "facts/session.h"
#include "plan/plan.h"

struct approvals {
	const struct approval_settings *rule; /* NULL: nothing needs approval */
	struct approvers who;
	struct signature *v;
	size_t n;
	struct buf how; /* what to type so that one more person approves */
};

/* That command; plan: the plan's CSV as the command line names it, NULL: there is none. Appended.
 */
void approvals_how(const struct cli *cli, const char *plan, struct buf *out);

/* Reads the signatures that count here: those beside the plan's CSV (`beside`; NULL: none), those
 * of --approval, and those that the run was begun with (NULL: a new one). ssh-keygen checks them,
 * so no sandbox may be entered yet. ERR_SETTINGS: the list of approvers; ERR_NO_INPUT: a file that
 * was named; ERR_USAGE: --approval without `approval:`. Caller releases, also after a failure. */
MUST_CHECK enum errc approvals_load(struct approvals *ret, const struct cli *cli,
	const struct session *session, const char *beside, const struct run_record *run,
	struct err *err);
void approvals_release(struct approvals *a);

/* Which steps of the settings' list are still to come: in a plan, or in a run that goes on. Bit per
 * step. */
uint32_t approvals_steps(const struct approval_settings *rule, const struct plan *p);
MUST_CHECK enum errc approvals_steps_of_run(const struct approvals *a, struct store *store,
	const struct run_record *run, uint32_t *ret, struct err *err);
/* ERR_GUARD tells how many people are missing; why others do not count is told before. run NULL:
 * it is still to begin. */
MUST_CHECK enum errc approvals_check(struct approvals *a, struct store *store, uint32_t steps,
	const char *fingerprint, const struct run_record *run, struct err *err);
/* While the run goes on: whether the list of approvers, as it reads now, still has enough of those
 * who counted. self: the struct approvals. ERR_GUARD names who is gone; ERR_SETTINGS. */
MUST_CHECK enum errc approvals_still_hold(void *self, struct err *err);
/* "wipe, release": the words of those steps. */
void approvals_words(uint32_t steps, struct buf *out);
/* With the run: so that it can go on, and so that no other run is approved by the same signatures.
 */
MUST_CHECK enum errc approvals_keep(const struct approvals *a, struct store *store,
	const struct run_record *run, struct err *err);
/* For the audit trail: an array of who approved what and when. */
void approvals_describe(const struct approvals *a, struct buf *out);

#endif
