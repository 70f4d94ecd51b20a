#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/kernel.h"

enum { OUT_BUFFER_BYTES = 64 * 1024, TEMP_TRIES = 100 };

struct outfile {
	char *path;  /* as given, for messages */
	char *name;  /* within dir; NULL: stdout */
	char *temp;  /* name of the temporary; NULL while it has none */
	int dir, fd; /* the folder stays open, so that moving it does not matter */
	int failed;  /* errno of the first failure, 0: none */
	bool shown;  /* stdout is a terminal: nothing in it may be obeyed */
	size_t n;    /* bytes in buffer */
	char buffer[OUT_BUFFER_BYTES];
};

static char *temp_name(const char *name)
{
	/* A long name is cut: the temporary has to fit where the name fits. */
	int keep = (int)strnlen(name, NAME_MAX - 24);
	size_t cap = (size_t)keep + 24;
	uint64_t random = 0;
	char *temp = mem_alloc(cap);

	(void)!getentropy(&random, sizeof(random));
	(void)snprintf(temp, cap, ".%.*s.%016llx", keep, name, (unsigned long long)random);
	return temp;
}

static int make_named(struct outfile *f, mode_t mode)
{
	int fd = -1;

	for (int i = 0; i < TEMP_TRIES && fd < 0 && (i == 0 || errno == EEXIST); i++) {
		free(f->temp);
		f->temp = temp_name(f->name);
		fd = openat(
			f->dir, f->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	}
	return fd;
}

/* Without a name nothing is left behind by a killed process; it needs a kernel and a file system
 * that know such files, and a path to give it a name later. */
static int make_temp(struct outfile *f, mode_t mode)
{
	char path[64];
	int fd = kernel_nameless(f->dir, mode);

	if (fd >= 0 && kernel_path_of(fd, path))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return make_named(f, mode);
}

/* Why rename() would not put another file there; NULL: nothing that can be known. */
static const char *why_fixed(const struct outfile *f, const struct stat *there)
{
	uid_t me = geteuid();
	struct stat folder;

	if (there && fstat(f->dir, &folder) == 0 && folder.st_mode & S_ISVTX && me != 0 &&
		me != there->st_uid && me != folder.st_uid)
		return "it belongs to another user, who alone may replace it in this folder";
	return kernel_fixed(f->dir, f->name);
}

static enum errc check_target(struct outfile *f, struct err *err)
{
	struct stat st;
	const char *why;
	bool there;

	if (f->name[0] == '\0')
		return err_set(err, ERR_CANNOT_CREATE, "%s: is a folder", f->path);
	there = fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!there && errno != ENOENT)
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", f->path, strerror(errno));
	why = why_fixed(f, there ? &st : NULL);
	if (why && (!there || S_ISREG(st.st_mode)))
		return err_set(err, ERR_CANNOT_CREATE, "%s: cannot be put there: %s", f->path, why);
	if (!there || S_ISREG(st.st_mode))
		return ERR_OK;
	return err_set(err, ERR_CANNOT_CREATE, "%s: is %s; an output has to be a regular file",
		f->path,
		S_ISLNK(st.st_mode)   ? "a symbolic link"
		: S_ISDIR(st.st_mode) ? "a folder"
				      : "a device, pipe or socket");
}

static enum errc open_target(struct outfile *f, mode_t mode, struct err *err)
{
	const char *slash = strrchr(f->path, '/');
	char *folder = file_beside(f->path, ".");
	enum errc rc;

	f->name = mem_strdup(slash ? slash + 1 : f->path);
	f->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		rc = err_set(err, ERR_CANNOT_CREATE, "%s: cannot open its folder: %s", f->path,
			strerror(errno));
	else
		rc = check_target(f, err);
	if (!rc) {
		f->fd = make_temp(f, mode);
		if (f->fd < 0)
			rc = err_set(err, ERR_CANNOT_CREATE, "%s: cannot create: %s", f->path,
				strerror(errno));
	}
	free(folder);
	return rc;
}

enum errc outfile_open(struct outfile **ret, const char *path, mode_t mode, struct err *err)
{
	struct outfile *f = mem_alloc(sizeof(*f));
	enum errc rc = ERR_OK;

	f->path = mem_strdup(path);
	f->name = f->temp = NULL;
	f->dir = f->fd = -1;
	f->failed = 0;
	f->n = 0;
	f->shown = strcmp(path, "-") == 0 && isatty(STDOUT_FILENO);
	if (strcmp(path, "-") == 0)
		f->fd = STDOUT_FILENO;
	else
		rc = open_target(f, mode, err);
	if (rc)
		outfile_free(f);
	else
		*ret = f;
	return rc;
}

enum errc outfile_reserve(struct outfile *f, uint64_t bytes, struct err *err)
{
	if (!f->name || kernel_reserve(f->fd, (int64_t)bytes))
		return ERR_OK;
	return err_set(err, ERR_CANNOT_CREATE, "%s: no room for %llu bytes there: %s", f->path,
		(unsigned long long)bytes, strerror(errno));
}

