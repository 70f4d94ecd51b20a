#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/stop.h"

/* The flag lasts for the life of a process, so each case has its own. The case's result is the exit
 * status. */
static int status_of(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool readable(void)
{
	struct pollfd p = { .fd = stop_fd(), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

enum { GOOD = 42 };

static int quiet(void)
{
	struct err err;

	if (stop_fd() != -1 || stop_asked() || stop_open(&err) || stop_fd() < 0)
		return 1;
	return stop_asked() || stop_signal() || readable() ? 2 : GOOD;
}

static int first(int sig)
{
	struct err err;

	if (stop_open(&err))
		return 1;
	(void)raise(sig);
	if (!readable() || !stop_asked() || stop_signal() != sig)
		return 2;
	/* Read: a poll that watches the descriptor must not spin from now on. */
	return readable() || !stop_asked() ? 3 : GOOD;
}

static int first_hup(void)
{
	return first(SIGHUP);
}

static int first_int(void)
{
	return first(SIGINT);
}

static int first_term(void)
{
	return first(SIGTERM);
}

/* It counts from a second after the first on; `late` says whether to wait for that. */
static int second(int sig, bool late)
{
	if (first(SIGTERM) != GOOD)
		return 1;
	if (late)
		(void)usleep(1100 * 1000);
	(void)raise(sig);
	return stop_signal() == SIGTERM && !readable() ? GOOD : 2;
}

static int second_late(void)
{
	return second(SIGINT, true);
}

static int second_early(void)
{
	return second(SIGINT, false);
}

static int second_hup(void)
{
	return second(SIGHUP, true);
}

static int what_is_said(void)
{
	char said[256] = "";
	int ends[2];

	if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return 1;
	stop_words("putting 2 devices back\n", "A, B");
	if (second(SIGHUP, true) != GOOD)
		return 2;
	(void)raise(SIGHUP);
	return read(ends[0], said, sizeof(said) - 1) > 0 &&
			       strcmp(said,
				       "stopping: putting 2 devices back?; again to quit now\n") ==
				       0
		       ? GOOD
		       : 3;
}

static int full_pipe(void)
{
	static const char much[65536];
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return 1;
	while (write(ends[1], much, sizeof(much)) > 0)
		continue;
	(void)fcntl(STDERR_FILENO, F_SETFL, 0);
	return second(SIGINT, true);
}

static int sleeping(void)
{
	struct err err;

	if (stop_open(&err) || stop_sleep(10, &err))
		return 1;
	(void)raise(SIGTERM);
	return stop_sleep(60000, &err) == ERR_STOPPED && stop_asked() && !stop_sleep(1, &err) ? GOOD
											      : 2;
}

static int forked(void)
{
	struct err err;
	int status;
	pid_t pid;

	if (stop_open(&err))
		return 1;
	pid = stop_fork();
	if (pid == 0) {
		(void)raise(SIGINT);
		_exit(stop_asked() || stop_fd() >= 0 ? 2 : GOOD);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !stop_asked()
		       ? WEXITSTATUS(status)
		       : 3;
}

static int nohup(void)
{
	struct err err;

	(void)signal(SIGHUP, SIG_IGN);
	if (stop_open(&err))
		return 1;
	(void)raise(SIGHUP);
	return readable() || stop_asked() ? 2 : GOOD;
}

static void test_first_signal_asks(void **state)
{
	(void)state;
	assert_int_equal(status_of(quiet), GOOD);
	assert_int_equal(status_of(first_hup), GOOD);
	assert_int_equal(status_of(first_int), GOOD);
	assert_int_equal(status_of(first_term), GOOD);
}

static void test_second_signal_ends(void **state)
{
	(void)state;
	assert_int_equal(status_of(second_late), 128 + SIGINT);
	assert_int_equal(status_of(full_pipe), 128 + SIGINT);
	assert_int_equal(status_of(second_early), GOOD);
	assert_int_equal(status_of(second_hup), GOOD);
}

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(status_of(what_is_said), GOOD);
}

static void test_waits(void **state)
{
	(void)state;
	assert_int_equal(status_of(sleeping), GOOD);
	assert_int_equal(status_of(forked), GOOD);
}

static void test_what_does_not_stop(void **state)
{
	(void)state;
	assert_int_equal(status_of(nohup), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_signal_asks),
		cmocka_unit_test(test_second_signal_ends),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_what_does_not_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
