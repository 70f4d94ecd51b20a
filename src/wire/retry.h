/*
 * What a reply means for the request that caused it, and how long to wait before the next try.
 * Pure: no clock, no randomness of its own.
 */
#ifndef WIRE_RETRY_H
#define WIRE_RETRY_H

#include <stdint.h>

#include "io/http_message.h"

enum {
	RETRY_MAX_TRIES = 8, /* of a request that meets failures; 429 does not count */
	RETRY_FIRST_MS = 1000,
	RETRY_CAP_MS = 60 * 1000,
	RETRY_INSTEAD_MS = 24 * 60 * 60 * 1000, /* of a Retry-After that cannot be meant */
};
#define RETRY_BELIEVED_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

enum retry_verdict {
	VERDICT_ANSWER, /* final: what the caller wants, or what only the caller can judge */
	VERDICT_BUSY,   /* 429: nothing was done; again when the service allows it */
	VERDICT_FAILED, /* failed, and may be sent again */
	VERDICT_RENEW,  /* 401: again with a new token, once */
};

/* A CHANGE may be sent again only when the reply proves that nothing was done: any 5xx, and any
 * silence after the first byte, is for the caller to settle by looking. */
enum retry_verdict retry_judge(enum http_class cls, const struct http_reply *reply);

/* The wait after the `tries`-th failure (from 1): doubles up to the cap; the upper half of it
 * depends on the seed, so that requests that failed together do not come back together. */
int64_t retry_wait_ms(uint64_t seed, uint32_t tries);

#endif