char *outfile_inner(const struct outfile *f)
{
	char path[64];

	if (f->temp)
		return file_beside(f->path, f->temp);
	(void)kernel_path_of(f->fd, path);
	return mem_strdup(path);
}

static void write_out(struct outfile *f, const char *p, size_t n)
{
	while (n && !f->failed) {
		ssize_t done = write(f->fd, p, n);

		if (done > 0) {
			p += done;
			n -= (size_t)done;
		} else if (done < 0 && errno != EINTR) {
			f->failed = errno;
		}
	}
}

static void flush(struct outfile *f)
{
	write_out(f, f->buffer, f->n);
	f->n = 0;
}

/* Callers write whole lines, so that no character is cut. */
static void show(struct outfile *f, struct str bytes)
{
	char *text = mem_dupz(bytes);

	text_clean_lines(text, bytes.n);
	write_out(f, text, bytes.n);
	free(text);
}

void outfile_write(struct outfile *f, struct str bytes)
{
	if (f->shown) {
		show(f, bytes);
		return;
	}
	if (bytes.n > sizeof(f->buffer) - f->n)
		flush(f);
	if (bytes.n > sizeof(f->buffer)) {
		write_out(f, bytes.p, bytes.n);
	} else if (bytes.n) {
		memcpy(f->buffer + f->n, bytes.p, bytes.n);
		f->n += bytes.n;
	}
}

static enum errc failure(const struct outfile *f, const char *verb, struct err *err)
{
	return err_set(err, ERR_IO, "%s: cannot %s: %s", f->name ? f->path : "standard output",
		verb, strerror(f->failed ? f->failed : errno));
}

/* A second name for what `from` names; what had the name `to` before is replaced in one step. */
static int link_over(struct outfile *f, int from_dir, const char *from, const char *to, int flags)
{
	char *temp = NULL;
	int rc = linkat(from_dir, from, f->dir, to, flags);

	for (int i = 0; i < TEMP_TRIES && rc != 0 && errno == EEXIST; i++) {
		free(temp);
		temp = temp_name(to);
		rc = linkat(from_dir, from, f->dir, temp, flags);
	}
	if (rc == 0 && temp) {
		rc = renameat(f->dir, temp, f->dir, to);
		/* When both are the same file already, rename() succeeds and leaves the first. */
		(void)unlinkat(f->dir, temp, 0);
	}
	free(temp);
	return rc;
}

/* By a second name, so that at no moment there is no whole file; where the file system has no hard
 * links, by moving it. */
static int keep_present(struct outfile *f, const char *backup)
{
	if (link_over(f, f->dir, f->name, backup, 0) == 0 || errno == ENOENT)
		return 0;
	return renameat(f->dir, f->name, f->dir, backup);
}

static int publish(struct outfile *f)
{
	char path[64];
	int rc;

	if (f->temp) {
		rc = renameat(f->dir, f->temp, f->dir, f->name);
		if (rc == 0) {
			free(f->temp);
			f->temp = NULL;
		}
		return rc;
	}
	(void)kernel_path_of(f->fd, path);
	return link_over(f, AT_FDCWD, path, f->name, AT_SYMLINK_FOLLOW);
}

enum errc outfile_commit(struct outfile *f, const char *backup, struct err *err)
{
	flush(f);
	if (f->failed)
		return failure(f, "write", err);
	if (!f->name)
		return ERR_OK;
	if (fsync(f->fd) != 0)
		return failure(f, "write", err);
	if (backup && keep_present(f, backup) != 0)
		return failure(f, "keep the present file", err);
	if (publish(f) != 0)
		return failure(f, "put it in its place", err);
	/* Some file systems have no fsync() for folders and say so. */
	if (fsync(f->dir) != 0 && errno != EINVAL)
		return failure(f, "write its folder", err);
	return ERR_OK;
}

void outfile_free(struct outfile *f)
{
	if (!f)
		return;
	if (f->temp)
		(void)unlinkat(f->dir, f->temp, 0);
	if (f->name && f->fd >= 0)
		(void)close(f->fd);
	if (f->dir >= 0)
		(void)close(f->dir);
	free(f->path);
	free(f->name);
	free(f->temp);
	free(f);
}

enum errc file_write_new(const char *path, mode_t mode, struct str bytes, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode), failed = 0;
	size_t at = 0;

	if (fd < 0)
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(errno));
	while (!failed && at < bytes.n) {
		ssize_t n = write(fd, bytes.p + at, bytes.n - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			failed = n == 0 ? EIO : errno;
	}
	if (!failed && fsync(fd) != 0)
		failed = errno;
	if (close(fd) != 0 && !failed)
		failed = errno;
	if (!failed)
		return ERR_OK;
	(void)unlink(path);
	return err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(failed));
}
