/* What a rules file may not say, and what several files may not say together. */
#include "rules_kit.h"

static struct kit k;

static int set_up(void **state)
{
	(void)state;
	kit_begin(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_end(&k);
	return 0;
}

#define HEAD "version: 1\n"
#define RULES "rules: [{name: r, match: {always: true}, do: [skip]}]\n"
#define DO(steps) HEAD "rules: [{name: r, match: {always: true}, do: [" steps "]}]\n"
#define MATCH(match) HEAD "rules: [{name: r, match: {" match "}, do: [skip]}]\n"
#define TESTS(tests) HEAD "parameters: {p: {default: x}}\n" RULES "tests: [" tests "]\n"

/* The text, what the first complaint is called and a part of its words. */
struct mistake {
	const char *text, *code, *words;
};

/* Says so when it does not. */
static bool refuses(const struct mistake *m)
{
	struct ruleset *set = kit_load(&k, str_from(m->text), false, NULL);

	if (!set && strcmp(k.d.v[0].code, m->code) == 0 && strstr(k.d.v[0].text.p, m->words))
		return true;
	diags_print(&k.d, stderr);
	print_error("%s\nexpected %s: %s\n", m->text, m->code, m->words);
	rules_free(set);
	return false;
}

static void every_mistake_is_named(void **state)
{
	static const struct mistake mistakes[] = {
		/* references */
		{ MATCH("model: {column: [x]}"), "yaml.wrong-kind", "text" },
		{ MATCH("model: {}"), "rules.bad-value", "{column: HEADER}" },
		{ MATCH("model: {column: a, param: b}"), "rules.bad-value", "{column: HEADER}" },
		{ MATCH("model: [[x]]"), "rules.bad-value", "{column: HEADER}" },
		{ MATCH("model: [\"\", {param: p}]"), "yaml.empty", "missing" },
		{ MATCH("any: x"), "yaml.wrong-kind", "a list" },
		/* values */
		{ MATCH("csv.Code|lt: soon"), "rules.bad-value", "a number or a date" },
		{ MATCH("uem.profile_count|lt: 1.2.3"), "rules.bad-value", "not a number" },
		{ MATCH("uem.profile_count|lt: 1."), "rules.bad-value", "not a number" },
		{ MATCH("uem.profile_count|lt: .5"), "rules.bad-value", "not a number" },
		{ MATCH("uem.profile_count|lt: +"), "rules.bad-value", "not a number" },
		{ MATCH("uem.profile_count|lt: 1234567890123456"), "rules.bad-value", "a number" },
		{ MATCH("serial|in_file: {column: model}"), "rules.bad-value", "a column cannot" },
		{ MATCH("model|present: [true, false]"), "rules.bad-value", "either true or" },
		/* steps */
		{ DO("{wipe: {kind: {column: model}}}"), "rules.bad-value", "not in the CSV" },
		{ DO("{wipe: {kind: [device]}}"), "rules.bad-value", "{column: HEADER}" },
		{ DO("{wipe: {kind: all}}"), "yaml.bad-value", "not one of" },
		{ DO("{migrate: {to: A, deadline: [1d]}}"), "rules.bad-value", "{column:" },
		{ DO("{migrate: {to: A, deadline: soon}}"), "rules.bad-value", "neither date" },
		/* sections */
		{ HEAD "columns: [serial]\n" RULES, "yaml.wrong-kind", "a mapping" },
		{ HEAD "dates: x\n" RULES, "yaml.wrong-kind", "a list" },
		{ HEAD "dates: [[x]]\n" RULES, "yaml.wrong-kind", "text" },
		{ HEAD "dates: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]\n" RULES,
			"rules.too-many", "16 forms" },
		{ HEAD "waves: []\n" RULES, "rules.too-many", "1 to 32" },
		{ HEAD "waves: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
		       "26,27,28,29,30,31,32,100%]\n" RULES,
			"rules.too-many", "1 to 32" },
		{ HEAD "waves: [[5], 100%]\n" RULES, "yaml.wrong-kind", "text" },
		{ HEAD "waves: [\"%\"]\n" RULES, "rules.bad-value", "a wave is" },
		{ HEAD "waves: [\"\", 100%]\n" RULES, "rules.bad-value", "a wave is" },
		{ HEAD "waves: [4294967296, 100%]\n" RULES, "rules.bad-value", "a wave is" },
		{ HEAD "waves: [101%, 100%]\n" RULES, "rules.bad-value", "a wave is" },
		{ HEAD "waves: [50%]\n" RULES, "rules.bad-value", "the last wave" },
		{ HEAD "waves: [100]\n" RULES, "rules.bad-value", "the last wave" },
		{ HEAD "rules: {}\n", "yaml.wrong-kind", "a list" },
		{ HEAD "recipes: [a]\n" RULES, "yaml.wrong-kind", "a mapping" },
		{ HEAD "rules: [{name: none, match: {always: true}, do: [skip]}]\n",
			"rules.conflict", "'none' means" },
		/* tests */
		{ TESTS("{row: [x], expect: {rule: r}}"), "yaml.wrong-kind", "a mapping" },
		{ TESTS("{row: {model: [x]}, expect: {rule: r}}"), "yaml.wrong-kind", "text" },
		{ TESTS("{row: {uem.listed: maybe}, expect: {rule: r}}"), "rules.bad-value",
			"no value of uem.listed" },
		{ TESTS("{row: {uem.profile_count: many}, expect: {rule: r}}"), "rules.bad-value",
			"no value of uem.profile_count" },
		{ TESTS("{row: {uem.last_seen: soon}, expect: {rule: r}}"), "rules.bad-value",
			"no value of uem.last_seen" },
		{ TESTS("{row: {}, expect: {rule: r}, now: soon}"), "rules.bad-value", "a date" },
		{ TESTS("{row: {}, expect: {rule: r}, now: [x]}"), "yaml.wrong-kind", "text" },
		{ TESTS("{row: {}, expect: {rule: r}, set: [p]}"), "yaml.wrong-kind", "mapping" },
		{ TESTS("{row: {}, expect: {rule: r}, set: {p: [x]}}"), "yaml.wrong-kind", "text" },
		{ TESTS("{row: {}, expect: {rule: r}, set: {q: x}}"), "rules.unknown-parameter",
			"'q'" },
		{ TESTS("{row: {}, expect: {rule: [r]}}"), "yaml.wrong-kind", "text" },
		{ TESTS("{row: {}, expect: [r]}"), "yaml.wrong-kind", "a mapping" },
		{ TESTS("{row: {}, expect: {do: [skip]}}"), "yaml.missing-key", "'undecided'" },
	};
	size_t n_refused = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		n_refused += refuses(&mistakes[i]);
	assert_int_equal(n_refused, sizeof(mistakes) / sizeof(*mistakes));
}

/* A file with n numbered pieces: before, (left, number, right) n times, after. */
static char *repeated(
	const char *before, const char *left, const char *right, unsigned n, const char *after)
{
	size_t size = 1024 + n * (strlen(left) + strlen(right) + 8), used;
	char *text = malloc(size);

	assert_non_null(text);
	used = (size_t)snprintf(text, size, "%s", before);
	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%u%s", left, i, right);
	(void)snprintf(text + used, size - used, "%s", after);
	return text;
}

static void there_is_an_end_to_everything(void **state)
{
	char *rules = repeated(
		HEAD "rules:\n", "  - {name: r", ", match: {model: x}, do: [skip]}\n", 1001, "");
	char *values = repeated(
		HEAD "rules: [{name: r, match: {model: [", "v", ",", 10001, "z]}, do: [skip]}]\n");

	(void)state;
	assert_true(refuses(&(struct mistake){ rules, "rules.too-many", "1000 rules" }));
	assert_true(refuses(&(struct mistake){ values, "rules.too-many", "1 to 10000" }));
	free(rules);
	free(values);
}

static void no_files_are_no_rules(void **state)
{
	struct rules_options opt = { 0 };
	struct ruleset *set = NULL;

	(void)state;
	assert_int_equal(rules_load(&set, &opt, &k.d, &k.err), ERR_RULES);
	assert_string_equal(k.err.msg, "there are no rules");
	assert_null(set);
}

static void only_parameters_can_be_set(void **state)
{
	static const char *const wrong[] = { "p", "q=x", "=x", "" };
	struct str text = STR(HEAD "parameters: {p: {default: x}}\n" RULES);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_null(kit_load(&k, text, false, wrong[i]));
		assert_string_equal(k.d.v[0].code, "rules.unknown-parameter");
	}
}

