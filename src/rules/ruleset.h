/*
 * Private to src/rules: what a loaded set of rules is made of.
 *
 * Conditions are one array of ops in prefix order: an op knows where its subtree ends, so that a
 * decided one is left by a jump. Beside it stands the same condition as a chain of tests, each a
 * leaf with the place to go on for true and for false: rows whose facts are all known, nearly all
 * rows, are judged by that alone. Leaves are shared: the same comparison in ten rules is one leaf.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include "base/map.h"
#include "io/yaml.h"
#include "rules/rules.h"

enum {
	RULES_MAX_RULES = 1000,
	RULES_MAX_RECIPES = 1000,
	RULES_MAX_PARAMETERS = 1000,
	RULES_MAX_VALUES = 10000, /* in one list */
	RULES_MAX_WAVES = 32,
	RULES_MAX_DATES = 16,
	RULES_RECIPE_DEPTH = 4,
	RULES_FILE_BYTES = 16 * 1024 * 1024, /* of an in_file list */
	RULES_FILE_VALUE = 256,              /* bytes of one value in it */
};

/* What an operator needs from both sides. */
enum oper_needs {
	NEEDS_ANY, /* whatever the field is */
	NEEDS_TEXT,
	NEEDS_ORDER, /* numbers or dates */
	NEEDS_DATE,
	NEEDS_DURATION, /* dates against a duration */
	NEEDS_FLAG,
	NEEDS_FILE, /* text against the lines of a file */
};

/* X(id, word, needs); the first has no word: it is what a bare field means. */
#define OPER_LIST(X)                          \
	X(EQ, "", ANY)                        \
	X(NE, "ne", ANY)                      \
	X(EXACT, "exact", TEXT)               \
	X(IN_FILE, "in_file", FILE)           \
	X(PREFIX, "prefix", TEXT)             \
	X(SUFFIX, "suffix", TEXT)             \
	X(CONTAINS, "contains", TEXT)         \
	X(GLOB, "glob", TEXT)                 \
	X(LT, "lt", ORDER)                    \
	X(LE, "le", ORDER)                    \
	X(GT, "gt", ORDER)                    \
	X(GE, "ge", ORDER)                    \
	X(BEFORE, "before", DATE)             \
	X(AFTER, "after", DATE)               \
	X(OLDER_THAN, "older_than", DURATION) \
	X(NEWER_THAN, "newer_than", DURATION) \
	X(PRESENT, "present", FLAG)

enum oper {
#define X(id, word, needs) OPER_##id,
	OPER_LIST(X)
#undef X
		OPER_MAX_
};

struct oper_info {
	const char *word;
	enum oper_needs needs;
};
const struct oper_info *oper_info(enum oper o);
bool oper_from_word(struct str word, enum oper *ret);

/* How the two sides are compared. */
enum compare { BY_TEXT, BY_NUMBER, BY_DATE, BY_AGE, BY_FLAG, BY_FILE };

/* A column of the input that the rules name; bound to an index by rules_bind(). */
struct column_ref {
	bool canonical, is_serial;
	enum column column; /* canonical */
	struct str header;  /* otherwise */
	struct loc at;      /* where it is named first */
	int bound;          /* -1: not bound */
};

enum source_kind { SOURCE_COLUMN, SOURCE_FACT, SOURCE_PARAM };

struct source {
	enum source_kind kind;
	enum field_type type;
	uint32_t ref;     /* SOURCE_COLUMN */
	enum fact fact;   /* SOURCE_FACT */
	struct str param; /* SOURCE_PARAM: its value; empty: absent */
};

/* The other side: a literal folded once, or a column read per row. */
struct operand {
	bool is_column;
	uint32_t ref;
	struct str text; /* literal; empty only from an empty parameter: absent */
	double number;
	int64_t date_ms;
	struct duration age;
	int64_t age_now_ms; /* date_ms is `age` before this; TIME_NONE: not counted yet */
	bool flag;
};

/* RFC 3339 in UTC and whole seconds, of this century, so that the order of the texts is that of the
 * times: `2026-01-`, `31T23:59` and `:59Z`, the first character highest. */
struct date_text {
	uint64_t month, minute;
	uint32_t second;
};

struct leaf {
	struct source source;
	enum oper oper;
	enum compare compare;
	struct operand *v;
	uint32_t n;
	struct map *members; /* BY_FILE and long lists: lower-case values; owned */
	bool plain;          /* text of a cell against literals: most leaves */
	bool dated;          /* date of a cell against one literal: most of the others */
	/* BY_DATE and BY_AGE: the last time that rows were compared with, as a text of theirs. */
	int64_t want_ms;
	bool wants_text;
	struct date_text want;
	bool shared;     /* stands in several places: its result is kept per row */
	struct str text; /* the whole leaf in one line, for explain */
};

