#include "wire/signin.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/crypto.h"
#include "io/file.h"
#include "io/json.h"
#include "services/dep.h"
#include "services/uem.h"

enum {
	TOKEN_MAX_BYTES = 16 * 1024,
	CACHE_MAX_BYTES = 64 * 1024,
	SIGNATURE_MAX_BYTES = 64 * 1024,
	TOKEN_MAX_LIFE_MS = 24 * 3600 * 1000,
	TOKEN_MIN_LIFE_MS = 1000, /* so that a token given as already old serves once */
};

struct signin_kind {
	/* Without a token request: makes the header. NULL for kinds that ask for a token. */
	enum errc (*open)(struct signin *s, struct err *err);
	enum errc (*request)(
		const struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err);
	enum errc (*reply)(const struct http_reply *reply, int64_t now_ms, struct buf *ret_token,
		int64_t *ret_expires_ms, struct err *err);
};

/* --- ways to sign in --- */

static enum errc apple_ask(
	const struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err)
{
	struct es256_key *key = NULL;
	struct buf pem;
	enum errc rc = secret_open(&s->settings->apple.private_key, &pem, err);

	if (rc)
		return err_wrap(err, "apple.private_key: ");
	rc = es256_load(&key, buf_view(&pem), err);
	buf_wipe(&pem);
	if (rc)
		return err_wrap(err,
			"%s:%u: apple.private_key: ", s->settings->apple.private_key.at.file,
			s->settings->apple.private_key.at.line);
	rc = apple_token_request(s->apple, key, now_ms, ret, err);
	es256_free(key);
	return rc;
}

static enum errc oauth_ask(
	const struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err)
{
	const struct settings *set = s->settings;
	struct buf secret;
	enum errc rc = secret_open(&set->uem.client_secret, &secret, err);

	(void)now_ms;
	if (rc)
		return err_wrap(err, "uem.auth.oauth.client_secret: ");
	uem_token_request(set->uem.token_url, str_from(set->uem.client_id), buf_view(&secret), ret);
	buf_wipe(&secret);
	return ERR_OK;
}

static enum errc basic_open(struct signin *s, struct err *err)
{
	struct buf password;
	enum errc rc = secret_open(&s->settings->uem.password, &password, err);

	if (rc)
		return err_wrap(err, "uem.auth.basic.password: ");
	uem_basic_header(
		str_from(s->settings->uem.username), buf_view(&password), &s->authorization);
	buf_wipe(&password);
	return buf_check(&s->authorization, "uem.auth.basic", err);
}

static enum errc certificate_open(struct signin *s, struct err *err)
{
	struct buf pkcs12, password;
	enum errc rc = secret_open(&s->settings->uem.pkcs12, &pkcs12, err);

	if (rc)
		return err_wrap(err, "uem.auth.certificate.pkcs12: ");
	rc = secret_open(&s->settings->uem.password, &password, err);
	if (rc) {
		(void)err_wrap(err, "uem.auth.certificate.password: ");
	} else {
		rc = cms_signer_load(&s->signer, buf_view(&pkcs12), buf_view(&password), err);
		buf_wipe(&password);
	}
	buf_wipe(&pkcs12);
	return rc;
}

enum errc signin_server_token(
	const struct enrollment_server *server, struct dep_token *ret, struct err *err)
{
	struct buf text, key, plain;
	enum errc rc = secret_open(&server->server_token, &text, err);

	if (rc)
		return rc;
	if (str_contains_nocase(buf_view(&text), STR("consumer_key"))) {
		rc = dep_token_read(buf_view(&text), ret, err);
		buf_wipe(&text);
		return rc;
	}
	rc = secret_open(&server->private_key, &key, err);
	if (!rc) {
		rc = cms_open_token(buf_view(&text), buf_view(&key), &plain, err);
		buf_wipe(&key);
	}
	if (!rc) {
		rc = dep_token_read(buf_view(&plain), ret, err);
		buf_wipe(&plain);
	}
	buf_wipe(&text);
	return rc;
}

static enum errc dep_ask(
	const struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err)
{
	struct dep_token token = { 0 };
	enum errc rc = signin_server_token(s->dep, &token, err);

	if (rc)
		return err_wrap(err, "enrollment: server '%s': ", s->dep->server);
	dep_session_request(s->dep->url, &token, now_ms, ret);
	dep_token_wipe(&token);
	return ERR_OK;
}

/* How long a session lives is not told: it is renewed when it is refused. */
static enum errc dep_answer(const struct http_reply *reply, int64_t now_ms, struct buf *ret_token,
	int64_t *ret_expires_ms, struct err *err)
{
	*ret_expires_ms = now_ms + TOKEN_MAX_LIFE_MS;
	return dep_session_reply(reply, ret_token, err);
}

