#include "wire/retry.h"

enum retry_verdict retry_judge(enum http_class cls, const struct http_reply *reply)
{
	if (reply->fate == HTTP_NOT_SENT)
		return VERDICT_FAILED;
	if (reply->fate == HTTP_ANSWERED && reply->status == 429)
		return VERDICT_BUSY;
	if (reply->fate == HTTP_ANSWERED && reply->status == 401)
		return cls == HTTP_AUTH ? VERDICT_ANSWER : VERDICT_RENEW;
	if (cls == HTTP_CHANGE)
		return VERDICT_ANSWER;
	return reply->fate == HTTP_UNKNOWN || reply->status >= 500 ? VERDICT_FAILED
								   : VERDICT_ANSWER;
}

/* The finalizer of splitmix64: neighbouring seeds give unrelated numbers. */
static uint64_t scramble(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

int64_t retry_wait_ms(uint64_t seed, uint32_t tries)
{
	int64_t whole = RETRY_FIRST_MS;

	for (uint32_t i = 1; i < tries && whole < RETRY_CAP_MS; i++)
		whole *= 2;
	if (whole > RETRY_CAP_MS)
		whole = RETRY_CAP_MS;
	return whole / 2 + (int64_t)(scramble(seed + tries) % (uint64_t)(whole / 2 + 1));
}
