#include "os/child.h"
#include "os/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_RUN = 127 };

static void signals_as_new(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Does not return. */
static void become(char *const argv[], pid_t parent, int nothing, int out, int err_out)
{
	(void)setpgid(0, 0);
	signals_as_new();
	(void)kernel_follow_parent(SIGHUP); /* which never is the second signal */
	/* It may have died before it was asked to tell. */
	if (getppid() == parent && dup2(nothing, STDIN_FILENO) >= 0 &&
		dup2(out, STDOUT_FILENO) >= 0 && dup2(err_out, STDERR_FILENO) >= 0)
		(void)execv(argv[0], argv);
	_exit(CANNOT_RUN);
}

enum errc child_start(char *const argv[], int out, int err_out, pid_t *ret_pid, struct err *err)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t parent = getpid(), pid = nothing < 0 ? -1 : fork();
	enum errc rc = ERR_OK;

	if (pid < 0)
		rc = err_set(err, ERR_INTERNAL, "cannot start %s: %s", argv[0], strerror(errno));
	if (pid == 0)
		become(argv, parent, nothing, out, err_out);
	if (nothing >= 0)
		(void)close(nothing);
	*ret_pid = pid < 0 ? 0 : pid;
	return rc;
}

bool child_ended(pid_t pid, int *ret_status)
{
	int status = 0;
	pid_t gone = waitpid(pid, &status, WNOHANG);

	if (gone == 0 || (gone < 0 && errno == EINTR))
		return false;
	if (gone < 0)
		*ret_status = CANNOT_RUN;
	else
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}
