/*
 * What a run made of its devices, by which its own doing is told from what others changed since.
 */
#ifndef CLI_APP_OWN_DOING_H
#define CLI_APP_OWN_DOING_H

#include "base/map.h"
#include "store/store.h"

struct own_doing {
	struct map serials, words;
	uint32_t *after; /* by serial: its state afterwards, a slot of words */
	size_t cap;
};

/* run 0: none. Caller releases *ret, also after a failure. */
MUST_CHECK enum errc own_doing_load(
	struct own_doing *ret, struct store *store, int64_t run, struct err *err);
void own_doing_release(struct own_doing *o);
/* Of two rows of a plan, "RULE: STEPS (STATE)": whether they are the same but for what the run did.
 * A device that it took off its server comes back without a profile, and is listed again only after
 * a sync: what the UEM says is as it was, as the run left it, or nothing. */
bool own_doing_explains(
	const struct own_doing *o, struct str serial, struct str was, struct str is);

#endif
