/*
 * Requests and replies as plain data: what the codecs in services/ make and read, without sockets.
 */
#ifndef IO_HTTP_MESSAGE_H
#define IO_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * What a request does to the world. The HTTP method does not tell: UEM looks devices up with POST.
 * AUTH, READ and TRIGGER may be repeated; a CHANGE needs a durable intent and is never sent
 * again blindly.
 */
enum http_class { HTTP_AUTH, HTTP_READ, HTTP_TRIGGER, HTTP_CHANGE };

enum { HTTP_MAX_HEADERS = 16, HTTP_MAX_BODY = 8 * 1024 * 1024 };

struct http_header {
	const char *name; /* borrowed for ever */
	char *value;      /* owned; no CR, LF or NUL */
};

struct http_request {
	enum http_class cls;
	const char *method; /* "GET", "POST", "PUT", "DELETE"; borrowed for ever */
	char *url;          /* owned */
	struct http_header headers[HTTP_MAX_HEADERS];
	size_t n_headers;
	struct buf body;    /* owned; empty for none (PUT and POST then say Content-Length: 0) */
	int64_t timeout_ms; /* whole request; 0: the client's default */
	size_t max_body;    /* of the reply; 0: HTTP_MAX_BODY; ignored with a sink */
	bool secret_body;   /* never traced, wiped when freed */
	/* What it was made of is good until then, on the client's clock; asked when the connection
	 * stands and before a byte is sent: later it is HTTP_NOT_SENT. 0: for ever. */
	int64_t good_until_ms;
};

void http_request_init(struct http_request *q, enum http_class cls, const char *method);
void http_request_release(struct http_request *q);
/* Copies the value and replaces an earlier one of that name; ERR_SYNTAX when it holds CR, LF or
 * NUL, ERR_LIMIT when there are too many. */
MUST_CHECK enum errc http_request_header(
	struct http_request *q, const char *name, struct str value, struct err *err);

/* One of the query; both halves are encoded by http_request_url(). */
struct url_pair {
	const char *name;
	struct str value;
};
/* Path segment, percent-encoded after RFC 3986 (unreserved bytes stay). */
void url_segment(struct buf *out, struct str text);
/* application/x-www-form-urlencoded or query value. */
void url_value(struct buf *out, struct str text);
/* q->url becomes base (scheme://host[:port][/path]) + path + ?name=value&...; trailing slashes of
 * base are dropped, the segments of path are encoded already. Longer than 64 KiB: no URL, and
 * http_submit() refuses the request. */
void http_request_url(struct http_request *q, const char *base, struct str path,
	const struct url_pair *pairs, size_t n_pairs);

/* 127.0.0.0/8, [::1] or localhost. */
bool http_host_is_loopback(const char *host);
/* How far a request came. */
enum http_fate {
	HTTP_NOT_SENT, /* no byte left: name, connect or TLS failed */
	HTTP_UNKNOWN,  /* something left, no whole answer came */
	HTTP_ANSWERED, /* status and body are whole */
};

struct http_reply {
	enum http_fate fate;
	char why[256];        /* the cause when not answered */
	bool no_name;         /* HTTP_NOT_SENT because the host's name does not resolve */
	int status;           /* 0 when not answered */
	struct buf body;      /* owned; empty when a sink took it */
	int64_t ended_ms;     /* on the client's clock */
	int64_t last_sent_ms; /* when the last request byte may have left */
	/* Headers that matter; owned, NULL when absent. */
	char *content_type, *location, *retry_after, *date;
	char *session;           /* X-ADM-Auth-Session */
	char *api_version;       /* x-api-version */
	int64_t limit_remaining; /* X-RateLimit-Remaining, -1 when absent */
	int64_t limit_reset;     /* X-RateLimit-Reset, Unix seconds, -1 when absent */
	int64_t limit_total;     /* X-RateLimit-Limit, -1 when absent */
};

void http_reply_init(struct http_reply *p);
void http_reply_release(struct http_reply *p);
/* Milliseconds to wait after `now_ms`, from Retry-After as seconds or as a date (counted from the
 * reply's own Date when it has one); -1 when absent, negative, zero or unreadable (the caller then
 * uses its own back-off). At most 100 years. */
int64_t http_retry_after(const struct http_reply *p, int64_t now_ms);
/* The server's clock when it answered; false when the reply does not tell. */
bool http_reply_date(const struct http_reply *p, int64_t *ret_ms);

#endif
