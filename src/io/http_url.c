#include "io/http_url.h"

#include <stdlib.h>
#include <string.h>

#include "io/curl_api.h"
#include "io/http_message.h"

/* Asks the parser that will open the connection, so that both see the same host. */
enum errc http_url_check(
	const struct curl_api *curl, const char *url, bool *ret_loopback, struct err *err)
{
	CURLU *u = curl->url();
	char *scheme = NULL, *host = NULL;
	enum errc e = ERR_OK;
	CURLUcode rc = curl->url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);

	rc = rc ? rc : curl->url_get(u, CURLUPART_SCHEME, &scheme, 0);
	rc = rc ? rc : curl->url_get(u, CURLUPART_HOST, &host, 0);
	if (rc == CURLUE_BAD_HANDLE || rc == CURLUE_OUT_OF_MEMORY)
		abort(); /* out of memory, which is no mistake of the URL */
	if (rc != CURLUE_OK) {
		e = err_set(
			err, ERR_SETTINGS, "%.200s: not a URL of the form https://host/path", url);
		goto out;
	}
	*ret_loopback = http_host_is_loopback(host);
	if (strcmp(scheme, "https") != 0 && !(*ret_loopback && strcmp(scheme, "http") == 0))
		e = err_set(err, ERR_SETTINGS, "%s://%.200s: only https may leave this computer",
			scheme, host);
out:
	curl->free(scheme);
	curl->free(host);
	curl->url_cleanup(u);
	return e;
}

enum errc http_url_allowed(const char *url, struct err *err)
{
	struct curl_api curl;
	bool loopback;
	enum errc e = curl_api_load(&curl, err);

	return e ? e : http_url_check(&curl, url, &loopback, err);
}

bool http_is_loopback(const char *url)
{
	struct curl_api curl;
	bool loopback;

	return curl_api_load(&curl, NULL) == ERR_OK &&
	       http_url_check(&curl, url, &loopback, NULL) == ERR_OK && loopback;
}
