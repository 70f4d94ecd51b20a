/*
 * Changes at Apple: look once more, pack serials into the fewest activities, make the intent
 * durable, send. What becomes of them is settle.c's business.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/again.h"
#include "run/bisect.h"
#include "run/budget.h"
#include "run/doubt.h"
#include "run/drift.h"
#include "run/job.h"
#include "run/look.h"
#include "run/request.h"
#include "run/rounds.h"
#include "run/wanted.h"

/* A device that the window, or --max-wait, leaves no time for is not taken off its server. */
static bool stays_home(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d);
	bool closed = j->window && !window_lets(j->window, transport_now(j->transport));

	return s && step_info(s->kind)->takes_off && (closed || budget_is_too_late(j, d));
}

/* Wave UINT32_MAX: only devices on their way back, or that may have to be. */
static bool is_ready(const struct job *j, const struct job_device *d, uint32_t wave)
{
	const struct work_step *s = job_is_ready(d) ? job_step(j, d) : NULL;

	if (!s || step_info(s->kind)->service != SERVICE_APPLE || bisect_waits(j, d) ||
		(s->kind == STEP_RELEASE && j->settings->apple.school))
		return false;
	if (wave == UINT32_MAX)
		return job_is_put_back(j, d) || job_in_doubt(j, d);
	return !stays_home(j, d);
}

/* --- sending --- */

static void tell_refusal(const struct apple_error *e, char *out, size_t size)
{
	if (e->code[0] || e->detail[0])
		(void)snprintf(out, size, "%s%s%s", e->code, e->code[0] ? " " : "", e->detail);
	else
		(void)snprintf(out, size, "%s", "Apple does not say why");
}

static void blame(void *self, size_t index, const struct apple_error *e)
{
	struct open_request *r = self;
	char detail[400];

	tell_refusal(e, detail, sizeof(detail));
	job_fail(r->job, &r->job->devices[r->devices[index]], OUTCOME_FAILED, REASON_APPLE_REFUSED,
		detail);
}

/* How many devices the refusal names: those are to blame, and nobody else. */
static size_t blame_named(struct open_request *r, const struct http_reply *reply)
{
	struct str *serials = mem_alloc((r->n + 1) * sizeof(*serials));
	bool pointers = !r->job->pointers_stray;
	size_t n;

	for (uint32_t i = 0; i < r->n; i++)
		serials[i] = fleet_serial(r->job->fleet, r->job->devices[r->devices[i]].slot);
	n = apple_refused_devices(reply, serials, r->n, &pointers, blame, r);
	r->job->pointers_stray = !pointers;
	free(serials);
	return n;
}

/* Those are to blame whom Apple names, or all when it names what they share; otherwise the culprit
 * is looked for. */
static void share_blame(struct job *j, struct open_request *r, const struct http_reply *reply,
	const struct apple_error *e)
{
	bool shared = str_starts_nocase(str_from(e->pointer), STR("/data/relationships/mdmServer"));
	char detail[400];

	tell_refusal(e, detail, sizeof(detail));
	for (uint32_t i = 0; i < r->n; i++)
		job_move(&j->devices[r->devices[i]], ON_FREED);
	if (!shared && blame_named(r, reply) == 0) {
		bisect_refused(r, detail);
		return;
	}
	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &j->devices[r->devices[i]];

		d->batch = 0;
		if (shared)
			job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, detail);
	}
}

/* Not applied, and not about a device: the same for all. */
static void refuse_all(struct open_request *r, enum reason reason, const char *why)
{
	for (uint32_t i = 0; i < r->n; i++)
		job_fail(r->job, &r->job->devices[r->devices[i]], OUTCOME_FAILED, reason, why);
}

/* It may have waited long for the write limit, and a deadline in the past means: at once. */
static enum errc allow_change(void *self, int64_t at_ms, struct err *err)
{
	struct open_request *r = self;

	return at_ms < r->not_after_ms ? job_allow_change(r, at_ms, err)
				       : err_set(err, ERR_REFUSED, "the deadline has passed");
}

