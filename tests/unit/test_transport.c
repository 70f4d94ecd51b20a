#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "os/stop.h"
#include "wire/retry.h"
#include "wire/transport_parts.h"

enum { MAX_SEEN = 6000, MAX_SCRIPT = 64 };
#define START INT64_C(1800000000000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* --- a server that does as the script says --- */

struct answer {
	const char *path; /* how the path begins */
	int status;       /* 0: the connection ends without a word; -1: never answers */
	const char *header, *value;
	const char *body; /* NULL: {} */
	bool used;
};

struct seen {
	char method[8], path[64], authorization[64], tenant[32];
	int64_t at_ms;
};

static struct {
	struct MHD_Daemon *daemon;
	unsigned port;
	pthread_mutex_t lock;
	/* Under the lock: */
	struct answer script[MAX_SCRIPT];
	size_t n_script;
	struct seen seen[MAX_SEEN];
	size_t n_seen;
	char last_authorization[8192];
	unsigned n_tokens;
	unsigned fail_percent;
	uint32_t random;
	unsigned n_busy, max_busy;
	const char *quota_remaining, *quota_reset; /* of 50000; NULL: no such headers */
	bool released;                             /* ends the answers that never come */
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void copy(char *to, size_t cap, const char *from)
{
	size_t n = from ? strnlen(from, cap - 1) : 0;

	memcpy(to, from ? from : "", n);
	to[n] = '\0';
}

static struct answer next_answer(const char *path)
{
	for (size_t i = 0; i < server.n_script; i++) {
		struct answer *a = &server.script[i];

		if (!a->used && strncmp(path, a->path, strlen(a->path)) == 0) {
			a->used = true;
			return *a;
		}
	}
	server.random = server.random * 1664525u + 1013904223u;
	if ((server.random >> 16) % 100 < server.fail_percent)
		return (struct answer){ .status = 503 };
	return (struct answer){ .status = 200 };
}

static void note(struct MHD_Connection *c, const char *path, const char *method)
{
	struct seen *s = &server.seen[server.n_seen < MAX_SEEN ? server.n_seen++ : 0];
	const char *at = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Sim-Now");

	copy(s->method, sizeof(s->method), method);
	copy(s->path, sizeof(s->path), path);
	copy(s->authorization, sizeof(s->authorization),
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"));
	copy(server.last_authorization, sizeof(server.last_authorization),
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"));
	copy(s->tenant, sizeof(s->tenant),
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "aw-tenant-code"));
	s->at_ms = at ? strtoll(at, NULL, 10) : 0;
}

static enum MHD_Result send_answer(
	struct MHD_Connection *c, const struct answer *a, const char *path, unsigned token)
{
	char body[200];
	struct MHD_Response *r;
	enum MHD_Result rc;

	if (a->body)
		copy(body, sizeof(body), a->body);
	else if (strstr(path, "token") && a->status == 200)
		(void)snprintf(body, sizeof(body),
			"{\"access_token\":\"T%u\",\"token_type\":\"Bearer\","
			"\"expires_in\":3600}",
			token);
	else
		copy(body, sizeof(body), "{}");
	r = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
	if (a->header)
		(void)MHD_add_response_header(r, a->header, a->value);
	if (server.quota_remaining && strncmp(path, "/api/", 5) == 0) {
		(void)MHD_add_response_header(r, "X-RateLimit-Limit", "50000");
		(void)MHD_add_response_header(r, "X-RateLimit-Remaining", server.quota_remaining);
		(void)MHD_add_response_header(r, "X-RateLimit-Reset", server.quota_reset);
	}
	rc = MHD_queue_response(c, (unsigned)a->status, r);
	MHD_destroy_response(r);
	return rc;
}

static bool is_released(void)
{
	bool released;

	(void)pthread_mutex_lock(&server.lock);
	released = server.released;
	(void)pthread_mutex_unlock(&server.lock);
	return released;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *c, const char *path,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	static int begun;
	struct answer a;
	unsigned token;

	(void)self;
	(void)version;
	(void)upload;
	if (!*state || *upload_size) {
		*state = &begun;
		*upload_size = 0;
		return MHD_YES;
	}
	(void)pthread_mutex_lock(&server.lock);
	note(c, path, method);
	a = next_answer(path);
	token = strstr(path, "token") ? ++server.n_tokens : 0;
	if (++server.n_busy > server.max_busy)
		server.max_busy = server.n_busy;
	(void)pthread_mutex_unlock(&server.lock);
	if (strncmp(path, "/v1/slow", 8) == 0)
		(void)usleep(20000); /* so that requests meet */
	(void)pthread_mutex_lock(&server.lock);
	server.n_busy--;
	(void)pthread_mutex_unlock(&server.lock);
	while (a.status < 0 && !is_released())
		(void)usleep(5000);
	return a.status > 0 ? send_answer(c, &a, path, token) : MHD_NO;
}

static void says(const char *path, int status, const char *header, const char *value)
{
	server.script[server.n_script++] =
		(struct answer){ .path = path, .status = status, .header = header, .value = value };
}

static void says_body(const char *path, int status, const char *body)
{
	says(path, status, NULL, NULL);
	server.script[server.n_script - 1].body = body;
}

/* How many requests came whose path begins like that. */
static size_t n_seen(const char *path)
{
	size_t n = 0;

	for (size_t i = 0; i < server.n_seen; i++)
		n += strncmp(server.seen[i].path, path, strlen(path)) == 0;
	return n;
}

static const struct seen *seen(const char *path, size_t k)
{
	for (size_t i = 0; i < server.n_seen; i++)
		if (strncmp(server.seen[i].path, path, strlen(path)) == 0 && k-- == 0)
			return &server.seen[i];
	fail_msg("no such request: %s", path);
	return NULL;
}

/* A port of loopback on which nobody listens. */
static unsigned closed_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	(void)close(fd);
	return ntohs(at.sin_port);
}

/* --- the transport under test --- */

static char folder[64], key_file[96], base[64], apple_token_url[80], uem_token_url[80];
static struct settings settings;
static struct clock *the_clock;
static struct store *store;
static struct transport *t;
static struct err err;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void write_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(key_file, "w");

	assert_non_null(key);
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(key_file, 0600), 0);
	EVP_PKEY_free(key);
}

