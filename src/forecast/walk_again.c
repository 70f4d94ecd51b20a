/*
 * What it costs that a rule is judged once more by facts read anew, before each step of a row that
 * ends in one which cannot be undone: run/again.c.
 */
#include "forecast/walk.h"

#include "plan/step_rules.h"

#define COVERAGE_BIT (1u << READING_APPLE_COVERAGE)

uint32_t walk_asks(const struct ruleset *rules, const struct fleet *f, uint32_t slot)
{
	uint32_t asked = 0, read = 0;

	for (int i = 0; i < FACT_MAX_ && rules; i++) {
		uint32_t bit = 1u << fact_info((enum fact)i)->reading;

		if (!rules_ask(rules, fact_info((enum fact)i)->reading))
			continue;
		asked |= bit;
		if (device_fact_state(&f->devices[slot], (enum fact)i) != VALUE_UNREAD)
			read |= bit;
	}
	return read ? read : asked; /* an earlier process read it: all of it at most */
}

/* Readings (bits) that are due for it now. What the plan took from what was kept, coverage, is read
 * anew in any case. */
static uint32_t due(const struct walk *w, const struct walker *d, enum step_kind kind)
{
	if (!d->asks || d->off_ms != TIME_NONE || !work_for_good(d->prog, d->at))
		return 0;
	if (w->now > walk_later(d->judged_ms, w->s->timeouts.fresh_ms))
		return d->asks & ~step_looks(kind);
	return d->judged_again ? 0 : d->asks & COVERAGE_BIT;
}

static void read_anew(struct walk *w, enum reading r, uint64_t n)
{
	switch (r) {
	case READING_APPLE_DEVICE:
		walk_read_apple(w, cost_devices(w->f, n));
		break;
	case READING_APPLE_SERVER:
		walk_read_apple(w, cost_servers(w->f, n));
		break;
	case READING_APPLE_COVERAGE:
		walk_read_apple(w, (struct cost){ .n_requests = n });
		break;
	case READING_UEM_LIST:
		walk_read_uem(w, w->f->n_groups, true);
		break;
	case READING_UEM_TOKEN:
		walk_read_tokens(w, n);
		break;
	case READING_UEM_DEVICE:
	case READING_UEM_APPS:
		walk_read_uem(w, n, false);
		break;
	case READING_UEM_RECORDS:
		walk_read_uem(w, w->facts->ways[r].n_requests, false);
		break;
	default: /* in the input, or read once */
		break;
	}
}

static void read_all(struct walk *w, const uint64_t n[READING_MAX_], uint32_t but)
{
	for (int r = 0; r < READING_MAX_; r++)
		if (n[r] && !(but >> r & 1u))
			read_anew(w, (enum reading)r, n[r]);
}

bool walk_judge_again(struct walk *w, uint32_t from, uint32_t to)
{
	uint64_t n[READING_MAX_] = { 0 };
	int64_t late_ms = walk_later(w->now, w->s->timeouts.fresh_ms);

	for (uint32_t i = from; i < to; i++) {
		struct walker *d = &w->v[w->parcels[i].walker];
		uint32_t bits = due(w, d, w->parcels[i].kind);

		for (int r = 0; r < READING_MAX_; r++)
			n[r] += bits >> r & 1u;
		d->judging = bits != 0;
	}
	read_all(w, n, 0);
	if (w->now > late_ms) /* coverage takes its time, and the rest is old by then */
		read_all(w, n, COVERAGE_BIT);
	for (uint32_t i = from; i < to; i++) {
		struct walker *d = &w->v[w->parcels[i].walker];

		d->judged_ms = d->judging ? w->now : d->judged_ms;
		d->judged_again |= d->judging;
	}
	return w->now > late_ms;
}
