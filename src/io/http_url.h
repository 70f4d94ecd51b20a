/*
 * Whether a URL may be asked, by the parser that will open the connection, so that both see the
 * same host.
 */
#ifndef IO_HTTP_URL_H
#define IO_HTTP_URL_H

#include <stdbool.h>

#include "base/err.h"

struct curl_api;

/* Whether the URL may be used: https, or http to 127.0.0.0/8, ::1 or localhost; no user name in it.
 * ERR_SETTINGS. */
MUST_CHECK enum errc http_url_allowed(const char *url, struct err *err);
/* Whether such a URL, which may be used, leads to this machine. */
bool http_is_loopback(const char *url);
/* Both at once, for who has libcurl loaded. */
MUST_CHECK enum errc http_url_check(
	const struct curl_api *curl, const char *url, bool *ret_loopback, struct err *err);

#endif
