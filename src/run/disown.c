/*
 * Releases in Apple School Manager, whose API has none: the DEP service lets the server that a
 * device is on give it up, with that server's own token (services/README.md Apple B).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "facts/dep_server.h"
#include "run/again.h"
#include "run/job.h"
#include "run/look.h"
#include "run/request.h"
#include "run/rounds.h"
#include "run/wanted.h"
#include "services/dep.h"

static bool is_ready(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d);

	return j->settings->apple.school && job_is_ready(d) && s && s->kind == STEP_RELEASE;
}

static void take_word(void *self, struct str serial, enum dep_disowned how)
{
	struct open_request *r = self;
	struct job_device *d = job_device_of(r->job, serial);

	if (!d || !job_is_busy(d))
		return;
	if (how == DEP_NOT_ACCESSIBLE)
		job_refuse_one(r, d, REASON_APPLE_NOT_ON_SERVER, NULL);
	else if (how == DEP_FAILED)
		job_refuse_one(r, d, REASON_APPLE_REFUSED,
			"the portal has to allow this server to release devices");
}

static void refuse_all(struct open_request *r, const char *why)
{
	for (uint32_t i = 0; i < r->n; i++)
		job_fail(r->job, &r->job->devices[r->devices[i]], OUTCOME_FAILED,
			REASON_APPLE_REFUSED, why);
}

static void take_answer(struct open_request *r, const struct http_reply *reply)
{
	struct err err;
	enum errc rc = dep_disown_reply(reply, take_word, r, &err);

	/* No activity: only the device's own page can tell. */
	r->state = REQUEST_REFUSED;
	if (!rc)
		r->state = REQUEST_ACCEPTED;
	else if (rc == ERR_REFUSED || rc == ERR_NOT_FOUND)
		refuse_all(r, err.msg);
	else if (rc == ERR_AUTH || rc == ERR_SETTINGS)
		job_stop(r->job, rc, REASON_APPLE_REFUSED, &err);
	else
		r->state = REQUEST_UNKNOWN;
}

static enum errc submit(
	struct job *j, size_t dep, const uint32_t *devices, uint32_t n, struct err *err)
{
	struct open_request *r = job_open_for(
		j, STEP_RELEASE, SERVER_NONE, devices, n, take_answer);
	struct transport_call call = job_call(
		r, TO_DEP + dep, j->devices[devices[0]].good_until_ms);
	struct str serials[DEP_MAX_DEVICES];
	enum errc rc;

	call.ahead = CHANGE_AHEAD;
	for (uint32_t i = 0; i < n; i++)
		serials[i] = fleet_serial(j->fleet, j->devices[devices[i]].slot);
	rc = dep_disown_request(j->settings->enrollment[dep].url, serials, n, &call.request, err);
	if (rc)
		job_close(j, r);
	else
		transport_submit(j->transport, &call);
	return rc;
}

/* Those of one server, as many as a request may name at once. */
static enum errc submit_server(
	struct job *j, size_t dep, const uint32_t *wanted, uint32_t n, struct err *err)
{
	uint32_t chunk[DEP_MAX_DEVICES], k = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n && !rc; i++) {
		if (dep_server_of(j->settings, j->fleet,
			    job_expected(j, &j->devices[wanted[i]]).server) == dep)
			chunk[k++] = wanted[i];
		if (k && (k == DEP_MAX_DEVICES || i + 1 == n)) {
			rc = submit(j, dep, chunk, k, err);
			k = 0;
		}
	}
	return rc;
}

/* Where it is and whether it is still there was looked at just before. */
static bool is_wanted(struct job *j, struct job_device *d)
{
	if (d->looked_ms == TIME_NONE || change_wanted(j, d) != WANTED)
		return false;
	if (dep_server_of(j->settings, j->fleet, job_expected(j, d).server) != SIZE_MAX)
		return true;
	job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_NOT_ON_SERVER, NULL);
	return false;
}

/* Until the service takes requests, or a second look is due. */
static enum errc await_turn(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	int64_t when = look_due(j, v, n), now = transport_now(j->transport);

	for (size_t dep = 0; dep < j->settings->n_enrollment; dep++) {
		int64_t one = transport_change_when(j->transport, TO_DEP + dep, 1);

		when = one > when ? one : when;
	}
	if (when <= now)
		return ERR_OK;
	j->waited_ms = when;
	return job_or_stop(j, transport_sleep(j->transport, when, err), err);
}

/* Those that the rules still take, and whose look is still good. */
static uint32_t keep_ready(const struct job *j, uint32_t *v, uint32_t n)
{
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct job_device *d = &j->devices[v[i]];

		if (is_ready(j, d) && look_is_good(j, d))
			v[n_kept++] = v[i];
	}
	return n_kept;
}

static enum errc send_ready(struct job *j, uint32_t *v, uint32_t n, struct err *err)
{
	uint32_t n_wanted = 0;
	enum errc rc = await_turn(j, v, n, err);

	if (rc || j->stop)
		return rc;
	rc = look_before(j, v, n, err);
	for (uint32_t i = 0; i < n && !rc; i++)
		if (is_wanted(j, &j->devices[v[i]]))
			v[n_wanted++] = v[i];
	if (!rc)
		rc = again_before(j, v, n_wanted, err);
	n_wanted = rc ? 0 : keep_ready(j, v, n_wanted);
	for (size_t dep = 0; dep < j->settings->n_enrollment && !rc; dep++)
		rc = submit_server(j, dep, v, n_wanted, err);
	if (!rc)
		rc = transport_drain(j->transport, err);
	return rc ? rc : job_flush(j, err);
}

enum errc disown_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v)),
		 n = job_find(j, is_ready, wave, v, UINT32_MAX);
	enum errc rc = ERR_OK;

	*ret_n = n;
	while (n && !rc && !j->stop) {
		rc = send_ready(j, v, n, err);
		n = job_find(j, is_ready, wave, v, UINT32_MAX);
	}
	free(v);
	return rc;
}
