/*
 * Apple's audit trail as a witness (services/README.md Apple E). Only what it tells counts: events
 * come late, or are read by an account that may not, and none found means nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "run/job.h"

static bool is_asked(void *self, struct str text)
{
	return job_device_of(self, text) != NULL;
}

static void keep_event(struct job *j, struct job_device *d, struct str id)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(id));
	if (text[0] && (!d->evidence || !strstr(d->evidence, text)))
		job_evidence(j, d, "event", text);
}

/* Of a step that is proved, or of the one that nobody knows about. */
static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct job *j = self;
	struct apple_event e;
	struct str serial;
	enum errc rc = apple_event_decode(element, is_asked, j, &e, &serial, err);
	struct job_device *d = rc || !serial.n ? NULL : job_device_of(j, serial);
	uint32_t next = d ? job_next(j, d) : 0;

	for (uint32_t i = 0; d && i < job_program(j, d)->n && i <= next; i++) {
		bool open = i == next && job_is_busy(d);

		if (!apple_event_tells_of(&e, job_program(j, d)->v[i].kind) ||
			(d->results[i] != RESULT_DONE && !open))
			continue;
		keep_event(j, d, e.id);
		d->witnessed |= open;
	}
	return rc;
}

static enum errc read_events(struct job *j, int64_t from_ms, struct err *err)
{
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = from_ms,
		.each = take_event,
		.self = j,
	};
	enum errc rc = listing_run(&l, j->transport, err);

	if (!rc && l.code)
		log_info("Apple's audit events could not be read: %s", l.err.msg);
	return rc;
}

/* Its second look has just been. */
static bool is_about_to_be_judged(const struct job *j, const struct open_request *r, int64_t now)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];

		if (job_is_busy(d) && d->doubt && now >= look_second_ms(j, d))
			return true;
	}
	return false;
}

enum errc events_of_unknown(struct job *j, struct err *err)
{
	int64_t now = transport_now(j->transport), from_ms = INT64_MAX;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (step_info(r->kind)->service == SERVICE_APPLE && r->state != REQUEST_ACCEPTED &&
			is_about_to_be_judged(j, r, now) && r->intent_ms < from_ms)
			from_ms = r->intent_ms;
	}
	return from_ms == INT64_MAX || j->settings->apple.school ? ERR_OK
								 : read_events(j, from_ms, err);
}

static bool lacks_witness(const struct job_device *d)
{
	return d->evidence && strstr(d->evidence, "activity:") && !strstr(d->evidence, "event:");
}

enum errc events_of_run(struct job *j, struct err *err)
{
	enum errc rc = ERR_OK;
	bool any = false;

	for (uint32_t i = 0; i < j->n && !any; i++)
		any = lacks_witness(&j->devices[i]);
	if (any && !j->settings->apple.school)
		rc = read_events(j, j->begun_ms, err);
	return rc ? rc : job_flush(j, err);
}
