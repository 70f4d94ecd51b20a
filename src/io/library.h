/* A library that is loaded when it is first needed, because loading it takes longer than what most
 * commands do. */
#ifndef IO_LIBRARY_H
#define IO_LIBRARY_H

#include <stddef.h>

#include "base/err.h"

struct library_function {
	const char *name;
	size_t at; /* offset in the caller's table: a pointer to the function */
};

/* Loads the library of that file name, or finds it loaded, and fills in the table; it stays until
 * the process ends. ERR_INTERNAL: it is not installed, or lacks a function. */
MUST_CHECK enum errc library_load(const char *name, const struct library_function *functions,
	size_t n, void *ret_table, struct err *err);

#endif
