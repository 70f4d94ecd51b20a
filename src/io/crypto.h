/*
 * Keys, hashes and encodings. Private keys stay inside crypto_*.c, but for one that es256_make()
 * has just made, and are wiped after use.
 */
#ifndef IO_CRYPTO_H
#define IO_CRYPTO_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Starts OpenSSL, which all of this but SHA-256 does by itself, and who hands it to libcurl has to:
 * aborts where it lacks memory, and would otherwise end by a signal later. */
void crypto_begin(void);

/* --- hashes and encodings --- */
enum { SHA256_BYTES = 32, SHA256_HEX = 65 };
void sha256(struct str bytes, unsigned char out[SHA256_BYTES]);
/* Lower-case hex, NUL-terminated. */
void sha256_hex(struct str bytes, char out[SHA256_HEX]);
struct sha256_stream;
struct sha256_stream *sha256_new(void);
void sha256_add(struct sha256_stream *s, struct str bytes);
/* Frees s. */
void sha256_end_hex(struct sha256_stream *s, char out[SHA256_HEX]);

/* RFC 2104 over SHA-1: only for OAuth 1.0a, which knows nothing better. */
enum { HMAC_SHA1_BYTES = 20 };
void hmac_sha1(struct str key, struct str bytes, unsigned char out[HMAC_SHA1_BYTES]);

void base64(struct buf *out, struct str bytes);
void base64url(struct buf *out, struct str bytes); /* no padding */
MUST_CHECK enum errc base64url_decode(struct buf *out, struct str text, struct err *err);
/* 36 characters and a NUL, version 4. */
enum { UUID_TEXT = 37 };
void uuid_random(char out[UUID_TEXT]);

/* --- ES256 (RFC 7518 3.4): R and S as 32 bytes each, not DER --- */
struct es256_key;
/* Takes the four shapes seen in the field: PKCS#8, SEC1, PKCS#8 under an "EC PRIVATE KEY" label,
 * and a leading EC PARAMETERS block (services/README.md Apple A.2). ERR_SETTINGS unless a P-256
 * private key. Caller frees with es256_free(). */
MUST_CHECK enum errc es256_load(struct es256_key **ret, struct str pem, struct err *err);
/* A public key (SPKI PEM) for verifying; the simulator's half. */
MUST_CHECK enum errc es256_load_public(struct es256_key **ret, struct str pem, struct err *err);
void es256_free(struct es256_key *k);
/* A new private key as PEM, for simulators. Caller wipes the buffer. */
MUST_CHECK enum errc es256_make(struct buf *ret_pem, struct err *err);
/* Appends base64url(header).base64url(claims).base64url(signature). */
MUST_CHECK enum errc es256_jwt(const struct es256_key *k, struct str header_json,
	struct str claims_json, struct buf *out, struct err *err);
/* ERR_AUTH when the signature of `signed_part` (header.claims) is wrong. */
MUST_CHECK enum errc es256_verify(const struct es256_key *k, struct str signed_part,
	struct str signature_base64url, struct err *err);

/* --- CMS --- */
/* Opens Apple's server token: the .p7m of the portal with the PEM key of the certificate that was
 * uploaded there (services/README.md Apple B.1). Gives the MIME text that holds the JSON; caller
 * wipes ret. ERR_SETTINGS. */
MUST_CHECK enum errc cms_open_token(
	struct str p7m, struct str key_pem, struct buf *ret, struct err *err);

struct cms_signer;
/* Key and certificate of a PKCS#12 file. ERR_SETTINGS. Caller frees with cms_signer_free(). */
MUST_CHECK enum errc cms_signer_load(
	struct cms_signer **ret, struct str pkcs12, struct str password, struct err *err);
void cms_signer_free(struct cms_signer *s);
/* When the certificate ends, in ms UTC; INT64_MIN: it does not say. */
int64_t cms_signer_ends(const struct cms_signer *s);
/* Appends the Authorization of a request for this path, which comes without host and query and as
 * it is sent (services/README.md UEM A.5). */
MUST_CHECK enum errc cms_url_header(
	const struct cms_signer *s, struct str path, struct buf *out, struct err *err);

#endif
