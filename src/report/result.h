/*
 * The result CSV: every input row in order with its columns, then ours.
 *
 * Rows are pushed one by one; nothing is visible under the final name before result_commit(). A row
 * is copied as its raw span, with commas for its delimiters, when that is plain RFC 4180 and no
 * cell would run as a formula; any other row is written anew from its cells. Incoming depmend_*
 * columns are dropped. A headerless input gets a header, `serial,column_2,...`, so that the result
 * can be read without knowing where it came from.
 */
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "model/columns.h"
#include "model/outcome.h"

struct result;

struct result_options {
	const char *path;              /* "-": stdout. Borrowed until result_free() */
	const struct columns *columns; /* of the input; borrowed until result_free() */
	size_t n_columns;              /* of the widest row; never below the header's */
	char delimiter;                /* of the input */
	const char *run;               /* id; NULL or "" in a plan. Borrowed until result_free() */
	bool raw_csv;                  /* --raw-csv: formulas are not neutralised */
};

/* Our ten columns of one row; texts borrowed for the call, empty where there is nothing. */
struct result_cells {
	enum outcome outcome;
	struct str rule;
	struct str steps;   /* unassign=done;reassign(WS1 EMEA)=failed */
	enum reason reason; /* written as `code: sentence`; REASON_NONE writes nothing */
	struct str detail;  /* follows the sentence as it is: " 12" or ": why" */
	struct str before;  /* status=ASSIGNED;server=WS1 EMEA;listed=yes */
	struct str after;
	struct str evidence; /* activity:ID;event:ID;list:TIME */
	uint32_t attempts;
	int64_t finished_ms; /* TIME_NONE: not finished */
};

/* ERR_CANNOT_CREATE. Writes the header. Caller frees with result_free(). */
MUST_CHECK enum errc result_open(
	struct result **ret, const struct result_options *opt, struct err *err);

/* Our columns with their line end: many rows have them in common. */
void result_ours(const struct result *r, const struct result_cells *ours, struct buf *ret);
/* cells and raw as csv_next() gave them; n_cells 0 (a record that could not be read) keeps the raw
 * text in the first column; no cells: raw is copied, without our columns. ours: as result_ours()
 * gave it. The first failure to write is told by result_commit(). */
void result_row(
	struct result *r, const struct str *cells, size_t n_cells, struct str raw, struct str ours);

/* The file gets its name. An earlier file there is kept first: as NAME.RUN.csv when another run
 * wrote it, as NAME.previous.csv when no run did. ERR_IO; ERR_INTERNAL when a row had more cells
 * than n_columns. */
MUST_CHECK enum errc result_commit(struct result *r, struct err *err);
/* Not committed: nothing is left. NULL is fine. */
void result_free(struct result *r);

/* The names of our columns, in order. */
enum { RESULT_COLUMNS = 10 };
extern const char *const result_columns[RESULT_COLUMNS];
/* Appends the name that a column of the input has in a result. */
void result_column_name(const struct columns *c, size_t at, struct buf *ret);

/* devices.csv -> devices.result.csv; "-" -> "-". Caller frees with free(). */
char *result_default_path(const char *input);
/* The same with another word: devices.csv -> devices.WORD.csv. */
char *result_path_named(const char *input, const char *word);

#endif
