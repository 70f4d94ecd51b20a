/*
 * Apple's audit trail as a witness (services/README.md Apple E). Only what it tells counts: events
 * come late, or are read by an account that may not, and none found means nothing.
 */
#include "run/events.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "run/doubt.h"
#include "run/job.h"
#include "run/request.h"

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

/* Who did what its step was to do: the newest one left it as it is. What its log calls failed was
 * perhaps done by an earlier request of ours, which this state does not know of. */
static void take_open(
	struct job *j, struct job_device *d, enum step_kind kind, const struct apple_event *e)
{
	bool did = apple_event_tells_of(e, kind);
	bool ours = settings_is_own(j->settings, e->actor) ||
		    (!d->log_failed && str_eq(e->actor_type, STR("API_USER")));

	if (e->at_ms < d->told_ms || (e->at_ms < d->intent_ms && !d->log_failed))
		return;
	d->told_ms = e->at_ms;
	d->confirmed_by_audit = did && ours;
	d->by_other = did && !ours;
	if (d->confirmed_by_audit)
		keep_event(j, d, e->id);
}

static void note_newest(int64_t *newest, int64_t at_ms)
{
	*newest = at_ms > *newest ? at_ms : *newest;
}

/* Whether its last change was done, and somebody else undid it. */
static void take_move(struct job *j, struct job_device *d, const struct apple_event *e)
{
	bool ours = settings_is_own(j->settings, e->actor);
	bool brings = apple_event_tells_of(e, STEP_REASSIGN);
	bool takes = apple_event_tells_of(e, STEP_UNASSIGN);

	if (brings)
		note_newest(&d->brought_ms, e->at_ms);
	if (takes && !ours)
		note_newest(&d->taken_ms, e->at_ms);
	if ((brings || takes) && !ours)
		note_newest(&d->theirs_ms, e->at_ms);
}

bool events_say_taken(const struct job_device *d, int64_t since_ms)
{
	return d->brought_ms >= since_ms && d->taken_ms >= d->brought_ms;
}

static void take_done(struct job *j, struct job_device *d, uint32_t at, const struct apple_event *e)
{
	if (d->results[at] == RESULT_DONE && str_eq(e->actor_type, STR("API_USER")) &&
		apple_event_tells_of(e, job_program(j, d)->v[at].kind))
		keep_event(j, d, e->id);
}

/* Nobody knows whether its next step was done by us. */
static bool is_open(const struct job *j, const struct job_device *d)
{
	return job_is_busy(d) || (d->custody && job_in_doubt(j, d));
}

/* Of a step that is proved, or of the one that nobody knows about: who is on a server again was not
 * taken off by what came before. */
static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct job *j = self;
	struct apple_event e;
	struct str serial;
	enum errc rc = apple_event_decode(element, is_asked, j, &e, &serial, err);
	struct job_device *d = rc || !serial.n ? NULL : job_device_of(j, serial);
	uint32_t next = d ? job_next(j, d) : 0, untold = d ? job_untold_step(j, d) : 0;

	for (uint32_t i = 0; d && i < job_program(j, d)->n && i <= next; i++) {
		enum step_kind kind = job_program(j, d)->v[i].kind;

		if (i == next)
			take_move(j, d, &e);
		if (i != untold && (i < next || !is_open(j, d)))
			take_done(j, d, i, &e);
		else if (apple_event_tells_of(&e, kind) || apple_event_tells_of(&e, STEP_REASSIGN))
			take_open(j, d, kind, &e);
	}
	return rc;
}

int64_t events_most_ms(const struct job *j)
{
	return j->settings->timeouts.fresh_ms / 3;
}

/* For hours nobody waits for them. */
static enum errc read_events(struct job *j, int64_t from_ms, int64_t most_ms, struct err *err)
{
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = from_ms,
		.each = take_event,
		.self = j,
		.until_ms = transport_now(j->transport) + most_ms,
	};
	enum errc rc = listing_run_in_time(&l, j->transport, err);

	if (rc == ERR_BUSY)
		rc = ERR_OK;
	if (!rc && l.code)
		log_often(LOG_INFO, "Apple's audit events could not be read: %s", l.err.msg);
	j->told_all = !rc && !l.code;
	return rc;
}

