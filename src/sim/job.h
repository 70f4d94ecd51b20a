/*
 * What happens later: rows of table job, carried out in order of due time (then of arrival) as
 * soon as the clock has reached them. While a job runs, sim->now is its due time.
 */
#ifndef SIM_JOB_H
#define SIM_JOB_H

#include "sim/sim.h"

/* The numbers are stored: append only. X(id, function) */
#define JOB_LIST(X)                  \
	X(ACTIVITY, activity_finish) \
	X(REVEAL, world_reveal)      \
	X(SYNC, sync_job)            \
	X(PROFILE, profile_job)      \
	X(MIGRATION, world_migrated) \
	X(REQUEST, route_late)       \
	X(ADMIN, admin_job)          \
	X(WIPE, sim_wipe_job)        \
	X(LAND, activity_land)       \
	X(CANCEL, world_cancelled)   \
	X(MILESTONE, admin_milestone)

enum job_kind {
#define X(id, function) JOB_##id,
	JOB_LIST(X)
#undef X
		JOB_MAX_
};

/* a, b, c: what the kind says; SQL_NULL for none. text is borrowed until the job is over. */
struct job {
	int64_t a, b, c;
	struct str text;
};

void job_add(struct sim *s, int64_t due_ms, enum job_kind kind, const struct job *job);
/* Everything due until then. */
void jobs_run(struct sim *s, int64_t until_ms);

#endif
