#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "os/kernel.h"

static char folder[64];
static struct err err;

/* A file system that lacks something: these stand in front of libc's. */
static bool no_tmpfile, no_hard_links;

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (no_hard_links) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/depmend-test-file-XXXXXX");
	err = (struct err){ 0 };
	no_tmpfile = no_hard_links = false;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	char *const argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, folder, NULL };
	struct buf out;

	(void)state;
	if (chdir("/tmp") != 0 || file_run(argv, 100, 10000, &out, NULL) != ERR_OK)
		return -1;
	buf_release(&out);
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_content(const char *path, const char *text)
{
	struct buf b;

	assert_int_equal(file_read(path, 1 << 20, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), text);
	buf_release(&b);
}

static int n_files(void)
{
	DIR *d = opendir(".");
	int n = -2; /* . and .. */

	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static struct outfile *opened(const char *path)
{
	struct outfile *f = NULL;

	assert_int_equal(outfile_open(&f, path, 0640, &err), ERR_OK);
	return f;
}

static void write_whole(const char *path, const char *text, const char *backup)
{
	struct outfile *f = opened(path);

	outfile_write(f, str_from(text));
	assert_int_equal(outfile_commit(f, backup, &err), ERR_OK);
	outfile_free(f);
}

static void output_appears_whole_at_the_commit(void **state)
{
	struct outfile *f = opened("out.csv");
	struct stat st;

	(void)state;
	(void)umask(022);
	outfile_write(f, STR("one\n"));
	outfile_write(f, STR_NONE);
	outfile_write(f, STR("two\n"));
	assert_false(file_exists("out.csv"));
	assert_int_equal(n_files(), KERNEL_LINUX ? 0 : 1); /* elsewhere it has a name at once */
	assert_int_equal(outfile_commit(f, NULL, &err), ERR_OK);
	outfile_free(f);
	assert_content("out.csv", "one\ntwo\n");
	assert_int_equal(n_files(), 1);
	assert_int_equal(stat("out.csv", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void output_not_committed_leaves_all_as_it_was(void **state)
{
	struct outfile *f;

	(void)state;
	put("out.csv", "old");
	for (int i = 0; i < 2; i++) {
		no_tmpfile = i == 1;
		f = opened("out.csv");
		outfile_write(f, STR("new"));
		outfile_free(f);
		assert_content("out.csv", "old");
		assert_int_equal(n_files(), 1);
	}
	outfile_free(NULL);
}

static void output_replaces_and_keeps_the_present_file(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		no_tmpfile = i >= 2;
		no_hard_links = i == 3;
		put("out.csv", "first");
		write_whole("out.csv", "second", NULL);
		assert_content("out.csv", "second");
		write_whole("out.csv", "third", "kept");
		assert_content("out.csv", "third");
		assert_content("kept", "second");
		write_whole("out.csv", "fourth", "kept");
		assert_content("out.csv", "fourth");
		assert_content("kept", "third");
		assert_int_equal(n_files(), 2);
	}
}

static void backup_without_a_present_file_is_none(void **state)
{
	(void)state;
	write_whole("out.csv", "new", "kept");
	assert_content("out.csv", "new");
	assert_false(file_exists("kept"));
}

/* What a run leaves that was killed between the backup and the new file. */
static void backup_may_be_the_present_file_already(void **state)
{
	(void)state;
	put("out.csv", "old");
	assert_int_equal(link("out.csv", "kept"), 0);
	write_whole("out.csv", "new", "kept");
	assert_content("out.csv", "new");
	assert_content("kept", "old");
	assert_int_equal(n_files(), 2);
}

static void output_goes_to_the_folder_it_was_opened_in(void **state)
{
	struct outfile *f;

	(void)state;
	assert_int_equal(file_mkdirs("a/b", 0700, &err), ERR_OK);
	f = opened("a/b/out.csv");
	assert_int_equal(rename("a/b", "a/c"), 0);
	outfile_write(f, STR("x"));
	assert_int_equal(outfile_commit(f, NULL, &err), ERR_OK);
	outfile_free(f);
	assert_content("a/c/out.csv", "x");
}

static void refused(const char *path, const char *because)
{
	struct outfile *f = NULL;

	assert_int_equal(outfile_open(&f, path, 0600, &err), ERR_CANNOT_CREATE);
	assert_null(f);
	assert_int_equal(err.code, ERR_CANNOT_CREATE);
	if (!strstr(err.msg, because) || !strstr(err.msg, path))
		fail_msg("%s", err.msg);
}

static void a_pipe_keeps_nobody_waiting(void **state)
{
	struct buf text;

	(void)state;
	assert_int_equal(mkfifo("late", 0600), 0);
	assert_true(file_is_pipe("late"));
	assert_false(file_is_pipe("file"));
	assert_int_equal(file_read("late", 100, &text, &err), ERR_NO_INPUT);
	assert_non_null(strstr(err.msg, "late: is a pipe"));
}

static void output_refuses_what_is_no_regular_file(void **state)
{
	(void)state;
	put("file", "x");
	assert_int_equal(symlink("file", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	refused("link", "a symbolic link");
	refused("dangling", "a symbolic link");
	refused("dir", "a folder");
	refused("dir/", "a folder");
	refused(".", "a folder");
	refused("fifo", "pipe");
	refused("/dev/null", "device");
	refused("missing/out.csv", "No such file");
	refused("file/out.csv", "Not a directory");
	assert_content("file", "x");
}

static void first_failure_is_told_at_the_commit(void **state)
{
	struct outfile *f = opened("out.csv");
	struct rlimit old, small;
	char block[70000] = { 0 };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 100000;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 3; i++)
		outfile_write(f, (struct str){ block, sizeof(block) });
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(outfile_commit(f, NULL, &err), ERR_IO);
	assert_non_null(strstr(err.msg, "out.csv: cannot write: File too large"));
	outfile_free(f);
	assert_int_equal(n_files(), 0);
}

static void dash_is_standard_output(void **state)
{
	int keep, fd;
	struct outfile *f;

	(void)state;
	(void)fflush(stdout);
	keep = dup(STDOUT_FILENO);
	fd = open("captured", O_WRONLY | O_CREAT, 0600);
	(void)dup2(fd, STDOUT_FILENO);
	f = opened("-");
	outfile_write(f, STR("hello\n"));
	assert_int_equal(outfile_commit(f, "kept", &err), ERR_OK);
	outfile_free(f);
	(void)close(fd);
	fd = open("/dev/full", O_WRONLY);
	(void)dup2(fd, STDOUT_FILENO);
	f = opened("-");
	outfile_write(f, STR("hello\n"));
	assert_int_equal(outfile_commit(f, NULL, &err), ERR_IO);
	outfile_free(f);
	(void)dup2(keep, STDOUT_FILENO);
	(void)close(keep);
	(void)close(fd);
	assert_string_equal(err.msg, "standard output: cannot write: No space left on device");
	assert_content("captured", "hello\n");
	assert_false(file_exists("-"));
}

static void reads_whole_files_up_to_a_limit(void **state)
{
	struct buf b = { .n = 7 };

	(void)state;
	put("file", "12345");
	put("empty", "");
	assert_content("file", "12345");
	assert_content("empty", "");
	assert_int_equal(file_read("file", 4, &b, &err), ERR_LIMIT);
	assert_int_equal(file_read("missing", 4, &b, &err), ERR_NO_INPUT);
	assert_non_null(strstr(err.msg, "missing: cannot open: No such file"));
	assert_int_equal(file_read(".", 4, &b, &err), ERR_NO_INPUT);
	assert_int_equal(b.n, 7);
	assert_int_equal(file_read("file", 5, &b, &err), ERR_OK);
	assert_int_equal(b.n, 5);
	buf_release(&b);
}

static void secret_refused(const char *path, const char *because)
{
	struct buf b;

	assert_int_equal(file_read_secret(path, 4, &b, &err), ERR_SETTINGS);
	assert_int_equal(err.code, ERR_SETTINGS);
	if (!strstr(err.msg, because) || !strstr(err.msg, path))
		fail_msg("%s", err.msg);
}

static void reads_secrets_that_only_the_owner_can_read(void **state)
{
	struct buf b;

	(void)state;
	put("key", "abcd");
	assert_int_equal(chmod("key", 0600), 0);
	assert_int_equal(file_read_secret("key", 4, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), "abcd");
	buf_wipe(&b);
	assert_int_equal(chmod("key", 0640), 0);
	secret_refused("key", "chmod 600");
	assert_int_equal(chmod("key", 0604), 0);
	secret_refused("key", "chmod 600");
	put("long", "abcde");
	assert_int_equal(chmod("long", 0400), 0);
	secret_refused("long", "larger than 4");
	assert_int_equal(chmod("key", 0600), 0);
	assert_int_equal(symlink("key", "link"), 0);
	assert_int_equal(mkdir("..data", 0755), 0);
	assert_int_equal(rename("key", "..data/key"), 0);
	secret_refused("link", "No such file");
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(symlink("..data/key", "link"), 0);
	assert_int_equal(file_read_secret("link", 4, &b, &err), ERR_OK);
	buf_wipe(&b);
	assert_int_equal(symlink("../long", "..data/out"), 0);
	secret_refused("..data/out", "must not leave its folder");
	assert_int_equal(symlink("/proc/self/exe", "away"), 0);
	secret_refused("away", "must not leave its folder");
	assert_int_equal(rename("..data/key", "key"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	secret_refused("fifo", "regular file");
	assert_int_equal(mkdir("dir", 0700), 0);
	secret_refused("dir", "regular file");
	secret_refused("missing", "No such file");
	if (geteuid() == 0) {
		assert_int_equal(chmod("key", 0600), 0);
		assert_int_equal(chown("key", 12345, 0), 0);
		secret_refused("key", "another user");
	}
}

static void makes_folders(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_mkdirs("a/b//c/", 0700, &err), ERR_OK);
	assert_int_equal(file_mkdirs("a/b/c", 0700, &err), ERR_OK);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	put("a/file", "");
	assert_int_equal(file_mkdirs("a/file", 0700, &err), ERR_CANNOT_CREATE);
	assert_non_null(strstr(err.msg, "a/file: is not a folder"));
	assert_int_equal(file_mkdirs("a/file/x", 0700, &err), ERR_CANNOT_CREATE);
	assert_int_equal(file_mkdirs("/proc/nothing", 0700, &err), ERR_CANNOT_CREATE);
	assert_int_equal(file_mkdirs("/", 0700, &err), ERR_OK);
}

static void assert_beside(const char *base, const char *name, const char *want)
{
	char *path = file_beside(base, name);

	assert_string_equal(path, want);
	free(path);
}

static void names_files_beside_others(void **state)
{
	(void)state;
	assert_beside("etc/depmend.yaml", "key.pem", "etc/key.pem");
	assert_beside("depmend.yaml", "key.pem", "key.pem");
	assert_beside("/depmend.yaml", "key.pem", "/key.pem");
	assert_beside("etc/depmend.yaml", "/run/key.pem", "/run/key.pem");
	assert_beside("etc/depmend.yaml", "sub/key.pem", "etc/sub/key.pem");
}

/* Runs `sh -c script`, or the words as they are. */
static enum errc run(struct buf *ret, size_t max, int64_t timeout_ms, const char *script)
{
	char *text = strdup(script);
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, text, NULL };
	enum errc rc = file_run(argv, max, timeout_ms, ret, &err);

	free(text);
	return rc;
}

static void program_gives_its_output(void **state)
{
	char *const argv[] = { (char[]){ "printf" }, (char[]){ "%s|" }, (char[]){ "$HOME; x" },
		(char[]){ "" }, NULL };
	struct buf b;

	(void)state;
	assert_int_equal(file_run(argv, 100, 10000, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), "$HOME; x||");
	buf_wipe(&b);
	assert_int_equal(run(&b, 100, 10000, "cat; echo end"), ERR_OK);
	assert_string_equal(buf_cstr(&b), "end\n");
	buf_wipe(&b);
	assert_int_equal(run(&b, 200000, 10000, "head -c 200000 /dev/zero | tr '\\0' x"), ERR_OK);
	assert_int_equal(b.n, 200000);
	buf_wipe(&b);
}

static void program_gets_fresh_signals(void **state)
{
	sigset_t block, old;
	struct buf b;

	(void)state;
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &block, &old);
	assert_int_equal(run(&b, 100, 10000, "kill -TERM $$; echo alive"), ERR_SETTINGS);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	assert_string_equal(err.msg, "'sh' was ended by signal 15");
}

static void program_failures_are_named(void **state)
{
	char *const argv[] = { (char[]){ "./no-such-program" }, NULL };
	struct buf b;

	(void)state;
	assert_int_equal(file_run(argv, 100, 10000, &b, &err), ERR_SETTINGS);
	assert_string_equal(err.msg, "cannot run './no-such-program': No such file or directory");
	assert_int_equal(run(&b, 100, 10000, "echo x; exit 7"), ERR_SETTINGS);
	assert_string_equal(err.msg, "'sh' ended with exit status 7");
	assert_int_equal(run(&b, 100, 10000, "yes"), ERR_SETTINGS);
	assert_string_equal(err.msg, "'sh' printed more than 100 bytes");
}

/* How large; -1: not there. */
static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* A machine may be too busy for the first beat, but what lives goes on beating. */
static void program_is_stopped_with_all_it_started(void **state)
{
	int64_t beats;
	struct buf b;

	(void)state;
	assert_int_equal(run(&b, 100, 500, "while sleep 0.05; do echo >>beats; done & sleep 60"),
		ERR_SETTINGS);
	assert_string_equal(err.msg, "'sh' took too long and was stopped");
	beats = size_of("beats");
	(void)usleep(600000);
	assert_int_equal(size_of("beats"), beats);
	assert_int_equal(run(&b, 100, 200, "exec >&-; sleep 60"), ERR_SETTINGS);
}

static void program_left_behind_is_not_waited_for(void **state)
{
	struct buf b;

	(void)state;
	assert_int_equal(run(&b, 100, 20000, "sleep 2 & echo ready"), ERR_OK);
	assert_string_equal(buf_cstr(&b), "ready\n");
	buf_wipe(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void test_local(void **state)
{
	(void)state;
	assert_int_equal(file_check_local("/tmp", NULL), ERR_OK);
#if KERNEL_LINUX
	assert_string_equal(kernel_network_name(0x6969), "NFS");
	assert_string_equal(kernel_network_name(0xff534d42), "CIFS");
	assert_string_equal(kernel_network_name(0x65735546), "FUSE");
	assert_string_equal(kernel_network_name(0x01021997), "9P");
	assert_null(kernel_network_name(0xef53)); /* ext4 */
#endif
	assert_int_equal(file_check_local("/there/is/none", &err), ERR_OK);
	assert_true(file_is_same("/dev/null", "/dev/../dev/null"));
	assert_false(file_is_same("/dev/null", "/dev/zero"));
	assert_false(file_is_same("/dev/null", "/there/is/none"));
}

/* As OneDrive, Dropbox and macOS name the folders that they copy, and as people name others. */
static void test_synced(void **state)
{
	static const char *const copied[] = { "OneDrive - Contoso Ltd", "Dropbox (Contoso)",
		"onedrive", "CloudStorage", "Mobile Documents" };
	static const char *const not [] = { "Dropbox-export", "OneDriveless", "Mobile" };

	(void)state;
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied) + sizeof(not ) / sizeof(*not );
		i++) {
		bool is_copied = i < sizeof(copied) / sizeof(*copied);
		const char *name = is_copied ? copied[i]
					     : not [i - sizeof(copied) / sizeof(*copied)];
		char *path = mem_printf("%s/%s/state", folder, name);

		assert_int_equal(file_mkdirs(path, 0700, NULL), ERR_OK);
		assert_int_equal(file_check_local(path, NULL), is_copied ? ERR_SETTINGS : ERR_OK);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(output_appears_whole_at_the_commit),
		TEST(output_not_committed_leaves_all_as_it_was),
		TEST(output_replaces_and_keeps_the_present_file),
		TEST(backup_without_a_present_file_is_none),
		TEST(backup_may_be_the_present_file_already),
		TEST(output_goes_to_the_folder_it_was_opened_in),
		TEST(a_pipe_keeps_nobody_waiting),
		TEST(output_refuses_what_is_no_regular_file),
		TEST(first_failure_is_told_at_the_commit),
		TEST(dash_is_standard_output),
		TEST(reads_whole_files_up_to_a_limit),
		TEST(reads_secrets_that_only_the_owner_can_read),
		TEST(makes_folders),
		TEST(names_files_beside_others),
		TEST(program_gives_its_output),
		TEST(program_gets_fresh_signals),
		TEST(program_failures_are_named),
		TEST(program_is_stopped_with_all_it_started),
		TEST(program_left_behind_is_not_waited_for),
		TEST(test_local),
		TEST(test_synced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
