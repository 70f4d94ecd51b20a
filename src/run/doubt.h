/*
 * What needs a second look, or a word of Apple's, before it counts.
 */
#ifndef RUN_DOUBT_H
#define RUN_DOUBT_H

#include "run/job.h"

/* An earlier request to take it off could not be proved in time. */
bool job_in_doubt(const struct job *j, const struct job_device *d);
/* When a second look may confirm the first of a device in doubt. */
int64_t look_second_ms(const struct job *j, const struct job_device *d);
/* What took it off was taken for ours without a word of Apple's: an activity, or an event. */
bool job_is_untold(const struct job *j, const struct job_device *d);
/* It is to be put back, and perhaps was before. */
bool job_was_sent_back(const struct job *j, const struct job_device *d);
/* Not before then. */
int64_t job_sent_back_ms(const struct job *j, const struct job_device *d);
/* That step; the program's n: there is none. */
uint32_t job_untold_step(const struct job *j, const struct job_device *d);

#endif
