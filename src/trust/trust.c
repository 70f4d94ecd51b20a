#include "trust/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/yaml.h"
#include "os/kernel.h"
#include "trust/parts.h"

enum { MAX_DEPTH = 64, MAX_LINKS = 40 };

struct place {
	int fd;        /* of kernel_open_path() */
	size_t n_path; /* of walk.path */
	struct stat st;
};

struct path_walk {
	struct trust_case verdict;
	struct place v[MAX_DEPTH];
	size_t n;
	char path[PATH_MAX]; /* without links, of v[n - 1] or of the file */
	char rest[2 * PATH_MAX];
	unsigned links;
};

static enum errc judge_place(struct path_walk *w, size_t at, bool above, struct err *err)
{
	const struct place *place = &w->v[at];
	char next = w->path[place->n_path];
	enum errc rc;

	w->path[place->n_path] = '\0';
	rc = verdict_judge(&w->verdict, w->path, place->fd, &place->st, above, err);
	w->path[place->n_path] = next;
	return rc;
}

static enum errc judge_top(struct path_walk *w, bool above, struct err *err)
{
	return judge_place(w, w->n - 1, above, err);
}

/* --- step by step --- */

static void pop(struct path_walk *w)
{
	(void)close(w->v[--w->n].fd);
	if (w->n)
		w->path[w->v[w->n - 1].n_path] = '\0';
}

static enum errc cannot(const struct path_walk *w, struct err *err)
{
	return err_set(err, ERR_NO_INPUT, "%s: cannot open: %s", w->verdict.given, strerror(errno));
}

/* The path of `name` in the folder where we are. */
static bool append(struct path_walk *w, const char *name)
{
	size_t n = w->v[w->n - 1].n_path;
	int more = snprintf(w->path + n, sizeof(w->path) - n, "%s%s", n > 1 ? "/" : "", name);

	if (more >= 0 && (size_t)more < sizeof(w->path) - n)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static enum errc push(struct path_walk *w, int fd, const struct stat *st, struct err *err)
{
	if (w->n == MAX_DEPTH) {
		(void)close(fd);
		errno = ENAMETOOLONG;
		return cannot(w, err);
	}
	w->v[w->n++] = (struct place){ .fd = fd, .n_path = strlen(w->path), .st = *st };
	return judge_top(w, true, err);
}

/* A link is as good as the folder that it stands in; where others may write too, its owner. */
static enum errc follow(struct path_walk *w, int fd, const struct stat *st, const char *name,
	bool last, struct err *err)
{
	char target[PATH_MAX], rest[sizeof(w->rest)];
	ssize_t n = kernel_read_link(fd, w->v[w->n - 1].fd, name, target, sizeof(target) - 1);
	enum errc rc = last ? judge_top(w, false, err) : ERR_OK;

	(void)close(fd);
	if (rc)
		return rc;
	if (n < 0 || ++w->links > MAX_LINKS) {
		errno = n < 0 ? errno : ELOOP;
		return cannot(w, err);
	}
	target[n] = '\0';
	if (!verdict_is_allowed(&w->verdict, st->st_uid) && append(w, name))
		verdict_blame_owner(&w->verdict, w->path, st);
	w->path[w->v[w->n - 1].n_path] = '\0';
	if ((size_t)snprintf(rest, sizeof(rest), "%s/%s", target, w->rest) >= sizeof(rest)) {
		errno = ENAMETOOLONG;
		return cannot(w, err);
	}
	memcpy(w->rest, rest, sizeof(rest));
	while (target[0] == '/' && w->n > 1)
		pop(w);
	return ERR_OK;
}

/* The next part of the path goes from w->rest to `name`. False: there is none. */
static bool next_name(struct path_walk *w, char name[NAME_MAX + 1], bool *ret_last)
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");
	const char *after = from + n + strspn(from + n, "/");

	if (n == 0)
		return false;
	(void)snprintf(name, NAME_MAX + 1, "%.*s", (int)n, from);
	*ret_last = !*after;
	memmove(w->rest, after, strlen(after) + 1);
	return true;
}

