/*
 * Rows of a plan or a run, in input order, into a result CSV and a summary.
 */
#ifndef CLI_APP_WRITE_ROWS_H
#define CLI_APP_WRITE_ROWS_H

#include "plan/run_rows.h"
#include "report/result.h"
#include "report/summary.h"

/* Fills *ret for row n; texts borrowed until the next call. */
typedef enum errc row_source_fn(void *self, uint32_t n, struct run_row *ret, struct err *err);
/* One of them: self is a struct run_results. */
row_source_fn run_results_next;
struct row_source {
	row_source_fn *row;
	void *self;
	/* run_row.alike of row n, for which not all of it has to be made; NULL: it does. */
	uint32_t (*alike)(void *self, uint32_t n);
};

/* opt->path NULL: no file, only the summary is counted. */
MUST_CHECK enum errc write_rows(const struct input *input, uint32_t n_rows,
	const struct row_source *source, const struct result_options *opt,
	struct summary *ret_summary, struct err *err);

/* The same rows as JSON on the standard output. */
MUST_CHECK enum errc tell_rows(uint32_t n_rows, const struct row_source *source, struct err *err);

#endif