static void take_answer(struct open_request *r, const struct http_reply *reply)
{
	struct job *j = r->job;
	struct apple_activity activity = { .id = "" };
	struct apple_error detail = { .code = "" };
	struct err err;
	enum errc rc = apple_reply_error(reply, &detail, &err);

	r->state = REQUEST_REFUSED;
	if (rc == ERR_REFUSED) {
		share_blame(j, r, reply, &detail);
	} else if (rc == ERR_NOT_FOUND) {
		refuse_all(r, REASON_APPLE_REFUSED, err.msg);
		job_account_refused(j, SERVICE_APPLE, detail.code, &err);
	} else if (rc == ERR_AUTH || rc == ERR_SETTINGS) {
		job_stop(j, rc, REASON_APPLE_REFUSED, &err);
	} else if (!rc && !apple_activity_reply(reply, &activity, &err)) {
		r->state = REQUEST_ACCEPTED;
		bisect_taken(r);
		job_account_taken(j, SERVICE_APPLE);
		(void)snprintf(r->activity, sizeof(r->activity), "%s", activity.id);
	} else { /* 5xx, 3xx, a garbled 201: nobody knows */
		r->state = REQUEST_UNKNOWN;
		log_often(LOG_WARN, "%s: %s: looking before anything is sent again",
			step_info(r->kind)->word, err.msg);
	}
	apple_activity_release(&activity);
}

static enum errc done_change(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	if (code == ERR_REFUSED)
		refuse_all(self, REASON_APPLE_DEADLINE, NULL);
	return job_end_change(self, code, reply, rest, err);
}

struct change_order {
	bool back; /* puts back what this run took off */
	uint32_t device, server, batch;
	uint32_t to; /* it leaves its server, and is brought back to this one; SERVER_NONE: neither
		      */
	enum step_kind kind;
	int64_t deadline_ms;
	bool update; /* of a deadline that is set already */
	bool force;  /* the deadline may lie in the past */
};

/* first: what all of them share. */
static enum errc submit_change(struct job *j, const struct change_order *first,
	const uint32_t *devices, uint32_t n, struct err *err)
{
	struct open_request *r = job_open_for(
		j, first->kind, first->server, devices, n, take_answer);
	struct transport_call call = job_call(r, TO_APPLE, j->devices[devices[0]].good_until_ms);
	struct apple_change change = {
		.kind = first->kind,
		.server_id = fleet_server_id(j->fleet, first->server),
		.deadline_ms = first->deadline_ms,
		.update_deadline = first->update,
		.n_serials = n,
	};
	struct str *serials = mem_alloc(n * sizeof(*serials));
	enum errc rc;

	if (first->deadline_ms != TIME_NONE && !first->force)
		r->not_after_ms = first->deadline_ms;
	call.allow = allow_change;
	call.done = done_change;
	call.ahead = CHANGE_AHEAD;
	for (uint32_t i = 0; i < n; i++) {
		if (j->devices[devices[i]].good_until_ms < call.good_until_ms)
			call.good_until_ms = j->devices[devices[i]].good_until_ms;
		serials[i] = fleet_serial(j->fleet, j->devices[devices[i]].slot);
	}
	change.serials = serials;
	rc = apple_activity_request(transport_apple(j->transport), &change, &call.request, err);
	free(serials);
	if (rc)
		job_close(j, r);
	else
		transport_submit(j->transport, &call);
	return rc;
}

/* --- packing --- */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* 0: they can share an activity. */
static int by_group(const struct change_order *x, const struct change_order *y)
{
	int c = compare(y->back, x->back);

	c = c ? c : compare(x->kind, y->kind);
	c = c ? c : compare(x->server, y->server);
	c = c ? c : compare(x->deadline_ms, y->deadline_ms);
	c = c ? c : compare(x->update, y->update);
	c = c ? c : compare(x->force, y->force);
	return c ? c : compare(x->batch, y->batch);
}

