/*
 * The rows of an export or a comparison: as CSV, and to whoever else wants them.
 */
#ifndef SURVEY_ROWS_H
#define SURVEY_ROWS_H

#include "survey/survey.h"

struct survey_rows {
	const struct survey_options *opt;
	const char *const *headers; /* borrowed until rows_end() */
	size_t n_cells;
	struct buf line;
	uint64_t n;
};

/* Whether a cell of an export says that it could not be read. */
static inline bool rows_unknown(struct str cell)
{
	return str_eq(cell, STR("unknown"));
}

/* The first header names the serial. */
void rows_begin(struct survey_rows *r, const struct survey_options *opt, const char *const *headers,
	size_t n_cells);
void rows_put(struct survey_rows *r, const struct str *cells);
/* How many there were. */
uint64_t rows_end(struct survey_rows *r);

#endif
