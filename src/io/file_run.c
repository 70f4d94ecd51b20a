#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/kernel.h"
#include "os/stop.h"

#ifdef __APPLE__
extern char **environ; /* no header of its says so */
#endif

enum { POLL_MS = 20, SELDOM_MS = 500, LAST_WORDS_MS = 500 };

/* A process group of its own, so that a timeout also ends what the program started, unless it has
 * to be in ours to ask on the terminal; signals as a fresh process has them, since we block some.
 */
static int spawn(char *const argv[], const struct file_run_options *opt, int out, pid_t *ret_pid)
{
	const char *input = opt->input ? opt->input : "/dev/null";
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(
		&attr, (short)((opt->asks ? 0 : POSIX_SPAWN_SETPGROUP) | POSIX_SPAWN_SETSIGMASK |
			       POSIX_SPAWN_SETSIGDEF));
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawn_file_actions_init(&files);
	rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, input, O_RDONLY, 0);
	if (rc == 0 && opt->quiet)
		rc = posix_spawn_file_actions_addopen(
			&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawnp(ret_pid, argv[0], &files, &attr, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

/* Takes what is there; false when there will be no more. */
static bool drain(int in, struct buf *b)
{
	char chunk[4096];
	ssize_t n;

	do {
		n = read(in, chunk, sizeof(chunk));
		if (n > 0)
			buf_add(b, chunk, (size_t)n);
	} while (n > 0 && !b->full);
	mem_wipe(chunk, sizeof(chunk));
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Where it has a group of its own, its children too. */
static void send_signal(pid_t pid, int number)
{
	if (kill(-pid, number) != 0)
		(void)kill(pid, number);
}

/* Those that mind get a moment to tidy up. */
static void end(pid_t pid, int *ret_status)
{
	int64_t until = kernel_clock_ms(CLOCK_MONOTONIC) + LAST_WORDS_MS;
	pid_t gone = 0;

	send_signal(pid, SIGTERM);
	while (gone == 0 && kernel_clock_ms(CLOCK_MONOTONIC) < until) {
		(void)poll(NULL, 0, POLL_MS);
		gone = waitpid(pid, ret_status, WNOHANG);
	}
	send_signal(pid, SIGKILL);
	while (gone == 0 && waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
}

enum ended { ENDED, ENDED_LATE, ENDED_BY_SIGNAL };

/* Not every kernel can tell when a program is over: as a rule its end of the pipe is closed then.
 */
static int wait_ms(int process, int in, int64_t left)
{
	int64_t most = process >= 0 ? INT32_MAX : in >= 0 ? SELDOM_MS : POLL_MS;

	return (int)(left < most ? left : most);
}

/* Until the program has ended, has said too much, has taken too long or a signal asks us to stop. A
 * program it left behind may hold the pipe open; that one is not waited for. */
static enum ended collect(int in, pid_t pid, int64_t deadline, struct buf *b, int *ret_status)
{
	int process = kernel_process(pid);
	struct pollfd p[] = { { .fd = in, .events = POLLIN }, { .fd = process, .events = POLLIN },
		{ .fd = stop_fd(), .events = POLLIN } };
	enum ended ended = ENDED_LATE;
	int64_t left;
	bool gone = false;

	while (!gone && !b->full && !p[2].revents &&
		(left = deadline - kernel_clock_ms(CLOCK_MONOTONIC)) > 0) {
		(void)poll(p, 3, wait_ms(process, p[0].fd, left));
		gone = waitpid(pid, ret_status, WNOHANG) == pid;
		if (p[0].fd >= 0 && !drain(in, b))
			p[0].fd = -1;
	}
	if (gone)
		ended = ENDED;
	else
		end(pid, ret_status);
	if (process >= 0)
		(void)close(process);
	return !gone && p[2].revents ? ENDED_BY_SIGNAL : ended;
}

static enum errc verdict(const char *name, enum ended ended, int status, const struct buf *b,
	enum errc failed, struct err *err)
{
	failed = failed ? failed : ERR_SETTINGS;
	if (ended == ENDED_BY_SIGNAL)
		return err_set(err, ERR_STOPPED, "stopped by a signal while '%s' ran", name);
	if (b->full)
		return err_set(err, failed, "'%s' printed more than %zu bytes", name, b->max);
	if (ended == ENDED_LATE)
		return err_set(err, failed, "'%s' took too long and was stopped", name);
	if (WIFSIGNALED(status))
		return err_set(err, failed, "'%s' was ended by signal %d", name, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(
			err, failed, "'%s' ended with exit status %d", name, WEXITSTATUS(status));
	return ERR_OK;
}

enum errc file_run_with(
	char *const argv[], const struct file_run_options *opt, struct buf *ret, struct err *err)
{
	size_t max = opt->max_bytes;
	struct buf b = { .p = mem_zalloc(max + 1), .cap = max + 1, .max = max };
	int64_t deadline = kernel_clock_ms(CLOCK_MONOTONIC) + opt->timeout_ms;
	int fds[2], status = 0, failed;
	enum errc rc;
	pid_t pid;

	if (kernel_pipe(fds) != 0) {
		rc = err_set(err, ERR_SETTINGS, "cannot run '%s': %s", argv[0], strerror(errno));
		goto out;
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	failed = spawn(argv, opt, fds[1], &pid);
	(void)close(fds[1]);
	if (failed) {
		rc = err_set(err, ERR_SETTINGS, "cannot run '%s': %s", argv[0], strerror(failed));
	} else {
		enum ended ended = collect(fds[0], pid, deadline, &b, &status);

		rc = verdict(argv[0], ended, status, &b, opt->failed, err);
	}
	(void)close(fds[0]);
out:
	if (rc)
		buf_wipe(&b);
	else
		*ret = b;
	return rc;
}

enum errc file_run(
	char *const argv[], size_t max_bytes, int64_t timeout_ms, struct buf *ret, struct err *err)
{
	const struct file_run_options opt = { .max_bytes = max_bytes, .timeout_ms = timeout_ms };

	return file_run_with(argv, &opt, ret, err);
}
