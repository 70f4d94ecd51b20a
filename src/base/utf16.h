/* Text in UTF-16, as spreadsheets save it. */
#ifndef BASE_UTF16_H
#define BASE_UTF16_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { UTF16_PAIR = 4 }; /* bytes of two surrogates */

/* The encoding of a text that begins so, without a mark; NULL: it is not UTF-16. */
const char *utf16_guess(struct str start);
/* Writes as UTF-8 what comes before the first surrogate, the unfinished unit or the end, as far as
 * there is room. Returns the bytes of `in` that were taken; *out and *room move on. */
size_t utf16_take(const char *in, size_t n, bool big_endian, char **out, size_t *room);

#endif
