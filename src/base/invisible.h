/*
 * Characters that nobody sees: what copying from a portal, a mail or a chat leaves in ids, secrets
 * and names. Two texts that look alike and differ are told apart by spelling them.
 */
#ifndef BASE_INVISIBLE_H
#define BASE_INVISIBLE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Where the first one is: blanks other than the usual one, zero-width characters, marks of writing
 * direction, soft hyphens, byte order marks, and blanks at either end. s.n: there is none.
 * *ret_code: its number. */
size_t invisible_find(struct str s, uint32_t *ret_code);

/* Appends the text with all of them as <U+200B>. */
void invisible_spell(struct buf *out, struct str s);

#endif
