/*
 * Whether the rules that took a run's rows still do, by facts read anew: what a person confirmed is
 * never planned anew, but nothing that cannot be undone goes by facts of another day.
 */
#ifndef PLAN_AGAIN_H
#define PLAN_AGAIN_H

#include "facts/facts.h"
#include "plan/input.h"
#include "plan/work.h"
#include "rules/rules.h"

/* What the rows of a run are judged by; borrowed. */
struct again {
	struct ruleset *rules; /* bound to the input */
	const struct input *input;
	struct facts *facts;
};

/* One device. */
struct again_row {
	uint32_t slot;
	struct str rule;    /* that took it */
	struct str before;  /* what was known of it when it did, see model/snapshot.h */
	uint64_t ours;      /* facts (FACT_BIT) that its own steps have changed since */
	uint32_t just_read; /* readings (bits) that are new enough */
	/* The verdict: */
	bool holds;
	enum fact unknown; /* could not be read, and decides; FACT_MAX_: none */
	char *why;         /* what has changed; NULL: it holds, or `unknown` tells. Caller frees. */
};

/* Reads what the rules ask for, in the cheapest way, and judges: what was kept counts for
 * timeouts.fresh. All rows of a serial have to agree. */
MUST_CHECK enum errc again_judge(
	const struct again *a, struct again_row *rows, uint32_t n, struct err *err);

#endif