/* Opens the file where we are; what was judged is what is opened. */
static enum errc open_last(struct path_walk *w, const char *name, const struct stat *judged,
	int *ret_fd, struct err *err)
{
	struct stat st;
	int fd = w->verdict.why[0] ? -1
				   : openat(w->v[w->n - 1].fd, name,
					     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (w->verdict.why[0]) /* it is not even opened */
		return ERR_OK;
	if (S_ISFIFO(judged->st_mode)) {
		(void)close(fd);
		return file_refuse_pipe(w->verdict.given, err);
	}
	if (fd < 0)
		return cannot(w, err);
	if (fstat(fd, &st) != 0 || st.st_dev != judged->st_dev || st.st_ino != judged->st_ino) {
		(void)close(fd);
		return err_set(err, ERR_SETTINGS, "%s: was replaced while it was opened",
			w->verdict.given);
	}
	*ret_fd = fd;
	return ERR_OK;
}

/* One step: into a folder, along a link, or to the file (*ret_fd, unless there is something wrong).
 */
static enum errc step(
	struct path_walk *w, const char *name, bool last, int *ret_fd, struct err *err)
{
	struct stat st;
	int fd = kernel_open_path(w->v[w->n - 1].fd, name, &st);
	enum errc rc;

	if (fd < 0 || (!S_ISLNK(st.st_mode) && !append(w, name))) {
		rc = cannot(w, err);
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	if (S_ISLNK(st.st_mode))
		return follow(w, fd, &st, name, last, err);
	if (S_ISDIR(st.st_mode))
		return push(w, fd, &st, err);
	/* Nobody may be told to change what belongs to the system, such as /dev/null. */
	rc = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)
		     ? err_set(err, ERR_NO_INPUT, "%s: is a device of this system, no file",
			       w->verdict.given)
		     : verdict_judge(&w->verdict, w->path, fd, &st, false, err);
	w->path[w->v[w->n - 1].n_path] = '\0';
	if (!rc)
		rc = judge_top(w, w->verdict.what == TRUSTED_BACKUP, err);
	(void)close(fd);
	(void)append(w, name);
	errno = ENOTDIR;
	if (!rc && !last)
		rc = cannot(w, err);
	return rc ? rc : open_last(w, name, &st, ret_fd, err);
}

static enum errc walk(struct path_walk *w, int *ret_fd, struct err *err)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int root = kernel_open_path(AT_FDCWD, "/", &st);
	bool last = false;
	enum errc rc;

	*ret_fd = -1;
	if (root < 0)
		return cannot(w, err);
	(void)snprintf(w->path, sizeof(w->path), "/");
	rc = push(w, root, &st, err);
	while (!rc && *ret_fd < 0 && next_name(w, name, &last)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") != 0)
			rc = step(w, name, last, ret_fd, err);
		else if (w->n > 1)
			pop(w);
	}
	return rc;
}

/* --- beginning and end --- */

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0' || n == 1);
}

/* Without links, of as much of the path as there is. */
static char *real_part(const char *path)
{
	char *part = mem_strdup(path), *real = realpath(part, NULL), *slash;

	while (!real && (slash = strrchr(part, '/')) && slash != part) {
		*slash = '\0';
		real = realpath(part, NULL);
	}
	free(part);
	return real;
}

/* Those whose path leads to the file now; whether it did is looked at again afterwards. */
static void allow_owners(struct path_walk *w)
{
	struct str list = str_from(getenv("DEPMEND_TRUST"));
	char *here = w->verdict.what >= TRUSTED_GROUPS ? NULL : real_part(w->rest);

	while (list.n && here && w->verdict.n_allowed < TRUST_MAX_ALLOWED) {
		char *one = mem_dupz(str_cut(&list, ':'));
		char *real = one[0] == '/' ? realpath(one, NULL) : NULL;
		struct stat st;

		free(one);
		if (real && stat(real, &st) == 0 && is_below(here, real)) {
			w->verdict.allowed[w->verdict.n_allowed].owner = st.st_uid;
			w->verdict.allowed[w->verdict.n_allowed++].path = real;
		} else {
			free(real);
		}
	}
	free(here);
}

static enum errc begin(struct path_walk *w, enum trusted what, const char *path, struct err *err)
{
	char folder[PATH_MAX] = "";

	*w = (struct path_walk){ .verdict = { .read = trust_read,
					 .what = what,
					 .given = path,
					 .me = what == TRUSTED_GROUPS_OF_ROOT ? 0 : geteuid() } };
	buf_init(&w->verdict.chown, TRUST_COMMAND_BYTES);
	buf_init(&w->verdict.chmod, TRUST_COMMAND_BYTES);
	if ((path[0] != '/' && !getcwd(folder, sizeof(folder))) || strlen(path) >= PATH_MAX) {
		errno = path[0] == '/' ? ENAMETOOLONG : errno;
		return cannot(w, err);
	}
	(void)snprintf(w->rest, sizeof(w->rest), "%s/%s", folder, path);
	allow_owners(w);
	return ERR_OK;
}

