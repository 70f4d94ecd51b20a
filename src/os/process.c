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
}
