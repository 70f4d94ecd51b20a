/*
 * One page and one metrics file for all tenants of a folder: what `report --html` and `--metrics`
 * write there when their path has no {tenant}. The numbers are those that each tenant's own
 * `report --metrics` tells, so that there is one place where they are counted.
 */
#ifndef CLI_TENANTS_ROLLUP_H
#define CLI_TENANTS_ROLLUP_H

#include "cli/tenants/parts.h"
#include "cli/tenants/tenants.h"

struct rollup {
	const char *page, *metrics; /* where to; NULL: not asked for */
	char *folder; /* temporary: holds a file for each tenant; NULL: none is needed */
};

/* Whether the option is one file for all, and so not the tenants' own. */
bool rollup_takes(const struct cli *cli, const struct cli_given *g);

/* Names a file for the numbers of each tenant (`numbers`), when a roll-up is asked for.
 * ERR_CANNOT_CREATE, and what `check` finds. Caller closes, also after a failure. */
MUST_CHECK enum errc rollup_open(struct rollup *r, const struct cli *cli, struct tenants *t,
	tenants_check *check, struct err *err);
/* Once all have ended. ERR_CANNOT_CREATE, ERR_IO. */
MUST_CHECK enum errc rollup_write(const struct rollup *r, const struct tenants *t, struct err *err);
void rollup_close(struct rollup *r, const struct tenants *t);

#endif
