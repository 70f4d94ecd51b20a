/*
 * Whose files count: what decides over devices, or names programs to start, has to be beyond the
 * reach of strangers. A file, the folder it stands in and those above have to belong to the user or
 * root, and nobody else may be able to write them (above: or to replace what is ours in them, so
 * that /tmp will do). Every step is looked at by an open descriptor, symbolic links are followed
 * one by one, and what was looked at is what is read.
 *
 * A group may write where it is the owner's own (a clone under umask 002), or where
 * `trusted_group:` names it, whose members may then own files too, in /etc/depmend/trust.yaml,
 * which belongs to root, or in depmend/trust.yaml of the user's configuration folder. State may
 * also belong to root and, with the set-group-ID bit, to a further group of ours, as a Kubernetes
 * volume with fsGroup does. A mount that is read-only counts as not writable. $DEPMEND_TRUST names
 * absolute paths, separated by colons: the owner of each is accepted for that file, or for what is
 * in that folder.
 */
#ifndef TRUST_TRUST_H
#define TRUST_TRUST_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"

struct yaml_doc;

/* What is looked at. */
enum trusted {
	TRUSTED_SETTINGS,
	TRUSTED_RULES, /* not those that are shipped: they are as safe as the program */
	TRUSTED_PROTECTED,
	TRUSTED_APPROVERS,
	TRUSTED_STATE,
	TRUSTED_BACKUP,         /* becomes the state; may lie in a folder such as /tmp */
	TRUSTED_GROUPS,         /* the user's file that names groups: no group may write it */
	TRUSTED_GROUPS_OF_ROOT, /* the same for all users */
};

/* The whole of it. ERR_NO_INPUT when it cannot be opened; ERR_SETTINGS names who could change it,
 * with the command that mends that. Caller releases the buffer. */
MUST_CHECK enum errc trust_read(
	enum trusted what, const char *path, size_t max_bytes, struct buf *ret, struct err *err);
/* Only whether it counts: for what is then opened by its name, by a library. Errors as above. */
MUST_CHECK enum errc trust_file(enum trusted what, const char *path, struct err *err);
/* The same, read as YAML. Caller frees with yaml_doc_free(). */
MUST_CHECK enum errc trust_load_yaml(enum trusted what, const char *path, struct yaml_doc **ret,
	struct diags *d, struct err *err);
/* A folder and the files in it, but not what is further below; where it is not there yet, those
 * that it would be made in, and then it has to be looked at again. ERR_SETTINGS. */
MUST_CHECK enum errc trust_folder(enum trusted what, const char *path, struct err *err);

/* Where the user's own trust.yaml would be; NULL: nowhere. Caller frees. */
char *trust_groups_file(void);

#endif
