/* The durable promise before a request: what, to what, for whom. */
#include "run/job.h"
#include "run/request.h"

#include <stdio.h>

#include "base/log.h"
#include "base/time.h"
#include "model/allowance.h"

enum sent_before job_sent_before(struct job *j, const struct job_device *d)
{
	enum step_kind kind = job_step(j, d)->kind;
	struct str serial = fleet_serial(j->fleet, d->slot);
	char now[INCARNATION_TEXT];
	enum sent_before ret = SENT_NEVER;
	struct ledger_deeds deeds;
	struct err err;

	if (allowance_names_again(j->allowed, serial))
		return SENT_NEVER;
	(void)fleet_incarnation(j->fleet, d->slot, kind, now);
	if (ledger_deeds(j->store, serial, &deeds, &err)) {
		job_stop(j, err.code, REASON_RUN_GUARDED, &err);
		ret = SENT_OPEN;
	}
	for (size_t i = 0; i < deeds.n; i++) {
		const struct ledger_deed *old = &deeds.v[i];

		if (old->kind != (int)kind)
			continue;
		/* Which of two that cannot be told apart it was would be a guess. */
		if (old->state == DEED_OPEN || !now[0] || !old->incarnation.n)
			ret = SENT_OPEN;
		else if (ret == SENT_NEVER && str_eq(old->incarnation, str_from(now)))
			ret = SENT_DONE;
	}
	ledger_deeds_release(&deeds);
	return ret;
}

static enum errc note_deed(const struct open_request *r, const struct job_device *d, int64_t id,
	int64_t at_ms, struct err *err)
{
	const struct job *j = r->job;
	char incarnation[INCARNATION_TEXT];
	struct ledger_deed deed = {
		.kind = (int)r->kind,
		.state = DEED_OPEN,
		.serial = fleet_serial(j->fleet, d->slot),
		.incarnation = str_from(fleet_incarnation(j->fleet, d->slot, r->kind, incarnation)),
		.run = j->run,
		.request = id,
		.at_ms = at_ms,
	};

	return ledger_deed_put(j->store, &deed, err);
}

static enum errc write_device_intent(
	struct open_request *r, struct job_device *d, int64_t id, int64_t at_ms, struct err *err)
{
	struct job *j = r->job;
	struct str serial = fleet_serial(j->fleet, d->slot);
	enum errc rc = store_request_device(j->store, id, serial, job_next(j, d), err);

	if (!rc && step_info(r->kind)->takes_off)
		rc = store_home_put(j->store, serial, d->home_id, j->run, err);
	if (!rc && step_info(r->kind)->takes_off)
		rc = job_take_custody(j, d, at_ms, err);
	if (!rc && step_info(r->kind)->irreversible)
		rc = note_deed(r, d, id, at_ms, err);
	return rc;
}

/* From when the quarantine counts, should this process not live to say more. */
static enum errc count_from(
	const struct open_request *r, int64_t id, int64_t from_ms, struct err *err)
{
	const struct clock *c = transport_clock(r->job->transport);
	int64_t boot_ms = clock_boot_ms(c) + from_ms - transport_now(r->job->transport);

	return ledger_count_from(r->job->store, id, str_from(clock_boot(c)), boot_ms, err);
}

static enum errc write_intent(
	struct open_request *r, int64_t at_ms, int64_t *ret_id, struct err *err)
{
	struct job *j = r->job;
	struct request_record rec = {
		.run = j->run,
		.kind = r->kind,
		.target = request_target(r),
		.state = REQUEST_INTENT,
		.activity = STR(""),
		.intent_ms = at_ms,
		.sent_ms = TIME_NONE,
	};
	enum errc rc = ERR_OK;

