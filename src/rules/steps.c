/*
 * `do:`, `if_failed:` and recipes to lists of steps.
 */
#include <stdlib.h>

#include "rules/load.h"

/* --- arguments --- */

static bool read_arg(struct loader *l, const struct yaml_node *n, struct arg *ret)
{
	struct arg a = { .given = true, .at = n->at };
	const struct parameter *p;

	if (n->kind == YAML_SCALAR) {
		if (!yaml_text(&l->r, n))
			return false;
		a.text = n->text;
		*ret = a;
		return true;
	}
	switch (read_ref(l, n, &a.param)) {
	case REF_COLUMN:
		a.is_column = true;
		a.ref = rules_ref(l->set, a.param, n->first->at);
		break;
	case REF_PARAM:
		p = find_parameter(l, n->first, a.param);
		if (!p)
			return false;
		a.text = p->value;
		break;
	default:
		return false;
	}
	*ret = a;
	return true;
}

static void read_server(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct loader *l = r->self;
	struct arg a;

	(void)key;
	if (!read_arg(l, n, &a))
		return;
	*(struct arg *)to = a;
	if (!a.is_column && a.text.n)
		*LIST_ADD(l->set->names) = (struct rules_name){ a.text, n->at, false };
}

static void read_profile(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct loader *l = r->self;
	size_t before = l->set->names.n;

	read_server(r, key, n, to);
	if (l->set->names.n > before)
		l->set->names.v[before].profile = true;
}

const char *const wipe_kinds[] = { "enterprise", "device", NULL };

static void read_wipe_kind(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct yaml_node value = *n;
	struct arg a;

	(void)key;
	if (!read_arg(r->self, n, &a))
		return;
	value.kind = YAML_SCALAR;
	value.text = a.text;
	if (a.is_column)
		(void)yaml_bad(r, n, "rules.bad-value",
			"the kind of a wipe is written in the rules, not in the CSV");
	else if (yaml_word(r, &value, wipe_kinds) >= 0)
		*(struct arg *)to = a;
}

static void read_deadline(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct loader *l = r->self;
	struct duration ahead;
	int64_t at;
	struct arg a;

	(void)key;
	if (!read_arg(l, n, &a))
		return;
	if (!a.is_column && a.text.n && !rules_date(l->set, a.text, &at) &&
		!duration_parse(a.text, &ahead))
		diag_hint(r->d,
			yaml_bad(r, n, "rules.bad-value", "'%.*s' is neither date nor duration",
				STR_FMT(a.text)),
			"write it as in 2026-03-31 or 30d");
	*(struct arg *)to = a;
}

static void read_force(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	(void)yaml_flag(r, n, to);
}

#define AT(member) offsetof(struct rule_step, member)
static const struct yaml_key from_keys[] = {
	YAML_KEY("from", read_server, AT(arg), .required = true, .schema = "value",
		.help = "only from this server"),
	YAML_KEYS_END,
};
static const struct yaml_key to_keys[] = {
	YAML_KEY("to", read_server, AT(arg), .required = true, .schema = "value",
		.help = "without it: the server the device was taken from"),
	YAML_KEYS_END,
};
static const struct yaml_key profile_keys[] = {
	YAML_KEY("profile", read_profile, AT(arg), .required = true, .schema = "value",
		.help = "its name in the UEM's console"),
	YAML_KEYS_END,
};
static const struct yaml_key migrate_keys[] = {
	YAML_KEY("to", read_server, AT(arg), .required = true, .schema = "value",
		.help = "the server that takes the device"),
	YAML_KEY("deadline", read_deadline, AT(deadline), .required = true, .schema = "value",
		.help = "a date, or a duration from the start of the run; 90 days at most"),
	YAML_KEY("force_now", read_force, AT(force_now), .schema = "boolean",
		.help = "allow a deadline that is past"),
	YAML_KEYS_END,
};
static const struct yaml_key wipe_keys[] = {
	YAML_KEY("kind", read_wipe_kind, AT(arg), .required = true, .schema = "wipe_kind",
		.help = "enterprise (what is managed) or device (everything on it)"),
	YAML_KEYS_END,
};

