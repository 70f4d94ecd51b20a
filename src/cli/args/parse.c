/*
 * The words of a command line to what was given.
 */
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/args/given.h"
#include "cli/args/options.h"
#include "io/csv/csv.h"
#include "model/allowance.h"
#include "model/step.h"

/* --- words and the nearest ones --- */

enum { NEAR = 2 }; /* edits; more is a guess */
/* What is longer was meant as a name, and lacks a dash. */
enum { LETTERS = 3 };

static const char *nearest_option(struct str name)
{
	const char *best = NULL;
	unsigned least = NEAR + 1;

	for (size_t i = 0; i < OPTION_MAX_; i++) {
		struct str full = str_from(option_info((enum option_id)i)->name);
		unsigned d = str_distance(name, full);

		/* What would be an abbreviation elsewhere is the likeliest wish. */
		if (name.n >= 2 && str_starts_nocase(full, name))
			d = 0;
		if (d < least) {
			least = d;
			best = option_info((enum option_id)i)->name;
		}
	}
	return best;
}

/* word: with its dashes. */
static enum errc unknown_option(struct str word, struct str name, struct err *err)
{
	const char *near = nearest_option(name);

	if (near)
		return err_set(err, ERR_USAGE, "unknown option '%.*s'; did you mean '--%s'?",
			STR_FMT(word), near);
	return err_set(err, ERR_USAGE, "unknown option '%.*s'", STR_FMT(word));
}

static enum errc find_command(struct cli *c, const char *word, struct err *err)
{
	const char *near = NULL;
	unsigned least = NEAR + 1;

	for (size_t i = 0; i < COMMAND_MAX_; i++) {
		unsigned d = str_distance(
			str_from(word), str_from(command_info((enum command_id)i)->name));

		if (d == 0) {
			c->command = command_info((enum command_id)i);
			return ERR_OK;
		}
		if (d < least) {
			least = d;
			near = command_info((enum command_id)i)->name;
		}
	}
	if (near)
		return err_set(
			err, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", word, near);
	return err_set(err, ERR_USAGE, "unknown command '%s'", word);
}

/* --- values --- */

static bool is_one_of(struct str value, const char *words)
{
	struct str rest = str_from(words);

	while (rest.n)
		if (str_eq(str_cut(&rest, '|'), value))
			return true;
	return false;
}

/* A step, or what a command of its own asks about. */
static enum errc confirm_check(const char *value, struct err *err)
{
	struct str count = str_from(value), word = str_cut(&count, '='), best;
	struct nearest near = nearest_to(word);
	enum step_kind step;
	uint64_t n;

	if (!word.n || !str_to_u64(count, &n))
		return err_set(err, ERR_USAGE,
			"--confirm takes STEP=COUNT, such as release=132, not '%s'", value);
	if (step_from_word(word, &step) || str_eq(word, STR("forget")) ||
		str_eq(word, STR("restore")))
		return ERR_OK;
	for (int i = 0; i < STEP_MAX_; i++)
		nearest_try(&near, str_from(step_info((enum step_kind)i)->word));
	nearest_try(&near, STR("forget"));
	nearest_try(&near, STR("restore"));
	best = nearest_best(&near);
	if (best.n)
		return err_set(err, ERR_USAGE,
			"--confirm does not know '%.*s'; did you mean '%.*s'?", STR_FMT(word),
			STR_FMT(best));
	return err_set(err, ERR_USAGE,
		"--confirm does not know '%.*s'; it knows release, delete_record, wipe, migrate "
		"and the other steps, forget and restore",
		STR_FMT(word));
}

static bool value_fits(const struct option_info *o, const char *value)
{
	struct str s = str_from(value), rest = s;
	struct duration d;
	uint64_t n;
	int64_t at;

	switch (o->kind) {
	case KIND_CHOICE:
		return is_one_of(s, o->arg);
	case KIND_COUNT:
		return str_to_u64(s, &n);
	case KIND_SOME:
		return str_to_u64(s, &n) && n > 0;
	case KIND_DURATION:
		return duration_parse(s, &d);
	case KIND_TIME:
		return time_parse(s, &at);
	case KIND_PAIR:
		return str_cut(&rest, '=').n > 0 && strchr(value, '=');
	default:
		return str_trim(s).n > 0;
	}
}

static const char *example_of(enum option_kind kind)
{
	switch (kind) {
	case KIND_COUNT:
		return ", a whole number";
	case KIND_SOME:
		return ", a whole number from 1";
	case KIND_DURATION:
		return ", such as 90s, 30m or 6h";
	case KIND_TIME:
		return ", such as 2026-11-22T03:00:00Z";
	default:
		return "";
	}
}

static enum errc give(struct cli *c, enum option_id id, const char *value, struct err *err)
{
	const struct option_info *o = option_info(id);
	enum errc rc = o->kind == KIND_ALLOW     ? allowance_check(str_from(value), err)
		       : o->kind == KIND_CONFIRM ? confirm_check(value, err)
						 : ERR_OK;

