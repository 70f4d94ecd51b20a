/*
 * Whose devices these are: the client id and the servers of a tenant's last run, kept in a file of
 * the state folder. Another organization's credentials show before anything is changed; and that
 * two API accounts are of one organization, whose limits and open changes are then counted twice.
 */
#ifndef FACTS_ORGANIZATION_H
#define FACTS_ORGANIZATION_H

#include "facts/fleet.h"

/* ERR_GUARD: another client id than last time, or one of last time's servers is gone; `lifted`: a
 * person says that this is right. Also, whoever says so: another account of this state has gone for
 * one of these servers, and is not joined with this one. The first run of a tenant has nothing to
 * compare with. */
MUST_CHECK enum errc organization_check(
	const struct settings *s, const struct fleet *f, bool lifted, struct err *err);

/* Whether a server is one of the organization's. */
typedef bool organization_has(void *self, struct str server_id);
/* Such another account: appends its client id; nothing when there is none. */
void organization_other_account(
	const struct settings *s, organization_has *has, void *self, struct buf *ret);
/* What can be said of it. */
#define ORGANIZATION_JOIN                                                              \
	"both are of one organization. Join them: depmend doctor --fix client-id, or " \
	"previous_client_ids: [%s] under apple:; what is off its server comes back only then"
/* From the next command on the account goes on with the state of the other one. ERR_CANNOT_CREATE,
 * ERR_IO. */
MUST_CHECK enum errc organization_join(
	const struct settings *s, const char *other, struct err *err);

/* Of all client ids that the settings name, that which the last run's state is called by. */
void organization_settle(struct settings *s);
/* For commands that change nothing at the services: the state of the organization is that of the
 * tenant's last run, whatever client id the settings name now; says so when it is another one. */
void organization_adopt(struct settings *s);
/* ERR_GUARD: the settings do not name the client id of the tenant's last run. */
MUST_CHECK enum errc organization_joined(const struct settings *s, struct err *err);
/* What the tenant's runs called the server of that id last; appends nothing when they knew none.
 * For commands that ask no service. False: the last run did not find it. */
bool organization_server_name(const struct settings *s, struct str id, struct buf *out);
/* Before the first change of a run. */
MUST_CHECK enum errc organization_keep(
	const struct settings *s, const struct fleet *f, struct err *err);

#endif
