/*
 * The JSON Schema of a rules file for editors, from the loader's own tables. What depends on
 * other parts of the file (names of recipes and parameters, orders of steps) is left to `check`.
 */
#include "io/schema_out.h"
#include "rules/load.h"

#define DURATION "^[0-9]+(ms|s|m|h|d|w|mo|y)$"
#define NUMBER "^[+-]?[0-9]+([.][0-9]+)?$"
#define FLAG "^([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Ff][Aa][Ll][Ss][Ee]|[Nn][Oo])$"
#define REF(name) "{\"$ref\":\"#/definitions/" name "\"}"
#define OR_LIST(one) \
	"{\"anyOf\":[" REF(one) ",{\"type\":\"array\",\"minItems\":1,\"items\":" REF(one) "}]}"

/* Definitions that no table says: the shapes of single values. */
static const struct {
	const char *name, *schema;
} shapes[] = {
	{ "version", "{\"enum\":[1,\"1\"]}" },
	{ "scalar", "{\"type\":[\"string\",\"number\",\"boolean\"]}" },
	{ "text", "{\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1}" },
	{ "boolean", "{\"enum\":[true,false,\"true\",\"false\"]}" },
	{ "count", "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":4294967294},"
		   "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}]}" },
	{ "percent", "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0,\"maximum\":100},"
		     "{\"type\":\"string\",\"pattern\":\"^0*(100|[0-9]{1,2})%?$\"}]}" },
	{ "wave", "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},"
		  "{\"type\":\"string\",\"pattern\":\"^0*(100|[1-9][0-9]?)%$\"}]}" },
	{ "duration", "{\"type\":\"string\",\"pattern\":\"" DURATION "\"}" },
	{ "ref", "{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,"
		 "\"maxProperties\":1,\"properties\":{\"column\":" REF("text") ",\"param\":" REF(
			 "text") "}}" },
	{ "param", "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"param\"],"
		   "\"properties\":{\"param\":" REF("text") "}}" },
	{ "value", "{\"anyOf\":[" REF("text") "," REF("ref") "]}" },
	{ "number", "{\"anyOf\":[{\"type\":\"number\"},{\"type\":\"string\",\"pattern\":\"" NUMBER
		    "\"}," REF("ref") "]}" },
	{ "age", "{\"anyOf\":[" REF("duration") "," REF("ref") "]}" },
	{ "flag", "{\"anyOf\":[{\"type\":\"boolean\"},{\"type\":\"string\",\"pattern\":\"" FLAG
		  "\"}," REF("param") "]}" },
	{ "path", "{\"anyOf\":[" REF("text") "," REF("param") "]}" },
	{ "values", OR_LIST("value") },
	{ "numbers", OR_LIST("number") },
	{ "ages", OR_LIST("age") },
	{ "flags", OR_LIST("flag") },
	{ "paths", OR_LIST("path") },
	{ "parameters", "{\"type\":\"object\",\"maxProperties\":1000,\"additionalProperties\":" REF(
				"parameter") "}" },
	{ "dates", "{\"type\":\"array\",\"maxItems\":16,\"items\":" REF("text") "}" },
	{ "waves",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":32,\"items\":" REF("wave") "}" },
	{ "recipes", "{\"type\":\"object\",\"maxProperties\":1000,\"additionalProperties\":" REF(
			     "steps") "}" },
	{ "rules",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":1000,\"items\":" REF("rule") "}" },
	{ "tests", "{\"type\":\"array\",\"items\":" REF("test") "}" },
	{ "set", "{\"type\":\"object\",\"additionalProperties\":" REF("scalar") "}" },
	{ "steps",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":" REF("step") "}" },
	{ "matches", "{\"type\":\"array\",\"minItems\":1,\"items\":" REF("match") "}" },
};

/* --- conditions --- */

