#include "io/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "io/curl_api.h"
#include "io/http_authorities.h"
#include "io/http_trace.h"
#include "io/http_url.h"
#include "io/json.h"

enum {
	MAX_CONNECTIONS_PER_HOST = 4,
	MAX_REPLY_HEADERS_BYTES = 64 * 1024,
	CONNECT_TIMEOUT_MS = 30 * 1000,
	RECEIVE_BYTES = 512 * 1024, /* at once; a page of a list has 50 to 500 KB */
	/* The simulator needs real time even when none passes. */
	MIN_VIRTUAL_TIMEOUT_MS = 10 * 1000,
	/* Waits go on in pieces: the poll does not see the computer sleep, the clock does. */
	MAX_POLL_MS = 60 * 1000,
};

struct http_client {
	struct curl_api curl;
	struct http_options opt;
	CURLM *multi;
	CURLSH *share;
	struct transfer *first; /* under way */
	size_t n_pending;
};

struct transfer {
	struct transfer *next;
	struct http_client *client;
	struct http_request q;
	struct http_reply reply;
	struct json_scan *scan;
	void *tag;
	CURL *easy;
	struct curl_slist *headers;
	bool loopback;
	bool head_whole; /* the blank line behind the headers came */
	bool too_old;    /* good_until_ms had passed when the connection stood */
	uint64_t n_header_bytes, n_body_bytes;
	int64_t started_ms;
	int64_t simulated_ms; /* the simulator's time in its reply; 0: none */
	struct err refused;   /* why we broke the reply off; ERR_OK: we did not */
	char curl_says[CURL_ERROR_SIZE];
};

/* --- the client --- */

enum errc http_client_open(
	struct http_client **ret, const struct http_options *opt, struct err *err)
{
	struct http_client *c;
	const struct curl_api *curl;
	enum errc e = http_authorities_check(err);

	if (e)
		return e;
	c = mem_zalloc(sizeof(*c));
	c->opt = *opt;
	curl = &c->curl;
	crypto_begin();
	e = curl_api_load(&c->curl, err);
	if (!e && curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		e = err_set(err, ERR_INTERNAL, "libcurl cannot start");
	if (e) {
		free(c);
		return e;
	}
	c->multi = curl->multi_init();
	c->share = curl->share_init();
	if (!c->multi || !c->share ||
		curl->multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			(long)MAX_CONNECTIONS_PER_HOST) != CURLM_OK ||
		curl->multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) !=
			CURLM_OK ||
		curl->share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) !=
			CURLSHE_OK) {
		http_client_free(c);
		return err_set(err, ERR_INTERNAL, "libcurl cannot start");
	}
	*ret = c;
	return ERR_OK;
}

static void transfer_free(struct transfer *t)
{
	const struct curl_api *curl = &t->client->curl;

	if (t->easy)
		curl->easy_cleanup(t->easy);
	for (struct curl_slist *h = t->headers; h; h = h->next)
		mem_wipe(h->data, strlen(h->data)); /* credentials */
	curl->slist_free_all(t->headers);
	http_request_release(&t->q);
	http_reply_release(&t->reply);
	free(t);
}

void http_client_free(struct http_client *c)
{
	const struct curl_api *curl;

	if (!c)
		return;
	curl = &c->curl;
	while (c->first) {
		struct transfer *t = c->first;

		c->first = t->next;
		(void)curl->multi_remove_handle(c->multi, t->easy);
		transfer_free(t);
	}
	(void)curl->multi_cleanup(c->multi);
	(void)curl->share_cleanup(c->share);
	curl->global_cleanup();
	free(c);
}

size_t http_pending(const struct http_client *c)
{
	return c->n_pending;
}

/* --- what arrives --- */

static void keep_text(char **at, struct str value)
{
	free(*at);
	*at = mem_dupz(value);
}

