/*
 * Changes at Apple: look once more, pack serials into the fewest activities, make the intent
 * durable, send. What becomes of them is settle.c's business.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"

/* An earlier request to take it off could not be proved in time. */
static bool is_in_doubt(const struct job *j, const struct job_device *d)
{
	return d->outcome == OUTCOME_IN_FLIGHT && d->attempts &&
	       step_info(job_step(j, d)->kind)->takes_off;
}

/* Wave UINT32_MAX: only devices on their way back, or that may have to be. */
static bool is_ready(const struct job *j, const struct job_device *d, uint32_t wave)
{
	const struct work_step *s = job_step(j, d);

	if (d->settled || d->busy || d->gave_up || !s ||
		step_info(s->kind)->service != SERVICE_APPLE || culprit_waits(j, d) ||
		(s->kind == STEP_RELEASE && j->settings->apple.school))
		return false;
	return wave == UINT32_MAX ? job_is_put_back(j, d) || is_in_doubt(j, d) : d->wave == wave;
}

/* --- the last look --- */

static void note_drift(struct job *j, struct job_device *d, const struct view *seen)
{
	char detail[200];

	(void)snprintf(detail, sizeof(detail), "it is now on %s%.*s%s",
		seen->server == SERVER_NONE ? "no server" : "server '",
		STR_FMT(fleet_server_name(j->fleet, seen->server)),
		seen->server == SERVER_NONE ? "" : "'");
	job_drift(j, d, detail);
	d->anonymous = true;
}

/* Settles what needs nothing or was changed by somebody else; true: the change is to be sent. */
bool change_still_wanted(struct job *j, struct job_device *d)
{
	const struct work_step *s = job_step(j, d);
	struct view seen, expected = job_expected(j, d);

	if (job_protected(j, d))
		return false;
	if (!job_seen(j, d, &seen)) {
		/* Nobody can tell where it is. A put-back waits for the next apply, everything else
		 * has not begun. */
		job_fail(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN, "apple.server");
		return false;
	}
	if (work_holds(j->fleet, s, d->home, j->settings->has_uem, &seen)) {
		/* An earlier request of ours that nobody could prove: it has to come back as well.
		 */
		bool ours = d->attempts && step_info(s->kind)->takes_off;

		job_pass(j, d, ours ? RESULT_DONE : RESULT_HELD);
		return false;
	}
	if (seen.server != expected.server) {
		note_drift(j, d, &seen);
		return false;
	}
	return true;
}

/* --- the write budget --- */

static uint32_t packs(const struct job *j, uint32_t n)
{
	return (n + j->settings->batch_apple - 1) / j->settings->batch_apple;
}

/* The step that will bring it back: it is off its server, or on its way off. */
static bool comes_back(const struct job *j, const struct job_device *d, uint32_t *ret_at)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	if (d->settled || d->gave_up || at == p->n)
		return false;
	if (work_put_back_due(p, d->results, ret_at))
		return !d->busy || *ret_at != at; /* else it is on its way back */
	if (!d->busy || !step_info(p->v[at].kind)->takes_off)
		return false;
	while (at < p->n && !step_info(p->v[at].kind)->puts_back)
		at++;
	*ret_at = at;
	return at < p->n;
}

static uint32_t writes_to_come_back(const struct job *j)
{
	uint32_t *per_server = mem_zalloc((j->fleet->n_servers + 1) * sizeof(uint32_t));
	uint32_t writes = 0, at;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];

		if (comes_back(j, d, &at))
			per_server[job_target(d, &job_program(j, d)->v[at])]++;
	}
	for (uint32_t s = 0; s < j->fleet->n_servers; s++)
		writes += packs(j, per_server[s]);
	free(per_server);
	return writes;
}

/* No change may take a write that somebody needs to come back; the devices of an unassign that asks
 * are busy already, so that their own way back counts. */
static bool budget_allows(struct job *j, bool back, uint32_t n_queued)
{
	uint32_t writes = n_queued + 1 + (back ? 0 : writes_to_come_back(j));
	int64_t when_ms = transport_write_when(j->transport, writes);
	char when[TIME_TEXT];

	if (when_ms <= transport_deadline(j->transport))
		return true;
	(void)err_set(&j->no_room, ERR_TEMPFAIL,
		"Apple's write limit has room for more changes, and for putting devices back, "
		"at %s, when --max-wait is over: run again then",
		time_rfc3339_s(when_ms, when));
	return false;
}

