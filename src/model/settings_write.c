/* A settings file written for somebody, from the table that reads it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "model/settings.h"
#include "model/settings_schema.h"

/* --- one value --- */

/* The row of the key at that path, "uem.tokens.server"; NULL: there is none. */
static const struct yaml_key *settings_key(const char *path)
{
	const struct yaml_key *keys = settings_page_keys, *found = NULL;
	struct str rest = str_from(path);

	while (rest.n && keys) {
		struct str name = str_cut(&rest, '.');

		for (found = keys; found->name && !str_eq(str_from(found->name), name);)
			found++;
		if (!found->name)
			return NULL;
		keys = found->keys;
	}
	return rest.n ? NULL : found;
}

/* The reader of the key itself judges; what it makes of the text is thrown away. */
enum errc settings_check_value(const char *path, const char *text, struct err *err)
{
	const struct yaml_key *key = settings_key(path);
	struct settings *scratch = mem_zalloc(sizeof(*scratch));
	void *value = mem_zalloc(sizeof(*scratch)); /* no value is larger */
	struct yaml_doc *doc = NULL;
	struct buf yaml;
	struct diags d;
	enum errc rc;

	diags_init(&d);
	arena_init(&scratch->arena);
	scratch->file = "settings";
	buf_init(&yaml, YAML_MAX_BYTES);
	settings_put_scalar(text, &yaml);
	rc = yaml_load_bytes(&doc, path, buf_view(&yaml), &d, err);
	if (!rc && doc->root) {
		struct yaml_reader r = {
			.doc = doc, .d = &d, .arena = &scratch->arena, .self = scratch
		};

		key->read(&r, key, doc->root, value);
	}
	if (d.n_errors)
		rc = err_set(err, ERR_SETTINGS, "%.*s", STR_FMT(d.v[0].text));
	yaml_doc_free(doc);
	buf_release(&yaml);
	diags_release(&d);
	arena_release(&scratch->arena);
	free(scratch);
	free(value);
	return rc;
}

/* --- the file --- */

void settings_put_scalar(const char *text, struct buf *out)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_./:-";
	size_t n = strlen(text);
	struct json_out o;

	if (n && text[0] != '-' && text[n - 1] != ':' && text[strspn(text, harmless)] == '\0') {
		buf_z(out, text);
		return;
	}
	json_out_init(&o, out);
	json_put_z(&o, NULL, text);
}

void settings_put_comment(const char *text, int indent, struct buf *out)
{
	const int width = 97 - indent;

	while (*text) {
		int n = (int)strlen(text);

		if (n > width)
			for (n = width; n > 1 && text[n] != ' ';)
				n--;
		buf_printf(out, "%*s# %.*s\n", indent, "", n, text);
		text += n;
		text += *text == ' ';
	}
}

static const char *value_of(const struct settings_value *v, const char *path)
{
	for (; v->path; v++)
		if (v->yaml && strcmp(v->path, path) == 0)
			return v->yaml;
	return NULL;
}

static bool has_value_below(const struct settings_value *v, const char *path)
{
	size_t n = strlen(path);

	for (; v->path; v++)
		if (v->yaml && strncmp(v->path, path, n) == 0 && v->path[n] == '.')
			return true;
	return false;
}

static void put_keys(const struct settings_value *v, const struct yaml_key *keys, const char *above,
	int indent, struct buf *out)
{
	char path[YAML_PATH_MAX];

	for (const struct yaml_key *k = keys; k->name; k++) {
		const char *value;
		bool below;

		(void)snprintf(path, sizeof(path), "%s%s%s", above, *above ? "." : "", k->name);
		value = value_of(v, path);
		below = has_value_below(v, path);
		if (!value && !below && *above)
			continue;
		if (!*above)
			buf_char(out, '\n');
		settings_put_comment(k->help, indent, out);
		buf_printf(out, "%*s%s%s:%s%s\n", indent, "", value || below ? "" : "#", k->name,
			below ? "" : " ",
			below   ? ""
			: value ? value
				: k->example);
		if (below)
			put_keys(v, k->keys, path, indent + 2, out);
	}
}

void settings_write(const struct settings_value *values, struct buf *out)
{
	buf_z(out, "# Settings of depmend. depmend-settings(5) has every key; depmend check shows "
		   "what is wrong.\n");
	put_keys(values, settings_page_keys, "", 0, out);
}
