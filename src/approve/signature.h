/*
 * One person's approval of one plan: a small text with the plan's fingerprint, and under it an SSH
 * signature of exactly that text (ssh-keygen -Y sign). Both lie in one file, beside the plan's CSV
 * or wherever the person hands it over.
 */
#ifndef APPROVE_SIGNATURE_H
#define APPROVE_SIGNATURE_H

#include "approve/approvers.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "io/crypto.h"

/* What ssh-keygen is told that the signature is for: one for anything else does not count. */
#define SIGNATURE_NAMESPACE "approval@depmend"
#define SIGNATURE_SUFFIX ".approval"

struct signature_text {
	const char *tenant, *client_id;
	const char *fingerprint; /* whole */
	uint32_t n_devices;
	int64_t at_ms;
};

/* Signs with the private key in that file, or with the agent where it is a public key; ssh-keygen
 * may ask for a passphrase. *ret: the file's bytes; caller releases. *ret_key: the public key in
 * base64; caller releases. ERR_NO_INPUT, ERR_SETTINGS. */
MUST_CHECK enum errc signature_make(const struct signature_text *text, const char *key_file,
	struct buf *ret, struct buf *ret_key, struct err *err);

struct signature {
	char *path; /* owned */
	struct buf file;
	char digest[SHA256_HEX]; /* of the text: one approval, however often it was copied */
	char plan[SHA256_HEX];
	struct buf key;
	int64_t at_ms;
	uint32_t person; /* MAP_NONE: it does not count */
	struct buf name; /* of the person; empty until the key is known */
	char why[400];   /* why it does not count; empty: it may */
};

struct signature_time {
	int64_t now_ms;
	bool is_virtual; /* not the clock that ssh-keygen goes by */
};

/* Reads and checks one: form, tenant, organization, key, signature, age. Only a file that cannot be
 * read is a failure: of all else ret->why tells. Caller releases, also after a failure. */
MUST_CHECK enum errc signature_read(struct signature *ret, const char *path,
	const struct approvers *who, const struct signature_text *of,
	const struct signature_time *when, struct err *err);
void signature_release(struct signature *s);

#endif
