/*
 * Nothing is sent before a person, or a flag, has said yes to exactly this plan.
 */
#ifndef CLI_CONFIRM_H
#define CLI_CONFIRM_H

#include "cli/cli.h"
#include "engine/plan.h"

/* --expect, --confirm STEP=COUNT, then --yes or [y/N] on a terminal. ERR_GUARD: a count or the
 * fingerprint differs, or the answer was no; ERR_USAGE names the flag that is missing. */
MUST_CHECK enum errc confirm_plan(const struct cli *cli, const struct plan *p, struct err *err);
/* A run that is continued was confirmed when it was frozen; --expect and --confirm are compared
 * with that plan. */
MUST_CHECK enum errc confirm_continue(
	const struct cli *cli, const struct run_record *run, struct err *err);

#endif
