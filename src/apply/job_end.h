/*
 * Private to apply/: the beginning and the end of carrying a run out, which recovery shares.
 */
#ifndef APPLY_JOB_END_H
#define APPLY_JOB_END_H

#include "apply/apply.h"

/* apple_only: nothing but Apple is asked. Caller releases with job_release(), also after a failure.
 */
MUST_CHECK enum errc job_begin(
	struct job *j, const struct surroundings *s, int64_t run, bool apple_only, struct err *err);
/* Its wipe is under way, or over and what follows it was confirmed: neither is for another run. */
bool job_is_wiped(const struct job *j, const struct job_device *d);
/* Until all are back or nothing moves any more. */
MUST_CHECK enum errc job_put_back_all(struct job *j, struct err *err);
/* The same when the ledger cannot be written, as *err says, which is returned. */
enum errc job_put_back_unwritten(struct job *j, struct err *err);
/* Rows that nothing more happens to. */
void job_settle_rest(struct job *j);
/* Steps that cannot be undone, which no run waits for any more, are done when a look shows it. */
MUST_CHECK enum errc late_deeds(const struct surroundings *s, struct err *err);
/* An orderly end looks once more, timeouts.settle after the last change: what is not as the row
 * says has drifted. */
MUST_CHECK enum errc final_look(struct job *j, struct err *err);

#endif
