#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "io/crypto.h"

static EVP_PKEY *key;

static int make_key(void **state)
{
	(void)state;
	key = EVP_EC_gen("P-256");
	return key ? 0 : -1;
}

static int drop_key(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

static struct str text_of(BIO *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return (struct str){ p, (size_t)n };
}

/* PEM with this label around PKCS#8 (or SEC1) bytes of the key. */
static void add_block(BIO *out, const char *label, EVP_PKEY *k, bool sec1)
{
	unsigned char *der = NULL;
	int n;

	if (sec1) {
		n = i2d_PrivateKey(k, &der);
	} else {
		PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(k);

		n = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
		PKCS8_PRIV_KEY_INFO_free(p8);
	}
	assert_true(n > 0);
	assert_true(PEM_write_bio(out, label, "", der, n) > 0);
	OPENSSL_free(der);
}

static struct es256_key *public_half(void)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct es256_key *k = NULL;

	assert_true(PEM_write_bio_PUBKEY(b, key));
	assert_int_equal(es256_load_public(&k, text_of(b), NULL), ERR_OK);
	BIO_free(b);
	return k;
}

/* Signs with the key of this PEM and checks with the public half. */
static void signs(BIO *pem)
{
	struct es256_key *k = NULL, *pub = public_half();
	struct str rest, part;
	struct buf jwt;
	struct err err = { 0 };

	if (es256_load(&k, text_of(pem), &err) != ERR_OK)
		fail_msg("%s", err.msg);
	buf_init(&jwt, 1000);
	buf_z(&jwt, "kept:");
	assert_int_equal(es256_jwt(k, STR("{\"alg\":\"ES256\"}"), STR("{}"), &jwt, NULL), ERR_OK);
	rest = str_sub(buf_view(&jwt), 5, jwt.n - 5);
	part = str_sub(rest, 0, 20 + 1 + 3);
	assert_true(str_eq(part, STR("eyJhbGciOiJFUzI1NiJ9.e30")));
	rest = str_sub(rest, part.n + 1, rest.n - part.n - 1);
	assert_int_equal(rest.n, 86);
	assert_int_equal(es256_verify(pub, part, rest, NULL), ERR_OK);
	buf_release(&jwt);
	es256_free(k);
	es256_free(pub);
	BIO_free(pem);
}

static void test_four_shapes(void **state)
{
	BIO *b = BIO_new(BIO_s_mem());

	(void)state;
	add_block(b, "PRIVATE KEY", key, false);
	signs(b);

	b = BIO_new(BIO_s_mem());
	add_block(b, "EC PRIVATE KEY", key, true);
	signs(b);

	b = BIO_new(BIO_s_mem());
	add_block(b, "EC PRIVATE KEY", key, false);
	signs(b);

	b = BIO_new(BIO_s_mem());
	(void)BIO_puts(b, "\xef\xbb\xbf# from the portal\n-----BEGIN EC PARAMETERS-----\n"
			  "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
	add_block(b, "EC PRIVATE KEY", key, true);
	signs(b);
}

static void refused(BIO *b, const char *why)
{
	struct es256_key *k = NULL;
	struct err err = { 0 };

	assert_int_equal(es256_load(&k, text_of(b), &err), ERR_SETTINGS);
	assert_null(k);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
	BIO_free(b);
}

static void test_refused_keys(void **state)
{
	EVP_PKEY *p384 = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048);
	struct es256_key *k = NULL;
	struct err err;
	BIO *b;

	(void)state;
	b = BIO_new(BIO_s_mem());
	refused(b, "no private key");
	b = BIO_new(BIO_s_mem());
	(void)BIO_puts(b, "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n");
	refused(b, "no private key");
	b = BIO_new(BIO_s_mem());
	(void)BIO_puts(b, "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n");
	refused(b, "no private key");
	b = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PUBKEY(b, key));
	refused(b, "no private key");
	b = BIO_new(BIO_s_mem());
	add_block(b, "EC PRIVATE KEY", p384, true);
	refused(b, "P-256");
	b = BIO_new(BIO_s_mem());
	add_block(b, "PRIVATE KEY", rsa, false);
	refused(b, "P-256");
	b = BIO_new(BIO_s_mem());
	assert_true(
		PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL));
	refused(b, "passphrase");
	b = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PrivateKey_traditional(
		b, key, EVP_aes_256_cbc(), (const unsigned char *)"secret", 6, NULL, NULL));
	refused(b, "passphrase");
	assert_int_equal(es256_load(&k, STR_NONE, &err), ERR_SETTINGS);

	b = BIO_new(BIO_s_mem());
	add_block(b, "PRIVATE KEY", key, false);
	assert_int_equal(es256_load_public(&k, text_of(b), &err), ERR_SETTINGS);
	assert_non_null(strstr(err.msg, "no public key"));
	BIO_free(b);
	b = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PUBKEY(b, p384));
	assert_int_equal(es256_load_public(&k, text_of(b), &err), ERR_SETTINGS);
	assert_null(k);
	BIO_free(b);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
}

