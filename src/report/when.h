/*
 * Points in time as people read them: on a terminal by its own clock, in files and logs by UTC.
 */
#ifndef REPORT_WHEN_H
#define REPORT_WHEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/time.h"

struct when {
	bool local;
	int64_t now_ms;
};

enum { WHEN_TEXT = 48 };
/* Local: "14:07 +01:00" today, "Sat 28 Nov 14:07 +01:00" on another day, with the year when that is
 * another one; else RFC 3339. "never" beyond all times, "unknown" for TIME_NONE. Returns `out`. */
const char *when_words(const struct when *w, int64_t at_ms, char out[WHEN_TEXT]);
/* A text with its times as when_words() has them; those of options, paths and evidence stay. */
void when_text(const struct when *w, struct str text, struct buf *out);

#endif
