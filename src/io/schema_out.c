#include "io/schema_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

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

/* --- bounds of durations, as a pattern: what a schema can say of a text --- */

enum { PATTERN_MAX_BYTES = 16 * 1024, RATE_MAX = 1000000 };

/* INT64_MAX: too long for any clock. As the loader counts: yaml_read_duration(). */
static int64_t length_of(uint64_t n, const char *unit)
{
	struct duration d;
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64 "%s", n, unit);
	return duration_parse(str_from(text), &d) ? time_shift(0, d, 1) : INT64_MAX;
}

/* The least n of the unit that is as long as that. */
static uint64_t least_of(const char *unit, int64_t ms)
{
	uint64_t low = 1, high = UINT64_C(1) << 42;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (length_of(middle, unit) >= ms)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The numbers from low to high: 37 to 120 is 3[7-9] | [4-9][0-9] | 1[0-1][0-9] | 120. */
static void put_range(struct buf *out, uint64_t low, uint64_t high)
{
	const char *bar = "";

	while (low <= high) {
		uint64_t block = 1, first, last;
		unsigned digits = 0;

		for (; low % (block * 10) == 0 && low + block * 10 - 1 <= high; digits++)
			block *= 10;
		first = low / block % 10;
		last = first;
		while (last < 9 && low + (last - first + 2) * block - 1 <= high)
			last++;
		buf_z(out, bar);
		if (low / block / 10)
			buf_printf(out, "%" PRIu64, low / block / 10);
		buf_printf(out, "[%" PRIu64 "-%" PRIu64 "]", first, last);
		if (digits)
			buf_printf(out, "[0-9]{%u}", digits);
		low += (last - first + 1) * block;
		bar = "|";
	}
}

static void end_pattern(struct json_out *o, struct buf *b)
{
	json_obj(o, NULL);
	json_put_str(o, "pattern", buf_view(b));
	json_obj_end(o);
	buf_release(b);
}

static void put_durations(struct json_out *o, int64_t least, int64_t most)
{
	static const char *const units[] = { "ms", "s", "m", "h", "d", "w", "mo", "y" };
	const char *bar = "";
	struct buf b;

	buf_init(&b, PATTERN_MAX_BYTES);
	buf_z(&b, "^0*(");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		uint64_t low = least_of(units[i], least), high = least_of(units[i], most + 1) - 1;

		if (low > high)
			continue;
		buf_printf(&b, "%s(", bar);
		put_range(&b, low, high);
		buf_printf(&b, ")%s", units[i]);
		bar = "|";
	}
	buf_z(&b, ")$");
	end_pattern(o, &b);
}

/* One request in `most` at least; windows of a number of units are left to the loader, but for
 * those below a second. */
static void put_rates(struct json_out *o, int64_t most)
{
	static const struct {
		const char *words;
		int64_t ms;
	} windows[] = { { "s|sec|second", 1000 }, { "m|min|minute", 60000 }, { "h|hour", 3600000 },
		{ "d|day", 86400000 } };
	struct buf b;

	buf_init(&b, PATTERN_MAX_BYTES);
	buf_z(&b, "^0*(");
	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		buf_z(&b, "(");
		put_range(&b, (uint64_t)((windows[i].ms + most - 1) / most), RATE_MAX);
		buf_printf(&b, ")/(%s)|", windows[i].words);
	}
	buf_z(&b, "(");
	put_range(&b, 1, RATE_MAX);
	buf_z(&b, ")/0*([1-9][0-9]{3,}ms|[1-9][0-9]*(s|m|h|d|w)))$");
	end_pattern(o, &b);
}

static int64_t milliseconds(const char *text)
{
	struct duration d;

	if (!duration_parse(str_from(text), &d))
		abort(); /* of a table of ours */
	return time_shift(0, d, 1);
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
		if (k->least && strcmp(k->schema, "duration") == 0)
			put_durations(o, milliseconds(k->least), milliseconds(k->most));
		else if (k->most && strcmp(k->schema, "rate") == 0)
			put_rates(o, milliseconds(k->most));
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
