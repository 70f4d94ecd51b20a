/*
 * Preloaded into depmend: counts allocations, and lets the one fail that OOM_AT names. OOM_COUNT
 * names a file that gets the number of all at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static atomic_long n_calls, fails_at = -1;

static int fails(void)
{
	long n = atomic_fetch_add(&n_calls, 1) + 1;

	if (n != atomic_load(&fails_at))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("OOM_AT");

	if (at)
		atomic_store(&fails_at, strtol(at, NULL, 10));
}

/* At the end nothing may be opened any more outside a few folders, so this is said early enough. */
__attribute__((destructor)) static void end(void)
{
	const char *count = getenv("OOM_COUNT");
	char text[32];
	int fd = count ? open(count, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int n = snprintf(text, sizeof(text), "%ld\n", atomic_load(&n_calls));

	if (fd < 0)
		return;
	(void)!write(fd, text, (size_t)n);
	(void)close(fd);
}
