/*
 * What the history of a device says of an entry, in words: for the terminal, --json and the page.
 */
#ifndef REPORT_HISTORY_WORDS_H
#define REPORT_HISTORY_WORDS_H

#include "base/buf.h"
#include "model/settings.h"
#include "store/history.h"

/* Of a request: what became of it. */
const char *history_answer(enum request_state state);
/* Appends what the request was about: the server's name as the last run knew it and its id, the id
 * alone of a server that is gone, the profile's name, or the id of the UEM's record. */
void history_target(const struct history_entry *e, const struct settings *s, struct buf *out);
/* Appends what a person did: who confirmed or continued a run, with what, and who signed its plan;
 * of other events their text. */
void history_person(const struct history_entry *e, struct buf *out);

#endif
