/*
 * The rule language (depmend-rules(5)): load, bind to a header, judge rows.
 *
 * Pure: no clock, no network, no log. Rules know no services; they ask for facts by the names of
 * model/field.h through a callback.
 *
 * Logic has three values, true, false and unknown, plus *unread* while facts are still being
 * fetched. A rule fires only on true; a rule that is unknown ends the search.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/time.h"
#include "io/csv/csv.h"
#include "model/columns.h"
#include "model/field.h"
#include "model/serial.h"
#include "model/step.h"

enum tri { TRI_FALSE, TRI_TRUE, TRI_UNKNOWN, TRI_UNREAD };

struct ruleset; /* one or more files, checked and flattened; immutable once loaded */

/* How the files of in_file are read, as every list of serials is. */
struct rules_lists {
	const char *encoding; /* NULL: utf-8 */
	enum barcode_s barcode_s;
};

struct rules_options {
	const char *const *files; /* paths, or names of shipped rules */
	size_t n_files;
	const char *const *shipped_dirs; /* where NAME is looked up as NAME.yaml; NULL-terminated */
	const char *const *set;          /* "NAME=VALUE" */
	size_t n_set;
	bool school; /* Apple School Manager: releasing works another way */
	struct rules_lists lists;
};

/* All mistakes of all files go to d: ERR_RULES then (ERR_NO_INPUT for a missing file). Warnings do
 * not fail. Caller frees with rules_free(). */
MUST_CHECK enum errc rules_load(
	struct ruleset **ret, const struct rules_options *opt, struct diags *d, struct err *err);
void rules_free(struct ruleset *set);

/* SHA-256 hex over every file's bytes and the parameters; borrowed from the set. */
const char *rules_digest(const struct ruleset *set);
size_t rules_count(const struct ruleset *set);

struct rule_info {
	struct str name, because; /* because may be empty */
	struct loc at;
	bool has_again_after;
	struct duration again_after; /* the default for rules that put a device back: 7d */
	bool acts;                   /* its do: has a step that may send something */
	bool puts_back;              /* takes a device off its server and puts it back */
	bool waits; /* wait_for: a serial that Apple does not list yet is looked for again */
	struct duration wait_listed; /* for so long */
};
const struct rule_info *rules_info(const struct ruleset *set, size_t rule);
/* Whether some rule has that step; *ret_at (may be NULL) is where it first stands. */
bool rules_use_step(const struct ruleset *set, enum step_kind kind, struct loc *ret_at);

/* Whether some condition asks for a fact of that reading. */
bool rules_ask(const struct ruleset *set, enum reading r);

/* Policy of the whole set, tightest of all files; absent: UINT32_MAX. */
struct rules_policy {
	const char *name; /* of the files, whose limits count what runs of this name did */
	uint32_t limit_devices, limit_percent;
	uint32_t halt_failed_percent; /* default 10 */
	struct {
		uint32_t n;
		bool percent;
	} waves[32];    /* smallest at each stage; the last is 100% */
	size_t n_waves; /* 0: the default, see plan/waves.h */
};
const struct rules_policy *rules_policy(const struct ruleset *set);

/* `columns:` of the files, for model/columns. Borrowed from the set. */
const struct column_override *rules_columns(const struct ruleset *set, size_t *ret_n);

/* Ties csv fields and {column: HEADER} to column indexes of this input. A header that is missing is
 * an error with the nearest one as suggestion: into d, ERR_RULES. Before this, judging is not
 * allowed. */
MUST_CHECK enum errc rules_bind(
	struct ruleset *set, const struct columns *columns, struct diags *d, struct err *err);
/* Indexes of the input columns that the rules refer to (for the run's identity), ascending.
 * Borrowed. */
const int *rules_used_columns(const struct ruleset *set, size_t *ret_n);

/* Names of servers and profiles written in the rules as plain text (not from a column): for the
 * pre-flight. Borrowed. */
struct rules_name {
	struct str name;
	struct loc at;
	bool profile; /* else a server */
};
const struct rules_name *rules_names(const struct ruleset *set, size_t *ret_n);

/* The files that the set was read from, lists of in_file among them, one by one; NULL: no more.
 * Borrowed. */
const char *rules_file(const struct ruleset *set, size_t i);

