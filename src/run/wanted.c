/* What the look just before says of the next step at Apple: send it, or what to settle instead. */
#include "run/wanted.h"

#include "run/doubt.h"
#include "run/drift.h"
#include "run/events.h"
#include "run/job.h"
#include "run/look.h"
#include "run/request.h"

/* An event says that somebody else took it off, and not by deleting its server. */
static bool left_by_others(struct job *j, struct job_device *d, const struct view *seen)
{
	if (!d->by_other || fleet_server_gone(j->fleet, d->home))
		return false;
	drift_let_go(j, d, seen);
	return true;
}

/* It was put back before, as events tell that came late, and somebody else took it off again. */
static bool taken_again(struct job *j, struct job_device *d, const struct view *seen)
{
	if (!job_was_sent_back(j, d) || seen->server != SERVER_NONE ||
		!events_say_taken(d, job_sent_back_ms(j, d)))
		return false;
	drift_let_go(j, d, seen);
	return true;
}

/* A device on its way back: only where it is counts. */
static enum wanted put_back_wanted(struct job *j, struct job_device *d, const struct view *seen)
{
	uint32_t target = job_target(d, job_step(j, d));
	uint32_t desk = work_desk(job_program(j, d), d->results);
	/* One whose server is gone has no target, and is not there for all that. */
	bool away = !seen->released &&
		    (seen->server == SERVER_NONE || (seen->server == desk && desk != target));

	if (away && fleet_server_gone(j->fleet, target)) {
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_SERVER_GONE, NULL);
		return NOT_WANTED;
	}
	if (away)
		return taken_again(j, d, seen) ||
				       (job_is_untold(j, d) && left_by_others(j, d, seen))
			       ? NOT_WANTED
			       : WANTED;
	if (!look_agrees(j, d, work_view_key(seen)))
		return WANTED_LATER;
	if (seen->server == target) {
		d->anonymous = true;
		job_pass(j, d, RESULT_UNCHANGED);
	} else {
		drift_note(j, d, seen);
	}
	return NOT_WANTED;
}

/* The request that was to take it off is over, and did not: it is not sent again. */
static enum wanted never_left(struct job *j, struct job_device *d, const struct view *seen)
{
	if (!look_agrees(j, d, work_view_key(seen)))
		return WANTED_LATER;
	if (seen->server == job_expected(j, d).server)
		job_stayed(j, d, REASON_APPLE_NOT_PROVED);
	else
		drift_note(j, d, seen);
	return NOT_WANTED;
}

/* A frozen step whose server, profile or service is gone. */
static bool is_lost(struct job *j, struct job_device *d, const struct work_step *s)
{
	if (!s->lost)
		return false;
	job_fail(j, d, OUTCOME_FAILED,
		step_info(s->kind)->arg == ARG_PROFILE ? REASON_ROW_UNKNOWN_PROFILE
						       : REASON_ROW_UNKNOWN_SERVER,
		NULL);
	return true;
}

/* Whether its migration was cancelled by this program, and nothing was done at Apple since. */
static bool is_returning(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	bool cancelled = false;

	for (uint32_t i = 0; i < p->n; i++)
		if (d->results[i] == RESULT_DONE &&
			step_info(p->v[i].kind)->service == SERVICE_APPLE)
			cancelled = p->v[i].kind == STEP_CANCEL_MIGRATION;
	return cancelled && d->returned == SERVER_NONE;
}

/* Apple moves a device whose migration was cancelled back by itself, at once or later: until that
 * shows it is not moved, or it could be assigned to the server it is on. Where it comes to is where
 * it belongs. False: it may still come. */
