#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"

static char *printed(const struct diags *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	diags_print(d, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_prints(struct diags *d, const char *want)
{
	char *got = printed(d);

	assert_string_equal(got, want);
	free(got);
	diags_release(d);
}

static void shows_place_line_caret_and_hint(void **state)
{
	struct diags d;
	struct diag *e;

	(void)state;
	diags_init(&d);
	e = diag_add(&d, DIAG_ERROR, "rules.unknown-step", (struct loc){ "r.yaml", 14, 9 },
		"unknown step '%s'", "asign");
	diag_source(&d, e, STR("   do: [asign]"), 5);
	diag_hint(&d, e, "did you mean '%s'?", "assign");
	assert_prints(&d, "r.yaml:14:9: error: unknown step 'asign' [rules.unknown-step]\n"
			  "    do: [asign]\n"
			  "         ^~~~~\n"
			  "  did you mean 'assign'?\n");
}

static void sorts_by_file_as_added_then_place(void **state)
{
	struct diags d;

	(void)state;
	diags_init(&d);
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "b", 2, 1 }, "one");
	diag_add(&d, DIAG_WARNING, "c", (struct loc){ "a", 1, 1 }, "two");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "b", 1, 7 }, "three");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "b", 1, 7 }, "four");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "b", 1, 0 }, "five");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ NULL, 0, 0 }, "six");
	assert_prints(&d, "b:1: error: five [c]\n"
			  "b:1:7: error: three [c]\n"
			  "b:1:7: error: four [c]\n"
			  "b:2:1: error: one [c]\n"
			  "a:1:1: warning: two [c]\n"
			  "error: six [c]\n");
}

static void cleans_hostile_bytes(void **state)
{
	struct diags d;
	struct diag *e;

	(void)state;
	diags_init(&d);
	e = diag_add(&d, DIAG_ERROR, "c", (struct loc){ "\033[2J", 1, 3 }, "a\nb\033c");
	diag_source(&d, e, STR("x\ty\033z"), 1);
	assert_prints(&d, "?[2J:1:3: error: a?b?c [c]\n"
			  "    x y?z\n"
			  "      ^\n");
}

static void cuts_long_lines_around_the_mistake(void **state)
{
	char line[3000];
	struct diags d;
	struct diag *e;

	(void)state;
	memset(line, 'a', sizeof(line));
	line[1999] = 'B';
	diags_init(&d);
	e = diag_add(&d, DIAG_ERROR, "c", (struct loc){ "f", 1, 2000 }, "x");
	diag_source(&d, e, (struct str){ line, sizeof(line) }, 4000);
	assert_int_equal(e->source.n, 120);
	assert_int_equal(e->source.p[e->caret - 1], 'B');
	diags_release(&d);
}

/* Columns count characters; the caret must stand below the right one. */
static void counts_characters_not_bytes(void **state)
{
	struct diags d;
	struct diag *e;

	(void)state;
	diags_init(&d);
	e = diag_add(&d, DIAG_ERROR, "c", (struct loc){ "f", 1, 4 }, "x");
	diag_source(&d, e, STR("\xc3\xa4\xc3\xb6 z"), 1);
	assert_prints(&d, "f:1:4: error: x [c]\n"
			  "    \xc3\xa4\xc3\xb6 z\n"
			  "       ^\n");
}

static void keeps_texts_after_their_owner_is_gone(void **state)
{
	char file[] = "gone.yaml";
	struct diags d;

	(void)state;
	diags_init(&d);
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ file, 1, 1 }, "x");
	memset(file, 'z', sizeof(file) - 1);
	assert_prints(&d, "gone.yaml:1:1: error: x [c]\n");
}

static void drops_and_counts_beyond_the_limit(void **state)
{
	struct diags d;
	char *text;

	(void)state;
	diags_init(&d);
	for (int i = 0; i < DIAG_MAX + 5; i++) {
		struct diag *e = diag_add(
			&d, DIAG_ERROR, "c", (struct loc){ "f", 1, 1 }, "number %d", i);

		diag_source(&d, e, STR("abc"), 1);
		diag_hint(&d, e, "h");
	}
	assert_int_equal(d.n, DIAG_MAX);
	assert_int_equal(d.n_dropped, 5);
	text = printed(&d);
	assert_non_null(strstr(text, "and 5 more\n"));
	free(text);
	assert_int_equal(d.n_errors, 1005);
	diags_release(&d);
}

static void says_once_what_holds_for_several_places(void **state)
{
	struct diags d;
	struct diag *e;

	(void)state;
	diags_init(&d);
	for (unsigned i = 0; i < 3; i++) {
		e = diag_add(&d, DIAG_ERROR, "c", (struct loc){ "f", 3 - i, 7 }, "x");
		diag_hint(&d, e, "h");
	}
	diag_add(&d, DIAG_WARNING, "c", (struct loc){ "f", 2, 7 }, "x");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "g", 1, 0 }, "x");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "g", 4, 0 }, "x");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ NULL, 0, 0 }, "y");
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ NULL, 0, 0 }, "y");
	assert_int_equal(d.n, 8);
	assert_int_equal(d.n_warnings, 1);
	assert_prints(&d, "f:1:7: error: x [c]\n"
			  "  h\n"
			  "  the same at 2:7 and 3:7\n"
			  "f:2:7: warning: x [c]\n"
			  "g:1: error: x [c]\n"
			  "  the same on line 4\n"
			  "error: y [c]\n"
			  "  and 1 more of the same\n");
}

static void counts_repeats_beyond_the_limit(void **state)
{
	struct diags d;

	(void)state;
	diags_init(&d);
	for (unsigned i = 0; i < DIAG_MAX + 500; i++)
		diag_add(&d, DIAG_WARNING, "c", (struct loc){ "f", i + 1, 0 }, "x");
	assert_int_equal(d.n_warnings, DIAG_MAX + 500);
	assert_int_equal(d.n_dropped, 0);
	assert_prints(&d, "f:1: warning: x [c]\n"
			  "  the same on lines 2, 3, 4, 5, 6 and 1494 more\n");
}

static void warnings_do_not_fail(void **state)
{
	struct diags d;

	(void)state;
	diags_init(&d);
	diag_add(&d, DIAG_WARNING, "c", (struct loc){ "f", 1, 1 }, "w");
	assert_int_equal(d.n_errors, 0);
	diag_add(&d, DIAG_ERROR, "c", (struct loc){ "f", 1, 1 }, "e");
	assert_int_equal(d.n_errors, 1);
	diags_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_place_line_caret_and_hint),
		cmocka_unit_test(sorts_by_file_as_added_then_place),
		cmocka_unit_test(cleans_hostile_bytes),
		cmocka_unit_test(cuts_long_lines_around_the_mistake),
		cmocka_unit_test(counts_characters_not_bytes),
		cmocka_unit_test(keeps_texts_after_their_owner_is_gone),
		cmocka_unit_test(drops_and_counts_beyond_the_limit),
		cmocka_unit_test(says_once_what_holds_for_several_places),
		cmocka_unit_test(counts_repeats_beyond_the_limit),
		cmocka_unit_test(warnings_do_not_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