/* The definition of what an operator takes for a field of that type. */
static const char *operand(enum field_type type, bool cell, enum oper_needs needs)
{
	bool typed = !cell || type != TYPE_DATE;

	switch (needs) {
	case NEEDS_FLAG:
		return "flag";
	case NEEDS_DURATION:
		return "ages";
	case NEEDS_FILE:
		return "paths";
	case NEEDS_ANY:
	case NEEDS_ORDER:
		if (typed && type == TYPE_NUMBER)
			return "numbers";
		return type == TYPE_FLAG ? "flags" : "values";
	default:
		return "values";
	}
}

static void put_field(struct json_out *o, const char *word, const struct source *s)
{
	for (int i = 0; i < OPER_MAX_; i++) {
		const struct oper_info *oper = oper_info((enum oper)i);
		struct buf key;

		if (!oper_fits(s, oper->needs))
			continue;
		buf_init(&key, 256);
		buf_printf(&key, "%s%s%s", word, i ? "|" : "", oper->word);
		schema_ref(
			o, buf_cstr(&key), operand(s->type, s->kind == SOURCE_COLUMN, oper->needs));
		buf_release(&key);
	}
}

/* Columns by their own headers, and parameters: any name, the operators of text. */
static void put_pattern(struct json_out *o, const char *prefix, enum source_kind kind)
{
	struct source s = { .kind = kind, .type = TYPE_TEXT };

	for (int i = 0; i < OPER_MAX_; i++) {
		const struct oper_info *oper = oper_info((enum oper)i);
		struct buf key;

		if (!oper_fits(&s, oper->needs))
			continue;
		buf_init(&key, 256);
		buf_printf(&key, "^%s[.]%s%s$", prefix, i ? ".+[|]" : "[^|]+", oper->word);
		schema_ref(o, buf_cstr(&key), operand(TYPE_TEXT, true, oper->needs));
		buf_release(&key);
	}
}

static void put_match(struct json_out *o)
{
	schema_begin_object(o, "match");
	json_put_int(o, "minProperties", 1);
	json_obj(o, "properties");
	schema_ref(o, "all", "matches");
	schema_ref(o, "any", "matches");
	schema_ref(o, "not", "match");
	json_put_raw(o, "always", STR("{\"enum\":[true,\"true\"]}"));
	for (int i = 0; i < COLUMN_MAX_; i++) {
		const struct field_info *f = column_info((enum column)i);

		put_field(o, f->word, &(struct source){ .kind = SOURCE_COLUMN, .type = f->type });
	}
	for (int i = 0; i < FACT_MAX_; i++) {
		const struct field_info *f = fact_info((enum fact)i);

		put_field(o, f->word, &(struct source){ .kind = SOURCE_FACT, .type = f->type });
	}
	json_obj_end(o);
	json_obj(o, "patternProperties");
	put_pattern(o, "csv", SOURCE_COLUMN);
	put_pattern(o, "param", SOURCE_PARAM);
	json_obj_end(o);
	json_obj_end(o);
}

/* --- steps --- */

static void put_bare_steps(struct json_out *o)
{
	json_obj(o, NULL);
	json_arr(o, "enum");
	for (int i = 0; i < STEP_MAX_; i++)
		if (!step_shapes[step_info((enum step_kind)i)->arg].required)
			json_put_z(o, NULL, step_info((enum step_kind)i)->word);
	json_arr_end(o);
	json_obj_end(o);
}

/* A recipe: any name but that of a step that needs an argument. */
static void put_recipe_names(struct json_out *o)
{
	json_obj(o, NULL);
	json_put_z(o, "type", "string");
	json_put_int(o, "minLength", 1);
	json_obj(o, "not");
	json_arr(o, "enum");
	for (int i = 0; i < STEP_MAX_; i++)
		if (step_shapes[step_info((enum step_kind)i)->arg].required)
			json_put_z(o, NULL, step_info((enum step_kind)i)->word);
	json_arr_end(o);
	json_obj_end(o);
	json_obj_end(o);
}

static void put_steps_with_arguments(struct json_out *o)
{
	schema_begin_object(o, NULL);
	json_put_int(o, "minProperties", 1);
	json_put_int(o, "maxProperties", 1);
	json_obj(o, "properties");
	for (int i = 0; i < STEP_MAX_; i++) {
		const struct step_info *info = step_info((enum step_kind)i);
		const struct step_shape *shape = &step_shapes[info->arg];

		if (shape->keys)
			schema_mapping(o, info->word, shape->keys);
		else if (shape->required)
			schema_ref(o, info->word, "value");
	}
	json_obj_end(o);
	json_obj_end(o);
}

