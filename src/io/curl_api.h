/*
 * libcurl, loaded when a process first has something to ask: it brings thirty libraries along,
 * which take longer to load than
 * `--version`, `status` or a plan of a few hundred rows take in whole.
 *
 * The functions are called as curl->easy_init() and so on. libcurl's own check of the values given
 * to easy_setopt() and its like is a macro of another name: a value has to have the type that
 * curl_easy_setopt(3) says (long, pointer, curl_off_t).
 */
#ifndef IO_CURL_API_H
#define IO_CURL_API_H

#include <curl/curl.h>

#include "base/err.h"

#define CURL_API(X)            \
	X(easy_cleanup)        \
	X(easy_getinfo)        \
	X(easy_init)           \
	X(easy_setopt)         \
	X(easy_strerror)       \
	X(free)                \
	X(global_cleanup)      \
	X(global_init)         \
	X(multi_add_handle)    \
	X(multi_cleanup)       \
	X(multi_info_read)     \
	X(multi_init)          \
	X(multi_perform)       \
	X(multi_poll)          \
	X(multi_remove_handle) \
	X(multi_setopt)        \
	X(multi_strerror)      \
	X(share_cleanup)       \
	X(share_init)          \
	X(share_setopt)        \
	X(slist_append)        \
	X(slist_free_all)      \
	X(url)                 \
	X(url_cleanup)         \
	X(url_get)             \
	X(url_set)

struct curl_api {
#define CURL_API_FIELD(name) __typeof__(curl_##name) *name;
	CURL_API(CURL_API_FIELD)
#undef CURL_API_FIELD
};

/* Loads libcurl, or finds it loaded; it stays until the process ends. ERR_INTERNAL: it is not
 * installed, or too old. */
MUST_CHECK enum errc curl_api_load(struct curl_api *ret, struct err *err);

#endif
