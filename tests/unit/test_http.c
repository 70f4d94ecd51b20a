#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "io/http.h"
#include "io/http_url.h"
#include "io/json.h"
#include "raw_server.h"

static struct raw_server *server;
static struct clock *the_clock;
static struct http_client *client;
static struct buf traced;

static void on_trace(void *self, const char *line)
{
	buf_z(self, line);
	buf_char(self, '\n');
}

static void open_client(struct clock *clock, int stop_fd)
{
	const struct http_options opt = {
		.clock = clock,
		.timeout_ms = 20000,
		.stop_fd = stop_fd,
		.user_agent = "depmend/test",
		.trace = on_trace,
		.trace_self = &traced,
	};

	the_clock = clock;
	assert_int_equal(http_client_open(&client, &opt, NULL), ERR_OK);
}

static int setup(void **state)
{
	(void)state;
	/* No proxy is there: whoever asks it for a loopback address fails. */
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("https_proxy", "http://127.0.0.1:1", 1);
	buf_init(&traced, 100000);
	server = raw_server_start(NULL);
	open_client(clock_real(), -1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_client_free(client);
	client = NULL;
	clock_free(the_clock);
	raw_server_stop(server);
	buf_release(&traced);
	return 0;
}

/* A client for this test alone; the one of setup() goes. */
static void reopen_client(struct clock *clock, int stop_fd)
{
	http_client_free(client);
	clock_free(the_clock);
	open_client(clock, stop_fd);
}

static struct http_request request(enum http_class cls, const char *method, const char *path)
{
	struct http_request q;
	char base[64];

	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", server->port);
	http_request_init(&q, cls, method);
	http_request_url(&q, base, str_from(path), NULL, 0);
	return q;
}

static void submit(struct http_request *q, struct json_scan *scan, void *tag)
{
	struct err err = { 0 };

	if (http_submit(client, q, scan, tag, &err) != ERR_OK)
		fail_msg("%s", err.msg);
	assert_null(q->url); /* consumed */
}

static struct http_reply wait_reply(void **ret_tag)
{
	struct http_reply p;
	bool done = false;
	void *tag = NULL;

	assert_int_equal(
		http_wait(client, clock_now(the_clock) + 30000, &tag, &p, &done, NULL), ERR_OK);
	assert_true(done);
	if (ret_tag)
		*ret_tag = tag;
	return p;
}

static struct http_reply ask(struct http_request q)
{
	submit(&q, NULL, NULL);
	return wait_reply(NULL);
}

static struct http_reply get(const char *path)
{
	return ask(request(HTTP_READ, "GET", path));
}

static void test_good_answers(void **state)
{
	struct http_reply p = get("/hello?a=b");
	int64_t now_ms = clock_now(the_clock);

	(void)state;
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_int_equal(p.status, 200);
	assert_string_equal(buf_cstr(&p.body), "/hello");
	assert_string_equal(p.why, "");
	assert_null(p.retry_after);
	assert_int_equal(p.limit_remaining, -1);
	assert_true(p.last_sent_ms <= p.ended_ms && p.ended_ms <= now_ms);
	assert_true(now_ms - p.last_sent_ms < 60000);
	http_reply_release(&p);

	p = get("/headers");
	assert_int_equal(p.status, 429);
	assert_string_equal(p.content_type, "text/plain");
	assert_string_equal(p.retry_after, "17");
	assert_string_equal(p.date, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(p.session, "abc");
	assert_string_equal(p.api_version, "v1");
	assert_int_equal(p.limit_remaining, 12);
	assert_int_equal(p.limit_reset, 1632933163);
	assert_int_equal(p.limit_total, -1);
	http_reply_release(&p);

	p = get("/chunked");
	assert_string_equal(buf_cstr(&p.body), "abcde");
	http_reply_release(&p);
	p = get("/trailer");
	assert_string_equal(buf_cstr(&p.body), "abc");
	http_reply_release(&p);
	p = get("/continue");
	assert_int_equal(p.status, 201);
	assert_string_equal(buf_cstr(&p.body), "ok");
	http_reply_release(&p);
	p = get("/none");
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_int_equal(p.status, 204);
	http_reply_release(&p);
	assert_int_equal(http_pending(client), 0);
}

static bool sent(const char *text)
{
	return strcasestr(server->last, text) != NULL;
}

static void test_what_is_sent(void **state)
{
	struct http_request q = request(HTTP_CHANGE, "POST", "/a");
	struct http_reply p;

	(void)state;
	assert_int_equal(http_request_header(&q, "Content-Type", STR("application/json"), NULL), 0);
	assert_int_equal(http_request_header(&q, "aw-tenant-code", STR("t"), NULL), 0);
	assert_int_equal(http_request_header(&q, "X-Empty", STR_NONE, NULL), 0);
	buf_z(&q.body, "{\"a\":1}");
	p = ask(q);
	assert_string_equal(buf_cstr(&p.body), "/a");
	assert_true(sent("POST /a HTTP/1.1\r\n") && sent("\r\nContent-Length: 7\r\n"));
	assert_true(sent("\r\nContent-Type: application/json\r\n") &&
		    sent("\r\naw-tenant-code: t\r\n"));
	assert_true(sent("\r\nX-Empty:\r\n") && sent("\r\nUser-Agent: depmend/test\r\n"));
	assert_true(sent("\r\n\r\n{\"a\":1}"));
	assert_false(sent("Expect") || sent("Accept-Encoding") || sent("X-Sim-Now"));
	http_reply_release(&p);

	q = request(HTTP_CHANGE, "POST", "/big");
	while (q.body.n < 1200000) /* from 1 MiB on libcurl would ask first */
		buf_z(&q.body, "0123456789");
	p = ask(q);
	assert_int_equal(p.status, 200);
	assert_true(sent("Content-Length: 1200000") && !sent("Expect"));
	http_reply_release(&p);

	p = ask(request(HTTP_CHANGE, "POST", "/b"));
	assert_true(sent("POST /b ") && sent("\r\nContent-Length: 0\r\n") && !sent("Content-Type"));
	http_reply_release(&p);
	p = ask(request(HTTP_CHANGE, "PUT", "/c"));
	assert_true(sent("PUT /c ") && sent("\r\nContent-Length: 0\r\n") && !sent("Content-Type"));
	http_reply_release(&p);
	p = ask(request(HTTP_CHANGE, "DELETE", "/d"));
	assert_true(sent("DELETE /d ") && !sent("Content-Length"));
	http_reply_release(&p);
	q = request(HTTP_CHANGE, "DELETE", "/e/../e");
	buf_z(&q.body, "xyz");
	p = ask(q);
	assert_true(sent("DELETE /e/../e ") && sent("\r\nContent-Length: 3\r\n") &&
		    sent("\r\n\r\nxyz"));
	http_reply_release(&p);
}

static void test_redirect_is_an_answer(void **state)
{
	struct http_reply p = get("/redirect");

	(void)state;
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_int_equal(p.status, 302);
	assert_string_equal(p.location, "/elsewhere");
	assert_string_equal(server->log, "0 GET /redirect\n");
	http_reply_release(&p);
}

static void test_half_answers(void **state)
{
	static const char *const paths[] = { "/reset", "/close", "/garbage", "/half-head",
		"/half-second-head", "/truncated", "/half-chunk" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct http_reply p = ask(request(HTTP_CHANGE, "POST", paths[i]));

		if (p.fate != HTTP_UNKNOWN)
			fail_msg("%s: %d", paths[i], p.fate);
		assert_int_equal(p.status, 0);
		assert_int_equal(p.body.n, 0);
		assert_string_not_equal(p.why, "");
		http_reply_release(&p);
	}
}

static void test_timeouts(void **state)
{
	static const char *const paths[] = { "/silent", "/stall" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct http_request q = request(HTTP_READ, "GET", paths[i]);
		struct http_reply p;

		q.timeout_ms = 500;
		p = ask(q);
		assert_int_equal(p.fate, HTTP_UNKNOWN);
		assert_non_null(strstr(p.why, "timed out"));
		assert_true(p.last_sent_ms == p.ended_ms);
		http_reply_release(&p);
	}
}

static void test_caps(void **state)
{
	struct http_request q = request(HTTP_READ, "GET", "/huge");
	struct http_reply p = get("/huge");

	(void)state;
	assert_int_equal(p.fate, HTTP_UNKNOWN);
	assert_string_equal(p.why, "the answer is larger than 8388608 bytes");
	assert_int_equal(p.body.n, 0);
	http_reply_release(&p);
	q.max_body = 10;
	p = ask(q);
	assert_string_equal(p.why, "the answer is larger than 10 bytes");
	http_reply_release(&p);
	p = get("/huge-head");
	assert_int_equal(p.fate, HTTP_UNKNOWN);
	assert_string_equal(p.why, "the headers are larger than 65536 bytes");
	http_reply_release(&p);
}

static void test_connections(void **state)
{
	struct http_reply p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		p = get("/read");
		http_reply_release(&p);
	}
	for (int i = 0; i < 2; i++) {
		p = ask(request(HTTP_CHANGE, "POST", "/change"));
		http_reply_release(&p);
	}
	p = get("/read");
	http_reply_release(&p);
	assert_string_equal(server->log,
		"0 GET /read\n0 GET /read\n1 POST /change\n2 POST /change\n"
		"0 GET /read\n");
}

/* The server closes a kept connection just as the next request arrives on it. */
static void test_change_is_never_sent_twice(void **state)
{
	struct http_reply p = get("/first");

	(void)state;
	http_reply_release(&p);
	p = ask(request(HTTP_CHANGE, "POST", "/second-dies"));
	assert_int_equal(p.fate, HTTP_ANSWERED);
	http_reply_release(&p);
	p = ask(request(HTTP_CHANGE, "POST", "/close"));
	assert_int_equal(p.fate, HTTP_UNKNOWN);
	http_reply_release(&p);
	assert_string_equal(server->log, "0 GET /first\n1 POST /second-dies\n2 POST /close\n");

	/* What may be repeated is: so the test above would notice. */
	p = get("/second-dies");
	assert_int_equal(p.fate, HTTP_ANSWERED);
	http_reply_release(&p);
	assert_string_equal(server->log, "0 GET /first\n1 POST /second-dies\n2 POST /close\n"
					 "0 GET /second-dies\n3 GET /second-dies\n");
}

static void test_parallel(void **state)
{
	unsigned seen[8] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct http_request q = request(HTTP_CHANGE, "POST", "/parallel");

		submit(&q, NULL, &seen[i]);
	}
	assert_int_equal(http_pending(client), 8);
	for (unsigned i = 0; i < 8; i++) {
		void *tag = NULL;
		struct http_reply p = wait_reply(&tag);

		assert_int_equal(p.status, 200);
		++*(unsigned *)tag;
		http_reply_release(&p);
	}
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(http_pending(client), 0);
	assert_int_equal(server->max_busy, 4);
}

