#include "wire/queue.h"

#include <stdlib.h>

#include "base/mem.h"

/* --- a binary heap, least key first, then least seq --- */

static bool before(const struct heap *h, size_t i, size_t k)
{
	const struct queue_entry *a = &h->v[i], *b = &h->v[k];

	return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void swap(struct heap *h, size_t a, size_t b)
{
	struct queue_entry e = h->v[a];

	h->v[a] = h->v[b];
	h->v[b] = e;
}

static void heap_push(struct heap *h, int64_t key, struct queued_call *j)
{
	size_t i = h->n;

	MEM_GROW(h->v, h->n, h->cap);
	h->v[h->n++] = (struct queue_entry){ key, j->seq, j };
	for (; i && before(h, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(h, i, (i - 1) / 2);
}

/* Not for an empty one. */
static struct queued_call *heap_pop(struct heap *h)
{
	struct queued_call *top = h->v[0].call;
	size_t i = 0, least = 0;

	h->v[0] = h->v[--h->n];
	do {
		swap(h, i, least);
		i = least;
		if (2 * i + 1 < h->n && before(h, 2 * i + 1, least))
			least = 2 * i + 1;
		if (2 * i + 2 < h->n && before(h, 2 * i + 2, least))
			least = 2 * i + 2;
	} while (least != i);
	return top;
}

/* --- the queue --- */

void queue_release(struct queue *q)
{
	free(q->due.v);
	free(q->later.v);
	*q = (struct queue){ 0 };
}

size_t queue_n(const struct queue *q)
{
	return q->due.n + q->later.n;
}

void queue_push(struct queue *q, struct queued_call *j)
{
	heap_push(&q->later, j->ready_ms, j);
}

struct queued_call *queue_head(struct queue *q, int64_t now_ms)
{
	while (q->later.n && q->later.v[0].key <= now_ms)
		heap_push(&q->due, 0, heap_pop(&q->later));
	if (q->due.n)
		return q->due.v[0].call;
	return q->later.n ? q->later.v[0].call : NULL;
}

struct queued_call *queue_pop(struct queue *q, int64_t now_ms)
{
	if (!queue_head(q, now_ms))
		return NULL;
	return heap_pop(q->due.n ? &q->due : &q->later);
}
