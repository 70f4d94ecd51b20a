#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "io/lock.h"

static char name[64];

static int name_it(void **state)
{
	(void)state;
	/* Abstract names belong to the machine: two runs of this test must not meet. */
	(void)snprintf(name, sizeof(name), "test-%ld-%ld", (long)getpid(), (long)time(NULL));
	return 0;
}

static void test_take_and_free(void **state)
{
	struct lock *a = NULL, *b = NULL;
	struct err err;

	(void)state;
	assert_int_equal(lock_take(&a, name, &err), ERR_OK);
	assert_int_equal(lock_take(&b, name, &err), ERR_LOCKED);
	assert_null(b);
	assert_int_equal(lock_take(&b, "test-another", &err), ERR_OK);
	lock_free(b);
	lock_free(a);
	assert_int_equal(lock_take(&a, name, &err), ERR_OK);
	lock_free(a);
	lock_free(NULL);
}

static void test_name_of_80_bytes(void **state)
{
	char long_name[82];
	struct lock *l = NULL;
	struct err err;

	(void)state;
	memset(long_name, 'n', 81);
	long_name[81] = '\0';
	assert_int_equal(lock_take(&l, long_name, &err), ERR_INTERNAL);
	long_name[80] = '\0';
	assert_int_equal(lock_take(&l, long_name, &err), ERR_OK);
	lock_free(l);
}

/* A child holds the lock until the pipe that it watches is closed. */
static pid_t holder(int *ret_end)
{
	int up[2], down[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct lock *l;
		struct err err;

		(void)close(down[1]);
		if (lock_take(&l, name, &err) != ERR_OK)
			_exit(1);
		(void)!write(up[1], "x", 1);
		(void)!read(down[0], &c, 1);
		_exit(0);
	}
	assert_int_equal(read(up[0], &c, 1), 1);
	(void)close(up[0]);
	(void)close(up[1]);
	(void)close(down[0]);
	*ret_end = down[1];
	return pid;
}

static void test_names_the_holder(void **state)
{
	char host[256] = "", text[64];
	struct lock *l = NULL;
	struct err err;
	int end;
	pid_t pid = holder(&end);
	int64_t started, now = (int64_t)time(NULL) * 1000;
	char *since;

	(void)state;
	assert_int_equal(lock_take(&l, name, &err), ERR_LOCKED);
	(void)snprintf(text, sizeof(text), "process %ld on ", (long)pid);
	assert_non_null(strstr(err.msg, text));
	(void)gethostname(host, sizeof(host) - 1);
	assert_non_null(strstr(err.msg, host));
	since = strstr(err.msg, "started ");
	assert_non_null(since);
	assert_true(time_parse(str_from(since + 8), &started));
	/* Only that it is this process's start and no other epoch; machines may be slow. */
	assert_true(started <= now + 5000 && started > now - 600000);
	(void)close(end);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Nothing has to be cleaned up after a kill. */
static void test_killed_holder(void **state)
{
	struct lock *l = NULL;
	struct err err;
	int end;
	pid_t pid = holder(&end);

	(void)state;
	assert_int_equal(lock_take(&l, name, &err), ERR_LOCKED);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(lock_take(&l, name, &err), ERR_OK);
	lock_free(l);
	(void)close(end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_free),
		cmocka_unit_test(test_name_of_80_bytes),
		cmocka_unit_test(test_names_the_holder),
		cmocka_unit_test(test_killed_holder),
	};

	return cmocka_run_group_tests(tests, name_it, NULL);
}
