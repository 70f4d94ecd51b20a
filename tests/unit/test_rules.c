/* What the rest of depmend asks of rules: binding, policy, identity, programs, explanations. */
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

static struct ruleset *good(const char *text)
{
	struct ruleset *set = kit_load(&k, str_from(text), false, NULL);

	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	return set;
}

static void bound(struct ruleset *set)
{
	assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
}

#define RULE(match, todo) "version: 1\nrules: [{name: r, match: {" match "}, do: [" todo "]}]\n"

/* --- binding --- */

static void binds_columns_by_word_and_by_header(void **state)
{
	struct ruleset *set = good(RULE("csv.Wanted server: x, model: y, serial: z",
		"{reassign: {to: {column: Wanted server}}}"));
	const int *used;
	size_t n;

	(void)state;
	kit_columns(&k, "Notes, serial, model, Wanted server");
	bound(set);
	used = rules_used_columns(set, &n);
	assert_int_equal(n, 3);
	assert_int_equal(used[0], 1);
	assert_int_equal(used[1], 2);
	assert_int_equal(used[2], 3);
	kit_columns(&k, "Wanted server, model, serial");
	bound(set);
	used = rules_used_columns(set, &n);
	assert_int_equal(n, 3);
	assert_int_equal(used[0], 0);
	rules_free(set);
	rules_free(NULL);
}

static void a_column_that_is_missing_is_a_mistake(void **state)
{
	struct ruleset *set = good(RULE("csv.Wantd server: x, asset_tag: y", "skip"));

	(void)state;
	kit_columns(&k, "serial, Wanted server");
	assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_RULES);
	assert_int_equal(k.d.n, 2);
	assert_string_equal(k.d.v[0].code, "rules.unknown-column");
	assert_string_equal(k.d.v[0].hint.p, "did you mean 'Wanted server'?");
	assert_string_equal(k.d.v[1].code, "rules.unknown-column");
	assert_int_equal(k.d.v[1].at.line, 2);
	rules_free(set);
}

/* A list without a header has serials, and rules that ask only for these work on it. */
static void serials_need_no_header(void **state)
{
	struct ruleset *set = good(RULE("serial|prefix: C02", "skip"));
	struct columns none = { 0 };
	struct verdict v;

	(void)state;
	for (int i = 0; i < COLUMN_MAX_; i++)
		none.at[i] = -1;
	assert_int_equal(rules_bind(set, &none, &k.d, &k.err), ERR_OK);
	k.row.serial = STR("C02XK1ABJG5H");
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	rules_free(set);
}

static void short_rows_have_absent_cells(void **state)
{
	struct ruleset *set = good(RULE("model|present: false", "skip"));
	struct verdict v;

	(void)state;
	kit_columns(&k, "serial, model");
	bound(set);
	k.cells[1] = STR("x");
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_NONE);
	k.row.n_cells = 1;
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	rules_free(set);
}

/* --- judging --- */

static void the_cheapest_reading_that_could_decide_is_asked_for(void **state)
{
	struct ruleset *set = good(
		RULE("uem.last_seen|older_than: 30d, apple.status: A, uem.listed: true", "skip"));
	struct verdict v;

	(void)state;
	bound(set);
	k.row.fact = NULL;
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_NEEDS);
	assert_int_equal(v.needs, READING_APPLE_DEVICE);
	k.row.fact = kit_fact;
	kit_set(&k, STR("apple.status"), STR("A"), true);
	kit_set(&k, STR("uem.listed"), STR("unread"), false);
	kit_set(&k, STR("uem.last_seen"), STR("unread"), false);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.needs, READING_UEM_LIST);
	kit_set(&k, STR("apple.status"), STR("B"), true);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_NONE);
	rules_free(set);
}

static void the_first_rule_that_is_true_or_unknown_ends_the_search(void **state)
{
	struct ruleset *set = good("version: 1\nrules:\n"
				   "  - {name: a, match: {apple.status: A}, do: [skip]}\n"
				   "  - {name: b, match: {uem.listed: true}, do: [skip]}\n"
				   "  - {name: c, match: {always: true}, do: [skip]}\n");
	struct verdict v;

	(void)state;
	bound(set);
	kit_set(&k, STR("uem.listed"), STR("true"), true);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	assert_int_equal(v.rule, 1);
	kit_set(&k, STR("uem.listed"), STR("unknown"), false);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_UNDECIDED);
	assert_int_equal(v.rule, 1);
	assert_int_equal(v.fact, FACT_UEM_LISTED);
	kit_set(&k, STR("apple.status"), STR("A"), true);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	assert_int_equal(v.rule, 0);
	rules_free(set);
}

