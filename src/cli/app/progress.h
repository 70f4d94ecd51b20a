/*
 * Tells on stderr how far things are: one line that is drawn again and again on a terminal, else a
 * line every half minute.
 */
#ifndef CLI_APP_PROGRESS_H
#define CLI_APP_PROGRESS_H

#include "cli/args/options.h"
#include "run/job.h"
#include "store/lock.h"

struct progress;

/* Caller frees with progress_free(). */
struct progress *progress_new(const struct cli *cli);
/* Takes the line away. NULL is fine. */
void progress_free(struct progress *p);
/* What is waited for before the engine can tell: a line of a terminal, until it does. */
void progress_waits(const struct progress *p, const char *line);
/* The command that goes on after a stop, for whoever stops at once. */
void progress_next(struct progress *p, const char *next);
/* on: what earlier runs took off, n_off devices as far as it is known, comes back before anything
 * else; what that waits for is told at once. */
void progress_homeward(struct progress *p, bool on, uint32_t n_off);
/* The lock by which others see how far it is; borrowed as long as the two below are called. NULL:
 * none. */
void progress_tell(struct progress *p, struct lock *lock);

/* The two that the engine tells; self is the progress. */
int64_t progress_pulse(void *self, const struct transport_pulse *pulse);
void progress_job(void *self, const struct job *j);

#endif
