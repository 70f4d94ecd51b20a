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

#endif
