/*
 * The stop flag: the one piece of global state. SIGHUP, SIGINT and SIGTERM arrive through a
 * signalfd; the first asks for an orderly stop, the second ends the process at once.
 */
#ifndef WIRE_STOP_H
#define WIRE_STOP_H

#include <stdbool.h>

#include "base/err.h"

/* Blocks the three signals and opens the descriptor. SIGPIPE is ignored. */
MUST_CHECK enum errc stop_open(struct err *err);
/* For curl_multi_poll; -1 before stop_open(). */
int stop_fd(void);
/* Reads what has arrived. A second signal does not return: exit status 128 + signal. */
bool stop_asked(void);
/* 0, or the signal that asked. */
int stop_signal(void);

#endif
