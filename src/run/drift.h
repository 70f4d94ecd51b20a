/*
 * Whose doing a drift is.
 */
#ifndef RUN_DRIFT_H
#define RUN_DRIFT_H

#include "run/job.h"

/* What was seen of it is another's doing: it is left there, and named later. */
void drift_note(struct job *j, struct job_device *d, const struct view *seen);
/* The same of one in custody, which is over. */
void drift_let_go(struct job *j, struct job_device *d, const struct view *seen);
/* The same for those on their servers whom two looks timeouts.settle apart do not show there; adds
 * how many they are to *ret_n. v is overwritten. A look that fails finds nobody. */
MUST_CHECK enum errc drift_find(
	struct job *j, uint32_t *v, uint32_t n, uint32_t *ret_n, struct err *err);
/* Adds to the devices that drifted who changed them, as far as Apple says. */
MUST_CHECK enum errc job_name_drift(struct job *j, struct err *err);

#endif
