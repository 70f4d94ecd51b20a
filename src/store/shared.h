/*
 * What every process of an organization writes, also those that only read the services: when it
 * sent a request, when it means to send one, and what its readings found out. A file of its own
 * beside the ledger, so that readers never stand in the writer's way.
 *
 * A power cut may take the last moments of it, the death of a process takes nothing. Failures are
 * ERR_STORE. Calls that change more than one thing go between shared_begin() and shared_commit().
 */
#ifndef STORE_SHARED_H
#define STORE_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct shared;

/* FOLDER/shared.db, created, 0600, and begun anew where it is no database any more; folder NULL:
 * one in memory, that nobody shares. Caller frees with shared_close(); NULL is fine there. */
MUST_CHECK enum errc shared_open(
	struct shared **ret, const char *folder, bool network, struct err *err);
/* What stands there now, in memory: where nothing may be written. What is added is not kept. Caller
 * frees with shared_close(). */
MUST_CHECK enum errc shared_copy(struct shared **ret, const char *folder, struct err *err);
void shared_close(struct shared *s);
/* Where the file is kept that was none, when it was begun anew; NULL: it was not. Borrowed. */
const char *shared_damaged(const struct shared *s);

/* Takes the right to write; others wait. */
MUST_CHECK enum errc shared_begin(struct shared *s, struct err *err);
MUST_CHECK enum errc shared_commit(struct shared *s, struct err *err);
void shared_rollback(struct shared *s);

/* --- findings --- */
MUST_CHECK enum errc shared_note_put(
	struct shared *s, const char *key, struct str v, struct err *err);
/* *ret: NULL when there is none. Caller frees with free(). */
MUST_CHECK enum errc shared_note_get(
	struct shared *s, const char *key, char **ret, struct err *err);

/* Those whose keys begin with the prefix, by key; texts are borrowed during the call. */
typedef enum errc shared_note_fn(void *self, struct str key, struct str text, struct err *err);
MUST_CHECK enum errc shared_notes(
	struct shared *s, const char *prefix, shared_note_fn *each, void *self, struct err *err);
/* Those whose keys begin with the prefix and whose text begins with a number below that one. */
MUST_CHECK enum errc shared_note_forget(
	struct shared *s, const char *prefix, int64_t below, struct err *err);

/* --- what was sent, by rate class (model/settings.h enum rate_class) --- */

/* Reports look back as far. */
#define SENT_KEPT_MS ((int64_t)7 * 24 * 3600 * 1000)

MUST_CHECK enum errc shared_sent_add(
	struct shared *s, int rate_class, int64_t at_ms, int64_t *ret_id, struct err *err);
/* Its answer is there: it arrived then, or before. */
MUST_CHECK enum errc shared_sent_at(struct shared *s, int64_t id, int64_t at_ms, struct err *err);
/* It did not leave after all. */
MUST_CHECK enum errc shared_sent_drop(struct shared *s, int64_t id, struct err *err);
/* What claims to be later than latest_ms, from before the clock was set back, was sent now. */
MUST_CHECK enum errc shared_sent_bound(
	struct shared *s, int rate_class, int64_t now_ms, int64_t latest_ms, struct err *err);
/* Later than since_ms, by whomever, in the order of adding. *io_id: of the last one that is known
 * already (0: none), and of the last one of all afterwards. What is older than since_ms and
 * SENT_KEPT_MS is forgotten when none is known. */
MUST_CHECK enum errc shared_sent(struct shared *s, int rate_class, int64_t since_ms, int64_t *io_id,
	enum errc (*each)(void *self, int64_t at_ms, struct err *err), void *self, struct err *err);
/* From from_ms to until_ms, ascending. */
MUST_CHECK enum errc shared_sent_span(struct shared *s, int rate_class, int64_t from_ms,
	int64_t until_ms, enum errc (*each)(void *self, int64_t at_ms, struct err *err), void *self,
	struct err *err);
/* Time of the newest one; TIME_NONE without any. */
MUST_CHECK enum errc shared_latest(struct shared *s, int64_t *ret_ms, struct err *err);

/* --- what will be sent --- */

/* first: by the holder of the lock, who comes before everybody else. */
MUST_CHECK enum errc shared_reserve(
	struct shared *s, int rate_class, bool first, int64_t at_ms, struct err *err);
/* Gives up what this process has reserved (first: what any holder of the lock has), and what
 * nobody has come for at `now_ms`. */
MUST_CHECK enum errc shared_unreserve(
	struct shared *s, int rate_class, bool first, int64_t now_ms, struct err *err);
/* Ascending. *ret_first_ms: the last one of the lock's holder; TIME_NONE: it waits for none. Caller
 * frees *ret with free(). */
MUST_CHECK enum errc shared_reserved(struct shared *s, int rate_class, int64_t **ret, size_t *ret_n,
	int64_t *ret_first_ms, struct err *err);

#endif
