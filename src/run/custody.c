/*
 * Devices in custody that no step of the run brings back: a verdict about a row does not end it,
 * and what was to take them off may never have been sent.
 */
#include "run/custody.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/doubt.h"
#include "run/job.h"
#include "run/look.h"

/* Others are looked at before their next change. */
static bool is_asked(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return d->custody && !job_is_busy(d) && !d->blocked &&
	       (job_is_settled(d) || (!work_put_back_due(job_program(j, d), d->results, &at) &&
					     !job_in_doubt(j, d)));
}

static uint32_t find_asked(const struct job *j, uint32_t *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < j->n; i++)
		if (is_asked(j, &j->devices[i]))
			v[n++] = i;
	return n;
}

/* It was to leave for good, nobody could tell whether it had, and it has not. */
static void bring_back(struct job *j, struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t off = p->n;

	while (off-- > 0 && !step_info(p->v[off].kind)->takes_off)
		;
	if (off >= p->n)
		return;
	d->results[off] = RESULT_DONE;
	if (job_bring_back(j, d, OUTCOME_RESTORED, REASON_RUN_PUT_BACK))
		job_settle(j, d, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, NULL);
}

/* It has to come back once more: its last put-back is to be done again, and nothing else. */
static void reopen(struct job *j, struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t back = p->n, off = p->n;

	for (uint32_t i = p->n; i-- > 0;) {
		if (back == p->n && step_info(p->v[i].kind)->puts_back)
			back = i;
		else if (back < p->n && off == p->n && step_info(p->v[i].kind)->takes_off)
			off = i;
	}
	if (back == p->n) {
		bring_back(j, d);
		return;
	}
	if (off == p->n)
		return;
	for (uint32_t i = 0; i < p->n; i++)
		if (i > off || d->results[i] == RESULT_TODO)
			d->results[i] = RESULT_LEFT_OUT;
	d->results[off] = RESULT_DONE;
	d->results[back] = RESULT_TODO;
	d->doubt = 0;
	job_settle(j, d, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, NULL);
}

/* *ret_undecided: devices that a second look has to agree about. */
static void judge(struct job *j, const uint32_t *v, uint32_t n, uint32_t *ret_undecided)
{
	*ret_undecided = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct job_device *d = &j->devices[v[i]];
		struct view seen;

		if (!is_asked(j, d) || !work_view(j->fleet, d->slot, &seen))
			continue;
		if (!look_agrees(j, d, work_view_key(&seen))) {
			++*ret_undecided;
		} else if (seen.server != SERVER_NONE || seen.released) {
			job_end_custody(j, d);
			job_end_flight(j, d);
		} else if (job_is_settled(d)) {
			reopen(j, d);
		} else { /* it left all the same: change_round() goes on from there */
			job_settle(j, d, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, NULL);
		}
	}
}

enum errc custody_check(struct job *j, struct err *err)
{
	uint32_t *v = mem_alloc((j->n + 1) * sizeof(*v)), n = find_asked(j, v), undecided = n;
	enum errc rc = ERR_OK;

	for (int look = 0; look < 2 && undecided && !rc; look++) {
		rc = look_of_two(j, v, n, look, err);
		if (!rc)
			judge(j, v, n, &undecided);
	}
	free(v);
	rc = job_or_stop(j, rc, err);
	return rc || !n ? rc : job_flush(j, err);
}
