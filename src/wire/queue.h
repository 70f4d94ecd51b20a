/*
 * Calls that wait for their turn. Those that may leave go in the order of their submission, so that
 * one that is tried again does not fall behind a thousand that never were.
 */
#ifndef WIRE_QUEUE_H
#define WIRE_QUEUE_H

#include "wire/transport.h"

/* What transport_get() waits for. */
struct taken {
	enum errc code;
	struct err err;
	struct http_reply reply;
};

/* One call from its submission to its completion. */
struct queued_call {
	struct transport_call call;
	bool signin; /* asks for the service's token; has no call->done */
	uint64_t seq;
	int64_t ready_ms;          /* not before the caller's wish or the end of a back-off */
	uint32_t n_failed;         /* tries that failed */
	uint32_t n_busy;           /* tries that met a 429 */
	uint32_t answered;         /* of its like by then, */
	uint32_t n_first, n_after; /* and how often it met one before and after others */
	uint64_t first_seq;
	int64_t troubled_ms;      /* when the first of these did; TIME_NONE: none */
	bool renewed;             /* has had its new token */
	int64_t turn_ms, turn_id; /* of the try under way, see wire/turn.h */
	int64_t intended_ms;    /* when its intent was made durable; TIME_NONE: not for this try */
	uint32_t generation;    /* of the token that the last try carried */
	struct json_scan *scan; /* of the try under way */
	struct taken *take;     /* takes the answer instead of done(); may be NULL */
};

struct queue_entry {
	int64_t key;
	uint64_t seq;
	struct queued_call *call;
};

struct heap {
	struct queue_entry *v;
	size_t n, cap;
};

struct queue {
	struct heap due;   /* may leave; by submission */
	struct heap later; /* by ready_ms */
};

void queue_release(struct queue *q); /* not the calls */
size_t queue_n(const struct queue *q);
void queue_push(struct queue *q, struct queued_call *j);
/* The one to leave next, perhaps later than now_ms; NULL when empty. */
struct queued_call *queue_head(struct queue *q, int64_t now_ms);
/* Takes the head out. */
struct queued_call *queue_pop(struct queue *q, int64_t now_ms);

#endif
