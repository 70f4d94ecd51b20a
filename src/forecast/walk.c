#include "forecast/walk.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/look.h"
#include "services/apple.h"
#include "wire/way_home.h"

enum {
	APPLE_POLL_MAX_MS = 60000,
	UEM_POLL_MAX_MS = 300000,
	DELETE_MOST = 500,
	PROFILES_MOST = 100 /* after one look */
};

/* --- time --- */

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
	       work_needless(w->f, &d->prog->v[d->at], d->home, w->s->has_uem, &d->v);
}

/* NULL when nothing is left to do. */
static const struct work_step *walk_next(struct walk *w, struct walker *d)
{
	while (d->at < d->prog->n && is_over(w, d))
		d->at++;
	return d->at < d->prog->n ? &d->prog->v[d->at] : NULL;
}

static bool puts_back(const struct walker *d, bool off, uint32_t *ret_server)
{
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

/* Whether its steps, from the next one on, take it off a server and put it back: to which one. */
bool walk_comes_back(const struct walker *d, uint32_t *ret_server)
{
	return puts_back(d, false, ret_server);
}

static void pass(struct walk *w, struct walker *d)
{
	const struct work_step *s = &d->prog->v[d->at];
	uint32_t server;

	if (step_info(s->kind)->takes_off && walk_comes_back(d, &server))
		d->off_ms = d->sent_ms;
	if (step_info(s->kind)->puts_back && d->off_ms != TIME_NONE) {
		if (w->now - d->off_ms > w->out->off_ms)
			w->out->off_ms = w->now - d->off_ms;
		d->off_ms = TIME_NONE;
	}
	work_effect(w->f, s, d->home, &d->v);
	d->at++;
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

	c = c ? c : compare(x->to, y->to);
	return c ? c : compare(x->walker, y->walker);
}

static struct parcel parcel_of(const struct walk *w, uint32_t i, const struct work_step *s)
{
	const struct walker *d = &w->v[i];
	struct parcel ret = { .kind = s->kind,
		.server = SERVER_NONE,
		.deadline_ms = TIME_NONE,
		.back = d->off_ms != TIME_NONE,
		.to = SERVER_NONE,
		.walker = i };

	if (step_info(s->kind)->takes_off && !walk_comes_back(d, &ret.to))
		ret.to = SERVER_NONE;
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

enum walk_turn { TURN_APPLE, TURN_PROFILE, TURN_SYNC, TURN_RECORD };

static enum walk_turn turn_of(const struct work_step *s)
{
	if (step_info(s->kind)->service == SERVICE_APPLE)
		return TURN_APPLE;
	if (s->kind == STEP_DELETE_RECORD || s->kind == STEP_WIPE)
		return TURN_RECORD;
	return s->kind == STEP_SYNC || s->kind == STEP_FETCH ? TURN_SYNC : TURN_PROFILE;
}

/* Rows of one server come in order as they are. */
static void sort(struct parcel *v, uint32_t n)
{
	uint32_t i = 1;

	while (i < n && by_group_and_place(&v[i - 1], &v[i]) < 0)
		i++;
	if (i < n)
		qsort(v, n, sizeof(*v), by_group_and_place);
}

/* The rows of a wave whose next step is of that turn. */
static bool collect(struct walk *w, enum walk_turn turn)
{
	w->n_parcels = 0;
	for (uint32_t i = w->from; i < w->to; i++) {
		const struct work_step *s = walk_next(w, &w->v[i]);

		if (s && turn_of(s) == turn)
			w->parcels[w->n_parcels++] = parcel_of(w, i, s);
	}
	sort(w->parcels, w->n_parcels);
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

/* --- what the rounds of apply/apply.c cost --- */

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
		if (w->parcels[i].kind == STEP_REASSIGN && w->parcels[i].server != SERVER_NONE)
			per_server[w->parcels[i].server]++;
		else
			n++;
	for (uint32_t i = 0; i < w->f->n_servers && n == 0; i++)
		if (per_server[i])
			ret = sum(ret, cost_on_server(w->f, i, per_server[i]));
	free(per_server);
	return n ? look_cost(w, n, w->n_parcels) : ret;
}

/* The last look at some of them before they leave: the list of the server that each is on; of one
 * on no server, or whose migration or release counts, its own record. */
static struct cost last_look(const struct walk *w, uint32_t from, uint32_t to)
{
	uint32_t *per_server = mem_zalloc((w->f->n_servers + 1) * sizeof(*per_server));
	uint32_t records = 0, placed = 0;
	struct cost ret = { 0 };

	for (uint32_t i = from; i < to; i++) {
		const struct parcel *p = &w->parcels[i];
		uint32_t server = w->v[p->walker].v.server;
		bool own = p->kind == STEP_MIGRATE || p->kind == STEP_CANCEL_MIGRATION ||
			   p->kind == STEP_RELEASE || server == SERVER_NONE;

		records += own;
		placed += own && server != SERVER_NONE;
		if (!own)
			per_server[server]++;
	}
	for (uint32_t i = 0; i < w->f->n_servers; i++)
		if (per_server[i])
			ret = sum(ret, cost_on_server(w->f, i, per_server[i]));
	free(per_server);
	if (records)
		ret = sum(ret, cost_devices(w->f, records));
	return placed ? sum(ret, cost_servers(w->f, placed)) : ret;
}

/* Where each activity begins, and where the last one ends; returns how many. */
static uint32_t cut_parcels(const struct walk *w, uint32_t *starts)
{
	uint32_t n = 0;

	for (uint32_t i = 0, end; i < w->n_parcels; i = end) {
		end = group_end(w, i);
		for (uint32_t k = i; k < end; k += w->s->batch_apple)
			starts[n++] = k;
	}
	starts[n] = w->n_parcels;
	return n;
}

/* What others did meanwhile is asked after each look. */
static void look_at(struct walk *w, uint32_t from, uint32_t to)
{
	walk_read_apple(w, last_look(w, from, to));
	if (!w->s->apple.school)
		walk_read_apple(w, (struct cost){ .n_requests = 1 });
}

static int64_t write_when(const void *self, uint32_t k)
{
	const struct walk *w = self;

	return rate_when(&w->log[RATE_APPLE_WRITE], w->now, k);
}

/* With those of the wave that are off. Caller frees off. */
static struct way_home way_home_of(const struct walk *w)
{
	struct way_home h = {
		.now_ms = w->now,
		.deadline_ms = INT64_MAX,
		.when_ms = write_when,
		.self = w,
		.rate_n = w->log[RATE_APPLE_WRITE].rate.n,
		.batch = w->s->batch_apple,
		.n_servers = w->f->n_servers,
		.off = mem_zalloc((w->f->n_servers + 1) * sizeof(uint32_t)),
	};
	uint32_t server;

	for (uint32_t i = w->from; i < w->to; i++)
		if (w->v[i].off_ms != TIME_NONE && puts_back(&w->v[i], true, &server) &&
			server != SERVER_NONE)
			h.off[server]++;
	return h;
}

/* Leaves out who waits at home; false: nobody may go. */
static bool hold_at_home(struct walk *w)
{
	struct mover *movers = mem_alloc((w->n_parcels + 1) * sizeof(*movers));
	struct way_home h = way_home_of(w);
	uint32_t n_kept = 0;

	for (uint32_t i = 0, request = 0; i < w->n_parcels; i++) {
		request += i && by_group(&w->parcels[i - 1], &w->parcels[i]) != 0;
		movers[i] = (struct mover){
			.request = request, .to = w->parcels[i].to, .back = w->parcels[i].back
		};
	}
	way_home_choose(&h, movers, w->n_parcels);
	w->held_until_ms = h.held_until_ms;
	for (uint32_t i = 0; i < w->n_parcels; i++)
		if (movers[i].goes)
			w->parcels[n_kept++] = w->parcels[i];
	w->n_parcels = n_kept;
	free(h.off);
	free(movers);
	return n_kept > 0;
}

/* As many as may leave at once share a look; returns how many activities. */
static uint32_t send_parcels(struct walk *w)
{
	uint32_t *starts = mem_alloc((w->n_parcels + 1) * sizeof(*starts));
	uint32_t n = cut_parcels(w, starts);

	for (uint32_t i = 0, k; i < n; i += k) {
		struct rate_log *log = &w->log[RATE_APPLE_WRITE];

		w->now = rate_when(log, w->now, 1);
		for (k = 1; i + k < n && rate_when(log, w->now, k + 1) <= w->now + LONG_WAIT_MS;
			k++)
			;
		look_at(w, starts[i], starts[i + k]);
		if (walk_judge_again(w, starts[i], starts[i + k]))
			look_at(w, starts[i], starts[i + k]);
		walk_send(w, RATE_APPLE_WRITE, k);
		for (uint32_t p = starts[i]; p < starts[i + k]; p++)
			w->v[w->parcels[p].walker].sent_ms = w->now;
	}
	free(starts);
	w->changed_ms = w->now;
	return n;
}

static bool any_back(const struct walk *w)
{
	for (uint32_t i = 0; i < w->n_parcels; i++)
		if (w->parcels[i].back)
			return true;
	return false;
}

/* That a device is back is believed when two looks agree. */
static void walk_changes(struct walk *w)
{
	int64_t over = w->s->timeouts.activity_ms + 2 * w->s->timeouts.settle_ms;
	uint32_t n;
	struct cost proof;

	w->n_changed += w->n_parcels;
	n = send_parcels(w);
	w->out->apple_changes += n;
	walk_send(w, RATE_APPLE_READ, n); /* each is asked about once at least */
	proof = proof_cost(w);
	w->out->apple_polls += polls(w->s->poll.apple_ms, APPLE_POLL_MAX_MS, over) *
			       (n + proof.n_requests);
	if (w->late)
		w->now = walk_later(w->now, over);
	walk_read_apple(w, proof);
	if (any_back(w)) {
		if (!w->late)
			w->now = walk_later(w->now, w->s->timeouts.settle_ms);
		walk_read_apple(w, proof);
	}
	pass_all(w);
}

static void walk_profiles(struct walk *w)
{
	int64_t over = w->s->timeouts.activity_ms + w->s->timeouts.settle_ms;
	uint32_t groups = 0;

	for (uint32_t left = w->n_parcels, k; left; left -= k) {
		k = left < PROFILES_MOST ? left : PROFILES_MOST;
		walk_read_tokens(w, k);
		walk_read_uem(w, w->f->n_groups, true);
		walk_send(w, RATE_UEM, k);
	}
	w->changed_ms = w->now;
	w->out->uem_changes += w->n_parcels;
	for (uint32_t i = 0; i < w->n_parcels; i++)
		groups |= w->v[w->parcels[i].walker].v.listed;
	groups = groups ? groups : all_groups(w);
	w->out->uem_polls += polls(w->s->poll.apple_ms, APPLE_POLL_MAX_MS, over) * count(groups);
	if (w->late)
		w->now = walk_later(w->now, over);
	walk_read_uem(w, count(groups), true);
	pass_all(w);
}

static void walk_syncs(struct walk *w)
{
	uint64_t n = polls(w->s->poll.uem_ms, UEM_POLL_MAX_MS, w->s->timeouts.sync_ms), gone = 0;
	uint32_t groups = 0, twice = 0; /* lists that have to lack a device twice */

	if (!w->s->has_uem) {
		w->now = walk_later(w->now, w->s->sync.wait_ms);
		pass_all(w);
		return;
	}
	for (uint32_t i = 0; i < w->n_parcels; i++) {
		const struct walker *d = &w->v[w->parcels[i].walker];

		groups |= d->v.listed ^ fleet_groups_of(w->f, d->v.server);
		gone += d->prog->v[d->at].lifecycle;
		if (!d->prog->v[d->at].lifecycle && !fleet_groups_of(w->f, d->v.server))
			twice |= d->v.listed;
	}
	w->out->syncs += count(groups);
	walk_send(w, RATE_UEM, count(groups));
	w->out->uem_polls += n * (count(groups) + count(twice) + gone);
	if (w->s->timeouts.sync_gap_ms > 0)
		w->out->uem_polls +=
			(uint64_t)(w->s->timeouts.sync_ms / w->s->timeouts.sync_gap_ms + 1) *
			count(groups);
	w->now = walk_later(w->now, w->late ? w->s->timeouts.sync_ms : w->s->poll.uem_ms);
	walk_read_uem(w, count(groups) + count(twice), true);
	walk_read_uem(w, gone, false); /* gone from the lifecycle: a search for each */
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
	walk_read_uem(w, n + (deletes > 1), false);
	if (walk_judge_again(w, 0, w->n_parcels))
		walk_read_uem(w, n, false);
	w->out->uem_changes += wipes + (deletes + DELETE_MOST - 1) / DELETE_MOST;
	walk_send(w, RATE_UEM, wipes + (deletes + DELETE_MOST - 1) / DELETE_MOST);
	w->changed_ms = w->now;
	if (wipes)
		over = w->s->timeouts.wipe_ms;
	w->out->uem_polls += polls(w->s->poll.apple_ms, UEM_POLL_MAX_MS, over) * n;
	if (w->late)
		w->now = walk_later(w->now, over);
	walk_read_uem(w, n, false);
	pass_all(w);
}

void walk_wave(struct walk *w)
{
	static void (*const rounds[])(
		struct walk * w) = { walk_changes, walk_profiles, walk_syncs, walk_records };
	bool moved;

	do {
		moved = false;
		w->held_until_ms = INT64_MAX;
		for (int turn = TURN_APPLE; turn <= TURN_RECORD && !moved; turn++) {
			moved = collect(w, (enum walk_turn)turn) &&
				(turn != TURN_APPLE || hold_at_home(w));
			if (moved)
				rounds[turn](w);
		}
		if (!moved && w->held_until_ms != INT64_MAX) {
			w->now = w->held_until_ms;
			moved = true;
		}
	} while (moved);
}
