#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/dep.h"
#include "services/dep_wire.h"
#include "unit/services_help.h"

static const char url[] = "https://mdmenrollment.apple.com";
static const int64_t now_ms = 1795000000123;

static const char token_example[] =
	"{\"consumer_key\":\"CK_…\",\"consumer_secret\":\"CS_…\",\"access_token\":\"AT_…\","
	"\"access_secret\":\"AS_…\",\"access_token_expiry\":\"2026-11-01T12:00:00Z\"}";

static void read_token(struct str text, struct dep_token *ret)
{
	struct err err = { .msg = "" };

	if (dep_token_read(text, ret, &err))
		fail_msg("%s", err.msg);
}

/* --- the server token --- */

static void test_token_json(void **state)
{
	struct dep_token t;
	int64_t want = 0;

	(void)state;
	read_token(str_from(token_example), &t);
	assert_str(buf_view(&t.consumer_key), "CK_…");
	assert_str(buf_view(&t.consumer_secret), "CS_…");
	assert_str(buf_view(&t.access_token), "AT_…");
	assert_str(buf_view(&t.access_secret), "AS_…");
	assert_true(time_parse(STR("2026-11-01T12:00:00Z"), &want));
	assert_int_equal(t.expires_ms, want);
	dep_token_wipe(&t);
	assert_null(t.access_secret.p);
}

static void test_token_in_mime(void **state)
{
	struct dep_token t;

	(void)state;
	read_token(STR("Content-Type: text/plain;charset=UTF-8\r\n"
		       "Content-Transfer-Encoding: 7bit\r\n\r\n"
		       "-----BEGIN MESSAGE-----\r\n"
		       "{\"consumer_key\":\"CK\",\"consumer_secret\":\"CS\",\r\n"
		       "\"access_token\":\"AT\",\"access_secret\":\"AS\"}\r\n"
		       "-----END MESSAGE-----\r\n"),
		&t);
	assert_str(buf_view(&t.access_token), "AT");
	assert_true(t.expires_ms == TIME_NONE);
	dep_token_wipe(&t);
}

static void test_token_unusable(void **state)
{
	static const char *const texts[] = { "", "}{", "no brace", "{}",
		"{\"consumer_key\":\"a\",\"consumer_secret\":\"b\",\"access_token\":\"c\"}",
		"{\"consumer_key\":\"\",\"consumer_secret\":\"b\",\"access_token\":\"c\","
		"\"access_secret\":\"d\"}",
		"{\"consumer_key\":7,\"consumer_secret\":\"b\",\"access_token\":\"c\","
		"\"access_secret\":\"d\"}",
		"{\"consumer_key\":\"a\",\"consumer_secret\":\"b\",\"access_token\":\"c\","
		"\"access_secret\":\"d\",\"access_token_expiry\":\"soon\"}" };
	struct dep_token t, none = { .expires_ms = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct err err = { .msg = "" };

		assert_int_equal(dep_token_read(str_from(texts[i]), &t, &err), ERR_SETTINGS);
		assert_int_equal(err.code, ERR_SETTINGS);
	}
	dep_token_wipe(&none);
}

/* --- the session --- */

/* The signature was computed apart from this code, with Python's hmac and urllib. */
static void test_oauth_header(void **state)
{
	struct dep_token t;
	struct buf b;

	(void)state;
	read_token(STR("{\"consumer_key\":\"CK_1&x\",\"consumer_secret\":\"CS/=\","
		       "\"access_token\":\"AT 1\",\"access_secret\":\"AS+é\"}"),
		&t);
	buf_init(&b, 10000);
	dep_oauth_header("https://mdmenrollment.apple.com/session", &t, 1795000000,
		"0b4a1f7e-aaaa-4bbb-8ccc-123456789abc", &b);
	assert_str(buf_view(&b),
		"OAuth realm=\"ADM\",oauth_consumer_key=\"CK_1%26x\","
		"oauth_nonce=\"0b4a1f7e-aaaa-4bbb-8ccc-123456789abc\","
		"oauth_signature_method=\"HMAC-SHA1\",oauth_timestamp=\"1795000000\","
		"oauth_token=\"AT%201\",oauth_version=\"1.0\","
		"oauth_signature=\"kXx3CoGqszmBEbCgJmx0rhDrm0o%3D\"");
	buf_release(&b);
	dep_token_wipe(&t);
}

