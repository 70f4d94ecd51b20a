/*
 * One curl_multi loop: many requests under way, at most 4 per host, HTTP/1.1.
 *
 * It never repeats and never follows: redirects are answers, retries belong to wire/transport.
 * A CHANGE gets a fresh connection that is closed afterwards, since libcurl silently re-sends a
 * POST when a reused connection dies before the first reply byte. The process has to ignore
 * SIGPIPE.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/err.h"
#include "io/clock.h"
#include "io/http_message.h"

struct http_client;
struct json_scan;

struct http_options {
	/* Borrowed until http_client_free(). When virtual, requests to loopback carry X-Sim-Now, a
	 * later one in the reply moves the clock on, and no time passes while requests are under
	 * way. */
	struct clock *clock;
	int64_t timeout_ms;     /* default of a request, in real time; at least 10 s when virtual */
	int stop_fd;            /* -1, or a descriptor whose readability ends http_wait() early */
	const char *user_agent; /* borrowed until http_client_free() */
	/* Called with a redacted one-line trace after each request; may be NULL. */
	void (*trace)(void *self, const char *line);
	void *trace_self;
};

/* Caller frees with http_client_free(), which drops what is still under way. */
MUST_CHECK enum errc http_client_open(
	struct http_client **ret, const struct http_options *opt, struct err *err);
void http_client_free(struct http_client *c);

/* Starts a request. Consumes *q (even when it fails). `tag` comes back with the reply. scan may be
 * NULL; it is fed with a body of status 200 and borrowed until the reply is out; when it refuses
 * the body the request ends as HTTP_UNKNOWN, and json_scan_end() tells the same failure. Plain http
 * is refused for hosts that are not loopback (ERR_SETTINGS). */
MUST_CHECK enum errc http_submit(struct http_client *c, struct http_request *q,
	struct json_scan *scan, void *tag, struct err *err);

/* How many requests are under way. */
size_t http_pending(const struct http_client *c);

/* Waits until one request is finished (its tag and reply are returned, *ret_done true), or until
 * until_ms on the clock, or until stop_fd is readable (*ret_done false). With a virtual clock the
 * time jumps to until_ms as soon as nothing is under way. Caller releases the reply. */
MUST_CHECK enum errc http_wait(struct http_client *c, int64_t until_ms, void **ret_tag,
	struct http_reply *ret_reply, bool *ret_done, struct err *err);

#endif
