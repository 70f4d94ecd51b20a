/*
 * The last look of an orderly end: what a row says has to be so now, not only when its step was
 * proved. It begins timeouts.settle after the last change of ours; what differs then, and once more
 * timeouts.settle later, was changed by somebody else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "apply/job_end.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/doubt.h"
#include "run/drift.h"
#include "run/events.h"
#include "run/look.h"

static uint32_t find_done(const struct job *j, uint32_t *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n; i++)
		if (job_is_settled(&j->devices[i]) && j->devices[i].outcome == OUTCOME_DONE)
			v[n++] = i;
	return n;
}

/* Its program ends with a profile given or taken, which no sync comes after. */
static bool ends_with_profile(const struct work_program *p)
{
	bool ends = false;

	for (uint32_t i = 0; i < p->n; i++) {
		enum step_kind kind = p->v[i].kind;

		if (kind == STEP_ASSIGN_PROFILE || kind == STEP_REMOVE_PROFILE)
			ends = true;
		else if (kind == STEP_SYNC || kind == STEP_FETCH)
			ends = false;
	}
	return ends;
}

/* The UEM follows Apple by syncs of its own as well: what it lists is the run's to tell only where
 * a sync came after the run's last change. */
static bool ends_with_sync(const struct work_program *p, const char *results)
{
	bool ends = false;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct step_info *info = step_info(p->v[i].kind);

		if ((info->takes_off || info->puts_back) && results[i] == RESULT_DONE)
			ends = false;
		else if (p->v[i].kind == STEP_SYNC || p->v[i].kind == STEP_FETCH)
			ends |= results[i] == RESULT_DONE || results[i] == RESULT_UNCHANGED;
	}
	return ends;
}

/* The server may be gone since, so that nothing tells which it was. */
static bool ends_on_server(const struct work_program *p, const char *results)
{
	bool on = false;

	for (uint32_t i = 0; i < p->n; i++)
		if (results[i] == RESULT_DONE || results[i] == RESULT_UNCHANGED)
			on = step_info(p->v[i].kind)->puts_back ||
			     (on && !step_info(p->v[i].kind)->takes_off);
	return on;
}

/* One whose migration is cancelled goes back to where it was by itself. */
static bool was_moved(
	const struct job_device *d, const struct work_program *p, uint32_t end, uint32_t now)
{
	if (work_has(p, STEP_CANCEL_MIGRATION))
		return false;
	return now != end || (now == SERVER_NONE && ends_on_server(p, d->results));
}

/* What is not as the whole program leaves it; NULL: nothing. */
static const char *difference(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	struct view now, end = job_expected(j, d);

	if (!work_view(j->fleet, d->slot, &now))
		return NULL; /* not read: the row keeps its proof */
	if (d->by_other && job_is_untold(j, d) && now.server == SERVER_NONE)
		return "it is on no server, and not by the run's own request";
	if (end.released != now.released)
		return end.released ? "it is in the organization again"
				    : "it has left the organization";
	if (!end.released && was_moved(d, p, end.server, now.server))
		return "its server is not the one that the run left it on";
	if (!j->settings->has_uem ||
		device_fact_state(&j->fleet->devices[d->slot], FACT_UEM_LISTED) != VALUE_KNOWN)
		return NULL;
	if (ends_with_sync(p, d->results) && now.listed != fleet_groups_of(j->fleet, now.server))
		return "the UEM does not list it as the run left it";
	if (ends_with_profile(p) && now.profile != end.profile)
		return "its profile is not the one that the run left it with";
	return NULL;
}

static enum errc look(struct job *j, const uint32_t *v, uint32_t n, struct err *err)
{
	bool uem = false;
	enum errc rc = look_again(j, v, n, err);

	for (uint32_t i = 0; i < n; i++) {
		const struct work_program *p = job_program(j, &j->devices[v[i]]);

		uem |= p->syncs || ends_with_profile(p);
	}
	if (!rc && uem && j->settings->has_uem)
		rc = look_at_lists(j, facts_groups(j->fleet), err);
	return rc ? rc : events_of_untold(j, v, n, err);
}

/* *ret_n: those that differ, which v holds then. */
static void judge(struct job *j, uint32_t *v, uint32_t n, uint32_t *ret_n)
{
	char when[TIME_TEXT];

	*ret_n = 0;
	(void)time_rfc3339_s(transport_now(j->transport), when);
	for (uint32_t i = 0; i < n; i++) {
		struct job_device *d = &j->devices[v[i]];
		const char *why = difference(j, d);
		struct view seen;

		if (!why) {
			job_evidence(j, d, "list", when);
			job_settle(j, d, OUTCOME_DONE, (enum reason)d->reason, NULL);
			continue;
		}
		(void)work_view(j->fleet, d->slot, &seen);
		if (look_agrees(j, d, work_view_key(&seen))) {
			job_settle(j, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, why);
			d->anonymous = true;
		} else {
			v[(*ret_n)++] = v[i];
		}
	}
}

static enum errc look_twice(struct job *j, uint32_t *v, uint32_t n, struct err *err)
{
	int64_t settle = j->settings->timeouts.settle_ms, due = transport_now(j->transport);
	enum errc rc = ERR_OK;

	if (j->changed_ms != TIME_NONE && j->changed_ms + settle > due)
		due = j->changed_ms + settle;
	/* One that keeps changing is somebody's at work. */
	for (int i = 0; i < 3 && n && !rc; i++) {
		rc = transport_sleep(j->transport, due, err);
		if (!rc)
			rc = look(j, v, n, err);
		if (!rc)
			judge(j, v, n, &n);
		due = transport_now(j->transport) + settle;
	}
	return rc;
}

enum errc final_look(struct job *j, struct err *err)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v)), n = find_done(j, v);
	enum errc rc;

	rc = n ? look_twice(j, v, n, err) : ERR_OK;
	free(v);
	if (rc == ERR_STORE || rc == ERR_INTERNAL)
		return rc;
	if (rc)
		log_warn("the last look at what was done failed, the results are as they were "
			 "proved: %s",
			err->msg);
	if (rc == ERR_STOPPED)
		job_stop(j, rc, REASON_RUN_STOPPED, err);
	rc = job_name_drift(j, err);
	return rc || !n ? rc : job_flush(j, err);
}
