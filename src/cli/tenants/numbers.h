/*
 * What the metrics file of one tenant says, as far as the page about all of them shows it.
 */
#ifndef CLI_TENANTS_NUMBERS_H
#define CLI_TENANTS_NUMBERS_H

#include "base/buf.h"
#include "cli/tenants/parts.h"

struct tenant_numbers {
	int64_t rows, done, open, off; /* -1: nothing is known */
	int64_t last_s, status;        /* when the latest run began; -1: unknown, not ended */
};
/* Of a metrics file; all unknown when there is none. */
struct tenant_numbers numbers_read(struct str text);
/* The metrics file that the tenant's `report` has written; empty when it has not. Caller releases.
 */
void numbers_load(const struct tenant *t, struct buf *ret);

#endif
