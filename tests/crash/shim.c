/*
 * Preloaded into depmend: counts every call that leaves something behind on the disk or on the
 * wire, and ends the process at the N-th of them, or lets it fail.
 *
 *	CRASH_AT=N       just before the N-th call (1 is the first) ...
 *	CRASH_SIGNAL=S   ... the process gets signal S (default 9)
 *	CRASH_TORN=1     ... after half of the bytes were written or sent
 *	CRASH_AFTER=1    ... after the bytes were sent
 *	CRASH_AGAIN=N    a second signal at the N-th call
 *	CRASH_FAIL=E     no signal: that call and all later ones that fit fail with errno E
 *	CRASH_ONCE=1     only that one fails
 *	CRASH_PATH=GLOB  only calls on files whose path fits count
 *	CRASH_LOG=FILE   gets a line per call that counts, per request, and where it struck
 *	CRASH_STATFS=N   folders named state, and what is in them, lie on a file system of that type
 *	CRASH_SYNCED=DIR gets 1.db and 1.db-wal, 2.db ...: the store as of each sync of its log
 *
 * Not seen: stdio's writes to the terminal, SQLite's shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, REQUEST_BYTES = 512 };

static struct {
	bool ready, torn, after, once, failing;
	long at, again, n;
	int signal, fail, log;
	const char *path;
} crash = { .log = -1 };

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 0) : otherwise;
}

/* Not a constructor: libraries that are loaded before may write in theirs. */
static void set_up(void)
{
	const char *log = getenv("CRASH_LOG");

	if (crash.ready)
		return;
	crash.ready = true;
	crash.at = number("CRASH_AT", 0);
	crash.again = number("CRASH_AGAIN", 0);
	crash.signal = (int)number("CRASH_SIGNAL", SIGKILL);
	crash.fail = (int)number("CRASH_FAIL", 0);
	crash.torn = number("CRASH_TORN", 0) != 0;
	crash.after = number("CRASH_AFTER", 0) != 0;
	crash.once = number("CRASH_ONCE", 0) != 0;
	crash.path = getenv("CRASH_PATH");
	if (log)
		crash.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(const char *call, const char *path)
{
	char line[PATH_BYTES + 64];
	int n = snprintf(line, sizeof(line), "%ld %s %s\n", crash.n, call, path);

	if (crash.log >= 0 && n > 0)
		(void)syscall(SYS_write, crash.log, line, (size_t)n);
}

static void strike(void)
{
	note("STRIKE", "");
	(void)kill(getpid(), crash.signal);
}

/* What becomes of a call. */
enum fate { AS_EVER, TORN, SENT, FAILS };

static enum fate count(const char *call, const char *path, bool has_bytes, bool can_fail)
{
	set_up();
	if ((crash.fail && !can_fail) || (crash.path && fnmatch(crash.path, path, 0) != 0))
		return AS_EVER;
	crash.n++;
	note(call, path);
	if (crash.fail) {
		if (crash.n == crash.at)
			note("STRIKE", path);
		crash.failing = crash.n == crash.at || (crash.failing && !crash.once);
		return crash.failing ? FAILS : AS_EVER;
	}
	if (crash.n == crash.at && crash.torn && has_bytes)
		return TORN;
	if (crash.n == crash.at && crash.after && strcmp(call, "send") == 0)
		return SENT;
	if (crash.n == crash.at || crash.n == crash.again)
		strike();
	return AS_EVER;
}

static enum fate count_fd(const char *call, int fd, bool has_bytes, bool can_fail)
{
	char path[PATH_BYTES], link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return count(call, path, has_bytes, can_fail);
}

static void copy(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	long n;

	while (in >= 0 && out >= 0 && (n = syscall(SYS_read, in, bytes, sizeof(bytes))) > 0)
		(void)syscall(SYS_write, out, bytes, (size_t)n);
	(void)close(in);
	(void)close(out);
}

/* What a power cut would leave from now on. */
static int synced(int fd, long rc)
{
	const char *folder = getenv("CRASH_SYNCED");
	char path[PATH_BYTES], link[32], to[PATH_BYTES + 64];
	static int n_kept;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = folder && rc == 0 ? readlink(link, path, sizeof(path) - 1) : 0;
	path[n > 0 ? n : 0] = '\0';
	if (n < 4 || strcmp(path + n - 4, "-wal") != 0)
		return (int)rc;
	(void)snprintf(to, sizeof(to), "%s/%d.db-wal", folder, ++n_kept);
	copy(path, to);
	path[n - 4] = '\0';
	to[strlen(to) - 4] = '\0';
	copy(path, to);
	note("SYNCED", to);
	return 0;
}

static int failed(void)
{
	errno = crash.fail;
	return -1;
}

/* --- the disk --- */

ssize_t write(int fd, const void *p, size_t n)
{
	enum fate fate = count_fd("write", fd, true, true);

	if (fate == FAILS)
		return failed();
	if (fate == TORN) {
		(void)syscall(SYS_write, fd, p, n / 2);
		strike();
	}
	return syscall(SYS_write, fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	enum fate fate = count_fd("pwrite", fd, true, true);

	if (fate == FAILS)
		return failed();
	if (fate == TORN) {
		(void)syscall(SYS_pwrite64, fd, p, n / 2, at);
		strike();
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int fsync(int fd)
{
	return count_fd("fsync", fd, false, true) == FAILS ? failed()
							   : synced(fd, syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
	return count_fd("fdatasync", fd, false, true) == FAILS
		       ? failed()
		       : synced(fd, syscall(SYS_fdatasync, fd));
}

int rename(const char *from, const char *to)
{
	(void)count("rename", to, false, false);
	return (int)syscall(SYS_rename, from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	(void)count("rename", to, false, false);
	return (int)syscall(SYS_renameat, from_dir, from, to_dir, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	(void)count("link", to, false, false);
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
	(void)count("unlink", path, false, false);
	return (int)syscall(SYS_unlink, path);
}

int unlinkat(int dir, const char *path, int flags)
{
	(void)count("unlink", path, false, false);
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

int statfs(const char *path, struct statfs *fs)
{
	long type = number("CRASH_STATFS", 0);
	int rc = (int)syscall(SYS_statfs, path, fs);

	if (rc == 0 && type && strstr(path, "state"))
		fs->f_type = type;
	return rc;
}

/* --- the wire --- */

/* "POST /v1/orgDeviceActivities UNASSIGN_DEVICES": what the order of things is judged by. */
static void describe(const char *p, size_t n, char text[REQUEST_BYTES])
{
	const char *end = memmem(p, n, " HTTP/1", 7);
	const char *type = memmem(p, n, "\"activityType\":\"", 16);
	int n_line = end && end - p < REQUEST_BYTES / 2 ? (int)(end - p) : 0;

	(void)snprintf(text, REQUEST_BYTES, "%.*s%s", n_line, p,
		!type             ? ""
		: type[16] == 'U' ? " UNASSIGN"
				  : " ASSIGN");
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	char text[REQUEST_BYTES];
	enum fate fate;
	ssize_t sent;

	describe(p, n, text);
	if (crash.fail || crash.path)
		note("send", text);
	fate = count("send", text, true, false);
	if (fate == TORN) {
		(void)syscall(SYS_sendto, fd, p, n / 2, flags, NULL, 0);
		strike();
	}
	sent = syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
	if (fate == SENT)
		strike();
	return sent;
}

/* Counted when something came: libcurl asks often, and finds nothing. */
ssize_t recv(int fd, void *p, size_t n, int flags)
{
	ssize_t got = syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
	int e = errno;

	if (got > 0)
		(void)count_fd("recv", fd, false, false);
	errno = e;
	return got;
}
