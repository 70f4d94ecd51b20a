/*
 * SHA-256 is asked for by its own functions. The same by EVP first looks up the digest, for which
 * OpenSSL reads its configuration and names every algorithm that it has: as much work as judging a
 * few hundred rows, and nothing here is chosen by configuration. They are deprecated for
 * that choice, not for what they compute.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h> /* getentropy() where that has it not */

#include "base/mem.h"
#include "io/crypto.h"

/* What is added is gathered, because each call of the digest costs more than a short text. */
struct sha256_stream {
	SHA256_CTX ctx;
	size_t n;
	char text[4096];
};

/* Fails only without memory or without OpenSSL's default provider. */
static void need(int ok)
{
	if (!ok)
		abort();
}

/* OpenSSL 3.0 goes on with a lock it does not have when memory lacked at its own start. */
void crypto_begin(void)
{
	need(OSSL_LIB_CTX_get0_global_default() != NULL);
}

static void hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

void sha256(struct str bytes, unsigned char out[SHA256_BYTES])
{
	need(SHA256((const unsigned char *)(bytes.n ? bytes.p : ""), bytes.n, out) != NULL);
}

void sha256_hex(struct str bytes, char out[SHA256_HEX])
{
	unsigned char raw[SHA256_BYTES];

	sha256(bytes, raw);
	hex(raw, sizeof(raw), out);
}

struct sha256_stream *sha256_new(void)
{
	struct sha256_stream *s = mem_alloc(sizeof(*s));

	s->n = 0;
	need(SHA256_Init(&s->ctx));
	return s;
}

static void take_gathered(struct sha256_stream *s)
{
	need(SHA256_Update(&s->ctx, s->text, s->n));
	s->n = 0;
}

void sha256_add(struct sha256_stream *s, struct str bytes)
{
	if (bytes.n > sizeof(s->text) - s->n)
		take_gathered(s);
	if (bytes.n > sizeof(s->text)) {
		need(SHA256_Update(&s->ctx, bytes.p, bytes.n));
	} else if (bytes.n) {
		memcpy(s->text + s->n, bytes.p, bytes.n);
		s->n += bytes.n;
	}
}

void sha256_end_hex(struct sha256_stream *s, char out[SHA256_HEX])
{
	unsigned char raw[SHA256_BYTES];

	take_gathered(s);
	need(SHA256_Final(raw, &s->ctx));
	hex(raw, sizeof(raw), out);
	free(s);
}

void hmac_sha1(struct str key, struct str bytes, unsigned char out[HMAC_SHA1_BYTES])
{
	crypto_begin();
	/* A NULL key would mean "the one of last time". */
	need(HMAC(EVP_sha1(), key.n ? key.p : "", (int)key.n,
		     (const unsigned char *)(bytes.n ? bytes.p : ""), bytes.n, out, NULL) != NULL);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buf *out, struct str bytes, const char *digits, bool pad)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t w = (uint32_t)p[i] << 16;

		if (left > 1)
			w |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			w |= p[i + 2];
		for (size_t k = 0; k <= left; k++)
			buf_char(out, digits[(w >> (18 - 6 * k)) & 63]);
		for (size_t k = left; pad && k < 3; k++)
			buf_char(out, '=');
	}
}

void base64(struct buf *out, struct str bytes)
{
	encode(out, bytes, alphabet, true);
}

void base64url(struct buf *out, struct str bytes)
{
	encode(out, bytes, alphabet_url, false);
}

/* Strict: one text per value, so a signature cannot be respelt. */
enum errc base64url_decode(struct buf *out, struct str text, struct err *err)
{
	uint32_t w = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(alphabet_url, text.p[i]) : NULL;

		if (!at)
			return err_set(err, ERR_SYNTAX, "no base64url: byte %zu", i);
		w = (w << 6) | (uint32_t)(at - alphabet_url);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_char(out, (char)(w >> bits));
			w &= (1u << bits) - 1;
		}
	}
	if (bits >= 6 || w != 0)
		return err_set(err, ERR_SYNTAX, "no base64url: it ends inside a byte");
	return ERR_OK;
}

void uuid_random(char out[UUID_TEXT])
{
	static const unsigned char parts[] = { 4, 2, 2, 2, 6 }; /* bytes */
	unsigned char raw[16];
	const unsigned char *p = raw;

	need(getentropy(raw, sizeof(raw)) == 0);
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(parts); i++) {
		hex(p, parts[i], out);
		p += parts[i];
		out += 2 * parts[i];
		if (i + 1 < sizeof(parts))
			*out++ = '-';
	}
}
