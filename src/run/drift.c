/*
 * Who is not where the run left it, and who changed it behind the run's back: Apple's audit events
 * say so, when there are any (services/README.md Apple E). No event is no evidence, and nothing
 * waits for one.
 *
 * One that is where it was before our change, or that somebody brought back, was perhaps never
 * changed by us: only an event tells that we did, and that somebody else took it back.
 */
#include "run/drift.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"
#include "run/look.h"
#include "wire/listing.h"

void drift_note(struct job *j, struct job_device *d, const struct view *seen)
{
	char detail[240];

	(void)snprintf(detail, sizeof(detail), "it is now on %s%.*s%s",
		seen->server == SERVER_NONE ? "no server" : "server '",
		STR_FMT(fleet_server_name(j->fleet, seen->server)),
		seen->server == SERVER_NONE ? "" : "'");
	job_drift(j, d, seen->released ? "it has left the organization" : detail);
	d->anonymous = true;
}

void drift_let_go(struct job *j, struct job_device *d, const struct view *seen)
{
	job_end_custody(j, d);
	drift_note(j, d, seen);
}

/* --- who is not where the run left it --- */

static bool is_at_home(const struct job *j, const struct job_device *d)
{
	return !d->custody && job_expected(j, d).server != SERVER_NONE;
}

/* How many of them are not there; those about whom two looks agree have drifted, and are left out:
 * *ret_n more. */
static uint32_t keep_moved(struct job *j, uint32_t *v, uint32_t n, uint32_t *ret_n)
{
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct job_device *d = &j->devices[v[i]];
		struct view seen;

		if (!job_seen(j, d, &seen) || seen.server == job_expected(j, d).server)
			continue;
		if (!look_agrees(j, d, work_view_key(&seen))) {
			v[n_kept++] = v[i];
			continue;
		}
		drift_note(j, d, &seen);
		++*ret_n;
	}
	return n_kept;
}

enum errc drift_find(struct job *j, uint32_t *v, uint32_t n, uint32_t *ret_n, struct err *err)
{
	uint32_t n_left = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n; i++)
		if (is_at_home(j, &j->devices[v[i]]))
			v[n_left++] = v[i];
	for (int look = 0; look < 2 && n_left && !rc; look++) {
		rc = look_of_two(j, v, n_left, look, err);
		n_left = rc ? 0 : keep_moved(j, v, n_left, ret_n);
	}
	return errc_info(rc)->scope == SCOPE_RUN ? rc : ERR_OK;
}

/* --- who did it --- */

struct changed_by {
	char text[200];
	int64_t at_ms;
};

struct witness {
	struct job *j;
	struct changed_by *by; /* by device */
};

/* One that has more to do is named when it is through. */
static bool is_nameless(const struct job_device *d)
{
	return d->anonymous && job_is_settled(d);
}

static struct job_device *drifted(const struct job *j, struct str serial)
{
	struct job_device *d = job_device_of(j, serial);

	return d && is_nameless(d) ? d : NULL;
}

/* What was seen of one that did not drift only an assignment after our request explains. */
static bool explains(const struct apple_event *e, const struct job_device *d)
{
	return d->outcome == OUTCOME_DRIFTED ||
	       (e->at_ms >= d->intent_ms && str_eq(e->type, STR("DEVICE_ASSIGNED_TO_SERVER")));
}

/* What our account did may be a step of the run; what none of those taken does was not. A move
 * takes the device off the server that it was on, too. */
static bool is_of_run(const struct job *j, const struct job_device *d, const struct apple_event *e)
{
	const struct work_program *p = job_program(j, d);
	bool of_run = d->outcome != OUTCOME_DRIFTED || e->at_ms < d->intent_ms;

	for (uint32_t i = 0; i < p->n && !of_run; i++)
		of_run = d->results[i] == RESULT_DONE &&
			 step_info(p->v[i].kind)->service == SERVICE_APPLE &&
			 (apple_event_tells_of(e, p->v[i].kind) ||
				 apple_event_tells_of(e, STEP_UNASSIGN) ||
				 p->v[i].kind == STEP_CANCEL_MIGRATION);
	return of_run;
}