static void test_session_request(void **state)
{
	struct dep_token t;
	struct http_request q, again;

	(void)state;
	read_token(str_from(token_example), &t);
	dep_session_request("https://mdmenrollment.apple.com/", &t, now_ms, &q);
	assert_int_equal(q.cls, HTTP_AUTH);
	assert_string_equal(q.method, "GET");
	assert_string_equal(q.url, "https://mdmenrollment.apple.com/session");
	assert_string_equal(header_of(&q, "Content-Type"), "application/json;charset=UTF8");
	assert_string_equal(header_of(&q, "X-Server-Protocol-Version"), "8");
	assert_non_null(strstr(header_of(&q, "Authorization"), "oauth_timestamp=\"1795000000\""));
	dep_session_request("https://mdmenrollment.apple.com/", &t, now_ms, &again);
	assert_string_not_equal(header_of(&q, "Authorization"), header_of(&again, "Authorization"));
	http_request_release(&q);
	http_request_release(&again);
	dep_token_wipe(&t);
}

static void session_is(int status, const char *body, enum errc want, const char *session)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf b;

	buf_init(&b, 1000);
	buf_z(&b, "before");
	assert_int_equal(dep_session_reply(&p, &b, &err), want);
	assert_int_equal(want ? err.code : ERR_OK, want);
	assert_str(buf_view(&b), session);
	buf_release(&b);
	http_reply_release(&p);
}

static void test_session_reply(void **state)
{
	(void)state;
	session_is(200, "{\"auth_session_token\":\"…\"}", ERR_PROTOCOL, "before");
	session_is(200, "{\"auth_session_token\":\"17bfc6ed\"}", ERR_OK, "17bfc6ed");
	session_is(200, "{\"auth_session_token\":\"a\\nX: y\"}", ERR_PROTOCOL, "before");
	session_is(200, "{}", ERR_PROTOCOL, "before");
	session_is(200, "", ERR_PROTOCOL, "before");
	session_is(400, "unsupported oauth parameter", ERR_REFUSED, "before");
	session_is(401, "token_expired", ERR_AUTH, "before");
	session_is(503, "", ERR_BUSY, "before");
}

static void test_apple_F27_session_rotates(void **state)
{
	static char fresh[] = "second", odd[] = "a\r\nb";
	struct http_reply p = reply_of(200, "{}");
	struct buf session;

	(void)state;
	buf_init(&session, 100);
	buf_z(&session, "first");
	assert_false(dep_session_renewed(&p, &session));
	p.session = fresh;
	assert_true(dep_session_renewed(&p, &session));
	assert_str(buf_view(&session), "second");
	assert_false(dep_session_renewed(&p, &session));
	p.session = odd;
	assert_false(dep_session_renewed(&p, &session));
	p.session = NULL;
	buf_release(&session);
	http_reply_release(&p);
}

static void stale_is(int status, const char *body, bool want)
{
	struct http_reply p = reply_of(status, body);

	assert_int_equal(dep_session_stale(&p), want);
	http_reply_release(&p);
}

static void test_apple_F27_session_over(void **state)
{
	(void)state;
	stale_is(401, "UNAUTHORIZED", true);
	stale_is(401, "", true);
	stale_is(403, "\"FORBIDDEN\"", true);
	stale_is(401, "ACCESS_DENIED", false);
	stale_is(401, "T_C_NOT_SIGNED", false);
	stale_is(403, "ACCESS_DENIED", false);
	stale_is(403, "T_C_NOT_SIGNED", false);
	stale_is(403, "", false);
	stale_is(200, "FORBIDDEN", false);
}

/* --- errors --- */

static void error_is(int status, const char *body, enum dep_word word, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };

	assert_int_equal(dep_reply_word(&p), word);
	assert_int_equal(dep_reply_error(&p, &err), want);
	assert_int_equal(err.code, want);
	http_reply_release(&p);
}

static void test_apple_F27_words(void **state)
{
	struct http_reply terms = reply_of(403, "\"T_C_NOT_SIGNED\"");
	struct http_reply other = reply_of(400, "EXPIRED_CURSOR");
	struct err err;

	(void)state;
	(void)dep_reply_error(&terms, &err);
	assert_non_null(strstr(err.msg, "accept new terms"));
	(void)dep_reply_error(&other, &err);
	assert_string_equal(err.msg, "Apple's DEP service answered 400 EXPIRED_CURSOR");
	http_reply_release(&terms);
	http_reply_release(&other);
	error_is(403, "T_C_NOT_SIGNED", DEP_TERMS, ERR_AUTH);
	error_is(403, "ACCESS_DENIED", DEP_DENIED, ERR_AUTH);
	error_is(400, "EXPIRED_CURSOR", DEP_EXPIRED_CURSOR, ERR_REFUSED);
	error_is(400, "\"EXHAUSTED_CURSOR\"\n", DEP_EXHAUSTED_CURSOR, ERR_REFUSED);
	error_is(400, "{\"code\":\"INVALID_CURSOR\"}", DEP_INVALID_CURSOR, ERR_REFUSED);
	error_is(400, "DEVICE_ID_REQUIRED", DEP_NO_DEVICE, ERR_REFUSED);
	error_is(400, "USER_AGENT_MISSING", DEP_USER_AGENT, ERR_PROTOCOL);
	error_is(429, "TOO_MANY_REQUESTS", DEP_THROTTLED, ERR_BUSY);
	error_is(429, "", DEP_NO_WORD, ERR_BUSY);
	error_is(503, "<html>", DEP_NO_WORD, ERR_BUSY);
	error_is(500, "", DEP_NO_WORD, ERR_OUTAGE);
	error_is(404, "NOT_FOUND", DEP_NO_WORD, ERR_NOT_FOUND);
	error_is(302, "", DEP_NO_WORD, ERR_PROTOCOL);
}