/* What a decided group waited for does not matter any more. */
static void decided_groups_ask_for_nothing(void **state)
{
	struct ruleset *set = good(
		RULE("any: [{uem.listed: true, apple.status: A}, {uem.last_seen|older_than: 1d}]",
			"skip"));
	struct verdict v;

	(void)state;
	bound(set);
	kit_set(&k, STR("uem.listed"), STR("unread"), false);
	kit_set(&k, STR("uem.last_seen"), STR("unread"), false);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_NEEDS);
	assert_int_equal(v.needs, READING_UEM_DEVICE);
	kit_set(&k, STR("uem.listed"), STR("unknown"), false);
	kit_set(&k, STR("uem.last_seen"), STR("unknown"), false);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_UNDECIDED);
	assert_int_equal(v.fact, FACT_UEM_LAST_SEEN);
	rules_free(set);
}

static void ages_are_counted_from_the_now_of_the_row(void **state)
{
	struct ruleset *set = good(RULE("uem.last_seen|older_than: 30d", "skip"));
	struct verdict v;

	(void)state;
	bound(set);
	kit_set(&k, STR("uem.last_seen"), STR("2025-12-15"), true);
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_NONE);
	k.row.now_ms += INT64_C(30) * 86400000;
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	rules_free(set);
}

static void an_unusable_cell_is_named(void **state)
{
	struct ruleset *set = good(RULE("added|before: 2026-01-01", "skip"));
	struct verdict v;

	(void)state;
	bound(set);
	k.cells[2] = STR("soon");
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_INVALID);
	assert_string_equal(v.why, "column 'added' holds 'soon', not a date");
	rules_free(set);
}

/* The result of a shared comparison must not outlive its row. */
static void rows_do_not_see_each_other(void **state)
{
	struct ruleset *set = good(
		"version: 1\nrules:\n"
		"  - {name: a, match: {uem.listed: true, model: x}, do: [skip]}\n"
		"  - {name: b, match: {uem.listed: true}, do: [skip]}\n");
	struct verdict v;

	(void)state;
	bound(set);
	for (int i = 0; i < 4; i++) {
		kit_set(&k, STR("uem.listed"), i % 2 ? STR("true") : STR("false"), true);
		rules_judge(set, &k.row, &v);
		assert_int_equal(v.kind, i % 2 ? VERDICT_RULE : VERDICT_NONE);
	}
	rules_free(set);
}

/* --- programs --- */

static uint32_t program(struct ruleset *set, bool failed, struct step *steps)
{
	uint32_t n = 0;

	k.err.msg[0] = '\0';
	if (rules_program(set, 0, failed, &k.row, steps, &n, &k.err) != ERR_OK)
		return 0;
	return n;
}

static void programs_are_flat_and_filled_in(void **state)
{
	struct ruleset *set = good(
		"version: 1\n"
		"parameters: {text: {default: do it}}\n"
		"recipes: {off: [unassign, sync], rebuild: [off, reassign, sync]}\n"
		"rules:\n"
		"  - name: r\n"
		"    match: {always: true}\n"
		"    do: [rebuild, {assign_profile: {profile: {column: model}}}]\n"
		"    if_failed: [{advise: {param: text}}]\n");
	struct step steps[PROGRAM_MAX_STEPS];

	(void)state;
	bound(set);
	k.cells[1] = STR("Corporate iPads");
	assert_int_equal(program(set, false, steps), 5);
	assert_int_equal(steps[0].kind, STEP_UNASSIGN);
	assert_int_equal(steps[0].arg.n, 0);
	assert_int_equal(steps[2].kind, STEP_REASSIGN);
	assert_int_equal(steps[4].kind, STEP_ASSIGN_PROFILE);
	assert_true(str_eq(steps[4].arg, STR("Corporate iPads")));
	assert_true(steps[4].deadline_ms == TIME_NONE);
	assert_int_equal(program(set, true, steps), 1);
	assert_int_equal(steps[0].kind, STEP_ADVISE);
	assert_true(str_eq(steps[0].arg, STR("do it")));
	k.cells[1] = STR_NONE;
	assert_int_equal(program(set, false, steps), 0);
	assert_int_equal(k.err.code, ERR_SYNTAX);
	assert_non_null(strstr(k.err.msg, "'model' is empty"));
	rules_free(set);
}

