#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/http_message.h"

static void test_headers(void **state)
{
	struct http_request q;
	struct err err;
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p" };

	(void)state;
	http_request_init(&q, HTTP_READ, "GET");
	assert_int_equal(http_request_header(&q, "X", STR("a\rb"), &err), ERR_SETTINGS);
	assert_int_equal(http_request_header(&q, "X", STR("a\nb"), &err), ERR_SETTINGS);
	assert_int_equal(http_request_header(&q, "X", STR("a\0b"), &err), ERR_SETTINGS);
	assert_int_equal(q.n_headers, 0);
	assert_int_equal(http_request_header(&q, "Accept", STR("one"), &err), ERR_OK);
	assert_int_equal(http_request_header(&q, "accept", STR("two"), &err), ERR_OK);
	assert_int_equal(q.n_headers, 1);
	assert_string_equal(q.headers[0].value, "two");
	for (int i = 0; i < HTTP_MAX_HEADERS - 1; i++)
		assert_int_equal(http_request_header(&q, names[i], STR_NONE, &err), ERR_OK);
	assert_int_equal(http_request_header(&q, "p", STR("x"), &err), ERR_LIMIT);
	assert_int_equal(http_request_header(&q, "a", STR("x"), &err), ERR_OK);
	assert_string_equal(q.headers[1].value, "x");
	http_request_release(&q);
	http_request_release(&q);
}

static void test_url(void **state)
{
	const struct url_pair pairs[] = { { "fields[orgDevices]", STR("serialNumber,status") },
		{ "cursor", STR("a b+c&d=e%\xc3\xa9~") }, { "empty", STR_NONE } };
	char *longest = mem_alloc(70000);
	struct http_request q;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	url_segment(&b, STR("A/b?c#\0.-_~Z9"));
	assert_string_equal(buf_cstr(&b), "A%2Fb%3Fc%23%00.-_~Z9");
	buf_release(&b);
	http_request_init(&q, HTTP_READ, "GET");
	http_request_url(&q, "https://h:1/api//", STR("/v1/x"), NULL, 0);
	assert_string_equal(q.url, "https://h:1/api/v1/x");
	http_request_url(&q, "https://h", STR("/x"), pairs, 3);
	assert_string_equal(q.url,
		"https://h/x?fields%5BorgDevices%5D=serialNumber%2Cstatus&cursor="
		"a%20b%2Bc%26d%3De%25%C3%A9~&empty=");
	http_request_url(&q, "https://h:1/api", STR("/v1/a%2Fb"), NULL, 0);
	assert_string_equal(q.url, "https://h:1/api/v1/a%2Fb");
	http_request_url(&q, "https://h", STR("/"), NULL, 0);
	assert_string_equal(q.url, "https://h/");
	memset(longest, 'x', 70000);
	http_request_url(&q, "https://h", (struct str){ longest, 70000 }, NULL, 0);
	assert_null(q.url);
	http_request_release(&q);
	free(longest);
}

static int64_t after(const char *text, const char *date, int64_t now_ms)
{
	struct http_reply p;
	int64_t ms;

	http_reply_init(&p);
	p.retry_after = text ? mem_strdup(text) : NULL;
	p.date = date ? mem_strdup(date) : NULL;
	ms = http_retry_after(&p, now_ms);
	http_reply_release(&p);
	return ms;
}

static void test_retry_after(void **state)
{
	static const char at[] = "Sun, 06 Nov 1994 08:49:37 GMT";
	static const int64_t at_ms = INT64_C(784111777000);

	(void)state;
	assert_int_equal(after("17", NULL, 5), 17000);
	assert_int_equal(after(" 3600 ", NULL, 5), 3600000);
	assert_int_equal(after("0", NULL, 5), -1);
	assert_int_equal(after("-5", NULL, 5), -1);
	assert_int_equal(after("1.5", NULL, 5), -1);
	assert_int_equal(after("soon", NULL, 5), -1);
	assert_int_equal(after("", NULL, 5), -1);
	assert_int_equal(after(NULL, NULL, 5), -1);
	assert_true(after("18446744073709551615", NULL, 5) == INT64_C(100) * 366 * 86400 * 1000);
	assert_true(after("18446744073709551616", NULL, 5) == INT64_C(100) * 366 * 86400 * 1000);
	assert_true(after("99999999999999999999999", NULL, 5) > 0);
	assert_int_equal(after(at, NULL, at_ms - 1500), 1500);
	assert_int_equal(after(at, NULL, at_ms), -1);
	assert_int_equal(after(at, NULL, at_ms + 1), -1);
	/* The server's clock counts, not ours. */
	assert_int_equal(after(at, "Sun, 06 Nov 1994 08:48:37 GMT", 0), 60000);
	assert_int_equal(after(at, "rubbish", at_ms - 1500), 1500);
	assert_int_equal(after("Sun, 06 Nov 1994 08:49:37", NULL, 0), -1);
	assert_int_equal(after("Sun, 31 Feb 1994 08:49:37 GMT", NULL, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
