/*
 * Values that are in a record and cannot be read: a number where a text belongs, a date that may be
 * two. Such a value spoils neither its record nor the list around it, and must never pass for one
 * that is missing: a rule would take "could not be read" for "has none".
 *
 * Texts and flags have marks for it here; times have TIME_UNKNOWN (base/time.h).
 */
#ifndef SERVICES_ODD_H
#define SERVICES_ODD_H

#include "base/str.h"

enum { FLAG_ODD = -2 }; /* beside 1, 0 and -1 for absent */

extern const char odd_text[1];

static inline struct str odd_str(void)
{
	return (struct str){ odd_text, 0 };
}

/* Such a text is empty for whoever does not ask. */
static inline bool str_is_odd(struct str s)
{
	return s.p == odd_text;
}

#endif
