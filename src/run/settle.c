/*
 * What became of the changes that were sent, or may have been: ask the activity, read its log, look
 * at the devices. A restarted run comes in here with the intents of the one that died, so the
 * crash path is the only path.
 *
 * INTENT, UNKNOWN: look. Target state: ours. Still the old state when timeouts.activity has passed
 * since the last byte may have left, in two complete readings timeouts.settle apart: nothing was
 * done, a new attempt is allowed.
 *
 * ACCEPTED: poll; when the activity has ended, look until the lists show it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"

enum { MAX_ATTEMPTS = 5, POLL_MAX_MS = 60000, LOG_MAX_BYTES = 64 * 1024 * 1024 };

/* --- activities --- */

struct log_reader {
	struct open_request *r;
	uint32_t n_failed;
};

static void take_log_row(void *self, struct str serial, bool ok, struct str substatus)
{
	struct log_reader *l = self;
	struct job *j = l->r->job;
	uint32_t slot = map_find(&j->fleet->serials, serial);
	uint32_t i = slot < j->fleet->serials.n ? j->by_slot[slot] : MAP_NONE;

	if (ok || i == MAP_NONE || !j->devices[i].busy)
		return;
	j->devices[i].log_failed = true;
	job_evidence(j, &j->devices[i], "log", "failed");
	(void)snprintf(l->r->fault, sizeof(l->r->fault), "%.*s", STR_FMT(substatus));
	l->n_failed++;
}

/* The log only hastens a verdict: when it cannot be read, the devices tell. */
static enum errc read_log(struct open_request *r, const char *url, struct err *err)
{
	struct log_reader reader = { .r = r };
	struct http_request q;
	struct http_reply reply;
	enum errc rc = apple_log_request(url, &q, err);

	if (!rc) {
		q.max_body = LOG_MAX_BYTES;
		rc = transport_get(r->job->transport, TO_BARE, &q, NULL, NULL, &reply, NULL, err);
	}
	if (rc)
		return rc;
	if (reply.status != 200)
		rc = err_set(err, ERR_PROTOCOL, "status %d", reply.status);
	if (!rc)
		rc = apple_log_read(buf_view(&reply.body), take_log_row, &reader, err);
	http_reply_release(&reply);
	return rc;
}

static enum errc take_state(struct open_request *r, const struct apple_activity *a, struct err *err)
{
	enum errc rc = ERR_OK;

	if (a->state == ACTIVITY_RUNNING)
		return ERR_OK;
	r->terminal = true;
	r->ended_badly = a->state == ACTIVITY_FAILURE || a->state == ACTIVITY_UNCLEAR;
	if (a->state != ACTIVITY_SUCCESS)
		(void)snprintf(r->fault, sizeof(r->fault), "%s %s", a->status, a->sub_status);
	if (a->state != ACTIVITY_SUCCESS && a->download_url)
		rc = read_log(r, a->download_url, err);
	if (rc && errc_info(rc)->scope == SCOPE_RUN)
		return rc;
	if (rc)
		log_often(LOG_WARN, "the log of activity %s cannot be read: %s", r->activity,
			err->msg);
	return ERR_OK;
}

static enum errc poll_activity(struct open_request *r, struct err *err)
{
	struct apple_activity a = { .id = "" };
	struct http_request q;
	struct http_reply reply;
	enum errc rc;

	apple_activity_get(transport_apple(r->job->transport), str_from(r->activity), &q);
	rc = transport_get(r->job->transport, TO_APPLE, &q, NULL, NULL, &reply, NULL, err);
	if (rc)
		return rc;
	rc = apple_reply_error(&reply, NULL, err);
	if (!rc)
		rc = apple_activity_reply(&reply, &a, err);
	http_reply_release(&reply);
	if (!rc)
		rc = take_state(r, &a, err);
	else if (rc == ERR_NOT_FOUND)
		r->terminal = true; /* older than 30 days: only the devices can tell */
	apple_activity_release(&a);
	return errc_info(rc)->scope == SCOPE_ROW || rc == ERR_PROTOCOL ? ERR_OK : rc;
}

static enum errc poll_activities(struct job *j, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		struct open_request *r = j->open[i];

		if (r->state == REQUEST_INTENT || r->state == REQUEST_UNKNOWN || !r->activity[0])
			r->terminal = true;
		if (!r->terminal)
			rc = poll_activity(r, err);
	}
	return rc;
}

