/*
 * What cannot be taken back at the UEM: records deleted, devices wiped. Both name the record by its
 * id, never by the serial, and only when a look just before shows the very record of the plan.
 */
#include "run/uem/uem_rounds.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/again.h"
#include "run/job.h"
#include "run/request.h"
#include "services/uem_bulk.h"

enum { DELETE_MOST = 500, CODE_UNKNOWN_DEVICE = 5002, GROUP_MOST = 100 };

static bool is_ready(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d);

	return job_is_ready(d) && s && (s->kind == STEP_DELETE_RECORD || s->kind == STEP_WIPE);
}

/* --- the last look --- */

static struct str record_id(const struct job *j, const struct job_device *d)
{
	struct value id;

	fleet_fact(j->fleet, d->slot, FACT_UEM_DEVICE, &id);
	return id.text;
}

/* Another record than the plan's, or one that enrolled again in between. */
static bool is_drifted(struct job *j, struct job_device *d, enum record_state now)
{
	struct str id = record_id(j, d);
	char detail[200];

	if (!str_eq(id, d->record))
		(void)snprintf(detail, sizeof(detail), "its UEM record is now %.*s", STR_FMT(id));
	else if (now == RECORD_ENROLLED && job_expected(j, d).record != RECORD_ENROLLED)
		(void)snprintf(detail, sizeof(detail), "it has been enrolled again");
	else
		return false;
	job_drift(j, d, detail);
	return true;
}

static void refuse_again(struct job *j, struct job_device *d, bool open)
{
	if (job_step(j, d)->kind == STEP_WIPE)
		job_fail(
			j, d, OUTCOME_HELD, open ? REASON_UEM_WIPE_WAITING : REASON_UEM_ONCE, NULL);
	else
		job_fail(j, d, OUTCOME_UNVERIFIED,
			open ? REASON_UEM_OUTCOME_UNKNOWN : REASON_UEM_ONCE, NULL);
}

/* Settles what needs nothing or must not be touched; true: the change is to be sent. */
static bool still_wanted(struct job *j, struct job_device *d)
{
	enum sent_before before;
	struct view seen;

	if (job_protected(j, d))
		return false;
	(void)work_view(j->fleet, d->slot, &seen); /* where it is at Apple does not matter */
	if (work_holds(j->fleet, job_step(j, d), d->home, true, &seen)) {
		job_pass(j, d, RESULT_UNCHANGED);
		return false;
	}
	before = job_sent_before(j, d);
	if (before != SENT_NEVER && seen.record != RECORD_SEVERAL) {
		refuse_again(j, d, before == SENT_OPEN);
		return false;
	}
	switch (seen.record) {
	case RECORD_ENROLLED:
	case RECORD_LEFT:
		return !is_drifted(j, d, seen.record);
	case RECORD_LEAVING:
		job_fail(j, d, OUTCOME_HELD, REASON_UEM_WIPE_WAITING, NULL);
		return false;
	case RECORD_SEVERAL:
		job_fail(j, d, OUTCOME_FAILED, REASON_UEM_AMBIGUOUS, NULL);
		return false;
	default:
		job_fail(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN,
			job_unknown(j, d, FACT_UEM_ENROLLMENT_STATUS));
		return false;
	}
}

/* --- answers --- */

static void fail_all(
	struct open_request *r, enum outcome outcome, enum reason reason, const char *detail)
{
	for (uint32_t i = 0; i < r->n; i++)
		job_fail(r->job, &r->job->devices[r->devices[i]], outcome, reason, detail);
}

/* What both have in common; ERR_OK and ERR_NOT_FOUND are left to the caller. */
static void take_refusal(struct open_request *r, enum errc rc, const struct err *err)
{
	r->state = REQUEST_REFUSED;
	if (rc == ERR_REFUSED)
		fail_all(r, OUTCOME_FAILED, REASON_UEM_REFUSED, err->msg);
	else if (rc == ERR_AUTH || rc == ERR_SETTINGS)
		job_stop(r->job, rc, REASON_UEM_REFUSED, err);
	else
		r->state = REQUEST_UNKNOWN;
}

/* 202 queues it. 403 may mean that an administrator has to approve it, after which it goes on by
 * itself: it waits like any other, but nobody is kept waiting for it (run/uem/wipe.c). */
