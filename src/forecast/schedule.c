#include "forecast/schedule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "facts/cost.h"
#include "plan/waves.h"
#include "services/apple.h"
#include "wire/rate.h"

enum { APPLE_POLL_MAX_MS = 60000, UEM_POLL_MAX_MS = 300000, DELETE_MOST = 500 };

struct walker {
	const struct work_program *prog;
	const char *results;           /* of the run so far; NULL: it has not begun */
	uint32_t slot, home, wave, at; /* at: next step that needs something */
	struct view v;
	int64_t off_ms; /* when it was taken off to be put back; TIME_NONE: it was not */
	int64_t sent_ms;
};

/* What is sent, or waited for, together. */
struct parcel {
	enum step_kind kind;
	uint32_t server;
	int64_t deadline_ms;
	bool back, update;
	uint32_t walker;
};

struct walk {
	const struct facts *facts;
	const struct fleet *f;
	const struct settings *s;
	struct schedule *out;
	bool late, looked; /* looked: at Apple's devices, since the run began */
	int64_t now;
	struct rate_log log[RATE_CLASSES];
	struct walker *v;
	uint32_t n, n_left; /* n_left: of this wave and the ones to come */
	struct parcel *parcels;
	uint32_t n_parcels;
	uint64_t n_changed; /* devices of all activities */
};

/* --- time --- */

static int64_t later(int64_t at, int64_t wait)
{
	int64_t ret;

	return __builtin_add_overflow(at, wait, &ret) ? INT64_MAX : ret;
}

static void send(struct walk *w, enum rate_class rate, uint64_t n)
{
	while (n-- && w->now < INT64_MAX) {
		w->now = rate_when(&w->log[rate], w->now, 1);
		rate_note(&w->log[rate], w->now);
	}
}

static void read_apple(struct walk *w, struct cost c)
{
	w->out->apple_listings += c.n_listings;
	w->out->apple_reads += c.n_requests;
	send(w, RATE_APPLE_READ, c.n_requests);
}

static void read_uem(struct walk *w, uint64_t n, bool listings)
{
	w->out->uem_listings += listings ? n : 0;
	w->out->uem_reads += n;
	send(w, RATE_UEM, n);
}

/* Polls at growing intervals, until the time is over. */
static uint64_t polls(int64_t interval_ms, int64_t most_ms, int64_t over_ms)
{
	uint64_t n = 1;

	for (int64_t t = 0; t < over_ms; n++) {
		t += interval_ms;
		interval_ms += interval_ms / 2;
		interval_ms = interval_ms < most_ms ? interval_ms : most_ms;
	}
	return n;
}

static uint32_t count(uint32_t bits)
{
	return (uint32_t)__builtin_popcount(bits);
}

static uint32_t all_groups(const struct walk *w)
{
	return w->f->n_groups == FLEET_MAX_GROUPS ? UINT32_MAX : (1u << w->f->n_groups) - 1;
}

/* --- one row --- */

static bool is_over(const struct walk *w, const struct walker *d)
{
	return (d->results && d->results[d->at] != RESULT_TODO) ||
	       work_holds(w->f, &d->prog->v[d->at], d->home, w->s->has_uem, &d->v);
}

/* NULL when nothing is left to do. */
static const struct work_step *next_step(struct walk *w, struct walker *d)
{
	while (d->at < d->prog->n && is_over(w, d))
		d->at++;
	return d->at < d->prog->n ? &d->prog->v[d->at] : NULL;
}

/* Whether its steps, from the next one on, take it off a server and put it back: to which one. */
static bool comes_back(const struct walker *d, uint32_t *ret_server)
{
	bool off = false;

	for (uint32_t i = d->at; i < d->prog->n; i++) {
		const struct work_step *s = &d->prog->v[i];

		off |= step_info(s->kind)->takes_off;
		if (off && step_info(s->kind)->puts_back) {
			*ret_server = s->to_home ? d->home : s->server;
			return true;
		}
	}
	return false;
}

static void pass(struct walk *w, struct walker *d)
{
	const struct work_step *s = &d->prog->v[d->at];
	uint32_t server;

	if (step_info(s->kind)->takes_off && comes_back(d, &server))
		d->off_ms = d->sent_ms;
	if (step_info(s->kind)->puts_back && d->off_ms != TIME_NONE) {
		if (w->now - d->off_ms > w->out->off_ms)
			w->out->off_ms = w->now - d->off_ms;
		d->off_ms = TIME_NONE;
	}
	work_effect(w->f, s, d->home, &d->v);
	d->at++;
	w->n_left -= !next_step(w, d);
}

