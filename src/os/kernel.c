#include "os/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

int64_t kernel_clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

int kernel_pipe(int ret[2])
{
	if (pipe(ret) != 0)
		return -1;
	(void)fcntl(ret[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ret[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

int kernel_sync_data(int fd)
{
#ifdef __APPLE__
	return fcntl(fd, F_FULLFSYNC); /* fsync() stops at the disk's own memory */
#else
	return fdatasync(fd);
#endif
}

bool kernel_lock_folder(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

#if KERNEL_LINUX

#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

void kernel_started_as(const char *argv0)
{
	(void)argv0;
}

char *kernel_program(void)
{
	return realpath("/proc/self/exe", NULL);
}

int64_t kernel_boot_ms(void)
{
	return kernel_clock_ms(CLOCK_BOOTTIME);
}

int64_t kernel_asleep_ms(void)
{
	return kernel_boot_ms() - kernel_clock_ms(CLOCK_MONOTONIC);
}

void kernel_boot(char ret[KERNEL_BOOT_TEXT])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	size_t n = f ? fread(ret, 1, KERNEL_BOOT_TEXT - 1, f) : 0;

	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	if (f)
		(void)fclose(f);
}

bool kernel_follow_parent(int sig)
{
	return prctl(PR_SET_PDEATHSIG, sig) == 0;
}

void kernel_keep_secret(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}

int kernel_process(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0); /* from 5.3 */
}

bool kernel_path_of(int fd, char out[64])
{
	(void)snprintf(out, 64, "/proc/self/fd/%d", fd);
	return access(out, F_OK) == 0;
}

int kernel_nameless(int folder, mode_t mode)
{
	return openat(folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
}

bool kernel_reserve(int fd, int64_t bytes)
{
	int rc;

	do
		rc = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes);
	while (rc != 0 && errno == EINTR);
	return rc == 0 || (errno != ENOSPC && errno != EDQUOT && errno != EFBIG);
}

/* By its number: not every C library has a name for it (musl since 1.2.5). */
static bool look_closely(int folder, const char *name, int flags, struct statx *ret)
{
	return syscall(SYS_statx, folder, name, flags, 0, ret) == 0;
}

bool kernel_which_file(const char *path, char ret[KERNEL_FILE_TEXT])
{
	struct statx st;
	bool born;

	if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st) != 0)
		return false;
	born = st.stx_mask & STATX_BTIME;
	(void)snprintf(ret, KERNEL_FILE_TEXT, "%llu.%lld%09u", (unsigned long long)st.stx_ino,
		born ? (long long)st.stx_btime.tv_sec : 0, born ? st.stx_btime.tv_nsec : 0);
	return true;
}

const char *kernel_fixed(int folder, const char *name)
{
	enum { MOUNT_ROOT = 0x2000 }; /* of kernel 5.8; older headers lack the word */
	struct statx st;

	if (look_closely(folder, ".", 0, &st) && st.stx_attributes & STATX_ATTR_APPEND)
		return "its folder can only be added to (chattr -a)";
	if (!look_closely(folder, name, AT_SYMLINK_NOFOLLOW, &st))
		return NULL;
	if (st.stx_attributes & MOUNT_ROOT)
		return "it is mounted from elsewhere: mount its folder instead";
	if (st.stx_attributes & STATX_ATTR_IMMUTABLE)
		return "it is immutable (chattr -i)";
	if (st.stx_attributes & STATX_ATTR_APPEND)
		return "it can only be added to (chattr -a)";
	return NULL;
}

int kernel_open_path(int folder, const char *name, struct stat *ret)
{
	int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, ret) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

ssize_t kernel_read_link(int fd, int folder, const char *name, char *to, size_t size)
{
	(void)folder;
	(void)name;
	return readlinkat(fd, "", to, size);
}

/* Kernels before 5.6 cannot keep a link within its folder: they follow none. */
int kernel_open_beneath(const char *path)
{
	const uint64_t flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	const struct open_how how = {
		.flags = flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	const char *slash = strrchr(path, '/');
	char *folder = slash ? mem_dupz((struct str){ path, (size_t)(slash - path) + 1 })
			     : mem_strdup(".");
	int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = at < 0 ? -1
			: (int)syscall(
				  SYS_openat2, at, slash ? slash + 1 : path, &how, sizeof(how));
	int why = errno;

	free(folder);
	if (at >= 0)
		(void)close(at);
	if (fd < 0 && (why == ENOSYS || why == EPERM))
		return open(path, (int)flags | O_NOFOLLOW);
	errno = why;
	return fd;
}

static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

bool kernel_lock(int fd)
{
	struct flock want = whole_file();

	if (fcntl(fd, F_OFD_SETLK, &want) == 0)
		return true;
	if (errno == EACCES)
		errno = EAGAIN;
	return false;
}

bool kernel_is_locked(int fd)
{
	struct flock other = whole_file();

	return fcntl(fd, F_OFD_GETLK, &other) == 0 && other.l_type != F_UNLCK;
}

const char *kernel_network_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} known[] = {
		{ 0x6969, "NFS" },
		{ 0x517b, "SMB" },
		{ 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB" },
		{ 0x01021997, "9P" },
		{ 0x65735546, "FUSE" },
		{ 0x6a656a63, "virtiofs" },
		{ 0x00c36400, "Ceph" },
		{ 0x5346414f, "AFS" },
		{ 0x6b414653, "AFS" },
		{ 0x73757245, "Coda" },
		{ 0x0bd00bd0, "Lustre" },
		{ 0x47504653, "GPFS" },
		{ 0x0bad1dea, "FhGFS" },
		{ 0x564c, "NCP" },
		{ 0x01161970, "GFS2" },
		{ 0x7461636f, "OCFS2" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].type == type)
			return known[i].name;
	return NULL;
}

bool kernel_network(const char *folder, char ret[KERNEL_NETWORK_TEXT])
{
	struct statfs fs;
	const char *name = statfs(folder, &fs) == 0 ? kernel_network_name((uint32_t)fs.f_type)
						    : NULL;

	(void)snprintf(ret, KERNEL_NETWORK_TEXT, "%s", name ? name : "");
	return name != NULL;
}

ssize_t kernel_access_list(int fd, void *to, size_t size)
{
	char path[64];

	(void)kernel_path_of(fd, path);
	return getxattr(path, "system.posix_acl_access", to, size);
}

#else /* POSIX, with flock() */

#include <sys/mount.h>

static const char *started_as;

void kernel_started_as(const char *argv0)
{
	started_as = argv0;
}

/* The first file of that name on the PATH, as execvp() finds it. */
static char *on_path(const char *name)
{
	const char *path = getenv("PATH");
	struct str rest = str_from(path ? path : "");
	char *found = NULL;

	while (rest.n && !found) {
		struct str folder = str_cut(&rest, ':');
		char file[PATH_MAX];

		(void)snprintf(file, sizeof(file), "%.*s/%s", (int)folder.n, folder.p, name);
		found = access(file, X_OK) == 0 ? realpath(file, NULL) : NULL;
	}
	return found;
}

char *kernel_program(void)
{
	if (!started_as)
		return NULL;
	return strchr(started_as, '/') ? realpath(started_as, NULL) : on_path(started_as);
}

int64_t kernel_boot_ms(void)
{
	return kernel_clock_ms(CLOCK_MONOTONIC);
}

int64_t kernel_asleep_ms(void)
{
#ifdef CLOCK_UPTIME_RAW /* of macOS */
	return kernel_boot_ms() - kernel_clock_ms(CLOCK_UPTIME_RAW);
#else
	return 0;
#endif
}

void kernel_boot(char ret[KERNEL_BOOT_TEXT])
{
	int64_t began = kernel_clock_ms(CLOCK_REALTIME) - kernel_clock_ms(CLOCK_MONOTONIC);

	(void)snprintf(ret, KERNEL_BOOT_TEXT, "minute-%lld", (long long)((began + 30000) / 60000));
}

bool kernel_follow_parent(int sig)
{
	(void)sig;
	return true;
}

void kernel_keep_secret(void)
{
}

int kernel_process(pid_t pid)
{
	(void)pid;
	return -1;
}

bool kernel_path_of(int fd, char out[64])
{
	(void)fd;
	out[0] = '\0';
	return false;
}

int kernel_nameless(int folder, mode_t mode)
{
	(void)folder;
	(void)mode;
	errno = ENOTSUP;
	return -1;
}

bool kernel_reserve(int fd, int64_t bytes)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs) != 0 || fs.f_bavail >= (uint64_t)bytes / fs.f_frsize + 1)
		return true;
	errno = ENOSPC;
	return false;
}

