#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/time.h"
#include "os/kernel.h"

enum {
	/* Always as long: written in place, so that a full disk does not matter. */
	TEXT_BYTES = 1024,
	/* A file that is put in the place of ours while we take it is met for moments only. */
	TRIES = 50,
	PAUSE_US = 10000,
};

struct lock {
	int fd;
	int folder;    /* -1: not held */
	char *path;    /* of the file that says who we are; NULL: there is none */
	char who[440]; /* its first line */
};

/* --- what the holder says of itself --- */

/* Empty: nobody any more. Written in whole and in place. */
static void write_text(int fd, const char *who, const char *phase, int64_t ends_ms)
{
	char text[TEXT_BYTES + 1];
	int n = 0;

	memset(text, '\n', sizeof(text));
	if (*who)
		n = snprintf(text, sizeof(text), "%s\n%" PRId64 " %s\n", who, ends_ms, phase);
	if (n > 0 && n < TEXT_BYTES)
		text[n] = '\n'; /* where snprintf() ended it */
	(void)!pwrite(fd, text, TEXT_BYTES, 0);
}

static void name_self(struct lock *l, const char *command)
{
	char host[256] = "", boot[KERNEL_BOOT_TEXT];

	(void)gethostname(host, sizeof(host) - 1);
	kernel_boot(boot);
	(void)snprintf(l->who, sizeof(l->who), "%" PRIdMAX " %" PRId64 " %s %s %.60s",
		(intmax_t)getpid(), kernel_clock_ms(CLOCK_REALTIME), boot[0] ? boot : "-",
		host[0] ? host : "-", command);
	write_text(l->fd, l->who, "", TIME_NONE);
}

void lock_say(struct lock *l, const char *phase, int64_t ends_ms)
{
	if (l && l->who[0])
		write_text(l->fd, l->who, phase, ends_ms);
}

static bool read_ms(struct str s, int64_t *ret)
{
	uint64_t n;

	if (!str_to_u64(s, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

static void read_holder(int fd, struct lock_holder *ret)
{
	char text[TEXT_BYTES + 1];
	ssize_t n = pread(fd, text, TEXT_BYTES, 0);
	struct str rest = { text, n > 0 ? (size_t)n : 0 }, line = str_cut(&rest, '\n');
	struct str phase = str_cut(&rest, '\n'), ends = str_cut(&phase, ' ');
	struct str pid = str_cut(&line, ' '), since = str_cut(&line, ' ');
	struct str boot = str_cut(&line, ' '), host = str_cut(&line, ' ');

	*ret = (struct lock_holder){ .ends_ms = TIME_NONE };
	if (!read_ms(pid, &ret->pid) || !read_ms(since, &ret->since_ms))
		return;
	(void)read_ms(ends, &ret->ends_ms);
	(void)snprintf(ret->phase, sizeof(ret->phase), "%.*s", STR_FMT(phase));
	(void)snprintf(ret->boot, sizeof(ret->boot), "%.*s", STR_FMT(boot));
	(void)snprintf(ret->host, sizeof(ret->host), "%.*s", STR_FMT(host));
	(void)snprintf(ret->command, sizeof(ret->command), "%.*s", STR_FMT(line));
}

static enum errc held(int fd, const char *path, struct err *err)
{
	struct lock_holder h;
	char since[TIME_TEXT];

	read_holder(fd, &h);
	/* It may have taken the lock a moment ago. */
	for (int i = 0; i < TRIES && h.pid == 0; i++) {
		(void)usleep(PAUSE_US);
		read_holder(fd, &h);
	}
	if (h.pid == 0)
		return err_set(err, ERR_LOCKED, "another run is active: it holds %s", path);
	return err_set(err, ERR_LOCKED,
		"another run is active: process %" PRId64 " on %s, %s, since "
		"%s",
		h.pid, h.host, h.command, time_rfc3339_s(h.since_ms, since));
}

/* --- the file --- */

static enum errc open_file(const char *path, int *ret, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		int why = errno;

		if (fd >= 0)
			(void)close(fd);
		return err_set(err, ERR_CANNOT_CREATE, "cannot open the lock %s: %s%s", path,
			strerror(why),
			why == EROFS ? "; the state has to be on a disk that can be written" : "");
	}
	/* What another could open, he could hold. */
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		((st.st_mode & 077) && fchmod(fd, 0600) != 0)) {
		(void)close(fd);
		return err_set(err, ERR_SETTINGS,
			"the lock %s is not a file of this user alone: remove it", path);
	}
	*ret = fd;
	return ERR_OK;
}

static bool is_still_there(int fd, const char *path)
{
	struct stat ours, theirs;

	return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* *ret_fd: the file, locked; -1 when another was put in its place meanwhile. */
static enum errc try_file(const char *path, int *ret_fd, struct err *err)
{
	int fd = -1;
	enum errc rc = open_file(path, &fd, err);

	*ret_fd = -1;
	if (rc)
		return rc;
	if (!kernel_lock(fd)) {
		int why = errno;

		rc = why == EAGAIN ? held(fd, path, err)
				   : err_set(err, ERR_CANNOT_CREATE, "cannot lock %s: %s", path,
					     strerror(why));
		(void)close(fd);
	} else if (is_still_there(fd, path)) {
		*ret_fd = fd;
	} else {
		(void)close(fd);
	}
	return rc;
}

static struct lock *new_lock(int fd, const char *path)
{
	struct lock *l = mem_zalloc(sizeof(*l));

	l->fd = fd;
	l->folder = -1;
	l->path = path ? mem_strdup(path) : NULL;
	return l;
}

enum errc lock_take(struct lock **ret, const char *path, const char *command, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		int fd;
		enum errc rc = try_file(path, &fd, err);

		if (rc)
			return rc;
		if (fd >= 0) {
			*ret = new_lock(fd, path);
			name_self(*ret, command);
			return ERR_OK;
		}
		(void)usleep(PAUSE_US);
	}
	return err_set(err, ERR_CANNOT_CREATE, "the lock %s is replaced again and again", path);
}

static int open_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? mem_dupz((struct str){ path, (size_t)(slash - path) + 1 })
			     : mem_strdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(folder);
	return fd;
}

