#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/stop.h"

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

static int second(void)
{
	if (first(SIGTERM) != GOOD)
		return 1;
	(void)raise(SIGINT);
	(void)stop_asked();
	return 2;
}

static int both_unread(void)
{
	struct err err;

	if (stop_open(&err))
		return 1;
	(void)raise(SIGHUP);
	(void)raise(SIGTERM);
	(void)stop_asked();
	return 2;
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

static int broken_pipe(void)
{
	struct err err;
	int ends[2];

	if (stop_open(&err) || pipe(ends) != 0)
		return 1;
	(void)close(ends[0]);
	return write(ends[1], "x", 1) == -1 ? GOOD : 2;
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
	assert_int_equal(status_of(second), 128 + SIGINT);
	assert_int_equal(status_of(both_unread), 128 + SIGTERM);
}

static void test_what_does_not_stop(void **state)
{
	(void)state;
	assert_int_equal(status_of(nohup), GOOD);
	assert_int_equal(status_of(broken_pipe), GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_signal_asks),
		cmocka_unit_test(test_second_signal_ends),
		cmocka_unit_test(test_what_does_not_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
