/*
 * Types of settings, for people and for editors, and the JSON Schema of the whole file.
 */
#include "model/settings_schema.h"

#include <string.h>

#include "io/schema_out.h"
#include "model/step.h"

#define TEXT "{\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1}"
#define WHOLE(pattern) "{\"type\":\"string\",\"pattern\":\"" pattern "\"}"
#define WORDS(list) "{\"enum\":[" list "]}"
#define REF(name) "{\"$ref\":\"#/definitions/" name "\"}"
#define OR_LIST(one, most) \
	"{\"anyOf\":[" one ",{\"type\":\"array\",\"maxItems\":" most ",\"items\":" one "}]}"
#define NUMBER(least, most, pattern)                                                \
	"{\"anyOf\":[{\"type\":\"integer\",\"minimum\":" least ",\"maximum\":" most \
	"}," WHOLE(pattern) "]}"

/* clang-format off */
static const struct settings_type types[] = {
	{ "text", "text", TEXT },
	{ "version", "the number 1", WORDS("1,\"1\"") },
	{ "tenant", "letters, digits, '-', '_' and '.', 64 of them at the most",
		"{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},{\"type\":\"boolean\"},"
		WHOLE("^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,63}$") "]}" },
	{ "organization", "business or school", WORDS("\"business\",\"school\"") },
	{ "address", "an address that starts with https:// (http:// for loopback addresses only)",
		WHOLE("^https?://[^@?#]+$") },
	{ "path", "the path of a file or folder, beside the settings file unless it is absolute",
		TEXT },
	{ "date", "a date such as 2027-03-01", WHOLE("^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$") },
	{ "duration", "a duration such as 500ms, 90s, 30m, 12h, 30d, 2w, 6mo or 1y",
		WHOLE("^0*[1-9][0-9]*(ms|s|m|h|d|w|mo|y)$") },
	{ "rate", "requests in a window, such as 20/min, 10/hour, 5/s or 1000/day",
		WHOLE("^0*[1-9][0-9]*/(s|sec|second|m|min|minute|h|hour|d|day|"
		      "0*[1-9][0-9]*(ms|s|m|h|d|w))$") },
	{ "percent", "a percentage from 0 to 100, with or without %",
		NUMBER("0", "100", "^0*(100|[0-9]{1,2})%?$") },
	{ "part", "a percentage from 0 to 90, with or without %",
		NUMBER("0", "90", "^0*(90|[0-8]?[0-9])%?$") },
	{ "count", "a whole number from 0", NUMBER("0", "4294967294", "^[0-9]+$") },
	{ "some", "a whole number from 1", NUMBER("1", "4294967294", "^0*[1-9][0-9]*$") },
	{ "size", "a whole number from 1 to 10000",
		NUMBER("1", "10000", "^0*([1-9][0-9]{0,3}|10000)$") },
	{ "column", "the number of a column from 1 to 1024, or its header",
		"{\"anyOf\":[" NUMBER("1", "1024", "^0*([1-9][0-9]{0,2}|10[01][0-9]|102[0-4])$") ","
		WHOLE("[^0-9]") "]}" },
	{ "encoding", "the name of an encoding, such as utf-8, windows-1252 or iso-8859-1",
		WHOLE("^[^/]{1,40}$") },
	{ "delimiter", "comma, semicolon, tab or pipe",
		WORDS("\",\",\";\",\"\\t\",\"|\",\"tab\",\"comma\",\"semicolon\",\"pipe\"") },
	{ "header", "auto, first, none, or the number of a line",
		"{\"anyOf\":[" WORDS("\"auto\",\"first\",\"none\"") ","
		NUMBER("1", "4294967294", "^0*[1-9][0-9]*$") "]}" },
	{ "barcode", "ask, keep or strip", WORDS("\"ask\",\"keep\",\"strip\"") },
	{ "empty", "refused or allowed", WORDS("\"refused\",\"allowed\"") },
	{ "date_order", "dmy or mdy", WORDS("\"dmy\",\"mdy\"") },
	{ "mode", "\"0600\", \"0640\" or \"0644\", in quotes",
		WORDS("\"0600\",\"0640\",\"0644\"") },
	{ "command", "a list: a program and its arguments, started without a shell",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":" TEXT "}" },
	{ "secret",
		"{file: PATH}, {credential: NAME}, {command: [PROGRAM, ARGUMENT]} or {env: NAME}",
		"{\"type\":\"object\",\"additionalProperties\":false,\"minProperties\":1,"
		"\"maxProperties\":1,\"properties\":{\"file\":" REF("text") ",\"credential\":"
		WHOLE("^[^/]+$") ",\"command\":" REF("command") ",\"env\":" REF("text") "}}" },
	{ "steps", "a list of steps, such as [wipe, release, delete_record]",
		"{\"type\":\"array\",\"minItems\":1,\"items\":" REF("step") "}" },
	{ "windows", "a list of times such as \"22:00-06:00 Europe/Berlin\"",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,\"items\":"
		WHOLE("^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00) [A-Za-z0-9_+/-]+$") "}" },
	{ "ids", "a list of client IDs",
		"{\"type\":\"array\",\"minItems\":1,\"maxItems\":100,\"items\":" TEXT "}" },
	{ "webhook_format", "json, slack or teams", WORDS("\"json\",\"slack\",\"teams\"") },
	{ "webhook_events",
		"a list of failure, off_server, guard, new_open_items and expiry",
		"{\"type\":\"array\",\"minItems\":1,\"items\":"
		WORDS("\"failure\",\"off_server\",\"guard\",\"new_open_items\",\"expiry\"") "}" },
	{ "flag", "true or false", "{\"enum\":[true,false,\"true\",\"false\"]}" },
	{ "people", "a whole number from 1 to 9", NUMBER("1", "9", "^0*[1-9]$") },
	{ "profile_status", "a mapping from numbers to words",
		"{\"type\":\"object\",\"maxProperties\":100,\"additionalProperties\":false,"
		"\"patternProperties\":{\"^[0-9]+$\":" TEXT "}}" },
	{ "rules", "one name or a list of names: shipped rules, or paths of files",
		OR_LIST(TEXT, "100") },
};
/* clang-format on */

