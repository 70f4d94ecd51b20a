/*
 * What a person reads at the end of a plan or a run. Counts equal those of the CSV: both are fed
 * from the same rows.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"
#include "model/outcome.h"

enum { SUMMARY_ADVICE = 8, SUMMARY_ADVICE_BYTES = 400, SUMMARY_WHY_BYTES = 512 };

struct summary {
	size_t rows[OUTCOME_MAX_];
	size_t reasons[REASON_MAX_]; /* of rows whose outcome is no success */
	char why[SUMMARY_WHY_BYTES]; /* what stopped those that were not attempted; "": nothing */
	/* What rules say to people, each text once; more are not kept. */
	struct {
		char text[SUMMARY_ADVICE_BYTES];
		size_t n;
	} advice[SUMMARY_ADVICE];
};

/* So many rows. */
void summary_count(struct summary *s, enum outcome o, enum reason r, size_t n);
/* Of a row that was not attempted: what stopped it. */
void summary_why(struct summary *s, enum reason r, struct str detail);
/* What the rule says to people about a row; empty: nothing. */
struct str summary_advice_of(enum reason r, struct str detail, struct str advice);
/* Its place; -1: in none, as empty advice. */
int summary_advise(struct summary *s, struct str advice);
/* The rows that are not done, by reason, with what the rules say of them. unread: what to do about
 * a fact that was not read, where it is not what the reason says; or NULL. */
void summary_open(const struct summary *s, const char *unread, FILE *out);
size_t summary_rows(const struct summary *s);
/* What the outcomes alone ask for: 0, 3 or 5. */
int summary_status(const struct summary *s);

/* The end of a run; anything may be NULL or 0 when there is nothing to say. */
struct summary_end {
	const char *run;    /* id */
	const char *result; /* file written */
	const char *kept;   /* new name of the earlier file */
	uint64_t n_changes, n_triggers, n_reads;
	int64_t took_ms;
	int status;       /* of the process; -1: it did not live to have one */
	const char *next; /* the command to type next */
	bool color;
};
/* One line, where the rows alone lead to the status and that is not 0. */
void summary_short(const struct summary *s, int status, FILE *out);
void summary_print(const struct summary *s, const struct summary_end *end, FILE *out);

/*
 * A plan by rule and server.
 */
struct plan_summary;
struct plan_summary *plan_summary_new(void);
void plan_summary_free(struct plan_summary *p);
/* In the order of the files, so that rules which matched nothing can be named. */
void plan_summary_rule(struct plan_summary *p, struct str name);
/* rule and server may be empty; steps: the step words, in order. */
void plan_summary_row(struct plan_summary *p, struct str rule, struct str server, struct str steps,
	enum outcome o, size_t n_rows);
/* width: of the terminal; 0: it is none. */
void plan_summary_print(const struct plan_summary *p, size_t width, FILE *out);

#endif
