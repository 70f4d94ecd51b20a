/*
 * The look that tells what became of requests (run/settle.c).
 */
#ifndef RUN_SETTLE_LOOK_H
#define RUN_SETTLE_LOOK_H

#include "run/job.h"

/* It is over, or of a service that has no activities and answered. */
bool settle_may_judge(const struct open_request *r);
/* Apple's come first: they may tell of a device that has to come back. */
bool settle_is_asked(const struct job *j, const struct open_request *r);
/* At the devices of all such requests. One that shows nothing is no failure: job.last_look_failed,
 * and `unseen` of the requests, tell what it is worth. */
MUST_CHECK enum errc settle_look(struct job *j, struct err *err);

#endif
