/*
 * Lines for a terminal of few columns: broken between words, and what is left of a line stands
 * behind its label, or below its beginning. A line with something to copy (`next`, `result`,
 * `kept`) is left whole.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stdio.h>

#include "base/str.h"

/* Columns of the terminal that `out` is; 0: it is none. */
size_t fold_columns(FILE *out);
/* width 0: as it is. Colours take no room. */
void fold(struct str text, size_t width, FILE *out);

#endif
