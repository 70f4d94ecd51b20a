/*
 * measure REPORT COMMAND...: runs it and writes `wall_s cpu_s peak_kib status` to REPORT. A program
 * of its own, because the peak that the kernel counts begins with the one of who started it.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage used;
	int status;
	pid_t pid;
	FILE *report;

	if (argc < 3)
		return 64;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	pid = fork();
	if (pid == 0) {
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 70;
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	report = fopen(argv[1], "w");
	if (!report)
		return 73;
	(void)fprintf(report, "%.6f %.6f %ld %d\n",
		(double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(report) ? 74 : 0;
}
