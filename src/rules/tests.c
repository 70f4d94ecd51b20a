/*
 * `tests:`: rows with the facts written out, and what the rules should make of them.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "rules/load.h"

/* A test that does not say `now:` must not change its result with the calendar. */
#define TEST_NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

/* --- loading --- */

static bool is_unknown(const struct yaml_node *n)
{
	return !n->quoted && str_eq(n->text, STR("unknown"));
}

static bool fact_value(const struct ruleset *set, enum fact f, struct str text, struct value *ret)
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
		if (!is_unknown(m) && !fact_value(l->set, f, m->text, &v))
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
	if (n->kind == YAML_MAP && !yaml_get(n, "rule") && !yaml_get(n, "undecided"))
		(void)yaml_bad(r, n, "yaml.missing-key", "'rule' or 'undecided' is missing here");
}

const struct yaml_key rules_test_keys[] = {
	YAML_KEY("row", read_row, 0, .required = true, .schema = "row",
		.help = "fields and their values; unknown is written out, what is not listed is "
			"absent"),
	YAML_KEY("expect", read_expect, 0, .required = true, .keys = rules_expect_keys,
		.schema = "expect", .help = "how the row has to be judged"),
	YAML_KEY("set", read_set, 0, .schema = "set", .help = "parameters of this test"),
	YAML_KEY("now", read_now, offsetof(struct rules_test, now_ms), .schema = "text",
		.help = "the time of this test"),
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
		struct rules_test test = { .at = m->at, .now_ms = TEST_NOW_MS };

		yaml_read_map(r, &keys, m, &test);
		*LIST_ADD(set->tests) = test;
	}
	/* Servers that only tests name need not exist. */
	set->names.n = n_names;
}

/* --- running --- */

struct test_row {
	const struct ruleset *set;
	const struct rules_test *test;
};

static void test_fact(void *self, enum fact f, struct value *ret)
{
	const struct test_row *t = self;
	const struct yaml_node *n = yaml_get(t->test->row, fact_info(f)->word);

	*ret = (struct value){ .state = VALUE_ABSENT, .type = fact_info(f)->type };
	if (n && is_unknown(n))
		ret->state = VALUE_UNKNOWN;
	else if (n)
		(void)fact_value(t->set, f, n->text, ret);
}

/* The cell a test gives to a column: under its word, or as csv.HEADER. */
static struct str test_cell(const struct rules_test *t, const struct column_ref *ref)
{
	for (const struct yaml_node *m = t->row->first; m; m = m->next) {
		struct str key = m->key;

		if (!ref->canonical && str_starts_nocase(key, STR("csv.")))
			key = str_sub(key, 4, key.n - 4);
		if (str_eq(key, rules_ref_name(ref)))
			return m->text;
	}
	return STR_NONE;
}

static void put_steps(struct buf *b, const struct step *v, uint32_t n)
{
	buf_z(b, "[");
	for (uint32_t i = 0; i < n; i++) {
		buf_printf(b, "%s%s", i ? ", " : "", step_info(v[i].kind)->word);
		if (v[i].arg.n)
			buf_printf(b, "(%.*s)", STR_FMT(v[i].arg));
	}
	buf_z(b, "]");
}

static bool steps_equal(const struct step *a, const struct step *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (a[i].kind != b[i].kind || !str_eq(a[i].arg, b[i].arg) ||
			a[i].deadline_ms != b[i].deadline_ms || a[i].force_now != b[i].force_now)
			return false;
	return true;
}

static void failed(const struct ruleset *set, const struct rules_test *t, struct diags *d,
	const char *expected, const char *found)
{
	(void)yaml_diag(d, rules_doc(set, t->at), DIAG_ERROR, "rules.test-failed", t->expect->at, 1,
		"a test failed: expected %s, found %s", expected, found);
}

static const char *found_words(const struct ruleset *set, const struct verdict *v, struct buf *b)
{
	struct str name = set->rules.v[v->rule].info.name;

	switch (v->kind) {
	case VERDICT_NONE:
		return "no rule";
	case VERDICT_RULE:
		buf_printf(b, "rule '%.*s'", STR_FMT(name));
		break;
	case VERDICT_INVALID:
		buf_printf(b, "an unusable row: %s", v->why);
		break;
	default:
		buf_printf(
			b, "rule '%.*s' undecided by %s", STR_FMT(name), fact_info(v->fact)->word);
		break;
	}
	return buf_cstr(b);
}

static bool is_rule(const struct ruleset *set, size_t rule, struct str name)
{
	return str_eq(set->rules.v[rule].info.name, name);
}

static bool verdict_fits(
	const struct ruleset *set, const struct rules_test *t, const struct verdict *v)
{
	if (t->undecided.n)
		return v->kind == VERDICT_UNDECIDED && is_rule(set, v->rule, t->undecided);
	if (str_eq(t->rule, STR("none")))
		return v->kind == VERDICT_NONE;
	return v->kind == VERDICT_RULE && is_rule(set, v->rule, t->rule);
}

