/*
 * The rows of a command that ended before a run began: what the plan settled, and otherwise why
 * nothing was attempted. A source for write_rows().
 */
#ifndef CLI_APP_NOT_STARTED_H
#define CLI_APP_NOT_STARTED_H

#include "cli/app/context.h"

struct not_started {
	const struct context *p; /* the plan is asked if there is one */
	enum errc ended;
	struct buf steps, before;
};

/* p: borrowed until not_started_release(). */
void not_started_init(struct not_started *u, const struct context *p, enum errc ended);
MUST_CHECK enum errc not_started_row(void *self, uint32_t n, struct run_row *ret, struct err *err);
void not_started_release(struct not_started *u);

#endif
