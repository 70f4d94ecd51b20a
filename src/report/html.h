/*
 * A run as one page for people: totals, charts, causes, approvals and the first rows. It needs no
 * script and loads nothing; its policy forbids both but for the one script and the one style sheet
 * that stand in it, named by their hashes.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/source.h"

/* ERR_CANNOT_CREATE, ERR_IO, ERR_STORE. */
MUST_CHECK enum errc report_html(const struct report_source *s, const char *path, struct err *err);

#endif
