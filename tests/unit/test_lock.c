#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "os/kernel.h"
#include "store/lock.h"

static char folder[] = "/tmp/depmend-lock-XXXXXX";
static char name[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(name, sizeof(name), "%s/lock", folder);
	return 0;
}

static int drop_folder(void **state)
{
	char cmd[64];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	return system(cmd);
}

static void take_ok(struct lock **ret)
{
	struct err err = { .msg = "" };

	if (lock_take(ret, name, "apply", &err) != ERR_OK)
		fail_msg("%s", err.msg);
}

static void test_take_and_free(void **state)
{
	char other[80];
	struct lock *a = NULL, *b = NULL;
	struct err err;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	take_ok(&a);
	assert_int_equal(lock_take(&b, name, "apply", &err), ERR_LOCKED);
	assert_null(b);
	assert_int_equal(lock_take(&b, other, "apply", &err), ERR_OK);
	lock_free(b);
	lock_free(a);
	take_ok(&a);
	lock_free(a);
	lock_free(NULL);
}

static void test_look(void **state)
{
	char boot[KERNEL_BOOT_TEXT];
	struct lock_holder h;
	struct lock *l;
	struct timespec now;

	(void)state;
	take_ok(&l);
	assert_true(lock_look(name, &h));
	/* Not time(): it goes by the last tick and may be behind what was written before it. */
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	assert_int_equal(h.pid, getpid());
	assert_string_equal(h.command, "apply");
	kernel_boot(boot);
	assert_string_equal(h.boot, boot[0] ? boot : "-");
	assert_in_range(h.since_ms / 1000, now.tv_sec - 60, now.tv_sec);
	lock_free(l);
	assert_false(lock_look(name, &h));
	assert_int_equal(h.pid, 0);
	assert_false(lock_look("/nonexistent/lock", &h));
}

/* Somebody's rm, or a restore, while the lock is held: the next one must not wait for a file that
 * is gone, and what is held by us is the file that is there. */
/* Where only flock() tells whether a lock is held, who looks has it for a moment. */
static void test_looking_keeps_nobody_out(void **state)
{
	int fd = open(name, O_RDWR | O_CREAT, 0600), ready[2];
	struct lock *a = NULL;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		/* Not the parent's open file: its lock would not end here. */
		int own = open(name, O_RDONLY);
		bool has = own >= 0 && flock(own, LOCK_SH) == 0;

		(void)!write(ready[1], "", 1);
		(void)usleep(20000);
		_exit(has ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	take_ok(&a);
	lock_free(a);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ready[0]);
	(void)close(ready[1]);
	(void)close(fd);
}

static void test_another_file_in_its_place(void **state)
{
	struct lock_holder h;
	struct lock *a, *b;

	(void)state;
	take_ok(&a);
	assert_int_equal(unlink(name), 0);
	take_ok(&b);
	assert_true(lock_look(name, &h));
	lock_free(b);
	lock_free(a);
}

/* The file is not all that is held: without it there is still one writer. */
static void test_folder(void **state)
{
	struct lock *a, *b;
	struct err err;

	(void)state;
	take_ok(&a);
	assert_int_equal(lock_take_folder(a, &err), ERR_OK);
	assert_int_equal(unlink(name), 0);
	take_ok(&b);
	assert_int_equal(lock_take_folder(b, &err), ERR_LOCKED);
	assert_non_null(strstr(err.msg, name));
	lock_free(a);
	lock_free(b);
	take_ok(&b);
	assert_int_equal(lock_take_folder(b, &err), ERR_OK);
	lock_free(b);
}

/* Who may read the file could hold it. */
static void test_mode(void **state)
{
	struct lock *l;
	struct stat st;

	(void)state;
	take_ok(&l);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	lock_free(l);
	assert_int_equal(chmod(name, 0666), 0);
	take_ok(&l);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	lock_free(l);
}

static void test_not_a_file(void **state)
{
	char link[80], fifo[80];
	struct lock *l = NULL;
	struct err err;

	(void)state;
	(void)snprintf(link, sizeof(link), "%s/link", folder);
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(symlink(name, link), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(lock_take(&l, link, "apply", &err), ERR_CANNOT_CREATE);
	assert_int_equal(lock_take(&l, fifo, "apply", &err), ERR_SETTINGS);
	assert_int_equal(lock_take(&l, "/nonexistent/lock", "apply", &err), ERR_CANNOT_CREATE);
}

static void test_old_lock(void **state)
{
	char old[64];
	struct lock *a = NULL, *b = NULL;
	struct err err;

	(void)state;
	if (!KERNEL_LINUX) /* where alone the earlier version ran */
		skip();
	(void)snprintf(old, sizeof(old), "test-%ld-%ld", (long)getpid(), (long)time(NULL));
	assert_int_equal(lock_take_old(&a, old, &err), ERR_OK);
	assert_int_equal(lock_take_old(&b, old, &err), ERR_LOCKED);
	lock_free(a);
	assert_int_equal(lock_take_old(&a, old, &err), ERR_OK);
	lock_free(a);
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
		if (lock_take(&l, name, "apply", &err) != ERR_OK)
			_exit(1);
		(void)!write(up[1], "x", 1);
		(void)!read(down[0], &c, 1);
		_exit(0);
	}
	(void)close(up[1]); /* the end of a child that could not take it is an end, not a wait */
	assert_int_equal(read(up[0], &c, 1), 1);
	(void)close(up[0]);
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
	assert_int_equal(lock_take(&l, name, "apply", &err), ERR_LOCKED);
	(void)snprintf(text, sizeof(text), "process %ld on ", (long)pid);
	assert_non_null(strstr(err.msg, text));
	(void)gethostname(host, sizeof(host) - 1);
	assert_non_null(strstr(err.msg, host));
	since = strstr(err.msg, "apply, since ");
	assert_non_null(since);
	assert_true(time_parse(str_from(since + 13), &started));
	/* Only that it is about now; machines may be slow. */
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
	assert_int_equal(lock_take(&l, name, "apply", &err), ERR_LOCKED);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(lock_take(&l, name, "apply", &err), ERR_OK);
	lock_free(l);
	(void)close(end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_free),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_looking_keeps_nobody_out),
		cmocka_unit_test(test_another_file_in_its_place),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_old_lock),
		cmocka_unit_test(test_names_the_holder),
		cmocka_unit_test(test_killed_holder),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
