/*
 * Who began a run, where, and by which rules: as its audit trail has it.
 */
#ifndef REPORT_RUN_FACTS_H
#define REPORT_RUN_FACTS_H

#include "base/buf.h"
#include "io/json.h"
#include "store/store.h"

struct run_facts {
	struct buf user, host; /* user: by name, else "uid N" */
	struct buf rules;      /* files, one a line; empty: none, as of an undo */
	struct buf parameters; /* NAME=VALUE, one a line */
};

/* Who, of an event: by name, else "uid N". */
void run_facts_who(const struct json *event, struct buf *out);
/* Runs of earlier versions say less. Caller releases, also after a failure. */
MUST_CHECK enum errc run_facts_load(
	struct run_facts *ret, struct store *store, int64_t run, struct err *err);
void run_facts_release(struct run_facts *f);
/* "corrupted-registration, orphans": the names of the rules without folders and endings. */
void run_facts_rules(const struct run_facts *f, struct buf *out);

#endif
