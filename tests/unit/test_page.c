#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/invisible.h"
#include "services/wire.h"
#include "unit/services_help.h"

static void page_is(int status, const char *body, enum errc want, const char *words)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };

	assert_int_equal(wire_page_error(&p, "UEM", "uem.url", "the API server", &err), want);
	if (!strstr(err.msg, words))
		fail_msg("%s", err.msg);
	http_reply_release(&p);
}

static void test_pages(void **state)
{
	(void)state;
	page_is(200, "<html><title>Sign In</title><input type=\"password\">", ERR_SETTINGS,
		"sign-in page: uem.url has to name the API server");
	page_is(403, "<html><title>Request Rejected</title>", ERR_SETTINGS,
		"a firewall or proxy on the way answered 403 'Request Rejected'");
	page_is(200, "<html>Access Denied, reference #18", ERR_SETTINGS, "firewall");
	page_is(503, "<html>Scheduled maintenance", ERR_OUTAGE, "down for maintenance");
	page_is(200, "<html>We will be back soon", ERR_OUTAGE, "down for maintenance");
	page_is(502, "<html><title>Bad Gateway</title>", ERR_OUTAGE, "'Bad Gateway'");
	page_is(404, "<html>", ERR_PROTOCOL, "no API at this address");
	page_is(200, "\xef\xbb\xbf <html><title>IIS Windows Server</title>", ERR_SETTINGS,
		"'IIS Windows Server', not as an API");
	page_is(407, "", ERR_SETTINGS, "407: a proxy on the way asks for a password");
	page_is(407, "<html><title>Proxy</title>", ERR_SETTINGS,
		"to let this machine reach the API");
	page_is(511, "<html><title>Sign in to the network</title>", ERR_SETTINGS, "sign-in page");
	page_is(511, "<html>", ERR_OUTAGE, "answered 511");
	/* No page, or a status that says more. */
	page_is(200, "{\"a\":1}", ERR_OK, "");
	page_is(403, "{\"errorCode\":1011}", ERR_OK, "");
	page_is(401, "<html>", ERR_OK, "");
	page_is(429, "<html>", ERR_OK, "");
	page_is(400, "<html>", ERR_OK, "");
	page_is(200, "", ERR_OK, "");
}

static void missing_is(int status, const char *body, const char *mark, enum errc want)
{
	struct http_reply p = reply_of(status, body);
	struct err err = { .msg = "" };

	assert_int_equal(wire_missing_error(&p, mark, "UEM", "uem.url", &err), want);
	assert_true(
		!want || strstr(err.msg, "something else answers at this address, see uem.url"));
	http_reply_release(&p);
}

/* A 404 proves that something is missing when the API says it, not when something before it does.
 */
static void test_missing(void **state)
{
	static const char *const strange[] = { "404 page not found", "Not Found", "[]", "null", "7",
		"{}", "{\"message\":\"no Route matched with those values\"}",
		"{\"Message\":\"No HTTP resource was found that matches the request URI\"}",
		"{\"timestamp\":1,\"status\":404,\"error\":\"Not Found\",\"path\":\"/v1/x\"}",
		"{\"fault\":{\"faultstring\":\"Unable to identify proxy\"}}", "<html>",
		"{\"errors\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		missing_is(404, strange[i], "errors", ERR_PROTOCOL);
		missing_is(404, strange[i], "errorCode", ERR_PROTOCOL);
		missing_is(200, strange[i], "errors", ERR_OK);
		missing_is(400, strange[i], "errors", ERR_OK);
	}
	missing_is(404, "{\"errors\":[{\"status\":\"404\"}]}", "errors", ERR_OK);
	missing_is(404, "{\"errors\":[]}", "errorCode", ERR_PROTOCOL);
	missing_is(404, "\xef\xbb\xbf\r\n{\"ErrorCode\":5002}", "errorCode", ERR_OK);
	missing_is(404, "{\"errorCode\":5002}", "errors", ERR_PROTOCOL);
	missing_is(404, "", "errors", ERR_OK);
	missing_is(404, " \r\n", "errors", ERR_OK);
	missing_is(404, "NOT_FOUND", "errors", ERR_OK);
	missing_is(404, "\"NOT_FOUND\"", "errors", ERR_OK);
}

static void spelt(const char *text, const char *want)
{
	struct buf out;
	uint32_t code;

	buf_init(&out, 1000);
	invisible_spell(&out, str_from(text));
	assert_string_equal(buf_cstr(&out), want);
	assert_true((invisible_find(str_from(text), &code) == strlen(text)) ==
		    (strcmp(text, want) == 0));
	buf_release(&out);
}

static void test_invisible(void **state)
{
	(void)state;
	spelt("WS1 EMEA", "WS1 EMEA");
	spelt("WS1\xe2\x80\x8b EMEA", "WS1<U+200B> EMEA");
	spelt("WS1\xc2\xa0"
	      "EMEA",
		"WS1<U+00A0>EMEA");
	spelt("\xef\xbb\xbfid", "<U+FEFF>id");
	spelt("id ", "id<U+0020>");
	spelt("\xe2\x80\x8fid\xc2\xad", "<U+200F>id<U+00AD>");
	spelt("\xf3\xa0\x81\xa1", "<U+E0061>");
	spelt("Zürich 東京", "Zürich 東京");
	spelt("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_invisible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
