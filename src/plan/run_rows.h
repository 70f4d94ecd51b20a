/*
 * The rows of a run as the store has them, and those of a plan in the same shape: for the result
 * CSV, the reports, and the way back.
 */
#ifndef PLAN_RUN_ROWS_H
#define PLAN_RUN_ROWS_H

#include "plan/plan.h"

struct run_input {
	struct input input; /* reopened spool */
	char *path;         /* as the user gave it */
	char *undoes;       /* name of the run that it undoes; empty: none */
	char *again;        /* the command that continues it */
	size_t widest;
	bool gone; /* keep: of the settings let it go; the rest is here */
};
/* The name of its list as it was given; NULL: not known. Caller frees. */
char *run_input_path(struct store *store, const struct run_record *run);
MUST_CHECK enum errc run_open_input(
	struct store *store, const struct run_record *run, struct run_input *ret, struct err *err);
/* Before its rows are read: ERR_NO_INPUT when it is gone, ERR_STORE when it is not what it was. */
MUST_CHECK enum errc run_input_check(
	const struct run_input *in, const struct run_record *run, struct err *err);
void run_input_release(struct run_input *in);

/* One row of the result; texts borrowed until the next call for a row. */
struct run_row {
	enum outcome outcome;
	enum reason reason;
	struct str serial, rule, detail, before, after, evidence;
	struct str was, became; /* before and after as they are stored, see model/snapshot.h */
	struct str steps;       /* as in depmend_steps */
	struct str planned;     /* of a plan: the same in words, "unassign, sync" */
	struct str advice;      /* of a row that failed: its rule's if_failed; empty: none */
	uint32_t attempts;
	uint32_t line; /* in the file the user gave */
	int64_t finished_ms;
	uint32_t alike; /* rows of the same number differ in nothing but the serial; 0: none does */
};
struct run_results;
/* One at a time; the store is borrowed until run_results_free(), which the caller calls. */
MUST_CHECK enum errc run_results_load(
	struct store *store, int64_t run, struct run_results **ret, struct err *err);
void run_results_free(struct run_results *r);
uint32_t run_results_count(const struct run_results *r);
MUST_CHECK enum errc run_results_row(
	struct run_results *r, uint32_t n, struct run_row *ret, struct err *err);
/* The same of a plan: what would be done. `steps` and `before` are scratch space of the caller. */
void plan_row(const struct plan *p, uint32_t n, struct buf *steps, struct buf *before,
	struct run_row *ret);
/* Of that: the serial and the line. */
void plan_row_name(const struct plan *p, uint32_t n, struct run_row *ret);

#endif
