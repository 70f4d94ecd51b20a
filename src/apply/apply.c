#include "apply/apply.h"

#include <stdio.h>
#include <stdlib.h>

#include "apply/job_end.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "os/stop.h"
#include "run/budget.h"
#include "run/custody.h"
#include "run/doubt.h"
#include "run/drift.h"
#include "run/events.h"
#include "run/look.h"
#include "run/rounds.h"
#include "run/settle.h"
#include "run/uem/uem_rounds.h"

enum { STOP_GRACE_MS = 20000 };

/* --- waves --- */

static bool ready_in(const struct job *j, uint32_t wave)
{
	struct job_wave w = job_wave(j, wave);

	for (uint32_t i = 0; i < w.n; i++) {
		const struct job_device *d = &j->devices[w.v[i]];

		if (job_goes_on(d) && !d->blocked && job_step(j, d))
			return true;
	}
	return false;
}

/* When the second look at what is in doubt is due, if nothing else is to be done. INT64_MAX: none
 * is. */
static int64_t second_look_due(const struct job *j, uint32_t wave)
{
	int64_t now = transport_now(j->transport), due = INT64_MAX;
	struct job_wave w = job_wave(j, wave);

	for (uint32_t i = 0; i < w.n; i++) {
		const struct job_device *d = &j->devices[w.v[i]];
		int64_t when = d->doubt ? look_second_ms(j, d) : INT64_MIN;

		if (job_goes_on(d) && !d->blocked && when > now && when < due)
			due = when;
	}
	return due;
}

/* No round moved anything on. */
static enum errc wait_or_end(struct job *j, uint32_t wave, struct err *err)
{
	int64_t due = second_look_due(j, wave);
	bool moved = false;
	enum errc rc = ERR_OK;

	if (due != INT64_MAX && due <= transport_deadline(j->transport))
		return job_or_stop(j, transport_sleep(j->transport, due, err), err);
	if (!j->no_room.code && j->held_until_ms != INT64_MAX) {
		rc = budget_wait_at_home(j, err);
		moved = !j->no_room.code;
	}
	if (rc || j->stop || moved)
		return rc;
	if (!j->no_room.code && due != INT64_MAX)
		look_too_late(j, due);
	if (!j->no_room.code)
		return err_set(err, ERR_INTERNAL, "a wave does not move on");
	job_end(j, ERR_TEMPFAIL, &j->no_room);
	return ERR_OK;
}

/* The next thing that some device of the wave waits for: Apple's changes before profiles, then one
 * sync for all, then what cannot be undone; the end of a wipe when nothing else is left. */
static enum errc work_phase(struct job *j, uint32_t wave, struct err *err)
{
	static enum errc (*const rounds[])(struct job *, uint32_t, uint32_t *, struct err *) = {
		change_round, disown_round, profile_round, sync_round, record_round, wipe_round
	};
	uint32_t moved = 0;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < sizeof(rounds) / sizeof(*rounds) && !rc && !j->stop && !moved; i++) {
		job_hurry(j);
		rc = rounds[i](j, wave, &moved, err);
		if (!rc)
			rc = settle_requests(j, INT64_MAX, err);
	}
	if (rc || j->stop || moved)
		return rc;
	return wait_or_end(j, wave, err);
}

static enum errc work_wave(struct job *j, uint32_t wave, struct err *err)
{
	enum errc rc = ERR_OK;

	while (!rc && !j->stop && ready_in(j, wave)) {
		if (stop_asked()) {
			(void)err_set(err, ERR_STOPPED, "stopped by a signal");
			job_end(j, ERR_STOPPED, err);
			break;
		}
		rc = work_phase(j, wave, err);
	}
	return rc;
}

/* A device that an early end put back says nothing about how well the rule works. */
static bool counts_for_halt(const struct job_device *d)
{
	return d->reason != REASON_RUN_PUT_BACK &&
	       (d->outcome == OUTCOME_FAILED || d->outcome == OUTCOME_UNVERIFIED ||
		       d->outcome == OUTCOME_HELD || d->outcome == OUTCOME_DRIFTED);
}