static void an_empty_parameter_is_no_server(void **state)
{
	struct ruleset *set = good("version: 1\nparameters: {server: {default: \"\"}}\n"
				   "rules: [{name: r, match: {always: true}, do: [{reassign: {to: "
				   "{param: server}}}]}]\n");
	struct step steps[PROGRAM_MAX_STEPS];

	(void)state;
	bound(set);
	assert_int_equal(program(set, false, steps), 0);
	assert_non_null(strstr(k.err.msg, "--set server=VALUE"));
	rules_free(set);
}

static const char *deadline_rule(const char *deadline)
{
	static char text[300];

	(void)snprintf(text, sizeof(text),
		"version: 1\nrules: [{name: r, match: {always: true}, do: [{migrate: {to: WS2, "
		"deadline: %s}}]}]\n",
		deadline);
	return text;
}

/* now: 2026-01-01 */
static void deadlines_are_counted_from_now_and_checked(void **state)
{
	static const struct {
		const char *deadline, *mistake;
		int64_t at_ms;
	} cases[] = {
		{ "30d", NULL, INT64_C(1767225600000) + INT64_C(30) * 86400000 },
		{ "1mo", NULL, INT64_C(1769904000000) },
		{ "2026-01-02", NULL, INT64_C(1767225600000) + 86400000 },
		{ "90d", NULL, INT64_C(1767225600000) + INT64_C(90) * 86400000 },
		{ "91d", "90 days", 0 },
		{ "2025-12-31", "force_now", 0 },
		{ "2026-01-01", "force_now", 0 },
		{ "2025-12-31, force_now: true", NULL, INT64_C(1767139200000) },
		{ "{column: added}", "is empty", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ruleset *set = good(deadline_rule(cases[i].deadline));
		struct step steps[PROGRAM_MAX_STEPS];
		uint32_t n;

		bound(set);
		n = program(set, false, steps);
		if (cases[i].mistake) {
			assert_int_equal(n, 0);
			assert_non_null(strstr(k.err.msg, cases[i].mistake));
		} else {
			assert_int_equal(n, 1);
			assert_true(steps[0].deadline_ms == cases[i].at_ms);
			assert_true(str_eq(steps[0].arg, STR("WS2")));
		}
		rules_free(set);
	}
}

/* --- what is known of rules --- */

static void rules_that_put_back_are_not_repeated_for_a_week(void **state)
{
	struct ruleset *set = good(
		"version: 1\nrules:\n"
		"  - {name: a, match: {model: a}, do: [unassign, sync, reassign, sync]}\n"
		"  - {name: b, match: {model: b}, do: [reassign, sync]}\n"
		"  - {name: c, match: {model: c}, do: [unassign, reassign], again_after: 1mo}\n"
		"  - {name: d, match: {model: d}, do: [{advise: x}]}\n"
		"  - {name: e, match: {model: e}, do: [sync], again_after: 12h, because: of e}\n");
	const struct rule_info *info = rules_info(set, 0);

	(void)state;
	assert_int_equal(rules_count(set), 5);
	assert_true(info->puts_back && info->has_again_after && info->acts);
	assert_int_equal(info->again_after.ms, 7 * 86400000);
	info = rules_info(set, 1);
	assert_true(info->acts && !info->puts_back && !info->has_again_after);
	info = rules_info(set, 2);
	assert_int_equal(info->again_after.months, 1);
	assert_int_equal(info->again_after.ms, 0);
	assert_false(rules_info(set, 3)->acts);
	assert_true(str_eq(rules_info(set, 4)->because, STR("of e")));
	rules_free(set);
}

static void steps_in_use_have_a_place(void **state)
{
	struct ruleset *set = good("version: 1\nrecipes: {x: [fetch]}\nrules:\n"
				   "  - name: r\n    match: {always: true}\n    do: [x]\n"
				   "    if_failed: [{wipe: {kind: device}}]\n");
	struct loc at;

	(void)state;
	assert_true(rules_use_step(set, STEP_FETCH, &at));
	assert_int_equal(at.line, 2);
	assert_true(rules_use_step(set, STEP_WIPE, &at));
	assert_int_equal(at.line, 7);
	assert_false(rules_use_step(set, STEP_SYNC, NULL));
	rules_free(set);
}

static void names_are_listed_for_the_pre_flight(void **state)
{
	struct ruleset *set = good(
		"version: 1\nparameters: {p: {default: WS3}, none: {default: \"\"}}\nrules:\n"
		"  - name: r\n"
		"    match: {apple.server: [WS1, {column: model}], uem.profile|ne: P1,\n"
		"            apple.server|prefix: W, apple.model: M, apple.server|ne: {param: "
		"none}}\n"
		"    do: [{reassign: {to: {param: p}}}, {assign_profile: {profile: P2}},\n"
		"         {unassign: {from: {column: model}}}]\n"
		"tests: [{row: {model: x}, expect: {rule: none, do: [{reassign: {to: WS9}}]}}]\n");
	const struct rules_name *names;
	size_t n;

	(void)state;
	names = rules_names(set, &n);
	assert_int_equal(n, 4);
	assert_true(str_eq(names[0].name, STR("WS1")) && !names[0].profile);
	assert_true(str_eq(names[1].name, STR("P1")) && names[1].profile);
	assert_true(str_eq(names[2].name, STR("WS3")) && !names[2].profile);
	assert_int_equal(names[2].at.line, 7);
	assert_true(str_eq(names[3].name, STR("P2")) && names[3].profile);
	rules_free(set);
}

static void releasing_works_another_way_in_schools(void **state)
{
	const char *text = RULE("always: true", "release");
	struct ruleset *set = kit_load(&k, str_from(text), true, NULL);

	(void)state;
	assert_non_null(set);
	rules_free(set);
	assert_null(kit_load(&k, str_from(text), false, NULL));
	assert_string_equal(k.d.v[0].code, "rules.order");
}

static void the_digest_tells_files_and_parameters_apart(void **state)
{
	const char *text = "version: 1\nparameters: {p: {default: x}}\nrules: [{name: r, match: "
			   "{always: true}, do: [skip]}]\n";
	struct ruleset *a = good(text), *b = good(text);
	struct ruleset *c = kit_load(&k, str_from(text), false, "p=y");
	struct ruleset *d = good(RULE("always: true", "skip"));

	(void)state;
	assert_non_null(c);
	assert_int_equal(strlen(rules_digest(a)), 64);
	assert_string_equal(rules_digest(a), rules_digest(b));
	assert_string_not_equal(rules_digest(a), rules_digest(c));
	assert_string_not_equal(rules_digest(a), rules_digest(d));
	rules_free(a);
	rules_free(b);
	rules_free(c);
	rules_free(d);
}

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

static void a_list_is_part_of_the_rules(void **state)
{
	const char *text = RULE("serial|in_file: list.csv", "skip");
	struct ruleset *a, *b;
	char path[128];

	(void)state;
	put_list("C02XK1ABJG5H\n");
	a = good(text);
	put_list("C02XK1ABJG5J\n");
	b = good(text);
	assert_string_not_equal(rules_digest(a), rules_digest(b));
	rules_free(a);
	rules_free(b);
	(void)snprintf(path, sizeof(path), "%s/list.csv", k.folder);
	assert_int_equal(unlink(path), 0);
}

static bool listed(const char *field, const char *list, const char *value)
{
	char text[300], path[128];
	struct ruleset *set;
	struct verdict v = { .kind = VERDICT_NONE };

	put_list(list);
	(void)snprintf(text, sizeof(text),
		"version: 1\nrules: [{name: r, match: {%s|in_file: list.csv}, do: [skip]}]\n",
		field);
	set = kit_load(&k, str_from(text), false, NULL);
	if (set) {
		kit_clear_row(&k);
		bound(set);
		assert_true(kit_set(&k, str_from(field), str_from(value), true));
		rules_judge(set, &k.row, &v);
	}
	rules_free(set);
	(void)snprintf(path, sizeof(path), "%s/list.csv", k.folder);
	assert_int_equal(unlink(path), 0);
	return v.kind == VERDICT_RULE;
}

/* Where a list has several columns, the one of the field is meant; a wrong guess would protect
 * nothing. */
static void lists_may_have_columns(void **state)
{
	(void)state;
	kit_columns(&k, "serial, model, csv.Room");
	assert_true(listed("serial", "Model,Serial Number\niPad,C02XK1ABJG5H\n", "c02xk1abjg5h"));
	assert_false(listed("serial", "Model,Serial Number\niPad,C02XK1ABJG5H\n", "iPad"));
	assert_true(listed("model", "Serial Number;Model\nC02XK1ABJG5H;iPad\n", "ipad"));
	assert_true(listed("csv.Room", "Floor,Room\n1,\"4, left\"\n", "4, left"));
	assert_true(listed("apple.server", "Serial,Server\nC02XK1ABJG5H,WS1\n", "WS1"));
	assert_true(listed("apple.order_number", "# all, of May\n0777\n", "0777"));
	assert_true(listed("serial", "C02XK1ABJG5H,iPad\nF9FXL0STHG7J,iPad\n", "F9FXL0STHG7J"));
	assert_int_equal(k.d.n, 0);
	assert_false(listed("csv.Room", "Floor,Place\n1,4\n", "4"));
	assert_string_equal(k.d.v[0].code, "rules.in-file");
	assert_false(listed("csv.Room", "4\n\"5\n", "4"));
	assert_string_equal(k.d.v[0].code, "rules.in-file");
}

static void a_parameter_without_a_default_has_to_be_set(void **state)
{
	const char *text = "version: 1\nparameters: {p: {}}\nrules: [{name: r, match: {model: "
			   "{param: p}}, do: [skip]}]\n";
	struct ruleset *set;
	struct verdict v;

	(void)state;
	assert_null(kit_load(&k, str_from(text), false, NULL));
	assert_string_equal(k.d.v[0].code, "rules.parameter");
	set = kit_load(&k, str_from(text), false, "p=a=b");
	assert_non_null(set);
	bound(set);
	k.cells[1] = STR("A=B");
	rules_judge(set, &k.row, &v);
	assert_int_equal(v.kind, VERDICT_RULE);
	rules_free(set);
	assert_null(kit_load(&k, str_from(text), false, "q=1"));
}

/* --- several files --- */

static struct ruleset *load_two(const char *first, const char *second)
{
	char other[128];
	const char *files[] = { k.file, other };
	struct rules_options opt = { .files = files, .n_files = 2 };
	struct ruleset *set = NULL;
	FILE *f;

	(void)snprintf(other, sizeof(other), "%s/other.yaml", k.folder);
	f = fopen(other, "w");
	assert_non_null(f);
	assert_true(fputs(second, f) >= 0);
	assert_int_equal(fclose(f), 0);
	f = fopen(k.file, "w");
	assert_non_null(f);
	assert_true(fputs(first, f) >= 0);
	assert_int_equal(fclose(f), 0);
	diags_release(&k.d);
	diags_init(&k.d);
	(void)!rules_load(&set, &opt, &k.d, &k.err);
	(void)unlink(other);
	return set;
}

static void several_files_add_up_and_the_tightest_holds(void **state)
{
	struct ruleset *set = load_two("version: 1\nlimits: {devices: 100}\nwaves: [10, 50%, "
				       "100%]\nhalt: {failed_percent: "
				       "20}\ncolumns: {serial: No}\nrecipes: {m: [sync]}\n"
				       "rules: [{name: a, match: {model: x}, do: [m]}]\n",
		"version: 1\nlimits: {devices: 200, percent: 5}\nwaves: [20%, 40%, 80%, 100%]\n"
		"halt: {failed_percent: 15}\ncolumns: {serial: No, model: Type}\nrecipes: {m: "
		"[sync]}\n"
		"rules: [{name: b, match: {model: y}, do: [m]}]\n");
	const struct rules_policy *p;
	size_t n;

	(void)state;
	if (!set)
		diags_print(&k.d, stderr);
	assert_non_null(set);
	p = rules_policy(set);
	assert_int_equal(rules_count(set), 2);
	assert_true(str_eq(rules_info(set, 1)->name, STR("b")));
	assert_int_equal(p->limit_devices, 100);
	assert_int_equal(p->limit_percent, 5);
	assert_int_equal(p->halt_failed_percent, 15);
	assert_int_equal(p->n_waves, 4);
	assert_true(p->waves[0].n == 10 && !p->waves[0].percent);
	assert_true(p->waves[1].n == 40 && p->waves[1].percent);
	assert_true(p->waves[2].n == 80 && p->waves[2].percent);
	assert_true(p->waves[3].n == 100 && p->waves[3].percent);
	(void)rules_columns(set, &n);
	assert_int_equal(n, 2);
	rules_free(set);
}

static void policy_has_defaults(void **state)
{
	struct ruleset *set = good(RULE("always: true", "skip"));
	const struct rules_policy *p = rules_policy(set);

	(void)state;
	assert_true(p->limit_devices == UINT32_MAX && p->limit_percent == UINT32_MAX);
	assert_int_equal(p->halt_failed_percent, 10);
	assert_int_equal(p->n_waves, 0); /* the plan tells, see plan/waves.h */
	rules_free(set);
}

/* --- explaining --- */

struct told {
	char text[2000];
};

static void tell(void *self, const struct explain_line *line)
{
	static const char *const words[] = { "false", "true", "unknown", "unread" };
	struct told *t = self;
	size_t used = strlen(t->text);

	bool saw = line->leaf && line->seen.state == VALUE_KNOWN;
	struct str seen = saw ? line->seen.text : STR_NONE;

	(void)snprintf(t->text + used, sizeof(t->text) - used, "%zu%s %*s%.*s = %s%s%.*s\n",
		line->rule, line->reached ? "" : "-", (int)(2 * line->depth), "",
		STR_FMT(line->text), words[line->result], saw ? " saw " : "", STR_FMT(seen));
}

static void explains_every_leaf_of_every_rule(void **state)
{
	struct ruleset *set = good(
		"version: 1\nparameters: {p: {default: \"a, b\"}}\nrules:\n"
		"  - name: a\n"
		"    match: {all: [{model: [x, {param: p}]}, {any: [{uem.listed: true}, {not: "
		"{apple.status: A}}]}]}\n"
		"    do: [skip]\n"
		"  - {name: b, match: {apple.server: {column: model}}, do: [skip]}\n"
		"  - {name: c, match: {always: true}, do: [skip]}\n");
	struct told t = { "" };

	(void)state;
	bound(set);
	k.cells[1] = STR("WS1");
	kit_set(&k, STR("apple.status"), STR("A"), true);
	kit_set(&k, STR("uem.listed"), STR("unknown"), false);
	kit_set(&k, STR("apple.server"), STR("ws1"), true);
	rules_explain(set, &k.row, tell, &t);
	assert_string_equal(t.text, "0 all = false\n"
				    "0   model: [x, \"a, b\"] = false saw WS1\n"
				    "0   any = unknown\n"
				    "0     uem.listed: true = unknown\n"
				    "0     not = false\n"
				    "0       apple.status: A = true saw A\n"
				    "1 apple.server: {column: model} = true saw ws1\n"
				    "2- always: true = true\n");
	rules_free(set);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(binds_columns_by_word_and_by_header),
		TEST(a_column_that_is_missing_is_a_mistake),
		TEST(serials_need_no_header),
		TEST(short_rows_have_absent_cells),
		TEST(the_cheapest_reading_that_could_decide_is_asked_for),
		TEST(the_first_rule_that_is_true_or_unknown_ends_the_search),
		TEST(decided_groups_ask_for_nothing),
		TEST(ages_are_counted_from_the_now_of_the_row),
		TEST(an_unusable_cell_is_named),
		TEST(rows_do_not_see_each_other),
		TEST(programs_are_flat_and_filled_in),
		TEST(an_empty_parameter_is_no_server),
		TEST(deadlines_are_counted_from_now_and_checked),
		TEST(rules_that_put_back_are_not_repeated_for_a_week),
		TEST(steps_in_use_have_a_place),
		TEST(names_are_listed_for_the_pre_flight),
		TEST(releasing_works_another_way_in_schools),
		TEST(the_digest_tells_files_and_parameters_apart),
		TEST(a_list_is_part_of_the_rules),
		TEST(lists_may_have_columns),
		TEST(a_parameter_without_a_default_has_to_be_set),
		TEST(several_files_add_up_and_the_tightest_holds),
		TEST(policy_has_defaults),
		TEST(explains_every_leaf_of_every_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
