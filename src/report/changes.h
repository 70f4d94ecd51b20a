/*
 * What changed since an earlier export, for people: how many of each kind, with the first of them,
 * on a terminal or as a page. Bounded, however many devices there are; the CSV has each.
 */
#ifndef REPORT_CHANGES_H
#define REPORT_CHANGES_H

#include <stdio.h>

#include "base/buf.h"
#include "model/change.h"

struct changes {
	struct changes_kind {
		uint64_t n;
		struct buf first; /* serials, for a terminal */
		struct buf rows;  /* markup, for the page */
	} kinds[CHANGE_MAX_];
	uint64_t n;
};

void changes_init(struct changes *c);
void changes_release(struct changes *c);
/* One row of the CSV: `headers` name the serial, the sentence as `explanation`, and the server, the
 * profile and the enrollment, each also with `_before`. */
void changes_take(
	struct changes *c, const char *const *headers, const struct str *cells, size_t n_cells);

/* A line for each kind that there is. */
void changes_print(const struct changes *c, FILE *out);
/* "3 added, 1 lost", appended; nothing when there are none. */
void changes_words(const struct changes *c, struct buf *out);

struct changes_page {
	const char *tenant, *since;
	int64_t now_ms;
	bool whole; /* both listings of Apple, then and now */
};
/* ERR_CANNOT_CREATE, ERR_IO. */
MUST_CHECK enum errc changes_html(const struct changes *c, const struct changes_page *page,
	const char *path, struct err *err);

#endif
