/*
 * `recipes:` and `rules:`.
 */
#include "rules/load.h"

/* --- recipes --- */

static bool same_steps(const struct steps *a, const struct steps *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct rule_step *x = &a->v[i], *y = &b->v[i];

		if (x->kind != y->kind || x->force_now != y->force_now ||
			x->arg.is_column != y->arg.is_column || x->arg.ref != y->arg.ref ||
			!str_eq(x->arg.text, y->arg.text) || x->deadline.ref != y->deadline.ref ||
			!str_eq(x->deadline.text, y->deadline.text))
			return false;
	}
	return true;
}

static void add_recipe(struct loader *l, const struct yaml_node *m, struct recipe *recipe)
{
	const struct recipe *old = find_recipe(l->set, recipe->name);
	enum step_kind kind;

	if (step_from_word(recipe->name, &kind))
		(void)yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.conflict", m->key_at,
			(unsigned)m->key.n, "'%.*s' is a step already", STR_FMT(m->key));
	else if (old && !same_steps(&old->steps, &recipe->steps))
		(void)yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.conflict", m->key_at,
			(unsigned)m->key.n, "recipe '%.*s' is another one in %s", STR_FMT(m->key),
			old->at.file);
	else if (recipe->steps.depth >= RULES_RECIPE_DEPTH)
		(void)yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.too-deep", m->key_at,
			(unsigned)m->key.n, "more than %d recipes inside each other",
			RULES_RECIPE_DEPTH);
	if (!old)
		*LIST_ADD(l->set->recipes) = *recipe;
}

void load_recipes(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	if (((struct loader *)r->self)->set->recipes.n + n->n_children > RULES_MAX_RECIPES) {
		(void)yaml_bad(r, n, "rules.too-many", "more than %d recipes", RULES_MAX_RECIPES);
		return;
	}
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct recipe recipe = { .name = m->key, .at = m->key_at };

		load_steps(r->self, m, &recipe.steps);
		add_recipe(r->self, m, &recipe);
	}
}

/* --- rules --- */

static void read_rule_name(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const struct ruleset *set = ((struct loader *)r->self)->set;
	struct rule *rule = to;

	(void)key;
	if (!yaml_text(r, n))
		return;
	rule->info.name = n->text;
	if (str_eq(n->text, STR("none")))
		(void)yaml_bad(r, n, "rules.conflict", "'none' means that no rule fired");
	for (size_t i = 0; i < set->rules.n; i++)
		if (str_eq(set->rules.v[i].info.name, n->text))
			(void)yaml_bad(r, n, "rules.repeated",
				"another rule is called '%.*s' (%s:%u)", STR_FMT(n->text),
				set->rules.v[i].info.at.file, set->rules.v[i].info.at.line);
}

static void read_match(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)to;
	load_match(r->self, n);
}

static void read_steps(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	load_steps(r->self, n, to);
	check_steps(r->self, to);
}

static void read_because(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (yaml_text(r, n))
		*(struct str *)to = n->text;
}

static void read_again_after(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct rule *rule = to;

	(void)key;
	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	rule->info.has_again_after = true;
	if (!duration_parse(n->text, &rule->info.again_after))
		diag_hint(r->d,
			yaml_bad(r, n, "rules.bad-value", "'%.*s' is not a duration",
				STR_FMT(n->text)),
			"write it as in 12h, 30d, 6mo or 1y");
}

static void read_wait(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (!yaml_expect(r, n, YAML_SCALAR))
		return;
	if (!duration_parse(n->text, to))
		diag_hint(r->d,
			yaml_bad(r, n, "rules.bad-value", "'%.*s' is not a duration",
				STR_FMT(n->text)),
			"write it as in 12h, 30d, 6mo or 1y");
	else if (time_shift(0, *(struct duration *)to, 1) == 0)
		(void)yaml_bad(r, n, "rules.bad-value", "to wait for no time is not to wait");
}

const struct yaml_key rules_wait_keys[] = {
	YAML_KEY("listed", read_wait, offsetof(struct rule, info.wait_listed), .required = true,
		.schema = "duration",
		.help = "for so long since the first run a serial may be missing at Apple; after "
			"that it is manual"),
	YAML_KEYS_END,
};

static void read_wait_for(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	if (n)
		((struct rule *)to)->info.waits = true;
	yaml_read_map(r, key, n, to);
}

const struct yaml_key rules_rule_keys[] = {
	YAML_KEY("name", read_rule_name, 0, .required = true, .schema = "text",
		.help = "shown in reports"),
	YAML_KEY("match", read_match, 0, .required = true, .schema = "match",
		.help = "when the rule fires"),
	YAML_KEY("do", read_steps, offsetof(struct rule, to_do), .required = true,
		.schema = "steps", .help = "what is done then"),
	YAML_KEY("because", read_because, offsetof(struct rule, info.because), .schema = "text",
		.help = "the reason shown with each row"),
	YAML_KEY("if_failed", read_steps, offsetof(struct rule, failed), .schema = "steps",
		.help = "what is done when a step failed"),
	YAML_KEY("again_after", read_again_after, 0, .schema = "duration",
		.help = "not again for the same device within this time; absent: 7d where the rule "
			"puts a device back"),
	YAML_KEY("wait_for", read_wait_for, 0, .keys = rules_wait_keys, .schema = "wait_for",
		.help = "a serial that Apple does not list yet waits, and is looked for again by "
			"the next run of the same list"),
	YAML_KEYS_END,
};

static void describe(struct rule *rule)
{
	bool off = false;

	for (uint32_t i = 0; i < rule->to_do.n; i++) {
		const struct step_info *info = step_info(rule->to_do.v[i].kind);

		rule->info.acts = rule->info.acts || info->service != SERVICE_NONE;
		rule->info.puts_back = rule->info.puts_back || (off && info->puts_back);
		off = off || info->takes_off;
	}
	if (rule->info.puts_back && !rule->info.has_again_after) {
		rule->info.has_again_after = true;
		rule->info.again_after = (struct duration){ INT64_C(7) * 86400000, 0 };
	}
}

/* What is about steps, of a rule that has none that could fail or be done again. */
static void warn_idle(struct yaml_reader *r, const struct yaml_node *n, const struct rule *rule)
{
	for (const struct yaml_node *m = n->first; m && rule->to_do.n && !rule->info.acts;
		m = m->next)
		if (str_eq(m->key, STR("if_failed")) || str_eq(m->key, STR("again_after")))
			(void)yaml_diag(r->d, r->doc, DIAG_WARNING, "rules.idle", m->at, 1,
				"%.*s does nothing here: the rule sends nothing that could fail "
				"or come again",
				STR_FMT(m->key));
}

void load_rules(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct ruleset *set = ((struct loader *)r->self)->set;
	struct yaml_key keys = { .keys = rules_rule_keys };

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	if (n->n_children == 0)
		(void)yaml_bad(r, n, "yaml.empty", "at least one rule is needed");
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct rule rule = { .info.at = m->at, .first_op = (uint32_t)set->ops.n };

		if (set->rules.n >= RULES_MAX_RULES) {
			(void)yaml_bad(
				r, m, "rules.too-many", "more than %d rules", RULES_MAX_RULES);
			return;
		}
		yaml_read_map(r, &keys, m, &rule);
		describe(&rule);
		warn_idle(r, m, &rule);
		*LIST_ADD(set->rules) = rule;
	}
}
