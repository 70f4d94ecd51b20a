/*
 * Where a database stays that another takes the place of, with its journals.
 */
#ifndef IO_DB_DB_ASIDE_H
#define IO_DB_DB_ASIDE_H

#include <stdint.h>

#include "base/err.h"

/* "PATH.WHAT-TIME", under which nothing is there yet. Caller frees. */
char *db_aside_name(const char *path, const char *what, int64_t now_ms);
/* The database and its journals get that name. ERR_STORE. */
MUST_CHECK enum errc db_aside_move(const char *path, const char *aside, struct err *err);

#endif
