/*
 * The state of an organization as one file: the ledger as it was at one moment, and with it the
 * inputs of its runs, the plans that are remembered and what a full disk left to be taken over. The
 * file is an SQLite database; what is not of the ledger is in its tables archive and archive_file.
 * No secret is in it: the state has none.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/store.h"

struct archive_info {
	char organization[17]; /* of the client id, as the state's folder is named */
	int64_t made_ms;
	int64_t n_events;
	char last_hash[65]; /* of the newest event; empty: none */
	bool moved;         /* the folder it comes from was retired */
};

/* Consistent while a run is active: a reader's store will do. The file appears whole or not at all,
 * 0600; one that is there is replaced when it is an archive. ERR_CANNOT_CREATE, ERR_STORE. */
MUST_CHECK enum errc archive_write(struct store *s, const char *path, bool moved, int64_t now_ms,
	struct archive_info *ret, struct err *err);
/* From now on nobody writes to the state's folder; for the lock's holder, after archive_write(). */
MUST_CHECK enum errc archive_retire(
	const struct store *s, const char *path, int64_t now_ms, struct err *err);

/* ERR_NO_INPUT, ERR_INPUT: it is no archive, or damaged. */
MUST_CHECK enum errc archive_look(const char *path, struct archive_info *ret, struct err *err);

/* What the state would lose if the archive took its place. */
enum archive_order { ARCHIVE_SAME, ARCHIVE_NEWER, ARCHIVE_OLDER, ARCHIVE_OTHER };
/* *ret_lost: events that the archive does not have. */
MUST_CHECK enum errc archive_compare(struct store *s, const char *path,
	const struct archive_info *info, enum archive_order *ret, int64_t *ret_lost,
	struct err *err);
/* What a restore that was cut off left in the ledger, which is the restored one, goes. */
MUST_CHECK enum errc archive_leave(struct store *s, struct err *err);
/* Takes the place of the ledger, for the lock's holder; what was there is kept beside it, *ret_kept
 * (caller frees; NULL: it was empty). The store has to be opened anew. */
MUST_CHECK enum errc archive_restore(
	struct store *s, const char *path, int64_t now_ms, char **ret_kept, struct err *err);

#endif
