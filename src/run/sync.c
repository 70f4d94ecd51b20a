/*
 * One DEP sync for everything that waits for one. Sync and Fetch only queue work at the UEM and
 * give no job id: the proof is the list, which shows a device exactly when Apple has it on a server
 * that feeds the list's group.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/file.h"
#include "run/job.h"

enum { POLL_MAX_MS = 300000, COMMAND_OUTPUT_MAX = 64 * 1024, COMMAND_TIMEOUT_MS = 600000 };

struct syncing {
	struct job *j;
	uint32_t wave;
	uint32_t groups; /* that still owe a change */
	bool triggered;
	int64_t deadline_ms, fetch_ms, next_trigger_ms, interval_ms;
	enum errc refused; /* of the newest trigger round */
	uint32_t refused_groups;
	struct err why;
};

static bool waits(const struct job *j, const struct job_device *d, uint32_t wave)
{
	const struct work_step *s = job_step(j, d);

	return !d->settled && !d->busy && !d->gave_up && s && d->wave == wave &&
	       (s->kind == STEP_SYNC || s->kind == STEP_FETCH);
}

/* Groups whose list does not show the device as it should. */
static uint32_t owing(const struct job *j, const struct job_device *d)
{
	return j->fleet->listed[d->slot] ^ fleet_groups_of(j->fleet, job_expected(j, d).server);
}

/* --- without a UEM --- */

static enum errc wait_instead(struct job *j, struct err *err)
{
	struct buf out;
	enum errc rc = ERR_OK;

	buf_init(&out, COMMAND_OUTPUT_MAX);
	if (j->settings->sync.command)
		rc = file_run(j->settings->sync.command, COMMAND_OUTPUT_MAX, COMMAND_TIMEOUT_MS,
			&out, err);
	buf_release(&out);
	if (rc == ERR_STOPPED)
		return rc;
	if (rc) {
		job_stop(j, rc, REASON_RUN_WAITING, err);
		return ERR_OK;
	}
	return transport_sleep(
		j->transport, transport_now(j->transport) + j->settings->sync.wait_ms, err);
}

static enum errc sync_without_uem(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	enum errc rc = wait_instead(j, err);

	if (rc == ERR_STOPPED || rc == ERR_TEMPFAIL) {
		job_stop(j, rc, rc == ERR_STOPPED ? REASON_RUN_STOPPED : REASON_RUN_WAITING, err);
		return ERR_OK;
	}
	for (uint32_t i = 0; i < j->n && !rc && !j->stop; i++) {
		struct job_device *d = &j->devices[i];

		if (!waits(j, d, wave))
			continue;
		job_evidence(j, d, "sync", "waited");
		job_pass(j, d, RESULT_DONE);
		++*ret_n;
	}
	return rc ? rc : job_flush(j, err);
}

/* --- triggers --- */

struct trigger {
	struct syncing *s;
	uint32_t group;
};

static enum errc done_trigger(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct trigger *t = self;

	(void)rest;
	if (!code)
		code = uem_reply_error(reply, NULL, err);
	if (!code)
		return ERR_OK;
	if (errc_info(code)->scope == SCOPE_RUN || errc_info(code)->scope == SCOPE_SERVICE)
		return code;
	t->s->refused = code;
	t->s->refused_groups |= 1u << t->group;
	t->s->why = *err;
	return ERR_OK;
}

static bool wants_fetch(const struct syncing *s)
{
	const struct job *j = s->j;

	if (transport_now(j->transport) >= s->fetch_ms)
		return true;
	for (uint32_t i = 0; i < j->n; i++)
		if (waits(j, &j->devices[i], s->wave) &&
			job_step(j, &j->devices[i])->kind == STEP_FETCH)
			return true;
	return false;
}