static int by_group_and_place(const void *a, const void *b)
{
	const struct change_order *x = a, *y = b;
	int c = by_group(x, y);

	c = c ? c : compare(x->to, y->to);
	return c ? c : compare(x->device, y->device);
}

/* Where it will be brought back to after that step took it off; SERVER_NONE: nowhere. */
static uint32_t comes_back_to(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d), *back = job_way_back(j, d);

	return step_info(s->kind)->takes_off && back ? job_target(d, back) : SERVER_NONE;
}

/* The server an activity names: where the devices are for an unassign, where they go for the rest.
 */
static struct change_order order_of(const struct job *j, uint32_t device)
{
	const struct job_device *d = &j->devices[device];
	const struct work_step *s = job_step(j, d);
	struct change_order o = { .back = job_is_put_back(j, d),
		.device = device,
		.server = SERVER_NONE,
		.batch = d->batch,
		.to = comes_back_to(j, d),
		.kind = s->kind,
		.deadline_ms = TIME_NONE };
	struct view seen;

	if (s->kind == STEP_UNASSIGN)
		o.server = job_expected(j, d).server;
	else if (s->kind == STEP_REASSIGN || s->kind == STEP_MIGRATE)
		o.server = job_target(d, s);
	if (s->kind == STEP_MIGRATE) {
		o.deadline_ms = s->deadline_ms;
		o.force = s->force_now;
		o.update = job_seen(j, d, &seen) && seen.deadline_ms != TIME_NONE;
	}
	return o;
}

static void move_all(struct job *j, const uint32_t *devices, uint32_t n, enum standing_event event)
{
	for (uint32_t i = 0; i < n; i++)
		job_move(&j->devices[devices[i]], event);
}

/* What limits and the write budget have no room for waits for the next round. */
static enum errc submit_packed(
	struct job *j, const struct change_order *v, uint32_t n, uint32_t *ret_n, struct err *err)
{
	uint32_t *devices = mem_alloc((n + 1) * sizeof(*devices)), queued = 0;
	uint32_t room = budget_room_in_flight(j), now = budget_now(j), most, off;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0, k; i < n && !rc && !j->stop && queued < now; i += k) {
		most = j->settings->batch_apple;
		off = v[i].to != SERVER_NONE;
		devices[0] = v[i].device;
		k = 1;
		if (off > room) {
			(void)err_set(&j->no_room, ERR_TEMPFAIL,
				"as many devices are off their servers as limits.in_flight allows");
			continue;
		}
		if (most > 1 && bisect_alone(&j->devices[v[i].device]))
			most = 1;
		while (i + k < n && k < most && by_group(&v[i], &v[i + k]) == 0 &&
			off + (v[i + k].to != SERVER_NONE) <= room) {
			off += v[i + k].to != SERVER_NONE;
			devices[k] = v[i + k].device;
			k++;
		}
		move_all(j, devices, k, ON_NAMED);
		if (!budget_allows(j, v[i].back, queued)) {
			move_all(j, devices, k, ON_FREED);
			continue;
		}
		room -= off;
		rc = submit_change(j, &v[i], devices, k, err);
		queued++;
		*ret_n += k;
	}
	free(devices);
	return rc;
}

/* --- one group of writes --- */

/* One past the last that can share an activity with the first. */
static uint32_t pack_end(
	const struct job *j, const struct change_order *v, uint32_t n, uint32_t from)
{
	uint32_t i = from + 1;

	while (i < n && i - from < j->settings->batch_apple && by_group(&v[from], &v[i]) == 0)
		i++;
	return i;
}

/* Leaves out those who could not come back soon, and who would take a write from one that has to:
 * they wait at home. */
static uint32_t hold_at_home(struct job *j, struct change_order *v, uint32_t n)
{
	struct mover *movers = mem_alloc((n + (size_t)1) * sizeof(*movers));
	uint32_t n_kept = 0;

	for (uint32_t i = 0, request = 0; i < n; i++) {
		request += i && by_group(&v[i - 1], &v[i]) != 0;
		movers[i] = (struct mover){ .request = request, .to = v[i].to, .back = v[i].back };
	}
	budget_choose(j, movers, n);
	for (uint32_t i = 0; i < n; i++)
		if (movers[i].goes)
			v[n_kept++] = v[i];
	free(movers);
	return n_kept;
}

