/*
 * What --json prints: one object per line, each with a `type`; samples/output.schema.json describes
 * them. Members are added, never renamed or taken away.
 */
#ifndef REPORT_NDJSON_H
#define REPORT_NDJSON_H

#include "io/json.h"
#include "plan/run_rows.h"
#include "report/summary.h"

/* One line under way: put members between begin and end. */
struct ndjson {
	struct json_out o;
	struct buf b;
};
void ndjson_begin(struct ndjson *j, const char *type);
/* Writes it and releases it. */
void ndjson_end(struct ndjson *j, FILE *out);

/* RFC 3339, null for TIME_NONE. */
void ndjson_time(struct ndjson *j, const char *key, int64_t at_ms);
/* null when empty. */
void ndjson_text(struct ndjson *j, const char *key, struct str text);
/* "outcomes": those that occur, and how often. */
void ndjson_outcomes(struct ndjson *j, const struct summary *s);
/* active: a process of the organization works now; a run that is not over runs then, else it was
 * stopped. */
const char *run_state_word(enum run_state state, bool active);
/* What is known of a run without looking at its rows. */
void ndjson_run(struct ndjson *j, const struct run_record *run, bool active);
/* "counts": its rows by rule and outcome (store/count.h). */
MUST_CHECK enum errc ndjson_counts(struct ndjson *j, struct store *s, int64_t run, struct err *err);
/* "status", what it means, and what the end of a run has besides. */
void ndjson_ended(struct ndjson *j, const struct summary_end *end);

void ndjson_row(const struct run_row *row, FILE *out);

#endif