/* ARG_TEXT has no mapping of its own. */
const struct step_shape step_shapes[] = {
	[ARG_NONE] = { NULL, false },
	[ARG_FROM] = { from_keys, false },
	[ARG_TO] = { to_keys, false },
	[ARG_PROFILE] = { profile_keys, true },
	[ARG_MIGRATE] = { migrate_keys, true },
	[ARG_WIPE] = { wipe_keys, true },
	[ARG_TEXT] = { NULL, true },
};

/* --- steps --- */

const struct recipe *find_recipe(const struct ruleset *set, struct str name)
{
	for (size_t i = 0; i < set->recipes.n; i++)
		if (str_eq(set->recipes.v[i].name, name))
			return &set->recipes.v[i];
	return NULL;
}

static void unknown_step(struct loader *l, struct loc at, struct str word)
{
	struct nearest near = nearest_to(word);
	struct diag *entry = yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.unknown-step", at,
		(unsigned)word.n, "unknown step '%.*s'", STR_FMT(word));

	if (entry == &l->r.d->spare)
		return;
	for (int i = 0; i < STEP_MAX_; i++)
		nearest_try(&near, str_from(step_info((enum step_kind)i)->word));
	for (size_t i = 0; i < l->set->recipes.n; i++)
		nearest_try(&near, l->set->recipes.v[i].name);
	diag_suggest(l->r.d, entry, &near);
}

/* What is being collected: the steps of one list. */
struct collected {
	LIST_OF(struct rule_step) steps;
	unsigned depth;
};

static void add_recipe(struct collected *c, const struct recipe *recipe)
{
	for (uint32_t i = 0; i < recipe->steps.n && c->steps.n <= PROGRAM_MAX_STEPS; i++)
		*LIST_ADD(c->steps) = recipe->steps.v[i];
	if (recipe->steps.depth + 1 > c->depth)
		c->depth = recipe->steps.depth + 1;
}

static void wrong_argument(struct loader *l, const struct yaml_node *n, enum step_kind kind)
{
	const struct step_shape *shape = &step_shapes[step_info(kind)->arg];
	const char *word = step_info(kind)->word;
	struct diag *entry = yaml_bad(
		&l->r, n, "rules.bad-argument", "'%s' needs an argument", word);

	if (!shape->keys)
		diag_hint(l->r.d, entry, "write it as in {%s: TEXT}", word);
	else
		diag_hint(
			l->r.d, entry, "write it as in {%s: {%s: ...}}", word, shape->keys[0].name);
}

static void add_bare(struct loader *l, struct collected *c, const struct yaml_node *n)
{
	const struct recipe *recipe = find_recipe(l->set, n->text);
	struct rule_step step = { .at = n->at };

	if (recipe) {
		add_recipe(c, recipe);
	} else if (!step_from_word(n->text, &step.kind)) {
		unknown_step(l, n->at, n->text);
	} else if (step_shapes[step_info(step.kind)->arg].required) {
		wrong_argument(l, n, step.kind);
	} else {
		*LIST_ADD(c->steps) = step;
	}
}

/* What replaces a sync where there is no UEM has the same name, and another place. */
static void takes_nothing(struct loader *l, const struct yaml_node *m, enum step_kind kind)
{
	const char *word = step_info(kind)->word;
	struct diag *entry = yaml_bad(&l->r, m, "rules.bad-argument", "'%s' takes nothing", word);

	if (kind == STEP_SYNC || kind == STEP_FETCH)
		diag_hint(l->r.d, entry, "write '%s' alone; " SYNC_WITHOUT_UEM, word);
	else
		diag_hint(l->r.d, entry, "write '%s' alone", word);
}

static void read_step_args(struct loader *l, const struct yaml_node *m, struct rule_step *step)
{
	const struct step_shape *shape = &step_shapes[step_info(step->kind)->arg];
	struct yaml_key keys = { .keys = shape->keys };
	char path[YAML_PATH_MAX];

	if (shape->keys && m->kind != YAML_MAP) {
		wrong_argument(l, m, step->kind);
	} else if (shape->keys) {
		memcpy(path, l->r.path, sizeof(path));
		memcpy(l->r.path, step_info(step->kind)->word,
			strlen(step_info(step->kind)->word) + 1);
		yaml_read_map(&l->r, &keys, m, step);
		memcpy(l->r.path, path, sizeof(path));
	} else if (shape->required) {
		(void)read_arg(l, m, &step->arg);
	} else {
		takes_nothing(l, m, step->kind);
	}
}