	*ret_id = 0;
	if (r->id) { /* an attempt before this one was answered: not applied */
		rc = store_request_set(j->store, r->id, REQUEST_REFUSED, STR(""), TIME_NONE, err);
		if (!rc)
			rc = ledger_close(j->store, r->id, STR_NONE, err);
	}
	if (!rc)
		rc = store_request_add(j->store, &rec, ret_id, err);
	for (uint32_t i = 0; i < r->n && !rc; i++)
		rc = write_device_intent(r, &j->devices[r->devices[i]], *ret_id, at_ms, err);
	if (!rc)
		rc = ledger_open(j->store, *ret_id, err);
	return rc ? rc
		  : count_from(r, *ret_id,
			    at_ms + TRANSPORT_AHEAD_MS + j->settings->timeouts.request_ms, err);
}

/* Devices that this request adds to those acted on since then. A request of an earlier process is
 * not known to its device: it counts twice, until a look at the store. */
static uint64_t count_new(const struct open_request *r, int64_t since_ms)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += r->job->devices[r->devices[i]].intent_ms <= since_ms;
	return n;
}

/* No more than allowed in any 24 hours, this request included, whose intent is in the store but not
 * committed. A device comes back whatever the limits say. */
static enum errc limits_hold(const struct open_request *r, int64_t at_ms, struct err *err)
{
	struct job *j = r->job;
	bool back = job_is_put_back(j, &j->devices[r->devices[0]]);
	struct asking a = { "the next request was not sent",
		", or run again when the older ones are a day old", r->n, 0 };
	int64_t since = at_ms - LIMITS_WINDOW_MS;
	enum errc rc = ERR_OK;
	uint64_t most;

	for (int i = 0; i < LIMITS_N && j->limits && !rc; i++) {
		const struct limit *limit = &j->limits->v[i];

		if (!limit_given(limit) || (limit->kind >= 0 && limit->kind != (int)r->kind))
			continue;
		j->used[i].n += limit->kind < 0 ? count_new(r, j->used[i].since_ms) : r->n;
		if (back || !limit_most(j->limits, limit, &most) ||
			(j->used[i].since_ms != TIME_NONE && j->used[i].n <= most))
			continue;
		rc = store_devices_since(j->store, limit->kind, limit->rules, since, &a.n_day, err);
		if (rc)
			break;
		j->used[i].n = a.n_day;
		j->used[i].since_ms = since;
		rc = limit_check(j->limits, limit, &a, err);
	}
	return rc;
}

static void take_intent(struct open_request *r, int64_t id, int64_t at_ms)
{
	r->id = id;
	r->intent_ms = at_ms;
	r->state = REQUEST_INTENT;
	for (uint32_t i = 0; i < r->n; i++) {
		struct job_device *d = &r->job->devices[r->devices[i]];

		d->attempts++;
		d->intent_ms = at_ms;
		job_touch(r->job, d);
		if (step_info(r->kind)->takes_off && job_has_to_return(r->job, d) && !d->custody)
			d->custody = r->has_custody = true;
	}
}

static enum errc intend(struct open_request *r, int64_t at_ms, int64_t *ret_id, struct err *err)
{
	struct job *j = r->job;
	struct buf text;
	enum errc rc;

	buf_init(&text, 1024);
	rc = write_intent(r, at_ms, ret_id, err);
	if (!rc)
		rc = limits_hold(r, at_ms, err);
	buf_printf(&text, "request %lld %s %.*s devices=%u", (long long)*ret_id,
		step_info(r->kind)->word, STR_FMT(request_target(r)), r->n);
	if (!rc)
		rc = store_event(j->store, j->run, at_ms, "intent", buf_view(&text), err);
	buf_release(&text);
	return rc;
}

static enum errc before_change(void *self, int64_t at_ms, struct err *err)
{
	struct open_request *r = self;
	struct job *j = r->job;
	int64_t id = 0;
	enum errc rc = store_is_lost(j->store) ? unwritten_intend(r, at_ms, &id, err)
					       : intend(r, at_ms, &id, err);

	if (rc)
		return rc;
	take_intent(r, id, at_ms);
	job_show(j);
	return ERR_OK;
}

enum errc job_allow_change(void *self, int64_t at_ms, struct err *err)
{
	struct job *j = ((struct open_request *)self)->job;

