/*
 * Requests of the DEP codec. Private to services/dep_*.c and its tests.
 */
#ifndef SERVICES_DEP_WIRE_H
#define SERVICES_DEP_WIRE_H

#include "services/dep.h"

/* url + path with the headers every request needs. */
void dep_call(enum http_class cls, const char *method, const char *url, const char *path,
	struct http_request *ret);

/* Appends the value of the Authorization header of GET `url` (RFC 5849 3.4, 3.5.1). */
void dep_oauth_header(const char *url, const struct dep_token *t, int64_t timestamp_s,
	const char *nonce, struct buf *out);

#endif
