#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "io/crypto.h"

enum { MAX_FILE_BYTES = 256 * 1024 };

static BIO *open_bytes(struct str bytes)
{
	crypto_begin();
	/* An empty view has no pointer, which OpenSSL takes for a failure. */
	if (bytes.n == 0 || bytes.n > MAX_FILE_BYTES)
		return NULL;
	return BIO_new_mem_buf(bytes.p, (int)bytes.n);
}

static struct str bytes_of(BIO *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return (struct str){ p, n > 0 ? (size_t)n : 0 };
}

/* --- Apple's server token --- */

static EVP_PKEY *read_key(struct str pem)
{
	char no_passphrase[] = ""; /* or OpenSSL would ask for one on the terminal */
	BIO *in = open_bytes(pem);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, no_passphrase) : NULL;

	BIO_free(in);
	return key;
}

enum errc cms_open_token(struct str p7m, struct str key_pem, struct buf *ret, struct err *err)
{
	EVP_PKEY *key = read_key(key_pem);
	BIO *in = open_bytes(p7m), *plain = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = in ? SMIME_read_CMS(in, NULL) : NULL;
	enum errc e = ERR_OK;

	if (!key) {
		e = err_set(err, ERR_SETTINGS, "no private key in PEM form without a passphrase");
	} else if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped) {
		e = err_set(err, ERR_SETTINGS,
			"no server token as it was downloaded (.p7m, S/MIME): download it again");
	} else if (!plain || CMS_decrypt(cms, key, NULL, NULL, plain, CMS_DEBUG_DECRYPT) != 1) {
		/* The flag makes a wrong key an error; without it the text would be random bytes,
		 * which hides from an attacker who asks over and over what a file cannot tell. */
		e = err_set(err, ERR_SETTINGS,
			"the private key does not open this server token: it belongs to the "
			"certificate that was uploaded before the token was downloaded");
	} else {
		buf_init(ret, MAX_FILE_BYTES);
		buf_str(ret, bytes_of(plain));
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(plain); /* wipes it */
	EVP_PKEY_free(key);
	ERR_clear_error();
	return e;
}

/* --- signed paths for the UEM --- */

struct cms_signer {
	EVP_PKEY *key;
	X509 *cert;
};

int64_t cms_signer_ends(const struct cms_signer *s)
{
	struct tm tm;

	if (!s->cert || ASN1_TIME_to_tm(X509_get0_notAfter(s->cert), &tm) != 1)
		return INT64_MIN;
	return (int64_t)timegm(&tm) * 1000;
}

void cms_signer_free(struct cms_signer *s)
{
	if (!s)
		return;
	EVP_PKEY_free(s->key);
	X509_free(s->cert);
	free(s);
}

static enum errc unpack(struct cms_signer *s, PKCS12 *p12, const char *password, struct err *err)
{
	if (!PKCS12_verify_mac(p12, password, -1))
		return err_set(err, ERR_SETTINGS, "the password does not open the PKCS#12 file");
	if (!PKCS12_parse(p12, password, &s->key, &s->cert, NULL))
		return err_set(err, ERR_SETTINGS,
			"the PKCS#12 file uses an outdated cipher: export it again with AES-256");
	if (!s->key || !s->cert)
		return err_set(err, ERR_SETTINGS,
			"the PKCS#12 file lacks the private key or its certificate");
	return ERR_OK;
}

enum errc cms_signer_load(
	struct cms_signer **ret, struct str pkcs12, struct str password, struct err *err)
{
	struct cms_signer *s = mem_zalloc(sizeof(*s));
	char *z = mem_dupz(password);
	BIO *in = open_bytes(pkcs12);
	PKCS12 *p12 = in ? d2i_PKCS12_bio(in, NULL) : NULL;
	enum errc e = p12 ? unpack(s, p12, z, err) : err_set(err, ERR_SETTINGS, "no PKCS#12 file");

	PKCS12_free(p12);
	BIO_free(in);
	mem_wipe(z, password.n);
	free(z);
	ERR_clear_error();
	if (e != ERR_OK) {
		cms_signer_free(s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

enum errc cms_url_header(
	const struct cms_signer *s, struct str path, struct buf *out, struct err *err)
{
	BIO *in = open_bytes(path);
	CMS_ContentInfo *cms = in ? CMS_sign(s->cert, s->key, NULL, in,
					    CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP)
				  : NULL;
	unsigned char *der = NULL;
	int n = cms ? i2d_CMS_ContentInfo(cms, &der) : 0;

	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	if (n <= 0)
		return err_set(err, ERR_SETTINGS,
			"the key of the PKCS#12 file cannot sign requests to the UEM");
	buf_z(out, "CMSURL`1 ");
	base64(out, (struct str){ (const char *)der, (size_t)n });
	OPENSSL_free(der);
	return buf_check(out, "a signed path", err);
}
