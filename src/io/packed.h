/*
 * Files that are kept compressed, as PATH.zst, a quarter of their size: lists of serials when their
 * run has ended. libzstd is loaded when the first one is read or made.
 */
#ifndef IO_PACKED_H
#define IO_PACKED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PACKED_SUFFIX ".zst"

struct packed;

/* Opens PATH, or, where that is not there, PATH.zst: *ret, which reads it, is then not NULL.
 * Another process may make the one of the other at any time. -1: errno says why. The caller closes
 * both. */
int packed_open(const char *path, struct packed **ret);
/* Whether PATH or PATH.zst is a file. */
bool packed_is_there(const char *path);
/* What comes next in that file; *ret_n 0: it is over. ERR_NO_INPUT: it cannot be read, is damaged
 * or cut short; ERR_INTERNAL: libzstd is not installed. */
MUST_CHECK enum errc packed_read(
	struct packed *p, int fd, char *to, size_t cap, size_t *ret_n, struct err *err);
/* The file is read from its beginning again. NULL is fine. */
void packed_rewind(struct packed *p);
/* NULL is fine. */
void packed_close(struct packed *p);

/* SHA-256 of what PATH or PATH.zst holds, 65 characters. Errors as above. */
MUST_CHECK enum errc packed_digest(const char *path, char *digest, struct err *err);
/* Makes PATH.zst of PATH, whose SHA-256 that is: PATH goes when PATH.zst is on the disk and was
 * read back, not before. Where that was there already, only PATH goes. ERR_NO_INPUT: it is damaged;
 * ERR_CANNOT_CREATE; ERR_INTERNAL as above. */
MUST_CHECK enum errc packed_replace(const char *path, const char *digest, struct err *err);

#endif
