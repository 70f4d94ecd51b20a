/*
 * The history of devices as one page: what each run judged, sent and proved, and which person said
 * yes to it. It needs no script and loads nothing.
 */
#ifndef REPORT_HISTORY_HTML_H
#define REPORT_HISTORY_HTML_H

#include "base/err.h"
#include "model/settings.h"
#include "store/history.h"

struct history_html;

/* ERR_CANNOT_CREATE. Caller closes with history_html_close(). */
MUST_CHECK enum errc history_html_open(
	struct history_html **ret, const char *path, const struct settings *s, struct err *err);
/* open: what is open about the device now, a line each; empty: nothing. */
void history_html_device(
	struct history_html *h, struct str serial, const struct history *history, struct str open);
/* The file gets its name. ERR_IO. */
MUST_CHECK enum errc history_html_commit(struct history_html *h, struct err *err);
/* NULL is fine. */
void history_html_close(struct history_html *h);

#endif
