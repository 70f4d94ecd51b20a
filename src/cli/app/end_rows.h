/*
 * The rows that a command leaves: those of its run, or, when it ended before there was one, what
 * the plan settled and otherwise why nothing was attempted.
 */
#ifndef CLI_APP_END_ROWS_H
#define CLI_APP_END_ROWS_H

#include "cli/app/write_rows.h"
#include "store/count.h"

struct end_rows {
	const struct input *input;
	const struct plan *plan;      /* NULL: not made */
	struct store *store;          /* of the run */
	const struct run_record *run; /* NULL: none began */
	enum errc ended;
	const char *why;           /* the message; NULL: there is none */
	struct run_counts *counts; /* of the run's rows; NULL: not wanted */
	bool raw_csv, json;        /* json: the rows go to the standard output, too */
};

/* path NULL: no file, only the summary is counted. */
MUST_CHECK enum errc end_rows_write(
	const struct end_rows *e, const char *path, struct summary *ret, struct err *err);

#endif