/* Whoever can open the folder could hold it, and needs not to: its files are reached by their
 * names. A group that may write there is one of ours. */
static void close_to_others(int folder)
{
	struct stat st;
	mode_t open_to = 0;

	if (fstat(folder, &st) == 0 && st.st_uid == geteuid())
		open_to = st.st_mode & (st.st_mode & S_IWGRP ? S_IROTH : S_IROTH | S_IRGRP);
	if (open_to)
		(void)fchmod(folder, st.st_mode & 07777 & ~open_to);
}

enum errc lock_take_folder(struct lock *l, struct err *err)
{
	l->folder = open_folder_of(l->path);
	if (l->folder < 0)
		return err_set(err, ERR_CANNOT_CREATE, "cannot open the folder of the lock %s: %s",
			l->path, strerror(errno));
	close_to_others(l->folder);
	if (kernel_lock_folder(l->folder) || errno != EWOULDBLOCK)
		return ERR_OK;
	return err_set(err, ERR_LOCKED,
		"another run is active: it holds the folder of %s, which was removed or replaced "
		"meanwhile; wait for its end",
		l->path);
}

bool lock_look(const char *path, struct lock_holder *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	bool is_held;

	*ret = (struct lock_holder){ .ends_ms = TIME_NONE };
	if (fd < 0)
		return false;
	is_held = kernel_is_locked(fd);
	if (is_held)
		read_holder(fd, ret);
	(void)close(fd);
	return is_held;
}

void lock_free(struct lock *l)
{
	if (!l)
		return;
	if (l->path)
		write_text(l->fd, "", "", TIME_NONE);
	if (l->folder >= 0) /* first: who has the file by then gets the folder, too */
		(void)close(l->folder);
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l->path);
	free(l);
}

void lock_remove(struct lock *l)
{
	if (l && l->path)
		(void)unlink(l->path);
	lock_free(l);
}

/* --- of depmend 0.1 --- */

enum errc lock_take_old(struct lock **ret, const char *name, struct err *err)
{
#if KERNEL_LINUX
	/* The leading NUL makes the name abstract. */
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "depmend/%.80s", name);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, size) == 0) {
		/* Who connects sees whose it is. */
		(void)listen(fd, SOMAXCONN);
		*ret = new_lock(fd, NULL);
		return ERR_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	return err_set(err, ERR_LOCKED,
		"a run of an earlier version of depmend is active: update once it has ended");
#else /* it ran on Linux only */
	(void)name;
	(void)err;
	*ret = new_lock(-1, NULL);
	return ERR_OK;
#endif
}
