/*
 * YAML as a tree of nodes that know where they stand, over libyaml's events.
 *
 * Refused, with their place: aliases, anchors, tags, directives, second documents, duplicate keys,
 * keys that are not plain text, more than 32 levels, 1 MiB or 100,000 nodes, bytes that are not
 * UTF-8. Scalars stay text: 0777, 1E11, no, on, 1.10 and 2024-01-01 arrive byte for byte.
 */
#ifndef IO_YAML_H
#define IO_YAML_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/str.h"

enum { YAML_MAX_DEPTH = 32, YAML_MAX_BYTES = 1024 * 1024, YAML_MAX_NODES = 100000 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct loc at;
	struct str key;      /* name of this member when the parent is a map */
	struct loc key_at;   /* where that name stands */
	struct str text;     /* scalar: its bytes */
	bool quoted;         /* scalar: was written with quotes or as a block */
	unsigned n_children; /* list items or map members, in file order */
	struct yaml_node *first, *next;
};

struct yaml_doc {
	struct arena arena; /* owns all nodes and texts */
	const char *file;   /* as given, owned by the arena */
	struct str source;  /* the whole text, for the source lines of diagnostics */
	uint32_t *lines;    /* offset of each line in source */
	uint32_t n_lines;
	struct yaml_node *root; /* NULL: an empty file */
};

/* Mistakes go to d (and then ERR_SYNTAX); ERR_NO_INPUT when the file cannot be read.
 * Caller frees with yaml_doc_free(). Diagnostics stay valid after that: their texts are copies. */
MUST_CHECK enum errc yaml_load(
	struct yaml_doc **ret, const char *path, struct diags *d, struct err *err);
/* The same of an open descriptor. */
MUST_CHECK enum errc yaml_load_fd(
	struct yaml_doc **ret, int fd, const char *path, struct diags *d, struct err *err);
MUST_CHECK enum errc yaml_load_bytes(struct yaml_doc **ret, const char *name, struct str bytes,
	struct diags *d, struct err *err);
/* Not yaml_free(): libyaml exports that name and would call ours. */
void yaml_doc_free(struct yaml_doc *doc);

/* NULL when the map has no such member, or node is no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* "text", "a list" or "a mapping", for messages. */
const char *yaml_kind_word(enum yaml_kind kind);

/* An error or warning at the node (or at its key), with the source line and a caret. */
struct diag *yaml_diag(struct diags *d, const struct yaml_doc *doc, enum diag_level level,
	const char *code, struct loc at, unsigned width, const char *fmt, ...) PRINTF(7, 8);

#endif
