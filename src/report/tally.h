/*
 * A run counted in one pass over its rows: by outcome, by what they have in common, by cause, by
 * what became of their state. Memory is bounded: names beyond TALLY_NAMES count as one, and of the
 * rows themselves no more numbers are kept than a page shows.
 */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "base/map.h"
#include "report/source.h"
#include "report/summary.h"

enum { TALLY_NAMES = 500, TALLY_NAME_BYTES = 200, TALLY_ROWS = 5000, TALLY_EXAMPLES = 5 };

/* Rows of one name, by outcome. */
struct tally_line {
	uint32_t name; /* slot of tally.names */
	uint64_t total, not_done;
	uint64_t rows[OUTCOME_MAX_];
};

/* What rows have in common; X(id, word of the state before and after: NULL is no part of it) */
#define TALLY_LIST(X)     \
	X(RULE, MAX_)     \
	X(MODEL, MAX_)    \
	X(SERVER, MAX_)   \
	X(STATUS, STATUS) \
	X(ON, SERVER)     \
	X(LISTED, LISTED) \
	X(PROFILE, PROFILE)

enum tally_kind {
#define X(id, part) TALLY_##id,
	TALLY_LIST(X)
#undef X
		TALLY_MAX_
};

struct tally_group {
	struct tally_line *v; /* after tally_run(): most rows first, those beyond the bound last */
	uint32_t n, cap;
	uint32_t *at; /* by slot of tally.names: index in v, MAP_NONE */
	uint32_t cap_at;
};

/* A row that a page shows. */
struct tally_row {
	uint32_t n;     /* from 0, in input order */
	uint32_t model; /* slot of tally.names */
};

struct tally_cause {
	uint32_t row[TALLY_EXAMPLES]; /* the first ones */
	uint32_t n;
};

struct tally {
	struct map names;
	struct summary totals;
	struct tally_group by[TALLY_MAX_];
	struct tally_cause causes[REASON_MAX_];
	struct tally_row *kept[OUTCOME_MAX_]; /* the first TALLY_ROWS of each outcome */
	uint32_t n_kept[OUTCOME_MAX_], cap_kept[OUTCOME_MAX_];
};

/* Whether nothing more is to be done about such a row. */
bool tally_is_done(enum outcome o);

/* Between the state before and the state after in the names of STATUS to PROFILE. */
#define TALLY_ARROW '\x1f'

MUST_CHECK enum errc tally_run(struct tally *t, const struct report_source *s, struct err *err);
/* Also after a failure. */
void tally_release(struct tally *t);

/* Outcomes in the order in which people want to see them: what is not done first. */
const enum outcome *tally_order(void);

#endif