static bool has_returned(struct job *j, struct job_device *d, const struct view *seen)
{
	int64_t now = transport_now(j->transport);

	if (d->return_ms == TIME_NONE)
		d->return_ms = now + j->settings->timeouts.activity_ms;
	if (seen->server == SERVER_NONE || seen->released)
		return true;
	if (seen->server == job_expected(j, d).server && now < d->return_ms) {
		if (d->doubt != work_view_key(seen) || d->looked_ms >= look_second_ms(j, d))
			d->doubt_ms = now;
		d->doubt = work_view_key(seen);
		return false;
	}
	if (!look_agrees(j, d, work_view_key(seen)))
		return false;
	d->returned = d->home = seen->server;
	d->home_id = arena_dup(&j->arena, fleet_server_id(j->fleet, seen->server));
	d->doubt = 0;
	return true;
}

/* On no server before the step that takes it off, and it would come back: somebody else took it
 * off, and means it. Not, where he deleted its server; and of an older state only what an event
 * says. */
static bool taken_by_others(
	const struct job *j, const struct job_device *d, const struct view *seen)
{
	return step_info(job_step(j, d)->kind)->takes_off && job_way_back(j, d) &&
	       seen->server == SERVER_NONE && job_expected(j, d).server != SERVER_NONE &&
	       !fleet_server_gone(j->fleet, d->home) && (!j->older || d->by_other);
}

/* A page of before shows where it came from, which may be where it is to go. */
static enum wanted holds_already(struct job *j, struct job_device *d, const struct view *seen)
{
	/* An earlier request of ours that nobody could prove: it has to come back as well. */
	/* A process that was killed had no time to count its attempt. */
	bool ours = (d->attempts || d->custody) && step_info(job_step(j, d)->kind)->takes_off;

	if (seen->server != job_expected(j, d).server && !look_agrees(j, d, work_view_key(seen)))
		return WANTED_LATER;
	if (ours && left_by_others(j, d, seen))
		return NOT_WANTED;
	if (!ours && taken_by_others(j, d, seen)) {
		drift_note(j, d, seen);
		return NOT_WANTED;
	}
	job_pass(j, d, ours ? RESULT_DONE : RESULT_UNCHANGED);
	return NOT_WANTED;
}

/* The step as it was planned: whether the device is as it should be before it. */
static enum wanted step_wanted(struct job *j, struct job_device *d, const struct view *seen)
{
	const struct work_step *s = job_step(j, d);

	if (is_lost(j, d, s))
		return NOT_WANTED;
	if (is_returning(j, d) && !has_returned(j, d, seen))
		return WANTED_LATER;
	/* The server it came from is gone, and took it off: there is no way back to it. */
	if (step_info(s->kind)->puts_back && fleet_server_gone(j->fleet, job_target(d, s))) {
		job_fail(j, d, OUTCOME_FAILED, REASON_APPLE_SERVER_GONE, NULL);
		return NOT_WANTED;
	}
	if (work_needless(j->fleet, s, d->home, j->settings->has_uem, seen))
		return holds_already(j, d, seen);
	if (step_info(s->kind)->irreversible && job_sent_before(j, d) != SENT_NEVER) {
		job_fail(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_OUTCOME_UNKNOWN, NULL);
		return NOT_WANTED;
	}
	if (seen->server == job_expected(j, d).server &&
		(s->kind == STEP_RELEASE || !seen->released)) {
		d->doubt = 0;
		return WANTED;
	}
	if (!look_agrees(j, d, work_view_key(seen)))
		return WANTED_LATER;
	drift_note(j, d, seen);
	return NOT_WANTED;
}

enum wanted change_wanted(struct job *j, struct job_device *d)
{
	struct view seen;

	if (job_protected(j, d))
		return NOT_WANTED;
	if (!job_seen(j, d, &seen)) {
		/* Nobody can tell where it is. A put-back waits for the next apply, everything else
		 * has not begun. */
		job_fail(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN,
			job_unknown(j, d, FACT_APPLE_SERVER));
		return NOT_WANTED;
	}
	if (job_is_put_back(j, d))
		return put_back_wanted(j, d, &seen);
	if (job_in_doubt(j, d) && seen.server != SERVER_NONE)
		return never_left(j, d, &seen);
	return step_wanted(j, d, &seen);
}