static int start_all(void **state)
{
	const union MHD_DaemonInfo *info;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_QUIET);
	copy(folder, sizeof(folder), "/tmp/depmend-transport-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(key_file, sizeof(key_file), "%s/key.pem", folder);
	write_key();
	server.daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC, 0,
		NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR,
		&(struct sockaddr_in){
			.sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } },
		MHD_OPTION_END);
	assert_non_null(server.daemon);
	info = MHD_get_daemon_info(server.daemon, MHD_DAEMON_INFO_BIND_PORT);
	server.port = info->port;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int stop_all(void **state)
{
	(void)state;
	MHD_stop_daemon(server.daemon);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void point_at(unsigned port)
{
	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
	(void)snprintf(apple_token_url, sizeof(apple_token_url), "%s/apple-token", base);
	(void)snprintf(uem_token_url, sizeof(uem_token_url), "%s/uem-token", base);
}

static struct secret secret_from(const char *variable, const char *value)
{
	assert_int_equal(setenv(variable, value, 1), 0);
	return (struct secret){ .kind = SECRET_ENV, .value = variable };
}

static int set_up(void **state)
{
	(void)state;
	server.n_script = server.n_seen = 0;
	server.n_tokens = server.fail_percent = server.max_busy = 0;
	server.random = 1;
	server.quota_remaining = NULL;
	server.released = false;
	point_at(server.port);
	settings = (struct settings){ .has_uem = true };
	settings.apple.client_id = "BUSINESSAPI.x";
	settings.apple.private_key = (struct secret){ .kind = SECRET_FILE, .value = key_file };
	settings.apple.url = settings.uem.url = base;
	settings.apple.token_url = apple_token_url;
	settings.uem.auth = UEM_AUTH_OAUTH;
	settings.uem.token_url = uem_token_url;
	settings.uem.client_id = "abc";
	settings.uem.client_secret = secret_from("TEST_UEM_SECRET", "s3cret");
	settings.uem.tenant_code = secret_from("TEST_UEM_CODE", "tenant+code");
	settings.rates[RATE_APPLE_READ] = (struct rate){ 20, MINUTE };
	settings.rates[RATE_APPLE_WRITE] = (struct rate){ 10, HOUR };
	settings.rates[RATE_UEM] = (struct rate){ 300, MINUTE };
	settings.uem_reserve_percent = 20;
	settings.timeouts.request_ms = 60 * SECOND;
	the_clock = clock_virtual(START);
	return 0;
}

static int64_t told_until_ms; /* the first wait that was told */

static int64_t take_pulse(void *self, const struct transport_pulse *pulse)
{
	(void)self;
	if (pulse->waiting_for && !told_until_ms)
		told_until_ms = pulse->until_ms;
	return SECOND;
}

static void open_transport(int64_t max_wait_ms)
{
	const struct transport_options opt = {
		.settings = &settings,
		.clock = the_clock,
		.store = store,
		.max_wait_ms = max_wait_ms,
		.cache_folder = folder,
		.pulse = take_pulse,
	};

	assert_int_equal(transport_open(&t, &opt, &err), ERR_OK);
}

static void close_transport(void)
{
	transport_close(t);
	t = NULL;
}

static int tear_down(void **state)
{
	char cache[128];

	(void)state;
	close_transport();
	(void)pthread_mutex_lock(&server.lock);
	server.released = true;
	(void)pthread_mutex_unlock(&server.lock);
	store_close(store);
	store = NULL;
	clock_free(the_clock);
	(void)snprintf(cache, sizeof(cache), "%s/apple-token", folder);
	(void)unlink(cache);
	return 0;
}

/* --- calls and what became of them --- */

struct result {
	unsigned n_done, n_before, n_scans;
	enum errc code;
	int status;
	enum http_fate fate;
	char body[64], msg[512];
	enum errc before, fail_with; /* what the hooks return */
	int64_t at_ms;
	unsigned n_more; /* calls that done() submits */
	bool has_rest;
};

static enum errc done(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *e)
{
	struct result *r = self;

	r->n_done++;
	r->code = code;
	r->at_ms = clock_now(the_clock);
	r->has_rest = rest != NULL;
	if (code) {
		assert_int_equal(e->code, code);
		assert_null(reply);
		copy(r->msg, sizeof(r->msg), e->msg);
	} else {
		r->fate = reply->fate;
		r->status = reply->status;
		copy(r->body, sizeof(r->body), buf_cstr(&reply->body));
		copy(r->msg, sizeof(r->msg), reply->why);
	}
	return r->fail_with ? err_set(e, r->fail_with, "the caller is unhappy") : ERR_OK;
}

static enum errc before(void *self, int64_t at_ms, struct err *e)
{
	struct result *r = self;

	r->n_before++;
	assert_int_equal(at_ms, clock_now(the_clock));
	return r->before ? err_set(e, r->before, "no intent") : ERR_OK;
}

static struct transport_call a_call(
	enum transport_service service, enum http_class cls, const char *path, struct result *r)
{
	struct transport_call c = { .service = service,
		.done = done,
		.before = cls == HTTP_CHANGE ? before : NULL,
		.self = r };

	http_request_init(
		&c.request, cls, cls == HTTP_CHANGE || cls == HTTP_TRIGGER ? "POST" : "GET");
	http_request_url(&c.request, base, str_from(path), NULL, 0);
	return c;
}

static void submit(
	enum transport_service service, enum http_class cls, const char *path, struct result *r)
{
	struct transport_call c = a_call(service, cls, path, r);

	transport_submit(t, &c);
}

static struct result send_one(enum transport_service service, enum http_class cls, const char *path)
{
	struct result r = { 0 };

	submit(service, cls, path, &r);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.n_done, 1);
	return r;
}

static int64_t elapsed(void)
{
	return clock_now(the_clock) - START;
}

/* --- sign-in --- */

static void test_signs_in_on_demand(void **state)
{
	(void)state;
	open_transport(INT64_MAX);
	assert_int_equal(server.n_seen, 0);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").status, 200);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").status, 200);
	assert_int_equal(send_one(TO_BARE, HTTP_READ, "/store/a").status, 200);
	assert_int_equal(n_seen("/apple-token"), 1);
	assert_int_equal(n_seen("/uem-token"), 1);
	assert_string_equal(seen("/apple-token", 0)->authorization, "");
	assert_string_equal(seen("/v1/b", 0)->authorization, "Bearer T1");
	assert_string_equal(seen("/v1/b", 0)->tenant, "");
	assert_string_equal(seen("/api/a", 0)->authorization, "Bearer T2");
	assert_string_equal(seen("/api/a", 0)->tenant, "tenant+code");
	assert_string_equal(seen("/store/a", 0)->authorization, "");
}

static void test_sign_in_of_both(void **state)
{
	(void)state;
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	assert_int_equal(server.n_seen, 2);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	assert_int_equal(server.n_seen, 2);
}

static void test_bad_credentials(void **state)
{
	struct result a = { 0 }, b = { 0 };

	(void)state;
	says_body("/apple-token", 400, "{\"error\":\"invalid_client\"}");
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_AUTH);
	assert_non_null(strstr(err.msg, "invalid_client"));
	/* Asking again cannot help, so nobody asks again. */
	submit(TO_APPLE, HTTP_READ, "/v1/a", &a);
	submit(TO_APPLE, HTTP_CHANGE, "/v1/b", &b);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(a.code, ERR_AUTH);
	assert_int_equal(b.code, ERR_AUTH);
	assert_int_equal(b.n_before, 0);
	assert_int_equal(n_seen("/apple-token"), 1);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").status, 200);
}

static void test_unreadable_secret(void **state)
{
	struct result r;

	(void)state;
	settings.apple.private_key.value = "/nonexistent/key.pem";
	settings.uem.tenant_code.value = "TEST_NOT_SET";
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_SETTINGS);
	assert_non_null(strstr(r.msg, "apple.private_key: "));
	r = send_one(TO_UEM, HTTP_READ, "/api/a");
	assert_int_equal(r.code, ERR_SETTINGS);
	assert_non_null(strstr(r.msg, "uem.tenant_code: "));
	assert_int_equal(server.n_seen, 0);
}

