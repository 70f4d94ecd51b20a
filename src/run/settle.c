/*
 * What became of the changes that were sent, or may have been: ask the activity, read its log, look
 * at the devices. A restarted run comes in here with the intents of the one that died, so the
 * crash path is the only path.
 *
 * First it has to be over (store/ledger.h): an activity that ended, a quarantine that passed. What
 * the devices show before may be somebody else's doing, and the change may still come. Only what
 * the UEM, which has no activities, answered at once may be looked at at once.
 *
 * Then look. Target state: ours; on the server where it was before, only when two looks
 * timeouts.settle apart agree. Still the old state in two equal looks: nothing was done, a new
 * attempt is allowed unless somebody told of success.
 */
#include "run/settle.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "run/budget.h"
#include "run/doubt.h"
#include "run/drift.h"
#include "run/events.h"
#include "run/job.h"
#include "run/look.h"
#include "run/request.h"
#include "run/settle_look.h"

enum { MAX_ATTEMPTS = 5, POLL_MAX_MS = 60000 };

static int64_t next_interval(int64_t ms)
{
	ms += ms / 2;
	return ms < POLL_MAX_MS ? ms : POLL_MAX_MS;
}

/* --- what is known of them --- */

/* Until when what was accepted may still show. */
static int64_t quarantine_until(const struct job *j, const struct open_request *r)
{
	int64_t from = r->sent_ms != TIME_NONE ? r->sent_ms : r->intent_ms;
	int64_t gone = r->missed_ms > r->until_ms ? r->missed_ms : r->until_ms;

	if (!r->activity[0])
		return r->until_ms;
	if (!r->over && r->missed_ms != TIME_NONE)
		return gone + j->settings->timeouts.settle_ms;
	if (r->ended_ms != TIME_NONE && r->ended_ms > from)
		from = r->ended_ms;
	return from + j->settings->timeouts.activity_ms;
}

/* Whether the last look could show what the request is about: for a reassign, its server's list. */
static bool sees(const struct job *j, const struct open_request *r)
{
	bool all = !j->last_look_failed && !r->unseen;
	struct view v;

	for (uint32_t i = 0; i < r->n && all && r->kind != STEP_REASSIGN; i++) {
		const struct job_device *d = &j->devices[r->devices[i]];

		all = !job_is_busy(d) || look_view(j, d, r->kind, &v);
	}
	return all;
}

static bool is_proved(const struct job *j, const struct job_device *d, const struct open_request *r)
{
	struct view v;
	struct value status;

	if (!look_view(j, d, r->kind, &v) ||
		!work_holds(j->fleet, job_step(j, d), d->home, j->settings->has_uem, &v))
		return false;
	fleet_fact(j->fleet, d->slot, FACT_APPLE_STATUS, &status);
	return r->kind != STEP_UNASSIGN ||
	       (v.server == SERVER_NONE && status.state == VALUE_KNOWN &&
		       str_eq_nocase(status.text, STR("UNASSIGNED")));
}

/* --- verdicts --- */

static enum reason not_proved(enum step_kind kind)
{
	return step_info(kind)->service == SERVICE_UEM ? REASON_UEM_NOT_PROVED
						       : REASON_APPLE_NOT_PROVED;
}

static enum reason outcome_unknown(enum step_kind kind)
{
	return step_info(kind)->service == SERVICE_UEM ? REASON_UEM_OUTCOME_UNKNOWN
						       : REASON_APPLE_OUTCOME_UNKNOWN;
}

/* Apple itself said that it did not work: no need to wait for more than the lists to settle. */
static bool said_failed(const struct open_request *r, const struct job_device *d)
{
	return r->state == REQUEST_ACCEPTED && settle_may_judge(r) &&
	       (d->log_failed || r->ended_badly || r->held);
}

static bool was_moved(const struct job *j, const struct job_device *d, const struct view *v)
{
	return v->server != SERVER_NONE && v->server != job_expected(j, d).server;
}

