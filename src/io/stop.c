#include "wire/stop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int fd = -1;
static int asked_by; /* the first signal that came; 0: none */

enum errc stop_open(struct err *err)
{
	struct sigaction hup;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	/* A blocked signal reaches the descriptor even when it is ignored: nohup must stay nohup.
	 */
	if (sigaction(SIGHUP, NULL, &hup) != 0 || hup.sa_handler != SIG_IGN)
		(void)sigaddset(&set, SIGHUP);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_set(err, ERR_INTERNAL, "cannot block signals: %s", strerror(errno));
	fd = signalfd(fd, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "cannot watch signals: %s", strerror(errno));
	return ERR_OK;
}

int stop_fd(void)
{
	return fd;
}

bool stop_asked(void)
{
	struct signalfd_siginfo info;

	while (fd >= 0 && read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (asked_by)
			_exit(128 + (int)info.ssi_signo);
		asked_by = (int)info.ssi_signo;
	}
	return asked_by != 0;
}

int stop_signal(void)
{
	(void)stop_asked();
	return asked_by;
}
