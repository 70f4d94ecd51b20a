/*
 * Which column of the input is what. Exports differ by portal, year and language, and no public
 * source fixes their header, so columns are recognised by alias (model/header.h).
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

/* Where the header of a list is. */
enum { HEADER_AUTO = 0, HEADER_ABSENT = UINT32_MAX };

struct column_options {
	const struct column_override *overrides;
	size_t n_overrides;
	uint32_t header_line;     /* HEADER_AUTO, HEADER_ABSENT, or its line in the file, from 1 */
	unsigned serial_column;   /* from 1; 0: not given */
	struct str serial_header; /* the header of the serial; empty: not given */
	bool serial_told;         /* both come before an override, which else comes first */
};

struct columns {
	size_t n;                 /* columns of the header record; 0 when headerless */
	struct str *headers;      /* trimmed header texts, owned by the arena given */
	int at[COLUMN_MAX_];      /* index of each canonical column, -1: not there */
	bool unsure[COLUMN_MAX_]; /* not there because several columns are equally sure */
	bool has_header;
	bool *own; /* per column: one of ours (depmend_*), replaced and never compared */
};

/* Describes a record as the header; the serial is in that column. ERR_INPUT when an override names
 * a header that is missing. */
MUST_CHECK enum errc columns_map(struct columns *ret, const struct column_options *opt,
	const struct str *cells, size_t n_cells, size_t serial_at, struct arena *a,
	struct err *err);
/* The same of a list without a header. ERR_INPUT when an override names one. */
MUST_CHECK enum errc columns_map_headerless(
	struct columns *ret, const struct column_options *opt, size_t serial_at, struct err *err);
struct columns columns_copy(const struct columns *c, struct arena *a);
/* Which of these headers is meant by that text, without case and blanks when no other has it; -1:
 * none, or several. */
int columns_match(const struct str *headers, size_t n, struct str text);
/* Whether a result of ours: it has a header, also where the settings say that the exports have
 * none. */
bool columns_are_of_result(const struct str *headers, size_t n);

/* Index of the column with that header (canonical word, exact header, or header without case and
 * blanks); -1 when there is none, or several. */
int columns_find(const struct columns *c, struct str header);
/* How many columns have that very header. */
size_t columns_count(const struct columns *c, struct str header);
/* The header nearest to a misspelt one; empty when none is near. */
struct str columns_nearest(const struct columns *c, struct str header);

#endif