	if (rc)
		return rc;
	if (id == OPTION_ENCODING && value && !csv_knows_encoding(value))
		return err_set(err, ERR_USAGE,
			"--encoding: '%s' is no encoding of this machine; say one such as utf-8, "
			"utf-16 or cp1252",
			value);
	if (value && !value_fits(o, value))
		return err_set(err, ERR_USAGE, "--%s takes %s%s, not '%s'", o->name, o->arg,
			example_of(o->kind), value);
	c->given[c->n_given++] = (struct cli_given){ id, value };
	return ERR_OK;
}

/* --- the words of the command line --- */

struct words {
	char *const *v;
	int n, at;
};

static enum errc parse_long(struct cli *c, struct words *w, struct err *err)
{
	struct str word = str_from(w->v[w->at++]), rest = str_sub(word, 2, word.n - 2);
	struct str name = str_cut(&rest, '=');
	bool has_value = rest.p != NULL;
	const char *value = rest.p;
	size_t i = 0;

	while (i < OPTION_MAX_ && !str_eq(str_from(option_info((enum option_id)i)->name), name))
		i++;
	if (i == OPTION_MAX_)
		return unknown_option((struct str){ word.p, name.n + 2 }, name, err);
	if (!option_info((enum option_id)i)->arg && has_value)
		return err_set(err, ERR_USAGE, "--%s takes no value",
			option_info((enum option_id)i)->name);
	if (option_info((enum option_id)i)->arg && !has_value) {
		if (w->at == w->n)
			return err_set(err, ERR_USAGE, "--%s needs %s",
				option_info((enum option_id)i)->name,
				option_info((enum option_id)i)->arg);
		value = w->v[w->at++];
	}
	return give(c, (enum option_id)i, value, err);
}

static enum errc parse_letters(struct cli *c, const char *letters, struct err *err)
{
	for (const char *p = letters; *p; p++) {
		size_t i = 0;

		while (i < OPTION_MAX_ && option_info((enum option_id)i)->letter != *p)
			i++;
		if (i == OPTION_MAX_ && strlen(letters) > LETTERS)
			return unknown_option(str_from(letters - 1), str_from(letters), err);
		if (i == OPTION_MAX_)
			return err_set(err, ERR_USAGE, "unknown option '-%c'", *p);
		c->given[c->n_given++] = (struct cli_given){ (enum option_id)i, NULL };
	}
	return ERR_OK;
}

static enum errc parse_word(struct cli *c, const char *word, struct err *err)
{
	if (!c->command && strcmp(word, "help") == 0)
		return give(c, OPTION_HELP, NULL, err);
	if (!c->command)
		return find_command(c, word, err);
	c->args[c->n_args++] = word;
	return ERR_OK;
}

static enum errc parse_words(struct cli *c, struct words *w, struct err *err)
{
	bool options_end = false;
	enum errc rc = ERR_OK;

	while (!rc && w->at < w->n) {
		const char *word = w->v[w->at];

		if (!options_end && strcmp(word, "--") == 0) {
			options_end = true;
			w->at++;
		} else if (!options_end && word[0] == '-' && word[1] == '-') {
			rc = parse_long(c, w, err);
		} else if (!options_end && word[0] == '-' && word[1]) {
			rc = parse_letters(c, w->v[w->at++] + 1, err);
		} else {
			rc = parse_word(c, w->v[w->at++], err);
		}
	}
	return rc;
}

/* What only makes sense once everything was read. */
static enum errc check_whole(const struct cli *c, struct err *err)
{
	const struct command *cmd = c->command;
	enum errc rc;

	if (cli_count(c, OPTION_HELP) || cli_count(c, OPTION_VERSION))
		return ERR_OK;
	if (!cmd)
		return err_set(err, ERR_USAGE, "which command? 'depmend --help' lists them");
	rc = given_check(c, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < c->n_args; i++)
		if (!c->args[i][0])
			return err_set(err, ERR_USAGE,
				"an argument is empty; 'depmend %s' takes %s", cmd->name,
				*cmd->args ? cmd->args : "none");
	if (cli_count(c, OPTION_SERIAL)) {
		if (c->n_args)
			return err_set(err, ERR_USAGE,
				"unexpected argument '%s': the devices are those of --serial",
				c->args[0]);
		return ERR_OK;
	}
	if (c->n_args < cmd->min_args)
		return err_set(err, ERR_USAGE, "'depmend %s' needs %s", cmd->name, cmd->args);
	if (c->n_args > cmd->max_args)
		return err_set(err, ERR_USAGE, "unexpected argument '%s'", c->args[cmd->max_args]);
	return ERR_OK;
}

/* Letters can stand together, so that one word gives several options. */
static size_t most_given(int argc, char *const *argv)
{
	size_t n = 1;

	for (int i = 1; i < argc; i++)
		n += 1 + strlen(argv[i]);
	return n;
}

enum errc cli_parse(struct cli *ret, int argc, char *const *argv, struct err *err)
{
	struct words w = { argv, argc, 1 };
	struct cli c = { 0 };
	enum errc rc;

	c.given = mem_realloc(NULL, most_given(argc, argv), sizeof(*c.given));
	c.args = mem_realloc(NULL, (size_t)argc + 1, sizeof(*c.args));
	rc = parse_words(&c, &w, err);
	if (!rc)
		rc = check_whole(&c, err);
	/* For messages, and for the names of results. */
	if (!rc && cli_count(&c, OPTION_SERIAL))
		c.args[c.n_args++] = "serials";
	*ret = c; /* after a failure as far as it was read: for the message */
	return rc;
}

void cli_release(struct cli *cli)
{
	free(cli->given);
	free(cli->args);
	*cli = (struct cli){ 0 };
}
