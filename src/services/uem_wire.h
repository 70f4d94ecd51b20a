/*
 * Requests and replies of the UEM codec. Private to services/uem_*.c.
 */
#ifndef SERVICES_UEM_WIRE_H
#define SERVICES_UEM_WIRE_H

#include "services/uem.h"

struct uem_call {
	enum http_class cls;
	const char *method;
	const char *path; /* below /api; each * stands for the next of ids, percent-encoded */
	const struct str *ids;
	const struct url_pair *pairs;
	size_t n_pairs;
	unsigned version; /* of the reply's model */
};
/* Accept always asks for JSON in that version (none at all can give XML), and everything but a GET
 * says Content-Type, with a body or without (services/README.md UEM A.2). */
void uem_call(const struct uem_service *s, const struct uem_call *call, struct http_request *ret);

/* Appends page and size; the numbers live in `text`. Returns the new count. */
enum { UEM_NUMBER_TEXT = 24 };
size_t uem_page_pairs(struct url_pair *pairs, size_t n_pairs, const char *page_name,
	const char *size_name, unsigned page, char text[2][UEM_NUMBER_TEXT]);

/* The parsed body of a reply that is no error; ERR_OK and NULL for an empty one (204: none). Caller
 * frees with json_free(). */
MUST_CHECK enum errc uem_body(const struct http_reply *reply, struct json **ret, struct err *err);

#endif
