/*
 * Exit statuses: one table for the process, the summary and the manual.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <stddef.h>

/* In order of precedence: when several apply, the first is the process's. X(status, meaning) */
#define STATUS_LIST(X)                                                                \
	X(129, "stopped by SIGHUP after an orderly stop; run again to continue")      \
	X(130, "stopped by SIGINT after an orderly stop; run again to continue")      \
	X(143, "stopped by SIGTERM after an orderly stop; run again to continue")     \
	X(73, "an output cannot be created")                                          \
	X(74, "an output cannot be written")                                          \
	X(70, "a bug in depmend; please report it")                                   \
	X(78, "the settings have mistakes")                                           \
	X(77, "credentials, permission, token or terms")                              \
	X(69, "a service could not be reached")                                       \
	X(64, "the command line has a mistake")                                       \
	X(66, "an input is missing")                                                  \
	X(65, "the CSV or the rules have mistakes")                                   \
	X(11, "another run of this organization is under way")                        \
	X(4, "a guard, a halt, a wrong count, --expect or the answer N stopped it")   \
	X(75, "a rate limit or an outage outlived --max-wait; run again to continue") \
	X(5, "some rows are unverified, drifted or in flight")                        \
	X(3, "some rows failed, are restored, invalid, held, manual or undecided")    \
	X(2, "changes are pending (plan --detailed-exitcode)")                        \
	X(0, "every row is settled as its rule wants, or there was nothing to do")

struct status_info {
	int status;
	const char *meaning;
};
/* The whole table, in order. Borrowed for ever. */
const struct status_info *status_table(size_t *ret_n);
/* NULL for a number that is no status of ours. */
const char *status_meaning(int status);
/* The one of the two that comes first. */
int status_first(int a, int b);

#endif
