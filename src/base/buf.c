#include "base/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max = max_bytes };
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_wipe(struct buf *b)
{
	if (b->p)
		mem_wipe(b->p, b->cap);
	buf_release(b);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->full = false;
	if (b->p)
		b->p[0] = '\0';
}

bool buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;

	if (n > b->max - b->n)
		b->full = true;
	if (b->full)
		return false;
	while (cap < b->n + n + 1)
		cap *= 2;
	if (cap != b->cap) {
		b->p = mem_realloc(b->p, cap, 1);
		b->cap = cap;
	}
	return true;
}

void buf_z(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

void buf_u64(struct buf *b, uint64_t v)
{
	buf_printf(b, "%" PRIu64, v);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512];
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		buf_add(b, small, (size_t)n);
	} else if (n >= 0 && buf_room(b, (size_t)n)) {
		(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

enum errc buf_check(const struct buf *b, const char *what, struct err *err)
{
	if (b->full)
		return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", what, b->max);
	return ERR_OK;
}
