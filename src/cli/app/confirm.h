/*
 * Nothing is sent before a person, or a flag, has said yes to exactly this plan.
 */
#ifndef CLI_APP_CONFIRM_H
#define CLI_APP_CONFIRM_H

#include "cli/args/options.h"
#include "plan/plan.h"
#include "store/store.h"

/* Appends the flags that say yes, or more than yes, one a line. */
void confirm_flags(const struct cli *cli, struct buf *said);
/* Whether a person will be asked. */
bool confirm_asks(const struct cli *cli, const struct plan *p);
/* --confirm STEP=COUNT, a typed count for what cannot be undone, then --yes or [y/N] on a terminal.
 * ERR_GUARD: a count differs, or the answer was no; ERR_USAGE names the flag that is missing.
 * Appends what was answered, one a line. */
MUST_CHECK enum errc confirm_plan(
	const struct cli *cli, const struct plan *p, struct buf *said, struct err *err);

/* For a run that goes on: --confirm is compared with what was planned when it began. */
MUST_CHECK enum errc confirm_run(
	const struct cli *cli, struct store *store, int64_t run, struct err *err);

/* --confirm WORD=N, or typed on a terminal. ERR_GUARD for another count,
 * ERR_USAGE where there is neither. */
MUST_CHECK enum errc confirm_number(
	const struct cli *cli, const char *word, uint64_t n, struct err *err);

#endif
