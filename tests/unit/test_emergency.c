#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/emergency.h"

static char folder[] = "/tmp/depmend-emergency-XXXXXX";
static char path[64];
static char got[8][32];
static size_t n_got;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/emergency", folder);
	return 0;
}

static int drop_folder(void **state)
{
	char cmd[96];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	return system(cmd);
}

static int fresh(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static struct emergency *open_ok(void)
{
	struct emergency *e = NULL;
	struct err err = { .msg = "" };

	if (emergency_open(&e, folder, &err))
		fail_msg("%s", err.msg);
	return e;
}

static void add_ok(struct emergency *e, const char *text)
{
	struct err err = { .msg = "" };

	if (emergency_add(e, str_from(text), &err))
		fail_msg("%s", err.msg);
}

static enum errc take(void *self, struct str record, struct err *err)
{
	(void)self;
	(void)err;
	(void)snprintf(got[n_got++ % 8], sizeof(got[0]), "%.*s", STR_FMT(record));
	return ERR_OK;
}

/* What the next start finds. */
static size_t found(void)
{
	struct emergency *e = open_ok();
	struct err err;
	size_t n;

	n_got = 0;
	assert_int_equal(emergency_each(e, take, NULL, &n, &err), ERR_OK);
	assert_int_equal(n, n_got);
	emergency_close(e);
	return n;
}

static void test_add_and_read_back(void **state)
{
	struct emergency *e = open_ok();
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, EMERGENCY_BYTES);
	assert_true(st.st_blocks * 512 >= EMERGENCY_BYTES); /* no holes */
	assert_int_equal(st.st_mode & 0777, 0600);
	add_ok(e, "first");
	add_ok(e, "");
	add_ok(e, "third");
	emergency_close(e);
	assert_int_equal(found(), 3);
	assert_string_equal(got[0], "first");
	assert_string_equal(got[1], "");
	assert_string_equal(got[2], "third");
	e = open_ok();
	add_ok(e, "fourth");
	emergency_close(e);
	assert_int_equal(found(), 4);
	e = open_ok();
	assert_int_equal(emergency_clear(e, &err), ERR_OK);
	add_ok(e, "new");
	emergency_close(e);
	assert_int_equal(found(), 1);
	assert_string_equal(got[0], "new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, EMERGENCY_BYTES);
}

/* Cut or changed at every byte of the last record: the ones before it are there, it is not. */
static void test_torn(void **state)
{
	struct emergency *e = open_ok();
	size_t before, after;
	char bytes[1024], zero[1024] = "";
	struct err err;
	int fd;

	(void)state;
	add_ok(e, "whole one");
	add_ok(e, "whole two");
	before = 2 * (74 + 9 + 1);
	add_ok(e, "the torn one");
	after = before + 74 + 12 + 1;
	emergency_close(e);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, after, 0), (ssize_t)after);
	for (size_t at = before; at < after; at++) {
		char wrong = (char)(bytes[at] ^ 1);

		assert_int_equal(pwrite(fd, bytes, after, 0), (ssize_t)after);
		assert_int_equal(pwrite(fd, zero, after - at, (off_t)at), (ssize_t)(after - at));
		assert_int_equal(found(), 2);
		assert_int_equal(pwrite(fd, bytes, after, 0), (ssize_t)after);
		assert_int_equal(pwrite(fd, &wrong, 1, (off_t)at), 1);
		assert_int_equal(found(), 2);
		assert_string_equal(got[1], "whole two");
	}
	(void)close(fd);
	/* What is added next takes the place of the torn one. */
	e = open_ok();
	assert_int_equal(emergency_add(e, STR("next"), &err), ERR_OK);
	emergency_close(e);
	assert_int_equal(found(), 3);
	assert_string_equal(got[2], "next");
}

/* A clearing that the power cut left half done does not mix old and new. */
static void test_no_old_record_follows(void **state)
{
	struct emergency *e = open_ok();
	char bytes[512];
	struct err err;
	int fd;

	(void)state;
	add_ok(e, "aaaa");
	add_ok(e, "bbbb");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, 158, 0), 158);
	assert_int_equal(emergency_clear(e, &err), ERR_OK);
	add_ok(e, "cccc");
	emergency_close(e);
	assert_int_equal(pwrite(fd, bytes + 79, 79, 79), 79);
	(void)close(fd);
	assert_int_equal(found(), 1);
	assert_string_equal(got[0], "cccc");
}

static void test_full(void **state)
{
	static char big[EMERGENCY_BYTES / 2];
	struct emergency *e = open_ok();
	struct err err;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(emergency_add(e, (struct str){ big, sizeof(big) }, &err), ERR_OK);
	assert_int_equal(emergency_add(e, (struct str){ big, sizeof(big) }, &err), ERR_STORE);
	assert_non_null(strstr(err.msg, "full"));
	add_ok(e, "small");
	emergency_close(e);
	assert_int_equal(found(), 2);
}

static void test_a_folder_that_is_not_there(void **state)
{
	struct emergency *e = NULL;
	struct err err;

	(void)state;
	assert_int_equal(emergency_open(&e, "/nonexistent", &err), ERR_STORE);
	assert_null(e);
	emergency_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_add_and_read_back, fresh),
		cmocka_unit_test_setup(test_torn, fresh),
		cmocka_unit_test_setup(test_no_old_record_follows, fresh),
		cmocka_unit_test_setup(test_full, fresh),
		cmocka_unit_test_setup(test_a_folder_that_is_not_there, fresh),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
