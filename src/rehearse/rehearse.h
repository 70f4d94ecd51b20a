/*
 * A rehearsal: the engine that `apply` drives, in a world of its own: a temporary folder, a
 * simulator that stands for Apple and the UEM, and a clock that leaps from one deadline to the
 * next. Nothing outside the folder is written, nothing but loopback is spoken to.
 */
#ifndef REHEARSE_REHEARSE_H
#define REHEARSE_REHEARSE_H

#include "apply/apply.h"
#include "facts/session.h"
#include "plan/plan.h"
#include "rehearse/world.h"

/* Texts and lists are borrowed until rehearsal_release(). Lists end with NULL. */
struct rehearsal_options {
	const char *input_path; /* as the user gave it */
	struct input *input;    /* the rows to act on, bound to the rules */
	struct ruleset *rules;
	struct settings **settings; /* *settings NULL: none; made then. Led into the world */
	struct diags *diags;
	const struct map *protected_serials; /* NULL: none */

	const struct input *inventory; /* the organization; NULL: the input stands for it */
	const char *const *assumed;    /* FIELD=VALUE: facts of every device */
	const char *const *scenarios;  /* what goes wrong: built-in names, files */
	const char *const *allowed;    /* NAME=VALUE: guards that are lifted */
	uint64_t seed;                 /* everything random follows from it */
	uint32_t limit;                /* as for a plan; UINT32_MAX: none */
	bool past_halt;                /* go on after a halt */
	int64_t from_ms;               /* when the world begins */
	int64_t now_ms;                /* judge as of then; TIME_NONE: when it is connected */
	int64_t max_wait_ms;           /* INT64_MAX: for ever */

	int64_t (*pulse)(void *self, const struct transport_pulse *pulse);
	void (*progress)(void *self, const struct job *j);
	void *progress_self;
};

/* What a wave would leave behind if nothing worked after its first step. */
struct worst_case {
	uint32_t devices, off;
};

struct rehearsal {
	const struct rehearsal_options *opt;
	struct world world;
	struct rehearse_fleet fleet;
	struct session session;
	struct plan_options plan_options;
	struct plan plan;
	bool has_plan;
	struct again again;
	char identity[65]; /* empty: ended before the world answered */
	struct run_record run;
	bool has_run;      /* frozen */
	struct buf guards; /* what each one that would fire says, a line each */
	struct worst_case *waves;
	size_t n_waves, cap_waves;
	int64_t started_ms; /* TIME_NONE: not connected */
	/* Of rehearsal_end(): */
	struct transport_counts sent;
	int64_t took_ms;
	uint64_t extra; /* effects beyond the plan */
};

/* Makes the world's folder (r->world.folder), where the input's spool has to lie.
 * ERR_CANNOT_CREATE. Caller releases, also after a failure. */
MUST_CHECK enum errc rehearsal_open(struct rehearsal *r, struct err *err);
/* From the fleet to the last proof. Returns what stopped it, as run_work() does. */
MUST_CHECK enum errc rehearsal_run(
	struct rehearsal *r, const struct rehearsal_options *opt, struct err *err);
/* Ends the simulator and counts; its audit goes to `audit` (NULL: nowhere). */
MUST_CHECK enum errc rehearsal_end(struct rehearsal *r, const char *audit, struct err *err);
void rehearsal_release(struct rehearsal *r);

#endif