/* What a row is judged by. */
struct rules_row {
	const struct str *cells; /* may be shorter than the header: missing cells are absent */
	size_t n_cells;
	bool trimmed;      /* neither blanks nor line ends are at their edges */
	struct str serial; /* normalised */
	int64_t now_ms;
	/* Live facts; never asked for CSV columns. NULL: all unread. */
	void (*fact)(void *self, enum fact f, struct value *ret);
	void *self;
};

enum verdict_kind {
	VERDICT_RULE,      /* `rule` fired */
	VERDICT_NONE,      /* no rule fired */
	VERDICT_UNDECIDED, /* `rule` is unknown because of `fact` */
	VERDICT_NEEDS,     /* `needs` has to be read first */
	VERDICT_INVALID,   /* a cell the rule compares or passes on is unusable: see `why` */
	VERDICT_WAITS,     /* Apple does not list the serial yet, and `rule` waits for that */
};

struct verdict {
	enum verdict_kind kind;
	size_t rule;
	enum fact fact;
	enum reading needs; /* the cheapest reading that could decide */
	const char *why;    /* borrowed until the next call */
};

void rules_judge(struct ruleset *set, const struct rules_row *row, struct verdict *ret);

/* Many rows at once, of which every cell is known and no fact: the rule that takes each, by what
 * the CSV says. RULES_NONE: none; RULES_OPEN: rules_judge() has to say, of a row that needs more.
 * `ret` has a place for each. */
struct rules_rows {
	/* n of them, from `at` on, with n_cells or more each; none with CSV_ROW_INNER */
	const struct csv_rows *csv;
	size_t at, n, n_cells;
	const struct serial *serials; /* normalised */
	int64_t now_ms;
};
#define RULES_NONE UINT16_MAX
#define RULES_OPEN (UINT16_MAX - 1)
void rules_judge_rows(struct ruleset *set, const struct rules_rows *rows, uint16_t *ret);

/* Whether the rule of that name still takes a row that it took before. `blind`: facts (FACT_BIT)
 * that the row's own steps have changed since; what they alone leave open is as it was. Rules that
 * wait for a serial wait no more. */
void rules_judge_again(struct ruleset *set, const struct rules_row *row, struct str rule,
	uint64_t blind, struct verdict *ret);

/* A cell of the row that a condition cannot compare, wherever in the rules; false: there is none.
 * Texts are borrowed until the next call. */
struct rules_fault {
	const char *why;
	struct str column, cell;
	bool wants_date;
};
bool rules_row_at_fault(struct ruleset *set, const struct rules_row *row, struct rules_fault *ret);

/* The steps of a rule for this row, recipes flattened, {column:} and {param:} filled in; a duration
 * deadline is counted from row->now_ms. Step texts are borrowed from the row's cells and the set.
 * if_failed: the steps of `if_failed:` instead. ERR_SYNTAX when a cell the steps need is empty or
 * unusable. `ret` holds PROGRAM_MAX_STEPS. */
MUST_CHECK enum errc rules_program(struct ruleset *set, size_t rule, bool if_failed,
	const struct rules_row *row, struct step *ret, uint32_t *ret_n, struct err *err);

/* Whether those steps are the same for every row. */
bool rules_program_is_fixed(const struct ruleset *set, size_t rule);

/* Whether a rule has a step that cannot be undone. */
bool rules_decide_for_good(const struct ruleset *set);

/* For `explain`: every leaf of every rule. depth 0 is the rule's root. Texts borrowed until the
 * next call of each(). */
struct explain_line {
	size_t rule;
	unsigned depth;
	struct str text; /* "apple.status: ASSIGNED", "any", "not" */
	bool leaf;
	enum tri result;
	struct value seen; /* leaf: the value it looked at */
	bool reached;      /* false: the search had ended before this rule */
};
void rules_explain(struct ruleset *set, const struct rules_row *row,
	void (*each)(void *self, const struct explain_line *line), void *self);

/* "ASSIGNED", "absent", "could not be read": what a condition looked at. */
void rules_value_words(const struct value *v, struct buf *out);
const char *rules_tri_word(enum tri t);

/* Runs `tests:` of every file, each at its own `now:` or at now_ms. Each failure is a diagnostic
 * with expected and found, and with the conditions that led to it. */
MUST_CHECK enum errc rules_run_tests(
	struct ruleset *set, int64_t now_ms, struct diags *d, size_t *ret_run, struct err *err);

/* The JSON Schema (draft-07) of a rules file, made from the loader's own tables. */
void rules_schema(struct buf *out);

#endif
