#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/mem.h"
#include "io/crypto.h"

#define TOKEN_TEXT                                                                    \
	"Content-Type: text/plain;charset=UTF-8\nContent-Transfer-Encoding: 7bit\n\n" \
	"-----BEGIN MESSAGE-----\n{\"consumer_key\":\"CK_1\"}\n-----END MESSAGE-----\n"

static EVP_PKEY *key;
static X509 *cert;

static X509 *certificate(EVP_PKEY *k)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	assert_true(X509_set_version(x, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), 7));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -1000));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 100000));
	assert_true(X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"depmend", -1, -1, 0));
	assert_true(X509_set_issuer_name(x, name));
	assert_true(X509_set_pubkey(x, k));
	assert_true(X509_sign(x, k, EVP_sha256()));
	return x;
}

static int make_key(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	cert = certificate(key);
	return 0;
}

static int drop_key(void **state)
{
	(void)state;
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

static struct str text_of(BIO *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return (struct str){ p, (size_t)n };
}

static BIO *key_pem(EVP_PKEY *k, const char *passphrase)
{
	BIO *b = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_PKCS8PrivateKey(b, k, passphrase ? EVP_aes_256_cbc() : NULL,
		passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL));
	return b;
}

/* As the portal makes it. */
static BIO *token_file(const EVP_CIPHER *cipher)
{
	STACK_OF(X509) *to = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(TOKEN_TEXT, -1), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;

	assert_true(sk_X509_push(to, cert));
	cms = CMS_encrypt(to, in, cipher, CMS_BINARY | CMS_STREAM);
	assert_non_null(cms);
	assert_true(SMIME_write_CMS(out, cms, in, CMS_BINARY | CMS_STREAM));
	CMS_ContentInfo_free(cms);
	sk_X509_free(to);
	BIO_free(in);
	return out;
}

static void test_token_opens(void **state)
{
	const EVP_CIPHER *const ciphers[] = { EVP_aes_128_cbc(), EVP_aes_256_cbc(),
		EVP_des_ede3_cbc() };
	BIO *pem = key_pem(key, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		BIO *p7m = token_file(ciphers[i]);
		struct buf text;

		assert_int_equal(cms_open_token(text_of(p7m), text_of(pem), &text, NULL), ERR_OK);
		assert_string_equal(buf_cstr(&text), TOKEN_TEXT);
		buf_wipe(&text);
		BIO_free(p7m);
	}
	BIO_free(pem);
}

static void token_refused(struct str p7m, struct str pem, const char *why)
{
	struct err err = { 0 };
	struct buf text;

	assert_int_equal(cms_open_token(p7m, pem, &text, &err), ERR_SETTINGS);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
}

static void test_token_refused(void **state)
{
	EVP_PKEY *other = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256");
	BIO *p7m = token_file(EVP_aes_128_cbc());
	BIO *right = key_pem(key, NULL), *wrong = key_pem(other, NULL);
	BIO *locked = key_pem(key, "secret"), *curve = key_pem(ec, NULL);
	struct str good = text_of(p7m);

	(void)state;
	token_refused(good, text_of(wrong), "does not open");
	token_refused(good, text_of(curve), "does not open");
	token_refused(good, text_of(locked), "passphrase");
	token_refused(good, STR_NONE, "no private key");
	token_refused(good, good, "no private key");
	token_refused(STR_NONE, text_of(right), "download it again");
	token_refused(STR("{\"consumer_key\":\"CK\"}"), text_of(right), "download it again");
	token_refused(str_sub(good, 0, good.n / 2), text_of(right), "download it again");
	BIO_free(p7m);
	BIO_free(right);
	BIO_free(wrong);
	BIO_free(locked);
	BIO_free(curve);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ec);
}

/* --- signed paths --- */

static BIO *pkcs12(const char *password, EVP_PKEY *k, X509 *x, int cipher)
{
	PKCS12 *p12 = PKCS12_create(password, "depmend", k, x, NULL, cipher, cipher, 0, 0, 0);
	BIO *b = BIO_new(BIO_s_mem());

	assert_non_null(p12);
	assert_true(i2d_PKCS12_bio(b, p12));
	PKCS12_free(p12);
	return b;
}

static bool verifies(struct str header, const char *path)
{
	BIO *content = BIO_new_mem_buf(path, -1);
	BIO *in = BIO_push(
		BIO_new(BIO_f_base64()), BIO_new_mem_buf(header.p + 9, (int)(header.n - 9)));
	STACK_OF(X509) * certs;
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;
	bool ok;

	BIO_set_flags(in, BIO_FLAGS_BASE64_NO_NL);
	cms = d2i_CMS_bio(in, NULL);
	assert_non_null(cms);
	assert_int_equal(CMS_is_detached(cms), 1);
	certs = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(certs), 1);
	sk_X509_pop_free(certs, X509_free);
	signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	assert_true(CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1) >= 0);
	ok = CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) ==
	     1;
	CMS_ContentInfo_free(cms);
	BIO_free_all(in);
	BIO_free(content);
	return ok;
}

static void test_signed_path(void **state)
{
	static const char path[] = "/api/mdm/devices";
	BIO *file = pkcs12("pass", key, cert, 0);
	struct cms_signer *s = NULL;
	struct buf header;
	struct err err;

	(void)state;
	assert_int_equal(cms_signer_load(&s, text_of(file), STR("pass"), NULL), ERR_OK);
	buf_init(&header, 10000);
	assert_int_equal(cms_url_header(s, str_from(path), &header, NULL), ERR_OK);
	assert_memory_equal(header.p, "CMSURL`1 ", 9);
	assert_null(memchr(header.p, '\n', header.n));
	assert_true(verifies(buf_view(&header), path));
	assert_false(verifies(buf_view(&header), "/api/mdm/other"));
	assert_int_equal(cms_url_header(s, STR_NONE, &header, &err), ERR_SETTINGS);
	buf_release(&header);
	buf_init(&header, 100);
	assert_int_equal(cms_url_header(s, str_from(path), &header, &err), ERR_LIMIT);
	buf_release(&header);
	cms_signer_free(s);
	cms_signer_free(NULL);
	BIO_free(file);
}

static void signer_refused(BIO *file, struct str password, const char *why)
{
	struct cms_signer *s = NULL;
	struct err err = { 0 };

	assert_int_equal(cms_signer_load(&s, text_of(file), password, &err), ERR_SETTINGS);
	assert_null(s);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
	BIO_free(file);
}

static void test_pkcs12_refused(void **state)
{
	struct cms_signer *s = NULL;
	BIO *junk = BIO_new(BIO_s_mem()), *open = pkcs12("", key, cert, 0);

	(void)state;
	assert_int_equal(cms_signer_load(&s, text_of(open), STR_NONE, NULL), ERR_OK);
	cms_signer_free(s);
	BIO_free(open);
	signer_refused(pkcs12("pass", key, cert, 0), STR("word"), "password");
	signer_refused(pkcs12("pass", key, NULL, 0), STR("pass"), "lacks");
	signer_refused(pkcs12("pass", NULL, cert, 0), STR("pass"), "lacks");
	assert_true(BIO_puts(junk, "junk") > 0);
	signer_refused(junk, STR("pass"), "no PKCS#12");
	signer_refused(BIO_new(BIO_s_mem()), STR("pass"), "no PKCS#12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token_opens),
		cmocka_unit_test(test_token_refused),
		cmocka_unit_test(test_signed_path),
		cmocka_unit_test(test_pkcs12_refused),
	};

	return cmocka_run_group_tests(tests, make_key, drop_key);
}
