#include "os/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/kernel.h"

enum {
	SECOND_AFTER_MS = 1000, /* earlier: the same wish, come twice */
	LINE_BYTES = 3500,      /* less than a pipe takes at once */
};

static int fd = -1, wake = -1;         /* a pipe that the handler writes to */
static volatile sig_atomic_t asked_by; /* the first signal that came; 0: none */
static volatile sig_atomic_t prompting, at_once_now;
static int64_t asked_ms; /* the handler's own */

/* The handler reads one set while the other is written. */
static struct messages {
	char first[LINE_BYTES], second[LINE_BYTES];
} messages[2] = { { "stopping; again to quit now\n", "stopped at once\n" } };
static volatile sig_atomic_t current;

/* Not more than the reader takes: nobody may be kept from quitting by a full pipe. */
static void say(const char *line)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
	const char *before = log_status_shown() ? "\r\033[K" : prompting ? "\n" : "";

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return;
	(void)!write(STDERR_FILENO, before, strlen(before));
	(void)!write(STDERR_FILENO, line, strlen(line));
}

/* The system sends SIGXCPU once a second. */
static bool is_second(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGQUIT;
}

/* Who waits for us knows three ways of being stopped. */
static int told_as(int sig)
{
	return sig == SIGHUP || sig == SIGINT ? sig : SIGTERM;
}

static void on_signal(int sig)
{
	int saved = errno;

	if (at_once_now ||
		(asked_by && is_second(sig) &&
			kernel_clock_ms(CLOCK_MONOTONIC) - asked_ms >= SECOND_AFTER_MS)) {
		say(messages[current].second);
		_exit(128 + told_as(sig));
	}
	if (!asked_by) {
		asked_by = told_as(sig);
		asked_ms = kernel_clock_ms(CLOCK_MONOTONIC);
		say(messages[current].first);
		(void)!write(wake, "", 1);
	}
	errno = saved;
}

/* SQLite maps the -shm files of the state: where somebody cuts one short, memory goes while it is
 * in use. Nothing in this process can be trusted to go on; the next one makes them anew. */
static void on_cut_file(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code != BUS_ADRERR) {
		(void)signal(sig, SIG_DFL);
		return; /* and again */
	}
	say("a -shm file of the state was cut short by another program while it was in use\n");
	say(messages[current].second);
	_exit(errc_info(ERR_STORE)->exit_status);
}

/* SIGQUIT is a key (Ctrl-\), SIGXCPU comes at `ulimit -t`, SIGPWR when the power goes. */
static const int stopping[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGXCPU,
#ifdef SIGPWR
	SIGPWR
#endif
};
enum { N_STOPPING = sizeof(stopping) / sizeof(*stopping) };

static void stopping_signals(sigset_t *ret)
{
	(void)sigemptyset(ret);
	for (size_t i = 0; i < N_STOPPING; i++)
		(void)sigaddset(ret, stopping[i]);
}

/* One that was ignored when we were started stays so, as SIGHUP under nohup. */
static bool watch(const struct sigaction *act)
{
	struct sigaction before;

	for (size_t i = 0; i < N_STOPPING; i++) {
		bool must = stopping[i] == SIGINT || stopping[i] == SIGTERM;

		if (sigaction(stopping[i], NULL, &before) != 0 ||
			((must || before.sa_handler != SIG_IGN) &&
				sigaction(stopping[i], act, NULL) != 0))
			return false;
	}
	return true;
}

enum errc stop_open(struct err *err)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction cut = { .sa_sigaction = on_cut_file, .sa_flags = SA_SIGINFO };
	int ends[2];

	if (fd >= 0)
		return ERR_OK;
	if (kernel_pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ||
		fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
		return err_set(err, ERR_INTERNAL, "cannot watch signals: %s", strerror(errno));
	fd = ends[0];
	wake = ends[1];
	stopping_signals(&act.sa_mask);
	if (!watch(&act) || sigaction(SIGBUS, &cut, NULL) != 0 ||
		sigprocmask(SIG_UNBLOCK, &act.sa_mask, NULL) != 0)
		return err_set(err, ERR_INTERNAL, "cannot watch signals: %s", strerror(errno));
	return ERR_OK;
}

static void put(char line[LINE_BYTES], const char *head, const char *rest, const char *tail)
{
	(void)snprintf(line, LINE_BYTES, "%s%s%.*s%s\n", head, rest ? ": " : "", LINE_BYTES - 80,
		rest ? rest : "", tail);
	text_clean(line, strlen(line) - 1);
}

void stop_words(const char *doing, const char *left)
{
	struct messages *next = &messages[!current];

	put(next->first, "stopping", doing, "; again to quit now");
	put(next->second, "stopped at once", left, "");
	current = !current;
}

void stop_at_prompt(bool at_prompt)
{
	prompting = at_prompt;
}

void stop_at_once(bool at_once)
{
	at_once_now = at_once;
}

int stop_fd(void)
{
	return fd;
}

bool stop_asked(void)
{
	char byte; /* only the first signal writes one */

	if (fd >= 0)
		(void)!read(fd, &byte, 1);
	return asked_by != 0;
}

int stop_signal(void)
{
	return asked_by;
}

enum errc stop_sleep(int64_t ms, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until = kernel_clock_ms(CLOCK_MONOTONIC) + ms, left;

	while ((left = until - kernel_clock_ms(CLOCK_MONOTONIC)) > 0 && !p.revents)
		if (poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX) < 0)
			p.revents = 0;
	return p.revents ? err_set(err, ERR_STOPPED, "stopped by a signal") : ERR_OK;
}

pid_t stop_fork(void)
{
	sigset_t ours, before;
	pid_t pid;

	stopping_signals(&ours);
	(void)sigprocmask(SIG_BLOCK, &ours, &before);
	pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < N_STOPPING; i++)
			(void)signal(stopping[i], SIG_IGN);
		fd = -1; /* the pipe is shared with the parent */
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}
