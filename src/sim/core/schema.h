/*
 * The tables of a simulator's state. See sim.h for what they mean together.
 */
#ifndef SIM_CORE_SCHEMA_H
#define SIM_CORE_SCHEMA_H

#include "base/err.h"
#include "io/db/db.h"

/* Creates the tables of a new database; ERR_STORE when it is another version's. */
MUST_CHECK enum errc schema_apply(struct db *d, struct err *err);
/* Takes every row away, within the transaction that is open. */
MUST_CHECK enum errc schema_empty(struct db *d, struct err *err);

#endif
