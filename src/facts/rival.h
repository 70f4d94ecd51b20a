/*
 * Two settings files that name each other's client id as an earlier one: each would go on with the
 * state that is the other's. Which file last changed devices for a tenant is kept beside the state.
 */
#ifndef FACTS_RIVAL_H
#define FACTS_RIVAL_H

#include "model/settings.h"

/* ERR_SETTINGS, with both files. */
MUST_CHECK enum errc rival_check(const struct settings *s, struct err *err);
/* Before the first change of a run. */
MUST_CHECK enum errc rival_keep(const struct settings *s, struct err *err);

#endif
