/*
 * The end of wipes. The UEM queues them, and the device carries them out when it is next online:
 * that can take days, so nothing else waits for it, and what still waits when --max-wait ends is
 * left to the next apply. No wipe is ever sent again.
 */
#include "run/uem/uem_rounds.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "run/job.h"
#include "run/request.h"

enum { POLL_MAX_MS = 300000 };

static struct job_device *device_of(const struct job *j, const struct open_request *r)
{
	return r->n ? &j->devices[r->devices[0]] : NULL;
}

static bool waits(const struct job *j, const struct open_request *r)
{
	const struct job_device *d = device_of(j, r);

	return r->kind == STEP_WIPE && d && d->standing == STANDING_BUSY;
}

static uint32_t count_waiting(const struct job *j)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n_open; i++)
		n += waits(j, j->open[i]);
	return n;
}

static int64_t sent_at(const struct job *j, const struct open_request *r)
{
	return r->sent_ms != TIME_NONE ? r->sent_ms
				       : r->intent_ms + j->settings->timeouts.request_ms;
}

/* Until when it may still come true. One that nobody saw accepted may never have arrived. */
static int64_t deadline_of(const struct job *j, const struct open_request *r)
{
	return r->state == REQUEST_ACCEPTED ? sent_at(j, r) + j->settings->timeouts.wipe_ms
					    : r->until_ms;
}

/* What else happens to the device has to wait only as long as the request itself may be on its
 * way: the wipe is remembered by the record. */
static void end_quarantine(struct job *j, struct open_request *r)
{
	if (r->over || transport_now(j->transport) < r->until_ms)
		return;
	r->over = true;
	job_tell(j, OPEN_CLOSED, r->id, NULL);
}

/* The device has enrolled anew, as a wiped one does: the record that the wipe went to is not the
 * one that a look shows, and never will be. */
static bool has_new_record(struct job *j, struct job_device *d, const struct view *v)
{
	struct value id;
	char detail[200];

	fleet_fact(j->fleet, d->slot, FACT_UEM_DEVICE, &id);
	if (v->record != RECORD_ENROLLED || !d->record.n || str_eq(id.text, d->record))
		return false;
	(void)snprintf(detail, sizeof(detail),
		"it has been enrolled again since the wipe; its UEM record is now %.*s",
		STR_FMT(id.text));
	job_drift(j, d, detail);
	return true;
}

static void judge(struct job *j, struct open_request *r)
{
	struct job_device *d = device_of(j, r);
	int64_t now = transport_now(j->transport);
	char when[TIME_TEXT];
	struct view v;

	end_quarantine(j, r);
	(void)work_view(j->fleet, d->slot, &v);
	if (work_holds(j->fleet, job_step(j, d), d->home, true, &v)) {
		job_evidence(j, d, "record", time_rfc3339_s(now, when));
		job_tell(j, DEED_PROVED, r->id, d);
		job_tell(j, OPEN_CLOSED, r->id, NULL);
		job_pass(j, d, RESULT_DONE);
	} else if (v.record == RECORD_LEAVING) { /* it arrived, and was approved if it had to be */
		r->state = REQUEST_ACCEPTED;
		job_wait(j, d, REASON_UEM_WIPE_WAITING);
	} else if (r->state == REQUEST_ACCEPTED && has_new_record(j, d, &v)) {
		job_move(d, ON_FREED);
	} else if (d->reason == REASON_UEM_HELD) {
		job_move(d, ON_GIVEN_UP);
	}
	if (job_is_busy(d) && v.record != RECORD_UNREAD && now >= deadline_of(j, r))
		job_fail(j, d, OUTCOME_UNVERIFIED,
			r->state == REQUEST_ACCEPTED ? REASON_UEM_WIPE_WAITING
						     : REASON_UEM_OUTCOME_UNKNOWN,
			NULL);
	if (!job_is_busy(d))
		r->state = REQUEST_SETTLED;
}

static enum errc look(struct job *j, uint32_t *ret_n, struct err *err)
{
	uint32_t *slots = mem_alloc((j->n_open + 1) * sizeof(*slots)), n = 0;
	enum errc rc;

	for (uint32_t i = 0; i < j->n_open; i++)
		if (waits(j, j->open[i]))
			slots[n++] = device_of(j, j->open[i])->slot;
	rc = facts_read(j->facts, READING_UEM_DEVICE, slots, n, err);
	free(slots);
	for (uint32_t i = 0; i < j->n_open && !rc; i++)
		if (waits(j, j->open[i]))
			judge(j, j->open[i]);
	if (!rc)
		rc = job_flush(j, err);
	for (uint32_t i = j->n_open; i-- > 0 && !rc;)
		if (j->open[i]->kind == STEP_WIPE && j->open[i]->state == REQUEST_SETTLED)
			job_close(j, j->open[i]);
	*ret_n = n - count_waiting(j);
	return rc;
}

/* Patience is over. What has not begun would not be proved either: that is a stop. */
static void leave_to_next(struct job *j, uint32_t *ret_n, const struct err *why)
{
	for (uint32_t i = 0; i < j->n_open; i++)
		if (waits(j, j->open[i])) {
			struct job_device *d = device_of(j, j->open[i]);

			job_move(d, ON_GIVEN_UP);
			if (d->outcome != OUTCOME_HELD)
				job_wait(j, d, REASON_UEM_OUTCOME_UNKNOWN);
			++*ret_n;
		}
	for (uint32_t i = 0; i < j->n; i++)
		if (job_goes_on(&j->devices[i]))
			job_end(j, ERR_TEMPFAIL, why);
}

static int64_t next_look(const struct job *j, int64_t interval_ms)
{
	int64_t wake = transport_now(j->transport) + interval_ms;

	for (uint32_t i = 0; i < j->n_open; i++)
		if (waits(j, j->open[i]) && deadline_of(j, j->open[i]) < wake)
			wake = deadline_of(j, j->open[i]);
	return wake;
}

/* Until one of them is over. */
static enum errc await_one(struct job *j, uint32_t *ret_n, struct err *err)
{
	int64_t interval_ms = j->settings->poll.uem_ms;
	enum errc rc = look(j, ret_n, err);

	while (!rc && !*ret_n) {
		rc = transport_sleep(j->transport, next_look(j, interval_ms), err);
		interval_ms += interval_ms / 2;
		if (interval_ms > POLL_MAX_MS)
			interval_ms = POLL_MAX_MS;
		if (!rc)
			rc = look(j, ret_n, err);
	}
	return rc;
}

enum errc wipe_look(struct job *j, struct err *err)
{
	uint32_t n;

	return count_waiting(j) ? job_or_stop(j, look(j, &n, err), err) : ERR_OK;
}

enum errc wipe_round(struct job *j, uint32_t wave, uint32_t *ret_n, struct err *err)
{
	enum errc rc;

	(void)wave; /* those of earlier waves are over */
	*ret_n = 0;
	if (!count_waiting(j))
		return ERR_OK;
	rc = await_one(j, ret_n, err);
	if (rc == ERR_TEMPFAIL) {
		leave_to_next(j, ret_n, err);
		return job_flush(j, err);
	}
	return job_or_stop(j, rc, err);
}
