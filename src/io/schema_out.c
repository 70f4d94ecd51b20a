#include "io/schema_out.h"

void schema_ref(struct json_out *o, const char *key, const char *definition)
{
	struct buf b;

	buf_init(&b, 256);
	buf_printf(&b, "#/definitions/%s", definition);
	json_obj(o, key);
	json_put_z(o, "$ref", buf_cstr(&b));
	json_obj_end(o);
	buf_release(&b);
}

void schema_begin_object(struct json_out *o, const char *key)
{
	json_obj(o, key);
	json_put_z(o, "type", "object");
	json_put_bool(o, "additionalProperties", false);
}

void schema_members(struct json_out *o, const struct yaml_key *keys)
{
	json_arr(o, "required");
	for (const struct yaml_key *k = keys; k->name; k++)
		if (k->required)
			json_put_z(o, NULL, k->name);
	json_arr_end(o);
	json_obj(o, "properties");
	for (const struct yaml_key *k = keys; k->name; k++) {
		json_obj(o, k->name);
		if (k->help)
			json_put_z(o, "description", k->help);
		/* Beside $ref draft-07 ignores everything, so it stands inside. */
		json_arr(o, "allOf");
		schema_ref(o, NULL, k->schema);
		json_arr_end(o);
		json_obj_end(o);
	}
	json_obj_end(o);
}

void schema_mapping(struct json_out *o, const char *name, const struct yaml_key *keys)
{
	schema_begin_object(o, name);
	schema_members(o, keys);
	json_obj_end(o);
}
