/*
 * What every command reads first: settings, rules, the CSV. Mistakes go to the diagnostics.
 */
#ifndef CLI_APP_LOAD_H
#define CLI_APP_LOAD_H

#include "base/diag.h"
#include "cli/args/options.h"
#include "model/settings.h"
#include "plan/input.h"
#include "rules/rules.h"

/* *ret NULL (and ERR_OK) when no file is named and none is found. Caller frees with
 * settings_free(). */
MUST_CHECK enum errc cli_load_settings(
	const struct cli *cli, struct settings **ret, struct diags *d, struct err *err);

/* From --rules, else from the settings (may be NULL); *ret NULL (and ERR_OK) when neither names
 * any. Caller frees with rules_free(). */
MUST_CHECK enum errc cli_load_rules(const struct cli *cli, const struct settings *settings,
	struct ruleset **ret, struct diags *d, struct err *err);

/* Where shipped rules lie, the first place that counts first; NULL-terminated. Caller frees with
 * cli_shipped_free(). */
char **cli_shipped(void);
void cli_shipped_free(char **places);

/* Whether --allow says so: "empty=yes". */
bool cli_allows(const struct cli *cli, const char *what);
/* How the main list of the command is read, as the command line, the settings and the rules'
 * `columns:` say; either may be NULL. Borrows from all three. ERR_USAGE. */
MUST_CHECK enum errc cli_list_options(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, struct list_options *ret, struct err *err);

/* As the settings and the rules' `columns:` say; either may be NULL. The spool goes to the folder
 * for temporary files when `folder` is NULL. Caller releases *ret, also after a failure. */
MUST_CHECK enum errc cli_load_input(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, const char *path, const char *folder, struct input *ret,
	struct err *err);

#endif
