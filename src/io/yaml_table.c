#include "io/yaml_table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/invisible.h"
#include "base/time.h"

struct diag *yaml_bad(
	struct yaml_reader *r, const struct yaml_node *n, const char *code, const char *fmt, ...)
{
	unsigned width = n->kind == YAML_SCALAR ? (unsigned)n->text.n + (n->quoted ? 2 : 0) : 1;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return yaml_diag(r->d, r->doc, DIAG_ERROR, code, n->at, width, "%s", text);
}

bool yaml_expect(struct yaml_reader *r, const struct yaml_node *n, enum yaml_kind kind)
{
	if (n->kind == kind)
		return true;
	if (n->kind == YAML_SCALAR && n->text.n == 0)
		(void)yaml_bad(r, n, "yaml.wrong-kind", "%s is missing here", yaml_kind_word(kind));
	else
		(void)yaml_bad(r, n, "yaml.wrong-kind", "this has to be %s, not %s",
			yaml_kind_word(kind), yaml_kind_word(n->kind));
	return false;
}

static bool has_control_bytes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

void yaml_warn_invisible(struct yaml_reader *r, const struct yaml_node *n)
{
	struct buf spelt;
	uint32_t code;

	if (invisible_find(n->text, &code) == n->text.n)
		return;
	buf_init(&spelt, 4096);
	invisible_spell(&spelt, n->text);
	(void)yaml_diag(r->d, r->doc, DIAG_WARNING, "yaml.invisible", n->at, (unsigned)n->text.n,
		"this text holds an invisible character: %s", buf_cstr(&spelt));
	buf_release(&spelt);
}

const char *yaml_text(struct yaml_reader *r, const struct yaml_node *n)
{
	if (!yaml_expect(r, n, YAML_SCALAR))
		return NULL;
	if (n->text.n == 0) {
		(void)yaml_bad(r, n, "yaml.empty", "a value is missing here");
		return NULL;
	}
	if (has_control_bytes(n->text)) {
		(void)yaml_bad(r, n, "yaml.bad-value", "control characters have no place here");
		return NULL;
	}
	yaml_warn_invisible(r, n);
	return arena_dup(r->arena, n->text).p;
}

int yaml_word(struct yaml_reader *r, const struct yaml_node *n, const char *const *words)
{
	struct nearest near = nearest_to(n->text);
	char list[256] = "";
	size_t used = 0;
	struct diag *entry;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return -1;
	for (int i = 0; words[i]; i++) {
		bool shown = isalnum((unsigned char)words[i][0]); /* a sign has a name besides */
		int len = snprintf(list + used, sizeof(list) - used, "%s%s",
			used && shown ? ", " : "", shown ? words[i] : "");

		if (str_eq(n->text, str_from(words[i])))
			return i;
		nearest_try(&near, str_from(words[i]));
		if (len > 0 && used + (size_t)len < sizeof(list))
			used += (size_t)len;
	}
	entry = yaml_bad(
		r, n, "yaml.bad-value", "'%.*s' is not one of: %s", STR_FMT(n->text), list);
	diag_suggest(r->d, entry, &near);
	return -1;
}

bool yaml_flag(struct yaml_reader *r, const struct yaml_node *n, bool *ret)
{
	static const char *const words[] = { "false", "true", NULL };
	int i = yaml_word(r, n, words);

	if (i >= 0)
		*ret = i == 1;
	return i >= 0;
}

void yaml_read_text(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const char *text = yaml_text(r, n);

	(void)key;
	if (text)
		*(const char **)to = text;
}

void yaml_read_u32(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	uint64_t v;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	if (!str_to_u64(n->text, &v) || v < key->min || v > key->max)
		(void)yaml_bad(r, n, "yaml.bad-value", "'%.*s' is not a whole number from %u to %u",
			STR_FMT(n->text), key->min, key->max);
	else
		*(uint32_t *)to = (uint32_t)v;
}

void yaml_read_percent(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	uint32_t max = key->max ? key->max : 100;
	struct str text = n->text;
	uint64_t v;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	if (text.n && text.p[text.n - 1] == '%')
		text.n--;
	if (!str_to_u64(text, &v) || v < key->min || v > max)
		(void)yaml_bad(r, n, "yaml.bad-value", "'%.*s' is not a percentage from %u to %u",
			STR_FMT(n->text), key->min, max);
	else
		*(uint32_t *)to = (uint32_t)v;
}