static void test_words_far_away(void **state)
{
	struct http_reply p = reply_of(400, "");
	struct http_reply lost = no_reply(HTTP_UNKNOWN, "reset");
	struct err err;

	(void)state;
	for (int i = 0; i < 1024; i++)
		buf_char(&p.body, ' ');
	buf_z(&p.body, "T_C_NOT_SIGNED");
	assert_int_equal(dep_reply_word(&p), DEP_NO_WORD);
	buf_z(&lost.body, "T_C_NOT_SIGNED");
	assert_int_equal(dep_reply_word(&lost), DEP_NO_WORD);
	assert_int_equal(dep_reply_error(&lost, &err), ERR_NET);
	assert_string_equal(err.msg, "Apple's DEP service: reset");
	assert_false(dep_session_stale(&lost));
	http_reply_release(&p);
	http_reply_release(&lost);
}

/* --- account and devices --- */

static void test_account(void **state)
{
	struct json *v = json_of(
		"{\"server_name\":\"IT Department\",\"server_uuid\":\"677cab70\","
		"\"admin_id\":\"admin@example.com\",\"org_name\":\"Example\",\"org_id\":\"1\","
		"\"org_type\":\"edu\",\"urls\":[{\"uri\":\"/profile\",\"http_method\":[\"POST\"]},"
		"{\"uri\":\"/devices/disown\",\"limit\":{\"default\":10,\"maximum\":100}},"
		"{\"uri\":\"/devices\",\"limit\":{\"default\":100,\"maximum\":5000}}]}");
	struct dep_account a;
	struct http_request q;
	struct err err;

	(void)state;
	assert_int_equal(dep_account_decode(v, &a, &err), ERR_OK);
	assert_str(a.server_name, "IT Department");
	assert_int_equal(dep_account_decode(json_get(v, "urls"), &a, &err), ERR_PROTOCOL);
	dep_account_request(url, &q);
	assert_int_equal(q.cls, HTTP_READ);
	assert_string_equal(q.url, "https://mdmenrollment.apple.com/account");
	http_request_release(&q);
	json_free(v);
}

static const struct str serials[] = { { "S1", 2 }, { "S2", 2 } };

static void note(void *self, struct str serial, enum dep_disowned how)
{
	buf_str(self, serial);
	buf_printf(self, "=%d;", how);
}

static void disown_is(int status, const char *body, enum errc want, const char *seen)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(dep_disown_reply(&p, note, &b, &err), want);
	assert_int_equal(want ? err.code : ERR_OK, want);
	assert_str(buf_view(&b), seen);
	buf_release(&b);
	http_reply_release(&p);
}

static void test_disown(void **state)
{
	struct http_request q;
	struct err err;

	(void)state;
	assert_int_equal(dep_disown_request(url, serials, 1, &q, &err), ERR_OK);
	assert_int_equal(q.cls, HTTP_CHANGE);
	assert_string_equal(q.url, "https://mdmenrollment.apple.com/devices/disown");
	assert_body(&q, "{\"devices\":[\"S1\"]}");
	http_request_release(&q);
	disown_is(200, "{\"devices\":{\"S1\":\"SUCCESS\"}}", ERR_OK, "S1=0;");
	disown_is(200,
		"{\"devices\":{\"A\":\"NOT_ACCESSIBLE\",\"B\":\"FAILED\",\"C\":\"MAYBE\",\"D\":7}}",
		ERR_OK, "A=1;B=2;C=3;D=3;");
	disown_is(200, "", ERR_UNKNOWN, "");
	disown_is(200, "{}", ERR_UNKNOWN, "");
	disown_is(200, "{\"devices\":[]}", ERR_UNKNOWN, "");
	disown_is(403, "T_C_NOT_SIGNED", ERR_AUTH, "");
	disown_is(400, "DEVICE_ID_REQUIRED", ERR_REFUSED, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_json),
		cmocka_unit_test(test_token_in_mime),
		cmocka_unit_test(test_token_unusable),
		cmocka_unit_test(test_oauth_header),
		cmocka_unit_test(test_session_request),
		cmocka_unit_test(test_session_reply),
		cmocka_unit_test(test_apple_F27_session_rotates),
		cmocka_unit_test(test_apple_F27_session_over),
		cmocka_unit_test(test_apple_F27_words),
		cmocka_unit_test(test_words_far_away),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_disown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
