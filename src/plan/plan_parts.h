/*
 * Private to plan/plan*.c.
 */
#ifndef PLAN_PLAN_PARTS_H
#define PLAN_PLAN_PARTS_H

#include "plan/plan.h"

void plan_init(
	struct plan *p, struct input *input, struct ruleset *rules, const struct plan_options *opt);
/* --limit and the fingerprint: the last step of every plan. */
void plan_finish(struct plan *p);

/* ERR_RULES: a name in the rules means no server or profile, or several. */
MUST_CHECK enum errc plan_check_names(struct plan *p, struct err *err);

/* Rows still open whose serial is on the protected list. */
void plan_settle_protected(struct plan *p);

/* The steps of this row. */
MUST_CHECK enum errc plan_take_program(
	struct plan *p, struct input_row *row, const struct program *program, struct err *err);

/* The row's outcome and why; detail may be empty. */
void plan_settle(struct plan *p, struct input_row *row, enum outcome outcome, enum reason reason,
	struct str detail);
/* As undecided: "apple.status: Apple gives it ...". */
void plan_settle_unknown(struct plan *p, struct input_row *row, enum fact fact);

/* A result CSV is a valid input: rows that a known run settled well are unchanged. */
bool plan_already_done(struct plan *p, struct input_row *row, const struct csv_record *record);

/* Adds to rows whose profile failed, is throttled or in progress since when, and the next try. */
void plan_note_profiles(struct plan *p);

/* From programs to outcomes: reads what the steps need, then decides every row that has a rule. */
MUST_CHECK enum errc plan_decide(struct plan *p, struct err *err);
/* A row that would be acted on, by results of work_foresee(): unverified instead, when its first
 * step had no effect in the runs before. */
MUST_CHECK enum errc plan_in_vain(struct plan *p, struct input_row *row, uint32_t slot,
	const char *results, uint32_t home, struct err *err);

#endif
