/* What earlier runs left open, and wipes that still wait: the ledger tells, and the UEM's lists. */
#include "base/plural.h"
#include "facts/group_count.h"
#include "store/ledger.h"
#include "survey/doctor_parts.h"

enum errc doctor_custody(struct doctor *d, struct err *err)
{
	struct ledger_custodies off;
	struct examples away = { 0 };
	enum errc rc = ledger_custodies(d->session->store, STR_NONE, &off, err);

	for (size_t i = 0; !rc && i < off.n; i++)
		doctor_tally(d, &away, off.v[i].serial, EXAMPLES);
	if (!rc)
		ledger_custodies_release(&off);
	doctor_tell(d, FOUND_TROUBLE, &away,
		"run depmend apply: it puts them back before anything else; depmend status names "
		"all of them",
		"taken off their server by a run, and not seen back yet");
	return rc;
}

enum errc doctor_open_wipes(struct doctor *d, struct err *err)
{
	struct ledger_deeds deeds;
	struct examples open = { 0 };
	enum errc rc = ledger_deeds(d->session->store, STR_NONE, &deeds, err);

	for (size_t i = 0; !rc && i < deeds.n; i++)
		if (deeds.v[i].kind == STEP_WIPE && deeds.v[i].state == DEED_OPEN)
			doctor_tally(d, &open, deeds.v[i].serial, EXAMPLES);
	if (!rc)
		ledger_deeds_release(&deeds);
	doctor_tell(d, FOUND_NOTE, &open,
		"see that the devices are switched on and online; one that enrolls again before "
		"its wipe comes may be erased then. To call a wipe off, in the "
		"console: " CONSOLE_WIPE_LOG,
		"sent a wipe that is not known to be over");
	return rc;
}

enum errc doctor_listed_wipes(struct doctor *d, struct err *err)
{
	(void)err;
	doctor_tell(d, FOUND_NOTE, &d->wiping,
		"see that the wipe is wanted: it waits for the device, also when that enrolls "
		"again. To call it off, in the console: " CONSOLE_WIPE_LOG,
		"for which the UEM shows a wipe that waits");
	return ERR_OK;
}

/* --- entries of uem.tokens that are mixed up --- */

/* As a plan sees it (plan/mapping.c): the group lists none of its own server's devices, and most of
 * another's. */
static bool is_crossed(const struct doctor *d, uint32_t group, uint32_t own, uint32_t other)
{
	const struct doctor_seen *o = &d->seen[own], *v = &d->seen[other];

	return other != own && fleet_groups_of(&d->session->fleet, own) >> group & 1u &&
	       group_count_crossed(&(struct group_count){ o->n, o->own },
		       &(struct group_count){ v->n, v->alien[group] });
}

static void say_crossed(struct doctor *d, uint32_t group, uint32_t own, uint32_t other)
{
	const struct fleet *f = &d->session->fleet;

	doctor_say(d, FOUND_TROUBLE, str_from(d->session->settings->uem.tokens[group].group),
		"compare the entries of uem.tokens with the server tokens in the console; if the "
		"devices were moved only now, sync the groups there first",
		"the group lists none of the %u device%s of '%.*s', and %u of the %u of '%.*s'",
		d->seen[own].n, plural(d->seen[own].n), STR_FMT(fleet_server_name(f, own)),
		d->seen[other].alien[group], d->seen[other].n,
		STR_FMT(fleet_server_name(f, other)));
}

enum errc doctor_crossed(struct doctor *d, struct err *err)
{
	const struct fleet *f = &d->session->fleet;

	(void)err;
	for (uint32_t g = 0; g < f->n_groups; g++)
		for (uint32_t own = 0; own < f->n_servers; own++)
			for (uint32_t other = 0; other < f->n_servers; other++)
				if (f->groups[g].server.n && is_crossed(d, g, own, other))
					say_crossed(d, g, own, other);
	return ERR_OK;
}
