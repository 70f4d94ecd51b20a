/*
 * What the harnesses of the codecs share. An input is one digit that chooses the status, then the
 * body: 0{"data":[]} is a 200.
 */
#ifndef TESTS_FUZZ_SERVICES_FUZZ_H
#define TESTS_FUZZ_SERVICES_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "io/http_message.h"
#include "io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Reads every byte, so that a view beyond its text is noticed. */
static inline void touch(struct str s)
{
	static volatile unsigned sum;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	(void)sum;
}

/* A failure has a code and a sentence; a success is one of those the caller knows. */
static inline void check(enum errc rc, const struct err *err)
{
	if (rc != ERR_OK && (err->code != rc || !err->msg[0]))
		abort();
}

/* False when the input is too short. Caller releases with http_reply_release(). */
static inline bool reply_from(struct http_reply *ret, const uint8_t *data, size_t n)
{
	static const int statuses[] = { 200, 201, 204, 400, 401, 403, 404, 409, 429, 500 };

	if (n == 0)
		return false;
	http_reply_init(ret);
	ret->fate = data[0] == '-' ? HTTP_UNKNOWN : HTTP_ANSWERED;
	ret->status = statuses[data[0] % 16 % (sizeof(statuses) / sizeof(*statuses))];
	buf_add(&ret->body, data + 1, n - 1);
	return true;
}

/* The body and each element of it: whatever a decoder may be handed. */
static inline void each_value(const struct http_reply *reply, void (*decode)(const struct json *v))
{
	struct json *root = NULL;

	decode(NULL);
	if (json_parse(&root, buf_view(&reply->body), NULL))
		return;
	decode(root);
	for (const struct json *v = json_first(root); v; v = json_next(v)) {
		decode(v);
		for (const struct json *e = json_first(v); e; e = json_next(e))
			decode(e);
	}
	json_free(root);
}

#endif
