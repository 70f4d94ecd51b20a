/*
 * Carrying a plan out, for apply and undo alike: recover what earlier runs left, continue or plan,
 * guard, confirm, freeze, work, write the result.
 */
#ifndef CLI_APP_RUN_COMMAND_H
#define CLI_APP_RUN_COMMAND_H

#include "cli/app/approvals.h"
#include "cli/app/approved_plan.h"
#include "cli/app/context.h"
#include "io/file.h"

struct run_command {
	struct context p;
	/* What the run is told by, and how its plan is made: set before run_command_work(). */
	char identity[65];
	const char *input_path; /* as the user gave it */
	const char *undoes;     /* name of the run that is undone; NULL: none */
	const struct rules_policy *policy;
	enum errc (*make_plan)(struct run_command *c, struct err *err);
	char *out;            /* result file; owned */
	struct outfile *held; /* room for it until it is written; NULL: nobody has come so far */

	struct approved_plan expected;
	struct approvals approvals;
	bool approved;      /* there are steps that need it, and it is enough */
	struct again again; /* what its rows are judged by once more; none where no rule asks */
	int64_t planned_ms; /* when they were; 0: by an earlier process */
	struct run_record run;
	bool has_rows;      /* those of the list, or of the run to undo, are known */
	bool looked_back;   /* whether the state is the newest one was asked */
	bool has_run;       /* frozen now, or continued */
	bool worked;        /* the run itself put back what it took off */
	uint32_t in_flight; /* devices of earlier runs that are still not settled */
	int64_t started_ms;
	const char *why; /* the message that it ended with; NULL: none */
	struct limits limits;
	struct window window;
	struct buf said; /* who said yes, and how: flags and answers, one a line */
};

/* Takes the lock and opens the store; p.settings were loaded. */
MUST_CHECK enum errc run_command_open(struct run_command *c, struct err *err);
/* Everything from the first connection to the last proof. */
MUST_CHECK enum errc run_command_work(struct run_command *c, struct err *err);
/* Once rows were read, a result file is written whatever happened. Releases all; returns the exit
 * status. */
int run_command_end(struct run_command *c, enum errc ended, const struct err *why);

/* Its last part but for devices and memory: writes the result, tells who has to know. The lock is
 * free before anything goes to the standard output. */
int run_command_finish(struct run_command *c, enum errc ended, const struct err *why);

#endif
