#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/crypto.h"

struct spool {
	FILE *file;
	struct sha256_stream *digest;
	char *path;
};

enum errc spool_open(struct spool **ret, const char *folder, char **ret_path, struct err *err)
{
	char *path = mem_printf("%s/depmend-input-XXXXXX", folder);
	int fd = mkostemp(path, O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	struct spool *s;

	*ret_path = path;
	if (!file) {
		int why = errno;

		if (fd >= 0)
			(void)close(fd);
		return err_set(err, ERR_CANNOT_CREATE, "%s: %s", path, strerror(why));
	}
	s = mem_alloc(sizeof(*s));
	*s = (struct spool){ file, sha256_new(), mem_strdup(path) };
	*ret = s;
	return ERR_OK;
}

void spool_add(struct spool *s, struct str raw)
{
	if (!s)
		return;
	(void)fwrite(raw.p ? raw.p : "", 1, raw.n, s->file);
	(void)fputc('\n', s->file);
	sha256_add(s->digest, raw);
	sha256_add(s->digest, STR("\n"));
}

enum errc spool_close(struct spool *s, char *digest, struct err *err)
{
	enum errc rc = ERR_OK;
	bool bad;

	if (!s)
		return ERR_OK;
	sha256_end_hex(s->digest, digest);
	bad = ferror(s->file) != 0;
	bad = fclose(s->file) != 0 || bad;
	if (bad)
		rc = err_set(err, ERR_IO, "%s: %s", s->path, strerror(errno));
	free(s->path);
	free(s);
	return rc;
}
