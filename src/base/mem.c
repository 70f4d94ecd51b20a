#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE_PAGE_BYTES = 2 * 1024 * 1024 };

static void *checked(void *p)
{
	if (p)
		return p;
	(void)fputs("depmend: out of memory; nothing is lost, run again\n", stderr);
	abort();
}

void *mem_alloc(size_t n)
{
	return checked(malloc(n ? n : 1));
}

void *mem_zalloc(size_t n)
{
	return checked(calloc(1, n ? n : 1));
}

/* Where there are none, small ones do as well. */
static void large_pages(void *p, size_t n)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(p, n, MADV_HUGEPAGE);
#else
	(void)p;
	(void)n;
#endif
}

void *mem_zalloc_table(size_t n)
{
	void *p;

	if (n < 2 * LARGE_PAGE_BYTES || n % LARGE_PAGE_BYTES)
		return mem_zalloc(n);
	p = checked(aligned_alloc(LARGE_PAGE_BYTES, n));
	large_pages(p, n);
	return memset(p, 0, n);
}

void *mem_realloc(void *p, size_t n_items, size_t item_size)
{
	size_t n;

	if (__builtin_mul_overflow(n_items, item_size, &n))
		return checked(NULL);
	return checked(realloc(p, n ? n : 1));
}

void *mem_reserve(void *p, size_t n_items, size_t item_size)
{
	size_t gap, n = n_items * item_size;

	p = mem_realloc(p, n_items, item_size);
	gap = -(uintptr_t)p % LARGE_PAGE_BYTES;
	if (n > gap + LARGE_PAGE_BYTES)
		large_pages((char *)p + gap, n - gap);
	return p;
}

char *mem_strdup(const char *z)
{
	return mem_dupz(str_from(z));
}

char *mem_dupz(struct str s)
{
	char *z = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	return z;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *z;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&z, fmt, ap);
	va_end(ap);
	return checked(n < 0 ? NULL : z);
}

void mem_wipe(void *p, size_t n)
{
	/* Through a pointer that may change, so that no compiler leaves it out. */
	static void *(*const volatile set)(void *, int, size_t) = memset;

	if (n)
		(void)set(p, 0, n);
}
