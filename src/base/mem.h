/*
 * Heap memory that is there or the process is not: out of memory aborts, because a killed run is
 * the tested path (see store/) and hundreds of untested branches are not.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/str.h"

/* Never NULL. Caller frees with free(). mem_zalloc() gives zeroed memory. */
void *mem_alloc(size_t n);
void *mem_zalloc(size_t n);
/* Zeroed, and in large pages where the system has them: for tables that are looked into at random.
 */
void *mem_zalloc_table(size_t n);
/* Like mem_realloc(), for an array that will be filled: in large pages, too. */
void *mem_reserve(void *p, size_t n_items, size_t item_size);
/* n_items * item_size is checked for overflow. */
void *mem_realloc(void *p, size_t n_items, size_t item_size);
/* NUL-terminated copies; caller frees with free(). */
char *mem_strdup(const char *z);
char *mem_dupz(struct str s);
/* The same of a text made as by printf(). */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Grows a (pointer, count, capacity) triple so that one more item fits. */
#define MEM_GROW(ptr, n, cap)                                              \
	do {                                                               \
		if ((n) >= (cap)) {                                        \
			(cap) = (cap) ? (cap)*2 : 16;                      \
			(ptr) = mem_realloc((ptr), (cap), sizeof(*(ptr))); \
		}                                                          \
	} while (0)

/* Overwrites a secret; never left out. */
void mem_wipe(void *p, size_t n);

#endif
