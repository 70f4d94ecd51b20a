/*
 * Profiles: the UEM has no bulk form, so each device is a request of its own. The DEP list is read
 * once before and once per poll for all of them.
 */
#include "run/uem/uem_rounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/profile_state.h"
#include "run/job.h"
#include "run/look.h"
#include "run/request.h"
#include "run/rounds.h"
#include "run/wanted.h"

enum {
	/* The list shows the device, but the UEM has no record to give the profile to
	 * (services/README.md UEM H.6). */
	CODE_NOT_SYNCED = 5058,
	CODE_NO_ACCOUNT = 5053, /* the group has no DEP account */
	PROFILE_AHEAD =
		15, /* intents in a row: each is of one device, and its list is read at once */
	PROFILES_MOST = 100, /* requests after one look */
};

static bool is_ready(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d);

	return job_is_ready(d) && d->resync != RESYNC_WANTED && s &&
	       (s->kind == STEP_ASSIGN_PROFILE || s->kind == STEP_REMOVE_PROFILE);
}

static void take_answer(struct open_request *r, const struct http_reply *reply)
{
	struct job *j = r->job;
	struct job_device *d = &j->devices[r->devices[0]];
	struct uem_error detail = { 0 };
	struct err err;
	enum errc rc = uem_change_error(reply, &detail, &err);

	/* 202 names no job: only the list can tell. */
	if (!rc) {
		r->state = REQUEST_ACCEPTED;
		job_account_taken(j, SERVICE_UEM);
	} else if (detail.code == CODE_NOT_SYNCED && d->resync == RESYNC_NOT_YET) {
		r->state = REQUEST_REFUSED;
		d->resync = RESYNC_WANTED;
	} else if (rc == ERR_REFUSED || rc == ERR_NOT_FOUND || rc == ERR_HELD) {
		/* Only wipes and deletes wait for an administrator: here 403 is a refusal. */
		r->state = REQUEST_REFUSED;
		job_fail(j, d, OUTCOME_FAILED, REASON_UEM_REFUSED, err.msg);
		if (detail.code == CODE_NO_ACCOUNT)
			job_account_refused(j, SERVICE_UEM, "5053", &err);
	} else if (rc == ERR_AUTH || rc == ERR_SETTINGS) {
		r->state = REQUEST_REFUSED;
		job_stop(j, rc, REASON_UEM_REFUSED, &err);
	} else {
		r->state = REQUEST_UNKNOWN;
	}
}

/* The profile named in the path: the target, or for a removal the one the device has now. */
static struct str path_uuid(const struct job *j, const struct job_device *d, uint32_t profile)
{
	uint32_t listed = j->fleet->listed[d->slot];
	uint32_t group = listed ? (uint32_t)__builtin_ctz(listed) : 0;

	return fleet_profile_uuid(j->fleet, profile, group);
}

static void submit(struct job *j, uint32_t i, int64_t good_until_ms)
{
	struct job_device *d = &j->devices[i];
	const struct work_step *s = job_step(j, d);
	struct view seen;
	bool remove = s->kind == STEP_REMOVE_PROFILE;
	uint32_t profile;
	struct str uuid;
	struct transport_call call;
	struct open_request *r;

	(void)work_view(j->fleet, d->slot, &seen); /* where it is at Apple does not matter */
	profile = remove ? seen.profile : s->profile;
	uuid = profile == MAP_NONE ? STR("") : path_uuid(j, d, profile);

	if (!j->fleet->listed[d->slot] || !uuid.n) {
		job_fail(j, d, OUTCOME_FAILED, REASON_UEM_REFUSED,
			j->fleet->listed[d->slot] ? "the device's group has no such profile"
						  : "the UEM does not list the device: sync first");
		return;
	}
	r = job_open_for(j, s->kind, SERVER_NONE, &i, 1, take_answer);
	r->about = profile;
	call = job_call(r, TO_UEM, good_until_ms);
	call.ahead = PROFILE_AHEAD;
	uem_profile_device_request(transport_uem(j->transport), uuid,
		fleet_serial(j->fleet, d->slot), remove, &call.request);
	transport_submit(j->transport, &call);
}

/* Another administrator gave it a profile since the plan. What the UEM gives a record that came
 * anew is nobody's decision. */
static bool has_another(const struct job *j, const struct job_device *d, const struct view *seen)
{
	struct str now = seen->profile == MAP_NONE ? STR_NONE : fleet_text(j->fleet, seen->profile);

	for (uint32_t i = 0; i < job_next(j, d); i++)
		if (d->results[i] == RESULT_DONE)
			return false;
	return d->has_profile && !str_eq(d->profile, now);
}

