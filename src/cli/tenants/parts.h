/* What finding tenants and running them share. */
#ifndef CLI_TENANTS_PARTS_H
#define CLI_TENANTS_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/args/options.h"

#define TENANT_MARK "{tenant}"
enum { SIGNALLED = 128 }; /* an exit status beyond it: ended by that signal */

struct tenant {
	char *file, *name; /* name: of `tenant:`, else of the file, as far as a path may hold it */
	bool is_named;     /* by `tenant:` */
	char *client_id;   /* of Apple's API account; NULL: none is written */
	char *numbers;     /* file of its metrics, for a roll-up; NULL: none is wanted */
	char *previous;    /* `previous_client_ids`, each between line ends; NULL: none */
	const char *because; /* why it is not run or says nothing; NULL: see status */
	char because_of[2048];
	int status;
	pid_t pid;        /* 0: does not run */
	int64_t began_ms; /* kernel_boot_ms() */
	FILE *out, *err;  /* what it says */
};

struct tenants {
	struct tenant *v;
	size_t n;
	char **ignored; /* settings without `tenant:`, and other pages: which, and why */
	size_t n_ignored;
};

/* Two of one organization, or of one name, are marked with 78. ERR_SETTINGS when there are none. */
MUST_CHECK enum errc tenants_find(struct tenants *ret, const char *folder, struct err *err);
void tenants_release(struct tenants *t);

/* Whether {tenant} is in the text, which may be NULL. */
bool tenant_is_named(const char *text);
/* The text with the tenant's name in its place. Caller frees. */
char *tenant_path(const char *text, const char *tenant);
/* What its exit status means. `text` may be used for it. */
const char *tenant_meaning(const struct tenant *t, char text[64]);

#endif