enum op_kind { OP_ALL, OP_ANY, OP_NOT, OP_LEAF, OP_ALWAYS };

struct op {
	enum op_kind kind;
	uint32_t end;  /* index behind the subtree */
	uint32_t leaf; /* OP_LEAF */
};

/* One link of the chain. The rules follow each other: where one is false, the next begins. */
enum { CHAIN_FALSE = -1, CHAIN_TRUE = -2 }; /* -1: while its rule is being linked */
#define CHAIN_ALWAYS UINT32_MAX             /* as a leaf: true */
#define CHAIN_OPS (UINT32_MAX - 1)          /* the whole rule is for the ops to judge */
#define CHAIN_SKIP (UINT32_MAX - 2)         /* before a rule with a key, see rules_worth() */
struct link {
	uint32_t leaf, rule;
	int32_t on_true, on_false; /* places in `chain`, its end, or CHAIN_TRUE */
	/* A cell that has to equal one literal, or begin with it, needs no leaf; empty: it is
	 * anything else. */
	struct str text;
	bool is_prefix;
	uint64_t head, head_mask; /* its first eight bytes as bytes_read8(), and which they are */
	uint32_t ref;
};

/* A text that a rule needs in a column. */
struct key {
	uint32_t hash, rule, next; /* next: of those in its place, from 1; 0: none */
};
struct key_column {
	uint32_t ref, n, last;
	uint32_t mask, *table; /* by hash: the first key there */
	/* How long its keys are, a bit each, the last for all longer ones; and what they begin
	 * with, by the lower five bits: cells that no key is like need no hash. */
	uint64_t lengths;
	uint32_t begins;
};

/* A text argument: literal, or the cell of a column. `given` false: the writer left it out. */
struct arg {
	bool given, is_column;
	uint32_t ref;
	struct str text;
	struct str param; /* name of the parameter it came from, for messages */
	struct loc at;
};

struct rule_step {
	enum step_kind kind;
	struct arg arg, deadline;
	bool force_now;
	struct loc at;
};

struct steps {
	struct rule_step *v;
	uint32_t n;
	unsigned depth; /* of recipes inside each other */
};

struct rule {
	struct rule_info info;
	struct steps to_do, failed;
	uint32_t first_op;
	int32_t first_link;
	bool has_key;
};

struct recipe {
	struct str name;
	struct steps steps;
	struct loc at;
};

struct parameter {
	struct str name, value, help;
	bool has_default, is_set;
	struct str preset;
	struct loc at;
};

/* One entry of `tests:`. */
struct rules_test {
	struct loc at;
	const struct yaml_node *row, *expect, *set; /* set: parameters, may be NULL */
	int64_t now_ms;                             /* TIME_NONE: the present */
	struct str rule, undecided; /* the rule that has to fire, or to stay open; "none" */
	struct str waits;           /* the rule that has to wait until Apple lists the serial */
	bool has_steps;
	struct steps steps;
};

/* A growing array inside the set. */
#define LIST_OF(type)          \
	struct {               \
		type *v;       \
		size_t n, cap; \
	}

struct ruleset {
	struct arena arena;
	bool school;
	struct rules_lists lists;
	LIST_OF(struct yaml_doc *) docs; /* kept for the lines of late diagnostics */
	LIST_OF(struct parameter) parameters;
	LIST_OF(struct column_override) columns;
	LIST_OF(struct loc) column_places; /* of `columns` */
	struct str dates[RULES_MAX_DATES];
	size_t n_dates;
	LIST_OF(struct recipe) recipes;
	LIST_OF(struct rule) rules;
	LIST_OF(struct op) ops;
	LIST_OF(struct link) chain;
	LIST_OF(struct key_column) key_columns;
	LIST_OF(struct key) keys;
	uint64_t keyless[RULES_MAX_RULES / 64 + 1]; /* a bit for each rule that has no key */
	LIST_OF(struct leaf) leaves;
	struct map leaf_texts; /* text of a leaf -> its number */
	LIST_OF(struct column_ref) refs;
	LIST_OF(int) used;
	LIST_OF(struct rules_name) names;
	LIST_OF(struct rules_test) tests;
	struct rules_policy policy;
	char digest[65];