/* --- several files --- */

static const char *const both = "recipes: {m: [{migrate: {to: A, deadline: 30d}}]}\n"
				"parameters: {p: {default: x}}\n"
				"columns: {serial: No.}\n"
				"dates: [\"%d.%m.%Y\", \"%m/%d/%Y\"]\n";

static struct ruleset *load_with(const char *second)
{
	char other[128], first[600], text[600];
	const char *files[] = { other, k.file };
	struct rules_options opt = { .files = files, .n_files = 2 };
	struct ruleset *set = NULL;
	FILE *f;

	(void)snprintf(other, sizeof(other), "%s/other.yaml", k.folder);
	(void)snprintf(first, sizeof(first),
		HEAD "%srules: [{name: a, match: {model: x}, do: [m]}]\n", both);
	(void)snprintf(text, sizeof(text),
		HEAD "%srules: [{name: b, match: {model: y}, do: [skip]}]\n", second);
	f = fopen(other, "w");
	assert_non_null(f);
	assert_true(fputs(first, f) >= 0);
	assert_int_equal(fclose(f), 0);
	f = fopen(k.file, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	diags_release(&k.d);
	diags_init(&k.d);
	(void)!rules_load(&set, &opt, &k.d, &k.err);
	(void)unlink(other);
	return set;
}

static void what_two_files_agree_on_is_said_once(void **state)
{
	struct ruleset *set = load_with(both);
	size_t n;

	(void)state;
	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	assert_int_equal(rules_count(set), 2);
	(void)rules_columns(set, &n);
	assert_int_equal(n, 1);
	rules_free(set);
}

static void what_they_disagree_on_is_refused(void **state)
{
	static const char *const conflicts[] = {
		"recipes: {m: [sync]}\n",
		"recipes: {m: [sync, sync]}\n",
		"recipes: {m: [{migrate: {to: B, deadline: 30d}}]}\n",
		"recipes: {m: [{migrate: {to: A, deadline: 31d}}]}\n",
		"recipes: {m: [{migrate: {to: A, deadline: 30d, force_now: true}}]}\n",
		"recipes: {m: [{migrate: {to: {column: A}, deadline: 30d}}]}\n",
		"recipes: {m: [{migrate: {to: A, deadline: {column: added}}}]}\n",
		"parameters: {p: {default: y}}\n",
		"columns: {serial: Nr.}\n",
		"dates: [\"%d.%m.%Y\"]\n",
		"dates: [\"%m/%d/%Y\", \"%d.%m.%Y\"]\n",
		"dates: [\"%d.%m.%Y\", \"%m/%d/%Y\", \"%Y\"]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(conflicts) / sizeof(*conflicts); i++) {
		struct ruleset *set = load_with(conflicts[i]);

		if (set || k.d.n != 1 || strcmp(k.d.v[0].code, "rules.conflict") != 0) {
			diags_print(&k.d, stderr);
			fail_msg("expected a conflict: %s", conflicts[i]);
		}
	}
}

/* A parameter that has to be given in one file, and has a default in the other. */
static void a_missing_default_is_another_default(void **state)
{
	struct ruleset *set = load_with("parameters: {p: {}}\n");

	(void)state;
	assert_null(set);
	assert_string_equal(k.d.v[0].code, "rules.conflict");
}

/* --- lists in files --- */

static void put_list(const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/list.csv", k.folder);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void remove_list(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/list.csv", k.folder);
	assert_int_equal(unlink(path), 0);
}

