#include "run/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "plan/plan.h"

enum { ACCOUNT_REFUSALS = 5 };

const char *job_keep(struct job *j, struct str s)
{
	return s.n ? arena_dup(&j->arena, s).p : NULL;
}

const char *job_unknown(struct job *j, const struct job_device *d, enum fact fact)
{
	const char *kept;
	struct buf text;

	buf_init(&text, 2048);
	fleet_tell_unknown(j->fleet, d->slot, fact, &text);
	kept = job_keep(j, buf_view(&text));
	buf_release(&text);
	return kept;
}

/* --- one device --- */

void job_move(struct job_device *d, enum standing_event event)
{
	d->standing = (uint8_t)standing_after((enum device_standing)d->standing, event);
}

void job_touch(struct job *j, struct job_device *d)
{
	if (d->dirty)
		return;
	d->dirty = true;
	MEM_GROW(j->dirty, j->n_dirty, j->cap_dirty);
	j->dirty[j->n_dirty++] = (uint32_t)(d - j->devices);
}

bool job_is_ready(const struct job_device *d)
{
	return d->standing == STANDING_READY && !d->blocked;
}

bool job_is_busy(const struct job_device *d)
{
	return standing_is_busy((enum device_standing)d->standing);
}

bool job_is_settled(const struct job_device *d)
{
	return d->standing == STANDING_SETTLED;
}

bool job_goes_on(const struct job_device *d)
{
	return standing_goes_on((enum device_standing)d->standing);
}

struct job_device *job_device_of(const struct job *j, struct str serial)
{
	uint32_t slot = map_find(&j->fleet->serials, serial);
	uint32_t i = slot < j->fleet->serials.n ? j->by_slot[slot] : MAP_NONE;

	return i == MAP_NONE ? NULL : &j->devices[i];
}

const struct work_program *job_program(const struct job *j, const struct job_device *d)
{
	return &j->programs[d->program];
}

uint32_t job_next(const struct job *j, const struct job_device *d)
{
	uint32_t n = job_program(j, d)->n, i = 0;

	while (i < n && d->results[i] != RESULT_TODO)
		i++;
	return i;
}

const struct work_step *job_step(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	return at < p->n ? &p->v[at] : NULL;
}

uint32_t job_target(const struct job_device *d, const struct work_step *s)
{
	/* The server that was to take it is gone: back to where it was. */
	return s->to_home || (s->lost && step_info(s->kind)->puts_back) ? d->home : s->server;
}

struct view job_expected(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t next = job_next(j, d);
	struct view v = {
		.server = d->start,
		.listed = d->listed,
		.profile = MAP_NONE,
		.deadline_ms = TIME_NONE,
		.record = (enum record_state)d->record_state,
	};

	for (uint32_t i = 0; i < p->n; i++) {
		/* Held at sending time only: somebody else had just done it. What is held further
		 * on was foreseen so. */
		bool by_others = i < next && d->results[i] == RESULT_UNCHANGED &&
				 !work_needless(
					 j->fleet, &p->v[i], d->home, j->settings->has_uem, &v);

		if (d->results[i] == RESULT_DONE || by_others)
			work_effect(j->fleet, &p->v[i], d->home, &v);
		if (p->v[i].kind == STEP_CANCEL_MIGRATION && d->returned != SERVER_NONE)
			v.server = d->returned;
	}
	return v;
}

bool job_seen(const struct job *j, const struct job_device *d, struct view *ret)
{
	struct view v;

	if (!work_view(j->fleet, d->slot, &v))
		return false;
	v.changed = job_expected(j, d).changed; /* whether a sync is due is ours to know */
	*ret = v;
	return true;
}

bool job_is_off(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return d->custody || work_put_back_due(job_program(j, d), d->results, &at);
}

/* Its request is over: what was told of it is not told of the next. */
static void end_request(struct job_device *d)
{
	d->log_failed = d->log_done = d->confirmed_by_audit = d->by_other = d->retried = false;
	d->told_ms = TIME_NONE;
	d->log_says = NULL;
}

/* Off its server only with a put-back to come; where two looks saw it on one, that is over. */
static void settle_custody(struct job *j, struct job_device *d)
{
	struct view v;

	if (!d->custody || !job_is_settled(d) || !d->sure || !work_view(j->fleet, d->slot, &v) ||
		(v.server == SERVER_NONE && !v.released))
		return;
	job_end_custody(j, d);
}

void job_settle(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	struct buf after;

	d->outcome = (uint8_t)outcome;
	d->reason = (uint8_t)reason;
	if (detail)
		d->detail = job_keep(j, str_from(detail));
	job_move(d, outcome == OUTCOME_PENDING || outcome == OUTCOME_IN_FLIGHT ? ON_REOPENED
									       : ON_SETTLED);
	d->finished_ms = job_is_settled(d) ? transport_now(j->transport) : TIME_NONE;
	job_touch(j, d);
	buf_init(&after, 64 * 1024);
	fleet_remember(j->fleet, d->slot, &after);
	d->after = job_keep(j, buf_view(&after));
	buf_release(&after);
	settle_custody(j, d);
}

