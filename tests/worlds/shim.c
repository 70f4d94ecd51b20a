/*
 * Preloaded into depmend: time, waits and the network belong to a conductor in another process,
 * and of all the processes of a world one runs at a time.
 *
 *	WORLD_CONDUCTOR=PATH   the conductor's socket: one line of talk per process
 *	WORLD_SERVICES=PATH    what every TCP connection leads to instead
 *	WORLD_BOOT_ID=FILE     is read for /proc/sys/kernel/random/boot_id
 *
 * At every wait, request, commit and lock the process asks, and goes on when the answer comes. The
 * answer holds the clocks, which stand still until the next one, and how long the process may wait
 * without asking because nothing else can happen before.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

enum { MAX_FD = 1024, PEEK = 64, LOOKS = 2000, LOCK_PAUSE_MS = 50 };
enum question { Q_HELLO, Q_WAIT, Q_SEND, Q_COMMIT, Q_LOCK };

struct ask {
	int32_t question, pid;
	int64_t wait_ns;  /* Q_WAIT: how long at most; -1: for ever */
	int64_t moved_ns; /* how long it has waited since the last answer, without asking */
	char text[PEEK];
};

struct answer {
	int64_t real_ns, monotonic_ns, boot_ns, free_ns;
};

static struct {
	int fd;
	unsigned looks;
	int64_t moved_ns;
	struct answer now;
	bool wire[MAX_FD]; /* descriptors that lead to the services */
} w = { .fd = -1 };

/* --- the talk --- */

static void ask(enum question question, int64_t wait_ns, const void *text, size_t n)
{
	struct ask q = {
		.question = question, .pid = getpid(), .wait_ns = wait_ns, .moved_ns = w.moved_ns
	};
	char *to = (char *)&w.now;
	size_t got = 0;
	int kept = errno;

	if (w.fd < 0)
		return;
	memcpy(q.text, text, n < PEEK ? n : PEEK);
	if (syscall(SYS_sendto, w.fd, &q, sizeof(q), MSG_NOSIGNAL, NULL, 0) != sizeof(q))
		_exit(99);
	while (got < sizeof(w.now)) {
		ssize_t more = syscall(
			SYS_recvfrom, w.fd, to + got, sizeof(w.now) - got, 0, NULL, NULL);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			_exit(99);
		got += (size_t)more;
	}
	w.looks = 0;
	w.moved_ns = 0;
	errno = kept;
}

/* A wait, of which -1 is for ever. */
static void ask_to_wait(int64_t ns)
{
	if (ns < 0 || ns > w.now.free_ns) {
		ask(Q_WAIT, ns, "", 0);
		return;
	}
	w.now.real_ns += ns;
	w.now.monotonic_ns += ns;
	w.now.boot_ns += ns;
	w.now.free_ns -= ns;
	w.moved_ns += ns;
	w.looks = 0;
}

static int to_socket(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || syscall(SYS_connect, fd, &at, sizeof(at)) != 0)
		return -1;
	return fd;
}

__attribute__((constructor)) static void set_up(void)
{
	const char *path = getenv("WORLD_CONDUCTOR");

	if (!path)
		return;
	w.fd = to_socket(path);
	if (w.fd < 0)
		_exit(99);
	ask(Q_HELLO, 0, "", 0);
}

/* --- clocks --- */

/* A loop that only looks at the clock would never end. */
static int64_t clock_of(clockid_t id)
{
	if (++w.looks > LOOKS)
		ask_to_wait(SECOND_NS / 1000);
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return w.now.real_ns;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_MONOTONIC_RAW:
		return w.now.monotonic_ns;
	case CLOCK_BOOTTIME:
		return w.now.boot_ns;
	default:
		return -1;
	}
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int64_t ns = w.fd < 0 ? -1 : clock_of(id);

	if (ns < 0)
		return (int)syscall(SYS_clock_gettime, id, ret);
	*ret = (struct timespec){ ns / SECOND_NS, ns % SECOND_NS };
	return 0;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	*ret = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}