static void a_list_with_a_mistake_is_refused(void **state)
{
	char *longer = repeated("first\n", "x", "", 150, "\n");
	const struct {
		const char *list;
		struct mistake mistake;
	} lists[] = {
		{ longer, { MATCH("model|in_file: list.csv"), "rules.in-file",
				  "line 2 of that file: a value is longer" } },
		{ "a\n\"b\"c\nd\n",
			{ MATCH("model|in_file: list.csv"), "rules.in-file", "line 2" } },
		{ "a,b\nc,d\n", { HEAD "parameters: {p: {default: c}}\nrules: [{name: r, match: "
				       "{param.p|in_file: list.csv}, do: [skip]}]\n",
					"rules.in-file", "several columns" } },
		{ "a\n",
			{ MATCH("model|in_file: [list.csv, none.csv]"), "rules.in-file", "none" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		put_list(lists[i].list);
		assert_true(refuses(&lists[i].mistake));
	}
	remove_list();
	free(longer);
}

static enum verdict_kind judged(const char *text, const char *cell)
{
	struct ruleset *set = kit_load(&k, str_from(text), false, NULL);
	struct verdict v;

	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
	kit_clear_row(&k);
	k.cells[1] = str_from(cell);
	rules_judge(set, &k.row, &v);
	rules_free(set);
	return v.kind;
}

/* Short records and empty cells of a list name nothing, above all not what has no value. */
static void gaps_of_a_list_are_no_values(void **state)
{
	static const char text[] = MATCH("model|in_file: list.csv");

	(void)state;
	put_list("Serial Number,Model\nC02XK1ABJG5H\nC02XK1ABJG5J,\n,iPad\n");
	assert_int_equal(judged(text, "iPad"), VERDICT_RULE);
	assert_int_equal(judged(text, "C02XK1ABJG5H"), VERDICT_NONE);
	assert_int_equal(judged(text, ""), VERDICT_NONE);
	remove_list();
}

static void a_list_of_many_may_ask_for_columns_too(void **state)
{
	static const char text[] = MATCH("model: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, "
					 "{column: serial}]");
	static const char empty[] = HEAD
		"parameters: {p: {default: \"\"}}\nrules: [{name: r, match: {model: [a, b, c, d, "
		"e, "
		"f, g, h, i, j, k, l, m, n, o, q, {param: p}]}, do: [skip]}]\n";

	(void)state;
	assert_int_equal(judged(text, "p"), VERDICT_RULE);
	assert_int_equal(judged(text, "q"), VERDICT_NONE);
	assert_int_equal(judged(empty, "q"), VERDICT_RULE);
	assert_int_equal(judged(empty, ""), VERDICT_NONE);
}

/* --- cells that steps need --- */

static void a_deadline_from_the_csv_may_be_unusable(void **state)
{
	static const struct {
		const char *cell, *words;
	} cells[] = {
		{ "", "'added' is empty" },
		{ "soon", "neither date nor duration" },
		{ "2025-12-31", "is past" },
		{ "2026-12-31", "more than 90 days" },
		{ "2026-02-01", NULL },
		{ "30d", NULL },
	};
	struct ruleset *set = kit_load(
		&k, STR(DO("{migrate: {to: A, deadline: {column: added}}}")), false, NULL);
	struct step steps[PROGRAM_MAX_STEPS];
	uint32_t n;

	(void)state;
	assert_non_null(set);
	assert_false(rules_program_is_fixed(set, 0));
	assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		enum errc rc;

		k.cells[2] = str_from(cells[i].cell);
		rc = rules_program(set, 0, false, &k.row, steps, &n, &k.err);
		assert_int_equal(rc, cells[i].words ? ERR_SYNTAX : ERR_OK);
		if (cells[i].words)
			assert_non_null(strstr(k.err.msg, cells[i].words));
	}
	rules_free(set);
}

/* --- the rules' own tests --- */

/* What the first test that fails says; "" when all are as expected. */
static const char *failure(const char *text, const char *value)
{
	struct ruleset *set = kit_load(&k, str_from(text), false, value);
	enum errc rc;
	size_t n = 0;

	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	rc = rules_run_tests(set, INT64_C(1767225600000), &k.d, &n, &k.err);
	assert_int_equal(n, 1);
	rules_free(set);
	if (rc == ERR_OK)
		return "";
	assert_string_equal(k.d.v[0].code, "rules.test-failed");
	return k.d.v[0].text.p;
}

#define MIGRATE(more) "{migrate: {to: A, deadline: " more "}}"
#define EXPECT(rule, row, expect) \
	HEAD "rules: [" rule "]\ntests: [{row: {" row "}, expect: {" expect "}}]\n"
#define ALWAYS(steps) "{name: r, match: {always: true}, do: [" steps "]}"

static void a_test_that_fails_says_what_was_found(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ EXPECT(ALWAYS("sync"), "", "rule: r, do: [sync]"), "" },
		{ EXPECT(ALWAYS("sync"), "", "rule: none"),
			"expected rule 'none', found rule 'r'" },
		{ EXPECT("{name: r, match: {model: x}, do: [skip]}", "model: y", "rule: r"),
			"expected rule 'r', found no rule" },
		{ EXPECT("{name: r, match: {uem.listed: true}, do: [skip]}", "uem.listed: unknown",
			  "rule: r"),
			"found rule 'r' undecided by uem.listed" },
		{ EXPECT("{name: r, match: {uem.listed: true}, do: [skip]}", "uem.listed: unknown",
			  "undecided: r"),
			"" },
		{ EXPECT("{name: r, match: {uem.listed: true}, do: [skip]}, {name: s, match: "
			 "{uem.group: x}, do: [skip]}",
			  "uem.listed: unknown", "undecided: s"),
			"expected rule 's' undecided, found rule 'r' undecided" },
		{ EXPECT("{name: r, match: {uem.listed: true}, do: [skip]}", "uem.listed: true",
			  "undecided: r"),
			"expected rule 'r' undecided, found rule 'r'" },
		{ EXPECT("{name: r, match: {added|before: 2026-01-01}, do: [skip]}", "added: soon",
			  "rule: r"),
			"found an unusable row: column 'added' holds 'soon'" },
		{ EXPECT("{name: r, match: {uem.group|present: false}, do: [skip]}",
			  "uem.group: \"\"", "rule: r"),
			"" },
		{ EXPECT(ALWAYS("sync"), "", "rule: r, do: [sync, fetch]"),
			"expected [sync, fetch], found [sync]" },
		{ EXPECT(ALWAYS("{reassign: {to: A}}"), "", "rule: r, do: [{reassign: {to: B}}]"),
			"expected [reassign(B)], found [reassign(A)]" },
		{ EXPECT(ALWAYS(MIGRATE("30d")), "", "rule: r, do: [" MIGRATE("30d") "]"), "" },
		{ EXPECT(ALWAYS(MIGRATE("30d")), "", "rule: r, do: [" MIGRATE("31d") "]"),
			"expected [migrate(A)]" },
		{ EXPECT(ALWAYS(MIGRATE("30d")), "",
			  "rule: r, do: [" MIGRATE("30d, force_now: true") "]"),
			"expected [migrate(A)]" },
		{ EXPECT(ALWAYS(MIGRATE("{column: added}")), "",
			  "rule: r, do: [" MIGRATE("1d") "]"),
			"'added' is empty" },
		{ EXPECT(ALWAYS("sync"), "", "rule: r, do: [{reassign: {to: {column: model}}}]"),
			"'model' is empty" },
		{ EXPECT("{name: r, match: {model: csv.x, csv.csv.y: z}, do: [skip]}",
			  "model: csv.x, csv.csv.y: z", "rule: r"),
			"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *words = failure(cases[i].text, NULL);

		if (!strstr(words, cases[i].words) || (!*cases[i].words && *words))
			fail_msg("%s: expected '%s', not '%s'", cases[i].text, cases[i].words,
				words);
	}
}

