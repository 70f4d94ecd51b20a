/* cli/options: one table makes parsing and help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args/options.h"

static struct cli cli;
static struct err err;

/* Words of the command line, separated by single blanks. */
static enum errc parse(const char *line)
{
	static char copy[256], *argv[32];
	int argc = 0;

	cli_release(&cli);
	assert_true(strlen(line) < sizeof(copy));
	(void)strcpy(copy, line);
	argv[argc++] = copy;
	for (char *p = copy; *p; p++)
		if (*p == ' ') {
			*p = '\0';
			argv[argc++] = p + 1;
		}
	return cli_parse(&cli, argc, argv, &err);
}

static void expect_usage(const char *line, const char *why)
{
	assert_int_equal(parse(line), ERR_USAGE);
	assert_string_equal(err.msg, why);
}

static int tear_down(void **state)
{
	(void)state;
	cli_release(&cli);
	return 0;
}

static void options_stand_anywhere(void **state)
{
	const char **list;
	size_t n;

	(void)state;
	assert_int_equal(
		parse("depmend -v --settings=s.yaml check --rules a x.csv --rules b --quiet"),
		ERR_OK);
	assert_string_equal(cli.command->name, "check");
	assert_int_equal(cli.n_args, 1);
	assert_string_equal(cli.args[0], "x.csv");
	assert_string_equal(cli_text(&cli, OPTION_SETTINGS), "s.yaml");
	assert_string_equal(cli_text(&cli, OPTION_RULES), "b");
	list = cli_list(&cli, OPTION_RULES, &n);
	assert_int_equal(n, 2);
	assert_string_equal(list[0], "a");
	assert_string_equal(list[1], "b");
	assert_null(list[2]);
	free(list);
	assert_int_equal(cli_count(&cli, OPTION_VERBOSE), 1);
	assert_int_equal(cli_count(&cli, OPTION_QUIET), 1);
	assert_int_equal(cli_count(&cli, OPTION_JSON), 0);
	assert_null(cli_text(&cli, OPTION_COLOR));
}

static void letters_stand_together(void **state)
{
	(void)state;
	assert_int_equal(parse("depmend check -vvqv"), ERR_OK);
	assert_int_equal(cli_count(&cli, OPTION_VERBOSE), 3);
	assert_int_equal(cli_count(&cli, OPTION_QUIET), 1);
	expect_usage("depmend check -vx", "unknown option '-x'");
}

static void dashes_end_options_and_name_stdin(void **state)
{
	(void)state;
	assert_int_equal(parse("depmend check -- --json"), ERR_OK);
	assert_string_equal(cli.args[0], "--json");
	assert_int_equal(cli_count(&cli, OPTION_JSON), 0);
	assert_int_equal(parse("depmend check -"), ERR_OK);
	assert_string_equal(cli.args[0], "-");
}

static void values_may_look_like_options(void **state)
{
	(void)state;
	assert_int_equal(parse("depmend check --set x=--y --rules=--z --set a=b=c"), ERR_OK);
	assert_string_equal(cli_text(&cli, OPTION_RULES), "--z");
	assert_string_equal(cli_text(&cli, OPTION_SET), "a=b=c");
}

static void abbreviations_are_refused(void **state)
{
	(void)state;
	expect_usage(
		"depmend check --sett x", "unknown option '--sett'; did you mean '--settings'?");
	expect_usage(
		"depmend check --versoin", "unknown option '--versoin'; did you mean '--version'?");
	expect_usage("depmend check --zzzzzz", "unknown option '--zzzzzz'");
	expect_usage("depmend --JSON check", "unknown option '--JSON'; did you mean '--json'?");
	expect_usage("depmend chekc", "unknown command 'chekc'; did you mean 'check'?");
	expect_usage("depmend frobnicate", "unknown command 'frobnicate'");
}

static void values_are_checked(void **state)
{
	(void)state;
	expect_usage("depmend check --settings", "--settings needs FILE|FOLDER");
	expect_usage("depmend check --settings=", "--settings takes FILE|FOLDER, not ''");
	expect_usage("depmend check --json=yes", "--json takes no value");
	expect_usage("depmend check --color blue", "--color takes auto|always|never, not 'blue'");
	expect_usage("depmend check --color auto|always",
		"--color takes auto|always|never, not 'auto|always'");
	expect_usage("depmend pause --reason=\t", "--reason takes TEXT, not '\t'");
	expect_usage("depmend forget X --reason=\t\t", "--reason takes TEXT, not '\t\t'");
	expect_usage("depmend plan x --out=\t", "--out takes FILE, not '\t'");
	expect_usage("depmend check --set x", "--set takes NAME=VALUE, not 'x'");
	expect_usage("depmend check --set =x", "--set takes NAME=VALUE, not '=x'");
	assert_int_equal(parse("depmend check --set x="), ERR_OK);
}

