/* Databases as a whole: copied to a file, and from one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/stat.h"
#include "base/time.h"
#include "io/db/db_private.h"
#include "os/kernel.h"

static enum errc sync_path(const char *path, int open_flags, struct err *err)
{
	int fd = open(path, open_flags | O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	if (rc != 0) {
		enum errc e = db_fail_os(path, "sync", err);

		if (fd >= 0)
			(void)close(fd);
		return e;
	}
	return close(fd) == 0 ? ERR_OK : db_fail_os(path, "close", err);
}

/* Changes nothing but that file, and yet a reader has to be allowed to. */
static enum errc vacuum_into(struct db *d, const char *path, struct err *err)
{
	enum errc e = d->reads ? db_exec(d, "PRAGMA query_only=OFF", err) : ERR_OK;

	if (e == ERR_OK)
		e = db_do(d, "VACUUM INTO ?1", DB_VALUES(db_z(path)), err);
	if (d->reads && db_exec(d, "PRAGMA query_only=ON", NULL) && e == ERR_OK)
		e = err_set(err, ERR_STORE, "%s: cannot be read any more", d->path);
	return e;
}

static enum errc sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? mem_dupz((struct str){ path, (size_t)(slash - path) + 1 })
			     : mem_strdup(".");
	enum errc e = sync_path(folder, O_DIRECTORY, err);

	free(folder);
	return e;
}

/* A copy under its final name is a whole one, and it is on disk: a migration follows. */
enum errc db_backup(struct db *d, const char *path, struct err *err)
{
	char *tmp = mem_printf("%s.tmp", path);
	enum errc e;

	if (unlink(tmp) != 0 && errno != ENOENT) {
		e = db_fail_os(tmp, "remove", err);
		goto out;
	}
	e = db_create_private(tmp, O_EXCL, err);
	if (e == ERR_OK)
		e = vacuum_into(d, tmp, err);
	if (e == ERR_OK)
		e = sync_path(tmp, 0, err);
	if (e == ERR_OK && rename(tmp, path) != 0)
		e = db_fail_os(path, "create", err);
	if (e == ERR_OK)
		e = sync_folder_of(path, err);
	else
		(void)unlink(tmp);
out:
	free(tmp);
	return e;
}

/* pragma: for the source, before anything is read of it; NULL: none. */
static enum errc copy_from(
	struct db *d, const char *path, int flags, const char *pragma, struct err *err)
{
	sqlite3_backup *copy;
	sqlite3 *from = NULL;
	int rc = sqlite3_open_v2(
		path, &from, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_EXRESCODE, NULL);
	int64_t since = TIME_NONE;

	if (rc == SQLITE_OK && pragma)
		rc = sqlite3_exec(from, pragma, NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		(void)sqlite3_close(from);
		return err_set(err, ERR_STORE, "%s: %s", path, sqlite3_errstr(rc));
	}
	copy = sqlite3_backup_init(d->h, "main", from, "main");
	do
		rc = copy ? sqlite3_backup_step(copy, -1) : sqlite3_errcode(d->h);
	while (copy && db_try_again(d, rc, &since));
	if (copy && sqlite3_backup_finish(copy) == SQLITE_OK && rc == SQLITE_DONE)
		rc = SQLITE_OK;
	(void)sqlite3_close(from);
	return rc == SQLITE_OK ? ERR_OK : db_fail(d, rc, err);
}

enum errc db_restore(struct db *d, const char *path, struct err *err)
{
	return copy_from(d, path, 0, NULL, err);
}

/* Of one of its files; all 0: there is none. */
static struct stat shape_of(const char *path, const char *ending)
{
	char *name = mem_printf("%s%s", path, ending);
	struct stat ret;

	if (stat(name, &ret) != 0)
		ret = (struct stat){ 0 };
	free(name);
	return ret;
}

/* No lock is taken and no index of the log is made: both would be written. Without that index
 * SQLite reads a log only as its one user. */
static enum errc copy_frozen(struct db *d, const char *path, bool has_log, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";
	size_t n = strlen(path);
	struct buf uri;
	enum errc rc;

	buf_init(&uri, 3 * n + 64);
	buf_z(&uri, "file:");
	for (size_t i = 0; i < n; i++)
		if (strchr(plain, path[i]))
			buf_char(&uri, path[i]);
		else
			buf_printf(&uri, "%%%02x", (unsigned char)path[i]);
	buf_z(&uri, has_log ? "?vfs=unix-none" : "?immutable=1");
	rc = copy_from(d, buf_cstr(&uri), SQLITE_OPEN_URI,
		has_log ? "PRAGMA locking_mode=EXCLUSIVE" : NULL, err);
	buf_release(&uri);
	return rc;
}

enum errc db_restore_frozen(struct db *d, const char *path, struct err *err)
{
	int64_t since = kernel_clock_ms(CLOCK_MONOTONIC);
	struct stat file, log;
	enum errc rc;

	free(d->path); /* whose copy it is, for messages */
	d->path = mem_strdup(path);
	for (;;) {
		struct stat now;

		if (shape_of(path, "-journal").st_size)
			return err_set(err, ERR_STORE,
				"%s: its last write was cut off, and it cannot be repaired where "
				"nothing may be written",
				path);
		file = shape_of(path, "");
		log = shape_of(path, "-wal");
		rc = copy_frozen(d, path, log.st_size > 0, err);
		now = shape_of(path, "");
		if (stat_is_unchanged(&now, &file)) {
			now = shape_of(path, "-wal");
			if (stat_is_unchanged(&now, &log))
				break;
		}
		if (kernel_clock_ms(CLOCK_MONOTONIC) - since >= d->patience_ms)
			return err_set(err, ERR_STORE, "%s: is written all the time", path);
		(void)usleep(DB_PAUSE_US);
	}
	return rc;
}
