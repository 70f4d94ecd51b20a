/*
 * Private to io/: an open database, and how its failures are told.
 */
#ifndef IO_DB_DB_PRIVATE_H
#define IO_DB_DB_PRIVATE_H

#include <sqlite3.h>

#include "io/db/db.h"
#include "io/db/db_log.h"

enum { DB_PAUSE_US = 5000 };

struct db {
	bool reads; /* and may change nothing */
	int patience_ms;
	sqlite3 *h;
	char *path;        /* for messages */
	struct db_log log; /* DB_STORE: what was written to it */
};

MUST_CHECK enum errc db_fail(const struct db *d, int rc, struct err *err);
MUST_CHECK enum errc db_fail_os(const char *path, const char *doing, struct err *err);
/* SQLite would create the file with the umask; the journals copy the mode of the main file. */
MUST_CHECK enum errc db_create_private(const char *path, int extra_flags, struct err *err);
/* Whether it was busy, and is worth another try. *since: TIME_NONE before the first one. */
bool db_try_again(const struct db *d, int rc, int64_t *since);

#endif