static enum errc none_open(struct signin *s, struct err *err)
{
	(void)s;
	return err_set(
		err, ERR_SETTINGS, "uem.auth: the settings do not say how to sign in to the UEM");
}

static const struct signin_kind apple_kind = { .request = apple_ask, .reply = apple_token_reply };
static const struct signin_kind dep_kind = { .request = dep_ask, .reply = dep_answer };
static const struct signin_kind uem_kinds[] = {
	[UEM_AUTH_NONE] = { .open = none_open },
	[UEM_AUTH_OAUTH] = { .request = oauth_ask, .reply = uem_token_reply },
	[UEM_AUTH_BASIC] = { .open = basic_open },
	[UEM_AUTH_CERTIFICATE] = { .open = certificate_open },
};

/* --- the token on disk --- */

/* Apple throttles those who ask for too many (services/README.md Apple A.2). */

static void use_token(struct signin *s, struct str token, int64_t renew_ms)
{
	buf_reset(&s->authorization);
	if (!s->dep)
		buf_z(&s->authorization, "Bearer ");
	buf_str(&s->authorization, token);
	s->renew_ms = renew_ms;
	s->generation++;
}

static bool same(const struct json *root, const char *key, const char *value)
{
	return str_eq(json_text(json_get(root, key)), str_from(value));
}

/* Anything unusual about the file means: there is none. */
static void load_token(struct signin *s, int64_t now_ms)
{
	struct json *root = NULL;
	struct str token;
	struct buf text;
	int64_t renew_ms;

	if (!s->cache_path || file_read_secret(s->cache_path, CACHE_MAX_BYTES, &text, NULL))
		return;
	if (json_parse(&root, buf_view(&text), NULL))
		root = NULL;
	buf_wipe(&text);
	token = json_text(json_get(root, "token"));
	if (token.n && token.n <= TOKEN_MAX_BYTES && same(root, "client_id", s->apple->client_id) &&
		same(root, "token_url", s->apple->token_url) &&
		json_int(json_get(root, "renew_ms"), &renew_ms) &&
		renew_ms <= now_ms + TOKEN_MAX_LIFE_MS)
		use_token(s, token, renew_ms);
	json_free(root);
}

static void keep_token(const struct signin *s, struct str token)
{
	struct outfile *f = NULL;
	struct json_out o;
	struct buf text;
	struct err err;

	if (!s->cache_path)
		return;
	buf_init(&text, CACHE_MAX_BYTES);
	json_out_init(&o, &text);
	json_obj(&o, NULL);
	json_put_z(&o, "client_id", s->apple->client_id);
	json_put_z(&o, "token_url", s->apple->token_url);
	json_put_int(&o, "renew_ms", s->renew_ms);
	json_put_str(&o, "token", token);
	json_obj_end(&o);
	if (outfile_open(&f, s->cache_path, 0600, &err) == ERR_OK)
		outfile_write(f, buf_view(&text));
	if (!f || outfile_commit(f, NULL, &err) != ERR_OK)
		log_warn("Apple's token is not kept for the next run: %s", err.msg);
	outfile_free(f);
	buf_wipe(&text);
}

/* --- interface --- */

static void init(struct signin *s, const struct signin_kind *kind, const struct settings *settings)
{
	*s = (struct signin){ .kind = kind, .settings = settings };
	buf_init(&s->authorization, TOKEN_MAX_BYTES + 16);
	buf_init(&s->tenant_code, TOKEN_MAX_BYTES);
}

void signin_init_apple(struct signin *s, const struct settings *settings,
	const struct apple_service *apple, const char *cache_folder)
{
	static const char name[] = "/apple-token";
	size_t n = cache_folder ? strlen(cache_folder) : 0;

	init(s, &apple_kind, settings);
	s->apple = apple;
	if (!cache_folder)
		return;
	s->cache_path = mem_alloc(n + sizeof(name));
	(void)snprintf(s->cache_path, n + sizeof(name), "%s%s", cache_folder, name);
}

void signin_init_uem(struct signin *s, const struct settings *settings)
{
	init(s, &uem_kinds[settings->uem.auth], settings);
}

void signin_init_dep(
	struct signin *s, const struct settings *settings, const struct enrollment_server *dep)
{
	init(s, &dep_kind, settings);
	s->dep = dep;
}

void signin_release(struct signin *s)
{
	buf_wipe(&s->authorization);
	buf_wipe(&s->tenant_code);
	cms_signer_free(s->signer);
	free(s->cache_path);
	*s = (struct signin){ 0 };
}