bool kernel_which_file(const char *path, char ret[KERNEL_FILE_TEXT])
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	(void)snprintf(ret, KERNEL_FILE_TEXT, "%llu", (unsigned long long)st.st_ino);
	return true;
}

const char *kernel_fixed(int folder, const char *name)
{
#ifdef UF_IMMUTABLE /* macOS and the BSDs; the Finder says "Locked" */
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return NULL;
	if (st.st_flags & (UF_IMMUTABLE | SF_IMMUTABLE))
		return "it is locked (chflags nouchg)";
	if (st.st_flags & (UF_APPEND | SF_APPEND))
		return "it can only be added to (chflags nouappnd)";
#endif
	(void)folder;
	(void)name;
	return NULL;
}

/* A folder that may be passed through, and not be listed, where the system tells that apart. */
#ifndef O_SEARCH
#define O_SEARCH O_RDONLY
#endif

int kernel_open_path(int folder, const char *name, struct stat *ret)
{
	int flags = O_SEARCH | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

	if (fstatat(folder, name, ret, AT_SYMLINK_NOFOLLOW) != 0)
		return -1;
	if (!S_ISDIR(ret->st_mode))
		return fcntl(folder, F_DUPFD_CLOEXEC, 0);
	return openat(folder, name, flags | O_DIRECTORY);
}

