#include "run/apply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "os/stop.h"

enum { STOP_GRACE_MS = 20000 };

/* --- waves --- */

static bool ready_in(const struct job *j, uint32_t wave)
{
	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];

		if (!d->settled && !d->gave_up && d->wave == wave && job_step(j, d))
			return true;
	}
	return false;
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
		rc = rounds[i](j, wave, &moved, err);
		if (!rc)
			rc = settle_requests(j, INT64_MAX, err);
	}
	if (rc || j->stop || moved)
		return rc;
	if (!j->no_room.code)
		return err_set(err, ERR_INTERNAL, "a wave does not move on");
	job_stop(j, ERR_TEMPFAIL, REASON_RUN_WAITING, &j->no_room);
	return ERR_OK;
}

static enum errc work_wave(struct job *j, uint32_t wave, struct err *err)
{
	enum errc rc = ERR_OK;

	while (!rc && !j->stop && ready_in(j, wave)) {
		if (stop_asked()) {
			(void)err_set(err, ERR_STOPPED, "stopped by a signal");
			job_stop(j, ERR_STOPPED, REASON_RUN_STOPPED, err);
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
	uint64_t n = 0, bad = 0;
	struct err err;

	for (uint32_t i = 0; i < j->n; i++) {
		n += j->devices[i].wave == wave;
		bad += j->devices[i].wave == wave && counts_for_halt(&j->devices[i]);
	}
	if (percent >= 100 || bad * 100 <= n * percent || wave + 1 >= j->n_waves)
		return;
	(void)err_set(&err, ERR_GUARD,
		"%llu of the %llu devices of wave %u went wrong (halt: %u %%): look at the "
		"failures, then continue with --past-halt",
		(unsigned long long)bad, (unsigned long long)n, wave + 1, percent);
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

static enum errc turn_back_all(struct job *j, struct err *err)
{
	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];

		if (!d->settled && !d->busy)
			(void)job_turn_back(j, d, OUTCOME_FAILED, REASON_RUN_PUT_BACK);
	}
	return job_flush(j, err);
}

/* Until all are back or nothing moves any more: a refused request goes out again in halves, and
 * what took off is known late to have done so. */
static enum errc put_back_all(struct job *j, struct err *err)
{
	enum errc stop = j->stop, rc;
	uint32_t n = 1, open;

	if (stop)
		transport_closing(j->transport);
	rc = settle_a_while(j, err); /* what is being taken off has to come back as well */
	while (n && !rc) {
		j->max_writes = stop == ERR_STOPPED ? writes_at_once(j) : UINT32_MAX;
		if (!j->max_writes)
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
	return rc;
}

static void settle_rest(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++) {
		struct job_device *d = &j->devices[i];
		uint32_t at;
		bool off = work_put_back_due(job_program(j, d), d->results, &at);
		const struct work_step *s = job_step(j, d);

		if (d->settled || (d->outcome == OUTCOME_HELD && !off))
			continue;
		/* An unassign whose outcome nobody knows yet may have taken it off. */
		if (d->outcome == OUTCOME_IN_FLIGHT ||
			(d->busy && s && step_info(s->kind)->takes_off))
			off = true;
		d->settled = false;
		job_settle(j, d, off ? OUTCOME_IN_FLIGHT : OUTCOME_PENDING,
			off ? REASON_RUN_IN_FLIGHT : j->stop_reason, NULL);
	}
}

/* A run that took devices off their server puts them back before it ends. */
static enum errc end_early(struct job *j, struct err *err)
{
	enum errc stop = j->stop, rc = ERR_OK;
	struct err why = j->stop_err;

	/* Without the store nothing may be sent. Whatever else was lost may not be what a put-back
	 * needs. */
	if (stop != ERR_STORE)
		rc = put_back_all(j, err);
	if (rc == ERR_STORE || rc == ERR_INTERNAL)
		return rc;
	if (rc)
		log_warn("not every device could be put back: %s", err->msg);
	settle_rest(j);
	rc = job_flush(j, err);
	if (!rc) {
		*err = why;
		rc = stop;
	}
	return rc;
}

/* --- a run --- */

static enum errc finish_run(struct job *j, struct err *err)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (!j->devices[i].settled)
			return ERR_OK;
	return store_run_set(j->store, j->run, RUN_FINISHED, transport_now(j->transport), -1, err);
}

