/*
 * Whose doing a drift is.
 */
#ifndef RUN_DRIFT_H
#define RUN_DRIFT_H

#include "run/job.h"

/* Adds to the devices that drifted who changed them, as far as Apple says. */
MUST_CHECK enum errc job_name_drift(struct job *j, struct err *err);

#endif
