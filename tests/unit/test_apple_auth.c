#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "services/apple.h"
#include "unit/services_help.h"

static const int64_t now_ms = 1795000000123;

static const struct apple_service business = {
	.base = "https://api-business.apple.com",
	.token_url = "https://account.apple.com/auth/oauth2/token",
	.client_id = "BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152",
	.key_id = "d136aa66-0c3b-4bd4-9892-c20e8db024ab",
};

static struct es256_key *secret, *public;

static struct str text_of(BIO *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return (struct str){ p, (size_t)n };
}

static int make_keys(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *b = BIO_new(BIO_s_mem());
	bool ok;

	(void)state;
	ok = PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) == 1 &&
	     es256_load(&secret, text_of(b), NULL) == ERR_OK;
	(void)BIO_reset(b);
	ok = ok && PEM_write_bio_PUBKEY(b, key) == 1 &&
	     es256_load_public(&public, text_of(b), NULL) == ERR_OK;
	BIO_free(b);
	EVP_PKEY_free(key);
	return ok ? 0 : -1;
}

static int drop_keys(void **state)
{
	(void)state;
	es256_free(secret);
	es256_free(public);
	return 0;
}

/* The three parts of the assertion in the request's form. */
struct assertion {
	char text[4096];
	struct str signed_part, signature;
	struct json *header, *claims;
};

static struct json *json_part(struct str part)
{
	struct buf b;
	struct json *v;

	buf_init(&b, 4096);
	assert_int_equal(base64url_decode(&b, part, NULL), ERR_OK);
	v = json_of(buf_cstr(&b));
	buf_release(&b);
	return v;
}

static void read_assertion(const struct http_request *q, struct assertion *ret)
{
	const char *at = strstr(buf_cstr(&q->body), "client_assertion=");
	struct str rest, header, claims;

	assert_non_null(at);
	rest = str_from(at + sizeof("client_assertion=") - 1);
	rest = str_cut(&rest, '&');
	snprintf(ret->text, sizeof(ret->text), "%.*s", (int)rest.n, rest.p);
	rest = str_from(ret->text);
	header = str_cut(&rest, '.');
	claims = str_cut(&rest, '.');
	ret->signed_part = str_sub(str_from(ret->text), 0, header.n + 1 + claims.n);
	ret->signature = rest;
	ret->header = json_part(header);
	ret->claims = json_part(claims);
}

static void release_assertion(struct assertion *a)
{
	json_free(a->header);
	json_free(a->claims);
}

static void test_token_request_form(void **state)
{
	struct apple_service school = business;
	struct http_request q;
	struct err err;
	char text[8192];

	(void)state;
	assert_int_equal(apple_token_request(&business, secret, now_ms, &q, &err), ERR_OK);
	assert_int_equal(q.cls, HTTP_AUTH);
	assert_string_equal(q.method, "POST");
	assert_string_equal(q.url, "https://account.apple.com/auth/oauth2/token");
	assert_string_equal(header_of(&q, "Content-Type"), "application/x-www-form-urlencoded");
	assert_string_equal(header_of(&q, "Accept"), "application/json");
	assert_true(q.secret_body);
	decoded(buf_cstr(&q.body), text, sizeof(text));
	assert_true(str_starts_nocase(
		str_from(text), STR("grant_type=client_credentials"
				    "&client_id=BUSINESSAPI.9703f56c-10ce-4876-8f59-e78e5e23a152"
				    "&client_assertion_type="
				    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
				    "&client_assertion=eyJ")));
	assert_true(str_ends_nocase(str_from(text), STR("&scope=business.api")));
	http_request_release(&q);
	school.school = true;
	assert_int_equal(apple_token_request(&school, secret, now_ms, &q, &err), ERR_OK);
	assert_true(str_ends_nocase(buf_view(&q.body), STR("&scope=school.api")));
	http_request_release(&q);
}