static enum errc end(struct path_walk *w, enum errc rc, struct err *err)
{
	for (size_t k = 0; k < w->verdict.n_allowed; k++) {
		if (!rc && !is_below(w->path, w->verdict.allowed[k].path))
			rc = err_set(err, ERR_SETTINGS, "%s: was replaced while it was opened",
				w->verdict.given);
		free(w->verdict.allowed[k].path);
	}
	while (w->n)
		pop(w);
	if (w->verdict.why[0])
		rc = verdict_blame(&w->verdict, err);
	buf_release(&w->verdict.chown);
	buf_release(&w->verdict.chmod);
	return rc;
}

/* --- interface --- */

/* What the caller has opened for us, such as the pipe of a shell's <(...). */
static bool is_descriptor(const char *path)
{
	return is_below(path, "/dev/fd") || is_below(path, "/proc/self/fd") ||
	       strcmp(path, "/dev/stdin") == 0;
}

static enum errc open_descriptor(struct path_walk *w, int *ret_fd, struct err *err)
{
	int fd = open(w->verdict.given, O_RDONLY | O_CLOEXEC);
	struct stat st;
	enum errc rc;

	if (fd < 0 || fstat(fd, &st) != 0)
		return cannot(w, err);
	rc = verdict_judge(&w->verdict, w->verdict.given, fd, &st, false, err);
	if (rc || w->verdict.why[0])
		(void)close(fd);
	else
		*ret_fd = fd;
	return rc;
}

/* Opens it for reading. ERR_NO_INPUT when it cannot be opened; ERR_SETTINGS names who could change
 * it, with the command that mends that. Caller closes. */
static enum errc trust_open(enum trusted what, const char *path, int *ret_fd, struct err *err)
{
	struct path_walk w;
	int fd = -1;
	enum errc rc = begin(&w, what, path, err);

	if (!rc && is_descriptor(path))
		rc = open_descriptor(&w, &fd, err);
	else if (!rc)
		rc = walk(&w, &fd, err);
	if (!rc && fd < 0 && !w.verdict.why[0])
		rc = err_set(err, ERR_NO_INPUT, "%s: is a folder", path);
	rc = end(&w, rc, err);
	if (!rc)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum errc trust_read(
	enum trusted what, const char *path, size_t max_bytes, struct buf *ret, struct err *err)
{
	int fd;
	enum errc rc = trust_open(what, path, &fd, err);

	if (rc)
		return rc;
	rc = file_read_fd(fd, path, max_bytes, ret, err);
	(void)close(fd);
	return rc;
}

enum errc trust_file(enum trusted what, const char *path, struct err *err)
{
	int fd;
	enum errc rc = trust_open(what, path, &fd, err);

	if (!rc)
		(void)close(fd);
	return rc;
}

enum errc trust_load_yaml(enum trusted what, const char *path, struct yaml_doc **ret,
	struct diags *d, struct err *err)
{
	int fd;
	enum errc rc = trust_open(what, path, &fd, err);

	if (rc)
		return rc;
	rc = yaml_load_fd(ret, fd, path, d, err);
	(void)close(fd);
	return rc;
}

/* Files only: folders below are looked at when they are used. */
static enum errc judge_files(struct path_walk *w, struct err *err)
{
	int top = openat(w->v[w->n - 1].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = top >= 0 ? fdopendir(top) : NULL;
	const struct dirent *entry;
	enum errc rc = ERR_OK;

	if (!dir && top >= 0)
		(void)close(top);
	while (dir && !rc && (entry = readdir(dir))) {
		struct stat st;
		int fd = kernel_open_path(top, entry->d_name, &st);

		if (fd >= 0 && S_ISREG(st.st_mode) && append(w, entry->d_name))
			rc = verdict_judge(&w->verdict, w->path, fd, &st, false, err);
		w->path[w->v[w->n - 1].n_path] = '\0';
		if (fd >= 0)
			(void)close(fd);
	}
	if (dir)
		(void)closedir(dir);
	return rc;
}

enum errc trust_folder(enum trusted what, const char *path, struct err *err)
{
	struct path_walk w;
	bool arrived;
	int fd = -1;
	enum errc rc = begin(&w, what, path, err);

	if (!rc)
		rc = walk(&w, &fd, err);
	arrived = !rc;
	if (fd >= 0) {
		(void)close(fd);
		rc = err_set(err, ERR_SETTINGS, "%s: is not a folder", path);
	}
	/* Where nothing is yet, or nobody may enter, there is no more to say: who uses it
	 * complains. */
	if (rc == ERR_NO_INPUT)
		rc = ERR_OK;
	if (!rc && arrived)
		rc = judge_top(&w, false, err);
	if (!rc && arrived)
		rc = judge_files(&w, err);
	return end(&w, rc, err);
}