static void test_uem_basic(void **state)
{
	(void)state;
	settings.uem.auth = UEM_AUTH_BASIC;
	settings.uem.username = "svc";
	settings.uem.password = secret_from("TEST_UEM_PASSWORD", "p");
	settings.uem.tenant_code.kind = SECRET_NONE;
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").status, 200);
	assert_string_equal(seen("/api/a", 0)->authorization, "Basic c3ZjOnA=");
	assert_string_equal(seen("/api/a", 0)->tenant, "");
	assert_int_equal(server.n_tokens, 0);
	/* No new token can be had: one 401 is the last word. */
	says_body("/api/b", 401, "{\"errorCode\":1005,\"message\":\"who?\"}");
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/b").code, ERR_AUTH);
	assert_int_equal(n_seen("/api/b"), 1);
}

static void write_pkcs12(const char *path)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	PKCS12 *p12;
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_true(X509_set_version(cert, X509_VERSION_3));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -1000));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 100000));
	assert_true(X509_set_pubkey(cert, key));
	assert_true(X509_sign(cert, key, EVP_sha256()));
	p12 = PKCS12_create("pw", "depmend", key, cert, NULL, 0, 0, 0, 0, 0);
	assert_true(i2d_PKCS12_fp(f, p12));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
	PKCS12_free(p12);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static bool signs(const char *header, const char *path)
{
	BIO *content = BIO_new_mem_buf(path, -1);
	BIO *in = BIO_push(BIO_new(BIO_f_base64()), BIO_new_mem_buf(header + 9, -1));
	CMS_ContentInfo *cms;
	bool ok;

	BIO_set_flags(in, BIO_FLAGS_BASE64_NO_NL);
	cms = d2i_CMS_bio(in, NULL);
	assert_non_null(cms);
	ok = CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) ==
	     1;
	CMS_ContentInfo_free(cms);
	BIO_free_all(in);
	BIO_free(content);
	return ok;
}

/* The signature covers the path alone and so differs from request to request. */
static void test_uem_certificate(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/c.p12", folder);
	write_pkcs12(path);
	settings.uem.auth = UEM_AUTH_CERTIFICATE;
	settings.uem.pkcs12 = (struct secret){ .kind = SECRET_FILE, .value = path };
	settings.uem.password = secret_from("TEST_UEM_PASSWORD", "pw");
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a?b=/c").status, 200);
	assert_memory_equal(server.last_authorization, "CMSURL`1 ", 9);
	assert_true(signs(server.last_authorization, "/api/a"));
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/b").status, 200);
	assert_true(signs(server.last_authorization, "/api/b"));
	assert_string_equal(seen("/api/b", 0)->tenant, "tenant+code");
	assert_int_equal(server.n_tokens, 0);
	close_transport();
	settings.uem.password = secret_from("TEST_UEM_PASSWORD", "wrong");
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").code, ERR_SETTINGS);
}

static void test_ways_that_are_not_there(void **state)
{
	(void)state;
	settings.uem.auth = UEM_AUTH_NONE;
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").code, ERR_SETTINGS);
	close_transport();
	settings.has_uem = false;
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_UEM, HTTP_READ, "/api/a").code, ERR_SETTINGS);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
}

static void test_token_is_kept_on_disk(void **state)
{
	char path[128];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/apple-token", folder);
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	close_transport();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").status, 200);
	assert_int_equal(n_seen("/apple-token"), 1);
	assert_string_equal(seen("/v1/a", 0)->authorization, "Bearer T1");
	close_transport();

	/* The kept token is worth nothing any more: one 401, one new token. */
	says("/v1/b", 401, NULL, NULL);
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
	assert_int_equal(n_seen("/apple-token"), 2);
	close_transport();

	/* Not ours, readable by others, no token at all: as if it were not there. */
	settings.apple.client_id = "BUSINESSAPI.y";
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	assert_int_equal(n_seen("/apple-token"), 3);
	close_transport();
	assert_int_equal(chmod(path, 0644), 0);
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	assert_int_equal(n_seen("/apple-token"), 4);
	close_transport();
	write_file(path, "{\"client_id\":17");
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	assert_int_equal(n_seen("/apple-token"), 5);
}

static void test_old_token_is_renewed(void **state)
{
	(void)state;
	open_transport(INT64_MAX);
	(void)send_one(TO_APPLE, HTTP_READ, "/v1/a");
	clock_advance(the_clock, START + 50 * MINUTE);
	(void)send_one(TO_APPLE, HTTP_READ, "/v1/b");
	assert_int_equal(server.n_tokens, 1);
	clock_advance(the_clock, START + 55 * MINUTE);
	(void)send_one(TO_APPLE, HTTP_READ, "/v1/c");
	assert_int_equal(server.n_tokens, 2);
	assert_string_equal(seen("/v1/c", 0)->authorization, "Bearer T2");
}

static void test_stillborn_token_serves_once(void **state)
{
	(void)state;
	says_body("/apple-token", 200, "{\"access_token\":\"old\",\"expires_in\":0}");
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").status, 200);
	assert_int_equal(server.n_tokens, 1);
}

static void test_401_renews_once(void **state)
{
	struct result r;

	(void)state;
	says("/v1/a", 401, NULL, NULL);
	says("/v1/b", 401, NULL, NULL);
	says("/v1/b", 401, NULL, NULL);
	says("/v1/c", 401, NULL, NULL);
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.status, 200);
	assert_string_equal(seen("/v1/a", 0)->authorization, "Bearer T1");
	assert_string_equal(seen("/v1/a", 1)->authorization, "Bearer T2");
	r = send_one(TO_APPLE, HTTP_READ, "/v1/b");
	assert_int_equal(r.code, ERR_AUTH);
	assert_int_equal(n_seen("/v1/b"), 2);
	/* A 401 proves that nothing was done: a change goes out again, with a new intent. */
	r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/c");
	assert_int_equal(r.status, 200);
	assert_int_equal(r.n_before, 2);
	assert_int_equal(n_seen("/v1/c"), 2);
}

static void test_throttled_sign_in(void **state)
{
	(void)state;
	says_body("/apple-token", 400, "{\"error\":\"too many tokens\"}");
	says("/apple-token", 429, "Retry-After", "600");
	says("/apple-token", 503, NULL, NULL);
	open_transport(INT64_MAX);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").status, 200);
	assert_int_equal(n_seen("/apple-token"), 4);
	assert_true(elapsed() >= 600 * SECOND);
	close_transport();
	the_clock = (clock_free(the_clock), clock_virtual(START + 2 * HOUR));
	says("/apple-token", 429, "Retry-After", "7200");
	open_transport(HOUR);
	assert_int_equal(transport_sign_in(t, &err), ERR_TEMPFAIL);
}

/* --- patience --- */