/* One of the three that say which rule. */
static void put_expect(struct json_out *o)
{
	schema_begin_object(o, "expect");
	schema_members(o, rules_expect_keys);
	json_put_raw(o, "anyOf",
		STR("[{\"required\":[\"rule\"]},{\"required\":[\"undecided\"]},"
		    "{\"required\":[\"waits\"]}]"));
	json_obj_end(o);
}

static void put_step(struct json_out *o)
{
	json_obj(o, "step");
	json_arr(o, "anyOf");
	put_bare_steps(o);
	put_recipe_names(o);
	put_steps_with_arguments(o);
	json_arr_end(o);
	json_obj_end(o);
	json_obj(o, "wipe_kind");
	json_arr(o, "anyOf");
	json_obj(o, NULL);
	json_arr(o, "enum");
	for (const char *const *w = wipe_kinds; *w; w++)
		json_put_z(o, NULL, *w);
	json_arr_end(o);
	json_obj_end(o);
	schema_ref(o, NULL, "param");
	json_arr_end(o);
	json_obj_end(o);
}

/* --- columns and rows --- */

static void put_columns(struct json_out *o)
{
	schema_begin_object(o, "columns");
	json_obj(o, "properties");
	for (int i = 0; i < COLUMN_MAX_; i++)
		schema_ref(o, column_info((enum column)i)->word, "text");
	json_obj_end(o);
	json_obj_end(o);
}

static const char *fact_shape(enum field_type type)
{
	switch (type) {
	case TYPE_NUMBER:
		return "row_number";
	case TYPE_FLAG:
		return "row_flag";
	default:
		return "scalar";
	}
}

static void put_row(struct json_out *o)
{
	json_put_raw(o, "row_number",
		STR("{\"anyOf\":[{\"type\":\"number\"},"
		    "{\"type\":\"string\",\"pattern\":\"^([+-]?[0-9]+([.][0-9]+)?|unknown)?$\"}]"
		    "}"));
	json_put_raw(o, "row_flag",
		STR("{\"anyOf\":[{\"type\":\"boolean\"},"
		    "{\"type\":\"string\",\"pattern\":\"^(true|yes|false|no|unknown)?$\"}]}"));
	schema_begin_object(o, "row");
	json_obj(o, "properties");
	for (int i = 0; i < COLUMN_MAX_; i++)
		schema_ref(o, column_info((enum column)i)->word, "scalar");
	for (int i = 0; i < FACT_MAX_; i++)
		schema_ref(o, fact_info((enum fact)i)->word,
			fact_shape(fact_info((enum fact)i)->type));
	json_obj_end(o);
	json_obj(o, "patternProperties");
	schema_ref(o, "^csv[.].+$", "scalar");
	json_obj_end(o);
	json_obj_end(o);
}

void rules_schema(struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "$schema", "http://json-schema.org/draft-07/schema#");
	json_put_z(&o, "title", "Rules of depmend");
	json_put_z(&o, "type", "object");
	json_put_bool(&o, "additionalProperties", false);
	schema_members(&o, rules_page_keys);
	json_obj(&o, "definitions");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		json_put_raw(&o, shapes[i].name, str_from(shapes[i].schema));
	put_columns(&o);
	put_row(&o);
	schema_mapping(&o, "parameter", rules_parameter_keys);
	schema_mapping(&o, "limits", rules_limit_keys);
	schema_mapping(&o, "halt", rules_halt_keys);
	schema_mapping(&o, "rule", rules_rule_keys);
	schema_mapping(&o, "wait_for", rules_wait_keys);
	schema_mapping(&o, "test", rules_test_keys);
	put_expect(&o);
	put_match(&o);
	put_step(&o);
	json_obj_end(&o);
	json_obj_end(&o);
	buf_char(out, '\n');
}
