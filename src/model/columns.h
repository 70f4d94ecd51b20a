/*
 * Which column of the input is what. Exports differ by portal, year and language, and no public
 * source fixes their header (services/README.md Apple C), so columns are recognised by
 * alias.
 */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/field.h"

struct column_override {
	enum column column;
	struct str header; /* as written in `columns:` of a rules file */
};

struct column_options {
	const struct column_override *overrides;
	size_t n_overrides;
	bool no_header;         /* input: {header: none} */
	unsigned serial_column; /* from 1; 0: not given (first column when no_header) */
};

enum { COLUMNS_PREAMBLE_ROWS = 20 };

struct columns {
	size_t n;            /* columns of the header record; 0 when headerless */
	struct str *headers; /* trimmed header texts, owned by the arena given */
	int at[COLUMN_MAX_]; /* index of each canonical column, -1: not there */
	bool has_header;
	bool *own; /* per column: one of ours (depmend_*), replaced and never compared */
};

/*
 * Tries one record as the header. *ret_is_header false: not a header (a preamble line, or, when
 * its first cell looks like a serial, a headerless file: *ret_is_data true, columns then describe
 * that). ERR_INPUT when an override names a header that is missing, or the header repeats one.
 */
MUST_CHECK enum errc columns_try(struct columns *c, const struct column_options *opt,
	const struct str *cells, size_t n_cells, struct arena *a, bool *ret_is_header,
	bool *ret_is_data, struct err *err);

/* Index of the column with that header (canonical word, exact header, or header without case and
 * blanks); -1 when there is none. */
int columns_find(const struct columns *c, struct str header);
/* The header nearest to a misspelt one; empty when none is near. */
struct str columns_nearest(const struct columns *c, struct str header);

#endif
