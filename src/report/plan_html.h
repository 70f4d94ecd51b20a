/*
 * A plan as one page for who has to agree to it: what happens to how many devices of which group,
 * what of it cannot be undone, what the guards say, the fingerprint and the command that carries
 * out exactly this. It needs no script and loads nothing.
 */
#ifndef REPORT_PLAN_HTML_H
#define REPORT_PLAN_HTML_H

#include "report/plan_effects.h"

struct plan_page {
	const struct plan *plan;
	const struct plan_effects *effects;
	const struct schedule *schedule;
	const char *tenant, *input;
	const char *guards;   /* a line each, those that stop it begin with '!' */
	const char *open;     /* what earlier runs left, a line each; empty: nothing */
	const char *approval; /* who else has to agree; empty: nobody */
	const char *allow;    /* options that lift the guards that stop it; empty: none does */
	const char *next;     /* the command */
};

/* ERR_CANNOT_CREATE, ERR_IO. */
MUST_CHECK enum errc plan_html(const struct plan_page *page, const char *path, struct err *err);

#endif
