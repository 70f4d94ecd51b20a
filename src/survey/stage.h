/*
 * Readings kept aside on disk until all are there: appended as they come, handed out sorted by
 * serial, so that an organization of any size takes the same memory. What a page said is on disk
 * together with the cursor of the next page: whoever is cut goes on there.
 */
#ifndef SURVEY_STAGE_H
#define SURVEY_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Who says it, in the order in which the readings of one serial are handed out. */
enum stage_source {
	STAGE_CSV,
	STAGE_APPLE,
	STAGE_SERVER, /* part: index of the server */
	STAGE_UEM,    /* part: index of the group */
	STAGE_DETAIL,
	STAGE_SOURCES
};

struct stage_row {
	struct str serial, cells; /* borrowed until the next row */
	enum stage_source source;
	uint32_t part;
};

struct stage;

/* network: without a log. Goes on with what the file holds when that was read for the same
 * `identity` and begun less than STAGE_MAX_AGE_MS ago. *ret_resumed tells. Caller frees with
 * stage_close(). */
enum { STAGE_MAX_AGE_MS = 6 * 3600 * 1000 };
MUST_CHECK enum errc stage_open(struct stage **ret, const char *path, struct str identity,
	int64_t now_ms, bool network, bool *ret_resumed, struct err *err);
/* keep: for the next one; otherwise the file is removed. NULL is fine. */
void stage_close(struct stage *s, bool keep);

/* --- one page --- */
/* Whatever was added since the last stage_commit() is forgotten. */
void stage_begin(struct stage *s);
/* The first failure is told by stage_commit(). */
void stage_add(struct stage *s, const struct stage_row *row);
/* `next` is where the listing goes on; empty: it is complete. */
MUST_CHECK enum errc stage_commit(
	struct stage *s, enum stage_source source, uint32_t part, struct str next, struct err *err);

/* How far a listing has come: complete, or on from *ret_cursor (empty: from the start). */
MUST_CHECK enum errc stage_progress(struct stage *s, enum stage_source source, uint32_t part,
	bool *ret_done, struct buf *ret_cursor, struct err *err);
/* How many serials were read of a listing. */
MUST_CHECK enum errc stage_count(
	struct stage *s, enum stage_source source, uint32_t part, uint64_t *ret, struct err *err);
/* Forgets what was read of a listing. */
MUST_CHECK enum errc stage_forget(
	struct stage *s, enum stage_source source, uint32_t part, struct err *err);

/* Every row, by serial, source and age. `each` may add and commit; a failure of it ends the walk
 * and is returned. */
MUST_CHECK enum errc stage_each(struct stage *s,
	enum errc (*each)(void *self, const struct stage_row *row, struct err *err), void *self,
	struct err *err);

#endif
