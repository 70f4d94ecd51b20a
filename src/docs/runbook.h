/*
 * What to do by exit status and by reason code: the entries of depmend-runbook(7).
 */
#ifndef DOCS_RUNBOOK_H
#define DOCS_RUNBOOK_H

#include <stdbool.h>
#include <stdio.h>

#include "model/outcome.h"

struct runbook_entry {
	const char *look; /* what to look at; NULL: the code has no entry, and the build fails */
	const char *type; /* a command; NULL: none */
};

/* Whether every reason code and exit status has one; those that have none are named. The build
 * fails then. */
bool runbook_check(FILE *complaints);

struct runbook_entry runbook_reason(enum reason r);
struct runbook_entry runbook_status(int status);

#endif
