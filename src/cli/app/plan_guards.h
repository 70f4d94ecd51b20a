/*
 * What the guards say of a plan, and the one line that lifts those that would stop it.
 */
#ifndef CLI_APP_PLAN_GUARDS_H
#define CLI_APP_PLAN_GUARDS_H

#include <stdio.h>

#include "cli/args/options.h"
#include "io/json.h"
#include "plan/guard.h"

enum { PLAN_GUARDS = 12 };

struct plan_guards {
	struct plan_guard {
		const char *name, *rules;
		char *says; /* NULL: it does not stop the plan; owned */
		uint64_t n, n_day, most, percent, size;
	} v[PLAN_GUARDS];
	size_t n;
	struct buf allow; /* "--allow devices=612 --allow release=12"; empty: nothing stops */
};

/* Each guard is asked, with what --allow says. Caller releases, also after a failure. */
MUST_CHECK enum errc plan_guards_ask(struct plan_guards *ret, const struct cli *cli,
	const struct plan *p, const struct rules_policy *policy, struct err *err);
void plan_guards_release(struct plan_guards *g);

/* A line each; those that stop the plan begin with '!'. */
void plan_guards_lines(const struct plan_guards *g, struct buf *out);
/* acts: what follows is the question, no command to which --allow could be added. */
void plan_guards_print(const struct plan_guards *g, bool acts, FILE *out);
void plan_guards_put(const struct plan_guards *g, struct json_out *o);

#endif
