#include "services/wire.h"

#include <stdlib.h>

enum {
	TOKEN_MAX_BYTES = 16 * 1024,
	TOKEN_DEFAULT_S = 3600,
	TOKEN_MAX_S = 30 * 24 * 3600,
};

const char odd_text[1] = "";

/* The next character that counts in a member's name. */
static size_t skip_underscores(struct str s, size_t at)
{
	while (at < s.n && s.p[at] == '_')
		at++;
	return at;
}

static bool same_name(struct str a, struct str b)
{
	size_t i = skip_underscores(a, 0), k = skip_underscores(b, 0);

	while (i < a.n && k < b.n) {
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[k]))
			return false;
		i = skip_underscores(a, i + 1);
		k = skip_underscores(b, k + 1);
	}
	return i == a.n && k == b.n;
}

const struct json *wire_member(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	if (v || !json_is_object(object))
		return v;
	for (v = json_first(object); v; v = json_next(v))
		if (same_name(json_name(v), str_from(name)))
			return v;
	return NULL;
}

struct str wire_text(const struct json *v)
{
	const struct json *item = json_is_array(v) ? json_first(v) : NULL;

	if (json_is_null(v) || (json_is_array(v) && !item))
		return STR_NONE;
	if (!json_is_array(v))
		return json_is_string(v) ? json_text(v) : odd_str();
	for (; item; item = json_next(item))
		if (!json_is_string(item) || json_text(item).n)
			return json_is_string(item) ? json_text(item) : odd_str();
	return STR_NONE;
}

int wire_flag(const struct json *v)
{
	struct str text = json_text(v);
	int64_t n;

	if (json_is_null(v) || (json_is_string(v) && text.n == 0))
		return -1;
	if (str_eq_nocase(text, STR("true")))
		return 1;
	if (str_eq_nocase(text, STR("false")))
		return 0;
	if (json_int(v, &n))
		return n == 0 ? 0 : n == 1 ? 1 : FLAG_ODD;
	/* A boolean gives itself whatever the default, anything else gives the default. */
	return json_bool(v, true) == json_bool(v, false) ? json_bool(v, false) : FLAG_ODD;
}

int64_t wire_int(const struct json *v, int64_t otherwise)
{
	int64_t n;

	if (json_is_object(v))
		v = wire_member(v, "Value");
	return json_int(v, &n) ? n : otherwise;
}

struct str wire_enum(const struct json *v, int64_t *ret_number)
{
	static const char digits[] =
		"00010203040506070809101112131415161718192021222324252627282930"
		"31";
	int64_t n = wire_int(v, -1);

	if (n < 0 || (size_t)n >= (sizeof(digits) - 1) / 2)
		n = -1;
	if (ret_number)
		*ret_number = n;
	if (n < 0)
		return wire_text(v);
	return (struct str){ digits + 2 * n + (n < 10), n < 10 ? 1 : 2 };
}

void wire_copy(char *out, size_t size, struct str text)
{
	struct str head = str_head(text, size - 1);

	if (head.n)
		memcpy(out, head.p, head.n);
	out[head.n] = '\0';
}

bool wire_ok(const struct http_reply *reply)
{
	return reply->fate == HTTP_ANSWERED && reply->status >= 200 && reply->status <= 299;
}

enum errc wire_status(const struct http_reply *reply)
{
	if (reply->fate != HTTP_ANSWERED)
		return ERR_NET;
	switch (reply->status) {
	case 401:
	case 403:
		return ERR_AUTH;
	case 404:
		/* The API's own 404 is JSON or empty; a page comes from something else on the way,
		 * or tells that the path itself is wrong, and proves nothing about a device. */
		return wire_is_page(reply) ? ERR_PROTOCOL : ERR_NOT_FOUND;
	case 429:
		return ERR_BUSY;
	default:
		break;
	}
	if (reply->status >= 400 && reply->status <= 499)
		return ERR_REFUSED;
	return reply->status >= 500 ? ERR_OUTAGE : ERR_PROTOCOL;
}

