/*
 * Devices that the ledger has off their servers.
 */
#ifndef RUN_CUSTODY_H
#define RUN_CUSTODY_H

#include "run/job.h"

/* Devices that the ledger has although no step of their rows puts them back: two looks tell whether
 * they are off their server. Those that are come back once more. */
MUST_CHECK enum errc custody_check(struct job *j, struct err *err);

#endif
