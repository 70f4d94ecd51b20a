/*
 * How much room a text takes on a terminal.
 */
#ifndef BASE_WIDTH_H
#define BASE_WIDTH_H

#include "base/str.h"

/* Terminal cells of UTF-8 text: 2 for East Asian wide characters, 0 for combining marks. */
size_t text_width(struct str s);

#endif
