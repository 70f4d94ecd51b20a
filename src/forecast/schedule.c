#include "forecast/schedule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "forecast/walk.h"
#include "plan/waves.h"
#include "run/request.h"
#include "services/apple.h"
#include "store/gap.h"

/* What another limits.in_flight has to save to be told of. */
enum { OTHER_SAVES_MS = 3600000 };

/* --- the whole --- */

/* At the end the audit trail is read: an event for each change of a device. */
static void read_events(struct walk *w)
{
	uint64_t pages = (w->n_changed + APPLE_PAGE_LIMIT - 1) / APPLE_PAGE_LIMIT;

	if (!w->s->apple.school)
		walk_read_apple(w, (struct cost){ .n_requests = pages });
}

/* The last look at what was done. */
static void look_finally(struct walk *w)
{
	uint32_t *per_server = mem_zalloc((w->f->n_servers + 1) * sizeof(*per_server)), off = 0;
	bool uem = false;

	if (w->changed_ms != TIME_NONE &&
		walk_later(w->changed_ms, w->s->timeouts.settle_ms) > w->now)
		w->now = walk_later(w->changed_ms, w->s->timeouts.settle_ms);
	for (uint32_t i = 0; i < w->n; i++) {
		const struct walker *d = &w->v[i];

		if (d->v.server == SERVER_NONE)
			off++;
		else
			per_server[d->v.server]++;
		uem |= d->prog->syncs || work_uses_profiles(&d->prog->source);
	}
	for (uint32_t i = 0; i < w->f->n_servers; i++)
		if (per_server[i])
			walk_read_apple(w, cost_on_server(w->f, i, per_server[i]));
	if (off)
		walk_read_apple(w, cost_devices(w->f, off));
	if (uem && w->s->has_uem)
		walk_read_uem(w, w->f->n_groups, true);
	free(per_server);
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_server(const void *a, const void *b)
{
	return compare(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* The most that can be off its server at one time: the rows of a wave that will be put back. */
static void reserve(struct walk *w)
{
	uint32_t *homes = mem_alloc((w->to - w->from + 1) * sizeof(*homes)), n = 0, writes = 0;

	for (uint32_t i = w->from; i < w->to; i++)
		n += walk_comes_back(&w->v[i], &homes[n]);
	qsort(homes, n, sizeof(*homes), by_server);
	for (uint32_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && homes[k] == homes[i]; k++)
			;
		writes += (k - i + w->s->batch_apple - 1) / w->s->batch_apple;
	}
	w->out->in_flight = n > w->out->in_flight ? n : w->out->in_flight;
	w->out->reserved = writes > w->out->reserved ? writes : w->out->reserved;
	w->out->restored += n;
	free(homes);
}

static void load_walker(struct walk *w, const struct walker *d)
{
	w->v[w->n] = *d;
	w->v[w->n].row = w->n;
	w->n++;
	if (d->wave >= w->out->n_waves)
		w->out->n_waves = d->wave + 1;
}

static void load_plan(struct walk *w, const struct plan *p, const uint32_t *waves)
{
	const struct input *in = p->input;
	struct err err;

	for (uint32_t i = 0; i < in->n_rows; i++) {
		const struct input_row row = input_row(in, i);
		struct walker d = {
			.prog = plan_program(p, &row),
			.slot = plan_slot(p, &row),
			.home = SERVER_NONE,
			.wave = waves[i],
			.off_ms = TIME_NONE,
			.judged_ms = w->now,
		};

		if (row.outcome != OUTCOME_PLANNED)
			continue;
		if (plan_home(p, d.slot, &d.home, &err))
			d.home = SERVER_NONE; /* the store said so already when the row was planned
					       */
		(void)work_view(w->f, d.slot, &d.v);
		d.asks = walk_asks(p->rules, w->f, d.slot);
		load_walker(w, &d);
	}
}

/* By device: whether a request under way names it; one that still waits in the queue does not. */
static bool *sent_of(const struct job *j)
{
	bool *sent = mem_zalloc((size_t)j->n + 1);

	for (uint32_t i = 0; i < j->n_open; i++)
		for (uint32_t k = 0; j->open[i]->id && k < j->open[i]->n; k++)
			sent[j->open[i]->devices[k]] = true;
	return sent;
}

static void take_vow(const struct job *j, const struct job_device *from, struct walker *d)
{
	d->judged_ms = j->vows[from->vow].judged_ms;
	d->judged_again = d->judged_ms != j->planned_ms;
	d->asks = walk_asks(j->again ? j->again->rules : NULL, j->fleet, d->slot);
}

static struct walker walker_of(const struct job *j, const struct job_device *from)
{
	struct walker d = {
		.prog = job_program(j, from),
		.results = from->results,
		.slot = from->slot,
		.home = from->home,
		.wave = from->wave,
		.at = job_next(j, from),
		.v = job_expected(j, from),
		.off_ms = TIME_NONE,
	};

	if (from->vow != MAP_NONE)
		take_vow(j, from, &d);
	return d;
}

/* What was sent already counts as done. */
static void load_job(struct walk *w, const struct job *j)
{
	bool *sent = sent_of(j);
	uint32_t at;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *from = &j->devices[i];
		struct walker d;

		w->n_changed += from->attempts > 0;
		if (!job_goes_on(from))
			continue;
		d = walker_of(j, from);
		if (work_put_back_due(d.prog, from->results, &at))
			d.off_ms = w->now;
		if (sent[i] && d.at < d.prog->n)
			work_effect(w->f, &d.prog->v[d.at++], d.home, &d.v);
		load_walker(w, &d);
	}
	free(sent);
}

static void begin(struct walk *w, bool late, struct schedule *ret)
{
	*ret = (struct schedule){ .begin_ms = transport_now(w->facts->transport) };
	w->out = ret;
	w->late = late;
	w->now = ret->begin_ms;
	w->changed_ms = TIME_NONE;
	w->n = 0;
	w->n_changed = 0;
	for (int i = 0; i < RATE_CLASSES; i++)
		transport_rates(w->facts->transport, (enum rate_class)i, &w->log[i]);
}

static int by_wave(const void *a, const void *b)
{
	const struct walker *x = a, *y = b;
	int c = compare(x->wave, y->wave);

	return c ? c : compare(x->row, y->row);
}

/* Rows are numbered as they come, and of a run most often wave after wave. */
static void sort(struct walk *w)
{
	uint32_t i = 1;

	while (i < w->n && by_wave(&w->v[i - 1], &w->v[i]) <= 0)
		i++;
	if (i < w->n)
		qsort(w->v, w->n, sizeof(*w->v), by_wave);
}

static void walk(struct walk *w)
{
	sort(w);
	for (w->from = 0; w->from < w->n; w->from = w->to) {
		for (w->to = w->from; w->to < w->n && w->v[w->to].wave == w->v[w->from].wave;)
			w->to++;
		if (!w->from)
			w->out->first = w->to;
		reserve(w);
		walk_wave(w);
	}
	read_events(w);
	look_finally(w);
	w->out->earliest_ms = w->now;
	for (int i = 0; i < RATE_CLASSES; i++)
		rate_release(&w->log[i]);
}

/* Where runs have been, apply asks first whether the state is the newest one: older/older.h. */
static void ask_whether_older(struct walk *w)
{
	int64_t last = TIME_NONE;
	struct err err;

	if (!w->s->apple.school && w->facts->store &&
		!store_last_entry(w->facts->store, w->now, &last, &err) && last != TIME_NONE)
		walk_read_apple(w, (struct cost){ .n_requests = 1 });
}

/* The readings of the plan were made to make it; apply makes them once more, but for coverage,
 * which is kept. */
static void walk_plan(struct walk *w, const struct plan *p, const uint32_t *waves, bool late,
	struct schedule *ret)
{
	struct transport_counts sent = transport_counts(w->facts->transport);

	if (w->facts->store)
		sent.apple_reads -= w->facts->ways[READING_APPLE_COVERAGE].n_requests;
	begin(w, late, ret);
	ret->apple_listings = w->facts->n_listings[TO_APPLE];
	ret->uem_listings = w->facts->n_listings[TO_UEM];
	ret->apple_reads = sent.apple_reads;
	ret->uem_reads = sent.uem_reads;
	walk_send(w, RATE_APPLE_READ, sent.apple_reads);
	walk_send(w, RATE_UEM, sent.uem_reads);
	ask_whether_older(w);
	load_plan(w, p, waves);
	walk(w);
}

static struct walk walk_new(const struct facts *facts, uint32_t n)
{
	return (struct walk){
		.facts = facts,
		.f = facts->fleet,
		.s = facts->settings,
		.v = mem_alloc(((size_t)n + 1) * sizeof(struct walker)),
		.parcels = mem_alloc(((size_t)n + 1) * sizeof(struct parcel)),
	};
}

static void walk_release(struct walk *w)
{
	free(w->v);
	free(w->parcels);
}

/* As many off their servers as one request may name: with more, no request is saved. */
static void try_other(struct walk *w, const struct plan *p, const struct rules_policy *policy,
	struct schedule *ret)
{
	uint32_t other = p->opt->settings->batch_apple;
	struct schedule with;
	uint32_t *waves;

	other = ret->restored < other ? ret->restored : other;
	if (other <= p->opt->settings->limits[LIMIT_IN_FLIGHT])
		return;
	waves = waves_cut(p, policy, other);
	walk_plan(w, p, waves, false, &with);
	if (ret->earliest_ms - with.earliest_ms >= OTHER_SAVES_MS) {
		ret->other_in_flight = other;
		ret->other_ms = with.earliest_ms;
	}
	free(waves);
}

void schedule_make(const struct plan *p, const struct rules_policy *policy, struct schedule *ret)
{
	uint32_t *waves = waves_cut(p, policy, p->opt->settings->limits[LIMIT_IN_FLIGHT]);
	struct schedule late;
	struct walk w = walk_new(p->opt->facts, p->n_planned);

	walk_plan(&w, p, waves, true, &late);
	walk_plan(&w, p, waves, false, ret);
	ret->latest_ms = late.earliest_ms;
	ret->off_at_most_ms = late.off_ms;
	try_other(&w, p, policy, ret);
	transport_uem_quota(p->opt->facts->transport, &ret->uem_quota, &ret->uem_quota_left);
	walk_release(&w);
	free(waves);
}

void schedule_left(const struct job *j, bool late, struct schedule *ret)
{
	struct walk w = walk_new(j->facts, j->n);

	begin(&w, late, ret);
	load_job(&w, j);
	walk(&w);
	walk_release(&w);
}
