/*
 * The session: one OAuth 1.0a signature buys a token for a few minutes (services/README.md Apple
 * B.2).
 */
#include <inttypes.h>
#include <stdio.h>

#include "io/crypto.h"
#include "services/dep_wire.h"
#include "services/wire.h"

enum { OAUTH_MAX_BYTES = 16 * 1024, NUMBER_TEXT = 24 };

void dep_call(enum http_class cls, const char *method, const char *url, const char *path,
	struct http_request *ret)
{
	http_request_init(ret, cls, method);
	http_request_url(ret, url, str_from(path), NULL, 0);
	wire_header(ret, "Accept", "application/json");
	/* Spelt so, or it is refused. 8: device details with migration deadlines. */
	wire_header(ret, "Content-Type", "application/json;charset=UTF8");
	wire_header(ret, "X-Server-Protocol-Version", "8");
}

struct oauth_param {
	const char *name;
	struct str value;
};

/* METHOD & URL & parameters, each encoded; the parameters come sorted by name (RFC 5849 3.4.1). */
static void signature_base(
	const char *url, const struct oauth_param *params, size_t n, struct buf *out)
{
	struct buf pairs;

	buf_init(&pairs, OAUTH_MAX_BYTES);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&pairs, "%s%s=", i ? "&" : "", params[i].name);
		url_segment(&pairs, params[i].value);
	}
	buf_z(out, "GET&");
	url_segment(out, str_from(url));
	buf_char(out, '&');
	url_segment(out, buf_view(&pairs));
	buf_release(&pairs);
}

static void sign(const struct buf *base, const struct dep_token *t, struct buf *out)
{
	unsigned char mac[HMAC_SHA1_BYTES];
	struct buf key;

	buf_init(&key, OAUTH_MAX_BYTES);
	url_segment(&key, buf_view(&t->consumer_secret));
	buf_char(&key, '&');
	url_segment(&key, buf_view(&t->access_secret));
	hmac_sha1(buf_view(&key), buf_view(base), mac);
	base64(out, (struct str){ (const char *)mac, sizeof(mac) });
	buf_wipe(&key);
}

static void add_param(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, ",%s=\"", name);
	url_segment(out, value);
	buf_char(out, '"');
}

void dep_oauth_header(const char *url, const struct dep_token *t, int64_t timestamp_s,
	const char *nonce, struct buf *out)
{
	char timestamp[NUMBER_TEXT];
	const struct oauth_param params[] = {
		{ "oauth_consumer_key", buf_view(&t->consumer_key) },
		{ "oauth_nonce", str_from(nonce) },
		{ "oauth_signature_method", STR("HMAC-SHA1") },
		{ "oauth_timestamp", { timestamp, (size_t)snprintf(timestamp, sizeof(timestamp),
							  "%" PRId64, timestamp_s) } },
		{ "oauth_token", buf_view(&t->access_token) },
		{ "oauth_version", STR("1.0") },
	};
	enum { N = sizeof(params) / sizeof(*params) };
	struct buf base, signature;

	buf_init(&base, OAUTH_MAX_BYTES);
	buf_init(&signature, OAUTH_MAX_BYTES);
	signature_base(url, params, N, &base);
	sign(&base, t, &signature);
	/* The realm is no part of what is signed. */
	buf_z(out, "OAuth realm=\"ADM\"");
	for (size_t i = 0; i < N; i++)
		add_param(out, params[i].name, params[i].value);
	add_param(out, "oauth_signature", buf_view(&signature));
	buf_release(&signature);
	buf_release(&base);
}

void dep_session_request(
	const char *url, const struct dep_token *t, int64_t now_ms, struct http_request *ret)
{
	char nonce[UUID_TEXT];
	struct buf header;

	dep_call(HTTP_AUTH, "GET", url, "/session", ret);
	uuid_random(nonce);
	buf_init(&header, OAUTH_MAX_BYTES);
	dep_oauth_header(ret->url, t, now_ms / 1000, nonce, &header);
	wire_header(ret, "Authorization", buf_cstr(&header));
	buf_wipe(&header);
}

enum errc dep_session_reply(
	const struct http_reply *reply, struct buf *ret_session, struct err *err)
{
	struct json *root = NULL;
	struct str session;
	enum errc rc = dep_reply_error(reply, err);

	if (!rc)
		rc = json_parse(&root, buf_view(&reply->body), err);
	if (rc)
		return rc;
	session = json_text(json_get(root, "auth_session_token"));
	if (!wire_is_token(session)) {
		rc = err_set(err, ERR_PROTOCOL, "Apple's DEP service gave no usable session");
	} else {
		buf_reset(ret_session);
		buf_str(ret_session, session);
		rc = buf_check(ret_session, "the session", err);
	}
	json_free(root);
	return rc;
}

bool dep_session_renewed(const struct http_reply *reply, struct buf *session)
{
	struct str other = str_from(reply->session);

	if (!wire_is_token(other) || str_eq(other, buf_view(session)))
		return false;
	buf_reset(session);
	buf_str(session, other);
	return true;
}

bool dep_session_stale(const struct http_reply *reply)
{
	enum dep_word word = dep_reply_word(reply);

	if (reply->fate != HTTP_ANSWERED || word == DEP_TERMS || word == DEP_DENIED)
		return false;
	return reply->status == 401 || (reply->status == 403 && word == DEP_FORBIDDEN);
}
