/*
 * How what the log says (log.h) gets to its reader.
 */
#ifndef BASE_LOG_WRITER_H
#define BASE_LOG_WRITER_H

#include "base/str.h"

/* What becomes of a text that the reader does not take: it goes nowhere, since it would soon be out
 * of date; it is kept while there is room; it is kept in any case. */
enum log_worth { LOG_WORTH_NOW, LOG_WORTH_ROOM, LOG_WORTH_ALL };

/* From now on this one writes; NULL: stdio, which waits for the reader. */
void log_set_writer(void (*write)(struct str text, enum log_worth worth));
/* As stdio does. */
void log_write_all(struct str text);

#endif
