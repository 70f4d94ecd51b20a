/*
 * Programs that run beside us: started with their outputs in files, asked after, and not left
 * behind when we die.
 */
#ifndef OS_CHILD_H
#define OS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* argv[0] is a path. Nothing to read; stdout and stderr go to these descriptors. In a process group
 * of its own, with signals as a fresh process has them; SIGHUP reaches it when we die, where
 * kernel_follow_parent() can see to that. ERR_INTERNAL when no process can be made. */
MUST_CHECK enum errc child_start(
	char *const argv[], int out, int err_out, pid_t *ret_pid, struct err *err);
/* True when it has ended: *ret_status is its exit status, or 128 + the signal that ended it. */
bool child_ended(pid_t pid, int *ret_status);

#endif