static void check_halt(struct job *j, uint32_t wave, uint32_t percent)
{
	struct job_wave w = job_wave(j, wave);
	uint64_t n = w.n, bad = 0;
	struct err err;

	for (uint32_t i = 0; i < w.n; i++)
		bad += counts_for_halt(&j->devices[w.v[i]]);
	if (percent >= 100 || bad * 100 <= n * percent || wave + 1 >= j->n_waves)
		return;
	(void)err_set(&err, ERR_GUARD,
		"%llu of the %llu device%s of wave %u went wrong (halt: %u %%): look at the "
		"failures, then continue with --past-halt",
		(unsigned long long)bad, (unsigned long long)n, plural(n), wave + 1, percent);
	job_stop(j, ERR_GUARD, REASON_RUN_HALTED, &err);
}

/* --- ending early --- */

/* Writes that may leave right now: an orderly stop after a signal does not wait for the budget. */
static uint32_t writes_at_once(const struct job *j)
{
	int64_t now = transport_now(j->transport);
	uint32_t k = 0;

	while (k < j->settings->rates[RATE_APPLE_WRITE].n &&
		transport_write_when(j->transport, k + 1) <= now)
		k++;
	return k;
}

/* After a signal for a limited time. */
static enum errc settle_a_while(struct job *j, struct err *err)
{
	int64_t until = INT64_MAX;

	if (j->stop == ERR_STOPPED)
		until = transport_now(j->transport) + STOP_GRACE_MS;
	return settle_requests(j, until, err);
}

bool job_is_wiped(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t next = job_next(j, d);

	for (uint32_t i = 0; i < p->n && !job_is_settled(d); i++)
		if (p->v[i].kind == STEP_WIPE &&
			(d->results[i] == RESULT_DONE || (i == next && job_is_busy(d))))
			return true;
	return false;
}

/* Who went off its server to leave for good, and has not, stays: known to be off from now on,
 * whether or not there is a write for the way back. */
static enum errc keep_all(struct job *j, struct err *err)
{
	for (uint32_t i = 0; i < j->n && j->is_active; i++) {
		struct job_device *d = &j->devices[i];

		if (job_is_ready(d) && !job_is_wiped(j, d) &&
			work_for_good(job_program(j, d), job_next(j, d)))
			(void)job_bring_back(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK);
	}
	return job_flush(j, err);
}

static enum errc turn_back_all(struct job *j, struct err *err)
{
	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (d->standing == STANDING_READY)
			(void)job_turn_back(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK);
	}
	return job_flush(j, err);
}

/* Until all are back or nothing moves any more: a refused request goes out again in halves, and
 * what took off is known late to have done so. */
enum errc job_put_back_all(struct job *j, struct err *err)
{
	enum errc stop = j->stop, rc;
	uint32_t n = 1, open;
	bool apple_only = j->apple_only;

	j->closing = j->apple_only = true;
	if (stop)
		transport_closing(j->transport);
	rc = settle_a_while(j, err); /* what is being taken off has to come back as well */
	while (n && !rc) {
		rc = keep_all(j, err);
		j->max_writes = stop == ERR_STOPPED ? writes_at_once(j) : UINT32_MAX;
		if (rc || !j->max_writes)
			break;
		rc = turn_back_all(j, err);
		open = j->n_open;
		j->stop = ERR_OK;
		if (!rc)
			rc = change_round(j, UINT32_MAX, &n, err);
		n = j->stop ? 0 : n;
		j->stop = stop;
		if (!rc)
			rc = settle_a_while(j, err);
		n += j->n_open < open;
	}
	j->max_writes = UINT32_MAX;
	j->apple_only = apple_only;
	return rc || apple_only ? rc : settle_a_while(j, err);
}

/* It goes on when the run does; a window, or what there was no time for, says when. */
static void settle_waiting(struct job *j, struct job_device *d, const char *why)
{
	char next[WINDOW_TEXT];
	bool window = j->stop_reason == REASON_RUN_WINDOW;

	d->detail = j->stop_reason == REASON_RUN_HALTED ? NULL : why;
	job_settle(j, d, OUTCOME_PENDING, j->stop_reason,
		window ? window_next(j->window, next) : NULL);
}

