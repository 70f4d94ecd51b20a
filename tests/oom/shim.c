/*
 * Preloaded into depmend: counts the allocations that the program makes itself and those that
 * libraries make, and lets one fail: OOM_AT names its number and OOM_BY whose it is, "program" or
 * "library". OOM_COUNT names a file that gets both numbers at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

enum { PROGRAM, LIBRARY };

static atomic_long n_calls[2], fails_at[2] = { -1, -1 };
static uintptr_t program_start, program_end;

static int fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	int by = at >= program_start && at < program_end ? PROGRAM : LIBRARY;
	long n = atomic_fetch_add(&n_calls[by], 1) + 1;

	if (n != atomic_load(&fails_at[by]))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *self)
{
	(void)size;
	(void)self;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + h->p_vaddr;

		if (h->p_type == PT_LOAD && (h->p_flags & PF_X)) {
			program_start = start;
			program_end = start + h->p_memsz;
		}
	}
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("OOM_AT"), *by = getenv("OOM_BY");

	(void)dl_iterate_phdr(find_program, NULL);
	if (at && by)
		atomic_store(&fails_at[strcmp(by, "program") == 0 ? PROGRAM : LIBRARY],
			strtol(at, NULL, 10));
}

/* At the end nothing may be opened any more outside a few folders, so this is said early enough. */
__attribute__((destructor)) static void end(void)
{
	const char *count = getenv("OOM_COUNT");
	char text[64];
	int fd = count ? open(count, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int n = snprintf(text, sizeof(text), "%ld %ld\n", atomic_load(&n_calls[PROGRAM]),
		atomic_load(&n_calls[LIBRARY]));

	if (fd < 0)
		return;
	(void)!write(fd, text, (size_t)n);
	(void)close(fd);
}
