/*
 * What carrying a plan out will take: requests, write tokens, time. Pure: the plan is walked
 * through as if every first look proved what was done, as if every proof came at the last moment,
 * and perhaps with another limits.in_flight.
 */
#ifndef FORECAST_SCHEDULE_H
#define FORECAST_SCHEDULE_H

#include "plan/plan.h"
#include "run/job.h"

struct schedule {
	uint32_t n_waves;
	uint32_t first;     /* devices of the first of them */
	uint32_t in_flight; /* most rows of a wave that have to be put back */
	uint32_t restored;  /* rows that have to be put back, in all */
	/* With this limits.in_flight the plan would end at other_ms at the earliest; 0: none saves
	 * an hour. */
	uint32_t other_in_flight;
	int64_t other_ms;
	/* Requests that change something. */
	uint64_t apple_changes, uem_changes, syncs;
	/* Complete listings, whatever their number of pages, with those that the plan itself took:
	 * apply reads them again. The requests count look-ups as well. */
	uint64_t apple_listings, uem_listings, apple_reads, uem_reads;
	/* Beyond those, while waiting for proofs: at most. A sync that is repeated is one, too. */
	uint64_t apple_polls, uem_polls;
	/* Most writes to Apple that are kept at one time for putting devices back. */
	uint32_t reserved;
	int64_t begin_ms, earliest_ms, latest_ms;
	/* How long a device is off its server: the longest, if all goes well, and at most. */
	int64_t off_ms, off_at_most_ms;
	int64_t uem_quota, uem_quota_left; /* of the tenant; -1: not told */
};

/* The plan has to be online. */
void schedule_make(const struct plan *p, const struct rules_policy *policy, struct schedule *ret);
/* What is left of a run under way, if all goes well (late: if every proof comes at the last moment;
 * its end is earliest_ms, too): what it has read and changed is not in it. */
void schedule_left(const struct job *j, bool late, struct schedule *ret);

#endif
