/* What Apple says of the activities of open requests, and of what has none: when it is over. */
#include <stdio.h>

#include "base/log.h"
#include "run/job.h"
#include "run/request.h"
#include "run/settle.h"
#include "wire/answer.h"

enum {
	LOG_MAX_BYTES = 64 * 1024 * 1024,
	MARGIN_MS = 1000, /* Apple's times may be cut to the second */
	AWAIT_POLLS = 12  /* of `poll: {apple: ...}`: a minute unless told otherwise */
};

static void take_log_row(void *self, struct str serial, bool ok, struct str substatus)
{
	struct open_request *r = self;
	struct job_device *d = job_device_of(r->job, serial);

	if (!d || !job_is_busy(d))
		return;
	d->log_done |= ok;
	d->log_failed = !d->log_done; /* who has a row of each kind is not known to have failed */
	if (ok)
		return;
	job_evidence(r->job, d, "log", "failed");
	d->log_says = job_keep(r->job, str_head(substatus, sizeof(r->fault)));
}

/* The log only hastens a verdict: when it cannot be read, the devices tell. */
static enum errc read_log(struct open_request *r, const char *url, struct err *err)
{
	struct http_request q;
	struct http_reply reply;
	enum errc rc = apple_log_request(url, &q, err);

	if (!rc) {
		q.max_body = LOG_MAX_BYTES;
		rc = transport_get(r->job->transport, TO_BARE, &q, &reply, err);
	}
	if (rc)
		return rc;
	if (reply.status != 200)
		rc = err_set(err, ERR_PROTOCOL, "status %d", reply.status);
	if (!rc)
		rc = apple_log_read(buf_view(&reply.body), take_log_row, r, err);
	http_reply_release(&reply);
	return rc;
}

/* One that takes a quarter longer is asked about once, too; one that is over sooner is not waited
 * for much longer than if nothing were known. */
static void note_time(struct job *j, int64_t took_ms)
{
	int64_t poll_ms = j->settings->poll.apple_ms, most_ms = AWAIT_POLLS * poll_ms;
	int64_t margin_ms = poll_ms < MARGIN_MS ? poll_ms : MARGIN_MS;

	if (took_ms == TIME_NONE)
		return;
	took_ms = took_ms < most_ms ? took_ms : most_ms;
	if (took_ms)
		took_ms += took_ms / 4 > margin_ms ? took_ms / 4 : margin_ms;
	j->activity_ms = took_ms < most_ms ? took_ms : most_ms;
}

static enum errc take_state(struct open_request *r, const struct apple_activity *a, struct err *err)
{
	enum errc rc = ERR_OK;

	if (a->state == ACTIVITY_RUNNING)
		return ERR_OK;
	r->over = true;
	r->ended_ms = transport_now(r->job->transport);
	note_time(r->job, a->took_ms);
	job_tell(r->job, OPEN_CLOSED, r->id, NULL);
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

static void end_quarantine(struct open_request *r)
{
	r->over = true;
	r->ended_ms = transport_now(r->job->transport);
	job_tell(r->job, OPEN_CLOSED, r->id, NULL);
}

/* Apple knows of no such activity, and says so for a while and beyond the time that it could have
 * taken: it has as good as no id. What became of it events and devices tell. */
static void miss(struct open_request *r)
{
	const struct job *j = r->job;
	int64_t now = transport_now(j->transport);

	if (r->missed_ms == TIME_NONE)
		r->missed_ms = now;
	if (now < r->until_ms || now - r->missed_ms < j->settings->timeouts.settle_ms)
		return;
	end_quarantine(r);
	r->state = REQUEST_UNKNOWN;
}

static enum errc poll_activity(struct open_request *r, struct err *err)
{
	struct apple_activity a;
	enum activity_told told;
	enum errc rc = answer_activity(r->job->transport, str_from(r->activity), &a, &told, err);

	if (told == ACTIVITY_UNANSWERED)
		return rc;
	if (told == ACTIVITY_MISSING)
		miss(r);
	else
		r->missed_ms = TIME_NONE;
	if (!rc)
		rc = take_state(r, &a, err);
	apple_activity_release(&a);
	return errc_info(rc)->scope == SCOPE_ROW || rc == ERR_PROTOCOL ? ERR_OK : rc;
}

static bool is_under_way(const struct open_request *r)
{
	return r->state == REQUEST_ACCEPTED && r->activity[0] && !r->over &&
	       r->sent_ms != TIME_NONE && r->missed_ms == TIME_NONE;
}

int64_t activities_due(const struct job *j)
{
	int64_t now = transport_now(j->transport), due = now;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (r->kind == STEP_WIPE)
			continue;
		if (!is_under_way(r))
			return now;
		if (r->sent_ms + j->activity_ms > due)
			due = r->sent_ms + j->activity_ms;
	}
	if (due > now + j->activity_ms) /* the clock was set back */
		due = now + j->activity_ms;
	return j->stop || due > transport_deadline(j->transport) ? now : due;
}

enum errc activities_poll(struct job *j, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < j->n_open && !rc; i++) {
		struct open_request *r = j->open[i];

		if (r->over || r->kind == STEP_WIPE)
			continue;
		if (r->activity[0])
			rc = poll_activity(r, err);
		else if (transport_now(j->transport) >= r->until_ms)
			end_quarantine(r);
	}
	return rc;
}
