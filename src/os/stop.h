/*
 * The stop flag: the one piece of global state. The first SIGHUP, SIGINT or SIGTERM asks for an
 * orderly stop; a second SIGINT or SIGTERM, at least a second after the first was answered, ends
 * the process at once. SIGQUIT is taken as SIGTERM is, SIGXCPU and SIGPWR are as a first one. Both
 * say so on stderr the moment they come, whatever the process is doing: the handler writes them
 * itself, with words that were made ready before.
 */
#ifndef OS_STOP_H
#define OS_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* From now on these signals only ask; SIGHUP stays ignored where it is (nohup). A mapped file
 * of the state that somebody cuts short ends the process as a store that cannot be used does, with
 * the words for an end at once. Every call after the first does nothing. */
MUST_CHECK enum errc stop_open(struct err *err);
/* What the two messages say: "stopping: DOING; again to quit now" and "stopped at once: LEFT".
 * Copies; cut when they are too long. NULL: nothing more. */
void stop_words(const char *doing, const char *left);
/* The cursor stands behind a question: a message begins on a line of its own. */
void stop_at_prompt(bool at_prompt);

/* Nothing is under way that would have to end in order, and what we wait for cannot be polled, such
 * as a list that comes through a pipe: the first signal ends the process. */
void stop_at_once(bool at_once);

/* For poll(): readable when a signal has come and stop_asked() has not been called since; -1 before
 * stop_open(). */
int stop_fd(void);
/* Whether a signal has come. */
bool stop_asked(void);
/* 0, or the first signal that came. */
int stop_signal(void);
/* Sleeps in real time; ERR_STOPPED as soon as a signal comes that had not been asked about. */
MUST_CHECK enum errc stop_sleep(int64_t ms, struct err *err);

/* fork() whose child ignores the signals: it goes when its parent lets it go. */
pid_t stop_fork(void);

#endif