static uint32_t find_ready(struct job *j, uint32_t wave, struct change_order *v)
{
	struct job_wave w = job_wave(j, wave);
	uint32_t n = 0;

	for (uint32_t i = 0; i < w.n; i++)
		if (is_ready(j, &j->devices[w.v[i]], wave))
			v[n++] = order_of(j, w.v[i]);
	qsort(v, n, sizeof(*v), by_group_and_place);
	return hold_at_home(j, v, n);
}

/* Devices of the first so many requests: only they are worth a look now. */
static uint32_t first_packs(const struct job *j, const struct change_order *v, uint32_t n,
	uint32_t packs_most, uint32_t *ret)
{
	uint32_t n_packs = 0, from = 0;

	for (uint32_t end; from < n && n_packs++ < packs_most; from = end) {
		end = pack_end(j, v, n, from);
		for (uint32_t i = from; i < end; i++)
			ret[i] = v[i].device;
	}
	return from;
}

/* Waits until a write may leave, or a second look is due. *ret_go false: it cannot leave in time,
 * or not at once where only that counts. */
static enum errc await_turn(
	struct job *j, const uint32_t *devices, uint32_t n, bool *ret_go, struct err *err)
{
	int64_t began = transport_now(j->transport), due = look_due(j, devices, n);
	int64_t when = transport_write_when(j->transport, 1);
	char text[TIME_TEXT];
	enum errc rc;

	when = due > when ? due : when;
	*ret_go = when <= began;
	if (*ret_go || j->max_writes != UINT32_MAX)
		return ERR_OK;
	if (when > transport_deadline(j->transport)) {
		if (when == due)
			look_too_late(j, due);
		else
			(void)err_set(&j->no_room, ERR_TEMPFAIL,
				"Apple's write limit has room for the next change at %s, when "
				"--max-wait is over: run again then",
				time_rfc3339_s(when, text));
		return ERR_OK;
	}
	rc = transport_sleep(j->transport, when, err);
	if (transport_now(j->transport) - began > LONG_WAIT_MS)
		j->waited_ms = transport_now(j->transport);
	*ret_go = !rc;
	return job_or_stop(j, rc, err);
}

/* In doubt as before, and its second look is still to come. */
static bool still_waits(const struct job *j, const struct job_device *d, uint64_t doubt)
{
	return doubt && d->doubt == doubt && !job_is_settled(d) &&
	       transport_now(j->transport) < look_second_ms(j, d);
}

/* What the look leaves to be sent, in order; *ret_moved: how many were settled, or came into doubt
 * now. */
static uint32_t choose(struct job *j, const uint32_t *devices, uint32_t n, uint32_t wave,
	struct change_order *v, uint32_t *ret_moved)
{
	uint32_t n_wanted = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct job_device *d = &j->devices[devices[i]];
		uint64_t doubt = d->doubt;
		enum wanted wanted;

		if (d->looked_ms == TIME_NONE) { /* moved by others while it was looked at */
			++*ret_moved;
			continue;
		}
		wanted = change_wanted(j, d);
		*ret_moved += wanted != WANTED && !still_waits(j, d, doubt);
		if (wanted == WANTED && !stays_home(j, d) &&
			(wave != UINT32_MAX || job_is_put_back(j, d)))
			v[n_wanted++] = order_of(j, devices[i]);
	}
	qsort(v, n_wanted, sizeof(*v), by_group_and_place);
	return n_wanted;
}

static enum errc send_chosen(
	struct job *j, const struct change_order *v, uint32_t n, uint32_t *ret_n, struct err *err)
{
	struct err why;
	enum errc rc = submit_packed(j, v, n, ret_n, err);
	enum errc drained = transport_drain(j->transport, &why);

	if (!rc && drained) {
		rc = drained;
		*err = why;
	}
	return rc;
}

