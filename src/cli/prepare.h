/*
 * What plan, apply and their kin do before they part: load everything, open the session, judge.
 */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "cli/load.h"
#include "cli/progress.h"
#include "facts/session.h"
#include "run/apply.h"

struct prepared {
	const struct cli *cli;
	struct diags diags;
	struct progress *progress;
	struct settings *settings; /* NULL: offline without settings */
	struct ruleset *rules;
	struct input input;
	struct map protected_serials;
	struct session session;
	bool online;
	int64_t now_ms; /* TIME_NONE: of the clock; --now comes first */
	struct plan_options plan_options;
	struct plan plan;
	bool has_plan;
};

/* Settings, rules, protected list; diagnostics are printed. Caller releases, also after a failure.
 */
MUST_CHECK enum errc prepare_load(
	struct prepared *p, const struct cli *cli, bool needs_settings, struct err *err);
/* The same for a command that judges by no rules. */
MUST_CHECK enum errc prepare_without_rules(
	struct prepared *p, const struct cli *cli, struct err *err);
/* The CSV, bound to the rules; its spool lies in `folder` (NULL: temporary). */
MUST_CHECK enum errc prepare_input(struct prepared *p, const char *folder, struct err *err);
/* session_open(), with whoever watches shown how far it is. */
MUST_CHECK enum errc prepare_session(
	struct prepared *p, struct session_options opt, struct err *err);
/* Fills plan_options for whoever makes the plan: online when the session is connected. */
void prepare_options(struct prepared *p);
/* The plan; online when the session is connected. */
MUST_CHECK enum errc prepare_plan(struct prepared *p, struct err *err);
void prepare_release(struct prepared *p);

#endif
