/*
 * The rows of a command that ended before a run began: what the plan settled, and otherwise why
 * nothing was attempted. A source for write_rows().
 */
#ifndef CLI_UNSETTLED_H
#define CLI_UNSETTLED_H

#include "cli/prepare.h"

struct unsettled {
	const struct prepared *p; /* the plan is asked if there is one */
	enum errc ended;
	struct buf steps, before;
};

/* p: borrowed until unsettled_release(). */
void unsettled_init(struct unsettled *u, const struct prepared *p, enum errc ended);
MUST_CHECK enum errc unsettled_row(void *self, uint32_t n, struct run_row *ret, struct err *err);
void unsettled_release(struct unsettled *u);

#endif
