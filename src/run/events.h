/*
 * What Apple's audit trail tells of open requests and of others.
 */
#ifndef RUN_EVENTS_H
#define RUN_EVENTS_H

#include "run/job.h"

/* Before a change that nobody knows about may be sent again, or one that failed is taken for
 * another's: what the audit trail tells of it. */
MUST_CHECK enum errc events_of_unknown(struct job *j, struct err *err);
/* The same about those in custody that an earlier process may have taken off, or somebody else. */
MUST_CHECK enum errc events_of_doubt(struct job *j, struct err *err);
/* Since then it was brought to a server, and somebody else took it off again. */
bool events_say_taken(const struct job_device *d, int64_t since_ms);
/* So long a look waits for what others did meanwhile: it would grow old. */
int64_t events_most_ms(const struct job *j);
/* The same about such devices, whose events may have come since. */
MUST_CHECK enum errc events_of_untold(
	struct job *j, const uint32_t *devices, uint32_t n, struct err *err);
/* The second proof of what was proved: audit events go into the evidence. */
MUST_CHECK enum errc events_of_run(struct job *j, struct err *err);

#endif
