/*
 * How many rows of a run had which rule and outcome, as the last process that worked on the run
 * left them: what outlives the rows, so that runs can be compared over time.
 *
 * Failures are ERR_STORE; only the lock's holder writes.
 */
#ifndef STORE_COUNT_H
#define STORE_COUNT_H

#include "base/map.h"
#include "store/store.h"

/* Of a run at most so many are kept, the largest ones; the others are summed up by outcome under
 * the rule RUN_COUNT_OTHERS. */
enum { RUN_COUNTS = 100 };
#define RUN_COUNT_OTHERS "(other rules)"

struct run_count {
	struct str rule; /* empty: rows without one */
	int outcome;     /* model/outcome.h */
	int64_t n;
};

/* Counted row by row. */
struct run_counts {
	struct map rules;
	int64_t (*n)[UINT8_MAX]; /* by slot of `rules`: by outcome */
	uint32_t cap;
};
void run_counts_init(struct run_counts *c);
void run_counts_release(struct run_counts *c);
void run_counts_add(struct run_counts *c, struct str rule, int outcome);

/* In place of those of an earlier process, in a transaction of its own. */
MUST_CHECK enum errc store_counts_put(
	struct store *s, int64_t run, const struct run_counts *c, struct err *err);
/* The largest first; none of a run that no process ended. Texts are borrowed for the call. */
MUST_CHECK enum errc store_counts(struct store *s, int64_t run,
	enum errc (*each)(void *self, const struct run_count *count, struct err *err), void *self,
	struct err *err);

#endif