static void test_reads_are_repeated(void **state)
{
	struct result r;

	(void)state;
	says("/v1/a", 503, NULL, NULL);
	says("/v1/a", 502, NULL, NULL);
	says("/v1/a", 500, NULL, NULL);
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.status, 200);
	assert_int_equal(n_seen("/v1/a"), 4);
	/* 1 s, 2 s, 4 s, each cut by at most a half. */
	for (size_t i = 1; i < 4; i++) {
		int64_t wait = seen("/v1/a", i)->at_ms - seen("/v1/a", i - 1)->at_ms;

		assert_true(wait >= (SECOND << (i - 1)) / 2 && wait <= SECOND << (i - 1));
	}
	assert_int_equal(transport_counts(t).apple_reads, 4);
	assert_int_equal(transport_counts(t).retries, 3);
	/* libcurl itself tries again when a used connection dies, so it takes two. */
	says("/v1/b", 0, NULL, NULL);
	says("/v1/b", 0, NULL, NULL);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
	assert_int_equal(transport_counts(t).retries, 4);
	assert_int_equal(send_one(TO_UEM, HTTP_TRIGGER, "/api/sync").status, 200);
	assert_int_equal(transport_counts(t).uem_triggers, 1);
}

static void test_what_is_an_answer(void **state)
{
	static const int statuses[] = { 201, 204, 302, 400, 403, 404, 409, 422 };

	(void)state;
	open_transport(INT64_MAX);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		says("/v1/a", statuses[i], NULL, NULL);
		assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").status, statuses[i]);
	}
	assert_int_equal(transport_counts(t).retries, 0);
}

static void test_reads_are_given_up(void **state)
{
	struct result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		says("/v1/a", 503, NULL, NULL);
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_OUTAGE);
	assert_int_equal(errc_info(r.code)->exit_status, 75);
	assert_int_equal(n_seen("/v1/a"), RETRY_MAX_TRIES);
	assert_non_null(strstr(r.msg, "503"));
}

static void test_nobody_there(void **state)
{
	struct result r;

	(void)state;
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	point_at(closed_port());
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_NET);
	assert_int_equal(errc_info(r.code)->exit_status, 69);
	assert_int_equal(transport_counts(t).apple_reads, RETRY_MAX_TRIES);
	/* A change that never left comes back each time, to be made anew, until the service is
	 * given up. */
	r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/b");
	assert_int_equal(r.code, ERR_NET);
	assert_int_equal(r.n_before, 1);
}

static void test_a_change_that_never_left_is_made_anew(void **state)
{
	struct result r;

	(void)state;
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	point_at(closed_port());
	for (int i = 1; i < RETRY_MAX_TRIES; i++) {
		r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/b");
		assert_int_equal(r.code, ERR_BUSY);
		assert_int_equal(r.n_before, 1);
		assert_true(transport_change_when(t, TO_APPLE, 1) > transport_now(t));
	}
	assert_int_equal(send_one(TO_APPLE, HTTP_CHANGE, "/v1/b").code, ERR_NET);
}

static void test_outage_longer_than_max_wait(void **state)
{
	struct result r;

	(void)state;
	for (int i = 0; i < 20; i++)
		says("/v1/a", 503, NULL, NULL);
	open_transport(5 * SECOND);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_OUTAGE);
	assert_true(n_seen("/v1/a") < RETRY_MAX_TRIES);
	assert_true(elapsed() <= 5 * SECOND);
}

static void test_retry_after(void **state)
{
	struct result r;

	(void)state;
	says("/v1/a", 429, "Retry-After", "7200");
	says("/v1/b", 503, "Retry-After", "300");
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.status, 200);
	assert_true(r.at_ms - START >= 2 * HOUR);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
	assert_true(elapsed() >= 2 * HOUR + 5 * MINUTE);
	assert_int_equal(n_seen("/v1/a") + n_seen("/v1/b"), 4);
}

/* The others of the class wait as well; the other classes do not. */
static void test_429_pauses_the_class(void **state)
{
	struct result a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	says("/v1/a", 429, "Retry-After", "600");
	open_transport(INT64_MAX);
	submit(TO_APPLE, HTTP_READ, "/v1/a", &a);
	submit(TO_APPLE, HTTP_READ, "/v1/b", &b);
	submit(TO_APPLE, HTTP_CHANGE, "/v1/c", &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_true(a.at_ms - START >= 600 * SECOND);
	assert_true(b.at_ms - START >= 600 * SECOND);
	assert_true(c.at_ms - START < 600 * SECOND);
}

static void test_429_for_ever(void **state)
{
	struct result r;

	(void)state;
	for (int i = 0; i < 40; i++)
		says("/v1/a", 429, NULL, NULL);
	open_transport(10 * MINUTE);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_TEMPFAIL);
	assert_int_equal(errc_info(r.code)->exit_status, 75);
	assert_true(n_seen("/v1/a") > RETRY_MAX_TRIES);
	assert_true(elapsed() <= 10 * MINUTE);
}

static void test_retry_after_beyond_max_wait(void **state)
{
	struct result r;
	char at[TIME_TEXT];

	(void)state;
	says("/v1/a", 429, "Retry-After", "7200");
	open_transport(HOUR);
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	assert_int_equal(r.code, ERR_TEMPFAIL);
	assert_int_equal(elapsed(), 0);
	/* The operator learns when it makes sense to run again. */
	assert_non_null(strstr(r.msg, time_rfc3339_s(START + 2 * HOUR, at)));
	assert_int_equal(transport_sleep(t, START + 2 * HOUR, &err), ERR_TEMPFAIL);
	assert_int_equal(elapsed(), 0);
	assert_int_equal(transport_sleep(t, START + HOUR, &err), ERR_OK);
	assert_int_equal(elapsed(), HOUR);
}

