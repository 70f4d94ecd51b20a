/* What cannot be undone may come true when its run waits for it no more: the ledger has it open
 * until a look shows it, or a person lets it go. */
#include <stdlib.h>

#include "apply/job_end.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

static bool is_apples(const struct ledger_deed *d)
{
	return step_info((enum step_kind)d->kind)->service == SERVICE_APPLE;
}

static enum errc look(
	const struct surroundings *s, const struct ledger_deeds *late, bool apples, struct err *err)
{
	uint32_t *slots = mem_alloc((late->n + 1) * sizeof(*slots)), n = 0;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < late->n; i++)
		if (is_apples(&late->v[i]) == apples)
			slots[n++] = fleet_add(s->facts->fleet, late->v[i].serial);
	if (n && apples)
		rc = facts_apple_by_name(s->facts, slots, n, err);
	else if (n && s->settings->has_uem)
		rc = facts_read(s->facts, READING_UEM_DEVICE, slots, n, err);
	free(slots);
	return rc;
}

/* Of the same record, enrollment or membership that it was sent to, or that one is no more. */
static bool shows(struct fleet *f, const struct ledger_deed *d)
{
	uint32_t slot = fleet_add(f, d->serial);
	char text[INCARNATION_TEXT];
	struct str now = str_from(fleet_incarnation(f, slot, (enum step_kind)d->kind, text));
	bool same = d->incarnation.n && str_eq(d->incarnation, now);
	struct view v;

	(void)work_view(f, slot, &v);
	if (is_apples(d))
		return v.released && (same || !now.n);
	return v.record == RECORD_NONE || (d->kind == STEP_WIPE && v.record == RECORD_LEFT && same);
}

static enum errc note(const struct surroundings *s, const struct ledger_deed *d, struct err *err)
{
	enum step_kind kind = (enum step_kind)d->kind;
	struct buf text;
	enum errc rc = ledger_deed_done(s->store, d->request, d->serial, err);

	if (rc)
		return rc;
	log_info("%s of %.*s, which an earlier run waited for in vain, is done",
		step_info(kind)->word, STR_FMT(d->serial));
	buf_init(&text, 256);
	buf_printf(&text, "request %lld %s of %.*s seen", (long long)d->request,
		step_info(kind)->word, STR_FMT(d->serial));
	rc = store_event(
		s->store, d->run, transport_now(s->transport), "outcome", buf_view(&text), err);
	buf_release(&text);
	return rc;
}

/* All of them, or none. */
static enum errc note_all(
	const struct surroundings *s, const struct ledger_deeds *late, struct err *err)
{
	enum errc rc = store_begin(s->store, err);

	for (size_t i = 0; i < late->n && !rc; i++)
		if (shows(s->facts->fleet, &late->v[i]))
			rc = note(s, &late->v[i], err);
	return store_end(s->store, rc, err);
}

enum errc late_deeds(const struct surroundings *s, struct err *err)
{
	struct ledger_deeds late;
	enum errc rc = ledger_deeds_late(s->store, &late, err);

	if (!rc)
		rc = look(s, &late, true, err);
	if (!rc)
		rc = look(s, &late, false, err);
	if (!rc && late.n)
		rc = note_all(s, &late, err);
	ledger_deeds_release(&late);
	return rc;
}