static void keep_header(struct transfer *t, struct str name, struct str value)
{
	struct http_reply *p = &t->reply;
	const struct {
		const char *name;
		char **text;
		int64_t *number;
	} kept[] = {
		{ "Content-Type", &p->content_type, NULL },
		{ "Location", &p->location, NULL },
		{ "Retry-After", &p->retry_after, NULL },
		{ "Date", &p->date, NULL },
		{ "X-ADM-Auth-Session", &p->session, NULL },
		{ "x-api-version", &p->api_version, NULL },
		{ "X-RateLimit-Remaining", NULL, &p->limit_remaining },
		{ "X-RateLimit-Reset", NULL, &p->limit_reset },
		{ "X-RateLimit-Limit", NULL, &p->limit_total },
		{ "X-Sim-Now", NULL, &t->simulated_ms },
	};
	uint64_t n;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (!str_eq_nocase(name, str_from(kept[i].name)))
			continue;
		if (kept[i].text)
			keep_text(kept[i].text, value);
		else if (str_to_u64(value, &n) && n <= INT64_MAX)
			*kept[i].number = (int64_t)n;
		return;
	}
}

/* Anything but n makes libcurl break the transfer off. */
static size_t on_header(const char *p, size_t size, size_t n, void *self)
{
	struct transfer *t = self;
	struct str value = { p, n };
	struct str name = str_cut(&value, ':');

	(void)size; /* always 1 */
	if (str_starts_nocase(name, STR("HTTP/")))
		t->head_whole = false;
	else if (str_trim(name).n == 0)
		t->head_whole = true;
	t->n_header_bytes += n;
	if (t->n_header_bytes > MAX_REPLY_HEADERS_BYTES) {
		(void)err_set(&t->refused, ERR_PROTOCOL, "the headers are larger than %d bytes",
			MAX_REPLY_HEADERS_BYTES);
		return 0;
	}
	keep_header(t, name, str_trim(value));
	return n;
}

static size_t on_body(const char *p, size_t size, size_t n, void *self)
{
	struct transfer *t = self;
	struct str bytes = { p, n };
	long status = 0;

	(void)size; /* always 1 */
	t->n_body_bytes += n;
	(void)t->client->curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->scan && status == 200)
		return json_scan_feed(t->scan, bytes, &t->refused) == ERR_OK ? n : 0;
	buf_str(&t->reply.body, bytes);
	return buf_check(&t->reply.body, "the answer", &t->refused) == ERR_OK ? n : 0;
}

/* --- sending --- */