/* It was to be brought to a server, and no list shows it. */
static bool is_not_there(const struct job *j, const struct job_device *d, enum step_kind kind)
{
	struct view v;

	(void)work_view(j->fleet, d->slot, &v);
	return step_info(kind)->puts_back && v.server == SERVER_NONE;
}

/* Since when events tell of a device whose second look has just been; INT64_MAX: none is asked.
 * What was hidden from our own look may be that much older than the request. */
static int64_t asked_from(const struct job *j, const struct open_request *r, int64_t now)
{
	int64_t from_ms = INT64_MAX;

	for (uint32_t i = 0; i < r->n; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];
		int64_t hidden = d->log_failed ? j->settings->timeouts.settle_ms : 0;

		if (job_is_busy(d) && d->doubt && now >= look_second_ms(j, d) &&
			(d->log_failed || r->state != REQUEST_ACCEPTED ||
				is_not_there(j, d, r->kind)) &&
			r->intent_ms - hidden < from_ms)
			from_ms = r->intent_ms - hidden;
	}
	return from_ms;
}

/* The server that others may have deleted: it was on it, or was to be. SERVER_NONE: none. */
static uint32_t perhaps_deleted(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_is_settled(d) ? NULL : job_step(j, d);

	if (d->by_other && d->custody)
		return d->home;
	return s && s->kind == STEP_REASSIGN && d->taken_ms != TIME_NONE ? job_target(d, s)
									 : SERVER_NONE;
}

/* Others take a device off by deleting its server as well, which nobody means for the device: the
 * server's own list tells whether it is there. */
static enum errc look_for_servers(struct job *j, struct err *err)
{
	uint32_t asked = SERVER_NONE;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < j->n && !rc; i++) {
		uint32_t server = perhaps_deleted(j, &j->devices[i]);

		if (server == SERVER_NONE || server == asked || fleet_server_gone(j->fleet, server))
			continue;
		asked = server;
		rc = facts_find_server(j->facts, server, err);
	}
	return errc_info(rc)->scope == SCOPE_RUN ? rc : ERR_OK;
}

enum errc events_of_unknown(struct job *j, struct err *err)
{
	enum errc rc;

	int64_t now = transport_now(j->transport), from_ms = INT64_MAX;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		int64_t asked = asked_from(j, r, now);

		if (step_info(r->kind)->service == SERVICE_APPLE && asked < from_ms)
			from_ms = asked;
	}
	j->told_all = false;
	if (from_ms == INT64_MAX || j->settings->apple.school)
		return ERR_OK;
	rc = read_events(j, from_ms, j->settings->timeouts.sync_ms, err);
	return rc ? rc : look_for_servers(j, err);
}

static enum errc read_since(struct job *j, int64_t from_ms, int64_t most_ms, struct err *err)
{
	enum errc rc = read_events(j, from_ms, most_ms, err);

	return rc ? rc : look_for_servers(j, err);
}

enum errc events_of_doubt(struct job *j, struct err *err)
{
	bool any = false;

	for (uint32_t i = 0; i < j->n && !any; i++)
		any = j->devices[i].custody && job_in_doubt(j, &j->devices[i]);
	if (!any || j->settings->apple.school)
		return ERR_OK;
	return job_or_stop(
		j, read_since(j, j->created_ms, j->settings->timeouts.sync_ms, err), err);
}

/* Since when events may tell of it what is not known; INT64_MAX: they are not asked. */
static int64_t untold_since(const struct job *j, const struct job_device *d)
{
	if (job_is_untold(j, d))
		return j->created_ms;
	return job_was_sent_back(j, d) ? job_sent_back_ms(j, d) : INT64_MAX;
}

enum errc events_of_untold(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	int64_t from_ms = INT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		int64_t since = untold_since(j, &j->devices[devices[i]]);

		from_ms = since < from_ms ? since : from_ms;
	}
	if (from_ms == INT64_MAX || j->settings->apple.school)
		return ERR_OK;
	return read_since(j, from_ms, events_most_ms(j), err);
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
		rc = read_events(j, j->begun_ms, j->settings->timeouts.sync_ms, err);
	if (rc == ERR_TEMPFAIL) { /* what is proved is proved without them */
		log_info("Apple's audit events were not read: %s", err->msg);
		rc = ERR_OK;
	}
	return rc ? rc : job_flush(j, err);
}