/* One that went well has ended with that; whatever else became of it is settle_requests()'s. */
static enum errc take_watched(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct open_request *r = self;
	struct apple_activity a = { .id = "" };

	(void)rest;
	if (code || apple_reply_error(reply, NULL, err) || apple_activity_reply(reply, &a, err))
		return ERR_OK;
	r->terminal = a.state == ACTIVITY_SUCCESS;
	if (a.state == ACTIVITY_RUNNING)
		settle_watch(r);
	apple_activity_release(&a);
	return ERR_OK;
}

static int64_t next_interval(int64_t ms)
{
	ms += ms / 2;
	return ms < POLL_MAX_MS ? ms : POLL_MAX_MS;
}

void settle_watch(struct open_request *r)
{
	const struct job *j = r->job;
	struct transport_call call = {
		.service = TO_APPLE, .done = take_watched, .self = r, .optional = true
	};

	r->poll_ms = r->poll_ms ? next_interval(r->poll_ms) : j->settings->poll.apple_ms;
	call.not_before_ms = transport_now(j->transport) + r->poll_ms;
	apple_activity_get(transport_apple(j->transport), str_from(r->activity), &call.request);
	transport_submit(j->transport, &call);
}

/* --- looking --- */

/* Until when a change that was not refused may still come true by itself. */
static int64_t patience_of(const struct job *j, const struct open_request *r)
{
	int64_t sent = r->sent_ms != TIME_NONE ? r->sent_ms
					       : r->intent_ms + TRANSPORT_AHEAD_MS +
							 j->settings->timeouts.request_ms;

	return sent + j->settings->timeouts.activity_ms;
}

/* Devices that a look can tell something about, of requests with that kind (and server). */
static uint32_t collect(const struct job *j, enum step_kind kind, uint32_t server, uint32_t *slots)
{
	int64_t now = transport_now(j->transport);
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if ((!r->terminal && now < patience_of(j, r)) || r->kind != kind ||
			(server != SERVER_NONE && r->server != server))
			continue;
		for (uint32_t k = 0; k < r->n; k++)
			if (j->devices[r->devices[k]].busy)
				slots[n++] = j->devices[r->devices[k]].slot;
	}
	return n;
}

/* A device's own page tells its status, its migration and whether it was released. Every server's
 * list, which has to be read then, tells of the reassigned as well. *ret_all: they were. */
static enum errc look_at_pages(struct job *j, uint32_t *slots, bool *ret_all, struct err *err)
{
	static const enum step_kind kinds[] = { STEP_UNASSIGN, STEP_MIGRATE, STEP_CANCEL_MIGRATION,
		STEP_RELEASE };
	uint32_t n = 0;
	enum errc rc;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		n += collect(j, kinds[i], SERVER_NONE, slots + n);
	*ret_all = n > 0;
	rc = facts_read(j->facts, READING_APPLE_DEVICE, slots, n, err);
	if (!rc && n)
		rc = facts_read(j->facts, READING_APPLE_SERVER, slots,
			n + collect(j, STEP_REASSIGN, SERVER_NONE, slots + n), err);
	return rc;
}

/* Records one by one, and the lists of all groups that show one of these devices. */
static enum errc look_at_uem(struct job *j, uint32_t *slots, struct err *err)
{
	uint32_t n = collect(j, STEP_DELETE_RECORD, SERVER_NONE, slots), groups = 0;
	enum errc rc = facts_read(j->facts, READING_UEM_DEVICE, slots, n, err);

	if (rc)
		return rc;
	n = collect(j, STEP_ASSIGN_PROFILE, SERVER_NONE, slots);

	n += collect(j, STEP_REMOVE_PROFILE, SERVER_NONE, slots + n);
	for (uint32_t i = 0; i < n; i++)
		groups |= j->fleet->listed[slots[i]];
	if (n && !groups)
		groups = j->fleet->n_groups == 32 ? UINT32_MAX : (1u << j->fleet->n_groups) - 1;
	return n ? facts_uem_lists(j->facts, groups, err) : ERR_OK;
}