static bool is_asked(void *self, struct str text)
{
	return drifted(((struct witness *)self)->j, text) != NULL;
}

static enum errc take_event(void *self, const struct json *element, struct err *err)
{
	struct witness *w = self;
	struct apple_event e;
	struct str serial;
	enum errc rc = apple_event_decode(element, is_asked, w, &e, &serial, err);
	struct job_device *d = rc ? NULL : drifted(w->j, serial);
	struct changed_by *by = d ? &w->by[d - w->j->devices] : NULL;
	bool ours = settings_is_own(w->j->settings, e.actor);
	char when[TIME_TEXT];

	if (!d || !explains(&e, d) || e.at_ms < by->at_ms || (ours && is_of_run(w->j, d, &e)))
		return rc;
	by->at_ms = e.at_ms;
	(void)snprintf(by->text, sizeof(by->text), "%.*s by %.*s at %s%s", STR_FMT(e.type),
		STR_FMT(e.actor), time_rfc3339_s(e.at_ms, when),
		ours ? ", this account, by a change that this run knows nothing of" : "");
	return ERR_OK;
}

/* Where it is, it is back from being taken off, with a way back to come. */
static bool is_back(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	bool off = false, back = false;
	struct view v;

	for (uint32_t i = 0; i < p->n; i++) {
		back |= off && step_info(p->v[i].kind)->puts_back;
		off |= step_info(p->v[i].kind)->takes_off;
	}
	return back && work_view(j->fleet, d->slot, &v) && v.server == d->home;
}

static void name_one(struct job *j, struct job_device *d, const char *by)
{
	char detail[512];

	(void)snprintf(detail, sizeof(detail), "%s%s%s", d->detail ? d->detail : "",
		d->detail ? "; " : "", by);
	if (d->outcome != OUTCOME_UNVERIFIED)
		job_settle(j, d, (enum outcome)d->outcome, (enum reason)d->reason, detail);
	else if (is_back(j, d))
		job_settle(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK, by);
	else
		job_settle(j, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, by);
}

static void name_all(struct witness *w)
{
	for (uint32_t i = 0; i < w->j->n; i++) {
		struct job_device *d = &w->j->devices[i];

		if (!is_nameless(d))
			continue;
		if (w->by[i].text[0])
			name_one(w->j, d, w->by[i].text);
		d->anonymous = false;
	}
}

/* A school has no events. One that our change took off, as Apple said, and that is where it was, is
 * back all the same. */
static void restore_nameless(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (!is_nameless(d))
			continue;
		if (d->outcome == OUTCOME_UNVERIFIED && d->reason == REASON_APPLE_NOT_PROVED &&
			is_back(j, d))
			job_settle(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK,
				"Apple School Manager does not tell who put it there");
		d->anonymous = false;
	}
}

/* The listing fails in itself, without an end to the run: the names are worth no more than that. */
static enum errc read_events(struct witness *w, struct err *err)
{
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = w->j->created_ms,
		.each = take_event,
		.self = w,
		.until_ms = transport_now(w->j->transport) + w->j->settings->timeouts.settle_ms,
	};
	enum errc rc = listing_run(&l, w->j->transport, err);

	if (!rc && l.code)
		log_info("it is not known who changed the devices that drifted: %s", l.err.msg);
	return rc;
}

enum errc job_name_drift(struct job *j, struct err *err)
{
	struct witness w = { .j = j };
	bool any = false;
	enum errc rc;

	for (uint32_t i = 0; i < j->n && !any; i++)
		any = is_nameless(&j->devices[i]);
	if (any && j->settings->apple.school)
		restore_nameless(j);
	if (!any || j->settings->apple.school)
		return any ? job_flush(j, err) : ERR_OK;
	w.by = mem_zalloc(j->n * sizeof(*w.by));
	rc = read_events(&w, err);
	name_all(&w);
	free(w.by);
	return rc ? rc : job_flush(j, err);
}