/* A service has said meanwhile that it comes too early. */
static bool has_to_wait(struct job *j, struct job_device *d)
{
	int64_t until_ms = job_step(j, d)->kind == STEP_ASSIGN_PROFILE
				   ? profile_state_wait(j->facts, d->slot)
				   : TIME_NONE;
	char text[TIME_TEXT + 8] = "until ";

	if (until_ms == TIME_NONE)
		return false;
	(void)time_rfc3339_s(until_ms, text + strlen(text));
	job_leave(j, d, OUTCOME_WAITING, REASON_UEM_PROFILE_WAIT, text);
	return true;
}

/* Settles what needs nothing or was changed by somebody else; WANTED: to be sent. */
static enum wanted profile_wanted(struct job *j, struct job_device *d, int64_t looked_ms)
{
	const struct work_step *s = job_step(j, d);
	struct view seen;

	if (job_protected(j, d))
		return NOT_WANTED;
	if (s->lost) {
		job_fail(j, d, OUTCOME_FAILED, REASON_ROW_UNKNOWN_PROFILE, NULL);
		return NOT_WANTED;
	}
	if (!look_view(j, d, s->kind, &seen)) {
		job_fail(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN, "uem.listed");
		return NOT_WANTED;
	}
	d->looked_ms = looked_ms;
	if (work_holds(j->fleet, s, d->home, true, &seen)) {
		job_pass(j, d, RESULT_UNCHANGED);
		return NOT_WANTED;
	}
	if (has_to_wait(j, d))
		return NOT_WANTED;
	if (!has_another(j, d, &seen))
		return WANTED;
	if (!look_agrees(j, d, work_view_key(&seen)))
		return WANTED_LATER;
	job_drift(j, d, "it has another profile since the plan");
	return NOT_WANTED;
}

/* One sync for all that lack their record; each is then tried once more. */
static enum errc resync(struct job *j, struct err *err)
{
	uint32_t groups = 0;

	for (uint32_t i = 0; i < j->n; i++)
		if (j->devices[i].resync == RESYNC_WANTED) {
			groups |= j->fleet->listed[j->devices[i].slot];
			j->devices[i].resync = RESYNC_DONE;
		}
	return groups && !j->stop ? sync_again(j, groups, err) : ERR_OK;
}

/* Waits first until all of them may leave: then one look is fresh for all. */
static enum errc await_turn(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	uint32_t reads = j->fleet->n_groups, most = j->settings->rates[RATE_UEM].n;
	uint32_t k = n + reads < most ? n + reads : most;
	int64_t when = transport_change_when(j->transport, TO_UEM, k ? k : 1);
	int64_t due = look_due(j, v, n);

	when = due > when ? due : when;
	if (when <= transport_now(j->transport))
		return ERR_OK;
	return job_or_stop(j, transport_sleep(j->transport, when, err), err);
}

/* The list does not tell how an assignment stands, nor until when a service wants to be left alone.
 */
static enum errc read_states(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	uint32_t slots[PROFILES_MOST], n_slots = 0;

	for (uint32_t i = 0; i < n; i++)
		if (job_step(j, &j->devices[v[i]])->kind == STEP_ASSIGN_PROFILE)
			slots[n_slots++] = j->devices[v[i]].slot;
	return n_slots ? job_or_stop(j,
				 facts_read(j->facts, READING_UEM_TOKEN, slots, n_slots, err), err)
		       : ERR_OK;
}

static enum errc send_group(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	int64_t from_ms, until_ms;
	enum errc rc = read_states(j, v, n, err);

	if (!rc && !j->stop)
		rc = await_turn(j, v, n, err);

	if (rc || j->stop)
		return rc;
	from_ms = transport_now(j->transport);
	rc = look_at_lists(j, facts_groups(j->fleet), err);
	until_ms = transport_now(j->transport) + j->settings->timeouts.fresh_ms;
	if (!rc)
		job_read_protected(j);
	for (uint32_t i = 0; i < n && !rc; i++)
		if (profile_wanted(j, &j->devices[v[i]], from_ms) == WANTED)
			submit(j, v[i], until_ms);
	if (!rc)
		rc = transport_drain(j->transport, err);
	return rc ? rc : job_flush(j, err);
}

enum errc profile_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v)), n;
	enum errc rc = ERR_OK;

	*ret_n = job_find(j, is_ready, wave, v, UINT32_MAX);
	while (!rc && !j->stop && (n = job_find(j, is_ready, wave, v, PROFILES_MOST)))
		rc = send_group(j, v, n, err);
	free(v);
	if (!rc && *ret_n)
		rc = resync(j, err);
	return rc;
}