/* Accepted, and without the effect it was to have. */
static void fail_accepted(struct job *j, struct job_device *d, const struct open_request *r)
{
	if (r->held)
		job_fail(j, d, OUTCOME_HELD, REASON_UEM_HELD, r->fault);
	else if (d->log_failed)
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_DEVICE_FAILED,
			d->log_says ? d->log_says : r->fault);
	else if (said_failed(r, d))
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_ACTIVITY_FAILED, r->fault);
	else
		job_fail(j, d, OUTCOME_UNVERIFIED, not_proved(r->kind), NULL);
}

/* It was there, as events tell, and somebody else took it off again: it is as he left it. Not,
 * where he deleted the server. */
static bool was_taken_again(const struct job *j, const struct job_device *d,
	const struct open_request *r, const struct view *v)
{
	return step_info(r->kind)->puts_back && v->server == SERVER_NONE &&
	       events_say_taken(d, r->intent_ms) && !fleet_server_gone(j->fleet, r->server);
}

/* Two looks agree that nothing was done, and nothing can come of it any more. */
static void still_to_do(struct job *j, struct job_device *d, const struct view *v)
{
	d->log_failed = false;
	d->retried = true;
	if (v->server != SERVER_NONE || v->released)
		job_end_custody(j, d);
	job_end_flight(j, d);
}

/* Nothing can come of the request any more, and it does not show. */
static void fail_to_show(
	struct job *j, struct job_device *d, const struct open_request *r, const struct view *v)
{
	bool accepted = r->state == REQUEST_ACCEPTED || d->confirmed_by_audit;

	if (r->activity[0])
		job_evidence(j, d, "activity", r->activity);
	if (!said_failed(r, d) && step_info(r->kind)->service == SERVICE_APPLE &&
		v->server != SERVER_NONE)
		job_stayed(j, d, accepted ? not_proved(r->kind) : outcome_unknown(r->kind));
	else if (accepted)
		fail_accepted(j, d, r);
	else
		job_fail(j, d, OUTCOME_UNVERIFIED, outcome_unknown(r->kind), NULL);
}

static void give_verdict(
	struct job *j, struct job_device *d, const struct open_request *r, const struct view *v)
{
	bool accepted = r->state == REQUEST_ACCEPTED || d->confirmed_by_audit;
	/* What Apple could not do is tried again only for a device that is off its server, and
	 * what nobody answered unless somebody else decided about the device since. */
	bool theirs = d->theirs_ms >= r->intent_ms;
	bool again = job_is_put_back(j, d) || !(accepted || theirs), failed = said_failed(r, d);

	d->looked_ms = TIME_NONE; /* a new attempt looks for itself */
	d->doubt = 0;
	if (d->intent_ms == TIME_NONE) /* of an earlier process */
		d->intent_ms = r->intent_ms;
	if (step_info(r->kind)->service == SERVICE_APPLE && was_moved(j, d, v))
		drift_note(j, d, v);
	else if (was_taken_again(j, d, r, v))
		drift_let_go(j, d, v);
	else if (again && d->attempts < MAX_ATTEMPTS)
		still_to_do(j, d, v);
	else
		fail_to_show(j, d, r, v);
	if (step_info(r->kind)->irreversible && (!accepted || failed))
		job_tell(j, DEED_NOT_DONE, r->id, d);
	job_move(d, ON_FREED);
}

