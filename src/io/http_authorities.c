#include "io/http_authorities.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/file.h"

enum { MAX_FILE = 64 * 1024 * 1024 };

static const char *said(const char *value)
{
	return value && *value ? value : NULL;
}

const char *http_authorities_file(void)
{
	return said(getenv("SSL_CERT_FILE"));
}

const char *http_authorities_folders(void)
{
	return said(getenv("SSL_CERT_DIR"));
}

bool http_authorities_hold(const char *path)
{
	struct str rest = str_from(http_authorities_folders());
	char *parent = file_beside(path, ".");
	bool held = false;

	while (rest.n && !held) {
		char *folder = mem_dupz(str_cut(&rest, ':'));

		held = *folder && file_is_same(parent, folder);
		free(folder);
	}
	free(parent);
	return held;
}

/* As OpenSSL goes by such a list: what is missing of it counts for nothing. */
static bool holds_a_folder(struct str list)
{
	bool holds = false;

	while (list.n && !holds) {
		struct str folder = str_cut(&list, ':');
		char *inside = mem_printf("%.*s/.", STR_FMT(folder));

		holds = folder.n && access(inside, R_OK | X_OK) == 0;
		free(inside);
	}
	return holds;
}

static bool holds(const struct buf *text, const char *part)
{
	return memmem(text->p, text->n, part, strlen(part)) != NULL;
}

/* A key, an archive or a certificate as DER is trusted by nobody: each connection would fail, as if
 * the services were out of order. */
static enum errc refuse_without_certificate(const char *file, struct err *err)
{
	struct buf text;
	enum errc rc = file_read(file, MAX_FILE, &text, err);

	if (rc)
		return rc;
	if (!holds(&text, "-----BEGIN CERTIFICATE-----") &&
		!holds(&text, "-----BEGIN TRUSTED CERTIFICATE-----"))
		rc = err_set(err, ERR_NO_INPUT,
			"SSL_CERT_FILE: %s holds no certificate; name one with certificates as PEM",
			file);
	buf_release(&text);
	return rc;
}

enum errc http_authorities_check(struct err *err)
{
	const char *file = http_authorities_file(), *folders = http_authorities_folders();

	if (file && file_refuse_pipe(file, err))
		return ERR_NO_INPUT;
	if (file && access(file, R_OK) != 0)
		return err_set(err, ERR_NO_INPUT, "SSL_CERT_FILE: %s: %s", file, strerror(errno));
	if (file && !file_is_regular(file))
		return err_set(err, ERR_NO_INPUT,
			"SSL_CERT_FILE: %s is no regular file; name one with certificates as PEM",
			file);
	if (file && refuse_without_certificate(file, err))
		return ERR_NO_INPUT;
	if (folders && !holds_a_folder(str_from(folders)))
		return err_set(err, ERR_NO_INPUT,
			"SSL_CERT_DIR: %s: there is no such folder that can be read", folders);
	return ERR_OK;
}
