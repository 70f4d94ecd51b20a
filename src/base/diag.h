/*
 * Mistakes in files that people write (rules, settings, protected lists): all of them are
 * collected, with their place, before anything is refused.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

struct loc {
	const char *file;   /* borrowed from whoever loaded the file; NULL: no file */
	unsigned line, col; /* from 1; 0: not known */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	const char *code; /* stable, such as "rules.unknown-field"; borrowed for ever */
	struct loc at;
	struct str text;   /* one sentence, without the place */
	struct str hint;   /* what to do, or lines about it; may be empty */
	struct str source; /* the part of the source line to show; may be empty */
	unsigned caret;    /* where in `source` the mistake starts, from 1 */
	unsigned width;    /* how many columns the caret underlines; at least 1 */
	uint32_t group;    /* those that say the same of one file have the same number */
};

struct diags {
	struct arena arena; /* owns the texts */
	struct diag *v;
	size_t n, cap;
	size_t n_errors, n_warnings;
	struct map groups;
	size_t *n_alike; /* by group, with those that were dropped */
	size_t cap_alike;
	size_t n_dropped;  /* beyond DIAG_MAX, and like none before */
	struct diag spare; /* what diag_add() returns for these */
};

enum { DIAG_MAX = 1000 };

void diags_init(struct diags *d);
void diags_release(struct diags *d);

/* Adds one; the returned entry may be completed until the next call. at.file is copied. */
struct diag *diag_add(struct diags *d, enum diag_level level, const char *code, struct loc at,
	const char *fmt, ...) PRINTF(5, 6);
void diag_hint(struct diags *d, struct diag *entry, const char *fmt, ...) PRINTF(3, 4);
/* Quotes the line the entry stands on, without its end: copied, indentation dropped, a long line
 * cut around entry->at.col. */
void diag_source(struct diags *d, struct diag *entry, struct str line, unsigned width);

/* "did you mean": the candidate nearest to a misspelt word, if one is near. */
struct nearest {
	struct str word, best; /* borrowed */
	unsigned distance;
};
struct nearest nearest_to(struct str word);
void nearest_try(struct nearest *n, struct str candidate);
/* Empty when none was near. */
struct str nearest_best(const struct nearest *n);
/* Sets the hint, unless none was near. */
void diag_suggest(struct diags *d, struct diag *entry, const struct nearest *n);

/* In order of file as added, then line and column:
 *   rules/x.yaml:14:9: error: unknown step 'asign' [rules.unknown-step]
 *       do: [asign]
 *            ^~~~~
 *     did you mean 'assign'?
 *     the same at 20:9, 31:9 and 4 more
 * What is said of several places is said once. Control bytes are replaced. */
void diags_print(const struct diags *d, FILE *out);
/* The same as lines of the log. */
void diags_tell(const struct diags *d);

#endif
