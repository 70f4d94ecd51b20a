#include "base/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_folds(const char *text, size_t width, const char *wanted)
{
	char *got = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&got, &n);

	assert_non_null(out);
	fold(str_from(text), width, out);
	(void)fclose(out);
	assert_string_equal(got, wanted);
	free(got);
}

static void leaves_what_fits(void **state)
{
	(void)state;
	assert_folds("status   3: some rows\n\nx\n", 21, "status   3: some rows\n\nx\n");
	assert_folds("some very long line\n", 0, "some very long line\n");
	assert_folds("no newline", 40, "no newline\n");
	assert_folds("", 40, "");
}

static void breaks_between_words_below_the_beginning(void **state)
{
	(void)state;
	assert_folds(
		"status   3: some rows failed\n", 20, "status   3: some\n         rows failed\n");
	assert_folds(
		"status   3: some rows failed\n", 27, "status   3: some rows\n         failed\n");
	assert_folds("  1 x a.b: much to say\n", 14, "  1 x a.b:\n    much to\n    say\n");
	assert_folds("  R     S   4  done\n", 12, "  R\n    S   4\n    done\n");
	assert_folds("run  it again now\n", 12, "run  it\n     again\n     now\n");
}

/* As in a list of options: behind the name, or all of it below where that leaves too little. */
static void stays_behind_its_name(void **state)
{
	(void)state;
	assert_folds("  forget SERIAL...   stop tracking it\n", 44,
		"  forget SERIAL...   stop tracking it\n");
	assert_folds("  forget SERIAL...   stop tracking what is open\n", 44,
		"  forget SERIAL...   stop tracking what is\n                     open\n");
	assert_folds("      --json             one per line\n  -v, --verbose          say more\n",
		30, "      --json\n        one per line\n  -v, --verbose\n        say more\n");
	assert_folds("      -> write the date into it\n", 20,
		"      -> write the\n         date into\n         it\n");
}

static void never_breaks_a_word_or_a_command(void **state)
{
	(void)state;
	assert_folds("run a-name-without-an-end x\n", 9, "run\n  a-name-without-an-end\n  x\n");
	assert_folds(
		"next     depmend apply x.csv --yes\n", 9, "next     depmend apply x.csv --yes\n");
	assert_folds("result   a b c d e f g h\n", 9, "result   a b c d e f g h\n");
}

static void counts_what_is_seen(void **state)
{
	(void)state;
	assert_folds("2 rows: \033[32m1 done\033[0m, 1 new\n", 22,
		"2 rows: \033[32m1 done\033[0m, 1 new\n");
	assert_folds("東京 東京 x\n", 9, "東京 東京\n  x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_what_fits),
		cmocka_unit_test(breaks_between_words_below_the_beginning),
		cmocka_unit_test(stays_behind_its_name),
		cmocka_unit_test(never_breaks_a_word_or_a_command),
		cmocka_unit_test(counts_what_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
