/*
 * Serials that a list waits for: Apple does not list them yet (`wait_for` of the rules). A wait
 * belongs to the list, not to a run, so that the next run of the list knows since when.
 *
 * Only the lock's holder writes; what is written joins the caller's transaction. Failures are
 * ERR_STORE.
 */
#ifndef STORE_WAIT_H
#define STORE_WAIT_H

#include "base/arena.h"
#include "base/map.h"
#include "store/store.h"

/* As what the next run of its list takes the serial, as far as the rules stay as they were. */
enum wait_state {
	WAIT_ON,
	WAIT_OVER,      /* a person has to look */
	WAIT_TWICE,     /* another list waits for it, too */
	WAIT_PROTECTED, /* it is on the protected list now */
	WAIT_STATES
};

struct waiting {
	struct str list;       /* path of the list */
	struct str serial;     /* of a group: the first */
	struct str rule;       /* the rule that waits */
	int64_t since_ms;      /* of a group: the earliest */
	int64_t until_ms;      /* after that a person has to look; of a group: the earliest */
	int64_t n;             /* serials of a group; else 1 */
	enum wait_state state; /* of a group */
};
struct waits {
	struct waiting *v;
	size_t n, cap;
	struct arena arena; /* of the texts */
};
/* Those of one serial, or all (STR_NONE), in order of lists and serials. Caller releases *ret with
 * waits_release(), also after a failure. */
MUST_CHECK enum errc waits_load(
	struct store *s, struct str serial, struct waits *ret, struct err *err);
/* The same, one for each list, rule and state: what `now_ms` and the serials of the protected list
 * make of them. Caller releases. */
MUST_CHECK enum errc waits_by_list(struct store *s, struct str serial, int64_t now_ms,
	const struct map *protected_list, struct waits *ret, struct err *err);
void waits_release(struct waits *w);

/* Takes the place of what the list waited for under that serial. */
MUST_CHECK enum errc wait_put(struct store *s, const struct waiting *w, struct err *err);
MUST_CHECK enum errc wait_drop(struct store *s, const struct waiting *w, struct err *err);

#endif
