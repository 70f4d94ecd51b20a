/*
 * What has to hold for every set of rules and every row: a verdict does not depend on what was not
 * known; broken text is refused with a place, never with a crash; size alone costs little.
 */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "rules_kit.h"

enum { SETS = 1000, ROWS = 10, COMPLETIONS = 12, MUTATIONS = 1000 };

static uint64_t seed;

static uint32_t roll(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* --- random rules over few facts, so that they often speak of the same one --- */

static const struct {
	enum fact fact;
	const char *leaves[4];
	const char *values[3];
} subjects[] = {
	{ FACT_APPLE_STATUS,
		{ "apple.status: A", "apple.status|ne: A", "apple.status: [A, B]",
			"apple.status|present: true" },
		{ "A", "B", "C" } },
	{ FACT_UEM_PROFILE,
		{ "uem.profile|prefix: x", "uem.profile: xy", "uem.profile|present: false",
			"uem.profile|glob: '*y'" },
		{ "xy", "x", "zy" } },
	{ FACT_UEM_LISTED,
		{ "uem.listed: true", "uem.listed: false", "uem.listed|ne: true",
			"uem.listed|present: true" },
		{ "true", "false", "true" } },
	{ FACT_UEM_PROFILE_COUNT,
		{ "uem.profile_count|gt: 1", "uem.profile_count|le: 1", "uem.profile_count: 2",
			"uem.profile_count|ne: 2" },
		{ "1", "2", "3" } },
	{ FACT_UEM_LAST_SEEN,
		{ "uem.last_seen|older_than: 30d", "uem.last_seen|newer_than: 30d",
			"uem.last_seen|before: 2026-01-01", "uem.last_seen|present: true" },
		{ "2025-12-31", "2025-06-01", "2026-02-01" } },
};
enum { SUBJECTS = sizeof(subjects) / sizeof(*subjects) };

static void put_condition(struct buf *b, int depth)
{
	uint32_t kind = depth == 0 ? 0 : roll(6), n = 1 + roll(3);

	if (kind <= 2) {
		buf_z(b, subjects[roll(SUBJECTS)].leaves[roll(4)]);
	} else if (kind == 3) {
		buf_z(b, "not: {");
		put_condition(b, depth - 1);
		buf_z(b, "}");
	} else {
		buf_z(b, kind == 4 ? "all: [" : "any: [");
		for (uint32_t i = 0; i < n; i++) {
			buf_z(b, i ? ", {" : "{");
			put_condition(b, depth - 1);
			buf_z(b, "}");
		}
		buf_z(b, "]");
	}
}

static struct ruleset *random_rules(struct kit *k)
{
	uint32_t n = 1 + roll(4);
	struct ruleset *set;
	struct buf b;

	buf_init(&b, 64 * 1024);
	buf_z(&b, "version: 1\nrules:\n");
	for (uint32_t i = 0; i < n; i++) {
		buf_printf(&b, "  - {name: r%u, do: [skip], match: {", i);
		put_condition(&b, 3);
		buf_z(&b, "}}\n");
	}
	set = kit_load(k, buf_view(&b), false, NULL);
	if (!set)
		diags_print(&k->d, stderr);
	assert_non_null(set);
	buf_release(&b);
	return set;
}

static void set_value(struct kit *k, size_t subject, uint32_t which)
{
	struct value *v = &k->facts[subjects[subject].fact];

	v->state = VALUE_ABSENT;
	if (which < 3)
		assert_true(kit_set(k, str_from(fact_info(subjects[subject].fact)->word),
			str_from(subjects[subject].values[which]), true));
}

/* Known values, absent ones, and what `unread` or unknown facts there are; true if there are. */
static bool random_row(struct kit *k, bool open[SUBJECTS])
{
	bool some = false;

	kit_clear_row(k);
	for (size_t i = 0; i < SUBJECTS; i++) {
		uint32_t r = roll(8);

		set_value(k, i, r);
		open[i] = r >= 5;
		if (open[i])
			k->facts[subjects[i].fact].state = r == 7 ? VALUE_UNREAD : VALUE_UNKNOWN;
		some = some || open[i];
	}
	return some;
}

static void no_verdict_rests_on_what_was_not_known(void **state)
{
	size_t n_fired = 0, n_open = 0;
	struct kit k;

	(void)state;
	kit_begin(&k);
	seed = 4;
	for (int i = 0; i < SETS; i++) {
		struct ruleset *set = random_rules(&k);

		assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
		for (int r = 0; r < ROWS; r++) {
			bool open[SUBJECTS], some = random_row(&k, open);
			struct verdict before, after;

			rules_judge(set, &k.row, &before);
			/* However the open facts turn out: a rule that fired still fires, and no
			 * rule before one that stayed open can fire. */
			for (int c = 0; some && c < COMPLETIONS; c++) {
				for (size_t s = 0; s < SUBJECTS; s++)
					if (open[s])
						set_value(&k, s, roll(4));
				rules_judge(set, &k.row, &after);
				if (before.kind == VERDICT_RULE || before.kind == VERDICT_NONE) {
					assert_int_equal(after.kind, before.kind);
					assert_int_equal(after.rule, before.rule);
				} else if (after.kind == VERDICT_RULE) {
					assert_true(after.rule >= before.rule);
				} else {
					assert_int_equal(after.kind, VERDICT_NONE);
				}
			}
			if (!some)
				assert_true(
					before.kind == VERDICT_RULE || before.kind == VERDICT_NONE);
			n_fired += some && before.kind == VERDICT_RULE;
			n_open += before.kind == VERDICT_UNDECIDED || before.kind == VERDICT_NEEDS;
		}
		rules_free(set);
	}
	kit_end(&k);
	assert_true(n_fired > 1000 && n_open > 1000);
}

/* What is asked for next is a reading that some open fact of the row waits for. */
static void what_is_needed_is_unread(void **state)
{
	size_t n = 0;
	struct kit k;

	(void)state;
	kit_begin(&k);
	seed = 5;
	for (int i = 0; i < SETS / 4; i++) {
		struct ruleset *set = random_rules(&k);

		assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
		for (int r = 0; r < ROWS; r++) {
			bool open[SUBJECTS], found = false;
			struct verdict v;

			(void)random_row(&k, open);
			rules_judge(set, &k.row, &v);
			if (v.kind == VERDICT_UNDECIDED)
				assert_int_equal(k.facts[v.fact].state, VALUE_UNKNOWN);
			if (v.kind != VERDICT_NEEDS)
				continue;
			for (int f = 0; f < FACT_MAX_; f++)
				found = found ||
					(k.facts[f].state == VALUE_UNREAD &&
						fact_info((enum fact)f)->reading == v.needs);
			assert_true(found);
			n++;
		}
		rules_free(set);
	}
	kit_end(&k);
	assert_true(n > 100);
}

/* --- many rules about cells: what rules them out at once is what judges them one by one --- */

enum { MANY = 300, MOST_RULES = 200 };

static const char *const cell_texts[] = { "", "a", "A", "ab", "aB", "none 1", "None 12", "NONE 12",
	"iPad Pro 11-inch (M4)", "ipad pro 11-inch (m4)", "iPad Pro 11-inch (M2)", "2025-01-01",
	"2026-07-01", "2099-13-01", "\xc3\x84", "\xc3\xa4" };
enum { CELL_TEXTS = sizeof(cell_texts) / sizeof(*cell_texts) };

static const char *cell_text(bool empty_too)
{
	return cell_texts[empty_too ? roll(CELL_TEXTS) : 1 + roll(CELL_TEXTS - 1)];
}

static void put_cell_leaf(struct buf *b)
{
	static const char *const columns[] = { "model", "csv.x", "serial", "csv.y" };
	static const char *const opers[] = { "", "", "", "", "", "|prefix", "|prefix", "|contains",
		"|ne" };

	switch (roll(12)) {
	case 0:
		buf_printf(b, "added|before: %s", roll(2) ? "2026-01-01" : "2025-06-01");
		break;
	case 1:
		buf_z(b, subjects[roll(SUBJECTS)].leaves[roll(4)]);
		break;
	case 2:
		buf_printf(b, "%s: ['%s', '%s']", columns[roll(4)], cell_text(false),
			cell_text(false));
		break;
	default:
		buf_printf(b, "%s%s: '%s'", columns[roll(4)], opers[roll(9)], cell_text(false));
	}
}

static void put_members(struct buf *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		buf_z(b, i ? ", {" : "{");
		put_cell_leaf(b);
		buf_z(b, "}");
	}
}

