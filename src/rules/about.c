#include "rules/about.h"

#include "rules/ruleset.h"

enum { TEXT_MAX = 4096 };

static const struct {
	const char *title;
	size_t offset;
} parts[] = {
	{ "When to use it", offsetof(struct rules_about, when) },
	{ "What it changes", offsetof(struct rules_about, changes) },
	{ "What it cannot", offsetof(struct rules_about, cannot) },
};

/* Which part a line begins, and what of the line follows the title; NULL: none. */
static struct str *part_of(struct rules_about *a, struct str *line)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct str title = str_from(parts[i].title);

		if (!str_starts_nocase(*line, title))
			continue;
		*line = str_sub(*line, title.n, line->n - title.n);
		return (struct str *)((char *)a + parts[i].offset);
	}
	return NULL;
}

static void keep_part(struct str *to, struct buf *b, struct arena *arena)
{
	if (to && b->n)
		*to = arena_dup(arena, buf_view(b));
	buf_reset(b);
}

void rules_about(struct str file, struct arena *arena, struct rules_about *ret)
{
	struct rules_about a = { 0 };
	struct str *part = &a.symptom, *next;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	while (file.n && file.p[0] == '#') {
		struct str line = str_cut(&file, '\n');

		line = str_trim(str_sub(line, 1, line.n - 1));
		/* A line for editors is no text for people. */
		if (str_starts_nocase(line, STR("yaml-language-server:")))
			continue;
		next = part_of(&a, &line);
		if (next || (line.n == 0 && b.n)) {
			keep_part(part, &b, arena);
			part = next;
		}
		line = str_trim(line);
		if (b.n && line.n)
			buf_char(&b, ' ');
		buf_str(&b, line);
	}
	keep_part(part, &b, arena);
	buf_release(&b);
	*ret = a;
}

bool rules_parameter(const struct ruleset *set, size_t i, struct rules_parameter *ret)
{
	const struct parameter *p;

	if (i >= set->parameters.n)
		return false;
	p = &set->parameters.v[i];
	*ret = (struct rules_parameter){ p->name, p->preset, p->help, p->value };
	return true;
}

const char *rules_file(const struct ruleset *set, size_t i)
{
	if (i < set->docs.n)
		return set->docs.v[i]->file;
	i -= set->docs.n;
	for (size_t k = 0; k < set->leaves.n; k++) {
		const struct leaf *l = &set->leaves.v[k];

		if (l->oper != OPER_IN_FILE)
			continue;
		if (i < l->n)
			return l->v[i].text.p;
		i -= l->n;
	}
	return NULL;
}
