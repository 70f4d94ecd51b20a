/*
 * Requests of the Apple codec. Private to services/apple_*.c.
 */
#ifndef SERVICES_APPLE_WIRE_H
#define SERVICES_APPLE_WIRE_H

#include "services/apple.h"

/* A READ of s->base + path. Accept is application/json exactly: anything else is answered 406. */
void apple_get(const struct apple_service *s, struct str path, const struct url_pair *pairs,
	size_t n_pairs, struct http_request *ret);
/* The same of /v1/<collection>/<id><tail>. */
void apple_get_one(const struct apple_service *s, const char *collection, struct str id,
	const char *tail, const struct url_pair *pairs, size_t n_pairs, struct http_request *ret);
/* Appends `limit` and, when there is one, `cursor`; returns the new count. */
size_t apple_page_pairs(struct url_pair *pairs, size_t n_pairs, struct str cursor);

/* ERR_PROTOCOL, with its words, when a list comes with an error: what the list lacks may be there.
 */
MUST_CHECK enum errc apple_rest_error(const struct json *rest, struct err *err);

#endif
