/*
 * Private to forecast/: a plan walked through, wave by wave, as run/ carries it out.
 */
#ifndef FORECAST_WALK_H
#define FORECAST_WALK_H

#include "facts/cost.h"
#include "forecast/schedule.h"
#include "wire/rate.h"

struct walker {
	const struct work_program *prog;
	const char *results; /* of the run so far; NULL: it has not begun */
	uint32_t slot, home, wave, row;
	uint32_t at; /* next step that needs something */
	struct view v;
	int64_t off_ms; /* when it was taken off to be put back; TIME_NONE: it was not */
	int64_t sent_ms;
	uint32_t asks;     /* readings (bits) that its rules go by */
	int64_t judged_ms; /* when they did last */
	bool judged_again; /* and that was not the plan */
	bool judging;
};

/* What is sent, or waited for, together. */
struct parcel {
	enum step_kind kind;
	uint32_t server;
	int64_t deadline_ms;
	bool back, update;
	uint32_t to; /* see struct mover of wire/way_home.h */
	uint32_t walker;
};

struct walk {
	const struct facts *facts;
	const struct fleet *f;
	const struct settings *s;
	struct schedule *out;
	bool late;
	int64_t now, changed_ms; /* changed_ms: of the last change; TIME_NONE: none yet */
	struct rate_log log[RATE_CLASSES];
	struct walker *v; /* by wave */
	uint32_t n;
	uint32_t from, to; /* those of the wave that is walked through */
	struct parcel *parcels;
	uint32_t n_parcels;
	int64_t held_until_ms; /* some of the wave wait at home until then; INT64_MAX: none */
	uint64_t n_changed;    /* devices of all activities */
};

int64_t walk_later(int64_t at, int64_t wait);
void walk_send(struct walk *w, enum rate_class rate, uint64_t n);
void walk_read_apple(struct walk *w, struct cost c);
void walk_read_uem(struct walk *w, uint64_t n, bool listings);
void walk_read_tokens(struct walk *w, uint64_t n_devices);
/* Whether its steps, from the next one on, take it off a server and put it back: to which one. */
bool walk_comes_back(const struct walker *d, uint32_t *ret_server);
void walk_wave(struct walk *w);

/* Readings (bits) that rules (NULL: none) need for a device. */
uint32_t walk_asks(const struct ruleset *rules, const struct fleet *f, uint32_t slot);
/* Before a step of these parcels: rules are judged by facts read anew. True: it takes so long that
 * where the devices are has to be looked at once more. */
bool walk_judge_again(struct walk *w, uint32_t from, uint32_t to);

#endif
