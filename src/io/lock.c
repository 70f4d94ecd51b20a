#include "io/lock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/time.h"

/* A holder that is about to listen, or one that has just ended, is there for moments only. */
enum { LOCK_TRIES = 50, LOCK_PAUSE_US = 20000 };

struct lock {
	int fd;
};

/* The leading NUL makes the name abstract: no file that could be left behind. */
static socklen_t address(struct sockaddr_un *ret, const char *name)
{
	int n;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "depmend/%.80s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* When the process started: field 22 of its stat, in clock ticks after boot. */
static bool started_ms(pid_t pid, int64_t *ret)
{
	char path[64], text[2048];
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;
	struct str rest;
	char *p;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIdMAX "/stat", (intmax_t)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	p = strrchr(text, ')'); /* field 2, the program's name, may hold brackets and blanks */
	if (!p || hz <= 0)
		return false;
	rest = str_from(p);
	for (unsigned field = 2; field < 22; field++)
		(void)str_cut(&rest, ' ');
	if (!str_to_u64(str_cut(&rest, ' '), &ticks) || ticks > INT64_MAX / 1000)
		return false;
	*ret = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME) + (int64_t)ticks * 1000 / hz;
	return true;
}

static enum errc held_by(const struct ucred *peer, struct err *err)
{
	char host[256] = "", since[TIME_TEXT] = "", pid[32] = "unknown";
	int64_t at;

	(void)gethostname(host, sizeof(host) - 1);
	if (peer &&
		peer->pid > 0) /* 0: it lives where we cannot see it, such as another container */
		(void)snprintf(pid, sizeof(pid), "%" PRIdMAX, (intmax_t)peer->pid);
	if (peer && peer->pid > 0 && started_ms(peer->pid, &at))
		return err_set(err, ERR_LOCKED,
			"another depmend works for this organization: process %s on %s, started %s",
			pid, host, time_rfc3339_s(at, since));
	return err_set(err, ERR_LOCKED,
		"another depmend works for this organization: process %s on %s", pid, host);
}

/* Asks the holder's socket who called listen(). *ret_gone: nobody listens there (any more). */
static enum errc ask_holder(
	const struct sockaddr_un *at, socklen_t n_at, bool *ret_gone, struct err *err)
{
	struct ucred peer = { 0 };
	socklen_t n = sizeof(peer);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc, why;

	if (fd < 0)
		return held_by(NULL, err);
	rc = connect(fd, (const struct sockaddr *)at, n_at);
	why = errno;
	if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		peer.pid = 0;
	(void)close(fd);
	*ret_gone = rc != 0 && why == ECONNREFUSED;
	return *ret_gone ? ERR_OK : held_by(&peer, err);
}

enum errc lock_take(struct lock **ret, const char *name, struct err *err)
{
	struct sockaddr_un at;
	socklen_t n_at = address(&at, name);
	int fd;

	if (strlen(name) > 80)
		return err_set(err, ERR_INTERNAL, "the name of a lock is over 80 bytes");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, ERR_INTERNAL, "cannot make a lock: %s", strerror(errno));
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		bool gone = false;
		enum errc code = ERR_OK;

		if (bind(fd, (const struct sockaddr *)&at, n_at) == 0) {
			/* Never accepted from: who connects only wants to see whose it is. */
			(void)listen(fd, SOMAXCONN);
			*ret = mem_alloc(sizeof(**ret));
			(*ret)->fd = fd;
			return ERR_OK;
		}
		if (errno == EADDRINUSE)
			code = ask_holder(&at, n_at, &gone, err);
		else
			code = err_set(
				err, ERR_INTERNAL, "cannot take the lock: %s", strerror(errno));
		if (!gone) {
			(void)close(fd);
			return code;
		}
		(void)usleep(LOCK_PAUSE_US);
	}
	(void)close(fd);
	return held_by(NULL, err);
}

void lock_free(struct lock *l)
{
	if (!l)
		return;
	(void)close(l->fd);
	free(l);
}
