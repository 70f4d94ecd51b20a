/*
 * `tests:` as they are written: rows with the facts written out, and what the rules should make of
 * them. rules/tests.c runs them.
 */
#include "rules/load.h"

bool test_is_unknown(const struct yaml_node *n)
{
	return !n->quoted && str_eq(n->text, STR("unknown"));
}

bool test_fact_value(const struct ruleset *set, enum fact f, struct str text, struct value *ret)
{
	bool flag = false;
	double number = 0;

	ret->state = text.n ? VALUE_KNOWN : VALUE_ABSENT;
	ret->type = fact_info(f)->type;
	ret->text = text;
	if (text.n == 0)
		return true;
	switch (ret->type) {
	case TYPE_DATE:
		return rules_date(set, text, &ret->number);
	case TYPE_NUMBER:
		if (!rules_number(text, &number))
			return false;
		ret->number = (int64_t)number;
		return true;
	case TYPE_FLAG:
		if (!rules_flag(text, &flag))
			return false;
		ret->number = flag;
		return true;
	case TYPE_TEXT:
		break;
	}
	return true;
}

static void check_cell(struct loader *l, const struct yaml_node *m)
{
	struct value v;
	enum column column;
	enum fact f;

	if (!yaml_expect(&l->r, m, YAML_SCALAR))
		return;
	if (fact_from_word(m->key, &f)) {
		if (!test_is_unknown(m) && !test_fact_value(l->set, f, m->text, &v))
			(void)yaml_bad(&l->r, m, "rules.bad-value", "'%.*s' is no value of %.*s",
				STR_FMT(m->text), STR_FMT(m->key));
	} else if (!column_from_word(m->key, &column) && !str_starts_nocase(m->key, STR("csv."))) {
		unknown_field(l, m, m->key);
	}
}

static void read_row(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	((struct rules_test *)to)->row = n;
	for (const struct yaml_node *m = n->first; m; m = m->next)
		check_cell(r->self, m);
}

static void read_now(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (yaml_expect(r, n, YAML_SCALAR) && !time_parse(n->text, to))
		(void)yaml_bad(r, n, "rules.bad-value", "'%.*s' is not a date", STR_FMT(n->text));
}

static void read_set(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	(void)key;
	if (!yaml_expect(r, n, YAML_MAP))
		return;
	((struct rules_test *)to)->set = n;
	for (const struct yaml_node *m = n->first; m; m = m->next)
		if (yaml_expect(r, m, YAML_SCALAR))
			(void)find_parameter(r->self, m, m->key);
}

static void read_rule_ref(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	const struct ruleset *set = ((struct loader *)r->self)->set;
	struct nearest near = nearest_to(n->text);
	struct diag *entry;

	(void)key;
	if (!yaml_text(r, n))
		return;
	*(struct str *)to = n->text;
	if (str_eq(n->text, STR("none")))
		return;
	for (size_t i = 0; i < set->rules.n; i++) {
		if (str_eq(set->rules.v[i].info.name, n->text))
			return;
		nearest_try(&near, set->rules.v[i].info.name);
	}
	entry = yaml_bad(r, n, "rules.unknown-rule", "no rule is called '%.*s'", STR_FMT(n->text));
	diag_suggest(r->d, entry, &near);
}

static void read_expected_steps(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct rules_test *t = to;

	(void)key;
	t->has_steps = true;
	load_steps(r->self, n, &t->steps);
}

const struct yaml_key rules_expect_keys[] = {
	YAML_KEY("rule", read_rule_ref, offsetof(struct rules_test, rule), .schema = "text",
		.help = "the rule that fires, or none"),
	YAML_KEY("undecided", read_rule_ref, offsetof(struct rules_test, undecided),
		.schema = "text", .help = "the rule that an unknown fact leaves open"),
	YAML_KEY("waits", read_rule_ref, offsetof(struct rules_test, waits), .schema = "text",
		.help = "the rule that waits until Apple lists the serial"),
	YAML_KEY("do", read_expected_steps, 0, .schema = "steps",
		.help = "its steps, recipes flattened"),
	YAML_KEYS_END,
};

static void read_expect(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct rules_test *t = to;

	if (!n)
		return;
	t->expect = n;
	yaml_read_map(r, key, n, to);
	if (n->kind == YAML_MAP && !yaml_get(n, "rule") && !yaml_get(n, "undecided") &&
		!yaml_get(n, "waits"))
		(void)yaml_bad(
			r, n, "yaml.missing-key", "'rule', 'undecided' or 'waits' is missing here");
}

const struct yaml_key rules_test_keys[] = {
	YAML_KEY("row", read_row, 0, .required = true, .schema = "row",
		.help = "fields and their values; unknown is written out, what is not listed is "
			"absent"),
	YAML_KEY("expect", read_expect, 0, .required = true, .keys = rules_expect_keys,
		.schema = "expect", .help = "how the row has to be judged"),
	YAML_KEY("set", read_set, 0, .schema = "set", .help = "parameters of this test"),
	YAML_KEY("now", read_now, offsetof(struct rules_test, now_ms), .schema = "text",
		.help = "the time of this test; left out, the present"),
	YAML_KEYS_END,
};

void load_tests(
	struct yaml_reader *r, const struct yaml_key *key, const struct yaml_node *n, void *to)
{
	struct ruleset *set = ((struct loader *)r->self)->set;
	struct yaml_key keys = { .keys = rules_test_keys };
	size_t n_names = set->names.n;

	(void)key;
	(void)to;
	if (!yaml_expect(r, n, YAML_LIST))
		return;
	for (const struct yaml_node *m = n->first; m; m = m->next) {
		struct rules_test test = { .at = m->at, .now_ms = TIME_NONE };

		yaml_read_map(r, &keys, m, &test);
		*LIST_ADD(set->tests) = test;
	}
	/* Servers that only tests name need not exist. */
	set->names.n = n_names;
}