void wire_header(struct http_request *q, const char *name, const char *value)
{
	if (http_request_header(q, name, str_from(value), NULL))
		abort();
}

void wire_form(struct buf *b, const char *name, struct str value)
{
	if (b->n)
		buf_char(b, '&');
	buf_z(b, name);
	buf_char(b, '=');
	url_value(b, value);
}

/* A 400 is also what some endpoints say to too many token requests; only the words tell
 * (services/README.md Apple A.2, F.5). One of RFC 6749's own words means the credentials. */
static enum errc token_refusal(const struct http_reply *reply, struct str code, struct str words)
{
	static const char *const throttled[] = { "too many", "rate limit", "throttl", "slow_down",
		"try again later", "limit exceeded" };
	static const char *const rfc6749[] = { "invalid_client", "invalid_grant", "invalid_request",
		"invalid_scope", "unauthorized_client", "unsupported_grant_type", "access_denied" };
	enum errc rc = wire_status(reply);

	if (reply->status != 400)
		return rc == ERR_NOT_FOUND || rc == ERR_REFUSED ? ERR_PROTOCOL : rc;
	for (size_t i = 0; i < sizeof(throttled) / sizeof(*throttled); i++)
		if (str_contains_nocase(words, str_from(throttled[i])) ||
			str_contains_nocase(code, str_from(throttled[i])))
			return ERR_BUSY;
	for (size_t i = 0; i < sizeof(rfc6749) / sizeof(*rfc6749); i++)
		if (str_eq_nocase(code, str_from(rfc6749[i])))
			return ERR_AUTH;
	return ERR_BUSY;
}

static enum errc token_error(const struct http_reply *reply, const char *who, struct err *err)
{
	struct json *root = NULL;
	struct str code, words;
	enum errc rc;

	if (reply->fate != HTTP_ANSWERED)
		return err_set(err, ERR_NET, "%s: %s", who, reply->why);
	if (json_parse(&root, buf_view(&reply->body), NULL))
		root = NULL;
	code = json_text(json_get(root, "error"));
	words = json_text(json_get(root, "error_description"));
	rc = err_set(err, token_refusal(reply, code, words), "%s answered %d%s%.*s%s%.*s", who,
		reply->status, code.n ? " " : "", STR_FMT(code), words.n ? ": " : "",
		STR_FMT(words));
	json_free(root);
	return rc;
}

bool wire_is_token(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~')
			return false;
	return text.n > 0 && text.n <= TOKEN_MAX_BYTES;
}

enum errc wire_token_reply(const struct http_reply *reply, const char *who, const char *setting,
	int64_t now_ms, struct buf *ret_token, int64_t *ret_expires_ms, struct err *err)
{
	struct json *root = NULL;
	struct str token, type;
	int64_t life_s;
	enum errc rc = wire_page_error(reply, who, setting, "the token endpoint", err);

	if (rc)
		return rc;
	if (!wire_ok(reply))
		return token_error(reply, who, err);
	rc = json_parse(&root, buf_view(&reply->body), err);
	if (rc)
		return err_wrap(err, "%s: ", who);
	token = json_text(json_get(root, "access_token"));
	type = json_text(json_get(root, "token_type"));
	if (!wire_is_token(token) || (type.n && !str_eq_nocase(type, STR("Bearer")))) {
		rc = err_set(err, ERR_PROTOCOL, "%s gave no usable access token", who);
	} else {
		buf_reset(ret_token);
		buf_str(ret_token, token);
		rc = buf_check(ret_token, "the access token", err);
	}
	if (!rc) {
		life_s = wire_int(json_get(root, "expires_in"), TOKEN_DEFAULT_S);
		life_s = life_s < 0 ? 0 : life_s > TOKEN_MAX_S ? TOKEN_MAX_S : life_s;
		*ret_expires_ms = now_ms + life_s * 1000;
	}
	json_free(root);
	return rc;
}
