/*
 * Inside trust: trust.c goes along a path, judge.c judges what it meets there.
 */
#ifndef TRUST_PARTS_H
#define TRUST_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "trust/trust.h"

enum { TRUST_MAX_ALLOWED = 16, TRUST_COMMAND_BYTES = 16 * 1024 };

struct trust_case {
	/* trust_read(), for the files that name groups. */
	enum errc (*read)(enum trusted what, const char *path, size_t max_bytes, struct buf *ret,
		struct err *err);
	enum trusted what;
	const char *given;
	uid_t me;
	struct {
		uid_t owner;
		char *path;           /* owned */
	} allowed[TRUST_MAX_ALLOWED]; /* what DEPMEND_TRUST accepts here */
	size_t n_allowed;
	gid_t state_group; /* of a volume, see trust.h; 0: none */
	/* What is wrong: the first of it in words, all of it in two commands. */
	char why[256];
	char note[256]; /* why a file that names groups does not count */
	uid_t stranger;
	char trust[PATH_MAX]; /* for DEPMEND_TRUST: the deepest folder of that stranger, if any */
	struct buf chown, chmod;
	mode_t write_bits;
};

bool verdict_is_allowed(const struct trust_case *v, uid_t owner);
void verdict_blame_owner(struct trust_case *v, const char *path, const struct stat *st);
/* Notes what is wrong with it. above: a folder further up, in which it is enough that nobody can
 * replace what is not his. A failure is one of the files that name groups. */
MUST_CHECK enum errc verdict_judge(struct trust_case *v, const char *path, int fd,
	const struct stat *st, bool above, struct err *err);
/* Of a verdict with a `why`: the sentence and the command. */
MUST_CHECK enum errc verdict_blame(const struct trust_case *v, struct err *err);

#endif
