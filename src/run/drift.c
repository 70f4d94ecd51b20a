/*
 * Who changed a device behind the run's back: Apple's audit events say so, when there are any
 * (services/README.md Apple E). No event is no evidence, and nothing waits for one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"
#include "wire/listing.h"

struct culprit {
	char text[200];
	int64_t at_ms;
};

struct witness {
	struct job *j;
	int64_t from_ms;
	struct culprit *by; /* by device */
};

static struct job_device *drifted(const struct job *j, struct str serial)
{
	uint32_t slot = map_find(&j->fleet->serials, serial);
	uint32_t i = slot == MAP_NONE ? MAP_NONE : j->by_slot[slot];

	return i != MAP_NONE && j->devices[i].anonymous ? &j->devices[i] : NULL;
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
	struct culprit *by = d ? &w->by[d - w->j->devices] : NULL;
	char when[TIME_TEXT];

	if (!d || e.at_ms < by->at_ms || settings_is_own(w->j->settings, e.actor))
		return rc;
	by->at_ms = e.at_ms;
	(void)snprintf(by->text, sizeof(by->text), "%.*s by %.*s at %s", STR_FMT(e.type),
		STR_FMT(e.actor), time_rfc3339_s(e.at_ms, when));
	return ERR_OK;
}

static enum errc since_created(void *self, const struct run_record *run, struct err *err)
{
	struct witness *w = self;

	(void)err;
	if (run->id == w->j->run)
		w->from_ms = run->created_ms;
	return ERR_OK;
}

static void name_all(struct witness *w)
{
	char detail[512];

	for (uint32_t i = 0; i < w->j->n; i++) {
		struct job_device *d = &w->j->devices[i];

		if (d->anonymous && w->by[i].text[0]) {
			(void)snprintf(detail, sizeof(detail), "%s; %s", d->detail, w->by[i].text);
			job_settle(w->j, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, detail);
		}
		d->anonymous = false;
	}
}

/* The listing fails in itself, without an end to the run: the names are worth no more than that. */
static enum errc read_events(struct witness *w, struct err *err)
{
	struct listing l = {
		.list = LIST_EVENTS,
		.since_ms = w->from_ms,
		.each = take_event,
		.self = w,
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
		any = j->devices[i].anonymous;
	if (!any || j->settings->apple.school)
		return ERR_OK;
	w.by = mem_zalloc(j->n * sizeof(*w.by));
	rc = store_runs(j->store, since_created, &w, err);
	if (!rc)
		rc = read_events(&w, err);
	name_all(&w);
	free(w.by);
	return rc;
}