static void test_random_failures(void **state)
{
	enum { N = 500 };
	static struct result r[N];

	(void)state;
	memset(r, 0, sizeof(r));
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	server.fail_percent = 30;
	for (int i = 0; i < N; i++)
		submit(TO_UEM, HTTP_READ, "/api/a", &r[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (int i = 0; i < N; i++) {
		assert_int_equal(r[i].n_done, 1);
		assert_int_equal(r[i].status, 200);
	}
	assert_true(n_seen("/api/a") > N);
	assert_true(n_seen("/api/a") <= N * 16 / 10 + 10);
}

/* A thousand calls do not each find out on their own that the service is down. */
static void test_outage_of_a_service(void **state)
{
	enum { N = 1000 };
	static struct result r[N];
	struct result other = { 0 };

	(void)state;
	memset(r, 0, sizeof(r));
	open_transport(INT64_MAX);
	assert_int_equal(transport_sign_in(t, &err), ERR_OK);
	submit(TO_APPLE, HTTP_READ, "/v1/a", &other);
	point_at(closed_port());
	for (int i = 0; i < N; i++)
		submit(TO_UEM, HTTP_READ, "/api/a", &r[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (int i = 0; i < N; i++) {
		assert_int_equal(r[i].n_done, 1);
		assert_int_equal(r[i].code, ERR_NET);
	}
	assert_int_equal(other.status, 200);
	assert_true(elapsed() > MINUTE && elapsed() < 3 * MINUTE);
	assert_true(transport_counts(t).uem_reads <= 3 * RETRY_MAX_TRIES);
}

/* --- changes --- */

static void test_change_is_never_repeated_blindly(void **state)
{
	struct result r;

	(void)state;
	open_transport(INT64_MAX);
	for (int status = 500; status <= 504; status++) {
		server.n_script = 0;
		says("/v1/a", status, NULL, NULL);
		r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/a");
		assert_int_equal(r.code, ERR_OK);
		assert_int_equal(r.status, status);
		assert_int_equal(r.n_before, 1);
	}
	says("/v1/b", 0, NULL, NULL);
	r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/b");
	assert_int_equal(r.code, ERR_OK);
	assert_int_equal(r.fate, HTTP_UNKNOWN);
	assert_int_equal(n_seen("/v1/a"), 5);
	assert_int_equal(n_seen("/v1/b"), 1);
	assert_int_equal(transport_counts(t).apple_writes, 6);
}

static void test_change_after_429(void **state)
{
	struct result r;

	(void)state;
	says("/v1/a", 429, "Retry-After", "60");
	open_transport(INT64_MAX);
	r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/a");
	assert_int_equal(r.code, ERR_BUSY); /* what was seen before the wait is too old by now */
	assert_int_equal(r.n_before, 1);
	assert_int_equal(n_seen("/v1/a"), 1);
	assert_int_equal(transport_change_when(t, TO_APPLE, 1) - transport_now(t), MINUTE);
	r = send_one(TO_APPLE, HTTP_CHANGE, "/v1/a");
	assert_int_equal(r.status, 200);
	assert_int_equal(seen("/v1/a", 1)->at_ms - seen("/v1/a", 0)->at_ms, MINUTE);
}

static void test_a_change_whose_look_is_old(void **state)
{
	struct result r = { 0 };
	struct transport_call c;

	(void)state;
	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/a", &r);
	c.good_until_ms = transport_now(t) + MINUTE;
	clock_advance(the_clock, c.good_until_ms + 1);
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_BUSY);
	assert_int_equal(n_seen("/v1/a"), 0);
}

static void test_change_without_an_intent(void **state)
{
	struct result r = { .before = ERR_STORE };
	struct transport_call c;

	(void)state;
	open_transport(INT64_MAX);
	submit(TO_APPLE, HTTP_CHANGE, "/v1/a", &r);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_STORE);
	c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/a", &r);
	c.before = NULL;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_INTERNAL);
	assert_int_equal(n_seen("/v1/a"), 0);
	/* What was not sent does not use up the rate. */
	assert_int_equal(transport_write_when(t, 10), START);
}

/* --- rates --- */

static void test_rates(void **state)
{
	static struct result reads[45], writes[12];

	(void)state;
	memset(reads, 0, sizeof(reads));
	memset(writes, 0, sizeof(writes));
	open_transport(INT64_MAX);
	for (size_t i = 0; i < 45; i++)
		submit(TO_APPLE, HTTP_READ, "/v1/r", &reads[i]);
	for (size_t i = 0; i < 12; i++)
		submit(TO_APPLE, HTTP_CHANGE, "/v1/w", &writes[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 45; i++)
		assert_true(
			i < 20 || seen("/v1/r", i)->at_ms - seen("/v1/r", i - 20)->at_ms > MINUTE);
	assert_true(seen("/v1/r", 44)->at_ms - START < 3 * MINUTE);
	assert_true(seen("/v1/w", 9)->at_ms - START < MINUTE);
	assert_true(seen("/v1/w", 10)->at_ms - seen("/v1/w", 0)->at_ms > HOUR);
	assert_int_equal(transport_write_when(t, 8), clock_now(the_clock));
	assert_true(transport_write_when(t, 9) > clock_now(the_clock));
}

/* As long as others wait for their turn; nobody waits for it. */
static void test_optional(void **state)
{
	static struct result writes[11], early, late;
	struct transport_call c;

	(void)state;
	memset(writes, 0, sizeof(writes));
	told_until_ms = 0;
	open_transport(INT64_MAX);
	for (size_t i = 0; i < 11; i++)
		submit(TO_APPLE, HTTP_CHANGE, "/v1/w", &writes[i]);
	c = a_call(TO_APPLE, HTTP_READ, "/v1/r", &early);
	c.optional = true;
	c.not_before_ms = START + MINUTE;
	transport_submit(t, &c);
	c = a_call(TO_APPLE, HTTP_READ, "/v1/r", &late);
	c.optional = true;
	c.not_before_ms = START + 2 * HOUR;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(writes[10].status, 200);
	assert_int_equal(early.status, 200);
	assert_int_equal(early.at_ms, START + MINUTE);
	assert_int_equal(told_until_ms, START + HOUR + 1); /* the write's turn */
	assert_int_equal(late.code, ERR_STOPPED);
	assert_true(elapsed() < HOUR + MINUTE);
}

/* --- intents in a row --- */

struct in_a_row {
	unsigned n_before, n_after; /* how many had left by then */
	enum errc allow, before;
	struct result r;
};

static size_t n_left(void)
{
	return n_seen("/v1/w");
}

static enum errc before_in_a_row(void *self, int64_t at_ms, struct err *e)
{
	struct in_a_row *a = self;

	(void)at_ms;
	a->n_before++;
	a->n_after = (unsigned)n_left();
	return a->before ? err_set(e, a->before, "no intent") : ERR_OK;
}

static enum errc allow_in_a_row(void *self, int64_t at_ms, struct err *e)
{
	struct in_a_row *a = self;

	assert_int_equal(at_ms, clock_now(the_clock));
	return a->allow ? err_set(e, a->allow, "not now") : ERR_OK;
}

static enum errc done_in_a_row(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *e)
{
	return done(&((struct in_a_row *)self)->r, code, reply, rest, e);
}

static void submit_in_a_row(struct in_a_row *v, size_t n, uint32_t ahead)
{
	for (size_t i = 0; i < n; i++) {
		struct transport_call c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/w", NULL);

		c.allow = allow_in_a_row;
		c.before = before_in_a_row;
		c.done = done_in_a_row;
		c.self = &v[i];
		c.ahead = ahead;
		transport_submit(t, &c);
	}
}

static void test_intents_in_a_row(void **state)
{
	struct in_a_row v[12] = { 0 };

	(void)state;
	open_transport(INT64_MAX);
	submit_in_a_row(v, 12, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 12; i++) {
		assert_int_equal(v[i].n_before, 1);
		/* Four at a time, and none before the rate allows it: ten an hour. */
		assert_int_equal(v[i].n_after, i < 10 ? i / 4 * 4 : 10);
		assert_int_equal(v[i].r.status, 200);
	}
}

static void test_intents_one_by_one(void **state)
{
	struct in_a_row v[4] = { 0 };

	(void)state;
	open_transport(INT64_MAX);
	submit_in_a_row(v, 4, 0);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(v[i].n_after, i);
}

/* What happened since the intent was written still keeps it back. */
static void test_not_allowed_after_the_intent(void **state)
{
	struct in_a_row v[3] = { { .allow = ERR_OK }, { .allow = ERR_GUARD } };

	(void)state;
	open_transport(INT64_MAX);
	submit_in_a_row(v, 3, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(v[1].n_before, 1);
	assert_int_equal(v[1].r.code, ERR_GUARD);
	assert_int_equal(n_left(), 2);
	/* What was not sent does not use up the rate. */
	assert_int_equal(transport_write_when(t, 8), clock_now(the_clock));
}

/* One that cannot be written takes the others with it: nothing of them was durable. */
static void test_an_intent_fails_in_a_row(void **state)
{
	struct in_a_row v[3] = { { .before = ERR_OK }, { .before = ERR_STORE } };

	(void)state;
	open_transport(INT64_MAX);
	submit_in_a_row(v, 3, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(v[0].r.code, ERR_STORE);
	assert_int_equal(v[1].r.code, ERR_STORE);
	assert_int_equal(v[2].r.code, ERR_OK);
	assert_int_equal(v[2].n_before, 1);
	assert_int_equal(n_left(), 1);
}

/* One that is refused is so in its own turn, and those before it leave. */
static void test_an_intent_is_refused_in_a_row(void **state)
{
	struct in_a_row v[4] = { { .r = { 0 } }, { .r = { 0 } }, { .before = ERR_GUARD } };

	(void)state;
	open_transport(INT64_MAX);
	submit_in_a_row(v, 4, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(v[i].r.code, i == 2 ? ERR_GUARD : ERR_OK);
		assert_int_equal(v[i].n_before, i == 2 ? 2 : 1);
	}
	assert_int_equal(n_left(), 3);
}

static void test_a_429_takes_the_intent_back(void **state)
{
	struct in_a_row v[2] = { 0 };

	(void)state;
	says("/v1/w", 200, NULL, NULL);
	says("/v1/w", 429, "Retry-After", "60");
	open_transport(INT64_MAX);
	submit_in_a_row(v, 2, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(v[0].n_before, 1);
	assert_int_equal(v[1].n_before, 1);
	assert_int_equal(v[1].r.code, ERR_BUSY);
	assert_int_equal(n_left(), 2);
}

/* A long wait for an answer makes an intent too old: it is written anew. */
static void test_an_old_intent(void **state)
{
	struct in_a_row v[2] = { 0 };
	char late[32];

	(void)state;
	open_transport(INT64_MAX);
	(void)snprintf(late, sizeof(late), "%lld", (long long)(START + 2 * MINUTE));
	says("/v1/w", 200, "X-Sim-Now", late);
	submit_in_a_row(v, 2, 3);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(v[0].n_before, 1);
	assert_int_equal(v[1].n_before, 2);
}

static void test_rate_beyond_max_wait(void **state)
{
	static struct result r[12];

	(void)state;
	memset(r, 0, sizeof(r));
	open_transport(30 * MINUTE);
	for (size_t i = 0; i < 12; i++)
		submit(TO_APPLE, HTTP_CHANGE, "/v1/w", &r[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(r[i].code, i < 10 ? ERR_OK : ERR_TEMPFAIL);
	assert_int_equal(elapsed(), 0);
}

static void open_store(const char *client_id)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/state", folder);
	assert_int_equal(
		store_open(&store,
			&(struct store_options){
				.state_dir = path, .client_id = client_id, .use = STORE_WRITE },
			&err),
		ERR_OK);
}

/* Others have sent since it looked: it does not wait with that look, nor does it send at once when
 * it has looked again. */
static void test_a_change_does_not_wait_with_its_look(void **state)
{
	struct result r = { 0 };
	struct transport_call c;
	int64_t id;

	(void)state;
	open_store("BUSINESSAPI.y");
	open_transport(INT64_MAX);
	assert_int_equal(transport_write_when(t, 1), START);
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			shared_sent_add(store_shared(store), RATE_APPLE_WRITE, START, &id, &err),
			ERR_OK);
	c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/a", &r);
	c.good_until_ms = START + 2 * HOUR;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_BUSY);
	assert_int_equal(r.n_before, 0);
	assert_int_equal(n_seen("/v1/a"), 0);
	assert_int_equal(elapsed(), 0);
	assert_true(transport_write_when(t, 1) >= START + HOUR);
	close_transport();
	store_close(store);
	store = NULL;
}

static void test_rates_outlive_the_run(void **state)
{
	(void)state;
	open_store("BUSINESSAPI.x");
	open_transport(INT64_MAX);
	for (int i = 0; i < 20; i++)
		(void)send_one(TO_APPLE, HTTP_READ, "/v1/a");
	(void)send_one(TO_APPLE, HTTP_CHANGE, "/v1/w");
	close_transport();
	open_transport(INT64_MAX);
	assert_int_equal(transport_write_when(t, 9), START);
	assert_true(transport_write_when(t, 10) > START + HOUR);
	(void)send_one(TO_APPLE, HTTP_READ, "/v1/b");
	assert_true(seen("/v1/b", 0)->at_ms > START + MINUTE);
	close_transport();
	/* A clock set back by a day blocks for one window, not for a day. */
	clock_free(the_clock);
	the_clock = clock_virtual(START - 24 * HOUR);
	open_transport(INT64_MAX);
	assert_true(transport_write_when(t, 10) <= START - 24 * HOUR + HOUR + 1);
	close_transport();
	store_close(store);
	store = NULL;
}

static void test_uem_quota(void **state)
{
	struct result r;
	char reset[32];

	(void)state;
	(void)snprintf(reset, sizeof(reset), "%lld", (long long)(START + 5 * HOUR) / 1000);
	server.quota_reset = reset;
	server.quota_remaining = "10000";
	open_transport(6 * HOUR);
	(void)send_one(TO_UEM, HTTP_READ, "/api/a");
	(void)send_one(TO_UEM, HTTP_READ, "/api/b");
	assert_int_equal(elapsed(), 0);
	server.quota_remaining = "9999";
	(void)send_one(TO_UEM, HTTP_READ, "/api/c");
	server.quota_remaining = "50000";
	(void)send_one(TO_UEM, HTTP_READ, "/api/d");
	assert_int_equal(seen("/api/d", 0)->at_ms, START + 5 * HOUR);
	/* Apple has nothing to do with it. */
	server.quota_remaining = "0";
	(void)snprintf(reset, sizeof(reset), "%lld", (long long)(START + 9 * HOUR) / 1000);
	(void)send_one(TO_UEM, HTTP_READ, "/api/e");
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/a").code, ERR_OK);
	r = send_one(TO_UEM, HTTP_READ, "/api/f");
	assert_int_equal(r.code, ERR_TEMPFAIL);
	assert_non_null(strstr(r.msg, "quota"));
	assert_int_equal(n_seen("/api/f"), 0);
}

/* --- barriers --- */

static enum errc submit_more(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *e)
{
	struct result *r = self;

	(void)reply;
	(void)rest;
	(void)e;
	assert_int_equal(code, ERR_OK);
	r->n_done++;
	if (r->n_more) {
		struct transport_call c = a_call(TO_UEM, HTTP_READ, "/api/next", r);

		r->n_more--;
		c.done = submit_more;
		transport_submit(t, &c);
	}
	return ERR_OK;
}

static void test_done_may_submit(void **state)
{
	struct result r = { .n_more = 5 };
	struct transport_call c;

	(void)state;
	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_READ, "/v1/first", &r);
	c.done = submit_more;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.n_done, 6);
	assert_int_equal(n_seen("/api/next"), 5);
}

static enum errc submit_to_apple(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *e)
{
	(void)reply;
	(void)rest;
	(void)e;
	assert_int_equal(code, ERR_SETTINGS);
	submit(TO_APPLE, HTTP_READ, "/v1/soon", self);
	return ERR_OK;
}

/* What is submitted while others are refused unsent does not wait for the others to wake. */
static void test_done_submits_what_can_leave_at_once(void **state)
{
	struct result late = { 0 }, soon = { 0 };
	struct transport_call c;

	(void)state;
	settings.uem.auth = UEM_AUTH_NONE;
	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_READ, "/v1/late", &late);
	c.not_before_ms = START + HOUR;
	transport_submit(t, &c);
	c = a_call(TO_UEM, HTTP_READ, "/api/a", &soon);
	c.done = submit_to_apple;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(soon.at_ms, START);
	assert_int_equal(late.at_ms, START + HOUR);
}

static void test_first_failure_ends_the_barrier(void **state)
{
	struct result r[4] = { { .fail_with = ERR_GUARD }, { .fail_with = ERR_CONFLICT } };

	(void)state;
	open_transport(INT64_MAX);
	for (size_t i = 0; i < 4; i++)
		submit(TO_APPLE, HTTP_READ, "/v1/a", &r[i]);
	assert_int_equal(transport_drain(t, &err), ERR_GUARD);
	assert_string_equal(err.msg, "the caller is unhappy");
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(r[i].n_done, 1);
		assert_int_equal(r[i].code, i == 0 ? ERR_OK : ERR_STOPPED);
	}
	assert_int_equal(n_seen("/v1/a"), 1);
	/* The next barrier starts afresh. */
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
}

