/*
 * Where an intent goes when the ledger cannot be written: FOLDER/emergency, written in whole and
 * synced while there is room, so that a full disk does not matter when it is needed. For put-backs
 * alone: nothing new begins without a ledger.
 *
 * At the start: emergency_open(), emergency_each(). Whatever is there was sent, or may have been,
 * and the ledger does not know it: take it over, then emergency_clear(). When the ledger cannot be
 * written: emergency_add() before the first byte of the put-back leaves; when that fails too,
 * nothing is sent.
 *
 * A record is what its writer makes of it: text, without line ends. One that was being written when
 * the power failed is not there at all. Only the lock's holder opens the file.
 */
#ifndef STORE_EMERGENCY_H
#define STORE_EMERGENCY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct emergency;

enum { EMERGENCY_BYTES = 1024 * 1024 };

/* Makes the file, 0600, if it is not there in whole. ERR_STORE. Caller frees with
 * emergency_close(); NULL is fine there. */
MUST_CHECK enum errc emergency_open(struct emergency **ret, const char *folder, struct err *err);
void emergency_close(struct emergency *e);
bool emergency_is_empty(const struct emergency *e);
/* On the disk when it returns. ERR_STORE: it is not, or the file is full. */
MUST_CHECK enum errc emergency_add(struct emergency *e, struct str record, struct err *err);
/* Oldest first; texts are borrowed for the callback, whose failure ends the walk and is returned.
 * *ret_n: how many there are. */
MUST_CHECK enum errc emergency_each(struct emergency *e,
	enum errc (*each)(void *self, struct str record, struct err *err), void *self,
	size_t *ret_n, struct err *err);
/* Empty, on the disk when it returns. */
MUST_CHECK enum errc emergency_clear(struct emergency *e, struct err *err);

#endif
