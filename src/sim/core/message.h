/*
 * One request and its reply as plain data; sockets are serve.c's affair.
 */
#ifndef SIM_CORE_MESSAGE_H
#define SIM_CORE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "io/json.h"

enum {
	MESSAGE_MAX_HEADERS = 64,
	MESSAGE_MAX_QUERY = 64,
	MESSAGE_MAX_BODY = 64 * 1024 * 1024, /* of a request */
	REPLY_MAX_HEADERS = 16,
	REPLY_MAX_BODY = 256 * 1024 * 1024, /* of a reply that is not streamed */
	REPLY_CHUNK_BYTES = 64 * 1024,
};

struct pair {
	struct str name, value;
};

/* Everything is borrowed for the call. */
struct request {
	struct str method, path; /* path still percent-encoded */
	struct str query;        /* behind the `?`, still encoded */
	struct pair headers[MESSAGE_MAX_HEADERS];
	size_t n_headers;
	struct str body;
	const struct marks
		*marks; /* it was held: what the scenario had in store for it; else NULL */
};

/* Ways to lose a reply. */
enum loss { LOSS_NONE, LOSS_RESET, LOSS_CLOSE, LOSS_TRUNCATE, LOSS_HANG };

/* Somebody else is to act first: before the request is looked at, or before the reply leaves. */
enum held { HELD_NOT, HELD_REQUEST, HELD_REPLY };
/* What a reply wants of the server besides: let those go on, or say who they are (delay_ms: how
 * long to wait until there are some). */
enum order { ORDER_NONE, ORDER_GO, ORDER_LIST };

/* Entries of the scenario that strike the request that is handled, or that a timer goes back to:
 * one bit each. */
struct marks {
	uint64_t overrides, deeds;
};

struct stream;
/* Appends the next part of a long body; false when it was the last. */
typedef bool stream_fn(void *self, struct buf *out);

struct reply {
	int status;
	const char *type; /* Content-Type; NULL for none */
	struct {
		const char *name; /* borrowed for ever */
		char *value;      /* owned */
	} headers[REPLY_MAX_HEADERS];
	size_t n_headers;
	struct buf body;
	stream_fn *more; /* NULL: body is whole; otherwise it follows the body */
	void *stream;    /* owned; freed with free() */
	enum loss loss;
	enum held held;
	enum order order;
	struct marks marks; /* of a request that is held */
	int64_t delay_ms;   /* real time before the reply leaves */
};

void reply_init(struct reply *r);
void reply_release(struct reply *r);
/* Back to an empty 200, for a reply that another one replaces. */
void reply_reset(struct reply *r);
void reply_header(struct reply *r, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A streamed body becomes a whole one. */
void reply_gather(struct reply *r);

/* Header by name, case ignored; STR_NONE when absent. */
struct str request_header(const struct request *q, const char *name);
/* Scheme and host as the client wrote them: by a name that is not this machine's own it can only
 * have come through a TLS front. */
struct str request_origin(const struct request *q, struct arena *a);

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
enum { HTTP_DATE_TEXT = 48 };
void http_date(int64_t at_ms, char out[HTTP_DATE_TEXT]);

/* name=value&..., percent and plus decoded into the arena. Pairs beyond the room are dropped. */
struct pairs {
	struct pair v[MESSAGE_MAX_QUERY];
	size_t n;
};
void pairs_read(struct pairs *p, struct str text, struct arena *a);
/* By name; STR_NONE (p == NULL) when absent. */
struct str pairs_get(const struct pairs *p, const char *name);
struct str pairs_get_nocase(const struct pairs *p, const char *name);
/* %XX decoded (and + as a blank with `form`). */
struct str text_unescape(struct str text, bool form, struct arena *a);

/* One value as it was sent, under its name if it is a member; nested ones too (io/json.h bounds the
 * depth). */
void json_out_copy(struct json_out *o, const struct json *v, bool named, struct arena *a);

#endif
