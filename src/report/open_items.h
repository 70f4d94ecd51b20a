/*
 * What a run left for people to do: rows that are not done, by cause; and which of them the run
 * before did not have.
 */
#ifndef REPORT_OPEN_ITEMS_H
#define REPORT_OPEN_ITEMS_H

#include "base/arena.h"
#include "base/map.h"
#include "plan/run_rows.h"

/* Rows with the same rule, reason and advice. */
struct open_cause {
	enum outcome outcome; /* of the first one */
	enum reason reason;
	struct str rule, remedy; /* remedy: of the rule or of the table */
	char key[13];            /* the same for the same cause in every run of the tenant */
	struct str *serials;
	uint32_t n, cap;
};

struct open_items {
	struct arena arena;
	struct map keys; /* of causes */
	struct open_cause *v;
	uint32_t n, cap;
	uint64_t n_items;
};

/* Of a run; before: those it had in common with that one are left out (NULL: none). Caller
 * releases, also after a failure. */
MUST_CHECK enum errc open_items_load(struct open_items *ret, struct store *store,
	const char *tenant, const struct run_record *run, const struct run_record *before,
	struct err *err);
void open_items_release(struct open_items *items);

/* The newest earlier run over the same file. *ret_found false: there is none, everything is new. */
MUST_CHECK enum errc open_items_before(struct store *store, const struct run_record *run,
	struct run_record *ret, bool *ret_found, struct err *err);

/* For a ticket system: one line per cause with its key, so that the same cause is one ticket over
 * many runs. "-": the standard output. */
MUST_CHECK enum errc open_items_tickets(
	const struct open_items *items, const char *path, bool raw_csv, struct err *err);
/* For people: a line per cause, and its first serials. */
void open_items_print(const struct open_items *items, FILE *out);
/* The same as JSON, an object per item. */
void open_items_tell(const struct open_items *items, FILE *out);

#endif
