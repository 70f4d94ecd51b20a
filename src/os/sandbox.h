/*
 * Gives away what a process that talks to servers does not need: new privileges, programs to start,
 * ports to listen on, and files to write outside named folders. Reading stays as it is. For good,
 * and for all children; as far as the kernel can (Landlock).
 *
 * Landlock's numbers: linux/landlock.h of kernel 6.10; older kernels know fewer, see sandbox.c.
 */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* writable: folders; those that are not there are left out. Returns the kernel's Landlock version;
 * 0: it has none, or refused, and nothing but privileges was given away: *ret_no_new_privileges. */
int sandbox_enter(const char *const *writable, size_t n, bool *ret_no_new_privileges);

#endif
