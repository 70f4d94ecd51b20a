/*
 * JSON Schema (draft-07) for editors, from the tables that the loaders go by. Editors read YAML as
 * JSON, so what is text to a loader may be a number or a truth value to them.
 */
#ifndef IO_SCHEMA_OUT_H
#define IO_SCHEMA_OUT_H

#include "io/json.h"
#include "io/yaml_table.h"

/* {"$ref": "#/definitions/NAME"} as member `key`; NULL within a list. */
void schema_ref(struct json_out *o, const char *key, const char *definition);
/* Opens an object type without other members than those named; the caller ends it. */
void schema_begin_object(struct json_out *o, const char *key);
/* Members `required` and `properties`, as the table says. */
void schema_members(struct json_out *o, const struct yaml_key *keys);
/* The whole object type. */
void schema_mapping(struct json_out *o, const char *name, const struct yaml_key *keys);

#endif