static struct ruleset *random_cell_rules(struct kit *k)
{
	uint32_t n = 1 + roll(MOST_RULES);
	struct ruleset *set;
	struct buf b;

	buf_init(&b, 256 * 1024);
	buf_z(&b, "version: 1\nrules:\n");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t kind = roll(200);

		buf_printf(&b, "  - {name: r%u, do: [skip], match: {%s", i,
			kind == 0   ? "any: ["
			: kind == 1 ? "not: {all: ["
				    : "all: [");
		put_members(&b, 2 + roll(3));
		buf_z(&b, kind == 1 ? "]}}}\n" : "]}}\n");
	}
	set = kit_load(k, buf_view(&b), false, NULL);
	if (!set)
		diags_print(&k->d, stderr);
	assert_non_null(set);
	buf_release(&b);
	return set;
}

struct roots {
	enum tri v[MOST_RULES];
	size_t n;
};

static void note_root(void *self, const struct explain_line *line)
{
	struct roots *r = self;

	if (line->depth == 0)
		r->v[r->n++] = line->result;
}

static size_t judged_alike(struct kit *k, struct ruleset *set)
{
	struct roots roots = { .n = 0 };
	struct verdict v;
	size_t first = 0;

	rules_judge(set, &k->row, &v);
	rules_explain(set, &k->row, note_root, &roots);
	while (first < roots.n && roots.v[first] == TRI_FALSE)
		first++;
	assert_int_equal(v.kind == VERDICT_NONE, first == roots.n);
	if (v.kind != VERDICT_NONE)
		assert_int_equal(v.rule, first);
	if (v.kind == VERDICT_RULE)
		assert_int_equal(roots.v[first], TRI_TRUE);
	return first;
}

