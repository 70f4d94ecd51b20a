/*
 * Whose certificates count where a proxy opens TLS: $SSL_CERT_FILE and $SSL_CERT_DIR. OpenSSL and
 * the tool curl read them, libcurl does not.
 */
#ifndef IO_HTTP_AUTHORITIES_H
#define IO_HTTP_AUTHORITIES_H

#include <stdbool.h>

#include "base/err.h"

/* The environment's; NULL: it does not say. */
const char *http_authorities_file(void);
/* One folder, or several with colons between. */
const char *http_authorities_folders(void);
/* Whether something at that path would be an authority: it lies in one of the folders. */
bool http_authorities_hold(const char *path);
/* ERR_NO_INPUT for what is not there or cannot be read: a connection would find that out only when
 * it is made, and be tried again as if a network failed. */
MUST_CHECK enum errc http_authorities_check(struct err *err);

#endif
