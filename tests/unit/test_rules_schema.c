/* The schema for editors and the loader say the same about what a file may look like. */
#include "rules_kit.h"
#include "schema_check.h"

enum { DOCUMENTS = 500 };

static cJSON *schema;

static int load_schema(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4 * 1024 * 1024);
	rules_schema(&b);
	schema = cJSON_Parse(buf_cstr(&b));
	buf_release(&b);
	return schema ? 0 : -1;
}

static int free_schema(void **state)
{
	(void)state;
	cJSON_Delete(schema);
	return 0;
}

/* Made anew by: DEPMEND_WRITE_SCHEMA=1 .build/release/unit/test_rules_schema */
static void the_shipped_file_is_current(void **state)
{
	(void)state;
	assert_true(schema_is_shipped(schema, "rules/schema.json"));
}

static void put_leaf(struct gen *g)
{
	static const char *const good[] = { "apple.status: ASSIGNED", "apple.status: [A, 0777]",
		"apple.status|ne: {column: Wanted}", "model|prefix: [iPad, {param: p}]",
		"csv.Wanted server|ne: x", "\"csv.a b\": [1, true, x]", "uem.listed: yes",
		"uem.listed: true", "uem.profile_count|ge: 2", "uem.profile_count: [1, '2']",
		"uem.last_seen|older_than: 30d", "uem.last_seen|newer_than: [30d, 1y]",
		"uem.last_seen|before: 2026-01-01", "added|after: {column: Bought}",
		"uem.profile|present: true", "uem.profile|present: 'no'", "param.p: x",
		"param.p|present: true", "csv.Count|gt: 5", "apple.model|glob: 'iPad*'",
		"apple.server|exact: WS1", "serial|in_file: lists/sold.txt" };
	static const char *const bad[] = { "apple.state: ASSIGNED", "apple.status|is: A",
		"apple.status: []", "apple.status|older_than: 3d", "apple.status: {header: X}",
		"apple.status: {column: X, param: p}", "model|prefix: {a: b}", "uem.listed: maybe",
		"uem.listed|gt: 1", "uem.listed: {column: X}", "uem.profile_count|ge: two",
		"uem.profile_count|prefix: 2", "uem.last_seen|older_than: 30",
		"uem.last_seen|older_than: soon", "uem.last_seen|contains: 2026",
		"uem.profile|present: 1", "uem.profile|present: [a]", "csv.: x", "param.p|gt: 5",
		"csv.x|foo: y", "serial|in_file: {column: X}", "status: ''",
		"apple.server|exact: [[a]]" };

	PICK(g, good, bad);
}

static void put_condition(struct gen *g, int depth)
{
	static const char *const always[] = { "always: true" }, *const never[] = { "always: false",
		"always: [true]", "any: []", "all: {apple.status: A}", "not: []", "not: {}",
		"all: [apple.status]", "any: [{}]" };
	uint32_t n = 1 + roll(g, 3);

	if (depth == 0 || roll(g, 3) == 0) {
		put_leaf(g);
	} else if (roll(g, 4) == 0) {
		PICK(g, always, never);
	} else if (roll(g, 3) == 0) {
		buf_z(&g->b, "not: {");
		put_condition(g, depth - 1);
		buf_z(&g->b, "}");
	} else {
		buf_z(&g->b, roll(g, 2) ? "all: [" : "any: [");
		for (uint32_t i = 0; i < n; i++) {
			buf_z(&g->b, i ? ", {" : "{");
			put_condition(g, depth - 1);
			buf_z(&g->b, "}");
		}
		buf_z(&g->b, "]");
	}
}

static void put_do(struct gen *g, const char *key)
{
	static const char *const good[] = { "unassign", "sync", "rebuild", "remove_profile",
		"{unassign: {from: WS1}}", "{reassign: {to: {column: Wanted}}}",
		"{assign_profile: {profile: 7}}", "{advise: do this}", "{advise: {param: p}}",
		"{migrate: {to: WS2, deadline: 30d}}",
		"{migrate: {to: WS2, deadline: {column: D}, force_now: true}}", "cancel_migration",
		"delete_from_lifecycle", "fetch", "reassign" };
	static const char *const bad[] = { "assign_profile", "{assign_profile: WS}",
		"{assign_profile: {}}", "{unassign: {to: WS1}}", "{sync: {}}", "{reassign: WS1}",
		"{unassign: {from: WS1}, sync: {}}", "{}", "[sync]", "{rebuild: {}}",
		"{migrate: {to: WS2}}", "{migrate: {to: WS2, deadline: 30d, force: true}}",
		"{migrate: {to: WS2, deadline: 30d, force_now: yes}}", "{wipe: {kind: full}}",
		"{wipe: {}}", "advise", "{advise: [a]}", "{reassign: {to: {a: b}}}", "wipe" };
	uint32_t n = 1 + roll(g, 3);

	buf_printf(&g->b, "    %s: [", key);
	for (uint32_t i = 0; i < n; i++) {
		buf_z(&g->b, i ? ", " : "");
		PICK(g, good, bad);
	}
	buf_z(&g->b, "]\n");
}

