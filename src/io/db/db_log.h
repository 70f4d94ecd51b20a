/*
 * The log of a database (SQLite's write-ahead log, PATH-wal): whether it still holds what was
 * committed, as the index says that processes share. Who cuts, removes or replaces it under us
 * would otherwise have its holes copied into the database, where nothing can be read any more.
 */
#ifndef IO_DB_DB_LOG_H
#define IO_DB_DB_LOG_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct db_log {
	bool watched, known, lost; /* known: which file it is */
	dev_t dev;
	ino_t file;
};

/* From now on it is copied into the database only while it is whole. `log` has to outlive h. */
void db_log_watch(struct db_log *log, sqlite3 *h);
/* Whether the file is the one that was written to, and no shorter. When it is not, what can be
 * saved of it is in the database, and it is lost from then on. */
bool db_log_is_there(struct db_log *log, sqlite3 *h);
/* Whether every byte of it is as it was written. */
bool db_log_is_whole(struct db_log *log, sqlite3 *h);

#endif