static void test_not_before(void **state)
{
	struct result late = { 0 }, soon = { 0 };
	struct transport_call c;

	(void)state;
	open_transport(INT64_MAX);
	c = a_call(TO_UEM, HTTP_READ, "/api/late", &late);
	c.not_before_ms = START + MINUTE;
	transport_submit(t, &c);
	submit(TO_UEM, HTTP_READ, "/api/soon", &soon);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(seen("/api/soon", 0)->at_ms, START);
	assert_int_equal(seen("/api/late", 0)->at_ms, START + MINUTE);
}

static enum errc count_item(void *self, const struct json *element, struct err *e)
{
	struct result *r = self;

	(void)element;
	return --r->n_more ? ERR_OK : err_set(e, ERR_LIMIT, "enough");
}

static struct json_scan *scan(void *self)
{
	struct result *r = self;

	r->n_scans++;
	return json_scan_new("data", 1000, 1000, count_item, r);
}

static void test_scanned_bodies(void **state)
{
	static const char list[] = "{\"data\":[{},{}],\"meta\":1}";
	struct result r = { .n_more = 100 };
	struct transport_call c;

	(void)state;
	says("/v1/a", 503, NULL, NULL);
	says_body("/v1/a", 200, list);
	says_body("/v1/b", 200, list);
	says("/v1/c", 404, NULL, NULL);
	says_body("/v1/d", 200, "{\"data\":[{}");
	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_READ, "/v1/a", &r);
	c.scan = scan;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.n_scans, 2);
	assert_int_equal(r.n_more, 98);
	assert_true(r.has_rest);
	/* The reader's own refusal is final, whatever it looks like on the wire. */
	r = (struct result){ .n_more = 1 };
	c = a_call(TO_APPLE, HTTP_READ, "/v1/b", &r);
	c.scan = scan;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_LIMIT);
	assert_string_equal(r.msg, "enough");
	assert_int_equal(n_seen("/v1/b"), 1);
	/* Other answers have no list. */
	r = (struct result){ .n_more = 1 };
	c = a_call(TO_APPLE, HTTP_READ, "/v1/c", &r);
	c.scan = scan;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.status, 404);
	assert_string_equal(r.body, "{}");
	r = (struct result){ .n_more = 100 };
	c = a_call(TO_APPLE, HTTP_READ, "/v1/d", &r);
	c.scan = scan;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(r.code, ERR_PROTOCOL);
}