static void arguments_are_counted(void **state)
{
	(void)state;
	expect_usage("depmend", "which command? 'depmend --help' lists them");
	expect_usage("depmend -v", "which command? 'depmend --help' lists them");
	expect_usage("depmend check a.csv b.csv", "unexpected argument 'b.csv'");
}

static void help_needs_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(parse("depmend --help"), ERR_OK);
	assert_null(cli.command);
	assert_int_equal(parse("depmend check a b c -h"), ERR_OK);
	assert_int_equal(cli_count(&cli, OPTION_HELP), 1);
}

static void what_was_read_before_a_failure_says_how_to_tell_it(void **state)
{
	(void)state;
	assert_int_equal(parse("depmend check --nonsense"), ERR_USAGE);
	assert_ptr_equal(cli.command, command_info(COMMAND_CHECK)); /* whose help is named */
	assert_int_equal(parse("depmend forget X --yes --color never"), ERR_USAGE);
	assert_string_equal(cli_text(&cli, OPTION_COLOR), "never");
}

/* A row of the table that cannot be reached, or reads badly, is a mistake. */
static void table_is_sound(void **state)
{
	(void)state;
	for (int i = 0; i < OPTION_MAX_; i++) {
		const struct option_info *o = option_info((enum option_id)i);

		assert_true(o->name && o->help && o->commands);
		assert_int_equal(o->kind == KIND_FLAG, o->arg == NULL);
		assert_true(!o->letter || o->kind == KIND_FLAG);
		for (int k = 0; k < i; k++) {
			const struct option_info *other = option_info((enum option_id)k);

			assert_string_not_equal(o->name, other->name);
			assert_true(!o->letter || o->letter != other->letter);
		}
	}
}

static void help_shows_every_option_and_fits(void **state)
{
	char *text = NULL, *line;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	cli_help(NULL, out);
	for (int i = 0; i < COMMAND_MAX_; i++)
		cli_help(command_info((enum command_id)i), out);
	(void)fclose(out);
	for (int i = 0; i < OPTION_MAX_; i++)
		assert_non_null(strstr(text, option_info((enum option_id)i)->name));
	for (int i = 0; i < COMMAND_MAX_; i++)
		assert_non_null(strstr(text, command_info((enum command_id)i)->name));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 100)
			fail_msg("longer than 100: %s", line);
	free(text);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

static void repeats_what_a_shell_would_take(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	assert_int_equal(
		parse("depmend plan o'clock.csv --rules a -v --set x=*;y --out plan.csv --offline"),
		ERR_OK);
	cli_repeat(&cli, COMMAND_PLAN, &b);
	assert_string_equal(buf_cstr(&b), "depmend plan 'o'\\''clock.csv' --rules a --verbose "
					  "--set 'x=*;y' --out plan.csv --offline");
	buf_reset(&b);
	cli_repeat(&cli, COMMAND_APPLY, &b);
	assert_string_equal(
		buf_cstr(&b), "depmend apply 'o'\\''clock.csv' --rules a --set 'x=*;y'");
	buf_reset(&b);
	(void)tear_down(state);
	assert_int_equal(parse("depmend explain list.csv C02XK1AAJG5H --rules a"), ERR_OK);
	cli_repeat_unconfirmed(&cli, COMMAND_PLAN, &b);
	assert_string_equal(buf_cstr(&b), "depmend plan list.csv --rules a");
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(options_stand_anywhere),
		TEST(letters_stand_together),
		TEST(dashes_end_options_and_name_stdin),
		TEST(values_may_look_like_options),
		TEST(abbreviations_are_refused),
		TEST(values_are_checked),
		TEST(arguments_are_counted),
		TEST(help_needs_nothing_else),
		TEST(what_was_read_before_a_failure_says_how_to_tell_it),
		TEST(table_is_sound),
		TEST(help_shows_every_option_and_fits),
		TEST(repeats_what_a_shell_would_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
