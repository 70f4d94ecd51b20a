/*
 * Profiles: the UEM has no bulk form, so each device is a request of its own. The DEP list is read
 * once before and once per poll for all of them.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/job.h"

enum {
	/* The list shows the device, but the UEM has no record to give the profile to
	 * (services/README.md UEM H.6). */
	CODE_NOT_SYNCED = 5058,
	CODE_NO_ACCOUNT = 5053, /* the group has no DEP account */
	PROFILE_AHEAD =
		15, /* intents in a row: each is of one device, and its list is read at once */
};

static bool is_ready(const struct job *j, const struct job_device *d, uint32_t wave)
{
	const struct work_step *s = job_step(j, d);

	return !d->settled && !d->busy && !d->gave_up && d->wave == wave && s &&
	       (s->kind == STEP_ASSIGN_PROFILE || s->kind == STEP_REMOVE_PROFILE);
}

static void take_answer(struct open_request *r, const struct http_reply *reply)
{
	struct job *j = r->job;
	struct job_device *d = &j->devices[r->devices[0]];
	struct uem_error detail = { 0 };
	struct err err;
	enum errc rc = uem_reply_error(reply, &detail, &err);

	r->terminal = true; /* 202 names no job: only the list can tell */
	if (!rc) {
		r->state = REQUEST_ACCEPTED;
	} else if (detail.code == CODE_NOT_SYNCED && d->resync == RESYNC_NOT_YET) {
		r->state = REQUEST_REFUSED;
		d->resync = RESYNC_WANTED;
	} else if (rc == ERR_REFUSED || rc == ERR_NOT_FOUND || rc == ERR_HELD) {
		r->state = REQUEST_REFUSED;
		job_fail(j, d, rc == ERR_HELD ? OUTCOME_HELD : OUTCOME_FAILED,
			rc == ERR_HELD ? REASON_UEM_HELD : REASON_UEM_REFUSED, err.msg);
		if (detail.code == CODE_NO_ACCOUNT)
			job_account_refused(j, "5053", &err);
	} else if (rc == ERR_AUTH || rc == ERR_SETTINGS) {
		r->state = REQUEST_REFUSED;
		job_stop(j, rc, REASON_UEM_REFUSED, &err);
	} else {
		r->state = REQUEST_UNKNOWN;
	}
}

static enum errc done_change(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	(void)rest;
	return job_end_change(self, code, reply, take_answer, err);
}

/* The profile named in the path: the target, or for a removal the one the device has now. */
static struct str path_uuid(const struct job *j, const struct job_device *d, uint32_t profile)
{
	uint32_t listed = j->fleet->listed[d->slot];
	uint32_t group = listed ? (uint32_t)__builtin_ctz(listed) : 0;

	return fleet_profile_uuid(j->fleet, profile, group);
}

static void submit(struct job *j, uint32_t i)
{
	struct job_device *d = &j->devices[i];
	const struct work_step *s = job_step(j, d);
	struct view seen;
	bool known = job_seen(j, d, &seen), remove = s->kind == STEP_REMOVE_PROFILE;
	uint32_t profile = remove && known ? seen.profile : s->profile;
	struct str uuid = profile == MAP_NONE ? STR("") : path_uuid(j, d, profile);
	struct transport_call call = {
		.service = TO_UEM,
		.allow = job_allow_change,
		.before = job_intend,
		.done = done_change,
		.ahead = PROFILE_AHEAD,
	};
	struct open_request *r;

	if (!j->fleet->listed[d->slot] || !uuid.n) {
		job_fail(j, d, OUTCOME_FAILED, REASON_UEM_REFUSED,
			j->fleet->listed[d->slot] ? "the device's group has no such profile"
						  : "the UEM does not list the device: sync first");
		return;
	}
	r = job_open(j, s->kind, SERVER_NONE);
	r->about = profile;
	r->devices = mem_alloc(sizeof(*r->devices));
	r->devices[0] = i;
	r->n = 1;
	d->busy = true;
	call.self = r;
	uem_profile_device_request(transport_uem(j->transport), uuid,
		fleet_serial(j->fleet, d->slot), remove, &call.request);
	transport_submit(j->transport, &call);
}

/* Settled without a request when the list already shows what is wanted. */
static bool holds_now(struct job *j, struct job_device *d)
{
	struct view seen;

	if (!job_seen(j, d, &seen) ||
		!work_holds(j->fleet, job_step(j, d), d->home, j->settings->has_uem, &seen))
		return false;
	job_pass(j, d, RESULT_HELD);
	return true;
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

enum errc profile_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	uint32_t all = j->fleet->n_groups == 32 ? UINT32_MAX : (1u << j->fleet->n_groups) - 1;
	uint32_t n = 0;
	enum errc rc;

	*ret_n = 0;
	for (uint32_t i = 0; i < j->n; i++)
		n += is_ready(j, &j->devices[i], wave);
	if (n == 0)
		return ERR_OK;
	/* Apple is asked only where its devices are not known at all: a continued run. */
	rc = j->read_ms == TIME_NONE ? job_refresh(j, true, err) : ERR_OK;
	if (!rc)
		rc = facts_uem_lists(j->facts, all, err);
	for (uint32_t i = 0; i < j->n && !rc; i++)
		if (is_ready(j, &j->devices[i], wave)) {
			if (!job_protected(j, &j->devices[i]) && !holds_now(j, &j->devices[i]))
				submit(j, i);
			++*ret_n;
		}
	if (!rc)
		rc = transport_drain(j->transport, err);
	if (!rc)
		rc = resync(j, err);
	return rc ? rc : job_flush(j, err);
}
