/*
 * What becomes of open requests: their activities, and what a look proves.
 */
#ifndef RUN_SETTLE_H
#define RUN_SETTLE_H

#include "run/job.h"

/* Asks about the activities of open requests, once each; ends the quarantine of those without. */
MUST_CHECK enum errc activities_poll(struct job *j, struct err *err);
/* When it is worth asking, so that most activities are asked about once: a while after the last of
 * those that were accepted just now, by how long the run's latest one took; now where anything else
 * may be learnt, or time is short. */
int64_t activities_due(const struct job *j);
/* Until every open request but wipes is settled, or patience_until_ms after a stop. */
MUST_CHECK enum errc settle_requests(struct job *j, int64_t patience_until_ms, struct err *err);

#endif
