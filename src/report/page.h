/*
 * Bytes of an HTML page on their way to a file: escaped, buffered, bounded.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/buf.h"
#include "io/file.h"

/* No cell of a page is longer than this many bytes. */
enum { PAGE_CELL_BYTES = 2000 };

struct html_page {
	struct outfile *file;
	struct buf out;
};

/* ERR_CANNOT_CREATE. Caller closes, also after a failure. */
MUST_CHECK enum errc page_open(struct html_page *p, const char *path, struct err *err);
/* The file gets its name. ERR_IO. */
MUST_CHECK enum errc page_commit(struct html_page *p, struct err *err);
void page_close(struct html_page *p);

/* From the doctype to the page's heading, which is the tenant: "TENANT: WHAT NAME", with the style,
 * and room for the script or not. The header is left open. */
void html_head(
	struct html_page *p, const char *tenant, const char *what, const char *name, bool script);
/* Markup of ours, as it is. */
void page_markup(struct html_page *p, struct str markup);
void page_raw(struct html_page *p, const char *markup);
void page_printf(struct html_page *p, const char *fmt, ...) PRINTF(2, 3);
/* Opens a table in a frame of its own, which scrolls where the screen is narrower: `attributes` of
 * the table ("", or with a blank before: " class=\"chart\""), what it holds as `label`, its
 * headings (markup of ours) parted by '|', one of numbers with '#' before it. */
void page_table(
	struct html_page *p, const char *attributes, struct str label, const char *headings);
void page_table_end(struct html_page *p);
/* Text from outside: markup is escaped, control bytes become U+FFFD, a long one ends in an
 * ellipsis. */
void page_text(struct html_page *p, struct str text);
/* The same between markup of ours. */
void page_in(struct html_page *p, const char *before, struct str text, const char *after);
/* A name of ours and a text, in a <dl>. */
void page_fact(struct html_page *p, const char *name, struct str text);
/* The text of page_text(), appended to a buffer. */
void page_escape(struct buf *out, struct str text);
/* 1,234,567 */
void page_number(struct html_page *p, uint64_t n);
/* 2026-11-22 03:04:05 UTC in a <time>; a dash for TIME_NONE. */
void page_time(struct html_page *p, int64_t at_ms);

#endif