const struct settings_type *settings_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* --- the schema --- */

/* Those that change something. */
static void put_steps(struct json_out *o)
{
	json_obj(o, "step");
	json_arr(o, "enum");
	for (int i = 0; i < STEP_MAX_; i++)
		if (step_info((enum step_kind)i)->service != SERVICE_NONE)
			json_put_z(o, NULL, step_info((enum step_kind)i)->word);
	json_arr_end(o);
	json_obj_end(o);
}

static void put_list(struct json_out *o, const struct yaml_key *key)
{
	json_obj(o, key->schema);
	json_put_z(o, "type", "array");
	if (key->required)
		json_put_int(o, "minItems", 1);
	schema_mapping(o, "items", key->keys);
	json_obj_end(o);
}

static void put_map(struct json_out *o, const struct yaml_key *key)
{
	schema_begin_object(o, key->schema);
	if (settings_is_choice(key)) {
		json_put_int(o, "minProperties", 1);
		json_put_int(o, "maxProperties", 1);
	}
	schema_members(o, key->keys);
	json_obj_end(o);
}

/* Mappings and lists of mappings are defined by the keys below them. */
static void put_definitions(struct json_out *o, const struct yaml_key *keys)
{
	for (const struct yaml_key *k = keys; k->name; k++) {
		if (!k->keys)
			continue;
		(settings_is_list(k) ? put_list : put_map)(o, k);
		put_definitions(o, k->keys);
	}
}

void settings_schema(struct buf *out)
{
	struct json_out o;

	json_out_init(&o, out);
	json_obj(&o, NULL);
	json_put_z(&o, "$schema", "http://json-schema.org/draft-07/schema#");
	json_put_z(&o, "title", "Settings of depmend");
	json_put_z(&o, "type", "object");
	json_put_bool(&o, "additionalProperties", false);
	schema_members(&o, settings_page_keys);
	json_obj(&o, "definitions");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		json_put_raw(&o, types[i].name, str_from(types[i].schema));
	put_steps(&o);
	put_definitions(&o, settings_page_keys);
	json_obj_end(&o);
	json_obj_end(&o);
	buf_char(out, '\n');
}
