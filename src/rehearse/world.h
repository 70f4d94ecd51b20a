/*
 * The world of a rehearsal: a temporary folder and a simulator of our own in it. Nothing outside
 * the folder is written, nothing but loopback is spoken to, no secret of the user is opened.
 */
#ifndef REHEARSE_WORLD_H
#define REHEARSE_WORLD_H

#include <sys/types.h>

#include "base/arena.h"
#include "rehearse/fleet.h"

struct world {
	struct arena arena;
	const char *folder, *fleet, *audit; /* paths; folder NULL: not made */
	const char *port_file, *log, *settings, *key, *secret, *state;
	char url[64];
	pid_t pid; /* 0: not running */
};

/* Makes the folder and throw-away keys. ERR_CANNOT_CREATE. Caller closes, also after a failure. */
MUST_CHECK enum errc world_open(struct world *w, struct err *err);
/* Ends the simulator and removes the folder. */
void world_close(struct world *w);

/* The user's settings, or ones made here when *settings is NULL: hosts, secrets and state lead to
 * this world, the rest stays. */
MUST_CHECK enum errc world_settings(struct world *w, struct settings **settings,
	const struct rehearse_fleet *f, struct diags *d, struct err *err);

/* Starts the simulator with the fleet at w->fleet. scenarios: built-in names, files;
 * NULL-terminated. ERR_INPUT with its own words when it refuses. Whatever becomes of this process,
 * the simulator ends with it. */
MUST_CHECK enum errc world_start(struct world *w, const struct rehearse_fleet *f,
	const char *const *scenarios, uint64_t seed, struct err *err);
/* Ends the simulator; its audit file is whole then. */
void world_stop(struct world *w);

/* Copies the audit of an ended simulator to `path`. */
MUST_CHECK enum errc world_keep_audit(const struct world *w, const char *path, struct err *err);
/* What took effect beyond the plan: the same change on the same device again, a profile stripped.
 */
MUST_CHECK enum errc world_extra_effects(const struct world *w, uint64_t *ret, struct err *err);

/* Names of the scenarios that can be switched on, in the arena; NULL-terminated. Caller frees the
 * array with free(). */
MUST_CHECK enum errc world_scenarios(
	struct arena *a, const char ***ret, size_t *ret_n, struct err *err);

#endif