/* Off its server is proved by the status and by every server's list; on one, by that list alone. */
static enum errc look(struct job *j, struct err *err)
{
	uint32_t *slots = mem_alloc((2 * (size_t)j->n + 1) * sizeof(*slots));
	bool all;
	enum errc rc = look_at_pages(j, slots, &all, err);

	for (uint32_t s = 0; s < j->fleet->n_servers && !rc && !all; s++) {
		uint32_t n = collect(j, STEP_REASSIGN, s, slots);

		if (n)
			rc = facts_on_server(j->facts, s, slots, n, err);
	}
	if (!rc)
		rc = look_at_uem(j, slots, err);
	free(slots);
	j->blind = rc != ERR_OK;
	if (rc == ERR_PROTOCOL || rc == ERR_REFUSED || rc == ERR_NOT_FOUND) {
		log_often(LOG_WARN, "looking at the devices: %s",
			err->msg); /* nothing was seen; the next look may be better */
		rc = ERR_OK;
	}
	return rc;
}

/* Whether the last look could show what the request is about: for a reassign, its server's list. */
static bool sees(const struct job *j, const struct open_request *r)
{
	bool all = !j->blind;
	struct view v;

	if (r->kind == STEP_REASSIGN)
		return all;
	for (uint32_t i = 0; i < r->n && all; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];
		bool server = work_view(j->fleet, d->slot, &v);

		all = !d->busy ||
		      (r->kind == STEP_DELETE_RECORD ? v.record != RECORD_UNREAD : server);
	}
	return all;
}

static bool is_proved(const struct job *j, const struct job_device *d, const struct open_request *r)
{
	struct view v;
	struct value status;

	if ((!work_view(j->fleet, d->slot, &v) && r->kind != STEP_DELETE_RECORD) ||
		!work_holds(j->fleet, job_step(j, d), d->home, j->settings->has_uem, &v))
		return false;
	fleet_fact(j->fleet, d->slot, FACT_APPLE_STATUS, &status);
	return r->kind != STEP_UNASSIGN ||
	       (v.server == SERVER_NONE && status.state == VALUE_KNOWN &&
		       str_eq_nocase(status.text, STR("UNASSIGNED")));
}

/* --- verdicts --- */

static enum reason not_proved(enum step_kind kind)
{
	return step_info(kind)->service == SERVICE_UEM ? REASON_UEM_NOT_PROVED
						       : REASON_APPLE_NOT_PROVED;
}

/* Apple itself said that it did not work: no need to wait for more than the lists to settle. */
static bool said_failed(const struct open_request *r, const struct job_device *d)
{
	return r->state == REQUEST_ACCEPTED && r->terminal &&
	       (d->log_failed || r->ended_badly || r->held);
}

static void give_verdict(struct job *j, struct job_device *d, const struct open_request *r)
{
	bool accepted = r->state == REQUEST_ACCEPTED || d->witnessed;
	/* What Apple could not do just now is tried again only for a device that is off its server.
	 */
	bool again = !accepted || (said_failed(r, d) && job_is_put_back(j, d));

	if (again && d->attempts < MAX_ATTEMPTS)
		d->log_failed = false; /* two readings agree that nothing was done: still to do */
	else if (accepted && r->held)
		job_fail(j, d, OUTCOME_HELD, REASON_UEM_HELD, r->fault);
	else if (accepted && d->log_failed)
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_DEVICE_FAILED, r->fault);
	else if (said_failed(r, d))
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_ACTIVITY_FAILED, r->fault);
	else if (accepted)
		job_fail(j, d, OUTCOME_UNVERIFIED, not_proved(r->kind), NULL);
	else
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_OUTCOME_UNKNOWN, NULL);
	d->busy = false;
}