static enum errc load(struct job *j, const struct surroundings *s, int64_t run, struct err *err)
{
	*j = (struct job){
		.store = s->store,
		.transport = s->transport,
		.facts = s->facts,
		.fleet = s->facts->fleet,
		.settings = s->settings,
		.begun_ms = transport_now(s->transport),
		.protected_serials = s->protected_serials,
		.limits = s->limits,
		.progress = s->progress,
		.progress_self = s->progress_self,
	};
	return job_load(j, run, err);
}

/* Requests that were open and devices that an earlier process could not put back come first. */
static enum errc take_up(struct job *j, struct err *err)
{
	uint32_t n;
	enum errc rc = settle_requests(j, INT64_MAX, err);

	if (!rc && !j->stop)
		rc = change_round(j, UINT32_MAX, &n, err);
	return rc ? rc : settle_requests(j, INT64_MAX, err);
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

enum errc run_work(const struct surroundings *s, int64_t run, struct err *err)
{
	struct job j;
	struct err why;
	enum errc rc = load(&j, s, run, err), ended;

	if (!rc)
		rc = take_up(&j, err);
	if (!rc)
		rc = work_waves(&j, s->halt_failed_percent, err);
	if (!rc && !j.stop)
		rc = events_of_run(&j, err);
	/* A put-back that failed leaves its row in flight without stopping the others. */
	if (!rc && j.stop)
		rc = end_early(&j, err);
	else if (rc && rc != ERR_STORE && rc != ERR_INTERNAL && j.n) {
		job_stop(&j, rc, REASON_RUN_WAITING, err);
		rc = end_early(&j, err);
	}
	ended = rc == ERR_STORE ? ERR_OK : finish_run(&j, &why);
	if (!rc && ended) {
		rc = ended;
		*err = why;
	}
	job_release(&j);
	return rc;
}

/* --- what earlier runs left --- */

struct earlier {
	const char *except;
	int64_t *ids;
	size_t n, cap;
};

static enum errc note_run(void *self, const struct run_record *run, struct err *err)
{
	struct earlier *e = self;

	(void)err;
	if (run->state == RUN_ACTIVE && strcmp(run->identity, e->except) != 0) {
		MEM_GROW(e->ids, e->n, e->cap);
		e->ids[e->n++] = run->id;
	}
	return ERR_OK;
}

/* Its wipe is under way, or over and what follows it was confirmed: neither is for another run. */
static bool is_wiped(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t next = job_next(j, d);

	for (uint32_t i = 0; i < p->n && !d->settled; i++)
		if (p->v[i].kind == STEP_WIPE &&
			(d->results[i] == RESULT_DONE || (i == next && d->busy)))
			return true;
	return false;
}

static enum errc recover_one(
	const struct surroundings *s, int64_t run, uint32_t *ret_in_flight, struct err *err)
{
	struct job j;
	uint32_t left = 0, wiped = 0;
	enum errc rc = load(&j, s, run, err);

	if (!rc)
		rc = settle_requests(&j, INT64_MAX, err);
	if (!rc) {
		(void)err_set(&j.stop_err, ERR_OK, "another run took over");
		j.stop_reason = REASON_RUN_SUPERSEDED;
		rc = put_back_all(&j, err);
	}
	if (!rc)
		rc = wipe_look(&j, err);
	if (!rc) {
		settle_rest(&j);
		rc = job_flush(&j, err);
	}
	for (uint32_t i = 0; i < j.n; i++) {
		left += j.devices[i].outcome == OUTCOME_IN_FLIGHT ||
			(j.devices[i].busy && j.devices[i].outcome != OUTCOME_HELD);
		wiped += is_wiped(&j, &j.devices[i]);
	}
	if (!rc && !left && !wiped)
		rc = store_run_set(
			s->store, run, RUN_SUPERSEDED, transport_now(s->transport), -1, err);
	if (left)
		log_warn("%u devices of an earlier run are still not settled", left);
	if (wiped)
		log_info("%u devices of an earlier run were sent a wipe: apply its input again to "
			 "go on with them",
			wiped);
	*ret_in_flight += left;
	if (!rc && j.stop == ERR_STOPPED) { /* nothing new begins */
		*err = j.stop_err;
		rc = j.stop;
	}
	job_release(&j);
	return rc;
}

enum errc run_recover(
	const struct surroundings *s, const char *except, uint32_t *ret_in_flight, struct err *err)
{
	struct earlier e = { .except = except };
	enum errc rc = store_runs(s->store, note_run, &e, err);

	*ret_in_flight = 0;
	for (size_t i = 0; i < e.n && !rc; i++)
		rc = recover_one(s, e.ids[i], ret_in_flight, err);
	free(e.ids);
	return rc;
}