static void take_wiped(struct open_request *r, const struct http_reply *reply)
{
	struct job_device *d = &r->job->devices[r->devices[0]];
	struct err err;
	enum errc rc = uem_change_error(reply, NULL, &err);

	if (!rc || rc == ERR_HELD) {
		r->state = REQUEST_ACCEPTED;
		job_wait(r->job, d, rc ? REASON_UEM_HELD : REASON_UEM_WIPE_WAITING);
	} else {
		take_refusal(r, rc == ERR_NOT_FOUND ? ERR_REFUSED : rc, &err);
	}
}

static void take_fault(void *self, const struct uem_fault *fault)
{
	struct open_request *r = self;
	struct job *j = r->job;
	char id[24], detail[240];

	if (fault->code == CODE_UNKNOWN_DEVICE)
		return; /* gone already, as the look will show */
	(void)snprintf(id, sizeof(id), "%lld", (long long)fault->item_number);
	(void)snprintf(detail, sizeof(detail), "%lld %.*s", (long long)fault->code,
		STR_FMT(fault->message));
	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &j->devices[r->devices[i]];
		struct str is = record_id(j, d);

		if (job_is_busy(d) && (str_eq(is, fault->item) || str_eq(is, str_from(id))))
			job_refuse_one(r, d, REASON_UEM_REFUSED, detail);
	}
}

/* Too many for one call: nothing was done, smaller ones follow. */
static void take_smaller(struct open_request *r)
{
	r->state = REQUEST_REFUSED;
	r->job->delete_cap = r->n / 2;
}

/* Whatever was accepted is proved by a look; a hold may have let some pass. */
static void take_deleted(struct open_request *r, const struct http_reply *reply)
{
	struct err err;
	enum errc rc = r->n > 1 ? uem_bulk_reply(reply, take_fault, r, &err)
				: uem_change_error(reply, NULL, &err);

	if (rc == ERR_LIMIT && r->n > 1) {
		take_smaller(r);
	} else if (!rc || rc == ERR_HELD || rc == ERR_NOT_FOUND) {
		r->state = REQUEST_ACCEPTED;
		r->held = rc == ERR_HELD;
		if (rc)
			(void)snprintf(r->fault, sizeof(r->fault), "%.150s", err.msg);
	} else {
		take_refusal(r, rc, &err);
	}
}

/* --- sending --- */

/* The request of a record, or of many. */
static struct transport_call call_for(struct open_request *r, int64_t good_until_ms)
{
	if (r->n == 1)
		r->about = fleet_intern(
			r->job->fleet, record_id(r->job, &r->job->devices[r->devices[0]]));
	return job_call(r, TO_UEM, good_until_ms);
}

static int64_t number_of(struct str id)
{
	uint64_t n = 0;

	(void)str_to_u64(id, &n); /* work_record_state() saw that it is one */
	return (int64_t)n;
}

static void submit_wipe(struct job *j, uint32_t i, int64_t good_until_ms)
{
	const struct job_device *d = &j->devices[i];
	const struct work_program *p = job_program(j, d);
	struct str kind = p->source.v[job_step(j, d)->word].arg;
	struct transport_call call = call_for(
		job_open_for(j, STEP_WIPE, SERVER_NONE, &i, 1, take_wiped), good_until_ms);

	uem_command_request(transport_uem(j->transport), number_of(record_id(j, d)),
		str_eq(kind, STR("device")) ? UEM_DEVICE_WIPE : UEM_ENTERPRISE_WIPE, &call.request);
	transport_submit(j->transport, &call);
}

static void submit_delete(struct job *j, const uint32_t *devices, uint32_t n, int64_t good_until_ms)
{
	struct transport_call call = call_for(
		job_open_for(j, STEP_DELETE_RECORD, SERVER_NONE, devices, n, take_deleted),
		good_until_ms);
	int64_t *ids = mem_alloc(n * sizeof(*ids));

	for (uint32_t i = 0; i < n; i++)
		ids[i] = number_of(record_id(j, &j->devices[devices[i]]));
	if (n == 1)
		uem_delete_request(transport_uem(j->transport), ids[0], &call.request);
	else
		uem_delete_many_request(transport_uem(j->transport), ids, n, &call.request);
	free(ids);
	transport_submit(j->transport, &call);
}

/* How many one call may delete, as the tenant says; one by one when it does not. */
static enum errc read_cap(struct job *j, struct err *err)
{
	struct uem_bulk_limits limits = { .delete_device = -1 };
	struct http_request q;
	struct http_reply reply;
	struct json *root = NULL;
	enum errc rc;