	/* judging */
	struct judge_rows *judge_rows; /* NULL: not used yet */
	char why[256];
};

/* Appends to a list: a zeroed item, valid until the next one. */
#define LIST_ADD(list)                                                             \
	((list).v = list_room((list).v, (list).n, &(list).cap, sizeof(*(list).v)), \
		&(list).v[(list).n++])
void *list_room(void *v, size_t n, size_t *cap, size_t item_bytes);

/* --- values --- */
/* RFC 3339, ISO, or one of the set's `dates:`. */
bool rules_date(const struct ruleset *set, struct str text, int64_t *ret_ms);
/* Decimal digits with an optional sign and fraction; at most 15 digits. Never 1E11. */
bool rules_number(struct str text, double *ret);
/* true, yes, false, no; without case. */
bool rules_flag(struct str text, bool *ret);

/* The number of the column the rules call that; added when it is new. */
uint32_t rules_ref(struct ruleset *set, struct str header, struct loc at);
uint32_t rules_ref_canonical(struct ruleset *set, enum column column, struct loc at);
/* The file a place is in, for yaml_diag(). */
const struct yaml_doc *rules_doc(const struct ruleset *set, struct loc at);
/* How messages call it: 'Wanted server' or 'serial'. */
struct str rules_ref_name(const struct column_ref *ref);
/* Finds what rules them out at once, and makes the chain of every rule from its ops. */
void rules_keys(struct ruleset *set);
void rules_chain(struct ruleset *set);
/* A bit for each rule that the row may fire, or leave open: all others are false. `cells`: by key
 * column. */
void rules_worth(const struct ruleset *set, const struct str *cells, uint64_t *ret);
/* Where the chain goes on with the next of them, from `rule` on, behind its CHAIN_SKIP. */
int32_t rules_skip(const struct ruleset *set, const uint64_t *worth, uint32_t rule);

/* The cell, empty when the row is short or the column is not there. */
static inline struct str rules_cell(const struct column_ref *ref, const struct rules_row *row)
{
	if (ref->is_serial && row->serial.n)
		return row->serial;
	if ((size_t)ref->bound >= row->n_cells) /* -1, too */
		return STR_NONE;
	return row->trimmed ? row->cells[ref->bound] : str_trim(row->cells[ref->bound]);
}

/* The steps of one list for a row: see rules_program(). */
MUST_CHECK enum errc steps_fill(const struct ruleset *set, const struct steps *steps,
	const struct rules_row *row, struct step *ret, uint32_t *ret_n, struct err *err);

/* --- judging --- */

struct judge {
	struct ruleset *set;
	const struct rules_row *row;
	/* Where its cells are when it is number `at` of several; NULL: its own are meant. */
	struct str (*cell)(struct judge_rows *rows, uint32_t ref, size_t at);
	struct judge_rows *rows;
	size_t at;
	enum reading needs; /* cheapest reading that unread leaves wait for */
	uint32_t unknown;   /* first leaf that made the result unknown; UINT32_MAX: none */
	uint64_t blind; /* facts (FACT_BIT) that are unknown, whatever they are: nothing is blamed
			   on them */
};

static inline struct judge judge_of(struct ruleset *set, const struct rules_row *row)
{
	return (struct judge){
		.set = set, .row = row, .needs = READING_MAX_, .unknown = UINT32_MAX
	};
}

static inline struct str judge_cell(const struct judge *j, uint32_t ref)
{
	return j->cell ? j->cell(j->rows, ref, j->at) : rules_cell(&j->set->refs.v[ref], j->row);
}

/* The time that a leaf which is `dated` compares with. */
int64_t leaf_date(const struct leaf *leaf, int64_t now_ms);
/* order: below 0 when what is seen is less than what is wanted, or earlier. */
bool order_holds(enum oper oper, int order);
bool text_holds(enum oper oper, struct str seen, struct str want);

/* One subtree; *at moves behind it. */
enum tri judge_ops(struct judge *j, uint32_t *at);
enum tri judge_leaf(struct judge *j, const struct leaf *leaf);
/* A rule of which the chain cannot tell. Where that goes on: CHAIN_TRUE when *ret is all there is
 * to say. */
int32_t judge_rule(struct judge *j, uint32_t rule, struct verdict *ret);
/* The value a leaf looks at, typed as the field is. */
struct value leaf_value(struct judge *j, const struct leaf *leaf);
/* Whether the leaf is unknown because of the row itself; set->why then says so. */
bool leaf_is_at_fault(struct judge *j, const struct leaf *leaf);

#endif