static void leave_out(const struct job *j, struct job_device *d)
{
	for (uint32_t i = job_next(j, d); i < job_program(j, d)->n; i++)
		d->results[i] = RESULT_LEFT_OUT;
}

static bool any_letter(const struct work_program *p, const struct job_device *d, char letter)
{
	return memchr(d->results, letter, p->n) != NULL;
}

static bool is_sync(const struct work_step *s)
{
	return s->kind == STEP_SYNC || s->kind == STEP_FETCH;
}

/* A sync that was left out is made up for by the last one. */
static bool is_cut_short(const struct work_program *p, const struct job_device *d)
{
	bool synced = false, cut = false;

	for (uint32_t i = p->n; i-- > 0;) {
		bool left = d->results[i] == RESULT_LEFT_OUT;

		cut |= left && !(synced && is_sync(&p->v[i]));
		synced |= !left && is_sync(&p->v[i]);
	}
	return cut;
}

/* Nothing went wrong, or it is over: what an earlier try was told is not said of this end. */
static void settle_well(struct job *j, struct job_device *d)
{
	const struct work_program *p = job_program(j, d);

	d->detail = NULL;
	if (is_cut_short(p, d)) {
		job_settle(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK, NULL);
		return;
	}
	if (work_went_off(p, d->results)) /* for good */
		job_end_custody(j, d);
	if (p->advice)
		job_settle(j, d, OUTCOME_MANUAL, REASON_RULE_ADVISE, p->advice);
	else if (any_letter(p, d, RESULT_DONE))
		job_settle(j, d, OUTCOME_DONE, REASON_STATE_DONE, p->note);
	else
		job_settle(j, d, OUTCOME_UNCHANGED, REASON_STATE_HOLDS, p->note);
}

/* Every step is over: how did it end? A verdict of before a put-back stays. */
static void settle_ended(struct job *j, struct job_device *d)
{
	const struct work_program *p = job_program(j, d);

	if (d->outcome != OUTCOME_PENDING && d->outcome != OUTCOME_IN_FLIGHT)
		job_settle(j, d, (enum outcome)d->outcome, (enum reason)d->reason, NULL);
	else if (any_letter(p, d, RESULT_FAILED))
		job_settle(j, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, NULL);
	else if (any_letter(p, d, RESULT_UNVERIFIED))
		job_settle(j, d, OUTCOME_UNVERIFIED, REASON_APPLE_NOT_PROVED, NULL);
	else
		settle_well(j, d);
}

/* What it was held for is over. */
static void end_wait(const struct job *j, struct job_device *d)
{
	if (job_step(j, d)->kind == STEP_WIPE && d->outcome == OUTCOME_HELD)
		d->outcome = OUTCOME_PENDING;
}

void job_end_flight(struct job *j, struct job_device *d)
{
	if (d->outcome != OUTCOME_IN_FLIGHT || job_is_off(j, d))
		return;
	d->outcome = OUTCOME_PENDING;
	d->reason = REASON_NONE;
	job_touch(j, d);
}

void job_end_custody(struct job *j, struct job_device *d)
{
	if (!d->custody)
		return;
	d->custody = false;
	job_tell(j, CUSTODY_OVER, 0, d);
}

void job_pass(struct job *j, struct job_device *d, char letter)
{
	uint32_t at = job_next(j, d);

	end_wait(j, d);
	d->results[at] = letter;
	job_move(d, ON_FREED);
	end_request(d);
	d->batch = 0;
	d->doubt = 0;
	d->sync_ms = d->sync_asked_ms = TIME_NONE;
	job_touch(j, d);
	if (d->sure && step_info(job_program(j, d)->v[at].kind)->puts_back)
		job_end_custody(j, d);
	job_end_flight(j, d);
	if (job_next(j, d) == job_program(j, d)->n)
		settle_ended(j, d);
}

const struct work_step *job_way_back(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);

	for (uint32_t i = job_next(j, d); i < p->n; i++)
		if (step_info(p->v[i].kind)->puts_back)
			return &p->v[i];
	return NULL;
}

bool job_has_to_return(const struct job *j, const struct job_device *d)
{
	return job_way_back(j, d) || work_for_good(job_program(j, d), job_next(j, d));
}

bool job_is_put_back(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return work_put_back_due(job_program(j, d), d->results, &at) && at == job_next(j, d);
}

/* Step `at` brings it where its row wants it: what follows is for the next apply. Whom it brings
 * back to where it was has to have been through everything before; another server's sync makes up
 * for one on the way. */