/* aud is the v2 address whichever address is called; iss is the client id. */
static void test_apple_F01_audience_and_issuer(void **state)
{
	struct http_request q;
	struct assertion a;
	struct err err;
	int64_t iat = 0, exp = 0;

	(void)state;
	assert_int_equal(apple_token_request(&business, secret, now_ms, &q, &err), ERR_OK);
	read_assertion(&q, &a);
	assert_str(json_text(json_get(a.claims, "aud")),
		"https://account.apple.com/auth/oauth2/v2/token");
	assert_str(json_text(json_get(a.claims, "iss")), business.client_id);
	assert_str(json_text(json_get(a.claims, "sub")), business.client_id);
	assert_true(json_int(json_get(a.claims, "iat"), &iat));
	assert_true(json_int(json_get(a.claims, "exp"), &exp));
	assert_int_equal(iat, now_ms / 1000);
	assert_int_equal(exp - iat, 20 * 60);
	release_assertion(&a);
	http_request_release(&q);
}

static void test_jti_differs(void **state)
{
	struct http_request q[2];
	struct assertion a[2];
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			apple_token_request(&business, secret, now_ms, &q[i], &err), ERR_OK);
		read_assertion(&q[i], &a[i]);
	}
	assert_int_equal(json_text(json_get(a[0].claims, "jti")).n, 36);
	assert_false(str_eq(
		json_text(json_get(a[0].claims, "jti")), json_text(json_get(a[1].claims, "jti"))));
	for (int i = 0; i < 2; i++) {
		release_assertion(&a[i]);
		http_request_release(&q[i]);
	}
}

static void test_apple_F02_raw_signature(void **state)
{
	struct http_request q;
	struct assertion a;
	struct buf raw;
	struct err err;

	(void)state;
	assert_int_equal(apple_token_request(&business, secret, now_ms, &q, &err), ERR_OK);
	read_assertion(&q, &a);
	buf_init(&raw, 1024);
	assert_int_equal(base64url_decode(&raw, a.signature, &err), ERR_OK);
	assert_int_equal(raw.n, 64);
	assert_int_equal(es256_verify(public, a.signed_part, a.signature, &err), ERR_OK);
	assert_str(json_text(json_get(a.header, "alg")), "ES256");
	buf_release(&raw);
	release_assertion(&a);
	http_request_release(&q);
}

static void test_apple_F04_kid_can_be_left_out(void **state)
{
	struct apple_service s = business;
	struct http_request q;
	struct assertion a;
	struct err err;

	(void)state;
	assert_int_equal(apple_token_request(&s, secret, now_ms, &q, &err), ERR_OK);
	read_assertion(&q, &a);
	assert_str(json_text(json_get(a.header, "kid")), business.key_id);
	release_assertion(&a);
	http_request_release(&q);
	s.key_id = NULL;
	assert_int_equal(apple_token_request(&s, secret, now_ms, &q, &err), ERR_OK);
	read_assertion(&q, &a);
	assert_null(json_get(a.header, "kid"));
	release_assertion(&a);
	http_request_release(&q);
}

static void test_hosts(void **state)
{
	(void)state;
	assert_string_equal(apple_default_base(false), "https://api-business.apple.com");
	assert_string_equal(apple_default_base(true), "https://api-school.apple.com");
	assert_string_equal(
		apple_default_token_url(), "https://account.apple.com/auth/oauth2/token");
}

static void token_is(const char *body, const char *want, int64_t life_ms)
{
	struct http_reply p = reply_of(200, body);
	struct err err = { .msg = "" };
	int64_t expires_ms = 0;
	struct buf token;

	buf_init(&token, 65536);
	buf_z(&token, "left over");
	if (apple_token_reply(&p, now_ms, &token, &expires_ms, &err))
		fail_msg("%s", err.msg);
	assert_str(buf_view(&token), want);
	assert_int_equal(expires_ms, now_ms + life_ms);
	buf_wipe(&token);
	http_reply_release(&p);
}

static void token_fails(int status, const char *body, enum errc want, const char *words)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	int64_t expires_ms = -7;
	struct buf token;

	buf_init(&token, 65536);
	buf_z(&token, "kept");
	assert_int_equal(apple_token_reply(&p, now_ms, &token, &expires_ms, &err), want);
	assert_int_equal(err.code, want);
	if (!strstr(err.msg, words))
		fail_msg("%s", err.msg);
	assert_str(buf_view(&token), "kept");
	assert_int_equal(expires_ms, -7);
	buf_wipe(&token);
	http_reply_release(&p);
}