/* A put-back that was sent needs two looks, and there was perhaps time for one. */
static void settle_away(struct job *j, struct job_device *d)
{
	enum reason why = job_away(j, d);
	struct view v;
	char detail[TIME_TEXT + 40], when[TIME_TEXT];
	bool seen = why == REASON_RUN_COMING_BACK && d->looked_ms != TIME_NONE &&
		    work_view(j->fleet, d->slot, &v) && v.server != SERVER_NONE &&
		    v.server == job_target(d, job_step(j, d));

	(void)snprintf(detail, sizeof(detail), "it was seen there once, at %s",
		seen ? time_rfc3339_s(d->looked_ms, when) : "");
	job_settle(j, d, OUTCOME_IN_FLIGHT, why, seen ? detail : NULL);
}

void job_settle_rest(struct job *j)
{
	const char *why = j->stop && j->stop != ERR_STOPPED ? job_keep(j, str_from(j->stop_err.msg))
							    : NULL;

	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		bool off = job_is_off(j, d) && !job_is_wiped(j, d);

		if (job_is_settled(d) || (d->outcome == OUTCOME_HELD && !off))
			continue;
		/* What was sent and is not over yet may have moved it. */
		if (off || job_is_busy(d))
			settle_away(j, d);
		else if (d->blocked)
			job_settle(j, d, OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN, NULL);
		else
			settle_waiting(j, d, why);
	}
}

static uint32_t count_off(const struct job *j)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n; i++)
		n += job_is_off(j, &j->devices[i]);
	return n;
}

enum errc job_put_back_unwritten(struct job *j, struct err *err)
{
	const struct err why = *err;
	uint32_t n = count_off(j);

	store_lose(j->store);
	job_end(j, ERR_STORE, &why);
	if (n) {
		log_warn("%s: nothing new begins; putting %u device%s back on %s server", why.msg,
			n, plural(n), n == 1 ? "its" : "their");
		if (job_put_back_all(j, err))
			log_warn("not every device could be put back: %s", err->msg);
		n = count_off(j);
	}
	if (n)
		log_warn("off their server still: %u device%s; see to it that the state can be "
			 "written, then run apply again",
			n, plural(n));
	else
		log_info("no device stays off its server; rows may say so, because the state "
			 "could not be written: see to that, then run apply again");
	job_settle_rest(j);
	*err = why;
	return ERR_STORE;
}

/* A run that took devices off their server puts them back before it ends. */
static enum errc end_early(struct job *j, struct err *err)
{
	enum errc stop = j->stop, rc;
	struct err why = j->stop_err;

	if (stop == ERR_STORE) {
		*err = why;
		return stop;
	}
	/* Whatever else was lost may not be what a put-back needs. */
	rc = job_put_back_all(j, err);
	if (rc == ERR_STORE || rc == ERR_INTERNAL)
		return rc;
	if (rc)
		log_warn("not every device could be put back: %s", err->msg);
	rc = job_name_drift(j, err);
	if (rc == ERR_STORE || rc == ERR_INTERNAL)
		return rc;
	job_settle_rest(j);
	rc = job_flush(j, err);
	if (!rc) {
		*err = why;
		rc = stop;
	}
	return rc;
}

/* --- a run --- */

/* What the ledger alone keeps: nothing that the run itself has to do. */
static bool is_kept(const struct job *j, const struct job_device *d)
{
	return d->custody && (!job_is_ready(d) || !job_step(j, d));
}

/* Where there is no way back, the ledger keeps the device; the others are not kept from another
 * run. Nor are those that an earlier process put back before they were through: if nothing but what
 * the ledger keeps is left, the next apply plans them anew. */
static enum errc finish_run(struct job *j, struct err *err)
{
	bool kept = false, restored = false;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];
		bool gone = d->standing == STANDING_LEFT && d->reason == REASON_APPLE_SERVER_GONE;

		restored |= d->outcome == OUTCOME_RESTORED;
		if (job_is_settled(d) || gone)
			continue;
		kept = true;
		if (j->planned_ms || !is_kept(j, d))
			return ERR_OK;
	}
	if (kept && !restored)
		return ERR_OK;
	return store_run_set(j->store, j->run, RUN_FINISHED, transport_now(j->transport), -1, err);
}