static void pass_proved(struct job *j, struct job_device *d, const struct open_request *r)
{
	char when[TIME_TEXT];

	if (!r->over)
		job_tell(j, OPEN_CLOSED_ONE, r->id, d);
	if (step_info(r->kind)->irreversible)
		job_tell(j, DEED_PROVED, r->id, d);
	if (r->activity[0])
		job_evidence(j, d, "activity", r->activity);
	job_evidence(j, d, "list", time_rfc3339_s(transport_now(j->transport), when));
	job_pass(j, d, RESULT_DONE);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Lowers *ret_wake to when the second look is due. */
static bool seen_twice(struct job *j, struct job_device *d, uint64_t shows, int64_t *ret_wake)
{
	if (look_agrees(j, d, shows))
		return true;
	*ret_wake = earlier(*ret_wake, look_second_ms(j, d));
	return false;
}

/* Nobody heard what became of it: who took the device off is for the events to tell, which are
 * asked with the second look, and again while they may come late. */
static bool is_unheard(const struct open_request *r)
{
	return step_info(r->kind)->takes_off && r->state != REQUEST_ACCEPTED;
}

/* The state before and the one wanted look alike, or what it proves lets nobody look again: a stale
 * list may not decide about a device that was off its server. */
static bool needs_two(const struct job_device *d, const struct open_request *r)
{
	return (step_info(r->kind)->puts_back && d->custody) || is_unheard(r);
}

/* Its own log says that it failed, or an event that another did it. Not, where an event says that
 * we did; and of an older state only what an event says. */
static bool may_be_others(
	const struct job *j, const struct job_device *d, const struct open_request *r)
{
	bool theirs = d->by_other && is_unheard(r);

	return (d->log_failed || theirs) && step_info(r->kind)->service == SERVICE_APPLE &&
	       !d->confirmed_by_audit && (!j->older || d->by_other);
}

/* The device is where it was to go, and not by this request. Others brought it there: it is theirs.
 * Or we did, by a request that the state does not know of, or that Apple misreports. False: we
 * did. */
static bool by_others(struct job *j, struct job_device *d, const struct open_request *r)
{
	bool off = step_info(r->kind)->takes_off && d->custody && job_way_back(j, d);

	if (!may_be_others(j, d, r))
		return false;
	if (off && fleet_server_gone(j->fleet, d->home)) { /* that is how */
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_SERVER_GONE, NULL);
		return true;
	}
	/* It is somebody's doing, and there is no event yet; or it may be ours that this state
	 * forgot, and a school has no events: who is off comes back until one tells. */
	if (off && !d->by_other && (j->told_all || j->settings->apple.school)) {
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_OUTCOME_UNKNOWN,
			"Apple says that it failed, and no event tells who took the device off");
		return true;
	}
	job_end_custody(j, d);
	job_drift(j, d,
		step_info(r->kind)->takes_off
			? "it is on no server, and not by the run's own request"
			: "it was brought there, and not by the run's own request");
	d->anonymous = true;
	job_move(d, ON_FREED);
	return true;
}

/* True: nothing is left to wait for. seen: the last look showed where the devices are. */
static bool judge_device(struct job *j, struct job_device *d, const struct open_request *r,
	bool seen, int64_t *ret_wake)
{
	int64_t now = transport_now(j->transport), patience = quarantine_until(j, r);
	struct view v;

	(void)work_view(j->fleet, d->slot, &v);
	if (!settle_may_judge(r)) { /* its activity outlives our patience, and may act still */
		if (now < patience)
			return false;
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN, NULL);
		d->blocked = true;
	} else if (is_proved(j, d, r)) {
		if (needs_two(d, r) || d->log_failed) {
			if (!seen_twice(j, d, work_view_key(&v), ret_wake))
				return false;
			if (by_others(j, d, r))
				return true;
		}
		pass_proved(j, d, r);
	} else if (seen && (said_failed(r, d) || was_taken_again(j, d, r, &v) || now >= patience)) {
		if (!seen_twice(j, d, work_view_key(&v), ret_wake))
			return false;
		give_verdict(j, d, r, &v);
	} else if (!seen && now - patience >= j->settings->timeouts.activity_ms) {
		job_fail(j, d, OUTCOME_UNVERIFIED, outcome_unknown(r->kind), NULL);
	} else {
		return false;
	}
	return true;
}

/* True: nothing is left of the request. *ret_wake: when it is worth looking again, if earlier. */
static bool judge_request(struct job *j, struct open_request *r, int64_t *ret_wake)
{
	int64_t now = transport_now(j->transport), patience = quarantine_until(j, r);
	bool seen = sees(j, r);
	uint32_t left = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &j->devices[r->devices[i]];

		left += job_is_busy(d) && !judge_device(j, d, r, seen, ret_wake);
	}
	if (left && now < patience)
		*ret_wake = earlier(*ret_wake, patience);
	return left == 0;
}

