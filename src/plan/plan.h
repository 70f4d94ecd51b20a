/*
 * Which row gets which steps, and why. Judging asks for facts only while rows are open, cheapest
 * first; deciding is pure. `plan` prints the result, `apply` freezes it in the store.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "facts/facts.h"
#include "plan/input.h"
#include "plan/work.h"
#include "rules/rules.h"

struct plan_options {
	const struct settings *settings;     /* NULL: offline without settings */
	struct facts *facts;                 /* NULL: offline, live facts are unknown */
	const struct map *protected_serials; /* NULL: none */
	int64_t now_ms;
	bool as_if;     /* now_ms is no time of the clock: --now, or later than it is */
	uint32_t limit; /* --limit; UINT32_MAX: none */
	bool simulated; /* a state of its own, which knows no earlier run */
};

struct plan {
	/* Borrowed until plan_release(). */
	struct input *input;
	struct ruleset *rules; /* NULL: the plan undoes a run */
	const struct plan_options *opt;

	struct arena arena;
	struct map programs;           /* JSON texts, see model/program.h */
	struct work_program *compiled; /* by program slot; n_compiled of them */
	uint32_t n_compiled;
	uint32_t *rule_kind;     /* by rule, and behind them without one: the kind of all those
				    rows; MAP_NONE: not known yet, or they differ */
	uint32_t *rule_because;  /* by rule: slot of input.details; MAP_NONE: not known yet */
	uint32_t n_planned;      /* rows that would send something */
	char fingerprint[65];    /* over the planned rows: serial, rule, steps, state before */
	char undo[48];           /* without rules: stands where a rule's name would */
	struct awaited *awaited; /* plan/awaited.h; NULL: nothing can wait */
};

/* The rules have to be bound to the input, whose rows are to be read only without facts. ERR_RULES:
 * a server written in the rules does not resolve. Caller releases, also after a failure. */
MUST_CHECK enum errc plan_build(struct plan *p, struct input *input, struct ruleset *rules,
	const struct plan_options *opt, struct err *err);
void plan_release(struct plan *p);

/* Whether no row says that something is left to do for a person, or waits. */
bool plan_is_well(const struct plan *p);

/* One row to be acted on, as a plan's CSV shows it. */
struct sha256_stream;
void fingerprint_add(struct sha256_stream *digest, struct str serial, struct str rule,
	struct str steps, struct str before);

/* Slot in the fleet of a row's serial; MAP_NONE when nothing was read about it. */
uint32_t plan_slot(const struct plan *p, const struct input_row *row);
/* NULL when the row has no program. */
const struct work_program *plan_program(const struct plan *p, const struct input_row *row);
struct str plan_rule_name(const struct plan *p, const struct input_row *row);
/* What rows can name as their rule: input_row.rule is below plan_n_rules(). */
size_t plan_n_rules(const struct plan *p);
struct str plan_rule(const struct plan *p, size_t rule);
/* SHA-256 of the rules; empty without any. */
const char *plan_rules_digest(const struct plan *p);
struct str plan_detail(const struct plan *p, const struct input_row *row);
/* Where the device is, or was before an earlier run took it off. */
MUST_CHECK enum errc plan_home(
	const struct plan *p, uint32_t slot, uint32_t *ret_server, struct err *err);

/* The list that `protect:` of the settings names. ERR_SETTINGS when it is missing, empty or in any
 * line not surely read. *ret_n: serials listed; the map holds what they may be misread as, too.
 * Caller releases the map. */
MUST_CHECK enum errc protect_load(
	struct map *ret, uint32_t *ret_n, const struct settings *settings, struct err *err);

#endif