/* A test stands on its own: a value given with --set is not the one it sees. */
static void tests_do_not_see_what_is_set(void **state)
{
	static const char text[] = HEAD "parameters: {p: {}}\n"
					"rules: [{name: r, match: {param.p|present: true}, do: "
					"[skip]}]\n"
					"tests: [{row: {}, expect: {rule: none}}]\n";
	static const char unloadable[] = HEAD
		"parameters: {p: {default: 30d}}\n"
		"rules: [{name: r, match: {always: true}, do: [" MIGRATE(
			"{param: p}") "]}]\n"
				      "tests: [{row: {}, set: {p: soon}, expect: {rule: r}}]\n";

	(void)state;
	assert_string_equal(failure(text, "p=x"), "");
	assert_non_null(strstr(failure(unloadable, NULL),
		"expected rules that load with these parameters, found the rules have mistakes"));
}

/* --- rules that can never fire --- */

static size_t warnings(const char *early, const char *late)
{
	char text[600];
	struct ruleset *set;

	(void)snprintf(text, sizeof(text),
		HEAD
		"parameters: {p: {default: x}}\nrules:\n  - {name: a, match: {%s}, do: [skip]}\n"
		"  - {name: b, match: {%s}, do: [skip]}\n",
		early, late);
	set = kit_load(&k, str_from(text), false, NULL);
	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	rules_free(set);
	return k.d.n;
}