static bool arrives(const struct job *j, const struct job_device *d, uint32_t at)
{
	const struct work_program *p = job_program(j, d);
	uint32_t from = job_next(j, d), left = 0;
	bool synced = false;

	for (uint32_t i = from; i < at; i++)
		left += !is_sync(&p->v[i]);
	for (uint32_t i = at + 1; i < p->n; i++)
		synced |= is_sync(&p->v[i]);
	return !p->v[at].lost &&
	       (from == at || (!left && synced && job_target(d, &p->v[at]) != d->home));
}

bool job_turn_back(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason)
{
	uint32_t at, from = job_next(j, d), n = job_program(j, d)->n;
	bool goes_on;

	if (!work_put_back_due(job_program(j, d), d->results, &at))
		return false;
	goes_on = outcome == OUTCOME_RESTORED && arrives(j, d, at);
	for (uint32_t i = from; i < (goes_on ? at : n); i++)
		if (i != at)
			d->results[i] = RESULT_LEFT_OUT;
	if (!goes_on && (d->outcome == OUTCOME_PENDING || d->outcome == OUTCOME_IN_FLIGHT)) {
		d->outcome = (uint8_t)outcome;
		d->reason = (uint8_t)reason;
	}
	job_touch(j, d);
	return true;
}

/* Step `at` may have taken it off, nobody can tell, and a later one is to put it back. */
static bool may_be_off(const struct work_program *p, uint32_t at, enum outcome outcome)
{
	bool off = outcome == OUTCOME_UNVERIFIED && step_info(p->v[at].kind)->takes_off;

	for (uint32_t i = at; i < p->n && off; i++)
		if (step_info(p->v[i].kind)->puts_back)
			return true;
	return false;
}

enum reason job_away(const struct job *j, const struct job_device *d)
{
	bool left = d->standing == STANDING_LEFT || d->standing == STANDING_LEFT_BUSY;
	uint32_t at;

	if (left && d->reason == REASON_APPLE_SERVER_GONE)
		return REASON_APPLE_SERVER_GONE;
	if (work_put_back_due(job_program(j, d), d->results, &at))
		return job_is_busy(d) && at == job_next(j, d) ? REASON_RUN_COMING_BACK
							      : REASON_RUN_IN_FLIGHT;
	return d->standing == STANDING_LEFT ? (enum reason)d->reason : REASON_STATE_REQUEST_OPEN;
}

/* It went off its server to leave for good, and will not: unless nobody can tell whether it has. */
static bool stays_after_all(
	struct job *j, struct job_device *d, uint32_t at, enum outcome outcome, enum reason reason)
{
	const struct work_program *p = job_program(j, d);

	if (outcome == OUTCOME_UNVERIFIED && step_info(p->v[at].kind)->irreversible)
		return false;
	return work_for_good(p, at) && job_bring_back(j, d, outcome, reason);
}

void job_fail(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = job_next(j, d);

	end_wait(j, d);
	job_move(d, ON_FREED);
	end_request(d);
	d->batch = 0;
	if (detail)
		d->detail = job_keep(j, str_from(detail));
	if (job_is_put_back(j, d) || may_be_off(p, at, outcome)) {
		job_move(d, ON_GIVEN_UP);
		d->reason = (uint8_t)reason;
		job_settle(j, d, OUTCOME_IN_FLIGHT, job_away(j, d), NULL);
		return;
	}
	d->results[at] = outcome == OUTCOME_UNVERIFIED ? RESULT_UNVERIFIED : RESULT_FAILED;
	if (!job_turn_back(j, d, outcome, reason) && !stays_after_all(j, d, at, outcome, reason)) {
		leave_out(j, d);
		job_settle(j, d, outcome, reason, NULL);
	}
}

void job_wait(struct job *j, struct job_device *d, enum reason reason)
{
	d->outcome = OUTCOME_HELD;
	d->reason = (uint8_t)reason;
	job_touch(j, d);
}

void job_leave(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	leave_out(j, d);
	job_settle(j, d, outcome, reason, detail);
}

void job_drift(struct job *j, struct job_device *d, const char *detail)
{
	job_leave(j, d, OUTCOME_DRIFTED, REASON_STATE_DRIFTED, detail);
}

void job_stayed(struct job *j, struct job_device *d, enum reason reason)
{
	uint32_t at = job_next(j, d);

	d->results[at] = RESULT_UNVERIFIED;
	end_request(d);
	d->anonymous = true;
	job_leave(j, d, OUTCOME_UNVERIFIED, reason, NULL);
}

