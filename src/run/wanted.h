/*
 * What a look just before says of the next step.
 */
#ifndef RUN_WANTED_H
#define RUN_WANTED_H

#include "run/job.h"

/* What a look just before says of the next step, which is Apple's. */
enum wanted {
	WANTED,
	NOT_WANTED,  /* it needs nothing, or was changed by somebody else: settled */
	WANTED_LATER /* a second look has to agree first, or Apple is moving it */
};
enum wanted change_wanted(struct job *j, struct job_device *d);

#endif
