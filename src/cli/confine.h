/*
 * Before the first word with a server: nothing is written any more but the state, the output's
 * folder and temporary files; no program is started. Settings that name commands need more, so
 * they go without.
 */
#ifndef CLI_CONFINE_H
#define CLI_CONFINE_H

#include "cli/cli.h"
#include "model/settings.h"

/* out: a file that will be written; NULL or "-": none. What is allowed is told with -v. */
void cli_confine(const struct settings *s, const char *out);
/* Whether the settings name programs to start, for secrets or for the sync. */
bool settings_run_programs(const struct settings *s);

#endif
