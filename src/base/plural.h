/*
 * Messages that count: ("%u row%s", n, plural(n)). What follows a number of 1 is no plural.
 */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stdint.h>

static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

#endif
