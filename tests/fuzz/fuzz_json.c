/*
 * What the reader takes cJSON reads alike, and what the writer makes of it comes back the same.
 */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_value(struct json_out *o, const char *key, const struct json *v)
{
	int64_t n;

	if (json_is_object(v) || json_is_array(v)) {
		bool object = json_is_object(v);

		(object ? json_obj : json_arr)(o, key);
		for (const struct json *c = json_first(v); c; c = json_next(c))
			write_value(o, json_name(c).p, c);
		(object ? json_obj_end : json_arr_end)(o);
	} else if (json_is_string(v)) {
		json_put_str(o, key, json_text(v));
	} else if (json_is_number(v) && json_int(v, &n)) {
		json_put_int(o, key, n);
	} else if (json_is_null(v)) {
		json_put_null(o, key);
	} else if (((const cJSON *)v)->type == cJSON_Number) {
		json_put_raw(o, key, STR("0.5")); /* the writer knows no fractions */
	} else {
		json_put_bool(o, key, json_bool(v, false));
	}
}

static void write_twice(const struct json *v)
{
	struct json *again = NULL;
	struct buf once, twice;
	struct json_out o;

	buf_init(&once, JSON_MAX_BYTES);
	buf_init(&twice, JSON_MAX_BYTES);
	json_out_init(&o, &once);
	write_value(&o, NULL, v);
	if (json_parse(&again, buf_view(&once), NULL) != ERR_OK)
		abort();
	json_out_init(&o, &twice);
	write_value(&o, NULL, again);
	if (!str_eq(buf_view(&once), buf_view(&twice)))
		abort();
	json_free(again);
	buf_release(&once);
	buf_release(&twice);
}

/* By their texts: cJSON_Compare() finds an infinite number different from itself. */
static void compare(const struct json *v, const uint8_t *data, size_t n)
{
	cJSON *other = cJSON_ParseWithLength((const char *)data, n);
	char *ours = cJSON_PrintUnformatted((const cJSON *)v);
	char *theirs = cJSON_PrintUnformatted(other);

	if (!theirs || strcmp(ours, theirs) != 0)
		abort();
	cJSON_free(ours);
	cJSON_free(theirs);
	cJSON_Delete(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct json *v = NULL;
	struct err err = { 0 };

	if (json_parse(&v, (struct str){ (const char *)data, n }, &err) != ERR_OK) {
		if (v || err.code != ERR_PROTOCOL || !*err.msg)
			abort();
		return 0;
	}
	if (n > 8) /* it skips a byte order mark only when enough follows */
		compare(v, data, n);
	write_twice(v);
	json_free(v);
	return 0;
}