struct sending {
	uint32_t wave;
	bool all;  /* not only as many requests as may leave now: those had no room */
	bool back; /* some were sent back: that they are is proved before anybody waits */
	struct change_order *v;
	uint32_t *devices;
};

/* What a group comes to. */
struct chosen {
	uint32_t n, moved; /* to be sent; settled, or in doubt now */
	bool late;         /* to find out took so long that they have to be looked at once more */
};

/* Those that the rules still take; the others are settled, or on their way back. */
static enum errc ask_rules(struct job *j, struct sending *g, struct chosen *c, struct err *err)
{
	uint32_t n_kept = 0;
	enum errc rc;

	for (uint32_t i = 0; i < c->n; i++)
		g->devices[i] = g->v[i].device;
	rc = again_before(j, g->devices, c->n, err);
	for (uint32_t i = 0; i < c->n && !rc; i++) {
		const struct job_device *d = &j->devices[g->v[i].device];

		if (!g->v[i].back && (job_is_settled(d) || job_is_put_back(j, d)))
			continue;
		c->late |= !look_is_good(j, d);
		g->v[n_kept++] = g->v[i];
	}
	c->moved += c->n - n_kept;
	c->n = n_kept;
	return rc;
}

static enum errc look_and_choose(
	struct job *j, struct sending *g, uint32_t n, struct chosen *ret, struct err *err)
{
	enum errc rc = look_before(j, g->devices, n, err);

	if (rc)
		return rc;
	ret->n = choose(j, g->devices, n, g->wave, g->v, &ret->moved);
	return ret->n && budget_now(j) ? ask_rules(j, g, ret, err) : ERR_OK;
}

/* Looks and sends what may leave now. *ret_n: how many devices were moved on; *ret_more: some
 * were. */
static enum errc send_group(
	struct job *j, struct sending *g, uint32_t *ret_n, bool *ret_more, struct err *err)
{
	struct change_order *v = g->v;
	uint32_t *devices = g->devices, wave = g->wave, now = budget_now(j);
	uint32_t n_ready = find_ready(j, wave, v), sent = 0, n;
	struct chosen c = { .n = 0 };
	bool go = false;
	enum errc rc;

	*ret_more = false;
	n = first_packs(j, v, n_ready, g->all ? UINT32_MAX : now ? now : 1, devices);
	rc = n ? await_turn(j, devices, n, &go, err) : ERR_OK;
	if (rc || !go)
		return rc;
	if (!g->all && budget_now(j) > now) /* more than it waited for: they share the look */
		n = first_packs(j, v, n_ready, budget_now(j), devices);
	rc = look_and_choose(j, g, n, &c, err);
	if (rc)
		return rc;
	if (c.n && !c.late && budget_now(j))
		rc = send_chosen(j, v, c.n, &sent, err);
	g->back |= sent && v[0].back;
	*ret_n += sent + c.moved;
	*ret_more = c.late || sent + c.moved > 0;
	return rc ? rc : job_name_drift(j, err);
}

enum errc change_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	struct sending g = {
		.wave = wave,
		.v = mem_alloc((j->n + 1) * sizeof(*g.v)),
		.devices = mem_alloc((j->n + 1) * sizeof(*g.devices)),
	};
	bool more = true;
	enum errc rc = ERR_OK;

	*ret_n = 0;
	j->no_room.code = ERR_OK;
	while (!rc && !j->stop && (more || !g.all)) {
		g.all = !more;
		if (g.back && !budget_now(j))
			break;
		rc = send_group(j, &g, ret_n, &more, err);
		if (!rc && more)
			rc = job_flush(j, err);
		if (j->max_writes != UINT32_MAX)
			break;
	}
	if (!rc && j->window && !window_lets(j->window, transport_now(j->transport)))
		(void)window_why(j->window, &j->no_room);
	else if (!rc && wave != UINT32_MAX)
		budget_say_too_late(j, wave);
	free(g.devices);
	free(g.v);
	return rc;
}
