/*
 * A growing byte buffer with a mandatory ceiling.
 *
 * Adding past the ceiling sets `full` and drops the bytes; callers write freely and look once at
 * the end with buf_check(). The content is always NUL-terminated beyond n for C interfaces.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap, max; /* bytes */
	bool full;
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);
/* Overwrites the bytes before freeing them: for secrets. */
void buf_wipe(struct buf *b);
/* Empty again, capacity kept, `full` cleared. */
void buf_reset(struct buf *b);

/* Makes room for n bytes and the NUL; false when they are dropped. */
bool buf_room(struct buf *b, size_t n);
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if ((b->full || n >= b->cap - b->n || n > b->max - b->n) && !buf_room(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}
static inline void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}
static inline void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}
void buf_z(struct buf *b, const char *z);
void buf_u64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* ERR_LIMIT when something was dropped; `what` names the buffer for the sentence. */
MUST_CHECK enum errc buf_check(const struct buf *b, const char *what, struct err *err);

/* Borrowed until the next change of b. */
static inline struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

/* Never NULL; borrowed until the next change of b. */
static inline const char *buf_cstr(const struct buf *b)
{
	return b->p ? b->p : "";
}

#endif