/* A connection can take half a minute. */
static int on_connected(void *self, char *to_ip, char *from_ip, int to_port, int from_port)
{
	struct transfer *t = self;

	(void)to_ip, (void)from_ip, (void)to_port, (void)from_port;
	t->too_old = clock_now(t->client->opt.clock) > t->q.good_until_ms;
	return t->too_old ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static CURLcode set_fixed(const struct curl_api *curl, CURL *h)
{
	static const struct {
		CURLoption option;
		long value;
	} fixed[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_PATH_AS_IS, 1 },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
		{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_TCP_KEEPALIVE, 1 },
		{ CURLOPT_BUFFERSIZE, RECEIVE_BYTES },
	};
	CURLcode rc = curl->easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");

	for (size_t i = 0; rc == CURLE_OK && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		rc = curl->easy_setopt(h, fixed[i].option, fixed[i].value);
	return rc;
}

static CURLcode set_callbacks(struct transfer *t)
{
	const struct curl_api *curl = &t->client->curl;
	CURL *h = t->easy;
	CURLcode rc = curl->easy_setopt(h, CURLOPT_PRIVATE, t);

	rc = rc ? rc : curl->easy_setopt(h, CURLOPT_ERRORBUFFER, t->curl_says);
	rc = rc ? rc : curl->easy_setopt(h, CURLOPT_SHARE, t->client->share);
	rc = rc ? rc : curl->easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	rc = rc ? rc : curl->easy_setopt(h, CURLOPT_HEADERDATA, t);
	if (t->q.good_until_ms) {
		rc = rc ? rc : curl->easy_setopt(h, CURLOPT_PREREQFUNCTION, on_connected);
		rc = rc ? rc : curl->easy_setopt(h, CURLOPT_PREREQDATA, t);
	}
	rc = rc ? rc : curl->easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	return rc ? rc : curl->easy_setopt(h, CURLOPT_WRITEDATA, t);
}

static CURLcode add_header(struct transfer *t, const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 3;
	char *line = mem_alloc(n);
	struct curl_slist *list;

	/* libcurl takes a semicolon for an empty value; a bare colon drops the header. */
	(void)snprintf(line, n, *value ? "%s: %s" : "%s;", name, value);
	list = t->client->curl.slist_append(t->headers, line);
	mem_wipe(line, n);
	free(line);
	if (!list)
		return CURLE_OUT_OF_MEMORY;
	t->headers = list;
	return CURLE_OK;
}

static CURLcode drop_header(struct transfer *t, const char *name_colon)
{
	struct curl_slist *list = t->client->curl.slist_append(t->headers, name_colon);

	if (!list)
		return CURLE_OUT_OF_MEMORY;
	t->headers = list;
	return CURLE_OK;
}

static CURLcode set_headers(struct transfer *t)
{
	const struct http_client *c = t->client;
	const struct curl_api *curl = &c->curl;
	CURLcode rc = drop_header(t, "Expect:");
	bool typed = false;
	char now[24];

	for (size_t i = 0; rc == CURLE_OK && i < t->q.n_headers; i++) {
		const struct http_header *h = &t->q.headers[i];

		typed = typed || str_eq_nocase(str_from(h->name), STR("Content-Type"));
		rc = add_header(t, h->name, h->value);
	}
	if (rc == CURLE_OK && !typed)
		rc = drop_header(t, "Content-Type:"); /* libcurl would make one up */
	if (rc == CURLE_OK && t->loopback && clock_is_virtual(c->opt.clock)) {
		(void)snprintf(now, sizeof(now), "%" PRId64, t->started_ms);
		rc = add_header(t, "X-Sim-Now", now);
	}
	rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return rc ? rc : curl->easy_setopt(t->easy, CURLOPT_USERAGENT, c->opt.user_agent);
}

static CURLcode set_method(struct transfer *t)
{
	const struct http_request *q = &t->q;
	const struct curl_api *curl = &t->client->curl;
	bool with_body = q->body.n || strcmp(q->method, "POST") == 0 ||
			 strcmp(q->method, "PUT") == 0;
	CURLcode rc = CURLE_OK;

	if (with_body) {
		rc = curl->easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_POSTFIELDS, buf_cstr(&q->body));
	}
	return rc ? rc : curl->easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, q->method);
}

static CURLcode set_connection(struct transfer *t)
{
	const struct http_options *opt = &t->client->opt;
	const struct curl_api *curl = &t->client->curl;
	int64_t timeout_ms = t->q.timeout_ms ? t->q.timeout_ms : opt->timeout_ms;
	long fresh = t->q.cls == HTTP_CHANGE;
	const char *file = http_authorities_file(), *folders = http_authorities_folders();
	CURLcode rc;

	if (clock_is_virtual(opt->clock) && timeout_ms < MIN_VIRTUAL_TIMEOUT_MS)
		timeout_ms = MIN_VIRTUAL_TIMEOUT_MS;
	rc = curl->easy_setopt(t->easy, CURLOPT_URL, t->q.url);
	rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	rc = rc ? rc
		: curl->easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, fresh);
	rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_FORBID_REUSE, fresh);
	if (file)
		rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_CAINFO, file);
	if (folders)
		rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_CAPATH, folders);
	if (t->loopback)
		rc = rc ? rc : curl->easy_setopt(t->easy, CURLOPT_PROXY, "");
	return rc;
}