static void check_test_steps(struct ruleset *set, const struct rules_test *t,
	const struct rules_row *row, size_t rule, struct diags *d)
{
	struct step want[PROGRAM_MAX_STEPS], found[PROGRAM_MAX_STEPS];
	uint32_t n_want = 0, n_found = 0;
	struct buf a, b;
	struct err err = { 0 };

	buf_init(&a, 4096);
	buf_init(&b, 4096);
	if (steps_fill(set, &t->steps, row, want, &n_want, &err) != ERR_OK ||
		rules_program(set, rule, false, row, found, &n_found, &err) != ERR_OK) {
		failed(set, t, d, "steps", err.msg);
	} else if (n_want != n_found || !steps_equal(want, found, n_want)) {
		put_steps(&a, want, n_want);
		put_steps(&b, found, n_found);
		failed(set, t, d, buf_cstr(&a), buf_cstr(&b));
	}
	buf_release(&a);
	buf_release(&b);
}

static void run_test(
	struct ruleset *set, const struct rules_test *t, struct str *cells, struct diags *d)
{
	struct test_row self = { set, t };
	struct rules_row row = { cells, set->refs.n, STR_NONE, t->now_ms, test_fact, &self };
	struct str want = t->undecided.n ? t->undecided : t->rule;
	struct verdict v;
	struct buf a, b;

	for (size_t i = 0; i < set->refs.n; i++)
		cells[i] = test_cell(t, &set->refs.v[i]);
	rules_judge(set, &row, &v);
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	if (!verdict_fits(set, t, &v)) {
		buf_printf(&a, "rule '%.*s'%s", STR_FMT(want), t->undecided.n ? " undecided" : "");
		failed(set, t, d, buf_cstr(&a), found_words(set, &v, &b));
	} else if (t->has_steps && v.kind == VERDICT_RULE) {
		check_test_steps(set, t, &row, v.rule, d);
	}
	buf_release(&a);
	buf_release(&b);
}

/* The rows of tests have one cell per column that the rules name, so the columns are bound to
 * their own numbers meanwhile. */
static void run_bound(struct ruleset *set, const struct rules_test *t, struct diags *d)
{
	int *bound = mem_alloc((set->refs.n + 1) * sizeof(*bound));
	struct str *cells = mem_alloc((set->refs.n + 1) * sizeof(*cells));

	for (size_t i = 0; i < set->refs.n; i++) {
		bound[i] = set->refs.v[i].bound;
		set->refs.v[i].bound = (int)i;
	}
	run_test(set, t, cells, d);
	for (size_t i = 0; i < set->refs.n; i++)
		set->refs.v[i].bound = bound[i];
	free(bound);
	free(cells);
}

/* A test sees the parameters it sets and the defaults of the others, whatever --set says. */
static struct str value_for_test(const struct parameter *p, const struct rules_test *t)
{
	for (const struct yaml_node *m = t->set ? t->set->first : NULL; m; m = m->next)
		if (str_eq(m->key, p->name))
			return m->text;
	return p->preset;
}

static bool has_values_of(const struct ruleset *set, const struct rules_test *t)
{
	for (size_t i = 0; i < set->parameters.n; i++) {
		const struct parameter *p = &set->parameters.v[i];

		if (!str_eq(p->value, value_for_test(p, t)))
			return false;
	}
	return true;
}

/* The same files once more, with the values of the test. Parameters are folded into conditions when
 * they are loaded, so another value is another set. */
static enum errc load_for_test(struct ruleset **ret, const struct ruleset *set,
	const struct rules_test *t, struct err *err)
{
	size_t n = set->parameters.n;
	struct arena a;
	const char **files, **values;
	struct rules_options opt = { .n_files = set->docs.n, .n_set = n, .school = set->school };
	struct diags quiet;
	enum errc rc;

	arena_init(&a);
	diags_init(&quiet);
	files = arena_zalloc(&a, (set->docs.n + 1) * sizeof(*files));
	values = arena_zalloc(&a, (n + 1) * sizeof(*values));
	for (size_t i = 0; i < set->docs.n; i++)
		files[i] = set->docs.v[i]->file;
	for (size_t i = 0; i < n; i++) {
		struct str name = set->parameters.v[i].name;
		struct str value = value_for_test(&set->parameters.v[i], t);
		char *z = arena_alloc(&a, name.n + value.n + 2);

		memcpy(z, name.p, name.n);
		z[name.n] = '=';
		memcpy(z + name.n + 1, value.p ? value.p : "", value.n);
		z[name.n + 1 + value.n] = '\0';
		values[i] = z;
	}
	opt.files = files;
	opt.set = values;
	rc = rules_load(ret, &opt, &quiet, err);
	diags_release(&quiet);
	arena_release(&a);
	return rc;
}

enum errc rules_run_tests(struct ruleset *set, struct diags *d, size_t *ret_run, struct err *err)
{
	size_t before = d->n_errors;
	struct ruleset *other = NULL;

	for (size_t i = 0; i < set->tests.n; i++) {
		const struct rules_test *t = &set->tests.v[i];
		struct err why = { 0 };

		if (other && !has_values_of(other, t)) {
			rules_free(other);
			other = NULL;
		}
		if (has_values_of(set, t))
			run_bound(set, t, d);
		else if (other || load_for_test(&other, set, t, &why) == ERR_OK)
			run_bound(other, &other->tests.v[i], d);
		else
			failed(set, t, d, "rules that load with these parameters", why.msg);
	}
	rules_free(other);
	*ret_run = set->tests.n;
	if (d->n_errors > before)
		return err_set(err, ERR_RULES, "%zu of %zu tests of the rules failed",
			d->n_errors - before, set->tests.n);
	return ERR_OK;
}
