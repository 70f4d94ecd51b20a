/*
 * Private to store/: from one schema to the next, in the transaction of whoever opens the store.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "io/db/db.h"
#include "store/shared.h"

enum { SCHEMA_VERSION = 5 };

/* Before a store of an earlier version is changed: *ret becomes "PATH.v1"; the caller frees it with
 * free(). Stays NULL where nothing is to be changed. Not inside a transaction. */
MUST_CHECK enum errc migrate_backup(struct db *db, const char *path, char **ret, struct err *err);
/* The tables of store/ledger.h, filled from what the runs left open. */
MUST_CHECK enum errc migrate_to_2(struct db *db, struct err *err);
/* What readers write moves to the shared file; what is looked for in a long history is indexed. */
MUST_CHECK enum errc migrate_to_3(struct db *db, struct shared *shared, struct err *err);

/* What lists wait for. */
MUST_CHECK enum errc migrate_to_4(struct db *db, struct err *err);
/* Counts by rule and outcome of each run; earlier runs have none. */
MUST_CHECK enum errc migrate_to_5(struct db *db, struct err *err);

#endif
