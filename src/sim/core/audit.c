#include "sim/core/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/kernel.h"

static enum errc fail(const char *doing, struct err *err)
{
	return err_set(err, ERR_IO, "cannot %s the audit file: %s", doing, strerror(errno));
}

static enum errc write_at(struct audit *a, struct str bytes, struct err *err)
{
	while (bytes.n > 0) {
		ssize_t n = pwrite(a->fd, bytes.p, bytes.n, a->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("write", err);
		a->end += n;
		bytes = str_sub(bytes, (size_t)n, bytes.n - (size_t)n);
	}
	if (a->durable && kernel_sync_data(a->fd) != 0)
		return fail("sync", err);
	return ERR_OK;
}

/* A write cut short by SIGKILL leaves half a line; only whole lines are kept. */
static enum errc drop_torn_line(struct audit *a, struct err *err)
{
	char block[4096];

	while (a->end > 0) {
		int64_t from = a->end > (int64_t)sizeof(block) ? a->end - (int64_t)sizeof(block)
							       : 0;
		ssize_t n = pread(a->fd, block, (size_t)(a->end - from), from);

		if (n != a->end - from)
			return fail("read", err);
		while (n > 0 && block[n - 1] != '\n')
			n--;
		a->end = from + n;
		if (n > 0)
			break;
	}
	return ftruncate(a->fd, a->end) == 0 ? ERR_OK : fail("shorten", err);
}

/* The last committed lines may have missed the file, whole or in part. */
static enum errc complete(struct audit *a, struct sim_sql *q, struct err *err)
{
	struct db_stmt *st = sql_query(q, sql_z("SELECT offset, bytes FROM audit_tail"));
	enum errc e = ERR_OK;

	if (!sql_next(q, st))
		return ERR_OK;
	/* Shorter than where the lines belong: another file, or a new one; nothing to complete. */
	if (a->end >= db_col_int(st, 0) &&
		a->end < db_col_int(st, 0) + (int64_t)db_col_str(st, 1).n) {
		a->end = db_col_int(st, 0);
		e = write_at(a, db_col_str(st, 1), err);
	}
	db_reset(st);
	return e;
}

enum errc audit_open(struct audit *a, struct sim_sql *q, const char *path, bool durable, bool anew,
	struct err *err)
{
	struct stat at;
	enum errc e;

	*a = (struct audit){ .fd = -1, .durable = durable };
	buf_init(&a->lines, AUDIT_MAX_BYTES);
	if (!path)
		return ERR_OK;
	a->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (anew ? O_TRUNC : 0), 0600);
	if (a->fd < 0 || fstat(a->fd, &at) != 0)
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(errno));
	a->end = at.st_size;
	e = complete(a, q, err);
	return e == ERR_OK ? drop_torn_line(a, err) : e;
}

void audit_close(struct audit *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	buf_release(&a->lines);
	a->fd = -1;
}

void audit_begin(struct audit *a, struct json_out *o, int64_t t_ms, const char *kind)
{
	json_out_init(o, &a->lines);
	json_obj(o, NULL);
	json_put_int(o, "t", t_ms);
	json_put_z(o, "kind", kind);
}

void audit_end(struct audit *a, struct json_out *o)
{
	json_obj_end(o);
	buf_char(&a->lines, '\n');
}

void audit_stage(struct audit *a, struct sim_sql *q)
{
	if (a->fd < 0)
		return;
	sql_run(q, sql_z("DELETE FROM audit_tail"));
	sql_run(q, sql_z("INSERT INTO audit_tail(offset, bytes) VALUES(?, ?)"), sql_i(a->end),
		sql_s(buf_view(&a->lines)));
}

enum errc audit_flush(struct audit *a, struct err *err)
{
	enum errc e = buf_check(&a->lines, "the audit of one request", err);

	if (e == ERR_OK && a->fd >= 0)
		e = write_at(a, buf_view(&a->lines), err);
	buf_reset(&a->lines);
	return e;
}
