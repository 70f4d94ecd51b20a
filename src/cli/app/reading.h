/*
 * How a list of serials was read, for whoever looks before anything is sent.
 */
#ifndef CLI_APP_READING_H
#define CLI_APP_READING_H

#include <stdio.h>

#include "io/json.h"
#include "plan/input.h"

/* One line: header, column, delimiter, encoding, rows, first serials. Nothing where no list was
 * read, as for undo. */
void reading_print(const struct input *in, FILE *out);
/* The options that pin it; empty when no options can. */
void reading_pin(const struct input *in, struct buf *out);
/* The same as an object called `reading`. */
void reading_put(const struct input *in, struct json_out *o);

#endif
