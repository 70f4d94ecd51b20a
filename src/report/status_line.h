/*
 * How far a run has come, in one line: for the last line of a terminal, however narrow, and for
 * logs.
 */
#ifndef REPORT_STATUS_LINE_H
#define REPORT_STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct standing {
	const char *what;                /* "apply" */
	uint64_t requests;               /* sent */
	uint64_t requests_total;         /* with those that are left; 0: not known */
	uint32_t total, settled, failed; /* devices; failed are settled, too */
	uint32_t in_flight;              /* off their server, to be put back */
	const char *waiting_for;         /* "Apple", "the UEM"; NULL: nothing is waited for */
	const char *budget;              /* "Apple 10/hour": that is why; NULL: it is not */
	bool local;                      /* times as the terminal has them; else UTC */
	bool whole;                      /* with their date: another process reads them later */
	int64_t now_ms, waiting_until_ms;
	int64_t finish_ms; /* TIME_NONE: not known */
};

enum { STATUS_LINE_BYTES = 256 };

/* At most `width` columns, in whole words: it says less when it has to, and nothing when not even
 * the count has room. ASCII. */
void status_line(const struct standing *s, size_t width, char ret[STATUS_LINE_BYTES]);

#endif
