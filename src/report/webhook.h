/*
 * What a webhook of a chat or a ticket system is told at the end of a run: counts, causes and the
 * command that shows the rest. No serial unless the settings ask for them, and no text that
 * somebody else wrote: paths, names of rules and messages may hold either.
 */
#ifndef REPORT_WEBHOOK_H
#define REPORT_WEBHOOK_H

#include "model/settings.h"
#include "report/open_items.h"
#include "report/summary.h"

struct webhook_news {
	const char *tenant, *run; /* run NULL: none began */
	int status;
	const struct summary *counts;
	const struct open_items *items;      /* new ones; NULL: not known */
	uint32_t off_server;                 /* devices */
	const struct open_items *serials_of; /* NULL: serials are not told */
	const char *expiry;                  /* what ends soon, a line each; empty: nothing */
};

/* Which of `on:` the end of the run is; bit per enum webhook_event. */
uint32_t webhook_events(const struct webhook_news *news);
/* The body of the request, in the format that the settings name. */
void webhook_body(
	const struct webhook_news *news, const struct webhook_settings *s, struct buf *out);

#endif
