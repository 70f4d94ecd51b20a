#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/file.h"
#include "rules/about.h"

static const char *const dirs[] = { "rules", NULL };

/* Loads one shipped file without a mistake or a warning and runs its tests. */
static void assert_good(const char *name)
{
	const char *files[] = { name };
	struct rules_options opt = { .files = files, .n_files = 1, .shipped_dirs = dirs };
	struct ruleset *set = NULL;
	struct diags d;
	struct err err = { 0 };
	size_t n = 0;

	diags_init(&d);
	(void)!rules_load(&set, &opt, &d, &err);
	if (set)
		(void)!rules_run_tests(set, INT64_C(1767225600000), &d, &n, &err);
	if (d.n)
		diags_print(&d, stderr);
	assert_non_null(set);
	assert_int_equal(d.n, 0);
	assert_true(n > 0);
	assert_true(rules_policy(set)->limit_devices != UINT32_MAX);
	rules_free(set);
	diags_release(&d);
}

/* What `depmend rules` shows has to be there. */
static void assert_described(const char *name)
{
	struct rules_about about;
	struct arena arena;
	struct buf text;
	struct err err;
	char path[300];

	(void)snprintf(path, sizeof(path), "rules/%s.yaml", name);
	assert_int_equal(file_read(path, 1024 * 1024, &text, &err), ERR_OK);
	arena_init(&arena);
	rules_about(buf_view(&text), &arena, &about);
	assert_true(about.symptom.n > 20 && about.when.n > 20);
	assert_true(about.changes.n > 10 && about.cannot.n > 10);
	arena_release(&arena);
	buf_release(&text);
}

static void every_shipped_file_is_good_and_tested(void **state)
{
	DIR *dir = opendir("rules");
	struct dirent *e;
	int n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		char name[256];
		char *dot;

		(void)snprintf(name, sizeof(name), "%s", e->d_name);
		dot = strrchr(name, '.');
		if (!dot || strcmp(dot, ".yaml") != 0)
			continue;
		*dot = '\0';
		assert_good(name);
		assert_described(name);
		n++;
	}
	(void)closedir(dir);
	assert_true(n >= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_file_is_good_and_tested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