	(void)at_ms;
	if (j->stop) /* one of those before it said why */
		*err = j->stop_err;
	return j->stop;
}

static void take_fate(struct open_request *r, const struct http_reply *reply)
{
	const struct settings *s = r->job->settings;

	r->sent_ms = reply->last_sent_ms;
	r->until_ms = reply->ended_ms + s->timeouts.activity_ms;
	r->state = REQUEST_UNKNOWN;
	if (reply->fate == HTTP_ANSWERED) {
		r->take(r, reply);
		return;
	}
	/* It may be on its way for as long as a request may take. */
	r->until_ms = reply->last_sent_ms + s->timeouts.request_ms + s->timeouts.activity_ms;
	log_often(LOG_WARN, "%s: %s: looking before anything is sent again",
		step_info(r->kind)->word, reply->why);
}

/* Never sent, or answered with "not now": not applied. */
static void withdraw(struct open_request *r, enum errc code, const struct err *err)
{
	struct job *j = r->job;

	r->state = REQUEST_REFUSED;
	for (uint32_t i = 0; i < r->n && r->id; i++)
		j->devices[r->devices[i]].attempts--;
	if (code == ERR_STOPPED && !transport_was_stopped(j->transport))
		return; /* what stopped it is no signal, and ends the run by itself */
	if (code != ERR_REFUSED && code != ERR_BUSY) /* which are about this one alone */
		job_end(j, code, err);
}

/* A whole refusal had no effect. */
static enum errc undo_intent(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	enum errc rc = ledger_close(j->store, r->id, STR_NONE, err);

	for (uint32_t i = 0; i < r->n && !rc; i++) {
		struct job_device *d = &j->devices[r->devices[i]];
		struct str serial = fleet_serial(j->fleet, d->slot);

		if (step_info(r->kind)->irreversible)
			rc = ledger_deed_undo(j->store, r->id, serial, err);
		if (!rc && r->has_custody && d->custody) {
			d->custody = false;
			rc = ledger_let_go(j->store, serial, err);
		}
	}
	return rc;
}

/* What was not taken off is not to be put back, whether or not that can be written. */
static void forget_custody(struct open_request *r)
{
	for (uint32_t i = 0; i < r->n && r->has_custody; i++)
		r->job->devices[r->devices[i]].custody = false;
}

/* Nothing is lost with it that a look would not find out. */
static enum errc save_outcome(struct open_request *r, struct err *err)
{
	struct job *j = r->job;
	enum errc rc;

	if (store_is_lost(j->store)) {
		unwritten_answer(r);
		return ERR_OK;
	}
	rc = store_begin_soft(j->store, err);
	if (rc)
		return rc;
	rc = job_save(r, err);
	if (!rc && r->id && r->state == REQUEST_REFUSED)
		rc = undo_intent(r, err);
	else if (!rc && r->id && r->until_ms != TIME_NONE)
		rc = count_from(r, r->id, r->until_ms - j->settings->timeouts.activity_ms, err);
	if (!rc)
		rc = job_note(r, err);
	rc = store_end(j->store, rc, err);
	if (!rc)
		job_show(j);
	return rc;
}

enum errc job_end_change(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *err)
{
	struct open_request *r = self;
	struct job *j = r->job;
	enum errc rc;

	(void)rest;
	if (code)
		withdraw(r, code, err);
	else
		take_fate(r, reply);
	j->changed_ms = transport_now(j->transport);
	rc = save_outcome(r, err);
	if (r->state == REQUEST_REFUSED) {
		forget_custody(r);
		job_close(j, r);
	}
	/* What is queued still would leave although this could not be written down. */
	return !rc && code == ERR_STORE ? code : rc;
}

struct transport_call job_call(
	struct open_request *r, enum transport_service service, int64_t good_until_ms)
{
	return (struct transport_call){
		.service = service,
		.allow = job_allow_change,
		.before = before_change,
		.done = job_end_change,
		.self = r,
		.good_until_ms = good_until_ms,
	};
}
