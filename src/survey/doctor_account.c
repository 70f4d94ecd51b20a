/* Whether two API accounts of one organization each keep a state here; and joining them. */
#include "base/plural.h"
#include "facts/organization.h"
#include "store/ledger.h"
#include "survey/doctor_parts.h"

enum { ID_MAX_BYTES = 4096 };

static bool has_server(void *self, struct str server_id)
{
	const struct doctor *d = self;

	for (uint32_t i = 0; i < d->n_servers; i++)
		if (str_eq(d->servers[i].id, server_id))
			return true;
	return false;
}

static void find_other(struct doctor *d, struct buf *ret)
{
	buf_init(ret, ID_MAX_BYTES);
	organization_other_account(d->session->settings, has_server, d, ret);
}

enum errc doctor_client_id(struct doctor *d, struct err *err)
{
	struct buf other;

	(void)err;
	find_other(d, &other);
	if (other.n)
		doctor_say(d, FOUND_TROUBLE, str_from(d->session->settings->apple.client_id),
			"depmend doctor --fix client-id: this account goes on with the state of "
			"that one; or write previous_client_ids: under apple: in the settings",
			"an earlier run went by the client id %s, for the same servers",
			buf_cstr(&other));
	buf_release(&other);
	return ERR_OK;
}

/* What would no longer be looked at. */
static enum errc check_nothing_open(const struct doctor *d, struct err *err)
{
	struct store *store = d->session->store;
	struct ledger_custodies off = { 0 };
	struct ledger_intents changes = { 0 };
	enum errc rc = ledger_custodies(store, STR_NONE, &off, err);

	if (!rc)
		rc = ledger_intents(store, STR_NONE, &changes, err);
	if (!rc && (off.n || changes.n))
		rc = err_set(err, ERR_GUARD,
			"this account has left %zu device%s off their server and %zu change%s "
			"open: "
			"finish them first (depmend status); nothing was changed",
			off.n, plural(off.n), changes.n, plural(changes.n));
	ledger_custodies_release(&off);
	ledger_intents_release(&changes);
	return rc;
}

enum errc doctor_fix_client_id(struct doctor *d, struct err *err)
{
	struct buf other;
	enum errc rc = check_nothing_open(d, err);

	find_other(d, &other);
	if (!rc)
		rc = organization_join(d->session->settings, buf_cstr(&other), err);
	for (uint32_t i = 0; i < d->n && !rc; i++)
		if (str_eq(str_from(d->v[i].check), STR("client-id"))) {
			d->v[i].found = FOUND_MENDED;
			d->v[i].remedy = STR_NONE;
		}
	buf_release(&other);
	return rc;
}
