#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"
#include "io/crypto.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_sha256(void **state)
{
	char hex[SHA256_HEX];
	struct sha256_stream *s;

	(void)state;
	sha256_hex(STR("abc"), hex);
	assert_string_equal(hex, ABC);
	sha256_hex(STR_NONE, hex);
	assert_string_equal(hex, NOTHING);
	s = sha256_new();
	sha256_add(s, STR("a"));
	sha256_add(s, STR_NONE);
	sha256_add(s, STR("bc"));
	sha256_end_hex(s, hex);
	assert_string_equal(hex, ABC);
	s = sha256_new();
	sha256_end_hex(s, hex);
	assert_string_equal(hex, NOTHING);
}

static void hmac_is(struct str key, struct str bytes, const char *want)
{
	unsigned char out[HMAC_SHA1_BYTES];
	char text[2 * HMAC_SHA1_BYTES + 1] = "";

	hmac_sha1(key, bytes, out);
	for (size_t i = 0; i < sizeof(out); i++)
		snprintf(text + 2 * i, 3, "%02x", out[i]);
	assert_string_equal(text, want);
}

/* RFC 2202 section 3; the last one is the digest of nothing under no key. */
static void test_hmac_sha1(void **state)
{
	char key[80];

	(void)state;
	memset(key, 0x0b, 20);
	hmac_is((struct str){ key, 20 }, STR("Hi There"),
		"b617318655057264e28bc0b6fb378c8ef146be00");
	hmac_is(STR("Jefe"), STR("what do ya want for nothing?"),
		"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	memset(key, 0xaa, 80);
	hmac_is((struct str){ key, 80 },
		STR("Test Using Larger Than Block-Size Key - Hash Key First"),
		"aa4ae5e15272d00e95705637ce8a3b55ed402112");
	hmac_is(STR_NONE, STR_NONE, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

/* RFC 4648 section 10. */
static void test_base64(void **state)
{
	static const struct {
		const char *plain, *code, *url;
	} cases[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&b);
		base64(&b, str_from(cases[i].plain));
		assert_string_equal(buf_cstr(&b), cases[i].code);
		buf_reset(&b);
		base64url(&b, str_from(cases[i].plain));
		assert_string_equal(buf_cstr(&b), cases[i].url);
		buf_reset(&b);
		assert_int_equal(base64url_decode(&b, str_from(cases[i].url), NULL), ERR_OK);
		assert_true(str_eq(buf_view(&b), str_from(cases[i].plain)));
	}
	buf_release(&b);
}

static void test_base64url_refused(void **state)
{
	const struct str bad[] = { STR("Zg=="), STR("Z"), STR("Zm9vY"), STR("Zh"), STR("Zm9"),
		STR("Zg\n"), STR("+/+/"), STR("Zm9v\0Zm9"), STR("\xc3\xa9\xc3\xa9") };
	struct buf b;
	struct err err;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(base64url_decode(&b, bad[i], &err), ERR_SYNTAX);
	buf_release(&b);
}

static void test_uuid(void **state)
{
	struct map seen;
	char id[UUID_TEXT];
	bool is_new;

	(void)state;
	map_init(&seen, 0);
	for (int i = 0; i < 1000; i++) {
		uuid_random(id);
		assert_int_equal(strlen(id), 36);
		assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
		assert_true(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
		assert_int_equal(id[14], '4');
		assert_non_null(strchr("89ab", id[19]));
		map_add(&seen, str_from(id), &is_new);
		assert_true(is_new);
	}
	map_release(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_hmac_sha1),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64url_refused),
		cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
