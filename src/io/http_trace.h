/*
 * What a trace may tell of a request: no header, no body, no value of the query that looks secret.
 */
#ifndef IO_HTTP_TRACE_H
#define IO_HTTP_TRACE_H

#include "io/http_message.h"

/* The same line, handed on. */
void http_trace_tell(void (*to)(void *self, const char *line), void *self,
	const struct http_request *q, const struct http_reply *p, uint64_t n_body_bytes,
	int64_t took_ms);

#endif
