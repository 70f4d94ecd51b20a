/* Why a profile that was assigned does not show: the tokens of the devices that it does not show
 * for are read once, at the end. */
#include "run/uem/uem_rounds.h"

#include <stdlib.h>

#include "base/mem.h"
#include "facts/profile_state.h"
#include "run/job.h"

static bool is_meant(const struct job *j, const struct job_device *d)
{
	return job_is_settled(d) && d->outcome == OUTCOME_UNVERIFIED &&
	       d->reason == REASON_UEM_NOT_PROVED && !d->detail &&
	       work_has(job_program(j, d), STEP_ASSIGN_PROFILE);
}

static void explain(struct job *j, struct job_device *d)
{
	char text[PROFILE_STATE_TEXT];

	if (!profile_state_tell(j->fleet, d->slot, transport_now(j->transport), text) &&
		!profile_state_odd(j->fleet, d->slot, text))
		return;
	d->detail = job_keep(j, str_from(text));
	job_touch(j, d);
}

enum errc profile_reasons(struct job *j, struct err *err)
{
	uint32_t *slots = mem_alloc((j->n + 1) * sizeof(*slots)), n = 0;
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < j->n; i++)
		if (is_meant(j, &j->devices[i]))
			slots[n++] = j->devices[i].slot;
	if (n)
		rc = facts_read(j->facts, READING_UEM_TOKEN, slots, n, err);
	free(slots);
	if (rc)
		return job_or_stop(j, rc, err);
	for (uint32_t i = 0; n && i < j->n; i++)
		if (is_meant(j, &j->devices[i]))
			explain(j, &j->devices[i]);
	return n ? job_flush(j, err) : ERR_OK;
}
