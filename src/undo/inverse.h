/*
 * From what a run did to one device to the steps that lead back. Pure.
 */
#ifndef UNDO_INVERSE_H
#define UNDO_INVERSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "facts/fleet.h"
#include "model/outcome.h"
#include "model/snapshot.h"
#include "model/step.h"

/* One row acted on: where it was, and how the run left it. Texts are borrowed. */
struct undone {
	uint32_t start; /* server; SERVER_NONE: none */
	struct snapshot before, after;
	enum outcome outcome;    /* done: `after` is the state that the run left */
	const struct step *late; /* its last move, if it did not see it; NULL: it did */
};

/* What the steps of a run did to one device. */
struct deeds {
	bool moved, migrated, profiled;
	const struct step *late; /* as in struct undone */
	bool synced;             /* so that the UEM has to follow the way back too */
	bool released;
	bool open;       /* something of `lost` may still be carried out, or was */
	struct buf lost; /* words of what has no inverse; the caller's, who releases it */
};
/* Of a frozen program and its letters (plan/work.h). open: a bit per kind of what was sent, and
 * nobody knows the outcome of. */
MUST_CHECK enum errc deeds_read(struct str program, struct str results, uint32_t open,
	struct arena *a, struct deeds *ret, struct err *err);

enum { INVERSE_MAX_STEPS = 5 };
struct inverse {
	struct step v[INVERSE_MAX_STEPS];
	uint32_t n;
};
/* Adds what leads back; with what else stands in it, at most INVERSE_MAX_STEPS. */
void inverse_of(const struct fleet *f, const struct settings *s, const struct deeds *d,
	const struct undone *u, struct inverse *ret);
void inverse_add(struct inverse *inv, enum step_kind kind, struct str arg);

#endif