/* One in 128 has an R or S that starts with a zero byte. */
static void test_width_never_varies(void **state)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct es256_key *k = NULL, *pub = public_half();
	unsigned n_short = 0;
	struct buf jwt;

	(void)state;
	add_block(b, "PRIVATE KEY", key, false);
	assert_int_equal(es256_load(&k, text_of(b), NULL), ERR_OK);
	buf_init(&jwt, 1000);
	for (int i = 0; i < 20000 && n_short < 5; i++) {
		struct str sig;

		buf_reset(&jwt);
		assert_int_equal(es256_jwt(k, STR("{}"), STR("{}"), &jwt, NULL), ERR_OK);
		assert_int_equal(jwt.n, 3 + 1 + 3 + 1 + 86);
		sig = str_sub(buf_view(&jwt), 8, 86);
		assert_int_equal(
			es256_verify(pub, str_sub(buf_view(&jwt), 0, 7), sig, NULL), ERR_OK);
		n_short += sig.p[0] == 'A' && sig.p[1] >= 'A' && sig.p[1] <= 'P';
	}
	assert_true(n_short == 5);
	buf_release(&jwt);
	es256_free(k);
	es256_free(pub);
	BIO_free(b);
}

/* RFC 7515 appendix A.3. */
#define RFC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define RFC_SIGNED                                                                              \
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
	"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RFC_SIGNATURE \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static void test_verify_known_answer(void **state)
{
	const struct str wrong[] = { STR(""), STR("AAAA"), STR(RFC_SIGNATURE "AAAA"),
		STR("EtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"
		    "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
		    "Kg6NU1Q"),
		STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "A"
		    "AAAAAAA") };
	struct es256_key *k = NULL;
	struct buf der, pem;
	struct err err;

	(void)state;
	buf_init(&der, 200);
	buf_init(&pem, 1000);
	buf_str(&der, STR("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
			  "\xce\x3d\x03\x01\x07\x03\x42\x00\x04"));
	assert_int_equal(base64url_decode(&der, STR(RFC_X), NULL), ERR_OK);
	assert_int_equal(base64url_decode(&der, STR(RFC_Y), NULL), ERR_OK);
	buf_z(&pem, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t i = 0; i < der.n; i += 48) {
		base64(&pem, str_sub(buf_view(&der), i, der.n - i < 48 ? der.n - i : 48));
		buf_char(&pem, '\n');
	}
	buf_z(&pem, "-----END PUBLIC KEY-----\n");
	assert_int_equal(es256_load_public(&k, buf_view(&pem), NULL), ERR_OK);
	assert_int_equal(es256_verify(k, STR(RFC_SIGNED), STR(RFC_SIGNATURE), NULL), ERR_OK);
	assert_int_equal(es256_verify(k, STR(RFC_SIGNED "x"), STR(RFC_SIGNATURE), &err), ERR_AUTH);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(es256_verify(k, STR(RFC_SIGNED), wrong[i], &err), ERR_AUTH);
	es256_free(k);
	buf_release(&der);
	buf_release(&pem);
}

static void test_small_buffer_and_public_key(void **state)
{
	BIO *b = BIO_new(BIO_s_mem());
	struct es256_key *k = NULL, *pub = public_half();
	struct buf jwt;
	struct err err;

	(void)state;
	add_block(b, "PRIVATE KEY", key, false);
	assert_int_equal(es256_load(&k, text_of(b), NULL), ERR_OK);
	buf_init(&jwt, 50);
	assert_int_equal(es256_jwt(k, STR("{}"), STR("{}"), &jwt, &err), ERR_LIMIT);
	buf_release(&jwt);
	buf_init(&jwt, 1000);
	assert_int_equal(es256_jwt(pub, STR("{}"), STR("{}"), &jwt, &err), ERR_INTERNAL);
	buf_release(&jwt);
	es256_free(k);
	es256_free(pub);
	es256_free(NULL);
	BIO_free(b);
}

static void test_new_key(void **state)
{
	struct es256_key *k = NULL;
	struct buf pem;

	(void)state;
	buf_init(&pem, 10000);
	assert_int_equal(es256_make(&pem, NULL), ERR_OK);
	assert_int_equal(es256_load(&k, buf_view(&pem), NULL), ERR_OK);
	es256_free(k);
	buf_wipe(&pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_shapes),
		cmocka_unit_test(test_refused_keys),
		cmocka_unit_test(test_width_never_varies),
		cmocka_unit_test(test_verify_known_answer),
		cmocka_unit_test(test_small_buffer_and_public_key),
		cmocka_unit_test(test_new_key),
	};

	return cmocka_run_group_tests(tests, make_key, drop_key);
}
