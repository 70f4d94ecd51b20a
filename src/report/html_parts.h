/*
 * Private to report/html*.c: the sections of the page, in the order in which they stand.
 */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "report/page.h"
#include "report/tally.h"

struct html {
	struct html_page page;
	const struct report_source *source;
	struct tally tally;
};

/* Tiles, the bar of all rows and what its colours mean. */
void html_totals(struct html *h);
MUST_CHECK enum errc html_causes(struct html *h, struct err *err);
/* Outcome by rule, by model, by server. */
void html_groups(struct html *h);
void html_changes(struct html *h);
/* Requests over time against the limits. */
MUST_CHECK enum errc html_requests(struct html *h, struct err *err);
/* Who said yes to what, and the digests. */
MUST_CHECK enum errc html_approvals(struct html *h, struct err *err);
MUST_CHECK enum errc html_rows(struct html *h, struct err *err);

#endif
