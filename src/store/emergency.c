#include "store/emergency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "os/kernel.h"

/* "LENGTH HASH\n", the record, "\n". The hash covers the hash before it and the record, so that
 * what is left of an older use of the file never follows on a newer record. */
enum { HEAD_BYTES = 8 + 1 + 64 + 1 };

struct emergency {
	int fd;
	char *path;
	char *bytes; /* of the whole file */
	size_t used;
	char last[SHA256_HEX]; /* hash of the newest record; empty without any */
};

static enum errc fail(const struct emergency *e, const char *doing, struct err *err)
{
	return err_set(err, ERR_STORE, "%s: cannot %s: %s", e->path, doing, strerror(errno));
}

static enum errc write_at(struct emergency *e, size_t at, size_t n, struct err *err)
{
	while (n) {
		ssize_t done = pwrite(e->fd, e->bytes + at, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return fail(e, "write", err);
		at += (size_t)done;
		n -= (size_t)done;
	}
	return kernel_sync_data(e->fd) == 0 ? ERR_OK : fail(e, "sync", err);
}

static void chain(const char *before, struct str record, char ret[SHA256_HEX])
{
	struct sha256_stream *h = sha256_new();

	sha256_add(h, str_from(before));
	sha256_add(h, record);
	sha256_end_hex(h, ret);
}

/* Eight hexadecimal digits. */
static bool read_length(const char *p, size_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (int i = 0; i < 8; i++) {
		const char *digit = p[i] ? strchr(digits, p[i]) : NULL;

		if (!digit)
			return false;
		n = n << 4 | (size_t)(digit - digits);
	}
	*ret = n;
	return true;
}

/* The record at `at`; false: there is no whole one. */
static bool record_at(const struct emergency *e, size_t at, const char *before, struct str *ret,
	char hash[SHA256_HEX])
{
	size_t n;

	if (at + HEAD_BYTES > EMERGENCY_BYTES)
		return false;
	if (!read_length(e->bytes + at, &n) || n > EMERGENCY_BYTES - HEAD_BYTES - at - 1)
		return false;
	*ret = (struct str){ e->bytes + at + HEAD_BYTES, n };
	chain(before, *ret, hash);
	return memcmp(hash, e->bytes + at + 9, 64) == 0 && e->bytes[at + 8] == ' ' &&
	       ret->p[-1] == '\n' && ret->p[n] == '\n';
}

/* Where the records end. */
static void find_end(struct emergency *e)
{
	char hash[SHA256_HEX];
	struct str record;

	e->used = 0;
	e->last[0] = '\0';
	while (record_at(e, e->used, e->last, &record, hash)) {
		e->used += HEAD_BYTES + record.n + 1;
		memcpy(e->last, hash, sizeof(hash));
	}
}

static enum errc read_all(struct emergency *e, size_t *ret_n, struct err *err)
{
	ssize_t n;

	*ret_n = 0;
	while (*ret_n < EMERGENCY_BYTES &&
		(n = pread(e->fd, e->bytes + *ret_n, EMERGENCY_BYTES - *ret_n, (off_t)*ret_n)) !=
			0) {
		if (n < 0 && errno != EINTR)
			return fail(e, "read", err);
		*ret_n += n > 0 ? (size_t)n : 0;
	}
	return ERR_OK;
}

/* What is missing is written, not only promised by the file system. */
static enum errc make_whole(struct emergency *e, size_t n, struct err *err)
{
	enum errc rc = ERR_OK;

	if (n < EMERGENCY_BYTES)
		rc = write_at(e, n, EMERGENCY_BYTES - n, err);
	if (!rc && n < EMERGENCY_BYTES && fsync(e->fd) != 0)
		rc = fail(e, "sync", err);
	return rc;
}

static enum errc sync_folder(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	int why = errno;

	if (fd >= 0)
		(void)close(fd);
	return synced ? ERR_OK
		      : err_set(err, ERR_STORE, "%s: cannot sync: %s", folder, strerror(why));
}

enum errc emergency_open(struct emergency **ret, const char *folder, struct err *err)
{
	struct emergency *e = mem_zalloc(sizeof(*e));
	size_t n = 0;
	enum errc rc;

	e->path = mem_printf("%s/emergency", folder);
	e->bytes = mem_zalloc(EMERGENCY_BYTES);
	e->fd = open(e->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	rc = e->fd < 0 ? fail(e, "open", err) : read_all(e, &n, err);
	if (!rc)
		rc = make_whole(e, n, err);
	if (!rc && n < EMERGENCY_BYTES)
		rc = sync_folder(folder, err);
	if (rc) {
		emergency_close(e);
		return rc;
	}
	find_end(e);
	*ret = e;
	return ERR_OK;
}

void emergency_close(struct emergency *e)
{
	if (!e)
		return;
	if (e->fd >= 0)
		(void)close(e->fd);
	free(e->path);
	free(e->bytes);
	free(e);
}

bool emergency_is_empty(const struct emergency *e)
{
	return e->used == 0;
}

enum errc emergency_add(struct emergency *e, struct str record, struct err *err)
{
	char hash[SHA256_HEX];
	size_t n = HEAD_BYTES + record.n + 1, at = e->used;
	enum errc rc;

	if (record.n > EMERGENCY_BYTES || n > EMERGENCY_BYTES - at)
		return err_set(err, ERR_STORE, "%s is full", e->path);
	chain(e->last, record, hash);
	(void)snprintf(e->bytes + at, HEAD_BYTES + 1, "%08zx %s\n", record.n, hash);
	if (record.n)
		memcpy(e->bytes + at + HEAD_BYTES, record.p, record.n);
	e->bytes[at + n - 1] = '\n';
	rc = write_at(e, at, n, err);
	if (rc)
		return rc;
	e->used += n;
	memcpy(e->last, hash, sizeof(hash));
	return ERR_OK;
}

enum errc emergency_each(struct emergency *e,
	enum errc (*each)(void *self, struct str record, struct err *err), void *self,
	size_t *ret_n, struct err *err)
{
	char before[SHA256_HEX] = "", hash[SHA256_HEX];
	struct str record;
	enum errc rc = ERR_OK;

	*ret_n = 0;
	for (size_t at = 0; !rc && at < e->used && record_at(e, at, before, &record, hash);) {
		++*ret_n;
		at += HEAD_BYTES + record.n + 1;
		memcpy(before, hash, sizeof(hash));
		rc = each(self, record, err);
	}
	return rc;
}

enum errc emergency_clear(struct emergency *e, struct err *err)
{
	size_t n = e->used;
	enum errc rc;

	if (n == 0)
		return ERR_OK;
	memset(e->bytes, 0, n);
	rc = write_at(e, 0, n, err);
	if (!rc) {
		e->used = 0;
		e->last[0] = '\0';
	}
	return rc;
}
