/* What finding tenants and running them share. */
#ifndef CLI_APP_TENANTS_PARTS_H
#define CLI_APP_TENANTS_PARTS_H

#include <stdio.h>
#include <sys/types.h>

#include "cli/args/options.h"

struct tenant {
	char *file, *name;   /* name: of `tenant:`, else of the file */
	char *client_id;     /* of Apple's API account; NULL: none is written */
	char *previous;      /* `previous_client_ids`, each between line ends; NULL: none */
	const char *because; /* why it is not run; NULL: it is */
	char because_of[2048];
	int status;
	pid_t pid;       /* 0: does not run */
	FILE *out, *err; /* what it says */
};

struct tenants {
	struct tenant *v;
	size_t n;
	char **ignored; /* settings without `tenant:`, and other pages */
	size_t n_ignored;
};

/* Two of one organization, or of one name, are marked with 78. ERR_SETTINGS when there are none. */
MUST_CHECK enum errc tenants_find(struct tenants *ret, const char *folder, struct err *err);
void tenants_release(struct tenants *t);

#endif