static CURLcode set_all(struct transfer *t)
{
	CURLcode rc = set_fixed(&t->client->curl, t->easy);

	rc = rc ? rc : set_callbacks(t);
	rc = rc ? rc : set_connection(t);
	rc = rc ? rc : set_method(t);
	return rc ? rc : set_headers(t);
}

static enum errc start(struct transfer *t, struct err *err)
{
	const struct curl_api *curl = &t->client->curl;
	enum errc e = buf_check(&t->q.body, "the request", err);
	CURLcode rc;

	if (e == ERR_OK && !t->q.url)
		e = err_set(err, ERR_LIMIT, "the URL is too long");
	if (e == ERR_OK)
		e = http_url_check(curl, t->q.url, &t->loopback, err);
	if (e != ERR_OK)
		return e;
	t->easy = curl->easy_init();
	rc = t->easy ? set_all(t) : CURLE_OUT_OF_MEMORY;
	if (rc != CURLE_OK)
		return err_set(err, ERR_INTERNAL, "libcurl: %s", curl->easy_strerror(rc));
	if (curl->multi_add_handle(t->client->multi, t->easy) != CURLM_OK)
		return err_set(err, ERR_INTERNAL, "libcurl does not take the request");
	return ERR_OK;
}

enum errc http_submit(struct http_client *c, struct http_request *q, struct json_scan *scan,
	void *tag, struct err *err)
{
	struct transfer *t = mem_zalloc(sizeof(*t));
	enum errc e;

	t->client = c;
	t->q = *q;
	http_request_init(q, q->cls, q->method);
	t->scan = scan;
	t->tag = tag;
	t->started_ms = clock_now(c->opt.clock);
	http_reply_init(&t->reply);
	if (t->q.max_body)
		t->reply.body.max = t->q.max_body;
	e = start(t, err);
	if (e != ERR_OK) {
		transfer_free(t);
		return e;
	}
	t->next = c->first;
	c->first = t;
	c->n_pending++;
	return ERR_OK;
}

/* --- what became of it --- */

static int64_t info_ms(const struct transfer *t, CURLINFO what)
{
	curl_off_t us = 0;

	(void)t->client->curl.easy_getinfo(t->easy, what, &us);
	return us / 1000;
}

