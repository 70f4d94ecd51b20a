/*
 * Whether the rules that took a row still do, before a step that cannot be undone: the look at a
 * device tells where it is, not that it was enrolled again since, or covered.
 */
#include "run/again.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "io/clock.h"
#include "plan/step_rules.h"
#include "run/job.h"
#include "run/look.h"

/* --- what there is to judge --- */

static enum errc load_vow(void *self, const struct device_record *rec, struct err *err)
{
	struct job *j = self;
	struct job_device *d = job_device_of(j, rec->serial);

	(void)err;
	if (!d || job_is_settled(d) || !work_for_good(job_program(j, d), 0))
		return ERR_OK;
	MEM_GROW(j->vows, j->n_vows, j->cap_vows);
	d->vow = j->n_vows;
	j->vows[j->n_vows++] = (struct vow){ arena_dup(&j->arena, rec->rule),
		arena_dup(&j->arena, rec->before), j->planned_ms };
	return ERR_OK;
}

enum errc again_load(struct job *j, struct err *err)
{
	return j->again ? store_devices(j->store, j->run, load_vow, j, err) : ERR_OK;
}

/* Until its last step that cannot be undone is taken; who is on its way back is not asked. */
static bool is_asked(const struct job *j, const struct job_device *d)
{
	uint32_t at;

	return d->vow != MAP_NONE && !job_is_settled(d) &&
	       !work_put_back_due(job_program(j, d), d->results, &at) &&
	       work_for_good(job_program(j, d), job_next(j, d));
}

/* By a verdict that is new enough, but for coverage: the plan may have taken that from what was
 * kept. */
static bool is_fresh(const struct job *j, const struct job_device *d)
{
	int64_t at = j->vows[d->vow].judged_ms;

	return at && at >= j->waited_ms &&
	       transport_now(j->transport) <= at + j->settings->timeouts.fresh_ms;
}

static bool is_good(const struct job *j, const struct job_device *d)
{
	return is_fresh(j, d) && (j->vows[d->vow].judged_ms != j->planned_ms ||
					 !rules_ask(j->again->rules, READING_APPLE_COVERAGE));
}

/* --- judging --- */

static void take_verdict(struct job *j, struct job_device *d, const struct again_row *row)
{
	if (row->holds) {
		j->vows[d->vow].judged_ms = transport_now(j->transport);
	} else if (row->unknown != FACT_MAX_) {
		job_call_off(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN,
			job_unknown(j, d, row->unknown));
	} else {
		job_call_off(j, d, OUTCOME_DRIFTED, REASON_RULE_NO_LONGER, row->why);
	}
}

/* A serial of several records is none that can be wiped, or whose record can be deleted. */
static enum errc find_several(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	uint32_t *slots = mem_alloc((n + 1) * sizeof(*slots)), n_slots = 0;
	enum errc rc;

	for (uint32_t i = 0; i < n; i++) {
		const struct job_device *d = &j->devices[devices[i]];

		if (is_asked(j, d) && step_info(job_step(j, d)->kind)->service == SERVICE_UEM)
			slots[n_slots++] = d->slot;
	}
	rc = facts_uem_ambiguous(j->facts, slots, n_slots, err);
	for (uint32_t i = 0; i < n_slots && !rc; i++) {
		struct job_device *d = &j->devices[j->by_slot[slots[i]]];
		struct view v;

		(void)work_view(j->fleet, d->slot, &v);
		if (v.record == RECORD_SEVERAL)
			job_call_off(j, d, OUTCOME_FAILED, REASON_UEM_AMBIGUOUS, NULL);
		else if (v.record == RECORD_UNREAD)
			job_call_off(j, d, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN,
				job_unknown(j, d, FACT_UEM_DEVICE));
	}
	free(slots);
	return rc;
}

static enum errc judge(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	struct again_row *rows = mem_zalloc((n + 1) * sizeof(*rows));
	int64_t asleep_ms = clock_asleep_ms(transport_clock(j->transport));
	enum errc rc;

	for (uint32_t i = 0; i < n; i++) {
		const struct job_device *d = &j->devices[devices[i]];

		rows[i] = (struct again_row){ .slot = d->slot,
			.rule = j->vows[d->vow].rule,
			.before = j->vows[d->vow].before,
			.ours = work_changed(job_program(j, d), d->results, job_next(j, d)),
			.just_read = is_fresh(j, d) ? ~(1u << READING_APPLE_COVERAGE)
						    : step_looks(job_step(j, d)->kind) };
	}
	rc = again_judge(j->again, rows, n, err);
	for (uint32_t i = 0; i < n; i++) {
		if (!rc)
			take_verdict(j, &j->devices[devices[i]], &rows[i]);
		if (look_slept(j, asleep_ms))
			j->vows[j->devices[devices[i]].vow].judged_ms = 0;
		free(rows[i].why);
	}
	free(rows);
	return rc ? rc : find_several(j, devices, n, err);
}

enum errc again_before(struct job *j, const uint32_t *devices, uint32_t n, struct err *err)
{
	uint32_t *old = mem_alloc((n + 1) * sizeof(*old)), n_old = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n && j->again; i++)
		if (is_asked(j, &j->devices[devices[i]]) && !is_good(j, &j->devices[devices[i]]))
			old[n_old++] = devices[i];
	if (n_old)
		rc = judge(j, old, n_old, err);
	if (n_old && !rc)
		rc = job_flush(j, err); /* who is to come back is in the ledger before it does */
	free(old);
	return rc;
}
