#include "undo/inverse.h"

#include "base/time.h"
#include "model/program.h"
#include "plan/work.h"

static void add_lost(struct deeds *d, enum step_kind kind)
{
	buf_printf(&d->lost, "%s%s", d->lost.n ? ", " : "", step_info(kind)->word);
}

static void add_deed(struct deeds *d, enum step_kind kind)
{
	switch (kind) {
	case STEP_MIGRATE:
		d->migrated = d->moved = true;
		break;
	case STEP_UNASSIGN:
	case STEP_REASSIGN:
		d->moved = true;
		break;
	case STEP_ASSIGN_PROFILE:
	case STEP_REMOVE_PROFILE:
		d->profiled = true;
		break;
	case STEP_SYNC:
	case STEP_FETCH:
		break;
	default: /* the deadline of a migration that was cancelled is recorded nowhere */
		d->released |= kind == STEP_RELEASE;
		add_lost(d, kind);
	}
}

/* A step that was not proved may have taken effect: its inverse sends nothing when it has not. */
enum errc deeds_read(struct str program, struct str results, uint32_t open, struct arena *a,
	struct deeds *ret, struct err *err)
{
	struct program source;
	struct work_program outline;
	enum errc rc = program_decode(program, a, &source, err);

	if (rc)
		return rc;
	work_outline(&source, a, &outline);
	ret->synced = outline.syncs;
	for (uint32_t i = 0; i < outline.n && i < results.n; i++) {
		enum step_kind kind = outline.v[i].kind;
		bool is_open = open >> kind & 1u, unseen = results.p[i] == RESULT_UNVERIFIED;

		if (!is_open && !unseen && results.p[i] != RESULT_DONE)
			continue;
		add_deed(ret, kind);
		if (step_info(kind)->takes_off || step_info(kind)->puts_back ||
			kind == STEP_MIGRATE)
			ret->late = unseen ? &source.v[outline.v[i].word] : NULL;
		ret->open |= is_open;
	}
	return ERR_OK;
}

void inverse_add(struct inverse *inv, enum step_kind kind, struct str arg)
{
	inv->v[inv->n++] = (struct step){ .kind = kind, .arg = arg, .deadline_ms = TIME_NONE };
}

/* A record that comes anew comes without a profile. */
static void add_profile(struct inverse *inv, const struct undone *u, bool anew)
{
	struct str profile = snapshot_text(&u->before, SNAPSHOT_PROFILE);

	if (!snapshot_is(&u->before, SNAPSHOT_LISTED, STR("yes")))
		return;
	if (!anew && snapshot_is(&u->before, SNAPSHOT_PROFILE, STR_NONE))
		inverse_add(inv, STEP_REMOVE_PROFILE, STR_NONE);
	else if (profile.n)
		inverse_add(inv, STEP_ASSIGN_PROFILE, profile);
}

void inverse_of(const struct fleet *f, const struct settings *s, const struct deeds *d,
	const struct undone *u, struct inverse *ret)
{
	bool back = d->moved && (u->late || !snapshot_is(&u->after, SNAPSHOT_SERVER,
						    fleet_server_name(f, u->start)));

	if (d->migrated)
		inverse_add(ret, STEP_CANCEL_MIGRATION, STR_NONE);
	if (back && u->start == SERVER_NONE)
		inverse_add(ret, STEP_UNASSIGN, STR_NONE);
	else if (back)
		inverse_add(ret, STEP_REASSIGN, fleet_server_name(f, u->start));
	if (back && d->synced && (s->has_uem || s->sync.wait_ms >= 0))
		inverse_add(ret, STEP_SYNC, STR_NONE);
	if (s->has_uem && (d->profiled || (d->moved && d->synced)))
		add_profile(ret, u, back);
}
