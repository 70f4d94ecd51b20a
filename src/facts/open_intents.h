/*
 * What settled rows left open: a verdict about a row does not end what may still be carried out.
 */
#ifndef FACTS_OPEN_INTENTS_H
#define FACTS_OPEN_INTENTS_H

#include "store/ledger.h"
#include "wire/transport.h"

/* Asks about what rows that are settled left open, in any run: closes what is over. */
MUST_CHECK enum errc intents_close(struct store *store, struct transport *transport,
	const struct settings *settings, struct err *err);
/* Until when a request without an activity may still act; `boot` of the ledger is counted anew
 * after a boot. */
MUST_CHECK enum errc intent_until(struct store *store, const struct transport *transport,
	const struct settings *settings, const struct ledger_intent *in, int64_t *ret_ms,
	struct err *err);

#endif
