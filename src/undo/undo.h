/*
 * The way back: a plan that leads the devices of a run to the server and the profile that were
 * recorded before it. It is confirmed, guarded and carried out as any other plan.
 */
#ifndef UNDO_UNDO_H
#define UNDO_UNDO_H

#include "plan/plan.h"

/* An undo of the same run by the same client is the same run. */
void undo_identity(const char *client_id, const char *run_name, char ret[65]);

/* The rows of the run, as an input of their own. Caller releases *ret, also after a failure. */
MUST_CHECK enum errc undo_input(
	struct store *store, const struct run_record *run, struct input *ret, struct err *err);

/* For every device what leads back; opt->facts may not be NULL. What cannot be undone is `manual`
 * and named, what somebody changed since is `drifted`. Caller releases with plan_release(), also
 * after a failure. */
MUST_CHECK enum errc undo_plan(struct plan *p, struct input *input, struct store *store,
	const struct run_record *run, const struct plan_options *opt, struct err *err);

#endif