static void put_rule(struct gen *g, int n)
{
	static const char *const name[] = { "name" }, *const no_name[] = { "nam", "Name" };
	static const char *const match[] = { "match" }, *const no_match[] = { "when" };
	static const char *const again[] = { "    again_after: 7d\n", "    because: so\n", "",
		"    again_after: 6mo\n", "    because: 7\n" };
	static const char *const bad[] = { "    again_after: 7\n", "    again_after: [7d]\n",
		"    again_after: soon\n", "    becaus: so\n", "    because: {a: b}\n",
		"    if_failed: []\n", "    if_failed: sync\n" };

	buf_z(&g->b, "  - ");
	PICK(g, name, no_name);
	buf_printf(&g->b, ": rule %d\n    ", n);
	PICK(g, match, no_match);
	buf_z(&g->b, ": {");
	put_condition(g, 3);
	buf_z(&g->b, "}\n");
	put_do(g, "do");
	PICK(g, again, bad);
	if (roll(g, 3) == 0)
		put_do(g, "if_failed");
}

static void put_page(struct gen *g)
{
	static const char *const version[] = { "version: 1\n", "version: '1'\n" };
	static const char *const bad_version[] = { "version: 2\n", "", "version: [1]\n" };
	static const char *const policy[] = { "", "name: x\n", "limits: {devices: 5}\n",
		"limits: {percent: 100}\n", "limits: {percent: 7%}\n", "waves: [100%]\n",
		"waves: [5, 10%, 100%]\n", "halt: {failed_percent: 0}\n",
		"columns: {serial: No., added: 7}\n", "dates: ['%d.%m.%Y']\n", "dates: []\n" };
	static const char *const bad_policy[] = { "name: []\n", "limits: {devices: -1}\n",
		"limits: {device: 1}\n", "limits: {percent: 101}\n", "limits: [1]\n", "waves: []\n",
		"waves: [0, 100%]\n", "waves: 5\n", "waves: [101%]\n", "halt: {}\n",
		"halt: {failed_percent: most}\n", "columns: {serail: x}\n",
		"columns: {serial: [a]}\n", "dates: iso\n", "dates: [{a: b}]\n", "rulez: []\n",
		"limits: {percent: 1.5}\n" };
	static const char *const parameters[] = { "parameters: {p: {default: ''}}\n",
		"parameters: {p: {default: 7, help: why}}\n" };
	static const char *const bad_parameters[] = { "parameters: {p: x}\n",
		"parameters: {p: {default: [], help: why}}\n",
		"parameters: {p: {default: a, hlp: why}}\n", "parameters: []\n" };
	static const char *const recipes[] = { "recipes: {rebuild: [unassign, sync, reassign]}\n" };
	static const char *const bad_recipes[] = { "recipes: {rebuild: []}\n",
		"recipes: {rebuild: sync}\n", "recipes: [rebuild]\n" };
	static const char *const tests[] = {
		"", "tests: []\n",
		"tests: [{row: {serial: A, uem.listed: yes}, expect: {rule: rule 0}}]\n",
		"tests: [{row: {uem.last_seen: unknown, csv.X: 1}, expect: {rule: none}, "
		"set: {p: 1}, now: 2026-01-01}]\n",
		"tests: [{row: {uem.profile_count: 2}, expect: {undecided: rule 0, do: [sync]}}]\n"
	};
	static const char *const bad_tests[] = { "tests: {}\n", "tests: [{row: {}}]\n",
		"tests: [{expect: {rule: rule 0}}]\n",
		"tests: [{row: {apple.state: x}, expect: {rule: rule 0}}]\n",
		"tests: [{row: {uem.listed: perhaps}, expect: {rule: rule 0}}]\n",
		"tests: [{row: {uem.profile_count: many}, expect: {rule: rule 0}}]\n",
		"tests: [{row: {}, expect: {rule: rule 0, doo: []}}]\n",
		"tests: [{row: {}, expect: {do: [sync]}}]\n", "tests: [{row: {}, expect: {}}]\n" };
	int n = 1 + (int)roll(g, 3);

	PICK(g, version, bad_version);
	PICK(g, parameters, bad_parameters);
	PICK(g, policy, bad_policy);
	PICK(g, recipes, bad_recipes);
	buf_z(&g->b, "rules:\n");
	for (int i = 0; i < n; i++)
		put_rule(g, i);
	PICK(g, tests, bad_tests);
}

static void loader_and_schema_agree(void **state)
{
	struct gen g = { .seed = 20261122 };
	size_t n_good = 0, n_bad = 0;
	struct kit k;

	(void)state;
	kit_begin(&k);
	for (int i = 0; i < DOCUMENTS; i++) {
		struct ruleset *set;
		bool taken;

		buf_init(&g.b, 64 * 1024);
		g.fault_in = (int)roll(&g, 30) - 8;
		g.spoiled = false;
		put_page(&g);
		set = kit_load(&k, buf_view(&g.b), false, NULL);
		taken = schema_takes(schema, buf_view(&g.b));
		if ((set != NULL) == g.spoiled || taken == g.spoiled) {
			print_error("loader %s, schema %s:\n%s\n", set ? "takes" : "refuses",
				taken ? "takes" : "refuses", buf_cstr(&g.b));
			diags_print(&k.d, stderr);
		}
		assert_int_equal(set != NULL, !g.spoiled);
		assert_int_equal(taken, !g.spoiled);
		n_good += !g.spoiled;
		n_bad += g.spoiled;
		rules_free(set);
		buf_release(&g.b);
	}
	kit_end(&k);
	assert_true(n_good > 100 && n_bad > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_current),
		cmocka_unit_test(loader_and_schema_agree),
	};

	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
