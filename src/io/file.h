/*
 * Files that appear whole or not at all, and files that are read with care.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* --- written whole: temporary beside the target, fsync, rename, fsync of the folder --- */
struct outfile;

/* path "-" is stdout, to which bytes go as a buffer fills and at the commit. ERR_CANNOT_CREATE when
 * the folder refuses, when the target is a symlink, a folder or no regular file, or cannot be
 * replaced. The umask applies to mode. Caller frees with outfile_free(). */
MUST_CHECK enum errc outfile_open(
	struct outfile **ret, const char *path, mode_t mode, struct err *err);
/* So much room is taken until outfile_free(), for what is found out before the work rather than
 * after it. ERR_CANNOT_CREATE: there is none. */
MUST_CHECK enum errc outfile_reserve(struct outfile *f, uint64_t bytes, struct err *err);
/* The first failure is remembered and told by outfile_commit(). */
void outfile_write(struct outfile *f, struct str bytes);
/* A path by which a library can write the file itself, before anything else is written (not for
 * stdout). Caller frees with free(). */
char *outfile_inner(const struct outfile *f);
/* Keeps the present file, if any, under the name `backup` (same folder, replaced) when that is not
 * NULL. At no moment the target is missing or half written. ERR_IO on failure. */
MUST_CHECK enum errc outfile_commit(struct outfile *f, const char *backup, struct err *err);
/* Not committed: removed. NULL is fine. */
void outfile_free(struct outfile *f);

/* Writes a file that is not there yet, as a whole. ERR_CANNOT_CREATE when there is one, which stays
 * as it is. The umask applies to mode. */
MUST_CHECK enum errc file_write_new(
	const char *path, mode_t mode, struct str bytes, struct err *err);

/* --- read --- */
/* The whole file, at most max_bytes, into a buffer that is made here. ERR_NO_INPUT, ERR_LIMIT.
 * Caller releases the buffer. */
MUST_CHECK enum errc file_read(
	const char *path, size_t max_bytes, struct buf *ret, struct err *err);
/* The same of an open descriptor; path is for messages. */
MUST_CHECK enum errc file_read_fd(
	int fd, const char *path, size_t max_bytes, struct buf *ret, struct err *err);
/* The same for secrets: regular file, owner is the user or root, no bit for group or others; one of
 * our groups (but root's own) may read what belongs to root. A symbolic link is followed within its
 * folder. ERR_SETTINGS with the remedy otherwise. Caller wipes the buffer. */
MUST_CHECK enum errc file_read_secret(
	const char *path, size_t max_bytes, struct buf *ret, struct err *err);

/* Whether the process has the group. */
bool file_is_our_group(gid_t gid);

/* --- folders --- */
/* $TMPDIR, or where it is usual. Borrowed. */
const char *file_temporary_folder(void);
/* Creates the folder and its parents with that mode, less the umask. ERR_CANNOT_CREATE. */
MUST_CHECK enum errc file_mkdirs(const char *path, mode_t mode, struct err *err);
/* ERR_SETTINGS when the folder lies on a network filesystem, where locks and the order of writes
 * cannot be relied on, or in one that a program copies elsewhere. */
MUST_CHECK enum errc file_check_local(const char *folder, struct err *err);
/* Whether both paths lead to one file that is there. */
bool file_is_same(const char *a, const char *b);
/* Whether both paths would lead to one file once it is made: the same name, but for the case of
 * letters, in one folder. */
bool file_will_be_same(const char *a, const char *b);
/* Whether the path leads to something in that folder or further below it, there or not yet. */
bool file_is_below(const char *path, const char *folder);
/* A named one: to open it waits until somebody writes into it, which people have to be told. */
bool file_is_pipe(const char *path);
/* ERR_NO_INPUT for one, before anybody opens it. */
MUST_CHECK enum errc file_refuse_pipe(const char *path, struct err *err);
bool file_exists(const char *path);
/* It exists, or nobody lets us look: whoever opens it says why. */
bool file_may_exist(const char *path);
bool file_is_regular(const char *path);
/* `name` beside the file `base`, unless name is absolute. Caller frees with free(). */
char *file_beside(const char *base, const char *name);

/* Names in the folder that end with `suffix`, sorted, NULL-terminated. ERR_NO_INPUT. Caller frees
 * with file_list_free(). */
MUST_CHECK enum errc file_list(
	const char *folder, const char *suffix, char ***ret, struct err *err);
void file_list_free(char **names);

/* How a program is run that is not one of the settings. */
struct file_run_options {
	const char *input; /* its standard input; NULL: nothing */
	bool quiet;        /* its complaints are dropped */
	bool asks;         /* it may ask on the terminal */
	size_t max_bytes;  /* of its output */
	int64_t timeout_ms;
	enum errc failed; /* what it is when it ran and failed; ERR_OK: ERR_SETTINGS */
};
/* Runs argv without a shell (looked for in PATH), stderr ours, and takes at most max_bytes of its
 * output. Cannot be run: ERR_SETTINGS; non-zero exit, a signal, more output or more than
 * timeout_ms: `failed`; both with the name of the program. ERR_STOPPED when we are asked to stop
 * meanwhile; what it started is ended then. Caller wipes the buffer. */
MUST_CHECK enum errc file_run_with(
	char *const argv[], const struct file_run_options *opt, struct buf *ret, struct err *err);
/* The same without input, for programs that the settings name. */
MUST_CHECK enum errc file_run(
	char *const argv[], size_t max_bytes, int64_t timeout_ms, struct buf *ret, struct err *err);

#endif
