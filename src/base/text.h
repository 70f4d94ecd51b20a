/*
 * Text from outside, shown to people: what a terminal would obey instead of printing it.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/str.h"

/* Replaces by '?', in place, what a terminal would obey: controls, in all their spellings, marks
 * that turn the direction of writing, and breaks of lines. */
void text_clean(char *p, size_t n);
/* How many bytes of such a character the text begins with; 0: none. */
size_t text_obeyed(struct str s);

#endif
