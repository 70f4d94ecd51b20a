#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/kernel.h"

enum { CHUNK_BYTES = 16 * 1024, MAX_GROUPS = 65536 / (int)sizeof(gid_t) };

/* The buffer gets its size beforehand, so that no copy of a secret stays behind when it grows. */
static enum errc read_all(int fd, const char *path, size_t max_bytes, size_t expected,
	struct buf *ret, struct err *err)
{
	char chunk[CHUNK_BYTES];
	size_t cap = (expected < max_bytes ? expected : max_bytes) + 1;
	struct buf b = { .p = mem_zalloc(cap), .cap = cap, .max = max_bytes };
	enum errc rc = ERR_OK;
	ssize_t n = 1;

	while (n != 0 && !rc) {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0) {
			buf_add(&b, chunk, (size_t)n);
			rc = buf_check(&b, path, err);
		} else if (n < 0 && errno != EINTR) {
			rc = err_set(
				err, ERR_NO_INPUT, "%s: cannot read: %s", path, strerror(errno));
		}
	}
	mem_wipe(chunk, sizeof(chunk));
	if (rc)
		buf_wipe(&b);
	else
		*ret = b;
	return rc;
}

static size_t expected_bytes(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size > 0 ? (size_t)st->st_size : 0;
}

enum errc file_read_fd(int fd, const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(err, ERR_NO_INPUT, "%s: cannot open: %s", path, strerror(errno));
	return read_all(fd, path, max_bytes, expected_bytes(&st), ret, err);
}

bool file_is_pipe(const char *path)
{
	/* Not what a shell has opened for us: /dev/fd/63 leads to no path. */
	char *whole = realpath(path, NULL);
	struct stat st;
	bool is = whole && lstat(whole, &st) == 0 && S_ISFIFO(st.st_mode);

	free(whole);
	return is;
}

enum errc file_refuse_pipe(const char *path, struct err *err)
{
	return file_is_pipe(path) ? err_set(err, ERR_NO_INPUT,
					    "%s: is a pipe; name a file, or let the shell open it: "
					    "<(cat PIPE)",
					    path)
				  : ERR_OK;
}

enum errc file_read(const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	int fd;
	enum errc rc;

	rc = file_refuse_pipe(path, err);
	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	rc = file_read_fd(fd, path, max_bytes, ret, err);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

bool file_is_our_group(gid_t gid)
{
	gid_t groups[MAX_GROUPS];
	int n = getgroups(MAX_GROUPS, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

static enum errc check_secret(const char *path, int fd, struct stat *ret, struct err *err)
{
	struct stat st = { 0 };
	mode_t others = S_IRWXG | S_IRWXO;

	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return err_set(err, ERR_SETTINGS,
			"%s: a symbolic link to a secret must not leave its folder; name the file "
			"itself",
			path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(
			err, ERR_SETTINGS, "%s: cannot open the secret: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_SETTINGS, "%s: a secret has to be a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, ERR_SETTINGS,
			"%s: the secret belongs to another user; its owner has to be you or root",
			path);
	/* As a Secret with fsGroup arrives in a container. Not the group root: its members need not
	 * be root. */
	if (st.st_uid == 0 && st.st_gid != 0 && file_is_our_group(st.st_gid))
		others &= ~(mode_t)S_IRGRP;
	if (st.st_mode & others)
		return err_set(err, ERR_SETTINGS,
			"%s: others can read the secret (mode %04o); run: chmod 600 '%s'", path,
			(unsigned)st.st_mode & 07777u, path);
	*ret = st;
	return ERR_OK;
}

enum errc file_read_secret(const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	int fd = kernel_open_beneath(path); /* a FIFO in this place does not keep us waiting */
	struct stat st = { 0 };
	enum errc rc = check_secret(path, fd, &st, err);

	if (!rc)
		rc = read_all(fd, path, max_bytes, expected_bytes(&st), ret, err);
	if (rc && err)
		err->code = ERR_SETTINGS;
	if (fd >= 0)
		(void)close(fd);
	return rc ? ERR_SETTINGS : ERR_OK;
}

enum errc file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	char *z = mem_strdup(path);
	enum errc rc = ERR_OK;
	struct stat st;
	bool more = z[0] != '\0';

	for (char *p = z + 1; more && !rc; p++) {
		more = *p != '\0';
		if (more && *p != '/')
			continue;
		*p = '\0';
		if (mkdir(z, mode) != 0 && errno != EEXIST)
			rc = err_set(err, ERR_CANNOT_CREATE, "%s: cannot create the folder: %s", z,
				strerror(errno));
		else if (stat(z, &st) != 0 || !S_ISDIR(st.st_mode))
			rc = err_set(err, ERR_CANNOT_CREATE, "%s: is not a folder", z);
		if (more)
			*p = '/';
	}
	free(z);
	return rc;
}

const char *file_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

bool file_is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool file_may_exist(const char *path)
{
	return file_exists(path) || (errno != ENOENT && errno != ENOTDIR);
}

char *file_beside(const char *base, const char *name)
{
	const char *slash = strrchr(base, '/');
	int n = slash && name[0] != '/' ? (int)(slash - base) + 1 : 0;

	return mem_printf("%.*s%s", n, base, name);
}

bool file_is_same(const char *a, const char *b)
{
	struct stat at_a, at_b;

	return stat(a, &at_a) == 0 && stat(b, &at_b) == 0 && at_a.st_dev == at_b.st_dev &&
	       at_a.st_ino == at_b.st_ino;
}

/* The folder that the path's last name stands in; caller frees. */
static char *parent_of(const char *path)
{
	char *at = realpath(path, NULL), *slash;

	if (!at)
		at = mem_strdup(path);
	slash = strrchr(at, '/');
	if (!slash) {
		free(at);
		return mem_strdup(".");
	}
	slash[slash == at] = '\0';
	return at;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool file_will_be_same(const char *a, const char *b)
{
	char *in_a = parent_of(a), *in_b = parent_of(b);
	bool same = file_is_same(a, b) ||
		    (str_eq_nocase(str_from(last_name(a)), str_from(last_name(b))) &&
			    file_is_same(in_a, in_b));

	free(in_a);
	free(in_b);
	return same;
}

bool file_is_below(const char *path, const char *folder)
{
	char *at = parent_of(path);
	char *whole = realpath(at, NULL);
	bool below = false;

	free(at);
	while (whole && !below) {
		char *slash = strrchr(whole, '/');

		below = file_is_same(whole, folder);
		if (slash == whole)
			break;
		*slash = '\0';
	}
	free(whole);
	return below;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum errc file_list(const char *folder, const char *suffix, char ***ret, struct err *err)
{
	DIR *dir = opendir(folder);
	char **names = mem_zalloc(sizeof(*names));
	const struct dirent *e;
	size_t n = 0;

	if (!dir) {
		free(names);
		return err_set(err, ERR_NO_INPUT, "%s: %s", folder, strerror(errno));
	}
	while ((e = readdir(dir)) != NULL) {
		if (!str_ends_nocase(str_from(e->d_name), str_from(suffix)))
			continue;
		names = mem_realloc(names, n + 2, sizeof(*names));
		names[n++] = mem_strdup(e->d_name);
		names[n] = NULL;
	}
	(void)closedir(dir);
	qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	return ERR_OK;
}

void file_list_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}
