/*
 * What the UEM does later: take over Apple's changes, give profiles (contract: UEM B.1).
 */
#ifndef SIM_UEM_SYNC_H
#define SIM_UEM_SYNC_H

#include "sim/job.h"

/* Job: a = group, b = 1 for Fetch. */
void sync_job(struct sim *s, const struct job *job);
/* Job: a = group, b = device, c = profile or SQL_NULL to take it away. */
void profile_job(struct sim *s, const struct job *job);

#endif
