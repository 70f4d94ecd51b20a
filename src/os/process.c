#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* Those that would end or stop a process, and ask nothing of this one. */
static void let_pass(void)
{
	static const int passing[] = {
		SIGPIPE,
		SIGXFSZ,
		SIGUSR1,
		SIGUSR2,
		SIGVTALRM,
		SIGPROF,
		SIGTTOU,
#ifdef SIGIO
		SIGIO,
#endif
#ifdef SIGSTKFLT
		SIGSTKFLT,
#endif
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		(void)signal(passing[i], SIG_IGN);
#ifdef SIGRTMIN
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		(void)signal(sig, SIG_IGN);
#endif
}

static void end_at_once(int sig)
{
	_exit(128 + sig);
}

/* The first process of a container has no default action: what nobody handles is lost, and who
 * stops the container waits for nothing until he kills it. */
static void end_by_signals(void)
{
	static const int three[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction act = { .sa_handler = end_at_once }, now;

	for (size_t i = 0; i < sizeof(three) / sizeof(*three); i++)
		if (sigaction(three[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			(void)sigaction(three[i], &act, NULL);
}

void process_begin(void)
{
	static const int modes[] = {
		[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDWR
	};

	/* In order, so that each gets its number: the lowest that is free. Not closed by exec(): a
	 * program that is started has them too. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) < 0)
			(void)!open("/", O_RDONLY | O_DIRECTORY);
	let_pass();
	(void)signal(SIGCHLD, SIG_DFL);
	if (getpid() == 1)
		end_by_signals();
}
