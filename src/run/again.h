/*
 * Whether the rules still want it.
 */
#ifndef RUN_AGAIN_H
#define RUN_AGAIN_H

#include "run/job.h"

/* What rows with a step that cannot be undone were taken by. */
MUST_CHECK enum errc again_load(struct job *j, struct err *err);
/* Judges those of the devices once more whose verdict is too old for a change: before each step
 * until the last that cannot be undone. Whom the rules do not take any more is left, or put back.
 */
MUST_CHECK enum errc again_before(
	struct job *j, const uint32_t *devices, uint32_t n, struct err *err);

#endif
