/*
 * What the manual and editors need to know of settings beyond the table that reads them.
 */
#ifndef MODEL_SETTINGS_SCHEMA_H
#define MODEL_SETTINGS_SCHEMA_H

#include "base/buf.h"
#include "io/yaml_table.h"

/* The whole page; .keys lead to the mappings and to the entries of lists. */
extern const struct yaml_key settings_page_keys[];

/* A kind of value: what .schema of a key names. */
struct settings_type {
	const char *name, *words; /* words: for the manual, "a duration such as 90s" */
	const char *schema;       /* JSON */
};
/* NULL: a mapping or a list of mappings, which .keys describe. */
const struct settings_type *settings_type(const char *name);
/* Whether the value is a list whose entries .keys describe. */
bool settings_is_list(const struct yaml_key *key);
/* Whether exactly one of .keys is given. */
bool settings_is_choice(const struct yaml_key *key);

/* The JSON Schema of a settings file, for editors. */
void settings_schema(struct buf *out);

/* --- a file that is written for somebody --- */

/* Whether the text can be the value of that key, which is no mapping. ERR_SETTINGS says why not. */
MUST_CHECK enum errc settings_check_value(const char *path, const char *text, struct err *err);

struct settings_value {
	const char *path;
	const char *yaml; /* as it is written; NULL: not given */
};
/* A whole file of these values (`path` NULL ends them), in the order of the table, each with its
 * help as a comment; keys of the first level without a value are there as comments, with an
 * example. */
void settings_write(const struct settings_value *values, struct buf *out);
/* Appends the text as a scalar, in quotes where it needs them. */
void settings_put_scalar(const char *text, struct buf *out);
/* Appends the text as comment lines of at most 100 columns. */
void settings_put_comment(const char *text, int indent, struct buf *out);

#endif
