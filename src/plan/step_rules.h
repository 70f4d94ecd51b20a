/*
 * What each step means for a device: when its effect already holds, and what it leads to. Adding a
 * step is one row in the table and its two functions.
 */
#ifndef PLAN_STEP_RULES_H
#define PLAN_STEP_RULES_H

#include "plan/work.h"

/* Facts (FACT_BIT) that are not what they were once such a step was taken. */
uint64_t step_changes(enum step_kind kind);

/* Readings (bits) that the look just before it brings. */
uint32_t step_looks(enum step_kind kind);

struct step_case {
	const struct fleet *fleet;
	const struct work_step *step;
	uint32_t target; /* server it goes to, or (unassign) the only one it is taken from */
	bool has_uem;
};

struct step_rule {
	bool (*holds)(const struct step_case *c, const struct view *v);
	void (*effect)(const struct step_case *c, struct view *v);
};

/* Borrowed for ever. */
const struct step_rule *step_rule(enum step_kind kind);

#endif
