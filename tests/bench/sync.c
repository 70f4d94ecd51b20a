/*
 * Loaded before libc: adds up how long a program waits for its disk, and plays another one.
 * BENCH_SYNC_REPORT: a file for `count seconds`; BENCH_SYNC_US: each sync takes so long, whatever
 * the disk of this machine is busy with.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double waited_s;
static unsigned long n_syncs;

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int counted(const char *name, int fd)
{
	const char *played = getenv("BENCH_SYNC_US");
	double from = now_s();
	int (*real)(int), rc = 0;

	*(void **)&real = dlsym(RTLD_NEXT, name);
	if (played)
		(void)usleep((useconds_t)strtoul(played, NULL, 10));
	else
		rc = real(fd);
	waited_s += now_s() - from;
	n_syncs++;
	return rc;
}

int fsync(int fd)
{
	return counted("fsync", fd);
}

int fdatasync(int fd)
{
	return counted("fdatasync", fd);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("BENCH_SYNC_REPORT");
	/* Whoever starts the program has this loaded as well, and syncs nothing. */
	FILE *report = path && n_syncs ? fopen(path, "w") : NULL;

	if (!report)
		return;
	(void)fprintf(report, "%lu %.6f\n", n_syncs, waited_s);
	(void)fclose(report);
}