static void what_is_ruled_out_is_false(void **state)
{
	size_t n_late = 0, n_none = 0;
	struct kit k;

	(void)state;
	kit_begin(&k);
	kit_columns(&k, "serial, model, added, x, y");
	seed = 7;
	for (int i = 0; i < MANY; i++) {
		struct ruleset *set = random_cell_rules(&k);

		assert_int_equal(rules_bind(set, &k.columns, &k.d, &k.err), ERR_OK);
		for (int r = 0; r < 4 * ROWS; r++) {
			bool open[SUBJECTS];
			size_t first;

			(void)random_row(&k, open);
			for (size_t c = 0; c < k.columns.n; c++)
				k.cells[c] = str_from(cell_text(true));
			k.row.n_cells = roll(8) ? k.columns.n : 3;
			first = judged_alike(&k, set);
			n_late += first >= 64;
			n_none += first == rules_count(set);
		}
		rules_free(set);
	}
	kit_end(&k);
	assert_true(n_late > 100 && n_none > 100);
}

/* --- mutations --- */

static size_t read_shipped(struct str texts[64], struct arena *a)
{
	DIR *dir = opendir("rules");
	struct dirent *e;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) && n < 64) {
		char path[300], bytes[65536];
		FILE *f;

		if (!str_ends_nocase(str_from(e->d_name), STR(".yaml")))
			continue;
		(void)snprintf(path, sizeof(path), "rules/%s", e->d_name);
		f = fopen(path, "r");
		assert_non_null(f);
		texts[n].n = fread(bytes, 1, sizeof(bytes), f);
		texts[n].p = bytes;
		texts[n] = arena_dup(a, texts[n]);
		n++;
		(void)fclose(f);
	}
	(void)closedir(dir);
	return n;
}

/* One byte replaced, removed, doubled or put in; mostly signs that mean something. */
static void mutate(struct buf *b, struct str text)
{
	static const char signs[] = "[]{}:,-#&*!|>'\"%@` \n\t0aZ=~\\\x7f\x01\xff";
	size_t at = roll((uint32_t)text.n);
	char c = signs[roll(sizeof(signs) - 1)];

	buf_add(b, text.p, at);
	switch (roll(4)) {
	case 0:
		buf_char(b, c);
		break;
	case 1:
		break;
	case 2:
		buf_char(b, text.p[at]);
		buf_char(b, text.p[at]);
		break;
	default:
		buf_char(b, c);
		buf_char(b, text.p[at]);
		break;
	}
	buf_add(b, text.p + at + 1, text.n - at - 1);
}

static void ignore_line(void *self, const struct explain_line *line)
{
	*(size_t *)self += line->text.n;
}