static enum errc judge_all(struct job *j, int64_t *ret_wake, struct err *err)
{
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++)
		if (settle_is_asked(j, j->open[i]) && judge_request(j, j->open[i], ret_wake))
			j->open[i]->state = REQUEST_SETTLED;
	rc = job_flush(j, err);
	for (uint32_t i = j->n_open; i-- > 0;)
		if (j->open[i]->state == REQUEST_SETTLED)
			job_close(j, j->open[i]);
	return rc;
}

/* --- the loop --- */

/* Something may be learnt from a look now: of a device that was not looked at since its request was
 * over, or whose second look is due. *ret_due: when the next second look is. */
static bool is_look_due(const struct job *j, int64_t *ret_due)
{
	int64_t now = transport_now(j->transport);

	*ret_due = INT64_MAX;
	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		for (uint32_t k = 0; settle_is_asked(j, r) && settle_may_judge(r) && k < r->n;
			k++) {
			const struct job_device *d = &j->devices[r->devices[k]];
			int64_t due = d->doubt ? look_second_ms(j, d) : INT64_MIN;

			if (job_is_busy(d) && due < *ret_due)
				*ret_due = due;
		}
	}
	return *ret_due <= now;
}

/* Some activities still run, and nothing went wrong: one look will do for all of them. */
static bool all_well_so_far(const struct job *j)
{
	int64_t now = transport_now(j->transport);
	bool running = false;

	for (uint32_t i = 0; i < j->n_open; i++) {
		const struct open_request *r = j->open[i];

		if (!settle_is_asked(j, r))
			continue;
		if (r->state != REQUEST_ACCEPTED || r->ended_badly || r->held ||
			now >= quarantine_until(j, r))
			return false;
		running |= !settle_may_judge(r);
	}
	return running;
}

static bool is_running(const struct job *j)
{
	for (uint32_t i = 0; i < j->n_open; i++)
		if (settle_is_asked(j, j->open[i]) && !settle_may_judge(j->open[i]))
			return true;
	return false;
}

/* Until when nothing is to be learnt but by asking about activities. */
static bool wait_only(const struct job *j, int64_t interval_ms, int64_t *ret_wake)
{
	int64_t now = transport_now(j->transport), due;
	bool look = is_look_due(j, &due);

	if (look && !(interval_ms < POLL_MAX_MS && all_well_so_far(j)))
		return false;
	*ret_wake = now + interval_ms;
	for (uint32_t i = 0; i < j->n_open; i++)
		if (settle_is_asked(j, j->open[i]) && now >= quarantine_until(j, j->open[i]))
			return false;
	if (due > now && due < INT64_MAX && !is_running(j))
		*ret_wake = due;
	return true;
}

static enum errc settle_step(
	struct job *j, int64_t *interval_ms, int64_t *ret_wake, struct err *err)
{
	int64_t now;
	enum errc rc = activities_poll(j, err);

	if (!rc && wait_only(j, *interval_ms, ret_wake)) {
		*interval_ms = next_interval(*interval_ms);
		return job_flush(j, err);
	}
	if (!rc)
		rc = settle_look(j, err);
	if (!rc)
		rc = events_of_unknown(j, err);
	if (rc)
		return rc;
	now = transport_now(j->transport);
	*ret_wake = now + *interval_ms;
	*interval_ms = next_interval(*interval_ms);
	return judge_all(j, ret_wake, err);
}

static bool any_asked(const struct job *j)
{
	for (uint32_t i = 0; i < j->n_open; i++)
		if (settle_is_asked(j, j->open[i]))
			return true;
	return false;
}

enum errc settle_requests(struct job *j, int64_t patience_until_ms, struct err *err)
{
	int64_t interval_ms = j->settings->poll.apple_ms, wake = activities_due(j);
	enum errc rc = ERR_OK;

	job_hurry(j);
	if (wake > transport_now(j->transport))
		rc = transport_sleep(j->transport, wake, err);
	while (!rc && any_asked(j)) {
		rc = settle_step(j, &interval_ms, &wake, err);
		if (rc || !any_asked(j))
			break;
		if (j->stop && wake > patience_until_ms)
			break;
		rc = transport_sleep(j->transport, wake, err);
		if (rc)
			break;
	}
	return job_or_stop(j, rc, err);
}