/* --- sending --- */

static void blame(void *self, size_t index, const struct apple_error *e)
{
	struct open_request *r = self;
	char detail[400];

	(void)snprintf(detail, sizeof(detail), "%s %s", e->code, e->detail);
	job_fail(r->job, &r->job->devices[r->devices[index]], OUTCOME_FAILED, REASON_APPLE_REFUSED,
		detail);
}

/* How many devices the refusal names: those are to blame, and nobody else. */
static size_t blame_named(struct open_request *r, const struct http_reply *reply)
{
	struct str *serials = mem_alloc((r->n + 1) * sizeof(*serials));
	size_t n;

	for (uint32_t i = 0; i < r->n; i++)
		serials[i] = fleet_serial(r->job->fleet, r->job->devices[r->devices[i]].slot);
	n = apple_refused_devices(reply, serials, r->n, blame, r);
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

	(void)snprintf(detail, sizeof(detail), "%s %s", e->code, e->detail);
	for (uint32_t i = 0; i < r->n; i++)
		j->devices[r->devices[i]].busy = false;
	if (!shared && blame_named(r, reply) == 0) {
		culprit_refused(r, detail);
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
		job_account_refused(j, detail.code, &err);
	} else if (rc == ERR_AUTH || rc == ERR_SETTINGS) {
		job_stop(j, rc, REASON_APPLE_REFUSED, &err);
	} else if (!rc && !apple_activity_reply(reply, &activity, &err)) {
		r->state = REQUEST_ACCEPTED;
		culprit_taken(r);
		(void)snprintf(r->activity, sizeof(r->activity), "%s", activity.id);
		settle_watch(r);
	} else { /* 5xx, 3xx, a garbled 201: nobody knows */
		r->state = REQUEST_UNKNOWN;
		r->terminal = true;
		log_often(LOG_WARN, "%s: %s: looking before anything is sent again",
			step_info(r->kind)->word, err.msg);
	}
	apple_activity_release(&activity);
}

static enum errc done_change(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	(void)rest;
	if (code == ERR_REFUSED)
		refuse_all(self, REASON_APPLE_DEADLINE, NULL);
	return job_end_change(self, code, reply, take_answer, err);
}

struct order {
	bool back; /* puts back what this run took off */
	uint32_t device, server, batch;
	enum step_kind kind;
	int64_t deadline_ms;
	bool update; /* of a deadline that is set already */
	bool force;  /* the deadline may lie in the past */
};