static void pass_proved(struct job *j, struct job_device *d, const struct open_request *r)
{
	char when[TIME_TEXT];

	if (r->activity[0])
		job_evidence(j, d, "activity", r->activity);
	job_evidence(j, d, "list", time_rfc3339_s(transport_now(j->transport), when));
	job_pass(j, d, RESULT_DONE);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The verdict needs two complete readings timeouts.settle apart, the first of them at first_ms;
 * lowers *ret_wake to when the second is due. */
static bool seen_twice(const struct job *j, int64_t first_ms, int64_t now, int64_t *ret_wake)
{
	int64_t second;

	if (first_ms == TIME_NONE)
		return false;
	second = first_ms + j->settings->timeouts.settle_ms;
	if (now < second)
		*ret_wake = earlier(*ret_wake, second);
	return now >= second;
}

/* True: nothing is left to wait for. seen: the last look showed where the devices are. */
static bool judge_device(struct job *j, struct job_device *d, const struct open_request *r,
	bool seen, int64_t *ret_wake)
{
	int64_t now = transport_now(j->transport), late = now - patience_of(j, r);

	if (is_proved(j, d, r))
		pass_proved(j, d, r);
	else if (seen && said_failed(r, d) && seen_twice(j, r->ended_look_ms, now, ret_wake))
		give_verdict(j, d, r);
	else if (seen && late >= 0 && seen_twice(j, r->late_look_ms, now, ret_wake))
		give_verdict(j, d, r);
	else if (!seen && late >= j->settings->timeouts.activity_ms)
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_OUTCOME_UNKNOWN, NULL);
	else
		return false;
	return true;
}

/* True: nothing is left of the request. *ret_wake: when it is worth looking again, if earlier. */
static bool judge_request(struct job *j, struct open_request *r, int64_t *ret_wake)
{
	int64_t now = transport_now(j->transport), patience = patience_of(j, r);
	bool seen = sees(j, r);
	uint32_t left = 0;

	if (seen && r->terminal && r->ended_look_ms == TIME_NONE)
		r->ended_look_ms = now;
	if (seen && now >= patience && r->late_look_ms == TIME_NONE)
		r->late_look_ms = now;
	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &j->devices[r->devices[i]];

		left += d->busy && !judge_device(j, d, r, seen, ret_wake);
	}
	if (left && now < patience)
		*ret_wake = earlier(*ret_wake, patience);
	return left == 0;
}

static enum errc judge_all(struct job *j, int64_t *ret_wake, struct err *err)
{
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i]->kind != STEP_WIPE && judge_request(j, j->open[i], ret_wake))
			j->open[i]->state = REQUEST_SETTLED;
	rc = job_flush(j, err);
	for (uint32_t i = j->n_open; i-- > 0;)
		if (j->open[i]->state == REQUEST_SETTLED)
			job_close(j, j->open[i]);
	return rc;
}

/* --- the loop --- */

/* Some activities still run, and nothing else is to be learnt: one look will do for all of them. */
static bool all_well_so_far(const struct job *j)
{
	int64_t now = transport_now(j->transport);
	bool running = false;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (r->state != REQUEST_ACCEPTED || r->ended_badly || r->held ||
			r->ended_look_ms != TIME_NONE || (!r->terminal && now >= patience_of(j, r)))
			return false;
		running |= !r->terminal;
	}
	return running;
}

static enum errc settle_step(
	struct job *j, int64_t *interval_ms, int64_t *ret_wake, struct err *err)
{
	int64_t now;
	enum errc rc = poll_activities(j, err);

	if (!rc && *interval_ms < POLL_MAX_MS && all_well_so_far(j)) {
		*ret_wake = transport_now(j->transport) + *interval_ms;
		*interval_ms = next_interval(*interval_ms);
		return ERR_OK;
	}
	if (!rc)
		rc = look(j, err);
	if (!rc)
		rc = events_of_unknown(j, err);
	if (rc)
		return rc;
	now = transport_now(j->transport);
	*ret_wake = now + *interval_ms;
	*interval_ms = next_interval(*interval_ms);
	return judge_all(j, ret_wake, err);
}

static bool any_but_wipes(const struct job *j)
{
	for (uint32_t i = 0; i < j->n_open; i++)
		if (j->open[i]->kind != STEP_WIPE)
			return true;
	return false;
}

enum errc settle_requests(struct job *j, int64_t patience_until_ms, struct err *err)
{
	int64_t interval_ms = j->settings->poll.apple_ms, wake;
	enum errc rc = ERR_OK;

	while (any_but_wipes(j)) {
		rc = settle_step(j, &interval_ms, &wake, err);
		if (rc || !any_but_wipes(j))
			break;
		if (j->stop && wake > patience_until_ms)
			break;
		rc = transport_sleep(j->transport, wake, err);
		if (rc)
			break;
	}
	return job_or_stop(j, rc, err);
}
