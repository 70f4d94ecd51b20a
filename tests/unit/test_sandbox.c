/* What is given away is gone, what is left works: tried in a child, since there is no way back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/file.h"
#include "os/kernel.h"
#include "os/sandbox.h"

enum { NO_LANDLOCK = 77 };

static char inside[64] = "/tmp/depmend-in-XXXXXX", outside[64] = "/tmp/depmend-out-XXXXXX";

static const char *in(const char *folder, const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static bool creates(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* As results are written: an unnamed file that is given its name when it is whole. */
static bool publishes(const char *path)
{
	struct outfile *f = NULL;
	bool good = outfile_open(&f, path, 0600, NULL) == ERR_OK;

	if (good) {
		outfile_write(f, STR("whole\n"));
		good = outfile_commit(f, NULL, NULL) == ERR_OK;
	}
	outfile_free(f);
	return good;
}

/* Returns the number of the first thing that is not as it should be. */
static int try_all(void)
{
	char *const argv[] = { (char[]){ "/bin/true" }, NULL };
	char byte;
	int fd;

	if (!creates(in(inside, "new")) || !publishes(in(inside, "result.csv")))
		return 1;
	if (rename(in(inside, "new"), "/tmp/depmend-never") == 0)
		return 2;
	if (creates(in(outside, "new")) || publishes(in(outside, "result.csv")))
		return 3;
	if (truncate(in(outside, "there"), 0) == 0 || unlink(in(outside, "there")) == 0 ||
		mkdir(in(outside, "folder"), 0700) == 0)
		return 4;
	fd = open(in(outside, "there"), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != 1 || byte != 'x')
		return 5;
	if (!creates("/dev/null"))
		return 6;
	(void)execv(argv[0], argv);
	return errno == EACCES ? 0 : 7;
}

static void test_confined(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_non_null(mkdtemp(inside));
	assert_non_null(mkdtemp(outside));
	{
		int fd = open(in(outside, "there"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_int_equal(write(fd, "x", 1), 1);
		(void)close(fd);
	}
	child = fork();
	if (child == 0) {
		const char *writable[] = { "/there/is/no/such/folder", inside };
		bool given = false;
		int version = sandbox_enter(writable, 2, &given);

		_exit(KERNEL_LINUX && !given ? 8 : version ? try_all() : NO_LANDLOCK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	(void)unlink(in(inside, "new"));
	(void)unlink(in(inside, "result.csv"));
	(void)unlink(in(outside, "there"));
	(void)rmdir(inside);
	(void)rmdir(outside);
	if (WEXITSTATUS(status) == NO_LANDLOCK)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_confined) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
