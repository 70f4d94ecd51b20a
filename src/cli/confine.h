/*
 * Before the first word with a server: nothing is written any more but the state, the output's
 * folder and temporary files; no program is started. Settings that name commands need more, so
 * they go without.
 */
#ifndef CLI_CONFINE_H
#define CLI_CONFINE_H

#include "base/buf.h"
#include "cli/cli.h"
#include "model/settings.h"

enum { CONFINED_FOLDERS = 4 };

/* What the process has given away. */
struct confined {
	bool programs; /* nothing: the settings run some */
	bool no_new_privileges;
	int landlock;                     /* version; 0: the kernel has none, or refused */
	char *writable[CONFINED_FOLDERS]; /* all that may be written, with Landlock; owned */
};

/* out: a file that will be written; NULL or "-": none. What is allowed is told with -v. ret may be
 * NULL; caller frees with confined_release(). */
void cli_confine(const struct settings *s, const char *out, struct confined *ret);
void confined_release(struct confined *c);
/* "Landlock 4; nothing is started; ..." */
void confined_words(const struct confined *c, struct buf *out);
/* Whether the settings name programs to start, for secrets or for the sync. */
bool settings_run_programs(const struct settings *s);

#endif
