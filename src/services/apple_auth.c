/*
 * Sign-in: an ES256 assertion for a bearer (services/README.md Apple A.1, A.2).
 */
#include "base/mem.h"
#include "services/apple.h"
#include "services/wire.h"

/* Far below the 180 days Apple allows: one assertion serves one token request. */
enum { ASSERTION_LIFE_S = 20 * 60, ASSERTION_MAX_BYTES = 64 * 1024 };

/* The audience is this address whichever of the token addresses is called. */
#define AUDIENCE "https://account.apple.com/auth/oauth2/v2/token"

const char *apple_default_base(bool school)
{
	return school ? "https://api-school.apple.com" : "https://api-business.apple.com";
}

const char *apple_default_token_url(void)
{
	return "https://account.apple.com/auth/oauth2/token";
}

static void write_header(const struct apple_service *s, struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "alg", "ES256");
	json_put_z(&o, "typ", "JWT");
	if (s->key_id)
		json_put_z(&o, "kid", s->key_id);
	json_obj_end(&o);
}

static void write_claims(const struct apple_service *s, int64_t now_ms, struct buf *out)
{
	char id[UUID_TEXT];
	struct json_out o;

	uuid_random(id);
	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "iss", s->client_id);
	json_put_z(&o, "sub", s->client_id);
	json_put_z(&o, "aud", AUDIENCE);
	json_put_int(&o, "iat", now_ms / 1000);
	json_put_int(&o, "exp", now_ms / 1000 + ASSERTION_LIFE_S);
	json_put_z(&o, "jti", id);
	json_obj_end(&o);
}

static enum errc make_assertion(const struct apple_service *s, const struct es256_key *key,
	int64_t now_ms, struct buf *out, struct err *err)
{
	struct buf header, claims;
	enum errc rc;

	buf_init(&header, ASSERTION_MAX_BYTES);
	buf_init(&claims, ASSERTION_MAX_BYTES);
	write_header(s, &header);
	write_claims(s, now_ms, &claims);
	rc = es256_jwt(key, buf_view(&header), buf_view(&claims), out, err);
	buf_release(&claims);
	buf_release(&header);
	return rc;
}

enum errc apple_token_request(const struct apple_service *s, const struct es256_key *key,
	int64_t now_ms, struct http_request *ret, struct err *err)
{
	struct buf assertion;
	enum errc rc;

	buf_init(&assertion, ASSERTION_MAX_BYTES);
	rc = make_assertion(s, key, now_ms, &assertion, err);
	if (!rc)
		rc = buf_check(&assertion, "the client assertion", err);
	if (rc)
		goto out;
	http_request_init(ret, HTTP_AUTH, "POST");
	ret->url = mem_strdup(s->token_url);
	wire_header(ret, "Accept", "application/json");
	wire_header(ret, "Content-Type", "application/x-www-form-urlencoded");
	/* In the body and not in the query, so that no access log keeps it. */
	ret->secret_body = true;
	wire_form(&ret->body, "grant_type", STR("client_credentials"));
	wire_form(&ret->body, "client_id", str_from(s->client_id));
	wire_form(&ret->body, "client_assertion_type",
		STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
	wire_form(&ret->body, "client_assertion", buf_view(&assertion));
	wire_form(&ret->body, "scope", s->school ? STR("school.api") : STR("business.api"));
out:
	buf_wipe(&assertion);
	return rc;
}

enum errc apple_token_reply(const struct http_reply *reply, int64_t now_ms, struct buf *ret_token,
	int64_t *ret_expires_ms, struct err *err)
{
	return wire_token_reply(reply, "Apple's sign-in", "apple.token_url", now_ms, ret_token,
		ret_expires_ms, err);
}
