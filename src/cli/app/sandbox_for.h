/*
 * Before the first word with a server: nothing is written any more but the state, the output's
 * folder and temporary files; no program is started. Settings that name commands need more, so
 * they go without.
 */
#ifndef CLI_APP_SANDBOX_FOR_H
#define CLI_APP_SANDBOX_FOR_H

#include "base/buf.h"
#include "cli/args/options.h"
#include "model/settings.h"

enum { SANDBOX_FOLDERS = 5 };

/* What the process has given away. */
struct sandbox_limits {
	bool programs; /* nothing: the settings run some */
	bool no_new_privileges;
	int landlock;                    /* version; 0: the kernel has none, or refused */
	char *writable[SANDBOX_FOLDERS]; /* all that may be written, with Landlock; owned */
};

/* Whether a secret is what a program says. */
bool secrets_run_programs(const struct settings *s);
/* out: a file that will be written; NULL or "-": none. What is allowed is told with -v. ret may be
 * NULL; caller frees with sandbox_limits_release(). */
void sandbox_for(const struct settings *s, const char *out, struct sandbox_limits *ret);
/* The same with a second file. */
void sandbox_for_two(
	const struct settings *s, const char *out, const char *other, struct sandbox_limits *ret);
void sandbox_limits_release(struct sandbox_limits *c);
/* "Landlock 4; nothing is started; ..." */
void sandbox_limits_words(const struct sandbox_limits *c, struct buf *out);

#endif