enum errc job_begin(
	struct job *j, const struct surroundings *s, int64_t run, bool apple_only, struct err *err)
{
	*j = (struct job){
		.store = s->store,
		.transport = s->transport,
		.facts = s->facts,
		.fleet = s->facts->fleet,
		.settings = s->settings,
		.begun_ms = transport_now(s->transport),
		.apple_only = apple_only,
		.protected_serials = s->protected_serials,
		.vouched = s->vouched,
		.vouched_self = s->vouched_self,
		.limits = s->limits,
		.window = s->window,
		.away_ms = s->away_ms,
		.again = s->again,
		.planned_ms = s->planned_ms,
		.allowed = s->allowed,
		.progress = s->progress,
		.progress_self = s->progress_self,
	};
	for (uint32_t g = 0; g < FLEET_MAX_GROUPS; g++)
		j->synced_ms[g] = TIME_NONE;
	return job_load(j, run, err);
}

/* Requests that were open and devices that an earlier process could not put back come first. */
static enum errc take_up(struct job *j, struct err *err)
{
	uint32_t n;
	enum errc rc = settle_requests(j, INT64_MAX, err);

	if (!rc && !j->stop)
		rc = custody_check(j, err);
	if (!rc && !j->stop)
		rc = events_of_doubt(j, err);
	if (!rc && !j->stop)
		rc = change_round(j, UINT32_MAX, &n, err);
	return rc ? rc : settle_requests(j, INT64_MAX, err);
}

/* What a request that is not the job's may still do to them is waited for by the next apply. */
static enum errc leave_blocked(struct job *j, struct err *err)
{
	bool any = false;

	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (!d->blocked || job_is_settled(d) || job_is_busy(d))
			continue;
		any = true;
		if (d->custody)
			job_settle(j, d, OUTCOME_IN_FLIGHT, REASON_STATE_REQUEST_OPEN, NULL);
		else
			job_settle(j, d, OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN, NULL);
	}
	return any ? job_flush(j, err) : ERR_OK;
}

static enum errc work_waves(struct job *j, uint32_t halt_failed_percent, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t w = 0; w < j->n_waves && !rc && !j->stop; w++) {
		rc = work_wave(j, w, err);
		if (!rc && !j->stop)
			check_halt(j, w, halt_failed_percent);
	}
	return rc;
}

/* Until nothing is left to do, or something stops it. */
static enum errc work(struct job *j, uint32_t halt_failed_percent, struct err *err)
{
	enum errc rc = take_up(j, err);

	if (!rc)
		rc = work_waves(j, halt_failed_percent, err);
	if (!rc && !j->stop)
		rc = leave_blocked(j, err);
	if (!rc && !j->stop)
		rc = events_of_run(j, err);
	if (!rc && !j->stop)
		rc = profile_reasons(j, err);
	return rc || j->stop ? rc : final_look(j, err);
}

enum errc run_work(const struct surroundings *s, int64_t run, struct err *err)
{
	struct job j;
	struct err why;
	enum errc rc = job_begin(&j, s, run, false, err), ended;
	bool begun = !rc;

	/* Without a rule that judges again, what a device is at Apple is all that counts. */
	transport_use_state_fields(s->transport, !s->again);
	if (!rc)
		rc = job_take_over(&j, err);
	if (!rc)
		rc = work(&j, s->halt_failed_percent, err);
	/* A put-back that failed leaves its row in flight without stopping the others. */
	if (!rc && j.stop)
		rc = end_early(&j, err);
	else if (rc && rc != ERR_STORE && rc != ERR_INTERNAL && j.n) {
		job_end(&j, rc, err);
		rc = end_early(&j, err);
	}
	if (rc == ERR_STORE && begun)
		rc = job_put_back_unwritten(&j, err);
	ended = rc == ERR_STORE ? ERR_OK : finish_run(&j, &why);
	if (!rc && ended) {
		rc = ended;
		*err = why;
	}
	transport_use_state_fields(s->transport, false);
	job_release(&j);
	return rc;
}
