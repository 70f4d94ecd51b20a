/*
 * Put-backs while the ledger cannot be written: their intents and what was answered, in the
 * emergency file (store/emergency.h), and how the ledger takes them over when it is opened to
 * write the next time, before anybody else reads it. Failures are ERR_STORE: then nothing may be
 * sent.
 */
#ifndef STORE_EMERGENCY_LEDGER_H
#define STORE_EMERGENCY_LEDGER_H

#include "store/store.h"

/* A device on its way back, as its run has it by now: what was proved since the ledger could be
 * written last. */
struct emergency_device {
	struct str serial, results;
	int outcome, reason;
	uint32_t attempts, step;
};

/* All devices are off by us, and nothing else is open about them. *ret_id: below zero. */
MUST_CHECK enum errc emergency_intend(struct store *s, const struct request_record *r,
	const struct emergency_device *devices, uint32_t n, struct str boot, int64_t boot_ms,
	int64_t *ret_id, struct err *err);
/* r->id: of the intent; r->intent_ms: now. The quarantine counts from then on (ledger.h). */
MUST_CHECK enum errc emergency_answer(struct store *s, const struct request_record *r,
	struct str boot, int64_t boot_ms, struct err *err);

/* Everything that is there becomes the ledger's, and the file empty. Runs and devices that this
 * ledger does not know, because the real one is lost or an older one took its place, are made up
 * from what the file says of them. */
MUST_CHECK enum errc emergency_take_over(struct store *s, struct err *err);

/* The same into a ledger that is only in memory; the file stays as it is, and what follows is added
 * to it. */
MUST_CHECK enum errc emergency_take_in(struct store *s, struct err *err);

#endif