static bool is_connect_failure(CURLcode rc)
{
	switch (rc) {
	case CURLE_URL_MALFORMAT:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_OPERATION_TIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* Both the kind of the failure and what went over the wire have to say so. */
static bool surely_not_sent(const struct transfer *t, CURLcode rc)
{
	const struct curl_api *curl = &t->client->curl;
	bool secure = str_starts_nocase(str_from(t->q.url), STR("https:"));
	curl_off_t connected_us = 0;
	long sent = 0, proxy = 0;

	(void)curl->easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
	(void)curl->easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	(void)curl->easy_getinfo(t->easy,
		secure ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T, &connected_us);
	/* What a proxy saw was the CONNECT, as long as it opens no tunnel or TLS fails in it. */
	if (proxy != 0 && proxy / 100 != 2)
		return true;
	return is_connect_failure(rc) && connected_us == 0 && (sent == 0 || proxy != 0);
}

static void judge(struct transfer *t, CURLcode rc)
{
	const struct curl_api *curl = &t->client->curl;
	struct http_reply *p = &t->reply;
	const char *why = t->curl_says;
	int64_t first_byte_ms = info_ms(t, CURLINFO_STARTTRANSFER_TIME_T);
	long status = 0;

	(void)curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->loopback)
		clock_advance(t->client->opt.clock, t->simulated_ms);
	p->ended_ms = clock_now(t->client->opt.clock);
	p->last_sent_ms = p->ended_ms;
	/* libcurl is content with a connection that ends among the headers. */
	if (rc == CURLE_OK && status >= 200 && t->head_whole) {
		p->fate = HTTP_ANSWERED;
		p->status = (int)status;
		if (t->started_ms + first_byte_ms < p->ended_ms)
			p->last_sent_ms = t->started_ms + first_byte_ms;
		return;
	}
	p->fate = t->too_old || surely_not_sent(t, rc) ? HTTP_NOT_SENT : HTTP_UNKNOWN;
	p->no_name = rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_COULDNT_RESOLVE_PROXY;
	if (t->too_old)
		why = "what it was made of was too old when the connection stood";
	else if (t->refused.code != ERR_OK)
		why = t->refused.msg;
	else if (rc == CURLE_OUT_OF_MEMORY) /* ours would have ended the process */
		why = "a header is larger than libcurl takes";
	else if (!*why)
		why = rc == CURLE_OK ? "the headers end too early" : curl->easy_strerror(rc);
	(void)snprintf(p->why, sizeof(p->why), "%.255s", why);
	buf_wipe(&p->body); /* half an answer is none */
}

static void finish(struct transfer *t, CURLcode rc, void **ret_tag, struct http_reply *ret_reply)
{
	struct http_client *c = t->client;
	struct transfer **at = &c->first;

	judge(t, rc);
	if (c->opt.trace)
		http_trace_tell(c->opt.trace, c->opt.trace_self, &t->q, &t->reply, t->n_body_bytes,
			info_ms(t, CURLINFO_TOTAL_TIME_T));
	*ret_tag = t->tag;
	*ret_reply = t->reply;
	http_reply_init(&t->reply);
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	c->n_pending--;
	(void)c->curl.multi_remove_handle(c->multi, t->easy);
	transfer_free(t);
}

/* --- the loop --- */

static enum errc step(struct http_client *c, void **ret_tag, struct http_reply *ret_reply,
	bool *ret_done, struct err *err)
{
	const struct curl_api *curl = &c->curl;
	int n_running = 0, n_left = 0;
	CURLMcode mc = curl->multi_perform(c->multi, &n_running);
	CURLMsg *m;
	void *t = NULL;

	if (mc != CURLM_OK)
		return err_set(err, ERR_INTERNAL, "libcurl: %s", curl->multi_strerror(mc));
	while ((m = curl->multi_info_read(c->multi, &n_left)) && m->msg != CURLMSG_DONE)
		;
	*ret_done = m != NULL;
	if (m) {
		CURLcode rc = m->data.result;

		(void)curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		finish(t, rc, ret_tag, ret_reply);
	}
	return ERR_OK;
}

/* How long the next poll may take: 0 when the wait is over. */
static int poll_ms(const struct http_client *c, int64_t until_ms)
{
	int64_t now_ms = clock_now(c->opt.clock);

	if (until_ms <= now_ms)
		return 0;
	if (clock_is_virtual(c->opt.clock))
		return c->n_pending ? MAX_POLL_MS : 0;
	return until_ms - now_ms < MAX_POLL_MS ? (int)(until_ms - now_ms) : MAX_POLL_MS;
}

enum errc http_wait(struct http_client *c, int64_t until_ms, void **ret_tag,
	struct http_reply *ret_reply, bool *ret_done, struct err *err)
{
	const struct curl_api *curl = &c->curl;
	struct curl_waitfd stop = { .fd = c->opt.stop_fd, .events = CURL_WAIT_POLLIN };
	unsigned n_fds = c->opt.stop_fd >= 0;

	for (;;) {
		bool done = false;
		int ms;
		CURLMcode mc;
		enum errc e = step(c, ret_tag, ret_reply, &done, err);

		if (e != ERR_OK)
			return e;
		ms = poll_ms(c, until_ms);
		if (!done) {
			mc = curl->multi_poll(c->multi, &stop, n_fds, ms, NULL);
			if (mc != CURLM_OK)
				return err_set(
					err, ERR_INTERNAL, "libcurl: %s", curl->multi_strerror(mc));
			if (ms == 0 && !stop.revents && c->n_pending == 0)
				clock_advance(c->opt.clock, until_ms);
		}
		if (done || ms == 0 || stop.revents) {
			*ret_done = done;
			return ERR_OK;
		}
	}
}
