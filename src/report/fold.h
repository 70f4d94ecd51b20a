/*
 * Lines for a terminal of few columns: broken between words, and what is left of a line stands
 * below its beginning. A line with something to copy (`next`, `result`, `kept`) is left whole.
 */
#ifndef REPORT_FOLD_H
#define REPORT_FOLD_H

#include <stdio.h>

#include "base/str.h"

/* width 0: as it is. Colours take no room. */
void fold(struct str text, size_t width, FILE *out);

#endif