static void test_token_reply(void **state)
{
	(void)state;
	token_is("{\"access_token\":\"ab.c-d\",\"token_type\":\"Bearer\",\"expires_in\":3600,"
		 "\"scope\":\"business.api\"}",
		"ab.c-d", 3600000);
	token_is("\xef\xbb\xbf{\"access_token\":\"a\",\"token_type\":\"bearer\","
		 "\"expires_in\":\"60\"}",
		"a", 60000);
	token_is("{\"access_token\":\"a\"}", "a", 3600000);
	token_is("{\"access_token\":\"a\",\"expires_in\":-5}", "a", 0);
	token_is("{\"access_token\":\"a\",\"expires_in\":9000000000000000}", "a",
		INT64_C(30) * 24 * 3600 * 1000);
}

static void test_token_reply_unusable(void **state)
{
	(void)state;
	token_fails(200, "{\"token_type\":\"Bearer\"}", ERR_PROTOCOL, "no usable access token");
	token_fails(200, "{\"access_token\":\"\"}", ERR_PROTOCOL, "no usable");
	token_fails(200, "{\"access_token\":\"a\\r\\nX: y\"}", ERR_PROTOCOL, "no usable");
	token_fails(
		200, "{\"access_token\":\"a\",\"token_type\":\"MAC\"}", ERR_PROTOCOL, "no usable");
	token_fails(200, "<html>", ERR_SETTINGS, "apple.token_url");
	token_fails(204, "", ERR_PROTOCOL, "sign-in");
	token_fails(302, "", ERR_PROTOCOL, "302");
	token_fails(404, "<html>no such page</html>", ERR_PROTOCOL, "404");
	token_fails(404, "{}", ERR_PROTOCOL, "404");
	token_fails(500, "", ERR_OUTAGE, "500");
}

/* 400 is what both wrong credentials and too many token requests are answered with. */
static void test_apple_F05_throttled_or_refused(void **state)
{
	(void)state;
	token_fails(400, "{\"error\":\"invalid_client\"}", ERR_AUTH, "400 invalid_client");
	token_fails(400, "{\"error\":\"invalid_scope\",\"error_description\":\"no such scope\"}",
		ERR_AUTH, "invalid_scope: no such scope");
	token_fails(400, "{\"error\":\"unauthorized_client\"}", ERR_AUTH, "unauthorized_client");
	token_fails(401, "{\"error\":\"invalid_client\"}", ERR_AUTH, "401");
	token_fails(400, "{\"error\":\"slow_down\"}", ERR_BUSY, "slow_down");
	token_fails(400,
		"{\"error\":\"invalid_request\",\"error_description\":"
		"\"Too many tokens requested\"}",
		ERR_BUSY, "Too many");
	token_fails(400, "", ERR_BUSY, "400");
	token_fails(400, "<html><body>Bad Request</body></html>", ERR_BUSY, "400");
	token_fails(429, "", ERR_BUSY, "429");
}

static void test_no_answer(void **state)
{
	struct http_reply p = no_reply(HTTP_NOT_SENT, "could not resolve host");
	struct err err;
	int64_t expires_ms;
	struct buf token;

	(void)state;
	buf_init(&token, 100);
	assert_int_equal(apple_token_reply(&p, now_ms, &token, &expires_ms, &err), ERR_NET);
	assert_non_null(strstr(err.msg, "could not resolve host"));
	buf_release(&token);
	http_reply_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_request_form),
		cmocka_unit_test(test_apple_F01_audience_and_issuer),
		cmocka_unit_test(test_jti_differs),
		cmocka_unit_test(test_apple_F02_raw_signature),
		cmocka_unit_test(test_apple_F04_kid_can_be_left_out),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_token_reply),
		cmocka_unit_test(test_token_reply_unusable),
		cmocka_unit_test(test_apple_F05_throttled_or_refused),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
