/*
 * An older state in the place of the newest: noticed before anything is sent, and what it forgot is
 * looked for. Devices that our account took off their servers after the ledger's last entry, and
 * that still are on none, are put back by the run that is made up for them here, like those of any
 * earlier run. Steps that cannot be undone wait until a person says --allow restored_state=yes.
 */
#ifndef OLDER_OLDER_H
#define OLDER_OLDER_H

#include "apply/apply.h"

/* At the start of what changes something, connected to Apple, before devices are put back. One
 * query of the audit events (services/README.md Apple E), which a school does not have; without an
 * older state no more than that. With one it waits until nothing that was forgotten can still be on
 * its way: timeouts.activity. ERR_STOPPED, ERR_TEMPFAIL: the next start goes on with it. */
MUST_CHECK enum errc older_look(const struct surroundings *s, struct err *err);
/* A person has said that irreversible steps may be taken all the same: told in the audit trail. */
MUST_CHECK enum errc older_allow(
	struct store *store, const char *const *allowed, int64_t now_ms, struct err *err);

/* Private to older/. */

/* A device that our account took off its server; texts live in the arena of the search. */
struct older_device {
	struct str serial, home; /* home: id of the server; empty: the event does not name it */
	int64_t at_ms;
};
/* Takes those that are on no server into custody, with a run that puts them back. *ret_n: how many.
 */
MUST_CHECK enum errc older_take(const struct surroundings *s, const struct older_device *v,
	size_t n, uint32_t *ret_n, struct err *err);

#endif
