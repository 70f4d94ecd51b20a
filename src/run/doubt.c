/* What nobody knows of a device yet, as far as its own state tells. */
#include "run/doubt.h"

#include <string.h>

#include "base/time.h"
#include "run/job.h"

int64_t look_second_ms(const struct job *j, const struct job_device *d)
{
	return d->doubt_ms + j->settings->timeouts.settle_ms;
}

bool job_in_doubt(const struct job *j, const struct job_device *d)
{
	const struct work_step *s = job_step(j, d);

	/* A process that was killed had no time to count its attempt. */
	return d->outcome == OUTCOME_IN_FLIGHT && (d->attempts || d->custody) && s &&
	       step_info(s->kind)->takes_off;
}

uint32_t job_untold_step(const struct job *j, const struct job_device *d)
{
	const struct work_program *p = job_program(j, d);
	uint32_t at = p->n;

	while (at-- > 0 && !(step_info(p->v[at].kind)->takes_off && d->results[at] == RESULT_DONE))
		;
	return at < p->n && d->evidence &&
			       (strstr(d->evidence, "activity:") || strstr(d->evidence, "event:"))
		       ? p->n
		       : at;
}

bool job_is_untold(const struct job *j, const struct job_device *d)
{
	return job_untold_step(j, d) < job_program(j, d)->n;
}

bool job_was_sent_back(const struct job *j, const struct job_device *d)
{
	bool perhaps = d->intent_ms == TIME_NONE && d->attempts > 1; /* by an earlier process */

	return (d->retried || perhaps) && job_is_put_back(j, d);
}

int64_t job_sent_back_ms(const struct job *j, const struct job_device *d)
{
	return d->intent_ms == TIME_NONE ? j->created_ms : d->intent_ms;
}