/* From the first trigger on: a quota or an outage before it takes nothing from the sync. */
static void start_clock(struct syncing *s)
{
	int64_t now = transport_now(s->j->transport), whole = s->j->settings->timeouts.sync_ms;

	s->deadline_ms = now + whole;
	s->fetch_ms = now + whole / 2;
}

static enum errc trigger(struct syncing *s, struct err *err)
{
	struct trigger triggers[FLEET_MAX_GROUPS];
	struct job *j = s->j;
	bool fetch = wants_fetch(s);
	enum errc rc;

	for (uint32_t g = 0; g < j->fleet->n_groups; g++) {
		struct transport_call call = {
			.service = TO_UEM, .done = done_trigger, .self = &triggers[g]
		};

		triggers[g] = (struct trigger){ s, g };
		if (!(s->groups >> g & 1u))
			continue;
		uem_sync_request(transport_uem(j->transport), buf_view(&j->fleet->groups[g].uuid),
			fetch, &call.request);
		transport_submit(j->transport, &call);
	}
	rc = transport_drain(j->transport, err);
	if (!rc) {
		if (!s->triggered)
			start_clock(s);
		s->triggered = true;
		s->next_trigger_ms = transport_now(j->transport) +
				     j->settings->timeouts.sync_gap_ms;
		if (!fetch && s->next_trigger_ms < s->fetch_ms &&
			s->next_trigger_ms + j->settings->timeouts.sync_gap_ms > s->fetch_ms)
			s->next_trigger_ms = s->fetch_ms;
	}
	return rc;
}

/* --- proof --- */

/* A row that shall leave the lifecycle page also has to be gone from the token search. */
static enum errc keep_gone(struct syncing *s, bool *proved, struct err *err)
{
	struct job *j = s->j;
	uint32_t *slots = mem_alloc((j->n + 1) * sizeof(*slots)), n = 0;
	bool *gone = mem_zalloc(j->n + 1);
	enum errc rc;

	for (uint32_t i = 0; i < j->n; i++)
		if (proved[i] && job_step(j, &j->devices[i])->lifecycle)
			slots[n++] = j->devices[i].slot;
	rc = n ? facts_lifecycle_gone(j->facts, slots, n, gone, err) : ERR_OK;
	n = 0;
	for (uint32_t i = 0; i < j->n && !rc; i++)
		if (proved[i] && job_step(j, &j->devices[i])->lifecycle && !gone[n++])
			proved[i] = false;
	free(gone);
	free(slots);
	return rc;
}

/* Moves on what the lists show; s->groups is what still owes something afterwards. */
static enum errc take_proofs(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	struct job *j = s->j;
	bool *proved = mem_zalloc(j->n + 1);
	char when[TIME_TEXT];
	uint32_t left = 0;
	enum errc rc;

	s->groups = 0;
	for (uint32_t i = 0; i < j->n; i++)
		proved[i] = waits(j, &j->devices[i], s->wave) && owing(j, &j->devices[i]) == 0;
	rc = keep_gone(s, proved, err);
	for (uint32_t i = 0; i < j->n && !rc; i++) {
		struct job_device *d = &j->devices[i];

		if (!waits(j, d, s->wave))
			continue;
		if (proved[i]) {
			if (s->triggered)
				job_evidence(j, d, "list",
					time_rfc3339_s(transport_now(j->transport), when));
			job_pass(j, d, s->triggered ? RESULT_DONE : RESULT_HELD);
			++*ret_n;
			continue;
		}
		left++;
		s->groups |= owing(j, d) ? owing(j, d)
					 : fleet_groups_of(j->fleet, d->home) | d->listed;
	}
	free(proved);
	return rc ? rc : job_flush(j, err);
}

static void give_up(struct syncing *s, uint32_t *ret_n)
{
	struct job *j = s->j;

	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (!waits(j, d, s->wave))
			continue;
		if (s->refused && (owing(j, d) & s->refused_groups))
			job_fail(j, d, OUTCOME_FAILED, REASON_UEM_REFUSED, s->why.msg);
		else
			job_fail(j, d, OUTCOME_UNVERIFIED, REASON_UEM_NOT_PROVED, NULL);
		++*ret_n;
	}
	s->groups = 0;
}