enum errc signin_check(const struct signin *s, struct err *err)
{
	const struct settings *set = s->settings;
	const struct {
		bool ours;
		const char *name;
		const struct secret *secret;
	} all[] = {
		{ s->apple, "apple.private_key", &set->apple.private_key },
		{ !s->apple && !s->dep, "uem.tenant_code", &set->uem.tenant_code },
		{ !s->apple && !s->dep, "uem.auth.oauth.client_secret", &set->uem.client_secret },
		{ !s->apple && !s->dep, "uem.auth: password", &set->uem.password },
		{ !s->apple && !s->dep, "uem.auth.certificate.pkcs12", &set->uem.pkcs12 },
		{ s->dep, "enrollment: server_token", s->dep ? &s->dep->server_token : NULL },
		{ s->dep, "enrollment: private_key", s->dep ? &s->dep->private_key : NULL },
	};
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && !rc; i++)
		if (all[i].ours && secret_check(all[i].secret, err))
			rc = err_wrap(err, "%s: ", all[i].name);
	return rc;
}

bool signin_ready(const struct signin *s, int64_t now_ms)
{
	return (s->authorization.n > 0 || s->signer) && now_ms < s->renew_ms;
}

static enum errc open_tenant_code(struct signin *s, struct err *err)
{
	struct buf code;
	enum errc rc;

	if (s->apple || s->dep || s->tenant_code.n ||
		s->settings->uem.tenant_code.kind == SECRET_NONE)
		return ERR_OK;
	rc = secret_open(&s->settings->uem.tenant_code, &code, err);
	if (rc)
		return err_wrap(err, "uem.tenant_code: ");
	buf_wipe(&s->tenant_code);
	s->tenant_code = code;
	return ERR_OK;
}

enum errc signin_open(struct signin *s, int64_t now_ms, bool *ret_ask, struct err *err)
{
	enum errc rc;

	if (s->failed.code && errc_info(s->failed.code)->retry == RETRY_NEVER) {
		*err = s->failed;
		return err->code;
	}
	s->failed.code = ERR_OK;
	rc = open_tenant_code(s, err);
	if (!rc && s->kind->open) {
		rc = s->kind->open(s, err);
		s->renew_ms = INT64_MAX;
	} else if (!rc && s->generation == 0) {
		load_token(s, now_ms);
	}
	if (rc)
		signin_fail(s, err);
	else
		*ret_ask = !signin_ready(s, now_ms);
	return rc;
}

enum errc signin_request(
	struct signin *s, int64_t now_ms, struct http_request *ret, struct err *err)
{
	return s->kind->request(s, now_ms, ret, err);
}

enum errc signin_reply(
	struct signin *s, const struct http_reply *reply, int64_t now_ms, struct err *err)
{
	struct buf token;
	int64_t expires_ms, life_ms;
	enum errc rc;

	buf_init(&token, TOKEN_MAX_BYTES);
	rc = s->kind->reply(reply, now_ms, &token, &expires_ms, err);
	if (!rc) {
		life_ms = (expires_ms - now_ms) / 10 * 9;
		if (life_ms > TOKEN_MAX_LIFE_MS)
			life_ms = TOKEN_MAX_LIFE_MS;
		if (life_ms < TOKEN_MIN_LIFE_MS)
			life_ms = TOKEN_MIN_LIFE_MS;
		use_token(s, buf_view(&token), now_ms + life_ms);
		keep_token(s, buf_view(&token));
		s->failed.code = ERR_OK;
	}
	buf_wipe(&token);
	return rc;
}

void signin_fail(struct signin *s, const struct err *err)
{
	s->failed = *err;
	buf_reset(&s->authorization);
}

bool signin_refused(struct signin *s, uint32_t generation)
{
	if (!s->kind->request)
		return false;
	/* Calls that were under way together are refused together: one new token serves all. */
	if (generation == s->generation)
		buf_reset(&s->authorization);
	return true;
}

void signin_rotate(struct signin *s, const struct http_reply *reply)
{
	(void)dep_session_renewed(reply, &s->authorization);
}

/* What stands between the host and the query. */
static struct str path_of(const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path ? (struct str){ path, strcspn(path, "?") } : STR_NONE;
}

static enum errc add_signature(const struct signin *s, struct http_request *q, struct err *err)
{
	struct buf header;
	enum errc rc;

	buf_init(&header, SIGNATURE_MAX_BYTES);
	rc = cms_url_header(s->signer, path_of(q->url), &header, err);
	if (!rc)
		rc = http_request_header(q, "Authorization", buf_view(&header), err);
	buf_release(&header);
	return rc;
}

enum errc signin_headers(const struct signin *s, struct http_request *q, struct err *err)
{
	enum errc rc;

	if (s->signer)
		rc = add_signature(s, q, err);
	else
		rc = http_request_header(q, s->dep ? DEP_SESSION_HEADER : "Authorization",
			buf_view(&s->authorization), err);
	if (!rc && s->tenant_code.n)
		rc = http_request_header(q, "aw-tenant-code", buf_view(&s->tenant_code), err);
	return rc;
}