static void a_rule_is_shadowed_only_when_it_surely_is(void **state)
{
	static const struct {
		const char *early, *late;
		size_t n;
	} cases[] = {
		{ "model: [x, y]", "model: x", 1 },
		{ "model: [x, y]", "model: [y, X]", 1 },
		{ "model: [x, {column: serial}]", "model: x", 1 },
		{ "model: [{column: serial}, x]", "model: y", 0 },
		{ "model: x", "model: [x, y]", 0 },
		{ "model: [x, y]", "model: [x, {column: serial}]", 0 },
		{ "model|prefix: x", "model: x", 0 },
		{ "model: x", "model|prefix: x", 0 },
		{ "model|present: true", "model: x", 1 },
		{ "model|present: true", "model|ne: x", 0 },
		{ "model|present: false", "model: x", 0 },
		{ "uem.listed: true", "uem.listed: [true, false]", 0 },
		{ "param.p: x", "param.p: [x]", 1 },
		{ "param.p: [x, y]", "param.p: x", 0 },
		{ "any: [{model: x}, {model: y}]", "model: x, serial: C02XK1ABJG5H", 1 },
		{ "all: [{model: x}, {serial: C02XK1ABJG5H}]", "model: x", 0 },
		{ "not: {model: x}", "not: {model: x}", 1 },
		{ "not: {model: x}", "not: {model: y}", 0 },
		{ "any: [{model: x}, {model: y}]", "any: [{model: x}, {model: z}]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (warnings(cases[i].early, cases[i].late) != cases[i].n)
			fail_msg("%s, then %s: not %zu warnings", cases[i].early, cases[i].late,
				cases[i].n);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_mistake_is_named),
		TEST(there_is_an_end_to_everything),
		TEST(no_files_are_no_rules),
		TEST(only_parameters_can_be_set),
		TEST(what_two_files_agree_on_is_said_once),
		TEST(what_they_disagree_on_is_refused),
		TEST(a_missing_default_is_another_default),
		TEST(a_list_with_a_mistake_is_refused),
		TEST(gaps_of_a_list_are_no_values),
		TEST(a_list_of_many_may_ask_for_columns_too),
		TEST(a_deadline_from_the_csv_may_be_unusable),
		TEST(a_test_that_fails_says_what_was_found),
		TEST(tests_do_not_see_what_is_set),
		TEST(a_rule_is_shadowed_only_when_it_surely_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