/* --- parcels --- */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* 0: they can share an activity; run/change.c packs the same way. */
static int by_group(const struct parcel *x, const struct parcel *y)
{
	int c = compare(y->back, x->back);

	c = c ? c : compare(x->kind, y->kind);
	c = c ? c : compare(x->server, y->server);
	c = c ? c : compare(x->deadline_ms, y->deadline_ms);
	return c ? c : compare(x->update, y->update);
}

static int by_group_and_place(const void *a, const void *b)
{
	const struct parcel *x = a, *y = b;
	int c = by_group(x, y);

	return c ? c : compare(x->walker, y->walker);
}

static struct parcel parcel_of(const struct walk *w, uint32_t i, const struct work_step *s)
{
	const struct walker *d = &w->v[i];
	struct parcel ret = { s->kind, SERVER_NONE, TIME_NONE, d->off_ms != TIME_NONE, false, i };

	if (s->kind == STEP_UNASSIGN)
		ret.server = d->v.server;
	else if (s->kind == STEP_REASSIGN || s->kind == STEP_MIGRATE)
		ret.server = s->to_home ? d->home : s->server;
	if (s->kind == STEP_MIGRATE) {
		ret.deadline_ms = s->deadline_ms;
		ret.update = d->v.deadline_ms != TIME_NONE;
	}
	return ret;
}

enum turn { TURN_APPLE, TURN_PROFILE, TURN_SYNC, TURN_RECORD };

static enum turn turn_of(const struct work_step *s)
{
	if (step_info(s->kind)->service == SERVICE_APPLE)
		return TURN_APPLE;
	if (s->kind == STEP_DELETE_RECORD || s->kind == STEP_WIPE)
		return TURN_RECORD;
	return s->kind == STEP_SYNC || s->kind == STEP_FETCH ? TURN_SYNC : TURN_PROFILE;
}

/* The rows of a wave whose next step is of that turn. */
static bool collect(struct walk *w, uint32_t wave, enum turn turn)
{
	w->n_parcels = 0;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct work_step *s = w->v[i].wave == wave ? next_step(w, &w->v[i]) : NULL;

		if (s && turn_of(s) == turn)
			w->parcels[w->n_parcels++] = parcel_of(w, i, s);
	}
	qsort(w->parcels, w->n_parcels, sizeof(*w->parcels), by_group_and_place);
	return w->n_parcels > 0;
}

static void pass_all(struct walk *w)
{
	for (uint32_t i = 0; i < w->n_parcels; i++)
		pass(w, &w->v[w->parcels[i].walker]);
}

static uint32_t group_end(const struct walk *w, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < w->n_parcels && by_group(&w->parcels[from], &w->parcels[i]) == 0)
		i++;
	return i;
}

/* --- what the rounds of run/apply.c cost --- */

/* Returns how many activities. */
static uint32_t send_parcels(struct walk *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0, end; i < w->n_parcels; i = end) {
		end = group_end(w, i);
		for (uint32_t k = i; k < end; k++) {
			if ((k - i) % w->s->batch_apple == 0) {
				send(w, RATE_APPLE_WRITE, 1);
				n++;
			}
			w->v[w->parcels[k].walker].sent_ms = w->now;
		}
	}
	return n;
}

static struct cost sum(struct cost a, struct cost b)
{
	return (struct cost){ a.listing || b.listing, a.n_listings + b.n_listings,
		a.n_requests + b.n_requests, a.n_instead + b.n_instead };
}

/* Anywhere, or on no server: the devices' pages, and every server's list. */
static struct cost look_cost(const struct walk *w, uint64_t n_pages, uint64_t n_servers)
{
	return sum(cost_devices(w->f, n_pages), cost_servers(w->f, n_servers));
}

/* One look at everything that was sent: on a server that one's list alone proves it. */
static struct cost proof_cost(const struct walk *w)
{
	uint32_t *per_server = mem_zalloc((w->f->n_servers + 1) * sizeof(*per_server)), n = 0;
	struct cost ret = { 0 };

	for (uint32_t i = 0; i < w->n_parcels; i++)
		if (w->parcels[i].kind == STEP_REASSIGN)
			per_server[w->parcels[i].server]++;
		else
			n++;
	for (uint32_t i = 0; i < w->f->n_servers && n == 0; i++)
		if (per_server[i])
			ret = sum(ret, cost_on_server(w->f, i, per_server[i]));
	free(per_server);
	return n ? look_cost(w, n, w->n_parcels) : ret;
}

