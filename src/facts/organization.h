/*
 * Whose devices these are: the client id and the servers of a tenant's last run, kept in a file of
 * the state folder. Another organization's credentials show before anything is changed.
 */
#ifndef FACTS_ORGANIZATION_H
#define FACTS_ORGANIZATION_H

#include "facts/fleet.h"

/* ERR_GUARD: another client id than last time, or one of last time's servers is gone. `lifted`: a
 * person says that this is right; another client id for the same servers is refused all the same
 * when the one before left something open, unless the settings name it. The first run of a tenant
 * has nothing to compare with.
 */
MUST_CHECK enum errc organization_check(
	const struct settings *s, const struct fleet *f, bool lifted, struct err *err);
/* What the tenant's last run called the server of that id; appends nothing when it knew none. For
 * commands that ask no service. */
void organization_server_name(const struct settings *s, struct str id, struct buf *out);
/* Before the first change of a run. */
MUST_CHECK enum errc organization_keep(
	const struct settings *s, const struct fleet *f, struct err *err);

#endif