/* --- nothing was sent --- */

static struct http_reply ask_url(const char *url)
{
	struct http_request q;

	http_request_init(&q, HTTP_CHANGE, "POST");
	q.url = mem_strdup(url);
	q.timeout_ms = 1000;
	return ask(q);
}

static void not_sent(const char *scheme_host, unsigned port)
{
	char url[100];
	struct http_reply p;

	(void)snprintf(url, sizeof(url), "%s:%u/x", scheme_host, port);
	p = ask_url(url);
	if (p.fate != HTTP_NOT_SENT)
		fail_msg("%s: %d %s", url, p.fate, p.why);
	assert_string_not_equal(p.why, "");
	assert_int_equal(p.status, 0);
	http_reply_release(&p);
}

static SSL_CTX *self_signed(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	assert_true(X509_set_version(x, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -1000));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 100000));
	assert_true(X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0));
	assert_true(X509_set_issuer_name(x, name));
	assert_true(X509_set_pubkey(x, key));
	assert_true(X509_sign(x, key, EVP_sha256()));
	assert_int_equal(SSL_CTX_use_certificate(ctx, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

static void test_not_sent(void **state)
{
	SSL_CTX *tls = self_signed();
	struct raw_server *secure = raw_server_start(tls);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	int nobody = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound, does not listen */

	(void)state;
	assert_int_equal(bind(nobody, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(nobody, (struct sockaddr *)&at, &n), 0);
	not_sent("http://127.0.0.1", ntohs(at.sin_port));
	not_sent("https://localhost", ntohs(at.sin_port));
	not_sent("https://127.0.0.1", server->port); /* no TLS there, and no end either */
	not_sent("https://localhost", secure->port); /* nobody vouches for it */
	not_sent("https://depmend.invalid", 443);    /* the proxy is dead */
	raw_server_stop(secure);
	(void)unsetenv("https_proxy");
	not_sent("https://depmend.invalid", 443); /* no such name, or no resolver */
	(void)close(nobody);
	SSL_CTX_free(tls);
	assert_string_equal(server->log, "");
}

/* What a change rests on may be too old when the connection stands at last: no byte leaves then. */
static void test_too_old_on_the_connection(void **state)
{
	struct http_request q = request(HTTP_CHANGE, "POST", "/old");
	struct http_reply p;

	(void)state;
	q.good_until_ms = clock_now(the_clock) - 1;
	p = ask(q);
	assert_int_equal(p.fate, HTTP_NOT_SENT);
	http_reply_release(&p);
	q = request(HTTP_CHANGE, "POST", "/older");
	q.good_until_ms = 1;
	p = ask(q);
	assert_int_equal(p.fate, HTTP_NOT_SENT);
	http_reply_release(&p);
	assert_null(strstr(server->log, "/old"));
	q = request(HTTP_CHANGE, "POST", "/fresh");
	q.good_until_ms = clock_now(the_clock) + 60000;
	p = ask(q);
	assert_int_equal(p.fate, HTTP_ANSWERED);
	http_reply_release(&p);
	assert_non_null(strstr(server->log, "POST /fresh"));
}

/* A proxy that gives no tunnel, or one that leads to no TLS, has not seen the request. */
static void test_proxy_refuses(void **state)
{
	char proxy[64];

	(void)state;
	(void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", server->port);
	(void)setenv("https_proxy", proxy, 1);
	not_sent("https://refused.invalid", 443);
	not_sent("https://tunnel.invalid", 443);
	assert_string_equal(
		server->log, "0 CONNECT refused.invalid:443\n1 CONNECT tunnel.invalid:443\n");
}

static void test_urls(void **state)
{
	static const char *const good[] = { "https://example.com/x", "https://127.0.0.1",
		"http://127.0.0.1:8080/", "http://127.9.9.9/", "http://[::1]:80/",
		"http://localhost/", "http://LOCALHOST/", "https://example.com:8443/a?b=c" };
	static const char *const bad[] = { "http://example.com/", "http://128.0.0.1/",
		"http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://[::2]/",
		"ftp://127.0.0.1/", "file:///etc/passwd", "example.com", "", "https://", "//x",
		"https://user:pw@example.com/", "https://user@127.0.0.1/", "https://a b/",
		"https://a\r\nb/" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (http_url_allowed(good[i], &err) != ERR_OK)
			fail_msg("%s: %s", good[i], err.msg);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (http_url_allowed(bad[i], &err) != ERR_SETTINGS)
			fail_msg("%s", bad[i]);
}

static void test_refused_requests(void **state)
{
	struct http_request q;
	struct err err;

	(void)state;
	http_request_init(&q, HTTP_READ, "GET");
	q.url = mem_strdup("http://example.com/");
	assert_int_equal(http_submit(client, &q, NULL, NULL, &err), ERR_SETTINGS);
	assert_null(q.url);
	http_request_init(&q, HTTP_READ, "GET"); /* its URL was too long */
	assert_int_equal(http_submit(client, &q, NULL, NULL, &err), ERR_LIMIT);
	q = request(HTTP_CHANGE, "POST", "/x");
	q.body.max = 3;
	buf_z(&q.body, "1234");
	assert_int_equal(http_submit(client, &q, NULL, NULL, &err), ERR_LIMIT);
	assert_int_equal(http_pending(client), 0);
	assert_string_equal(server->log, "");
}

/* --- bodies that are scanned --- */

static enum errc add_up(void *self, const struct json *element, struct err *err)
{
	int64_t n = 0;

	if (!element)
		return err->code;
	assert_true(json_int(element, &n));
	*(int64_t *)self += n;
	return ERR_OK;
}

static struct http_reply scan_path(const char *path, int64_t *sum, enum errc *ret_end)
{
	struct json_scan *scan = json_scan_new("", 100, 100, add_up, sum);
	struct http_request q = request(HTTP_READ, "GET", path);
	struct json *rest = NULL;
	struct http_reply p;

	*sum = 0;
	q.max_body = 7;
	submit(&q, scan, NULL);
	p = wait_reply(NULL);
	*ret_end = json_scan_end(scan, &rest, NULL);
	json_free(rest);
	json_scan_free(scan);
	return p;
}

static void test_scanned_bodies(void **state)
{
	enum errc end;
	int64_t sum;
	struct http_reply p = scan_path("/list", &sum, &end);

	(void)state;
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_int_equal(p.body.n, 0);
	assert_int_equal(end, ERR_OK);
	assert_int_equal(sum, 6);
	http_reply_release(&p);

	p = scan_path("/list-404", &sum, &end);
	assert_int_equal(p.status, 404);
	assert_string_equal(buf_cstr(&p.body), "[1,2,3]");
	assert_int_equal(sum, 0);
	http_reply_release(&p);

	p = scan_path("/list-bad", &sum, &end);
	assert_int_equal(p.fate, HTTP_UNKNOWN);
	assert_non_null(strstr(p.why, "unusable JSON at byte 6"));
	assert_int_equal(end, ERR_PROTOCOL);
	http_reply_release(&p);

	p = scan_path("/list-cut", &sum, &end);
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_int_equal(end, ERR_PROTOCOL);
	http_reply_release(&p);
}

/* --- waiting --- */

static void test_wait_ends(void **state)
{
	struct http_request q = request(HTTP_READ, "GET", "/silent");
	int64_t until_ms = clock_now(the_clock) + 30;
	struct http_reply p;
	bool done = true;
	void *tag;

	(void)state;
	submit(&q, NULL, NULL);
	assert_int_equal(http_wait(client, until_ms, &tag, &p, &done, NULL), ERR_OK);
	assert_false(done);
	assert_true(clock_now(the_clock) >= until_ms);
	assert_int_equal(http_pending(client), 1); /* dropped by teardown */
}

static void test_stop(void **state)
{
	struct http_request q;
	struct http_reply p;
	bool done = true;
	int ends[2];
	void *tag;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	reopen_client(clock_real(), ends[0]);
	q = request(HTTP_READ, "GET", "/silent");
	submit(&q, NULL, NULL);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(http_wait(client, INT64_MAX, &tag, &p, &done, NULL), ERR_OK);
	assert_false(done);

	reopen_client(clock_virtual(1000), ends[0]);
	done = true;
	assert_int_equal(http_wait(client, 9000, &tag, &p, &done, NULL), ERR_OK);
	assert_false(done);
	assert_int_equal(clock_now(the_clock), 1000);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_virtual_clock(void **state)
{
	struct http_request q;
	struct http_reply p;
	bool done = true;
	void *tag;

	(void)state;
	reopen_client(clock_virtual(1000), -1);
	assert_int_equal(http_wait(client, 3000, &tag, &p, &done, NULL), ERR_OK);
	assert_false(done);
	assert_int_equal(clock_now(the_clock), 3000);

	q = request(HTTP_READ, "GET", "/earlier");
	q.timeout_ms = 1; /* real time: too short, so it is not taken literally */
	submit(&q, NULL, NULL);
	assert_int_equal(http_wait(client, 9000, &tag, &p, &done, NULL), ERR_OK);
	assert_true(done);
	assert_int_equal(p.fate, HTTP_ANSWERED);
	assert_true(sent("\r\nX-Sim-Now: 3000\r\n"));
	assert_int_equal(clock_now(the_clock), 3000); /* no time passes under way */
	http_reply_release(&p);

	p = get("/later");
	assert_int_equal(clock_now(the_clock), 5000);
	assert_int_equal(p.ended_ms, 5000);
	http_reply_release(&p);
}

static void test_trace(void **state)
{
	char longest[100];
	struct http_request q;
	struct http_reply p;
	char path[200], want[300];

	(void)state;
	memset(longest, 'x', 99);
	longest[99] = '\0';
	(void)snprintf(path, sizeof(path),
		"/p?limit=5&access_token=hush1&X-Amz-Signature=hush2&c=%s&e", longest);
	q = request(HTTP_AUTH, "POST", path);
	q.secret_body = true;
	buf_z(&q.body, "client_assertion=hush3");
	assert_int_equal(http_request_header(&q, "Authorization", STR("Bearer hush4"), NULL), 0);
	assert_int_equal(http_request_header(&q, "aw-tenant-code", STR("hush5"), NULL), 0);
	p = ask(q);
	http_reply_release(&p);
	(void)snprintf(want, sizeof(want),
		"POST http://127.0.0.1:%u/p?limit=5&access_token=*&X-Amz-Signature=*&c=*&e=: 200, "
		"2 "
		"bytes, ",
		server->port);
	assert_true(strncmp(buf_cstr(&traced), want, strlen(want)) == 0);
	assert_null(strstr(buf_cstr(&traced), "hush"));
	p = get("/close");
	http_reply_release(&p);
	assert_non_null(strstr(buf_cstr(&traced), "/close: no answer: Empty reply"));
}

#define HTTP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HTTP_TEST(test_good_answers),
		HTTP_TEST(test_what_is_sent),
		HTTP_TEST(test_redirect_is_an_answer),
		HTTP_TEST(test_half_answers),
		HTTP_TEST(test_timeouts),
		HTTP_TEST(test_caps),
		HTTP_TEST(test_connections),
		HTTP_TEST(test_change_is_never_sent_twice),
		HTTP_TEST(test_parallel),
		HTTP_TEST(test_not_sent),
		HTTP_TEST(test_too_old_on_the_connection),
		HTTP_TEST(test_proxy_refuses),
		HTTP_TEST(test_urls),
		HTTP_TEST(test_refused_requests),
		HTTP_TEST(test_scanned_bodies),
		HTTP_TEST(test_wait_ends),
		HTTP_TEST(test_stop),
		HTTP_TEST(test_virtual_clock),
		HTTP_TEST(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