static void walk_changes(struct walk *w)
{
	int64_t over = w->s->timeouts.activity_ms + w->s->timeouts.settle_ms;
	uint32_t n;
	struct cost proof;

	read_apple(w, look_cost(w, w->n_left, w->n_left)); /* the last one before sending */
	w->looked = true;
	w->n_changed += w->n_parcels;
	n = send_parcels(w);
	w->out->apple_changes += n;
	proof = proof_cost(w);
	w->out->apple_polls += polls(w->s->poll.apple_ms, APPLE_POLL_MAX_MS, over) *
			       (n + proof.n_requests);
	if (w->late)
		w->now = later(w->now, over);
	read_apple(w, proof);
	pass_all(w);
}

static void walk_profiles(struct walk *w)
{
	int64_t over = w->s->timeouts.activity_ms + w->s->timeouts.settle_ms;
	uint32_t groups = 0;

	if (!w->looked)
		read_apple(w, look_cost(w, w->n_left, w->n_left));
	w->looked = true;
	read_uem(w, w->f->n_groups, true);
	w->out->uem_changes += w->n_parcels;
	send(w, RATE_UEM, w->n_parcels);
	for (uint32_t i = 0; i < w->n_parcels; i++)
		groups |= w->v[w->parcels[i].walker].v.listed;
	groups = groups ? groups : all_groups(w);
	w->out->uem_polls += polls(w->s->poll.apple_ms, APPLE_POLL_MAX_MS, over) * count(groups);
	if (w->late)
		w->now = later(w->now, over);
	read_uem(w, count(groups), true);
	pass_all(w);
}

static void walk_syncs(struct walk *w)
{
	uint64_t n = polls(w->s->poll.uem_ms, UEM_POLL_MAX_MS, w->s->timeouts.sync_ms), gone = 0;
	uint32_t groups = 0;

	if (!w->s->has_uem) {
		w->now = later(w->now, w->s->sync.wait_ms);
		pass_all(w);
		return;
	}
	for (uint32_t i = 0; i < w->n_parcels; i++) {
		const struct walker *d = &w->v[w->parcels[i].walker];

		groups |= d->v.listed ^ fleet_groups_of(w->f, d->v.server);
		gone += d->prog->v[d->at].lifecycle;
	}
	w->out->syncs += count(groups);
	send(w, RATE_UEM, count(groups));
	w->out->uem_polls += n * (count(groups) + gone);
	if (w->s->timeouts.sync_gap_ms > 0)
		w->out->uem_polls +=
			(uint64_t)(w->s->timeouts.sync_ms / w->s->timeouts.sync_gap_ms + 1) *
			count(groups);
	w->now = later(w->now, w->late ? w->s->timeouts.sync_ms : w->s->poll.uem_ms);
	read_uem(w, count(groups), true);
	read_uem(w, gone, false); /* gone from the lifecycle: a search for each */
	pass_all(w);
}

/* Look-ups before and after; wipes one by one, deletions as many as a tenant may allow. */
static void walk_records(struct walk *w)
{
	uint64_t wipes = 0, deletes, n = w->n_parcels;
	int64_t over = w->s->timeouts.activity_ms;

	for (uint32_t i = 0; i < w->n_parcels; i++)
		wipes += w->parcels[i].kind == STEP_WIPE;
	deletes = n - wipes;
	read_uem(w, n + (deletes > 1), false);
	w->out->uem_changes += wipes + (deletes + DELETE_MOST - 1) / DELETE_MOST;
	send(w, RATE_UEM, wipes + (deletes + DELETE_MOST - 1) / DELETE_MOST);
	if (wipes)
		over = w->s->timeouts.wipe_ms;
	w->out->uem_polls += polls(w->s->poll.apple_ms, UEM_POLL_MAX_MS, over) * n;
	if (w->late)
		w->now = later(w->now, over);
	read_uem(w, n, false);
	pass_all(w);
}

static void walk_wave(struct walk *w, uint32_t wave)
{
	static void (*const rounds[])(
		struct walk * w) = { walk_changes, walk_profiles, walk_syncs, walk_records };
	bool moved;

	do {
		moved = false;
		for (int turn = TURN_APPLE; turn <= TURN_RECORD && !moved; turn++) {
			moved = collect(w, wave, (enum turn)turn);
			if (moved)
				rounds[turn](w);
		}
	} while (moved);
}

/* --- the whole --- */

/* At the end the audit trail is read: an event for each change of a device. */
static void read_events(struct walk *w)
{
	uint64_t pages = (w->n_changed + APPLE_PAGE_LIMIT - 1) / APPLE_PAGE_LIMIT;

	if (!w->s->apple.school)
		read_apple(w, (struct cost){ .n_requests = pages });
}

