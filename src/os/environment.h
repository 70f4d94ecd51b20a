/*
 * The environment and the limits that a process starts with, before any library looks at them.
 */
#ifndef OS_ENVIRONMENT_H
#define OS_ENVIRONMENT_H

#include "base/err.h"

/* Forgets the variables by which a library that is linked writes keys to a file, loads code, takes
 * other ciphers or other name servers. What administrators need stays: proxies, SSL_CERT_FILE and
 * SSL_CERT_DIR, TZ, TMPDIR, locales. */
void environment_harden(void);
/* Room for every file that a run has open at once, so that none is missing after the first change.
 * ERR_CANNOT_CREATE when the process may not have so many. */
MUST_CHECK enum errc environment_files(struct err *err);

#endif
