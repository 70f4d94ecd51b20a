#include "report/plan_effects.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"

enum { LINE_MAX_BYTES = 64 * 1024, MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

/* --- counting --- */

static void count_row(const struct program *source, struct plan_effects *e)
{
	bool seen[STEP_MAX_] = { false }, off = false, restored = false, changed = false;

	for (uint32_t i = 0; i < source->n; i++) {
		enum step_kind kind = source->v[i].kind;

		e->steps[kind] += !seen[kind];
		seen[kind] = true;
		if (kind == STEP_UNASSIGN || kind == STEP_REASSIGN)
			changed = true;
		else if (kind == STEP_SYNC || kind == STEP_FETCH ||
			 kind == STEP_DELETE_FROM_LIFECYCLE)
			changed = false;
		if (step_info(kind)->puts_back && off) {
			off = false;
			restored = true;
		} else if (step_info(kind)->takes_off || kind == STEP_DELETE_FROM_LIFECYCLE ||
			   kind == STEP_RELEASE) {
			off = true;
		}
	}
	e->removed += off;
	e->restored += restored && !off;
	e->unsynced += changed;
}

/* A device that the UEM lists anew comes without a profile. */
static bool loses_profile(
	const struct plan *p, const struct input_row *row, const struct work_program *prog)
{
	const struct fleet *f;
	struct view v;
	uint32_t slot = plan_slot(p, row), home;

	if (slot == MAP_NONE || work_has(prog, STEP_REMOVE_PROFILE))
		return false;
	f = p->opt->facts->fleet;
	if (!work_view(f, slot, &v) || v.profile == MAP_NONE)
		return false;
	home = v.server;
	for (uint32_t i = 0; i < prog->n; i++)
		if (!work_needless(f, &prog->v[i], home, p->opt->settings->has_uem, &v))
			work_effect(f, &prog->v[i], home, &v);
	return v.listed != 0 && v.profile == MAP_NONE;
}

void plan_effects_count(const struct plan *p, struct plan_effects *ret)
{
	bool *counted = mem_zalloc(p->input->serials.n + 1); /* a device can have several rows */

	*ret = (struct plan_effects){ 0 };
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row row = input_row(p->input, i);
		const struct work_program *prog = plan_program(p, &row);

		if (row.outcome != OUTCOME_PLANNED || !prog || counted[row.serial])
			continue;
		counted[row.serial] = true;
		ret->devices++;
		count_row(&prog->source, ret);
		ret->bare += loses_profile(p, &row, prog);
	}
	free(counted);
}

/* --- words --- */

/* "unassign 60, reassign 60": devices per step, those that cannot be undone or the others. */
static void plan_effects_steps(const struct plan_effects *e, bool irreversible, struct buf *out)
{
	size_t before = out->n;

	for (int i = 0; i < STEP_MAX_; i++) {
		const struct step_info *step = step_info((enum step_kind)i);

		if (e->steps[i] && step->service != SERVICE_NONE &&
			step->irreversible == irreversible)
			buf_printf(out, "%s%s %u", out->n > before ? ", " : "", step->word,
				e->steps[i]);
	}
}

void plan_effects_reason(const struct plan *p, const struct plan_effects *e,
	const struct schedule *s, struct buf *out)
{
	const struct rate *writes = &p->opt->settings->rates[RATE_APPLE_WRITE];
	char window[TIME_TEXT];

	if (e->steps[STEP_WIPE])
		buf_printf(out, "a wipe may take up to %s",
			duration_words(p->opt->settings->timeouts.wipe_ms, window));
	else if (s->apple_changes > writes->n)
		buf_printf(out, "%u change%s to Apple in %s", writes->n, plural(writes->n),
			writes->window_ms == HOUR_MS ? "an hour"
						     : duration_words(writes->window_ms, window));
	else if (s->syncs)
		buf_printf(out, "the UEM takes up to %s for a sync",
			duration_words(p->opt->settings->timeouts.sync_ms, window));
	else
		buf_printf(out, "%s takes up to %s for a change",
			s->apple_changes ? "Apple" : "the UEM",
			duration_words(p->opt->settings->timeouts.activity_ms, window));
}

/* Rounded up: a device is never away for longer than it says. */
static const char *within(int64_t ms, char text[TIME_TEXT])
{
	int64_t step = ms > 24 * HOUR_MS ? HOUR_MS : ms > MINUTE_MS ? MINUTE_MS : 1000;

	return ms > INT64_MAX - step ? "ever" : duration_words((ms + step - 1) / step * step, text);
}

void plan_effects_off(const struct schedule *s, struct buf *out)
{
	char least[TIME_TEXT], most[TIME_TEXT];

	buf_printf(out, "up to %u at a time, %s to %s each", s->in_flight, within(s->off_ms, least),
		within(s->off_at_most_ms, most));
}