/* Its program gets a step more, back to where it was. */
static void add_way_back(struct job *j, struct job_device *d)
{
	uint32_t n = job_program(j, d)->n;
	char *results = arena_zalloc(&j->arena, n + 2);
	struct program longer;
	struct str text;
	bool is_new;

	memcpy(results, d->results, n);
	results[n] = RESULT_TODO;
	d->results = results;
	text = work_with_way_back(job_program(j, d), &j->arena, &longer);
	d->program = map_add(&j->texts, text, &is_new);
	if (is_new) {
		j->n_programs = j->texts.n;
		j->programs = mem_realloc(j->programs, j->n_programs, sizeof(*j->programs));
		work_thaw(j->fleet, &longer, j->settings->has_uem, &j->arena,
			&j->programs[d->program]);
	}
	d->doubt = 0;
	d->custody = d->rerouted = true;
	job_touch(j, d);
	job_tell(j, CUSTODY_BEGUN, 0, d);
}

bool job_bring_back(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason)
{
	const struct work_program *p = job_program(j, d);

	if (!d->home_id.n || !work_went_off(p, d->results) || p->source.n >= PROGRAM_MAX_STEPS)
		return false;
	leave_out(j, d);
	add_way_back(j, d);
	return job_turn_back(j, d, outcome, reason);
}

void job_call_off(struct job *j, struct job_device *d, enum outcome outcome, enum reason reason,
	const char *detail)
{
	if (detail)
		d->detail = job_keep(j, str_from(detail));
	if (job_bring_back(j, d, outcome, reason))
		return;
	job_leave(j, d, outcome, reason, NULL);
}

void job_tell(struct job *j, enum ledger_what what, int64_t request, const struct job_device *d)
{
	MEM_GROW(j->ops, j->n_ops, j->cap_ops);
	j->ops[j->n_ops++] = (struct ledger_op){ what, request,
		d ? (uint32_t)(d - j->devices) : MAP_NONE };
}

void job_read_protected(struct job *j)
{
	struct map now;
	uint32_t n;
	struct err err;

	if (j->vouched && j->vouched(j->vouched_self, &err)) {
		job_stop(j, err.code, REASON_RUN_GUARDED, &err);
		return;
	}
	if (!j->settings->protect_file)
		return;
	if (protect_load(&now, &n, j->settings, &err)) {
		(void)err_wrap(&err, "nothing new is sent: ");
		job_stop(j, err.code, REASON_RUN_GUARDED, &err);
		return;
	}
	for (uint32_t i = 0; i < now.n; i++)
		(void)map_add(&j->protected_since, map_key(&now, i), NULL);
	map_release(&now);
}

bool job_protected(struct job *j, struct job_device *d)
{
	struct str serial = fleet_serial(j->fleet, d->slot);
	uint32_t at;

	if (work_put_back_due(job_program(j, d), d->results, &at) ||
		((!j->protected_serials || map_find(j->protected_serials, serial) == MAP_NONE) &&
			map_find(&j->protected_since, serial) == MAP_NONE))
		return false;
	job_call_off(j, d, OUTCOME_PROTECTED, REASON_PROTECTED_LISTED, NULL);
	return true;
}

void job_account_taken(struct job *j, enum step_service service)
{
	j->refusals[service].n = 0;
}

void job_account_refused(
	struct job *j, enum step_service service, const char *code, const struct err *err)
{
	struct account_refusal *a = &j->refusals[service];
	struct err why;

	a->n = strcmp(a->code, code) == 0 ? a->n + 1 : 1;
	(void)snprintf(a->code, sizeof(a->code), "%s", code);
	if (a->n < ACCOUNT_REFUSALS)
		return;
	(void)err_set(&why, ERR_GUARD,
		"%d refusals in a row were the same, and about no device: correct what they name, "
		"then run again: %s",
		ACCOUNT_REFUSALS, err->msg);
	job_stop(j, ERR_GUARD, REASON_RUN_GUARDED, &why);
}

void job_evidence(struct job *j, struct job_device *d, const char *kind, const char *value)
{
	char *text;

	text = mem_printf(
		"%s%s%s:%s", d->evidence ? d->evidence : "", d->evidence ? ";" : "", kind, value);
	d->evidence = job_keep(j, str_from(text));
	job_touch(j, d);
	free(text);
}

/* --- the job --- */

void job_stop(struct job *j, enum errc code, enum reason reason, const struct err *err)
{
	if (j->stop)
		return;
	j->stop = code;
	j->stop_reason = reason;
	j->stop_err = *err;
	if (code == ERR_TEMPFAIL && j->window &&
		window_ends(j->window, transport_now(j->transport))) {
		j->stop_reason = REASON_RUN_WINDOW;
		(void)window_why(j->window, &j->stop_err);
	}
}

void job_end(struct job *j, enum errc code, const struct err *err)
{
	job_stop(j, code, reason_of_end(code), err);
}

enum errc job_or_stop(struct job *j, enum errc rc, const struct err *err)
{
	if (errc_info(rc)->retry != RETRY_LATER)
		return rc;
	job_end(j, rc, err);
	return ERR_OK;
}
