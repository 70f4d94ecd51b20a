/*
 * A temporary file of records, one on a line or several, and the SHA-256 of its bytes.
 */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include "base/err.h"
#include "base/str.h"

struct spool;

/* In `folder`. ERR_CANNOT_CREATE. *ret_path: its name, which the caller frees, also after a
 * failure. */
MUST_CHECK enum errc spool_open(
	struct spool **ret, const char *folder, char **ret_path, struct err *err);
/* Errors are sticky and told by spool_close(). NULL is fine. */
void spool_add(struct spool *s, struct str raw);
/* Frees it; NULL is fine. digest: SHA256_HEX characters. ERR_IO. The file stays. */
MUST_CHECK enum errc spool_close(struct spool *s, char *digest, struct err *err);

#endif