/* One round: trigger when it is time, sleep, read the lists once for all that wait. */
static enum errc sync_step(struct syncing *s, uint32_t *ret_n, struct err *err)
{
	struct job *j = s->j;
	int64_t wake;
	enum errc rc = ERR_OK;

	if (transport_now(j->transport) >= s->next_trigger_ms)
		rc = trigger(s, err);
	if (!rc && s->refused) {
		give_up(s, ret_n);
		return ERR_OK;
	}
	wake = transport_now(j->transport) + s->interval_ms;
	s->interval_ms += s->interval_ms / 2;
	if (s->interval_ms > POLL_MAX_MS)
		s->interval_ms = POLL_MAX_MS;
	if (!rc)
		rc = transport_sleep(
			j->transport, wake < s->deadline_ms ? wake : s->deadline_ms, err);
	if (rc)
		return rc;
	rc = facts_uem_lists(j->facts, s->groups, err);
	if (rc && errc_info(rc)->scope == SCOPE_RUN)
		return rc;
	if (rc)
		log_often(LOG_WARN, "waiting for the sync: %s", err->msg);
	else
		rc = take_proofs(s, ret_n, err);
	if (rc && errc_info(rc)->scope == SCOPE_RUN)
		return rc;
	if (s->groups && transport_now(j->transport) >= s->deadline_ms)
		give_up(s, ret_n);
	return ERR_OK;
}

static enum errc sync_with_uem(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	struct syncing s = {
		.j = j,
		.wave = wave,
		.deadline_ms = INT64_MAX,
		.fetch_ms = INT64_MAX,
		.next_trigger_ms = transport_now(j->transport),
		.interval_ms = j->settings->poll.uem_ms,
	};
	uint32_t all = j->fleet->n_groups == 32 ? UINT32_MAX : (1u << j->fleet->n_groups) - 1;
	enum errc rc = ERR_OK;

	/* A continued run has not seen the lists yet. */
	for (uint32_t i = 0; i < j->n && !rc; i++)
		if (waits(j, &j->devices[i], wave) &&
			device_fact_state(&j->fleet->devices[j->devices[i].slot],
				FACT_UEM_LISTED) != VALUE_KNOWN) {
			rc = facts_uem_lists(j->facts, all, err);
			break;
		}
	if (!rc)
		rc = take_proofs(&s, ret_n, err);
	while (!rc && s.groups)
		rc = sync_step(&s, ret_n, err);
	return rc ? rc : job_flush(j, err);
}

/* A service that fails ends the run in good order. */
static enum errc stop_for(struct job *j, enum errc rc, struct err *err)
{
	if (rc == ERR_STORE || rc == ERR_INTERNAL || rc == ERR_OK)
		return rc;
	job_stop(j, rc, rc == ERR_STOPPED ? REASON_RUN_STOPPED : REASON_RUN_WAITING, err);
	return job_flush(j, err);
}

enum errc sync_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	bool any = false;

	*ret_n = 0;
	for (uint32_t i = 0; i < j->n && !any; i++)
		any = waits(j, &j->devices[i], wave);
	if (!any)
		return ERR_OK;
	if (!j->settings->has_uem)
		return sync_without_uem(j, wave, ret_n, err);
	return stop_for(j, sync_with_uem(j, wave, ret_n, err), err);
}

enum errc sync_again(struct job *j, uint32_t groups, struct err *err)
{
	struct syncing s = { .j = j, .wave = UINT32_MAX, .groups = groups, .fetch_ms = INT64_MAX };
	enum errc rc = trigger(&s, err);

	if (!rc)
		rc = transport_sleep(j->transport, s.next_trigger_ms, err);
	return stop_for(j, rc, err);
}
