/*
 * The last look before a change, and how good it still is.
 */
#ifndef RUN_LOOK_H
#define RUN_LOOK_H

#include "run/job.h"

/* A change that waits longer than this after its look needs another one; those that may leave
 * within it share one. */
enum { LONG_WAIT_MS = 1000 };

/* When devices that wait for a second look are due; INT64_MIN: one waits for nothing; INT64_MAX:
 * there are none. */
int64_t look_due(const struct job *j, const uint32_t *devices, uint32_t n);
/* Whether the machine slept since then: what was read meanwhile may be as old as that was long. */
bool look_slept(const struct job *j, int64_t asleep_ms);
/* Looks at those of the devices whose last look is too old for a change, each in the cheapest way
 * that tells where it is. Unless the organization is a school's, what others moved meanwhile has to
 * be looked at again. */
MUST_CHECK enum errc look_before(
	struct job *j, const uint32_t *devices, uint32_t n, struct err *err);
/* Looks at all of them, whatever was seen before. */
MUST_CHECK enum errc look_again(
	struct job *j, const uint32_t *devices, uint32_t n, struct err *err);
/* The same for the look of that number of two, timeouts.settle apart: 0 is the first. */
MUST_CHECK enum errc look_of_two(
	struct job *j, const uint32_t *devices, uint32_t n, int nth, struct err *err);
/* Those of the devices that we took off their servers and that the lists just read leave open, by
 * their own records. lists_failed: a server's list is not whole. */
MUST_CHECK enum errc look_by_name(
	struct job *j, const uint32_t *devices, uint32_t n, bool lists_failed, struct err *err);
/* The UEM's lists of these groups (bits). One that cannot be read says nothing about the devices of
 * others, and of its own nothing is known: a failure is that none can. */
MUST_CHECK enum errc look_at_lists(struct job *j, uint32_t groups, struct err *err);
/* Whether the look may carry a change that leaves now. */
bool look_is_good(const struct job *j, const struct job_device *d);
/* j->no_room says that --max-wait ends before then. */
void look_too_late(struct job *j, int64_t due_ms);
/* Whether an earlier look, timeouts.settle before the last, showed the same. */
bool look_agrees(struct job *j, struct job_device *d, uint64_t shows);
/* False: nothing was read of what tells about a step of that kind: the UEM's record, its lists, or
 * where the device is at Apple. */
bool look_view(
	const struct job *j, const struct job_device *d, enum step_kind kind, struct view *ret);

#endif
