/*
 * Who may approve a plan: the file that `approval: {keys: ...}` names, in the form of ssh-keygen's
 * allowed signers (ssh-keygen(1)), one person's key a line. Here it is only read for who is who: a
 * signature is checked by ssh-keygen itself.
 */
#ifndef APPROVE_APPROVERS_H
#define APPROVE_APPROVERS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

/* One line: a key and whose it is. */
struct approver {
	struct str type; /* "ssh-ed25519" */
	struct str key;  /* base64, as it is written */
	struct str name; /* the first principal of the line */
	uint32_t person; /* lines that share a principal or a key are one person's */
};

struct approvers {
	const char *path;  /* borrowed */
	struct buf text;   /* owns what the lines borrow */
	struct map names;  /* principals, in lower case */
	uint32_t *of_name; /* person of each */
	struct approver *v;
	size_t n;
};

/* The file and the folders above it are under the rules of trust/trust.h. ERR_SETTINGS: not to be
 * trusted, missing, empty, or a line that names no single person: patterns and certificate
 * authorities are refused. Caller releases, also after a failure. */
MUST_CHECK enum errc approvers_load(struct approvers *ret, const char *path, struct err *err);
void approvers_release(struct approvers *a);

/* NULL: no line has that key. */
const struct approver *approvers_by_key(const struct approvers *a, struct str key);
/* Whether an account of this machine with that login name is the person's: a principal, or the part
 * of one before the @, is that name. */
bool approvers_is_login(const struct approvers *a, uint32_t person, struct str login);

#endif