static void test_get(void **state)
{
	struct http_request q;
	struct http_reply reply;

	(void)state;
	says_body("/v1/a", 404, "gone");
	says_body("/v1/b", 200, "{\"data\":[{}],\"meta\":7}");
	says("/v1/c", 401, NULL, NULL);
	says("/v1/c", 401, NULL, NULL);
	open_transport(INT64_MAX);
	q = a_call(TO_APPLE, HTTP_READ, "/v1/a", NULL).request;
	assert_int_equal(transport_get(t, TO_APPLE, &q, &reply, &err), ERR_OK);
	assert_int_equal(reply.status, 404);
	assert_string_equal(buf_cstr(&reply.body), "gone");
	http_reply_release(&reply);
	q = a_call(TO_APPLE, HTTP_READ, "/v1/b", NULL).request;
	assert_int_equal(transport_get(t, TO_APPLE, &q, &reply, &err), ERR_OK);
	assert_string_equal(buf_cstr(&reply.body), "{\"data\":[{}],\"meta\":7}");
	http_reply_release(&reply);
	q = a_call(TO_APPLE, HTTP_READ, "/v1/c", NULL).request;
	assert_int_equal(transport_get(t, TO_APPLE, &q, &reply, &err), ERR_AUTH);
}

static void test_four_at_a_time(void **state)
{
	static struct result r[24];

	(void)state;
	memset(r, 0, sizeof(r));
	clock_free(the_clock);
	the_clock = clock_real();
	settings.rates[RATE_APPLE_READ] = (struct rate){ 1000, MINUTE };
	open_transport(INT64_MAX);
	for (size_t i = 0; i < 24; i++)
		submit(TO_APPLE, HTTP_READ, "/v1/slow", &r[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	for (size_t i = 0; i < 24; i++)
		assert_int_equal(r[i].status, 200);
	assert_true(server.max_busy <= 4);
	assert_int_equal(server.n_tokens, 1);
}

/* The slow one is refused when the others have a new token already. */
static void test_one_new_token_for_all(void **state)
{
	struct result slow = { 0 }, fast[3] = { { 0 } };

	(void)state;
	clock_free(the_clock);
	the_clock = clock_real();
	says("/v1/slow", 401, NULL, NULL);
	for (size_t i = 0; i < 3; i++)
		says("/v1/fast", 401, NULL, NULL);
	open_transport(INT64_MAX);
	submit(TO_APPLE, HTTP_READ, "/v1/slow", &slow);
	for (size_t i = 0; i < 3; i++)
		submit(TO_APPLE, HTTP_READ, "/v1/fast", &fast[i]);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	assert_int_equal(slow.status, 200);
	assert_int_equal(server.n_tokens, 2);
}

/* On the virtual clock two runs are the same, down to the millisecond. */
static void test_runs_repeat(void **state)
{
	static struct result r[2][60];
	static struct seen first[MAX_SEEN];
	size_t n = 0;

	(void)state;
	memset(r, 0, sizeof(r));
	for (int run = 0; run < 2; run++) {
		void *none = NULL;

		assert_int_equal(tear_down(&none), 0);
		assert_int_equal(set_up(&none), 0);
		open_transport(INT64_MAX);
		assert_int_equal(transport_sign_in(t, &err), ERR_OK);
		server.fail_percent = 30;
		for (size_t i = 0; i < 60; i++)
			submit(i % 2 ? TO_APPLE : TO_UEM, HTTP_READ, i % 2 ? "/v1/" : "/api/",
				&r[run][i]);
		assert_int_equal(transport_drain(t, &err), ERR_OK);
		if (run == 0) {
			n = server.n_seen;
			memcpy(first, server.seen, sizeof(first));
		}
	}
	assert_int_equal(server.n_seen, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(server.seen[i].path, first[i].path);
		assert_int_equal(server.seen[i].at_ms, first[i].at_ms);
	}
}

/* --- stopping: the flag lasts for the life of a process, so each case has one --- */

static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(stop_open(&err) ? 99 : body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum errc done_and_signal(void *self, enum errc code, const struct http_reply *reply,
	const struct json *rest, struct err *e)
{
	(void)raise(SIGTERM);
	return done(self, code, reply, rest, e);
}

static int stop_between(void)
{
	struct result a = { 0 }, b = { 0 };
	struct transport_call c;

	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/a", &a);
	c.done = done_and_signal;
	transport_submit(t, &c);
	submit(TO_APPLE, HTTP_CHANGE, "/v1/b", &b);
	c = a_call(TO_UEM, HTTP_READ, "/api/later", &b);
	c.not_before_ms = START + HOUR;
	transport_submit(t, &c);
	if (transport_drain(t, &err) != ERR_OK || a.code || a.n_done != 1)
		return 1;
	if (b.code != ERR_STOPPED || b.n_done != 2 || elapsed() != 0)
		return 2;
	if (transport_sleep(t, START + MINUTE, &err) != ERR_STOPPED || elapsed() != 0)
		return 3;
	if (send_one(TO_APPLE, HTTP_READ, "/v1/c").code != ERR_STOPPED)
		return 4;
	/* Putting back goes on, but not for hours. */
	transport_closing(t);
	if (send_one(TO_APPLE, HTTP_CHANGE, "/v1/d").status != 200)
		return 5;
	if (transport_sleep(t, START + MINUTE, &err) != ERR_OK || elapsed() != MINUTE)
		return 6;
	return transport_sleep(t, START + HOUR, &err) == ERR_TEMPFAIL ? 42 : 7;
}

static void test_signal_stops_what_is_queued(void **state)
{
	(void)state;
	assert_int_equal(in_child(stop_between), 42);
	assert_int_equal(n_seen("/v1/b") + n_seen("/api/later") + n_seen("/v1/c"), 0);
	assert_int_equal(n_seen("/v1/d"), 1);
}

static int stop_while_waiting(void)
{
	struct result r = { 0 };

	clock_free(the_clock);
	the_clock = clock_real();
	open_transport(INT64_MAX);
	(void)alarm(60); /* a hang ends by a signal nobody expects */
	if (fork() == 0) {
		(void)usleep(200000);
		(void)kill(getppid(), SIGINT);
		_exit(0);
	}
	if (transport_sleep(t, clock_now(the_clock) + HOUR, &err) != ERR_STOPPED)
		return 1;
	r = send_one(TO_APPLE, HTTP_READ, "/v1/a");
	return r.code == ERR_STOPPED ? 42 : 2;
}

static void test_signal_ends_a_wait(void **state)
{
	(void)state;
	assert_int_equal(in_child(stop_while_waiting), 42);
}

/* As if the signal had come a while ago: what is under way has had its time. */
static enum errc before_long_after_stop(void *self, int64_t at_ms, struct err *e)
{
	t->stopped_ms = at_ms - 20 * SECOND;
	return before(self, at_ms, e);
}

static void test_last_replies_are_not_waited_for_for_ever(void **state)
{
	struct result r = { 0 };
	struct transport_call c;

	(void)state;
	says("/v1/a", -1, NULL, NULL);
	open_transport(INT64_MAX);
	c = a_call(TO_APPLE, HTTP_CHANGE, "/v1/a", &r);
	c.before = before_long_after_stop;
	transport_submit(t, &c);
	assert_int_equal(transport_drain(t, &err), ERR_OK);
	/* It has left, so nobody may take it for undone. */
	assert_int_equal(r.code, ERR_OK);
	assert_int_equal(r.fate, HTTP_UNKNOWN);
	assert_non_null(strstr(r.msg, "stopped by a signal"));
	transport_closing(t);
	assert_int_equal(send_one(TO_APPLE, HTTP_READ, "/v1/b").status, 200);
}

static void test_closing_past_max_wait(void **state)
{
	(void)state;
	open_transport(MINUTE);
	clock_advance(the_clock, START + HOUR);
	assert_int_equal(send_one(TO_APPLE, HTTP_CHANGE, "/v1/a").code, ERR_TEMPFAIL);
	transport_closing(t);
	says("/v1/a", 429, "Retry-After", "60");
	assert_int_equal(send_one(TO_APPLE, HTTP_CHANGE, "/v1/a").code, ERR_BUSY);
	assert_int_equal(send_one(TO_APPLE, HTTP_CHANGE, "/v1/a").status, 200);
	says("/v1/b", 429, "Retry-After", "600");
	assert_int_equal(send_one(TO_APPLE, HTTP_CHANGE, "/v1/b").code, ERR_TEMPFAIL);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_signs_in_on_demand),
		CASE(test_sign_in_of_both),
		CASE(test_bad_credentials),
		CASE(test_unreadable_secret),
		CASE(test_uem_basic),
		CASE(test_uem_certificate),
		CASE(test_ways_that_are_not_there),
		CASE(test_token_is_kept_on_disk),
		CASE(test_old_token_is_renewed),
		CASE(test_stillborn_token_serves_once),
		CASE(test_401_renews_once),
		CASE(test_throttled_sign_in),
		CASE(test_reads_are_repeated),
		CASE(test_what_is_an_answer),
		CASE(test_reads_are_given_up),
		CASE(test_nobody_there),
		CASE(test_a_change_that_never_left_is_made_anew),
		CASE(test_outage_longer_than_max_wait),
		CASE(test_retry_after),
		CASE(test_429_pauses_the_class),
		CASE(test_429_for_ever),
		CASE(test_retry_after_beyond_max_wait),
		CASE(test_random_failures),
		CASE(test_outage_of_a_service),
		CASE(test_change_is_never_repeated_blindly),
		CASE(test_change_after_429),
		CASE(test_a_change_whose_look_is_old),
		CASE(test_change_without_an_intent),
		CASE(test_rates),
		CASE(test_optional),
		CASE(test_intents_in_a_row),
		CASE(test_intents_one_by_one),
		CASE(test_not_allowed_after_the_intent),
		CASE(test_an_intent_fails_in_a_row),
		CASE(test_an_intent_is_refused_in_a_row),
		CASE(test_a_429_takes_the_intent_back),
		CASE(test_an_old_intent),
		CASE(test_rate_beyond_max_wait),
		CASE(test_a_change_does_not_wait_with_its_look),
		CASE(test_rates_outlive_the_run),
		CASE(test_uem_quota),
		CASE(test_done_may_submit),
		CASE(test_done_submits_what_can_leave_at_once),
		CASE(test_first_failure_ends_the_barrier),
		CASE(test_not_before),
		CASE(test_scanned_bodies),
		CASE(test_get),
		CASE(test_four_at_a_time),
		CASE(test_one_new_token_for_all),
		CASE(test_runs_repeat),
		CASE(test_signal_stops_what_is_queued),
		CASE(test_signal_ends_a_wait),
		CASE(test_last_replies_are_not_waited_for_for_ever),
		CASE(test_closing_past_max_wait),
	};

	return cmocka_run_group_tests(tests, start_all, stop_all);
}
