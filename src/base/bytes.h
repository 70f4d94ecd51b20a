/*
 * Several bytes of a text as one number, for what looks at them at once: the first byte is the
 * lowest on every machine. No header for this is the same everywhere: macOS has no endian.h.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>
#include <string.h>

/* Eight bytes, wherever they begin. */
static inline uint64_t bytes_read8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

static inline void bytes_write8(char *p, uint64_t v)
{
	v = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
	memcpy(p, &v, sizeof(v));
}

#endif
