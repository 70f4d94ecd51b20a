/*
 * Lines for the operator on stderr. Nothing below wire may log (but for the answer to a signal,
 * os/stop.c); every other floor returns an error instead. Control bytes from outside are replaced
 * before printing.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/text.h"

enum log_level { LOG_QUIET = 0, LOG_WARN = 1, LOG_INFO = 2, LOG_DEBUG = 3 };

void log_set_level(enum log_level level);
enum log_level log_get_level(void);
void log_line(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* Whole lines, folded at the width of the terminal. */
void log_text(struct str text);
/* What a command that holds its messages back says now. */
void log_flush(void);

/* What may come again and again, such as tries that fail: of lines that differ in nothing but words
 * with digits the first is printed, then the 10th, the 100th ... With -v each is. */
void log_often(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
/* How often the lines came that were held back since; they start anew. */
void log_repeats(void);

/* The last line of a terminal: drawn again below whatever is logged. NULL or "" takes it away, as
 * everybody has to who writes to the terminal by other ways than these. */
void log_status(const char *line);
/* Whether one stands there; safe in a signal handler. */
bool log_status_shown(void);

/* One line for people, of any length: the status line is taken away first, control bytes are
 * replaced, the newline is added. */
void text_line(FILE *out, const char *fmt, ...) PRINTF(2, 3);
/* The same with text of any length behind a label; no line without text. */
void text_part(FILE *out, const char *label, struct str text);

#endif
