#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/crypto.h"

enum { COORDINATE_BYTES = 32, SIGNATURE_BYTES = 64, MAX_PEM_BYTES = 64 * 1024 };

struct es256_key {
	EVP_PKEY *pkey;
};

void es256_free(struct es256_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey); /* wipes the private part */
	free(k);
}

static bool is_p256(const EVP_PKEY *p)
{
	char group[32];

	return EVP_PKEY_is_a(p, "EC") && EVP_PKEY_get_group_name(p, group, sizeof(group), NULL) &&
	       (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

/* Takes pkey, also when it refuses it. */
static enum errc adopt(struct es256_key **ret, EVP_PKEY *pkey, const char *kind, struct err *err)
{
	ERR_clear_error();
	if (!pkey || !is_p256(pkey)) {
		bool other = pkey != NULL;

		EVP_PKEY_free(pkey);
		return err_set(err, ERR_SETTINGS,
			other ? "the key is not on the curve P-256 (prime256v1)"
			      : "no %s key in PEM form",
			kind);
	}
	*ret = mem_alloc(sizeof(**ret));
	(*ret)->pkey = pkey;
	return ERR_OK;
}

static BIO *open_pem(struct str pem)
{
	crypto_begin();
	pem = str_after_bom(pem);
	if (pem.n == 0 || pem.n > MAX_PEM_BYTES)
		return NULL;
	return BIO_new_mem_buf(pem.p, (int)pem.n);
}

/* The label is not believed: PKCS#8 comes under "EC PRIVATE KEY" too. */
static EVP_PKEY *decode_key(const unsigned char *der, long n)
{
	const unsigned char *p = der;
	PKCS8_PRIV_KEY_INFO *p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, n);
	EVP_PKEY *pkey = p8 ? EVP_PKCS82PKEY(p8) : NULL;

	PKCS8_PRIV_KEY_INFO_free(p8);
	p = der;
	return pkey ? pkey : d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, n);
}

enum errc es256_load(struct es256_key **ret, struct str pem, struct err *err)
{
	BIO *in = open_pem(pem);
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *pkey = NULL;
	bool locked = false;
	long n;

	/* Other blocks, such as EC PARAMETERS, may come first. */
	while (in && !pkey && !locked && PEM_read_bio(in, &label, &header, &der, &n)) {
		locked = *header || strncmp(label, "ENCRYPTED", 9) == 0;
		if (!locked && strstr(label, "PRIVATE KEY"))
			pkey = decode_key(der, n);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);
	}
	BIO_free(in);
	if (locked) {
		ERR_clear_error();
		return err_set(err, ERR_SETTINGS,
			"the private key has a passphrase: store it without one, readable by you "
			"only");
	}
	return adopt(ret, pkey, "private", err);
}

enum errc es256_load_public(struct es256_key **ret, struct str pem, struct err *err)
{
	char no_passphrase[] = ""; /* or OpenSSL would ask for one on the terminal */
	BIO *in = open_pem(pem);
	EVP_PKEY *pkey = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, no_passphrase) : NULL;

	BIO_free(in);
	return adopt(ret, pkey, "public", err);
}

/* DER to R and S, each filled up to its full width. */
static bool to_jose(const unsigned char *der, size_t n, unsigned char out[SIGNATURE_BYTES])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool ok = sig &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, COORDINATE_BYTES) == COORDINATE_BYTES &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + COORDINATE_BYTES, COORDINATE_BYTES) ==
			  COORDINATE_BYTES;

	ECDSA_SIG_free(sig);
	return ok;
}

static bool sign(EVP_PKEY *pkey, struct str text, unsigned char out[SIGNATURE_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[128];
	size_t n = sizeof(der);
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		  EVP_DigestSign(ctx, der, &n, (const unsigned char *)text.p, text.n) == 1 &&
		  to_jose(der, n, out);

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

enum errc es256_jwt(const struct es256_key *k, struct str header_json, struct str claims_json,
	struct buf *out, struct err *err)
{
	unsigned char sig[SIGNATURE_BYTES];
	size_t from = out->n;
	enum errc e;

	base64url(out, header_json);
	buf_char(out, '.');
	base64url(out, claims_json);
	e = buf_check(out, "a signed token", err);
	if (e != ERR_OK)
		return e;
	if (!sign(k->pkey, str_sub(buf_view(out), from, out->n - from), sig))
		return err_set(err, ERR_INTERNAL, "the private key cannot sign");
	buf_char(out, '.');
	base64url(out, (struct str){ (const char *)sig, sizeof(sig) });
	return buf_check(out, "a signed token", err);
}

static int to_der(const unsigned char *jose, unsigned char **ret)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(jose, COORDINATE_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(jose + COORDINATE_BYTES, COORDINATE_BYTES, NULL);
	int n;

	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s))
		abort(); /* out of memory */
	n = i2d_ECDSA_SIG(sig, ret);
	ECDSA_SIG_free(sig);
	return n;
}

static bool verify(EVP_PKEY *pkey, struct str text, const unsigned char *jose)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int n = to_der(jose, &der);
	bool ok = ctx && n > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		  EVP_DigestVerify(ctx, der, (size_t)n, (const unsigned char *)text.p, text.n) == 1;

	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

enum errc es256_verify(const struct es256_key *k, struct str signed_part,
	struct str signature_base64url, struct err *err)
{
	enum errc e = ERR_OK;
	struct buf sig;

	buf_init(&sig, SIGNATURE_BYTES);
	if (base64url_decode(&sig, signature_base64url, NULL) != ERR_OK || sig.full ||
		sig.n != SIGNATURE_BYTES ||
		!verify(k->pkey, signed_part, (const unsigned char *)sig.p))
		e = err_set(err, ERR_AUTH, "the signature is wrong");
	buf_release(&sig);
	return e;
}

enum errc es256_make(struct buf *ret_pem, struct err *err)
{
	EVP_PKEY *key;
	BIO *bio;
	char *text = NULL;
	long n = 0;

	crypto_begin();
	key = EVP_EC_gen("P-256");
	bio = BIO_new(BIO_s_secmem());
	if (key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		buf_add(ret_pem, text, (size_t)n);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return n > 0 ? ERR_OK : err_set(err, ERR_INTERNAL, "cannot make a key");
}
