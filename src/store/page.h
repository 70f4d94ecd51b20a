/*
 * Private to store/: answers of its statements, copied out of SQLite before anybody sees them. A
 * SELECT left in the middle of its rows would pin the state of the moment in which it began: the
 * next write of this process, after one of another process, would then fail for good, and the log
 * could not be emptied.
 */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include "base/arena.h"
#include "io/db/db.h"

struct cell {
	struct str text; /* p == NULL for NULL and for numbers */
	int64_t number;  /* 0 for NULL and for texts */
	bool null;
};
struct page {
	struct arena texts;
	struct cell *cells; /* row by row */
	size_t n, n_columns;
	size_t n_cells, cap;
};
void page_init(struct page *p);
void page_release(struct page *p);
/* All rows that the bound statement gives, which is ready for its next round afterwards. */
MUST_CHECK enum errc page_read(struct page *p, struct db_stmt *q, struct err *err);
const struct cell *page_row(const struct page *p, size_t i);
/* TIME_NONE for NULL. */
int64_t cell_time(const struct cell *c);
/* Text of the one cell that the bound statement gives; NULL: no row, or a NULL. Caller frees. */
MUST_CHECK enum errc page_one_text(struct db_stmt *q, char **ret, struct err *err);
/* Number of the first cell; `none` without a row, or for a NULL. */
MUST_CHECK enum errc page_one_number(
	struct db_stmt *q, int64_t none, int64_t *ret, struct err *err);
/* The same of a statement that is needed once. */
MUST_CHECK enum errc page_once_text(struct db *d, const char *sql, const struct db_value *v,
	size_t n, char **ret, struct err *err);
MUST_CHECK enum errc page_once_number(struct db *d, const char *sql, const struct db_value *v,
	size_t n, int64_t none, int64_t *ret, struct err *err);

#endif