/* first: what all of them share. */
static enum errc submit_change(struct job *j, const struct order *first, const uint32_t *devices,
	uint32_t n, struct err *err)
{
	struct open_request *r = job_open(j, first->kind, first->server);
	struct transport_call call = {
		.service = TO_APPLE,
		.allow = allow_change,
		.before = job_intend,
		.done = done_change,
		.ahead = CHANGE_AHEAD,
		.self = r,
	};
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
	r->devices = mem_alloc(n * sizeof(*r->devices));
	r->n = n;
	for (uint32_t i = 0; i < n; i++) {
		r->devices[i] = devices[i];
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
static int by_group(const struct order *x, const struct order *y)
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
	int c = by_group(a, b);

	return c ? c
		 : compare(((const struct order *)a)->device, ((const struct order *)b)->device);
}

/* The server an activity names: where the devices are for an unassign, where they go for the rest.
 */
static struct order order_of(const struct job *j, uint32_t device)
{
	const struct job_device *d = &j->devices[device];
	const struct work_step *s = job_step(j, d);
	struct order o = { job_is_put_back(j, d), device, SERVER_NONE, d->batch, s->kind, TIME_NONE,
		false, false };
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

static void set_busy(struct job *j, const uint32_t *devices, uint32_t n, bool busy)
{
	for (uint32_t i = 0; i < n; i++)
		j->devices[devices[i]].busy = busy;
}

/* How many more devices may be off their servers with a way back to come; waves see to that, but
 * the limit may have been lowered since they were cut. */
static uint32_t room_in_flight(const struct job *j)
{
	uint32_t most = j->settings->limits[LIMIT_IN_FLIGHT], at;

	for (uint32_t i = 0; i < j->n && most; i++) {
		const struct job_device *d = &j->devices[i];

		/* One whose way back failed is away all the same. */
		most -= d->outcome == OUTCOME_IN_FLIGHT || comes_back(j, d, &at) ||
			work_put_back_due(job_program(j, d), d->results, &at);
	}
	return most;
}

static bool will_come_back(const struct job *j, const struct order *o)
{
	const struct work_program *p = job_program(j, &j->devices[o->device]);

	if (!step_info(o->kind)->takes_off)
		return false;
	for (uint32_t i = job_next(j, &j->devices[o->device]); i < p->n; i++)
		if (step_info(p->v[i].kind)->puts_back)
			return true;
	return false;
}

/* What limits and the write budget have no room for waits for the next round. */
static enum errc submit_packed(
	struct job *j, const struct order *v, uint32_t n, uint32_t *ret_n, struct err *err)
{
	uint32_t *devices = mem_alloc((n + 1) * sizeof(*devices)), queued = 0;
	uint32_t room = room_in_flight(j), most;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0, k; i < n && !rc && !j->stop && queued < j->max_writes; i += k) {
		most = j->settings->batch_apple;
		if (will_come_back(j, &v[i]) && most > room)
			most = room;
		devices[0] = v[i].device;
		k = 1;
		if (most > 1 && culprit_alone(&j->devices[v[i].device]))
			most = 1;
		if (most == 0) {
			(void)err_set(&j->no_room, ERR_TEMPFAIL,
				"as many devices are off their servers as limits.in_flight allows");
			continue;
		}
		while (i + k < n && k < most && by_group(&v[i], &v[i + k]) == 0) {
			devices[k] = v[i + k].device;
			k++;
		}
		set_busy(j, devices, k, true);
		if (!budget_allows(j, v[i].back, queued)) {
			set_busy(j, devices, k, false);
			continue;
		}
		room -= will_come_back(j, &v[i]) ? k : 0;
		rc = submit_change(j, &v[i], devices, k, err);
		queued++;
		*ret_n += k;
	}
	free(devices);
	return rc;
}

static bool any_ready(const struct job *j, uint32_t wave)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (is_ready(j, &j->devices[i], wave))
			return true;
	return false;
}

/* What is to be sent, in order; *ret_passed: how many turned out to need nothing. */
static uint32_t collect(struct job *j, uint32_t wave, struct order *v, uint32_t *ret_passed)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (!is_ready(j, d, wave))
			continue;
		if (!change_still_wanted(j, d))
			++*ret_passed;
		else if (wave != UINT32_MAX || job_is_put_back(j, d))
			v[n++] = order_of(j, i);
	}
	qsort(v, n, sizeof(*v), by_group_and_place);
	return n;
}

static enum errc send_ready(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	struct order *v;
	enum errc rc, drained;
	struct err why;

	if (!any_ready(j, wave))
		return ERR_OK;
	rc = job_refresh(j, wave != UINT32_MAX, err);
	if (rc)
		return rc;
	v = mem_alloc((j->n + 1) * sizeof(*v));
	rc = submit_packed(j, v, collect(j, wave, v, ret_n), ret_n, err);
	free(v);
	drained = transport_drain(j->transport, &why);
	if (!rc && drained) {
		rc = drained;
		*err = why;
	}
	if (!rc)
		rc = job_name_drift(j, err);
	return rc ? rc : job_flush(j, err);
}

static bool is_seeking(const struct job *j, uint32_t wave)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (j->devices[i].batch && is_ready(j, &j->devices[i], wave))
			return true;
	return false;
}

enum errc change_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	uint32_t before;
	enum errc rc;

	*ret_n = 0;
	j->no_room.code = ERR_OK;
	do {
		before = *ret_n;
		rc = send_ready(j, wave, ret_n, err);
	} while (!rc && !j->stop && *ret_n > before && j->max_writes == UINT32_MAX &&
		 is_seeking(j, wave));
	return rc;
}
