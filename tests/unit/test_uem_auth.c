#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/uem.h"
#include "unit/services_help.h"

static const int64_t now_ms = 1795000000123;

static void test_token_request(void **state)
{
	struct http_request q;

	(void)state;
	uem_token_request("https://na.uemauth.workspaceone.com/connect/token", STR("abc"),
		STR("s&c=r%t é"), &q);
	assert_int_equal(q.cls, HTTP_AUTH);
	assert_string_equal(q.method, "POST");
	assert_string_equal(q.url, "https://na.uemauth.workspaceone.com/connect/token");
	assert_string_equal(header_of(&q, "Content-Type"), "application/x-www-form-urlencoded");
	assert_true(q.secret_body);
	assert_body(&q, "grant_type=client_credentials&client_id=abc"
			"&client_secret=s%26c%3Dr%25t%20%C3%A9");
	http_request_release(&q);
}

static void test_token_reply(void **state)
{
	struct http_reply p = reply_of(200, "{\"access_token\":\"eyJ.a.b\",\"expires_in\":3600,"
					    "\"token_type\":\"Bearer\"}");
	struct err err;
	int64_t expires_ms = 0;
	struct buf token;

	(void)state;
	buf_init(&token, 1000);
	assert_int_equal(uem_token_reply(&p, now_ms, &token, &expires_ms, &err), ERR_OK);
	assert_str(buf_view(&token), "eyJ.a.b");
	assert_int_equal(expires_ms, now_ms + 3600000);
	buf_wipe(&token);
	/* A token that does not fit is no token. */
	buf_init(&token, 3);
	assert_int_equal(uem_token_reply(&p, now_ms, &token, &expires_ms, &err), ERR_LIMIT);
	buf_wipe(&token);
	http_reply_release(&p);
}

static void token_fails(int status, const char *body, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };
	int64_t expires_ms;
	struct buf token;

	buf_init(&token, 1000);
	assert_int_equal(uem_token_reply(&p, now_ms, &token, &expires_ms, &err), want);
	assert_non_null(strstr(err.msg, "UEM"));
	buf_release(&token);
	http_reply_release(&p);
}

/* The host is not derivable: a dead or wrong one has to be told from wrong credentials. */
static void test_uem_H27_wrong_token_host(void **state)
{
	(void)state;
	token_fails(404, "<html>", ERR_PROTOCOL);
	token_fails(404, "", ERR_PROTOCOL);
	token_fails(405, "{\"error\":\"no\"}", ERR_PROTOCOL);
	token_fails(301, "", ERR_PROTOCOL);
	token_fails(200, "<html>parked</html>", ERR_SETTINGS);
	token_fails(400, "{\"error\":\"invalid_client\"}", ERR_AUTH);
	token_fails(401, "", ERR_AUTH);
	token_fails(503, "", ERR_OUTAGE);
}

static void test_basic(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	uem_basic_header(STR("svc"), STR("p:ä"), &b);
	assert_str(buf_view(&b), "Basic c3ZjOnA6w6Q=");
	buf_wipe(&b);
}

/* --- errors --- */

static struct uem_error error_is(int status, const char *body, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct uem_error e = { .code = 99, .message = "left over", .activity = "left over" };
	struct err err = { .msg = "" };

	assert_int_equal(uem_reply_error(&p, &e, &err), want);
	assert_int_equal(err.code, want);
	assert_int_equal(uem_reply_error(&p, NULL, NULL), want);
	http_reply_release(&p);
	return e;
}

static void sentence_is(int status, const char *body, const char *want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };

	(void)uem_reply_error(&p, NULL, &err);
	assert_string_equal(err.msg, want);
	http_reply_release(&p);
}

static void test_error_object(void **state)
{
	struct uem_error e = error_is(401,
		"{\"errorCode\":1005,\"message\":\"Invalid user credentials\","
		"\"activityId\":\"706bd383-26d3-4833-9cad-bff1b0fe045e\"}",
		ERR_AUTH);
	struct http_reply lost = no_reply(HTTP_NOT_SENT, "no route to host");
	struct err err;

	(void)state;
	assert_int_equal(e.code, 1005);
	assert_string_equal(e.message, "Invalid user credentials");
	assert_string_equal(e.activity, "706bd383-26d3-4833-9cad-bff1b0fe045e");
	sentence_is(400, "{\"errorCode\":5055,\"message\":\"bad action\",\"activityId\":\"a\"}",
		"UEM answered 400/5055: bad action (activity a)");
	sentence_is(503, "", "UEM answered 503");
	assert_int_equal(uem_reply_error(&lost, NULL, &err), ERR_NET);
	assert_string_equal(err.msg, "UEM: no route to host");
	http_reply_release(&lost);
}