static int by_server(const void *a, const void *b)
{
	return compare(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* The most that can be off its server at one time: the rows of a wave that will be put back. */
static void reserve(struct walk *w, uint32_t wave)
{
	uint32_t *homes = mem_alloc((w->n + 1) * sizeof(*homes)), n = 0, writes = 0;

	for (uint32_t i = 0; i < w->n; i++)
		n += w->v[i].wave == wave && comes_back(&w->v[i], &homes[n]);
	qsort(homes, n, sizeof(*homes), by_server);
	for (uint32_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && homes[k] == homes[i]; k++)
			;
		writes += (k - i + w->s->batch_apple - 1) / w->s->batch_apple;
	}
	w->out->in_flight = n > w->out->in_flight ? n : w->out->in_flight;
	w->out->reserved = writes > w->out->reserved ? writes : w->out->reserved;
	free(homes);
}

static void load_walker(struct walk *w, const struct walker *d)
{
	struct walker *mine = &w->v[w->n++];

	*mine = *d;
	w->n_left += next_step(w, mine) != NULL;
	if (d->wave >= w->out->n_waves)
		w->out->n_waves = d->wave + 1;
}

static void load_plan(struct walk *w, const struct plan *p, const uint32_t *waves)
{
	const struct input *in = p->input;
	struct err err;

	for (uint32_t i = 0; i < in->n_rows; i++) {
		struct walker d = {
			.prog = plan_program(p, &in->rows[i]),
			.slot = plan_slot(p, &in->rows[i]),
			.home = SERVER_NONE,
			.wave = waves[i],
			.off_ms = TIME_NONE,
		};

		if (in->rows[i].outcome != OUTCOME_PLANNED)
			continue;
		if (plan_home(p, d.slot, &d.home, &err))
			d.home = SERVER_NONE; /* the store said so already when the row was planned
					       */
		(void)work_view(w->f, d.slot, &d.v);
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

/* What was sent already counts as done. */
static void load_job(struct walk *w, const struct job *j)
{
	bool *sent = sent_of(j);
	uint32_t at;

	w->looked = j->read_ms != TIME_NONE;
	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *from = &j->devices[i];
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

		w->n_changed += from->attempts > 0;
		if (from->settled || from->gave_up)
			continue;
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
	w->looked = false;
	w->now = ret->begin_ms;
	w->n = w->n_left = 0;
	w->n_changed = 0;
	for (int i = 0; i < RATE_CLASSES; i++)
		transport_rates(w->facts->transport, (enum rate_class)i, &w->log[i]);
}

static void walk(struct walk *w)
{
	for (uint32_t i = 0; i < w->out->n_waves; i++) {
		reserve(w, i);
		walk_wave(w, i);
	}
	read_events(w);
	w->out->earliest_ms = w->now;
	for (int i = 0; i < RATE_CLASSES; i++)
		rate_release(&w->log[i]);
}

/* The readings of the plan were made to make it; apply makes them once more. */
static void walk_plan(struct walk *w, const struct plan *p, const uint32_t *waves, bool late,
	struct schedule *ret)
{
	struct transport_counts sent = transport_counts(w->facts->transport);

	begin(w, late, ret);
	ret->apple_listings = w->facts->n_listings[TO_APPLE];
	ret->uem_listings = w->facts->n_listings[TO_UEM];
	ret->apple_reads = sent.apple_reads;
	ret->uem_reads = sent.uem_reads;
	send(w, RATE_APPLE_READ, sent.apple_reads);
	send(w, RATE_UEM, sent.uem_reads);
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

void schedule_make(const struct plan *p, const struct rules_policy *policy, struct schedule *ret)
{
	uint32_t *waves = waves_cut(p, policy);
	struct schedule late;
	struct walk w = walk_new(p->opt->facts, p->n_planned);

	walk_plan(&w, p, waves, true, &late);
	walk_plan(&w, p, waves, false, ret);
	ret->latest_ms = late.earliest_ms;
	ret->off_at_most_ms = late.off_ms;
	transport_uem_quota(p->opt->facts->transport, &ret->uem_quota, &ret->uem_quota_left);
	walk_release(&w);
	free(waves);
}

void schedule_left(const struct job *j, struct schedule *ret)
{
	struct walk w = walk_new(j->facts, j->n);

	begin(&w, false, ret);
	load_job(&w, j);
	walk(&w);
	walk_release(&w);
}