/* --- waits --- */

static int64_t monotonic(void)
{
	return w.now.monotonic_ns;
}

static void wait_ns(int64_t ns)
{
	int64_t end = monotonic() + ns;

	do
		ask_to_wait(end - monotonic());
	while (monotonic() < end);
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	if (w.fd < 0)
		return (int)syscall(SYS_nanosleep, t, left);
	wait_ns(t->tv_sec * SECOND_NS + t->tv_nsec);
	return 0;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left)
{
	int64_t ns = t->tv_sec * SECOND_NS + t->tv_nsec;

	if (w.fd < 0)
		return (int)syscall(SYS_clock_nanosleep, id, flags, t, left);
	if (flags & TIMER_ABSTIME)
		ns -= clock_of(id);
	if (ns > 0)
		wait_ns(ns);
	return 0;
}

int usleep(useconds_t us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	return nanosleep(&t, NULL);
}

unsigned sleep(unsigned s)
{
	struct timespec t = { s, 0 };

	return nanosleep(&t, NULL) == 0 ? 0 : s;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	int64_t ns = t ? t->tv_sec * SECOND_NS + t->tv_nsec : -1, end;

	if (w.fd < 0)
		return (int)syscall(SYS_ppoll, fds, n, t, mask, sizeof(uint64_t));
	end = ns < 0 ? INT64_MAX : monotonic() + ns;
	for (;;) {
		int rc = (int)syscall(SYS_poll, fds, n, 0);

		if (rc != 0 || monotonic() >= end)
			return rc;
		ask_to_wait(ns < 0 ? -1 : end - monotonic());
	}
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t size)
{
	(void)size;
	return poll(fds, n, ms);
}

int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
	int64_t end = ms < 0 ? INT64_MAX : monotonic() + ms * (SECOND_NS / 1000);

	if (w.fd < 0)
		return (int)syscall(SYS_epoll_wait, fd, events, n, ms);
	for (;;) {
		int rc = (int)syscall(SYS_epoll_wait, fd, events, n, 0);

		if (rc != 0 || monotonic() >= end)
			return rc;
		ask_to_wait(ms < 0 ? -1 : end - monotonic());
	}
}

/* --- the network --- */

/* The socket stays the same number, and becomes one that leads to the conductor. */
int connect(int fd, __CONST_SOCKADDR_ARG at, socklen_t n)
{
	const char *path = getenv("WORLD_SERVICES");
	int other, flags;

	if (w.fd < 0 || at.__sockaddr__->sa_family != AF_INET || fd >= MAX_FD)
		return (int)syscall(SYS_connect, fd, at.__sockaddr__, n);
	flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
	other = to_socket(path ? path : "");
	if (other < 0) {
		errno = ECONNREFUSED;
		return -1;
	}
	(void)syscall(SYS_dup3, other, fd, O_CLOEXEC);
	(void)syscall(SYS_close, other);
	(void)syscall(SYS_fcntl, fd, F_SETFL, flags);
	w.wire[fd] = true;
	return 0;
}

/* libcurl wants to know where it is connected to. */
static int pretend(struct sockaddr *ret, socklen_t *n)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = { htonl(INADDR_LOOPBACK) }
	};

	memcpy(ret, &at, *n < sizeof(at) ? *n : sizeof(at));
	*n = sizeof(at);
	return 0;
}

int getpeername(int fd, __SOCKADDR_ARG ret, socklen_t *restrict n)
{
	if (fd >= 0 && fd < MAX_FD && w.wire[fd])
		return pretend(ret.__sockaddr__, n);
	return (int)syscall(SYS_getpeername, fd, ret.__sockaddr__, n);
}

int getsockname(int fd, __SOCKADDR_ARG ret, socklen_t *restrict n)
{
	if (fd >= 0 && fd < MAX_FD && w.wire[fd])
		return pretend(ret.__sockaddr__, n);
	return (int)syscall(SYS_getsockname, fd, ret.__sockaddr__, n);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	if (fd >= 0 && fd < MAX_FD && w.wire[fd])
		return 0;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, n);
}