/* `message` is typed as any object. */
static void test_error_message_shapes(void **state)
{
	struct uem_error e;

	(void)state;
	e = error_is(400, "{\"errorCode\":\"5055\",\"message\":{\"text\":[\"bad action\"]}}",
		ERR_REFUSED);
	assert_int_equal(e.code, 5055);
	assert_string_equal(e.message, "bad action");
	e = error_is(
		404, "{\"ErrorCode\":5053,\"Message\":null,\"ActivityId\":null}", ERR_NOT_FOUND);
	assert_int_equal(e.code, 5053);
	assert_string_equal(e.message, "");
	e = error_is(400, "{\"errorCode\":{},\"message\":7,\"activityId\":[]}", ERR_REFUSED);
	assert_int_equal(e.code, -1);
	assert_string_equal(e.activity, "");
}

/* What to do next hangs on the code: sync first, ask the token's group, give up. */
static void test_uem_H06_H07_H10_codes(void **state)
{
	struct uem_error e;

	(void)state;
	e = error_is(404, "{\"errorCode\":5058,\"message\":\"no record\"}", ERR_NOT_FOUND);
	assert_int_equal(e.code, 5058);
	e = error_is(404, "{\"errorCode\":5053}", ERR_NOT_FOUND);
	assert_int_equal(e.code, 5053);
	e = error_is(400, "{\"errorCode\":5219}", ERR_REFUSED);
	assert_int_equal(e.code, 5219);
}

static void test_uem_H18_403_has_meanings(void **state)
{
	(void)state;
	error_is(403, "{\"errorCode\":1013,\"message\":\"bad tenant code\"}", ERR_AUTH);
	error_is(403, "{\"errorCode\":1011}", ERR_AUTH);
	error_is(403, "{\"errorCode\":403,\"message\":\"wipe threshold\"}", ERR_HELD);
	error_is(403, "", ERR_HELD);
}

static void test_uem_H24_pages_and_empty_bodies(void **state)
{
	struct uem_error e;

	(void)state;
	e = error_is(404, "<!DOCTYPE html><title>404</title>", ERR_PROTOCOL);
	assert_int_equal(e.code, 0);
	error_is(404, "\xef\xbb\xbf  <html>", ERR_PROTOCOL);
	error_is(404, "", ERR_NOT_FOUND);
	error_is(404, "{\"Message\":\"No HTTP resource was found\"}", ERR_PROTOCOL);
	error_is(404, "404 page not found", ERR_PROTOCOL);
	error_is(500, "<html>", ERR_OUTAGE);
	error_is(429, "", ERR_BUSY);
	error_is(302, "", ERR_PROTOCOL);
	error_is(411, "", ERR_REFUSED);
	e = error_is(
		404, "\xef\xbb\xbf{\"errorCode\":5002,\"message\":\"no device\"}", ERR_NOT_FOUND);
	assert_int_equal(e.code, 5002);
}

static void test_uem_H25_error_inside_2xx(void **state)
{
	struct http_reply p = reply_of(202, "");
	struct json *rest = json_of("{\"errorCode\":5058}");
	struct uem_error e;

	(void)state;
	e = error_is(202, "{\"errorCode\":5058,\"message\":\"no token\"}", ERR_REFUSED);
	assert_int_equal(e.code, 5058);
	error_is(200, "{\"errorCode\":404}", ERR_NOT_FOUND);
	assert_int_equal(uem_rest_error(&p, rest, &e, NULL), ERR_REFUSED);
	assert_int_equal(uem_rest_error(&p, NULL, &e, NULL), ERR_OK);
	json_free(rest);
	http_reply_release(&p);
}

static void test_fine_bodies(void **state)
{
	static const char *const bodies[] = { "", " ", "{}", "[]", "[{\"errorCode\":5}]", "7",
		"{\"errorCode\":0}", "{\"errorCode\":null}", "<html>", "{\"errorCode\":" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct http_reply p = reply_of(202, bodies[i]);

		assert_int_equal(uem_reply_error(&p, NULL, NULL), ERR_OK);
		http_reply_release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_request),
		cmocka_unit_test(test_token_reply),
		cmocka_unit_test(test_uem_H27_wrong_token_host),
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_error_object),
		cmocka_unit_test(test_error_message_shapes),
		cmocka_unit_test(test_uem_H06_H07_H10_codes),
		cmocka_unit_test(test_uem_H18_403_has_meanings),
		cmocka_unit_test(test_uem_H24_pages_and_empty_bodies),
		cmocka_unit_test(test_uem_H25_error_inside_2xx),
		cmocka_unit_test(test_fine_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
