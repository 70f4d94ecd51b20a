#include "base/time.h"
#include "model/settings_read.h"

/* Checks the kind and the length; NULL elements are never handed out. */
static bool list_ok(
	struct yaml_reader *r, const struct yaml_node *n, enum yaml_kind kind, unsigned max)
{
	if (!yaml_expect(r, n, kind))
		return false;
	if (n->n_children <= max)
		return true;
	(void)yaml_bad(r, n, "yaml.bad-value", "more than %u entries", max);
	return false;
}

/* The entries of a list are not told one by one: they have no path of their own. */
static void read_entry(
	struct yaml_reader *r, const struct yaml_key *keys, const struct yaml_node *n, void *to)
{
	struct yaml_reader quiet = *r;
	struct yaml_key entry = { .keys = keys };

	quiet.note = NULL;
	yaml_read_map(&quiet, &entry, n, to);
}

void settings_read_date(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	if (!time_parse(n->text, to))
		(void)yaml_bad(r, n, "yaml.bad-value", "'%.*s' is not a date such as 2027-03-01",
			STR_FMT(n->text));
}

static bool same_server(const char *a, const char *b)
{
	return !a || !b || str_eq_nocase(str_from(a), str_from(b));
}

static bool has_entry(const struct token_group *v, size_t n, const char *server)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].server && same_server(v[i].server, server))
			return true;
	return false;
}

void settings_read_tokens(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;
	struct token_group *v, *unfed, t;

	if (!n || !list_ok(r, n, YAML_LIST, SETTINGS_MAX_TOKENS))
		return;
	s->uem.tokens = v = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*v));
	s->uem.unfed = unfed = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*v));
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		t = (struct token_group){ .expires_ms = TIME_NONE, .at = m->at };
		read_entry(r, key->keys, m, &t);
		t.at.file = s->file;
		if (n->n_children > 1 && m->kind == YAML_MAP && !t.server)
			(void)yaml_bad(r, m, "yaml.missing-key",
				"'server' may be left out only when there is one entry");
		if (t.server && (has_entry(v, s->uem.n_tokens, t.server) ||
					has_entry(unfed, s->uem.n_unfed, t.server)))
			(void)yaml_bad(r, m, "settings.repeated",
				"server '%s' appears in two entries", t.server);
		if (t.group && str_eq_nocase(str_from(t.group), STR("none")))
			unfed[s->uem.n_unfed++] = t;
		else
			v[s->uem.n_tokens++] = t;
	}
	if (s->uem.n_tokens == 0)
		(void)yaml_bad(r, n, "yaml.empty", "at least one token group is needed");
}

void settings_read_profile_status(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;
	struct status_name *v;

	(void)key;
	if (!list_ok(r, n, YAML_MAP, SETTINGS_MAX_LIST))
		return;
	v = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*v));
	s->uem.profile_status = v;
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		const char *words = yaml_text(r, m);
		uint64_t number;

		if (!str_to_u64(m->key, &number) || number > INT32_MAX)
			(void)yaml_diag(r->d, r->doc, DIAG_ERROR, "yaml.bad-value", m->key_at,
				(unsigned)m->key.n, "'%.*s' is not a number", STR_FMT(m->key));
		else if (words)
			v[s->uem.n_profile_status++] = (struct status_name){ (int64_t)number,
				words };
	}
}

void settings_read_enrollment(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;

	if (!n || !list_ok(r, n, YAML_LIST, SETTINGS_MAX_ENROLLMENT))
		return;
	s->enrollment = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*s->enrollment));
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct enrollment_server *e = &s->enrollment[s->n_enrollment++];

		e->at = m->at;
		e->at.file = s->file;
		read_entry(r, key->keys, m, e);
	}
}

void settings_read_previous(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct settings *s = to;

	(void)key;
	if (!list_ok(r, n, YAML_LIST, SETTINGS_MAX_LIST))
		return;
	s->apple.previous = arena_zalloc(
		r->arena, (n->n_children + 1) * sizeof(*s->apple.previous));
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		const char *id = yaml_text(r, m);

		if (id)
			s->apple.previous[s->apple.n_previous++] = id;
	}
}

/* A name of a shipped file stays a name; anything with a slash or a dot is a path. */
void settings_read_rules(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const struct yaml_node *first = n->kind == YAML_SCALAR ? n : n->first;
	struct settings *s = to;

	(void)key;
	if (n->kind != YAML_SCALAR && !list_ok(r, n, YAML_LIST, SETTINGS_MAX_LIST))
		return;
	s->rules = arena_zalloc(r->arena, (n->n_children + 1) * sizeof(*s->rules));
	for (const struct yaml_node *m = first; m; m = n->kind == YAML_SCALAR ? NULL : m->next) {
		const char *name = yaml_text(r, m);

		if (name)
			s->rules[s->n_rules++] = strpbrk(name, "/.") ? settings_beside(r, name)
								     : name;
	}
}
