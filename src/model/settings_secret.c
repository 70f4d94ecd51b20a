#include <stdlib.h>

#include "base/invisible.h"
#include "base/mem.h"
#include "io/file.h"
#include "model/settings.h"

enum { COMMAND_TIMEOUT_MS = 30000 };

char *secret_path(const struct secret *s)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (s->kind == SECRET_FILE)
		return mem_strdup(s->value);
	return s->kind == SECRET_CREDENTIAL && folder && *folder
		       ? mem_printf("%s/%s", folder, s->value)
		       : NULL;
}

/* The service manager guards this folder; its files may carry group bits that come from access
 * lists, so the check for private files would refuse good ones. */
static enum errc open_credential(const struct secret *s, struct buf *ret, struct err *err)
{
	const char *name = s->value;
	char *path = secret_path(s);
	enum errc rc;

	if (!path)
		return err_set(err, ERR_SETTINGS,
			"credential '%s': $CREDENTIALS_DIRECTORY is not set; start depmend from "
			"its "
			"unit with LoadCredential=%s",
			name, name);
	rc = file_read(path, SECRET_MAX_BYTES, ret, err);
	free(path);
	return rc;
}

static enum errc open_variable(const char *name, struct buf *ret, struct err *err)
{
	const char *value = getenv(name);

	if (!value)
		return err_set(err, ERR_SETTINGS, "the variable $%s is not set", name);
	buf_init(ret, SECRET_MAX_BYTES);
	buf_z(ret, value);
	return ERR_OK;
}

static enum errc open_any(const struct secret *s, struct buf *ret, struct err *err)
{
	switch (s->kind) {
	case SECRET_FILE:
		return file_read_secret(s->value, SECRET_MAX_BYTES, ret, err);
	case SECRET_CREDENTIAL:
		return open_credential(s, ret, err);
	case SECRET_COMMAND:
		return file_run(s->argv, SECRET_MAX_BYTES, COMMAND_TIMEOUT_MS, ret, err);
	case SECRET_ENV:
		return open_variable(s->value, ret, err);
	case SECRET_NONE:
		break;
	}
	return err_set(err, ERR_SETTINGS, "the settings do not say where this secret is kept");
}

/* Binary secrets (PKCS#12, DER) may end in a byte that looks like a line end; text holds no NUL. */
static void drop_line_end(struct buf *b)
{
	if (b->n == 0 || memchr(b->p, '\0', b->n))
		return;
	if (b->p[b->n - 1] == '\n')
		b->n--;
	if (b->n && b->p[b->n - 1] == '\r')
		b->n--;
	b->p[b->n] = '\0';
}

/* The character that nobody sees is told, the secret is not. What is no text, or has lines, is a
 * key or a certificate. */
static enum errc check_invisible(const struct buf *b, struct err *err)
{
	struct str text = buf_view(b);
	uint32_t code;
	size_t at = invisible_find(text, &code);

	if (at == text.n || !str_is_utf8(text) || memchr(text.p, '\n', text.n) ||
		memchr(text.p, '\0', text.n))
		return ERR_OK;
	return err_set(err, ERR_SETTINGS,
		"the secret holds an invisible character, U+%04X at byte %zu of %zu: write "
		"it "
		"anew without",
		(unsigned)code, at + 1, text.n);
}

enum errc secret_open(const struct secret *s, struct buf *ret, struct err *err)
{
	struct buf b = { 0 };
	enum errc rc = open_any(s, &b, err);

	if (rc == ERR_OK) {
		drop_line_end(&b);
		if (b.n == 0)
			rc = err_set(err, ERR_SETTINGS, "the secret is empty");
		else
			rc = check_invisible(&b, err);
	}
	if (rc == ERR_OK) {
		*ret = b;
		return ERR_OK;
	}
	buf_wipe(&b);
	if (s->at.file)
		(void)err_wrap(err, "%s:%u: ", s->at.file, s->at.line);
	if (rc == ERR_STOPPED)
		return rc;
	if (err)
		err->code = ERR_SETTINGS;
	return ERR_SETTINGS;
}

enum errc secret_check(const struct secret *s, struct err *err)
{
	struct buf text = { 0 };
	enum errc rc;

	if (s->kind == SECRET_NONE || s->kind == SECRET_COMMAND)
		return ERR_OK;
	rc = secret_open(s, &text, err);
	buf_wipe(&text);
	return rc;
}
