/*
 * The fleet of a rehearsal: what the simulator is seeded with. Taken from the user's CSV, or from
 * an inventory when there is one; `--assume` fills a column for all devices.
 */
#ifndef REHEARSE_FLEET_H
#define REHEARSE_FLEET_H

#include "base/map.h"
#include "model/settings.h"
#include "plan/input.h"
#include "rules/rules.h"

enum { REHEARSE_MAX_FIELDS = 32 };

struct rehearse_fleet {
	struct map servers, profiles;            /* names that have to be there */
	int source[REHEARSE_MAX_FIELDS];         /* column of each fleet field, -1: not there */
	struct str assumed[REHEARSE_MAX_FIELDS]; /* p NULL: not assumed */
	int status_at;                           /* column with the status in words, -1: none */
	uint64_t known;                          /* facts that the fleet holds: FACT_BIT each */
	bool has_inventory;
	bool names_server; /* rules, rows or settings do; the first is the default */
};

/* What a fleet is made of; borrowed for the call. */
struct fleet_source {
	const struct input *input;     /* bound to the rules */
	const struct input *inventory; /* NULL: the input stands for the organization */
	struct ruleset *rules;
	const struct settings *settings; /* NULL: none */
	const char *const *assumed;      /* FIELD=VALUE, NULL-terminated */
};

/* Writes the simulator's fleet CSV to `path`. Names of servers and profiles that the rules use are
 * collected. ERR_USAGE for an assumption that the simulator does not know. Caller releases, also
 * after a failure. */
MUST_CHECK enum errc rehearse_fleet_write(struct rehearse_fleet *f,
	const struct fleet_source *source, const char *path, struct err *err);
void rehearse_fleet_release(struct rehearse_fleet *f);

/* Live facts that the rules ask for and the fleet does not hold: ", " between the words. */
void rehearse_fleet_unknowable(
	const struct rehearse_fleet *f, struct ruleset *rules, struct buf *out);

#endif
