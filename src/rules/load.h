/*
 * Private to src/rules: what the parts of the loader share.
 */
#ifndef RULES_LOAD_H
#define RULES_LOAD_H

#include "io/crypto.h"
#include "io/yaml_table.h"
#include "rules/ruleset.h"

struct loader {
	struct yaml_reader r; /* r.self is the loader */
	struct ruleset *set;
	const struct rules_options *opt;
	struct sha256_stream *digest; /* of every byte that can change a verdict */
	struct err stranger;          /* who could have written a file of in_file; ERR_OK: nobody */
};

/* A text that stays with the set. */
struct str keep(struct loader *l, struct str text);

/* {param: NAME} and {column: NAME}: which, and the name. Complains when the mapping is neither. */
enum ref_kind { REF_NONE, REF_PARAM, REF_COLUMN };
enum ref_kind read_ref(struct loader *l, const struct yaml_node *n, struct str *ret_name);
/* NULL and a complaint when no parameter has that name. */
const struct parameter *find_parameter(
	struct loader *l, const struct yaml_node *at, struct str name);

/* A step's or a recipe's name, in the words of the writer. */
const struct recipe *find_recipe(const struct ruleset *set, struct str name);
/* "unknown field" with the nearest as suggestion. */
void unknown_field(struct loader *l, const struct yaml_node *member, struct str word);

/* Whether a field of that type can be asked that way. */
bool oper_fits(const struct source *s, enum oper_needs needs);
/* The values of a leaf whose field and operator are known; false after a complaint. */
bool load_values(struct loader *l, const struct yaml_node *member, struct leaf *leaf);
/* leaf->members for long lists, and from the files of in_file; false after a complaint. */
void members_from_list(struct leaf *leaf);
bool members_from_files(struct loader *l, const struct yaml_node *n, struct leaf *leaf);
void members_free(struct leaf *leaf);
/* Its number, which may be that of an equal leaf; takes leaf->members over. */
uint32_t share_leaf(struct loader *l, struct leaf *leaf);

/* `match:`; appends its ops to the set. */
void load_match(struct loader *l, const struct yaml_node *n);
/* What follows a step's word in `do:`. */
struct step_shape {
	const struct yaml_key *keys; /* NULL: none, or a text */
	bool required;
};
extern const struct step_shape step_shapes[]; /* by enum step_arg */
extern const char *const wipe_kinds[];        /* NULL-terminated */

/* `do:` and `if_failed:`, recipes flattened. */
void load_steps(struct loader *l, const struct yaml_node *n, struct steps *ret);
/* Complains about orders that cannot work. */
void check_steps(struct loader *l, const struct steps *steps);
/* Readers of the page: rules, recipes. */
void load_rules(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_recipes(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* Readers of the page: parameters, columns, dates, limits, waves, halt. */
void load_parameters(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_columns(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_dates(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_limits(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_waves(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_halt(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
void load_tests(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to);
/* The value that a test's row gives to a fact; false when its text is none. */
bool test_is_unknown(const struct yaml_node *n);
bool test_fact_value(const struct ruleset *set, enum fact f, struct str text, struct value *ret);
/* --set: complains about names that no file has. */
void check_parameters(struct loader *l);

/* Warns about rules that an earlier one always forestalls. */
void find_shadows(struct loader *l);

/* The tables, also for the schema. */
extern const struct yaml_key rules_page_keys[], rules_rule_keys[], rules_parameter_keys[],
	rules_limit_keys[], rules_halt_keys[], rules_test_keys[], rules_expect_keys[],
	rules_wait_keys[];

#endif