ssize_t kernel_read_link(int fd, int folder, const char *name, char *to, size_t size)
{
	(void)fd;
	return readlinkat(folder, name, to, size);
}

int kernel_open_beneath(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? mem_dupz((struct str){ path, (size_t)(slash - path) + 1 })
			     : mem_strdup(".");
	char *top = realpath(folder, NULL), *file = realpath(path, NULL);
	size_t n = top ? strlen(top) : 0;
	int fd = -1;

	if (top && file && (strncmp(file, top, n) != 0 || file[n] != '/'))
		errno = EXDEV;
	else if (top && file)
		fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(folder);
	free(top);
	free(file);
	return fd;
}

/* Who looks whether it is locked (below) holds it for a moment, and may be met several times. */
bool kernel_lock(int fd)
{
	enum { TRIES = 50, PAUSE_US = 2000 };

	for (int i = 0; i < TRIES; i++) {
		if (kernel_lock_folder(fd))
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		(void)usleep(PAUSE_US);
	}
	errno = EAGAIN;
	return false;
}

bool kernel_is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return errno == EAGAIN;
	(void)flock(fd, LOCK_UN);
	return false;
}

#ifdef MNT_LOCAL /* macOS and the BSDs tell */
static bool is_user_made(const char *name)
{
	static const char *const kinds[] = { "macfuse", "osxfuse", "fuse" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

bool kernel_network(const char *folder, char ret[KERNEL_NETWORK_TEXT])
{
	struct statfs fs;
	bool found = statfs(folder, &fs) == 0 &&
		     (!(fs.f_flags & MNT_LOCAL) || is_user_made(fs.f_fstypename));

	(void)snprintf(ret, KERNEL_NETWORK_TEXT, "%s", found ? fs.f_fstypename : "");
	return found;
}
#else
bool kernel_network(const char *folder, char ret[KERNEL_NETWORK_TEXT])
{
	(void)folder;
	ret[0] = '\0';
	return false;
}
#endif

ssize_t kernel_access_list(int fd, void *to, size_t size)
{
	(void)fd;
	(void)to;
	(void)size;
	errno = ENOTSUP;
	return -1;
}

#endif