static void add_mapping(struct loader *l, struct collected *c, const struct yaml_node *n)
{
	const struct yaml_node *m = n->first;
	struct rule_step step = { .at = n->at };

	if (n->n_children != 1) {
		(void)yaml_bad(&l->r, n, "rules.bad-step",
			"one step here: write each as an item of its own");
		return;
	}
	step.at = m->key_at;
	if (step_from_word(m->key, &step.kind)) {
		read_step_args(l, m, &step);
		*LIST_ADD(c->steps) = step;
	} else if (find_recipe(l->set, m->key)) {
		diag_hint(l->r.d,
			yaml_bad(&l->r, m, "rules.bad-argument", "a recipe takes nothing"),
			"write '%.*s' alone", STR_FMT(m->key));
	} else {
		unknown_step(l, m->key_at, m->key);
	}
}

void load_steps(struct loader *l, const struct yaml_node *n, struct steps *ret)
{
	struct collected c = { 0 };

	if (!yaml_expect(&l->r, n, YAML_LIST))
		return;
	if (n->n_children == 0)
		(void)yaml_bad(&l->r, n, "yaml.empty", "at least one step is needed");
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		if (m->kind == YAML_MAP)
			add_mapping(l, &c, m);
		else if (yaml_expect(&l->r, m, YAML_SCALAR))
			add_bare(l, &c, m);
	}
	if (c.steps.n > PROGRAM_MAX_STEPS) {
		(void)yaml_bad(&l->r, n, "rules.too-many", "more than %d steps", PROGRAM_MAX_STEPS);
		c.steps.n = PROGRAM_MAX_STEPS;
	}
	ret->v = arena_zalloc(&l->set->arena, (c.steps.n + 1) * sizeof(*ret->v));
	if (c.steps.n)
		memcpy(ret->v, c.steps.v, c.steps.n * sizeof(*ret->v));
	ret->n = (uint32_t)c.steps.n;
	ret->depth = c.depth;
	free(c.steps.v);
}

/* --- orders --- */

static bool wipes_later(const struct steps *s, uint32_t from)
{
	for (uint32_t i = from + 1; i < s->n; i++)
		if (s->v[i].kind == STEP_WIPE)
			return true;
	return false;
}

static bool earlier(const struct steps *s, uint32_t before, enum step_kind kind)
{
	for (uint32_t i = 0; i < before; i++)
		if (s->v[i].kind == kind)
			return true;
	return false;
}

static bool acts_later(const struct steps *s, uint32_t from)
{
	for (uint32_t i = from + 1; i < s->n; i++)
		if (step_info(s->v[i].kind)->service != SERVICE_NONE)
			return true;
	return false;
}

static void bad_order(struct loader *l, const struct rule_step *step, const char *text)
{
	const char *word = step_info(step->kind)->word;

	(void)yaml_diag(l->r.d, rules_doc(l->set, step->at), DIAG_ERROR, "rules.order", step->at,
		(unsigned)strlen(word), "%s", text);
}

void check_steps(struct loader *l, const struct steps *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		enum step_kind kind = s->v[i].kind;

		if (kind == STEP_SKIP && s->n > 1)
			bad_order(l, &s->v[i],
				"skip has to be the only step: it means that nothing is done");
		if (kind == STEP_DELETE_RECORD && wipes_later(s, i))
			bad_order(l, &s->v[i], "a device whose record is deleted cannot be wiped");
		if (kind != STEP_RELEASE)
			continue;
		if (wipes_later(s, i))
			bad_order(l, &s->v[i], "a released device cannot be wiped: wipe it before");
		else if (acts_later(s, i))
			bad_order(l, &s->v[i], "nothing can be done to a released device");
		if (!l->set->school && !earlier(s, i, STEP_DELETE_FROM_LIFECYCLE))
			bad_order(l, &s->v[i],
				"delete_from_lifecycle has to come before release: afterwards the "
				"row can no longer leave the lifecycle page");
	}
}
