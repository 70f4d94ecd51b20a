/*
 * Any bytes are rules or are refused with a place; rules judge, explain and test rows of any cells,
 * and the quick way of judging says what the explanation says.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct seen {
	enum tri roots[2000];
	size_t n;
};

static void collect(void *self, const struct explain_line *line)
{
	struct seen *s = self;

	if (line->depth == 0 && s->n < 2000)
		s->roots[s->n++] = line->result;
}

/* Facts in every state, different ones for different facts. */
static void fact(void *self, enum fact f, struct value *ret)
{
	unsigned seed = *(unsigned *)self;

	*ret = (struct value){ .state = (enum value_state)((seed + f) % 4),
		.type = fact_info(f)->type,
		.text = STR("ASSIGNED"),
		.number = 1 };
}

static void judge(struct ruleset *set, unsigned seed)
{
	struct str cells[] = { STR("C02XK1ABJG5H"), STR("iPad"), STR("2026-01-01"), STR("x") };
	struct rules_row row = { cells, 4, false, cells[0], INT64_C(1767225600000), fact, &seed };
	struct step steps[PROGRAM_MAX_STEPS];
	static struct seen seen;
	struct verdict v;
	size_t first = 0;
	uint32_t n;

	seen.n = 0;
	rules_judge(set, &row, &v);
	rules_explain(set, &row, collect, &seen);
	while (first < seen.n && seen.roots[first] == TRI_FALSE)
		first++;
	if ((v.kind == VERDICT_NONE) != (first == seen.n) ||
		(v.kind != VERDICT_NONE && v.rule != first) ||
		(v.kind == VERDICT_RULE) != (first < seen.n && seen.roots[first] == TRI_TRUE))
		abort();
	if (v.kind == VERDICT_RULE) {
		(void)!rules_program(set, v.rule, false, &row, steps, &n, NULL);
		(void)!rules_program(set, v.rule, true, &row, steps, &n, NULL);
	}
}

static void use(struct ruleset *set, struct diags *d)
{
	struct str headers[] = { STR("serial"), STR("model"), STR("added"), STR("Wanted server") };
	struct column_options opt = { 0 };
	struct columns columns = { 0 };
	struct arena a;
	size_t n;

	arena_init(&a);
	if (columns_map(&columns, &opt, headers, 4, 0, &a, NULL) == ERR_OK)
		(void)!rules_bind(set, &columns, d, NULL);
	for (unsigned seed = 0; seed < 4; seed++)
		judge(set, seed);
	(void)!rules_run_tests(set, INT64_C(1767225600000), d, &n, NULL);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int fd = -1;
	static char path[64];
	const char *files[] = { path };
	struct rules_options opt = { .files = files, .n_files = 1 };
	struct ruleset *set = NULL;
	struct diags d;

	if (fd < 0) {
		fd = memfd_create("rules", 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0 ||
		pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	diags_init(&d);
	if (rules_load(&set, &opt, &d, NULL) == ERR_OK)
		use(set, &d);
	else if (d.n_errors == 0 || d.v[0].at.line == 0)
		abort();
	rules_free(set);
	diags_release(&d);
	return 0;
}
