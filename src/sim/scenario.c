#include "sim/scenario.h"

#include "io/yaml.h"

static void read_knobs(
	struct sim *s, const struct yaml_doc *doc, const struct yaml_node *map, struct diags *d)
{
	struct err err;

	for (const struct yaml_node *n = map ? map->first : NULL; n; n = n->next)
		if (knobs_set(&s->knobs, n->key, n->text, &err) != ERR_OK)
			(void)yaml_diag(
				d, doc, DIAG_ERROR, "scenario.knob", n->at, 1, "%s", err.msg);
}

static enum errc load(struct sim *s, const char *path, struct err *err)
{
	struct yaml_doc *doc = NULL;
	struct diags d;
	enum errc e;

	diags_init(&d);
	e = yaml_load(&doc, path, &d, err);
	if (e == ERR_OK)
		read_knobs(s, doc, yaml_get(doc->root, "knobs"), &d);
	if (d.n_errors > 0)
		e = err_set(
			err, ERR_RULES, "%s:%u: %.*s", path, d.v[0].at.line, STR_FMT(d.v[0].text));
	yaml_doc_free(doc);
	diags_release(&d);
	return e;
}

enum errc scenario_open(struct sim *s, struct err *err)
{
	enum errc e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < s->opt.n_scenarios; i++)
		e = load(s, s->opt.scenarios[i], err);
	for (size_t i = 0; e == ERR_OK && i < s->opt.n_settings; i++) {
		struct str value = str_from(s->opt.settings[i]), name = str_cut(&value, '=');

		e = knobs_set(&s->knobs, name, value, err);
	}
	return e;
}