static void mutations_are_refused_with_a_place(void **state)
{
	size_t n_texts, n_refused = 0, n_taken = 0, shown = 0;
	struct str texts[64];
	struct kit k;

	(void)state;
	kit_begin(&k);
	seed = 6;
	n_texts = read_shipped(texts, &k.arena);
	for (int i = 0; i < MUTATIONS; i++) {
		struct ruleset *set;
		struct buf b;

		buf_init(&b, 128 * 1024);
		mutate(&b, texts[roll((uint32_t)n_texts)]);
		set = kit_load(&k, buf_view(&b), false, NULL);
		if (set) {
			size_t n;

			n_taken++;
			kit_clear_row(&k);
			(void)!rules_run_tests(set, INT64_C(1767225600000), &k.d, &n, &k.err);
			rules_explain(set, &k.row, ignore_line, &shown);
		} else {
			n_refused++;
			assert_true(k.d.n_errors > 0);
			for (size_t d = 0; d < k.d.n; d++) {
				assert_true(k.d.v[d].at.line > 0);
				assert_true(k.d.v[d].at.col > 0);
				assert_non_null(k.d.v[d].at.file);
			}
		}
		rules_free(set);
		buf_release(&b);
	}
	kit_end(&k);
	assert_true(n_refused > 200 && n_taken > 200);
}

/* --- size --- */

/* Loads in a child with 5 s of processor time, whatever the verdict. */
static void assert_cheap(struct kit *k, const struct buf *b)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit cpu = { 5, 5 };

		if (setrlimit(RLIMIT_CPU, &cpu) != 0)
			_exit(2);
		rules_free(kit_load(k, buf_view(b), false, NULL));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void size_alone_costs_little(void **state)
{
	struct kit k;
	struct buf b;

	(void)state;
	kit_begin(&k);
	/* many rules, each as deep as it goes, alike but for the leaf: what could shadow what? */
	buf_init(&b, 1024 * 1024);
	buf_z(&b, "version: 1\nrules:\n");
	for (int i = 0; i < 900; i++) {
		buf_printf(&b, "  - {name: r%d, do: [skip], match: {", i);
		for (int d = 0; d < 12; d++)
			buf_z(&b, (i + d) % 2 ? "any: [{" : "all: [{");
		buf_printf(&b, "apple.status: [A, S%d]", i);
		for (int d = 0; d < 12; d++)
			buf_z(&b, "}, {uem.listed: true}]");
		buf_z(&b, "}}\n");
	}
	assert_cheap(&k, &b);
	/* deep conditions of both kinds: which implies which can be asked along 40 million paths */
	buf_reset(&b);
	buf_z(&b, "version: 1\nrules:\n");
	for (int i = 0; i < 400; i++) {
		buf_printf(&b, "  - {name: r%d, do: [skip], match: {", i);
		for (int d = 0; d < 13; d++)
			buf_z(&b, i ? "all: [{" : "any: [{");
		buf_printf(&b, "apple.status: S%d", i);
		for (int d = 0; d < 13; d++)
			buf_z(&b, "}]");
		buf_z(&b, "}}\n");
	}
	assert_cheap(&k, &b);
	/* one long list of values, many of them equal */
	buf_reset(&b);
	buf_z(&b, "version: 1\nrules: [{name: r, do: [skip], match: {serial: [");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%sC%05d", i ? ", " : "", i % 5000);
	buf_z(&b, "]}}]\n");
	assert_cheap(&k, &b);
	/* recipes that would unfold into millions of steps */
	buf_reset(&b);
	buf_z(&b, "version: 1\nrecipes:\n  a: [");
	for (int i = 0; i < 60; i++)
		buf_z(&b, i ? ", sync" : "sync");
	for (int r = 1; r < 400; r++) {
		buf_printf(&b, "]\n  %c%d: [", 'b', r);
		for (int i = 0; i < 60; i++)
			buf_printf(&b, "%s%s", i ? ", " : "", r == 1 ? "a" : "b1");
	}
	buf_z(&b, "]\nrules: [{name: r, match: {always: true}, do: [b2]}]\n");
	assert_cheap(&k, &b);
	buf_release(&b);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_verdict_rests_on_what_was_not_known),
		cmocka_unit_test(what_is_needed_is_unread),
		cmocka_unit_test(what_is_ruled_out_is_false),
		cmocka_unit_test(mutations_are_refused_with_a_place),
		cmocka_unit_test(size_alone_costs_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
