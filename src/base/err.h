/*
 * One failure: a code to decide on, a sentence to show.
 *
 * A function that can fail returns enum errc, fills *err exactly when it fails, and leaves every
 * ret_* argument untouched then. The lowest function that knows the cause writes the sentence;
 * each floor above may prefix it once with err_wrap().
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

/* What a failure spoils, whether trying later can help, and the exit status it leads to
 * (sysexits where one fits). */
#define ERR_LIST(X)                                                                     \
	X(SYNTAX, ROW, NEVER, 65, "malformed input")                                    \
	X(LIMIT, ROW, NEVER, 65, "beyond a built-in limit")                             \
	X(NOT_FOUND, ROW, NEVER, 3, "not there")                                        \
	X(REFUSED, ROW, NEVER, 3, "refused by the service")                             \
	X(CONFLICT, ROW, NEVER, 3, "ambiguous or contradictory")                        \
	X(HELD, ROW, NEVER, 3, "waits for an administrator")                            \
	X(UNKNOWN, ROW, LATER, 5, "sent, and nothing tells whether it was carried out") \
	X(BUSY, SERVICE, LATER, 75, "the service asks for patience")                    \
	X(OUTAGE, SERVICE, LATER, 75, "the service fails on its side")                  \
	X(NET, SERVICE, LATER, 69, "no usable answer from the service")                 \
	X(PROTOCOL, SERVICE, NEVER, 69, "the answer is not what the contract says")     \
	X(AUTH, RUN, NEVER, 77, "credentials, permission, token or terms")              \
	X(TEMPFAIL, RUN, LATER, 75, "would take longer than --max-wait")                \
	X(GUARD, RUN, NEVER, 4, "a guard stopped the run")                              \
	X(LOCKED, RUN, LATER, 11, "another run holds the lock")                         \
	X(USAGE, RUN, NEVER, 64, "wrong command line")                                  \
	X(INPUT, RUN, NEVER, 65, "the CSV cannot be used")                              \
	X(RULES, RUN, NEVER, 65, "the rules have mistakes")                             \
	X(NO_INPUT, RUN, NEVER, 66, "a file is missing or unreadable")                  \
	X(CANNOT_CREATE, RUN, NEVER, 73, "an output cannot be created")                 \
	X(IO, RUN, NEVER, 74, "an output cannot be written")                            \
	X(STORE, RUN, NEVER, 74, "the run state cannot be read or written")             \
	X(SETTINGS, RUN, NEVER, 78, "the settings have mistakes")                       \
	X(STOPPED, RUN, LATER, 130, "stopped by a signal")                              \
	X(INTERNAL, RUN, NEVER, 70, "a bug in depmend")

enum err_scope { SCOPE_ROW, SCOPE_SERVICE, SCOPE_RUN };
enum err_retry { RETRY_NEVER, RETRY_LATER };

enum errc {
	ERR_OK = 0,
#define X(code, scope, retry, exit_status, words) ERR_##code,
	ERR_LIST(X)
#undef X
		ERR_MAX_
};

struct errc_info {
	const char *name, *words;
	enum err_scope scope;
	enum err_retry retry;
	int exit_status;
};

struct err {
	enum errc code;
	bool damaged;   /* a database is not as it was written: io/db/db.h; stays when wrapped */
	char msg[2048]; /* fixed, so that reporting a failure cannot itself fail */
};

/* Borrowed for ever. */
const struct errc_info *errc_info(enum errc code);

/* Both return the code, so that callers can write `return err_set(...)`. NULL err is allowed. */
enum errc err_set(struct err *err, enum errc code, const char *fmt, ...) PRINTF(3, 4);
enum errc err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);
#ifdef __clang_analyzer__ /* it reads one file at a time and cannot see that the code comes back \
			   */
#define err_set(err, code, ...) (err_set((err), (code), __VA_ARGS__), (code))
#endif

#endif
