/* Runs the tables of tests/rules (see its README). */
#include <dirent.h>

#include "rules_kit.h"

enum { LINE_MAX_BYTES = 4096 };

struct spec {
	struct kit kit;
	const char *file;
	unsigned line;
	struct str parameters, dates;
	size_t n_cases, n_failed;
};

/* What a condition was for a row. */
struct seen {
	enum tri root;
	enum tri leaves[64];
	size_t n;
};

static const char *tri_word(enum tri t)
{
	static const char *const words[] = { "false", "true", "unknown", "unread" };

	return words[t];
}

static void collect(void *self, const struct explain_line *line)
{
	struct seen *s = self;

	if (line->depth == 0)
		s->root = line->result;
	if (line->leaf && s->n < 64)
		s->leaves[s->n++] = line->result;
}

/* The words of the result: "true: true false". */
static void seen_words(const struct seen *s, bool invalid, bool leaves, char *out, size_t n)
{
	size_t used = (size_t)snprintf(out, n, "%s", invalid ? "invalid" : tri_word(s->root));

	for (size_t i = 0; leaves && i < s->n; i++)
		used += (size_t)snprintf(
			out + used, n - used, "%s%s", i ? " " : ": ", tri_word(s->leaves[i]));
}

static void fail_case(struct spec *s, const char *why, struct str expected)
{
	s->n_failed++;
	print_error("%s:%u: expected %.*s, found %s\n", s->file, s->line, STR_FMT(expected), why);
}

static bool verdict_agrees(const struct verdict *v, enum tri root)
{
	switch (root) {
	case TRI_TRUE:
		return v->kind == VERDICT_RULE && v->rule == 0;
	case TRI_FALSE:
		return v->kind == VERDICT_NONE;
	case TRI_UNKNOWN:
		return v->kind == VERDICT_UNDECIDED || v->kind == VERDICT_INVALID;
	case TRI_UNREAD:
		return v->kind == VERDICT_NEEDS && v->needs < READING_MAX_;
	}
	return false;
}

static void judge_case(struct spec *s, struct ruleset *set, struct str expected)
{
	struct seen seen = { 0 };
	struct verdict v;
	char words[600];

	rules_explain(set, &s->kit.row, collect, &seen);
	rules_judge(set, &s->kit.row, &v);
	seen_words(&seen, v.kind == VERDICT_INVALID, memchr(expected.p, ':', expected.n) != NULL,
		words, sizeof(words));
	if (!str_eq(str_from(words), expected))
		fail_case(s, words, expected);
	else if (!verdict_agrees(&v, seen.root))
		fail_case(s, "another verdict", expected);
	else if (v.kind == VERDICT_INVALID && (!v.why || !v.why[0]))
		fail_case(s, "no reason", expected);
}

/* One "FIELD = VALUE"; the comma that ends it may stand inside quotes. */
static struct str next_pair(struct str *rest)
{
	bool quoted = false;
	struct str all = *rest;

	for (size_t i = 0; i < all.n; i++) {
		quoted = quoted != (all.p[i] == '"');
		if (all.p[i] != ',' || quoted)
			continue;
		*rest = str_sub(all, i + 1, all.n - i - 1);
		return str_trim(str_sub(all, 0, i));
	}
	*rest = STR_NONE;
	return str_trim(all);
}

static bool fill_row(struct spec *s, struct str row)
{
	kit_clear_row(&s->kit);
	row = str_trim(row);
	while (row.n) {
		struct str value = next_pair(&row), field = str_trim(str_cut(&value, '='));
		bool quoted;

		value = str_trim(value);
		quoted = value.n >= 2 && value.p[0] == '"';
		if (quoted)
			value = str_sub(value, 1, value.n - 2);
		if (!kit_set(&s->kit, field, arena_dup(&s->kit.arena, value), quoted))
			return false;
	}
	return true;
}

/* Cuts at the next " | ", which no condition has inside. */
static struct str cut_bar(struct str *rest)
{
	for (size_t i = 0; i + 2 < rest->n + 1; i++) {
		struct str head = str_sub(*rest, 0, i);

		if (rest->p[i] != ' ' || rest->p[i + 1] != '|' ||
			(i + 2 < rest->n && rest->p[i + 2] != ' '))
			continue;
		*rest = str_sub(*rest, i + 2, rest->n - i - 2);
		return str_trim(head);
	}
	return STR_NONE;
}

static void run_case(struct spec *s, struct str line)
{
	struct str expected = cut_bar(&line), condition = cut_bar(&line);
	struct ruleset *set;
	struct buf b;

	s->n_cases++;
	if (!expected.n || !condition.n || !fill_row(s, line)) {
		fail_case(s, "a line that is no case", expected);
		return;
	}
	buf_init(&b, 64 * 1024);
	buf_printf(&b, "version: 1\n%s%.*s\n%s%.*s\n", s->parameters.n ? "parameters: " : "",
		(int)s->parameters.n, s->parameters.n ? s->parameters.p : "",
		s->dates.n ? "dates: " : "", (int)s->dates.n, s->dates.n ? s->dates.p : "");
	buf_z(&b, "rules: [{name: r, do: [skip], match: {");
	buf_str(&b, condition);
	buf_z(&b, "}}]\n");
	set = kit_load(&s->kit, buf_view(&b), false, NULL);
	if (!set || rules_bind(set, &s->kit.columns, &s->kit.d, &s->kit.err) != ERR_OK) {
		diags_print(&s->kit.d, stderr);
		fail_case(s, "mistakes", expected);
	} else {
		judge_case(s, set, expected);
	}
	rules_free(set);
	buf_release(&b);
}

static bool directive(struct spec *s, struct str line)
{
	struct str rest = line, key = str_cut(&rest, ':');
	struct str value = arena_dup(&s->kit.arena, str_trim(rest));

	if (str_eq(key, STR("now")))
		return time_parse(value, &s->kit.row.now_ms);
	if (str_eq(key, STR("dates")))
		s->dates = value;
	else if (str_eq(key, STR("parameters")))
		s->parameters = value;
	else if (str_eq(key, STR("columns")))
		kit_columns(&s->kit, value.p);
	else
		return false;
	return true;
}

static size_t run_file(const char *path, size_t *ret_failed)
{
	struct spec *s = calloc(1, sizeof(*s));
	char text[LINE_MAX_BYTES];
	size_t n;
	FILE *f = fopen(path, "r");

	assert_non_null(s);
	assert_non_null(f);
	kit_begin(&s->kit);
	s->file = path;
	while (fgets(text, sizeof(text), f)) {
		struct str line = str_from(text);

		s->line++;
		while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == ' '))
			line.n--;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!directive(s, line))
			run_case(s, line);
	}
	(void)fclose(f);
	n = s->n_cases;
	*ret_failed += s->n_failed;
	kit_end(&s->kit);
	free(s);
	return n;
}

static void every_case_of_the_tables_holds(void **state)
{
	DIR *dir = opendir("tests/rules");
	size_t n = 0, failed = 0;
	struct dirent *e;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		char path[300];

		if (!str_ends_nocase(str_from(e->d_name), STR(".spec")))
			continue;
		(void)snprintf(path, sizeof(path), "tests/rules/%s", e->d_name);
		n += run_file(path, &failed);
	}
	(void)closedir(dir);
	print_message("%zu cases\n", n);
	assert_int_equal(failed, 0);
	assert_true(n >= 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_the_tables_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
