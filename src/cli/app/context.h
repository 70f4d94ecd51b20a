/*
 * What plan, apply and their kin do before they part: load everything, open the session, judge.
 */
#ifndef CLI_APP_CONTEXT_H
#define CLI_APP_CONTEXT_H

#include "apply/apply.h"
#include "cli/app/load.h"
#include "cli/app/progress.h"
#include "facts/session.h"

struct context {
	const struct cli *cli;
	struct diags diags;
	struct progress *progress;
	struct settings *settings; /* NULL: offline without settings */
	struct ruleset *rules;
	struct input input;
	uint32_t n_protected; /* serials on that list */
	struct map protected_serials;
	struct session session;
	bool online;
	int64_t now_ms;       /* TIME_NONE: of the clock; --now comes first */
	bool as_if;           /* now_ms is not of the clock, see plan_options */
	const char **allowed; /* --allow, NULL-terminated; owned */
	struct plan_options plan_options;
	struct plan plan;
	bool has_plan;
};

/* Settings, rules, protected list; diagnostics are printed. Caller releases, also after a failure.
 */
MUST_CHECK enum errc context_load(
	struct context *p, const struct cli *cli, bool needs_settings, struct err *err);
/* The same for a command that judges by no rules. */
MUST_CHECK enum errc context_load_without_rules(
	struct context *p, const struct cli *cli, struct err *err);
/* The CSV, bound to the rules; its spool lies in `folder` (NULL: temporary). */
MUST_CHECK enum errc context_read_input(struct context *p, const char *folder, struct err *err);
/* session_open(), with whoever watches shown how far it is; what --allow lifts for the readings is
 * lifted for every command that takes it. */
MUST_CHECK enum errc context_open_session(
	struct context *p, struct session_options opt, struct err *err);
/* --limit; UINT32_MAX: none. */
uint32_t context_limit(const struct context *p);
/* Fills plan_options for whoever makes the plan: online when the session is connected. */
void context_set_plan_options(struct context *p);
/* The plan; online when the session is connected. */
MUST_CHECK enum errc context_make_plan(struct context *p, struct err *err);
void context_release(struct context *p);

#endif
