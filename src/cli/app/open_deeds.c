#include "cli/app/open_deeds.h"

#include "base/buf.h"
#include "base/log.h"
#include "model/outcome.h"
#include "model/step.h"
#include "store/ledger.h"

enum { NAMED_MOST = 5, NAMED_BYTES = 1024 };

/* "wipe of C02A, release of C02B and 3 more" */
static void name_deeds(const struct ledger_deeds *d, struct buf *out)
{
	for (size_t i = 0; i < d->n && i < NAMED_MOST; i++)
		buf_printf(out, "%s%s of %.*s", i ? ", " : "",
			step_info((enum step_kind)d->v[i].kind)->word, STR_FMT(d->v[i].serial));
	if (d->n > NAMED_MOST)
		buf_printf(out, " and %zu more", d->n - NAMED_MOST);
}

static size_t count_open_deeds(struct store *store)
{
	struct ledger_deeds all;
	struct err err;
	size_t n = 0;

	if (!ledger_deeds(store, STR_NONE, &all, &err))
		for (size_t i = 0; i < all.n; i++)
			n += all.v[i].state == DEED_OPEN;
	ledger_deeds_release(&all);
	return n;
}

int open_deeds_status(struct store *store, int64_t run, int status)
{
	struct ledger_deeds ours;
	struct buf named;
	struct err err;
	bool any = !ledger_deeds_open(store, run, &ours, &err) && ours.n > 0;

	buf_init(&named, NAMED_BYTES);
	name_deeds(&ours, &named);
	if (any)
		log_warn(
			"the outcome is not known yet: %s; see 'depmend status'", buf_cstr(&named));
	else if (count_open_deeds(store))
		log_warn("wipes, releases or deletions of other runs are still open: see "
			 "'depmend status'");
	buf_release(&named);
	ledger_deeds_release(&ours);
	return any && !status ? outcome_info(OUTCOME_UNVERIFIED)->exit_status : status;
}

bool open_changes_left(struct store *store, int64_t run)
{
	struct ledger_custodies off;
	struct ledger_intents in = { 0 };
	struct err err;
	bool any = ledger_custodies(store, STR_NONE, &off, &err) || off.n ||
		   ledger_intents(store, STR_NONE, &in, &err);

	for (size_t i = 0; i < in.n && !any; i++)
		any = in.v[i].run != run && in.v[i].kind != STEP_WIPE &&
		      in.v[i].state != REQUEST_SETTLED;
	ledger_custodies_release(&off);
	ledger_intents_release(&in);
	return any;
}
