#include "io/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/library.h"

enum { BYTES = 128 * 1024 };

#define ZSTD_API(X)          \
	X(createCCtx)        \
	X(compressStream2)   \
	X(CCtx_setParameter) \
	X(freeCCtx)          \
	X(createDCtx)        \
	X(decompressStream)  \
	X(DCtx_reset)        \
	X(freeDCtx)          \
	X(isError)

static struct {
#define POINTER(name) __typeof__(ZSTD_##name) *name;
	ZSTD_API(POINTER)
#undef POINTER
} zstd
#ifdef __APPLE__ /* linked: Homebrew keeps away from the system's folders */
#define INITIAL(name) .name = ZSTD_##name,
	= { ZSTD_API(INITIAL) }
#endif
;

static enum errc load(struct err *err)
{
	static const struct library_function functions[] = {
#define FUNCTION(name) { "ZSTD_" #name, offsetof(__typeof__(zstd), name) },
		ZSTD_API(FUNCTION)
#undef FUNCTION
	};

	return zstd.isError ? ERR_OK
			    : library_load("libzstd.so.1", functions,
				      sizeof(functions) / sizeof(functions[0]), &zstd, err);
}

/* --- reading --- */

struct packed {
	ZSTD_DCtx *context; /* NULL: nothing was read yet */
	ZSTD_inBuffer in;
	size_t expected; /* bytes of the frame that are still to come, at a guess; 0: it is whole */
	char bytes[BYTES];
};

static char *packed_name(const char *path)
{
	return mem_printf("%s" PACKED_SUFFIX, path);
}

static int open_packed(const char *name, struct packed **ret)
{
	/* A pipe in its place is no list, and nobody waits for who writes into it. */
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	*ret = NULL;
	if (fd >= 0) {
		*ret = mem_alloc(sizeof(**ret));
		(*ret)->context = NULL;
		packed_rewind(*ret);
	}
	return fd;
}

bool packed_is_there(const char *path)
{
	char *name = packed_name(path);
	bool there = file_is_regular(path) || file_is_regular(name);

	free(name);
	return there;
}

int packed_open(const char *path, struct packed **ret)
{
	char *name;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*ret = NULL;
	if (fd >= 0 || errno != ENOENT)
		return fd;
	name = packed_name(path);
	fd = open_packed(name, ret);
	free(name);
	return fd;
}

void packed_rewind(struct packed *p)
{
	if (!p)
		return;
	p->in = (ZSTD_inBuffer){ .src = p->bytes };
	p->expected = 1;
	if (p->context)
		(void)zstd.DCtx_reset(p->context, ZSTD_reset_session_only);
}

static enum errc begin(struct packed *p, struct err *err)
{
	enum errc rc = p->context ? ERR_OK : load(err);

	if (rc || p->context)
		return rc;
	p->context = zstd.createDCtx();
	if (!p->context)
		abort(); /* as when any memory runs out */
	return ERR_OK;
}

static enum errc read_plain(int fd, char *to, size_t cap, size_t *ret_n, struct err *err)
{
	ssize_t got;

	do
		got = read(fd, to, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(err, ERR_NO_INPUT, "cannot read: %s", strerror(errno));
	*ret_n = (size_t)got;
	return ERR_OK;
}

enum errc packed_read(
	struct packed *p, int fd, char *to, size_t cap, size_t *ret_n, struct err *err)
{
	ZSTD_outBuffer out = { to, cap, 0 };
	enum errc rc = begin(p, err);

	while (!rc && out.pos == 0 && cap) {
		if (p->in.pos == p->in.size) {
			p->in.pos = 0;
			rc = read_plain(fd, p->bytes, BYTES, &p->in.size, err);
		}
		if (rc || (p->in.size == 0 && p->expected == 0))
			break;
		if (p->in.size)
			p->expected = zstd.decompressStream(p->context, &out, &p->in);
		if (p->in.size == 0 || zstd.isError(p->expected))
			rc = err_set(err, ERR_NO_INPUT, "cannot read: it is damaged");
	}
	*ret_n = out.pos;
	return rc;
}

void packed_close(struct packed *p)
{
	if (p && p->context)
		(void)zstd.freeDCtx(p->context);
	free(p);
}

/* Closes both. */
static enum errc digest_of(int fd, struct packed *p, char *digest, struct err *err)
{
	struct sha256_stream *s = sha256_new();
	char bytes[BYTES];
	size_t n = 1;
	enum errc rc = fd < 0 ? err_set(err, ERR_NO_INPUT, "cannot open: %s", strerror(errno))
			      : ERR_OK;

	while (!rc && n) {
		rc = p ? packed_read(p, fd, bytes, BYTES, &n, err)
		       : read_plain(fd, bytes, BYTES, &n, err);
		if (!rc)
			sha256_add(s, (struct str){ bytes, n });
	}
	sha256_end_hex(s, digest);
	packed_close(p);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum errc packed_digest(const char *path, char *digest, struct err *err)
{
	struct packed *p;
	int fd = packed_open(path, &p);

	return digest_of(fd, p, digest, err);
}

/* --- making --- */

static void compress(ZSTD_CCtx *c, struct str bytes, bool end, struct outfile *to)
{
	ZSTD_inBuffer in = { bytes.p, bytes.n, 0 };
	char more[BYTES];
	size_t left;

	do {
		ZSTD_outBuffer out = { more, BYTES, 0 };

		left = zstd.compressStream2(c, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
		outfile_write(to, (struct str){ more, out.pos });
	} while (!zstd.isError(left) && (in.pos < in.size || (end && left)));
}

static enum errc compress_all(int fd, struct outfile *to, struct err *err)
{
	ZSTD_CCtx *c = zstd.createCCtx();
	char bytes[BYTES];
	size_t n = 1;
	enum errc rc = ERR_OK;

	if (!c)
		abort();
	(void)zstd.CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
	while (!rc && n) {
		rc = read_plain(fd, bytes, BYTES, &n, err);
		if (!rc)
			compress(c, (struct str){ bytes, n }, n == 0, to);
	}
	(void)zstd.freeCCtx(c);
	return rc;
}

static enum errc make(const char *path, const char *name, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct outfile *to = NULL;
	enum errc rc = fd < 0 ? err_set(err, ERR_NO_INPUT, "%s: %s", path, strerror(errno))
			      : load(err);

	if (!rc)
		rc = outfile_open(&to, name, 0600, err);
	if (!rc)
		rc = compress_all(fd, to, err);
	if (!rc)
		rc = outfile_commit(to, NULL, err);
	outfile_free(to);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static bool holds(const char *name, const char *digest)
{
	struct packed *p;
	char found[SHA256_HEX];
	struct err err;
	int fd = open_packed(name, &p);

	return !digest_of(fd, p, found, &err) && strcmp(found, digest) == 0;
}

enum errc packed_replace(const char *path, const char *digest, struct err *err)
{
	char *name = packed_name(path);
	bool there = holds(name, digest);
	enum errc rc;

	if (!there && !file_is_regular(name))
		(void)unlink(name);
	rc = there ? ERR_OK : make(path, name, err);
	if (!rc && !holds(name, digest)) {
		(void)unlink(name);
		rc = err_set(err, ERR_NO_INPUT, "%s is damaged", path);
	}
	if (!rc && unlink(path) != 0)
		rc = err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(errno));
	free(name);
	return rc;
}
