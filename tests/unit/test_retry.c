#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/retry.h"

static enum retry_verdict verdict(enum http_class cls, enum http_fate fate, int status)
{
	const struct http_reply reply = { .fate = fate, .status = status };

	return retry_judge(cls, &reply);
}

static void test_what_may_be_repeated(void **state)
{
	static const enum http_class repeatable[] = { HTTP_AUTH, HTTP_READ, HTTP_TRIGGER };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(verdict(repeatable[i], HTTP_NOT_SENT, 0), VERDICT_FAILED);
		assert_int_equal(verdict(repeatable[i], HTTP_UNKNOWN, 0), VERDICT_FAILED);
		assert_int_equal(verdict(repeatable[i], HTTP_ANSWERED, 429), VERDICT_BUSY);
		assert_int_equal(verdict(repeatable[i], HTTP_ANSWERED, 500), VERDICT_FAILED);
		assert_int_equal(verdict(repeatable[i], HTTP_ANSWERED, 504), VERDICT_FAILED);
		for (int status = 200; status < 500; status++)
			if (status != 401 && status != 429)
				assert_int_equal(verdict(repeatable[i], HTTP_ANSWERED, status),
					VERDICT_ANSWER);
	}
	assert_int_equal(verdict(HTTP_READ, HTTP_ANSWERED, 401), VERDICT_RENEW);
	assert_int_equal(verdict(HTTP_AUTH, HTTP_ANSWERED, 401), VERDICT_ANSWER);
}

/* Only what proves that nothing was done lets a change go out again. */
static void test_what_a_change_allows(void **state)
{
	(void)state;
	assert_int_equal(verdict(HTTP_CHANGE, HTTP_NOT_SENT, 0), VERDICT_FAILED);
	assert_int_equal(verdict(HTTP_CHANGE, HTTP_UNKNOWN, 0), VERDICT_ANSWER);
	for (int status = 200; status < 600; status++)
		assert_int_equal(verdict(HTTP_CHANGE, HTTP_ANSWERED, status),
			status == 401   ? VERDICT_RENEW
			: status == 429 ? VERDICT_BUSY
					: VERDICT_ANSWER);
}

static void test_waits(void **state)
{
	int64_t whole = RETRY_FIRST_MS;
	unsigned n_different = 0;

	(void)state;
	for (uint32_t tries = 1; tries < 40; tries++) {
		for (uint64_t seed = 0; seed < 200; seed++) {
			int64_t wait = retry_wait_ms(seed, tries);

			assert_true(wait >= whole / 2 && wait <= whole);
			assert_int_equal(wait, retry_wait_ms(seed, tries));
			n_different += wait != retry_wait_ms(seed + 1, tries);
		}
		whole = whole * 2 < RETRY_CAP_MS ? whole * 2 : RETRY_CAP_MS;
	}
	assert_true(n_different > 39 * 200 * 9 / 10);
	assert_true(retry_wait_ms(0, UINT32_MAX) <= RETRY_CAP_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_may_be_repeated),
		cmocka_unit_test(test_what_a_change_allows),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