/* In hours a plan is chosen by; in minutes what takes no hour. */
static const char *takes(const struct schedule *s, int64_t end_ms, char text[TIME_TEXT])
{
	int64_t ms = end_ms - s->begin_ms, step = ms > HOUR_MS ? HOUR_MS : MINUTE_MS;

	return end_ms == INT64_MAX ? "no end" : duration_words((ms + step / 2) / step * step, text);
}

void plan_effects_in_flight(const struct plan *p, const struct schedule *s, struct buf *out)
{
	char now[TIME_TEXT], other[TIME_TEXT];

	buf_printf(out,
		"limits.in_flight %u: %s; %u: %s, but up to %u devices at once cannot enroll: "
		"--allow in_flight=%u",
		p->opt->settings->limits[LIMIT_IN_FLIGHT], takes(s, s->earliest_ms, now),
		s->other_in_flight, takes(s, s->other_ms, other), s->other_in_flight,
		s->other_in_flight);
}

void plan_effects_waves(const struct schedule *s, struct buf *out)
{
	buf_printf(out, "%u, the first with %u device%s; each is verified before the next begins",
		s->n_waves, s->first, plural(s->first));
}

/* "03:01 to 05:32" */
static void plan_effects_end(const struct schedule *s, const struct when *when, struct buf *out)
{
	char earliest[WHEN_TEXT], latest[WHEN_TEXT];

	buf_printf(out, "%s to %s", when_words(when, s->earliest_ms, earliest),
		when_words(when, s->latest_ms, latest));
}

/* --- lines --- */

static void put_steps(const struct plan_effects *e, FILE *out)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	plan_effects_steps(e, false, &b);
	if (b.n)
		text_line(out, "%-11s devices per step: %s", "steps", buf_cstr(&b));
	buf_reset(&b);
	plan_effects_steps(e, true, &b);
	if (b.n)
		text_line(out, "%-11s devices per step that cannot be undone: %s", "no way back",
			buf_cstr(&b));
	buf_release(&b);
}

static void put_waves(const struct schedule *s, FILE *out)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	plan_effects_waves(s, &b);
	if (s->n_waves > 1)
		text_line(out, "%-11s %s", "waves", buf_cstr(&b));
	buf_release(&b);
}

static void put_off(
	const struct plan *p, const struct plan_effects *e, const struct schedule *s, FILE *out)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	plan_effects_off(s, &b);
	if (e->restored)
		text_line(out,
			"%-11s %u device%s leave%s the server and come%s back in this run: %s",
			"off server", e->restored, plural(e->restored), e->restored == 1 ? "s" : "",
			e->restored == 1 ? "s" : "", buf_cstr(&b));
	if (e->removed)
		text_line(out, "%-11s %u device%s removed from %s server, not restored",
			e->restored ? "" : "off server", e->removed, plural(e->removed),
			e->removed == 1 ? "its" : "their");
	if (s->other_in_flight) {
		buf_reset(&b);
		plan_effects_in_flight(p, s, &b);
		text_line(out, "%-11s %s", "in flight", buf_cstr(&b));
	}
	if (e->unsynced)
		text_line(out,
			"%-11s %u device%s changed at Apple without a sync of the UEM after it",
			"unsynced", e->unsynced, plural(e->unsynced));
	buf_release(&b);
}

/* Apple says nothing when there is none. */
static void put_migrations(uint32_t n, FILE *out)
{
	if (n)
		text_line(out,
			"%-11s of %u device%s: first the new server needs an enrollment profile "
			"that its devices get by themselves",
			"migrations", n, plural(n));
}

void plan_effects_print(const struct plan *p, const struct plan_effects *e,
	const struct schedule *s, const struct when *when, FILE *out)
{
	struct buf end, reason;

	text_line(out,
		"%-11s %u device%s, in %" PRIu64 " request%s to Apple, %" PRIu64
		" to the UEM, %" PRIu64 " sync%s",
		"will change", e->devices, plural(e->devices), s->apple_changes,
		plural(s->apple_changes), s->uem_changes, s->syncs, plural(s->syncs));
	put_steps(e, out);
	put_waves(s, out);
	put_off(p, e, s, out);
	if (e->bare)
		text_line(out,
			"%-11s %u device%s will come back without the enrollment profile of now: "
			"add the step assign_profile to keep one",
			"profiles", e->bare, plural(e->bare));
	put_migrations(e->steps[STEP_MIGRATE], out);
	buf_init(&end, LINE_MAX_BYTES);
	buf_init(&reason, LINE_MAX_BYTES);
	plan_effects_end(s, when, &end);
	plan_effects_reason(p, e, s, &reason);
	text_line(out, "%-11s ends %s (%s)", "estimate", buf_cstr(&end), buf_cstr(&reason));
	buf_release(&end);
	buf_release(&reason);
}
