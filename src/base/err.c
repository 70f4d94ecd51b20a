#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct errc_info infos[ERR_MAX_] = {
	[ERR_OK] = { "OK", "done", SCOPE_ROW, RETRY_NEVER, 0 },
#define X(code, scope_, retry_, exit_, words_) \
	[ERR_##code] = { #code, words_, SCOPE_##scope_, RETRY_##retry_, exit_ },
	ERR_LIST(X)
#undef X
};

const struct errc_info *errc_info(enum errc code)
{
	return &infos[(unsigned)code < ERR_MAX_ ? code : ERR_INTERNAL];
}

/* In brackets: see the end of err.h. */
enum errc(err_set)(struct err *err, enum errc code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->damaged = false;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

enum errc err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	int n;

	if (!err)
		return ERR_INTERNAL;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		(void)snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, "%s", old);
	return err->code;
}