/* -1: it is none. Months as on the command line: those of 1970. */
static int64_t milliseconds(struct str text)
{
	struct duration v;

	return duration_parse(text, &v) ? time_shift(0, v, 1) : -1;
}

void yaml_read_duration(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct diag *entry;
	int64_t ms;

	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	ms = milliseconds(n->text);
	if (ms >= 0 && key->least &&
		(ms < milliseconds(str_from(key->least)) ||
			ms > milliseconds(str_from(key->most)))) {
		(void)yaml_bad(r, n, "yaml.bad-value", "'%.*s' cannot work: from %s to %s will do",
			STR_FMT(n->text), key->least, key->most);
		return;
	}
	if (ms > 0) {
		*(int64_t *)to = ms;
		return;
	}
	entry = yaml_bad(r, n, "yaml.bad-value", "'%.*s' is not a duration", STR_FMT(n->text));
	diag_hint(r->d, entry, "write it as in 500ms, 90s, 30m, 12h, 30d, 2w, 6mo or 1y");
}

/* --- mappings --- */

static size_t path_push(struct yaml_reader *r, const char *name)
{
	size_t old = strlen(r->path);

	(void)snprintf(r->path + old, sizeof(r->path) - old, "%s%s", old ? "." : "", name);
	return old;
}

/* What was given is of another kind: how the key is written. */
static void show_example(
	struct yaml_reader *r, const struct yaml_key *k, const struct yaml_node *n, size_t n_before)
{
	struct diag *last = r->d->n > n_before ? &r->d->v[r->d->n - 1] : NULL;

	if (last && k->example && !last->hint.n && strcmp(last->code, "yaml.wrong-kind") == 0 &&
		last->at.line == n->at.line && last->at.col == n->at.col)
		diag_hint(r->d, last, "write it as in %s: %s", k->name, k->example);
}

static void read_one(
	struct yaml_reader *r, const struct yaml_key *k, const struct yaml_node *n, char *base)
{
	struct yaml_node preset = { .kind = YAML_SCALAR };
	size_t old = path_push(r, k->name), n_before = r->d->n;

	if (!n && k->preset) {
		preset.text = str_from(k->preset);
		n = &preset;
	}
	if (n && r->note && (!k->keys || n->kind == YAML_LIST))
		r->note(r, n);
	if (n || k->keys)
		k->read(r, k, n, base + k->offset);
	if (n)
		show_example(r, k, n, n_before);
	r->path[old] = '\0';
}

static void unknown_key(
	struct yaml_reader *r, const struct yaml_key *keys, const struct yaml_node *member)
{
	struct nearest near = nearest_to(member->key);
	struct diag *entry = yaml_diag(r->d, r->doc, DIAG_ERROR, "yaml.unknown-key", member->key_at,
		(unsigned)member->key.n, "unknown key '%.*s'%s%s", STR_FMT(member->key),
		r->path[0] ? " in " : "", r->path);

	for (const struct yaml_key *k = keys; k->name; k++)
		nearest_try(&near, str_from(k->name));
	diag_suggest(r->d, entry, &near);
}

static const struct yaml_key *find_key(const struct yaml_key *keys, struct str name)
{
	for (const struct yaml_key *k = keys; k->name; k++)
		if (str_eq(name, str_from(k->name)))
			return k;
	return NULL;
}

void yaml_read_map(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	if (n && !yaml_expect(r, n, YAML_MAP))
		return;
	for (const struct yaml_node *m = n ? n->first : NULL; m; m = m->next)
		if (!find_key(key->keys, m->key))
			unknown_key(r, key->keys, m);
	for (const struct yaml_key *k = key->keys; k->name; k++) {
		const struct yaml_node *m = yaml_get(n, k->name);

		if (n && !m && k->required)
			(void)yaml_bad(r, n, "yaml.missing-key", "'%s' is missing here", k->name);
		read_one(r, k, m, to);
	}
}
