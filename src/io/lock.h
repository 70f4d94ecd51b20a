/*
 * One process at a time: an abstract Unix socket, gone with the process, whatever ends it.
 */
#ifndef IO_LOCK_H
#define IO_LOCK_H

#include "base/err.h"

struct lock;
/* name: up to 80 bytes, made part of the abstract name. ERR_LOCKED names pid, host and start time
 * of the holder. Caller frees with lock_free(). */
MUST_CHECK enum errc lock_take(struct lock **ret, const char *name, struct err *err);
void lock_free(struct lock *l);

#endif
