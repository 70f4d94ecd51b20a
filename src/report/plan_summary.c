#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "report/summary.h"
#include "report/table.h"

enum { KEY_MAX_BYTES = 64 * 1024, MOST_NAMES = 10, MOST_LINES = 60 };

/* One line: the rows that share rule, server, steps and outcome. */
struct line {
	enum outcome outcome;
	size_t rows;
	size_t rule; /* where it stands in the table: the rule's number, or behind all of them */
};

struct plan_summary {
	struct map rules;   /* in file order */
	bool *rule_matched; /* by slot of rules */
	size_t cap_rules;
	struct map keys;    /* outcome, rule, server, steps: separated by NUL */
	struct line *lines; /* by slot of keys */
	size_t n, cap;
	struct buf key;
};

struct plan_summary *plan_summary_new(void)
{
	struct plan_summary *p = mem_zalloc(sizeof(*p));

	map_init(&p->rules, 0);
	map_init(&p->keys, 0);
	buf_init(&p->key, KEY_MAX_BYTES);
	return p;
}

void plan_summary_free(struct plan_summary *p)
{
	if (!p)
		return;
	map_release(&p->rules);
	map_release(&p->keys);
	buf_release(&p->key);
	free(p->rule_matched);
	free(p->lines);
	free(p);
}

void plan_summary_rule(struct plan_summary *p, struct str name)
{
	bool new;
	uint32_t slot = map_add(&p->rules, name, &new);

	if (!new)
		return;
	MEM_GROW(p->rule_matched, slot, p->cap_rules);
	p->rule_matched[slot] = false;
}

void plan_summary_row(struct plan_summary *p, struct str rule, struct str server, struct str steps,
	enum outcome o, size_t n_rows)
{
	uint32_t at = map_find(&p->rules, rule), slot;
	bool new;

	if (at != MAP_NONE)
		p->rule_matched[at] = true;
	buf_reset(&p->key);
	buf_char(&p->key, (char)('A' + o));
	buf_str(&p->key, rule);
	buf_char(&p->key, '\0');
	buf_str(&p->key, server);
	buf_char(&p->key, '\0');
	buf_str(&p->key, steps);
	slot = map_add(&p->keys, buf_view(&p->key), &new);
	if (new) {
		MEM_GROW(p->lines, p->n, p->cap);
		p->lines[p->n++] = (struct line){ o, 0, at };
	}
	p->lines[slot].rows += n_rows;
}

static int compare(const void *va, const void *vb)
{
	const struct line *const *a = va, *const *b = vb;

	if ((*a)->rule != (*b)->rule)
		return (*a)->rule < (*b)->rule ? -1 : 1;
	if ((*a)->outcome != (*b)->outcome)
		return (*a)->outcome < (*b)->outcome ? -1 : 1;
	if ((*a)->rows != (*b)->rows)
		return (*a)->rows > (*b)->rows ? -1 : 1;
	return *a < *b ? -1 : *a > *b; /* as they came */
}

static void add_line(const struct plan_summary *p, const struct line *l, struct text_table *t)
{
	struct str rest = map_key(&p->keys, (uint32_t)(l - p->lines));
	struct str rule, server;

	rest = str_sub(rest, 1, rest.n - 1);
	rule = str_cut(&rest, '\0');
	server = str_cut(&rest, '\0');
	table_cell(t, rule.n ? rule : STR("-"));
	table_cell(t, server.n ? server : STR("-"));
	table_number(t, l->rows);
	table_cell(t, str_from(outcome_info(l->outcome)->word));
	table_cell(t, rest);
}

/* Beyond MOST_NAMES only a count, so that a file of a thousand rules stays readable. */
static void print_idle(const struct plan_summary *p, FILE *out)
{
	uint32_t n = 0;
	struct buf names;

	buf_init(&names, KEY_MAX_BYTES);
	for (uint32_t i = 0; i < p->rules.n; i++) {
		if (p->rule_matched[i] || n++ >= MOST_NAMES)
			continue;
		buf_z(&names, names.n ? ", " : "rules that matched nothing: ");
		buf_str(&names, map_key(&p->rules, i));
	}
	if (n > MOST_NAMES)
		buf_printf(&names, " and %u more", n - MOST_NAMES);
	if (names.n)
		text_line(out, "%s", buf_cstr(&names));
	buf_release(&names);
}

void plan_summary_print(const struct plan_summary *p, size_t width, FILE *out)
{
	static const char *const titles[] = { "RULE", "SERVER", "ROWS", "OUTCOME", "STEPS" };
	const struct line **order = mem_realloc(NULL, p->n + 1, sizeof(struct line *));
	struct text_table *t = table_new("llrll");

	for (size_t i = 0; i < p->n; i++)
		order[i] = &p->lines[i];
	qsort(order, p->n, sizeof(*order), compare);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		table_cell(t, str_from(titles[i]));
	for (size_t i = 0; i < p->n && i < MOST_LINES; i++)
		add_line(p, order[i], t);
	table_print_within(t, width, out);
	if (p->n > MOST_LINES)
		text_line(out, "  and %zu more lines: the CSV of the plan has every row",
			p->n - MOST_LINES);
	print_idle(p, out);
	table_free(t);
	free(order);
}
