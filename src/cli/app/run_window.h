/*
 * The change window of a run: which one is open, and how long the run's devices are off at most.
 */
#ifndef CLI_APP_RUN_WINDOW_H
#define CLI_APP_RUN_WINDOW_H

#include "cli/app/context.h"
#include "plan/window.h"
#include "report/when.h"

/* By the plan's own estimate, which is kept with the run; from where it is read when the run goes
 * on (p has no plan then). Waits of the session then end with the window. */
MUST_CHECK enum errc run_window_find(struct window *ret, struct context *p,
	const struct rules_policy *policy, const struct run_record *run, struct err *err);
/* One line of a plan: what the windows say of it. Nothing without windows. */
void run_window_print(const struct context *p, int64_t off_ms, const struct when *when, FILE *out);

#endif
