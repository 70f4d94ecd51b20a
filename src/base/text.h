/*
 * Text from outside, shown to people: the one place that decides which of its characters a reader
 * would not see, or what shows it would obey.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdint.h>

#include "base/str.h"

enum text_kind {
	TEXT_SEEN,
	TEXT_BLANK,  /* of any width */
	TEXT_HIDDEN, /* controls, marks of writing direction, breaks of lines, zero width, tags */
};
enum text_kind text_kind(uint32_t code);

/* The character at the start of s, which is not empty, and how many bytes it has; a byte that is
 * no UTF-8 counts as one, of its own value. */
size_t text_char(struct str s, uint32_t *ret_code);

/* The same; *ret_hidden: it is shown as it is nowhere. */
size_t text_step(struct str s, bool *ret_hidden);

/* Replaces what is hidden, and bytes that are no UTF-8, by '?', in place. text_clean_lines()
 * leaves TAB and LF. */
void text_clean(char *p, size_t n);
void text_clean_lines(char *p, size_t n);

#endif
