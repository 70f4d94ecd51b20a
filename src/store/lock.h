/*
 * One process at a time: a file that is locked by its open file description. The kernel lets go
 * when the process ends, whatever ends it; processes of other containers and network namespaces
 * that share the folder see it; and nobody who cannot write the file can hold it. The file stays.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct lock;

/* As the holder saw itself: a pid means something only within its container. */
struct lock_holder {
	int64_t pid, since_ms; /* 0: it has not said yet */
	int64_t ends_ms; /* when it is over at the latest, as it foresaw; TIME_NONE: unknown */
	char host[256], boot[40], command[64];
	char phase[256]; /* how far it is, in words; "": it has not said */
};

/* Creates the file, 0600. ERR_LOCKED names process, host, command and start of the holder;
 * ERR_CANNOT_CREATE, ERR_SETTINGS when the file is another user's. Caller frees with lock_free().
 */
MUST_CHECK enum errc lock_take(
	struct lock **ret, const char *path, const char *command, struct err *err);
/* Holds the file's folder as well: whoever removes the file, taking it for a leftover, lets nobody
 * in. What others may read of it is not its list of files any more: with that they could hold it.
 * ERR_LOCKED when somebody else does; then, and after other failures, the caller frees. Where the
 * file system cannot lock folders the file has to do. */
MUST_CHECK enum errc lock_take_folder(struct lock *l, struct err *err);
/* How far the holder is, for whoever looks. NULL is fine. */
void lock_say(struct lock *l, const char *phase, int64_t ends_ms);
/* Who holds the file now; takes nothing. A file that is not there or cannot be read: nobody. */
bool lock_look(const char *path, struct lock_holder *ret);
/* NULL is fine. */
void lock_free(struct lock *l);
/* The same, and removes the file: of what is gone itself. */
void lock_remove(struct lock *l);

/* The lock of depmend 0.1: an abstract Unix socket of that name, at most 80 bytes. For who brings
 * a store of that version up to date. ERR_LOCKED when one runs. Caller frees with lock_free(). */
MUST_CHECK enum errc lock_take_old(struct lock **ret, const char *name, struct err *err);

#endif
