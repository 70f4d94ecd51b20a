/*
 * Runs `tests:` (see rules/load_tests.c): judges each row, and says what came of it instead.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/plural.h"
#include "rules/load.h"

struct test_row {
	const struct ruleset *set;
	const struct rules_test *test;
};

static void test_fact(void *self, enum fact f, struct value *ret)
{
	const struct test_row *t = self;
	const struct yaml_node *n = yaml_get(t->test->row, fact_info(f)->word);

	*ret = (struct value){ .state = VALUE_ABSENT, .type = fact_info(f)->type };
	if (n && test_is_unknown(n))
		ret->state = VALUE_UNKNOWN;
	else if (n)
		(void)test_fact_value(t->set, f, n->text, ret);
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

static struct diag *failed(const struct ruleset *set, const struct rules_test *t, struct diags *d,
	const char *expected, const char *found)
{
	return yaml_diag(d, rules_doc(set, t->at), DIAG_ERROR, "rules.test-failed", t->expect->at,
		1, "a test failed: expected %s, found %s", expected, found);
}

/* --- why --- */

enum { WHY_MAX_BYTES = 1500 };

struct why {
	const struct ruleset *set;
	struct str wanted; /* the rule that was expected */
	size_t fired;      /* the one that ended the search */
	struct buf lines;
};

static void put_condition(void *self, const struct explain_line *line)
{
	struct why *w = self;
	struct str rule = w->set->rules.v[line->rule].info.name;
	struct buf seen;

	if ((line->rule != w->fired && !str_eq(rule, w->wanted)) || w->lines.n > WHY_MAX_BYTES)
		return;
	buf_init(&seen, 4096);
	if (line->leaf)
		rules_value_words(&line->seen, &seen);
	if (line->depth == 0)
		buf_printf(&w->lines, "%srule '%.*s': %s", w->lines.n ? "\n" : "", STR_FMT(rule),
			line->reached ? rules_tri_word(line->result) : "not reached");
	buf_printf(&w->lines, "\n  %*s%.*s: %s", (int)line->depth * 2, "", STR_FMT(line->text),
		rules_tri_word(line->result));
	if (seen.n)
		buf_printf(&w->lines, " (%.*s)", STR_FMT(buf_view(&seen)));
	buf_release(&seen);
}

/* The conditions of the rule that should have decided and of the one that did. */
static void put_why(struct ruleset *set, const struct rules_row *row, struct str wanted,
	const struct verdict *v, struct diags *d, struct diag *entry)
{
	struct why w = { set, wanted, v->kind == VERDICT_NONE ? set->rules.n : v->rule, { 0 } };

	buf_init(&w.lines, 2 * WHY_MAX_BYTES);
	rules_explain(set, row, put_condition, &w);
	if (w.lines.n)
		diag_hint(d, entry, "%s", buf_cstr(&w.lines));
	buf_release(&w.lines);
}

/* --- what was found --- */

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
	case VERDICT_WAITS:
		buf_printf(b, "rule '%.*s' waits", STR_FMT(name));
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
	if (t->waits.n)
		return v->kind == VERDICT_WAITS && is_rule(set, v->rule, t->waits);
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
		(void)failed(set, t, d, "steps", err.msg);
	} else if (n_want != n_found || !steps_equal(want, found, n_want)) {
		put_steps(&a, want, n_want);
		put_steps(&b, found, n_found);
		(void)failed(set, t, d, buf_cstr(&a), buf_cstr(&b));
	}
	buf_release(&a);
	buf_release(&b);
}

static void run_test(struct ruleset *set, const struct rules_test *t, struct str *cells,
	int64_t now_ms, struct diags *d)
{
	struct test_row self = { set, t };
	struct rules_row row = { cells, set->refs.n, false, STR_NONE,
		t->now_ms == TIME_NONE ? now_ms : t->now_ms, test_fact, &self };
	struct str want = t->undecided.n ? t->undecided : t->waits.n ? t->waits : t->rule;
	struct verdict v;
	struct buf a, b;

	for (size_t i = 0; i < set->refs.n; i++)
		cells[i] = test_cell(t, &set->refs.v[i]);
	rules_judge(set, &row, &v);
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	if (!verdict_fits(set, t, &v)) {
		buf_printf(&a, "rule '%.*s'%s", STR_FMT(want),
			t->undecided.n ? " undecided"
			: t->waits.n   ? " waits"
				       : "");
		put_why(set, &row, want, &v, d,
			failed(set, t, d, buf_cstr(&a), found_words(set, &v, &b)));
	} else if (t->has_steps && v.kind == VERDICT_RULE) {
		check_test_steps(set, t, &row, v.rule, d);
	}
	buf_release(&a);
	buf_release(&b);
}

/* The rows of tests have one cell per column that the rules name, so the columns are bound to
 * their own numbers meanwhile. */
static void run_bound(
	struct ruleset *set, const struct rules_test *t, int64_t now_ms, struct diags *d)
{
	int *bound = mem_alloc((set->refs.n + 1) * sizeof(*bound));
	struct str *cells = mem_alloc((set->refs.n + 1) * sizeof(*cells));

	for (size_t i = 0; i < set->refs.n; i++) {
		bound[i] = set->refs.v[i].bound;
		set->refs.v[i].bound = (int)i;
	}
	run_test(set, t, cells, now_ms, d);
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
	struct rules_options opt = {
		.n_files = set->docs.n, .n_set = n, .school = set->school, .lists = set->lists
	};
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

enum errc rules_run_tests(
	struct ruleset *set, int64_t now_ms, struct diags *d, size_t *ret_run, struct err *err)
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
			run_bound(set, t, now_ms, d);
		else if (other || load_for_test(&other, set, t, &why) == ERR_OK)
			run_bound(other, &other->tests.v[i], now_ms, d);
		else
			(void)failed(set, t, d, "rules that load with these parameters", why.msg);
	}
	rules_free(other);
	*ret_run = set->tests.n;
	if (d->n_errors > before)
		return err_set(err, ERR_RULES, "%zu of %zu test%s of the rules failed",
			d->n_errors - before, set->tests.n, plural(set->tests.n));
	return ERR_OK;
}