int close(int fd)
{
	if (fd >= 0 && fd < MAX_FD)
		w.wire[fd] = false;
	return (int)syscall(SYS_close, fd);
}

/* "POST /v1/orgDeviceActivities ASSIGN_DEVICES" */
static void ask_to_send(const char *p, size_t n)
{
	static const char member[] = "\"activityType\":\"";
	const char *end = memmem(p, n, " HTTP/", 6),
		   *type = memmem(p, n, member, sizeof(member) - 1);
	char text[PEEK];

	type = type ? type + sizeof(member) - 1 : "";
	(void)snprintf(text, sizeof(text), "%.*s %.*s", end ? (int)(end - p) : 0, p,
		(int)strcspn(type, "\""), type);
	ask(Q_SEND, 0, text, strlen(text));
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	if (w.fd >= 0 && fd >= 0 && fd < MAX_FD && w.wire[fd]) {
		ask_to_send(p, n);
		w.now.free_ns = 0; /* something is under way now */
	}
	return syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}

/* --- the disk --- */

static void ask_about(enum question question, int fd)
{
	char link[32], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path));
	if (n > PEEK)
		ask(question, 0, path + n - PEEK, PEEK);
	else
		ask(question, 0, path, n > 0 ? (size_t)n : 0);
}

int fsync(int fd)
{
	if (w.fd >= 0)
		ask_about(Q_COMMIT, fd);
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	if (w.fd >= 0)
		ask_about(Q_COMMIT, fd);
	return (int)syscall(SYS_fdatasync, fd);
}

int flock(int fd, int how)
{
	int rc;

	if (w.fd < 0 || (how & LOCK_UN))
		return (int)syscall(SYS_flock, fd, how);
	ask_about(Q_LOCK, fd);
	while ((rc = (int)syscall(SYS_flock, fd, how | LOCK_NB)) != 0 && errno == EWOULDBLOCK &&
		!(how & LOCK_NB))
		wait_ns(LOCK_PAUSE_MS * (SECOND_NS / 1000));
	return rc;
}

/* Locks of an open file: what keeps writers apart. SQLite's are of another kind, and it sleeps
 * when it has to wait. */
static int lock_file(int fd, int cmd, struct flock *lock)
{
	int rc;

	if (lock->l_type == F_UNLCK)
		return (int)syscall(SYS_fcntl, fd, cmd, lock);
	ask_about(Q_LOCK, fd);
	while ((rc = (int)syscall(SYS_fcntl, fd, F_OFD_SETLK, lock)) != 0 &&
		(errno == EAGAIN || errno == EACCES) && cmd == F_OFD_SETLKW)
		wait_ns(LOCK_PAUSE_MS * (SECOND_NS / 1000));
	return rc;
}

int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (w.fd >= 0 && (cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW))
		return lock_file(fd, cmd, arg);
	return (int)syscall(SYS_fcntl, fd, cmd, arg);
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return fcntl64(fd, cmd, arg);
}

/* --- which boot this is --- */

static const char *place_of(const char *path)
{
	const char *boot = getenv("WORLD_BOOT_ID");

	return boot && path && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0 ? boot : path;
}

int openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, dir, place_of(path), flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, dir, place_of(path), flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, place_of(path), flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, place_of(path), flags, mode);
}

/* What fopen() opens inside the C library cannot be seen from here. */
FILE *fopen64(const char *restrict path, const char *restrict mode);
FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	int fd;

	path = place_of(path);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path,
		strchr(mode, '+') ? O_RDWR | O_CREAT
		: *mode == 'r'    ? O_RDONLY
				  : O_WRONLY | O_CREAT | (*mode == 'w' ? O_TRUNC : O_APPEND),
		0666);
	return fd < 0 ? NULL : fdopen(fd, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
	return fopen64(path, mode);
}