	uem_bulk_limits_request(transport_uem(j->transport), &q);
	rc = transport_get(j->transport, TO_UEM, &q, &reply, err);
	if (rc)
		return rc;
	if (uem_reply_error(&reply, NULL, err) || json_parse(&root, buf_view(&reply.body), err) ||
		uem_bulk_limits_decode(root, &limits, err))
		log_warn("records are deleted one by one: %s", err->msg);
	json_free(root);
	http_reply_release(&reply);
	j->delete_cap = limits.delete_device < 1             ? 1
			: limits.delete_device > DELETE_MOST ? DELETE_MOST
							     : (uint32_t)limits.delete_device;
	return ERR_OK;
}

static void submit_all(struct job *j, const uint32_t *wanted, uint32_t n, int64_t good_until_ms)
{
	uint32_t *deletes = mem_alloc((n + 1) * sizeof(*deletes)), n_deletes = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (job_step(j, &j->devices[wanted[i]])->kind == STEP_WIPE)
			submit_wipe(j, wanted[i], good_until_ms);
		else
			deletes[n_deletes++] = wanted[i];
	}
	for (uint32_t i = 0, k; i < n_deletes; i += k) {
		k = n_deletes == 1 || n_deletes - i < j->delete_cap ? n_deletes - i : j->delete_cap;
		submit_delete(j, deletes + i, k, good_until_ms);
	}
	free(deletes);
}

static bool any_delete(const struct job *j, const uint32_t *v, uint32_t n)
{
	uint32_t n_deletes = 0;

	for (uint32_t i = 0; i < n; i++)
		n_deletes += job_step(j, &j->devices[v[i]])->kind == STEP_DELETE_RECORD;
	return n_deletes > 1;
}

/* Waits first until the look and all of the requests may leave. */
static enum errc await_turn(struct job *j, uint32_t n, struct err *err)
{
	uint32_t most = j->settings->rates[RATE_UEM].n, k = 2 * n < most ? 2 * n : most;
	int64_t when = transport_change_when(j->transport, TO_UEM, k ? k : 1);

	if (when <= transport_now(j->transport))
		return ERR_OK;
	return job_or_stop(j, transport_sleep(j->transport, when, err), err);
}

/* Just before: what their records show. */
static enum errc look(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	uint32_t *slots = mem_alloc((n + 1) * sizeof(*slots));
	enum errc rc;

	for (uint32_t i = 0; i < n; i++)
		slots[i] = j->devices[v[i]].slot;
	rc = facts_read(j->facts, READING_UEM_DEVICE, slots, n, err);
	free(slots);
	if (!rc)
		job_read_protected(j);
	return rc;
}

/* What they show just before, and the rules say to it; *n: those that are still wanted. */
static enum errc look_and_choose(struct job *j, uint32_t *v, uint32_t *n, struct err *err)
{
	uint32_t n_wanted = 0, n_kept = 0;
	enum errc rc = look(j, v, *n, err);

	for (uint32_t i = 0; i < *n && !rc && !j->stop; i++)
		if (still_wanted(j, &j->devices[v[i]]))
			v[n_wanted++] = v[i];
	if (!rc && !j->stop)
		rc = again_before(j, v, n_wanted, err);
	for (uint32_t i = 0; i < n_wanted && !rc; i++)
		if (is_ready(j, &j->devices[v[i]]))
			v[n_kept++] = v[i];
	*n = n_kept;
	return rc;
}

/* Looking can take so long that it has to be done once more. */
static enum errc send_group(struct job *j, uint32_t *v, uint32_t n, struct err *err)
{
	int64_t until_ms;
	enum errc rc = ERR_OK;

	if (any_delete(j, v, n) && !j->delete_cap)
		rc = read_cap(j, err);
	if (!rc)
		rc = await_turn(j, n, err);
	if (rc || j->stop)
		return rc;
	until_ms = transport_now(j->transport) + j->settings->timeouts.fresh_ms;
	rc = look_and_choose(j, v, &n, err);
	if (!rc && !j->stop && transport_now(j->transport) <= until_ms)
		submit_all(j, v, n, until_ms);
	if (!rc)
		rc = transport_drain(j->transport, err);
	return rc ? rc : job_flush(j, err);
}

enum errc record_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v)), n;
	enum errc rc = ERR_OK;

	*ret_n = job_find(j, is_ready, wave, v, UINT32_MAX);
	while (!rc && !j->stop && (n = job_find(j, is_ready, wave, v, GROUP_MOST)))
		rc = send_group(j, v, n, err);
	free(v);
	return rc;
}
