#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/args/options.h"
#include "model/allowance.h"
#include "model/step.h"

static const struct command commands[COMMAND_MAX_] = {
#define X(id_, word, args_, min, max, help_) \
	[COMMAND_##id_] = { COMMAND_##id_, #word, args_, help_, min, max },
	COMMAND_LIST(X)
#undef X
};

static const struct option_info options[OPTION_MAX_] = {
#define X(id, name_, letter_, kind_, arg_, commands_, help_) \
	[OPTION_##id] = { name_, arg_, help_, letter_, KIND_##kind_, commands_ },
	OPTION_LIST(X)
#undef X
};

const struct command *command_info(enum command_id id)
{
	return &commands[id];
}

const struct option_info *option_info(enum option_id id)
{
	return &options[id];
}

/* --- words and the nearest ones --- */

enum { NEAR = 2 }; /* edits; more is a guess */
/* What is longer was meant as a name, and lacks a dash. */
enum { LETTERS = 3 };

static const char *nearest_option(struct str name)
{
	const char *best = NULL;
	unsigned least = NEAR + 1;

	for (size_t i = 0; i < OPTION_MAX_; i++) {
		struct str full = str_from(options[i].name);
		unsigned d = str_distance(name, full);

		/* What would be an abbreviation elsewhere is the likeliest wish. */
		if (name.n >= 2 && str_starts_nocase(full, name))
			d = 0;
		if (d < least) {
			least = d;
			best = options[i].name;
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
		unsigned d = str_distance(str_from(word), str_from(commands[i].name));

		if (d == 0) {
			c->command = &commands[i];
			return ERR_OK;
		}
		if (d < least) {
			least = d;
			near = commands[i].name;
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
static bool confirm_fits(struct str count)
{
	struct str word = str_cut(&count, '=');
	enum step_kind step;
	uint64_t n;

	return (step_from_word(word, &step) || str_eq(word, STR("forget")) ||
		       str_eq(word, STR("restore"))) &&
	       str_to_u64(count, &n);
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
	case KIND_CONFIRM:
		return confirm_fits(s);
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
	case KIND_CONFIRM:
		return ", such as release=132";
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
	const struct option_info *o = &options[id];
	enum errc rc = o->kind == KIND_ALLOW ? allowance_check(str_from(value), err) : ERR_OK;

	if (rc)
		return rc;
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

	while (i < OPTION_MAX_ && !str_eq(str_from(options[i].name), name))
		i++;
	if (i == OPTION_MAX_)
		return unknown_option((struct str){ word.p, name.n + 2 }, name, err);
	if (!options[i].arg && has_value)
		return err_set(err, ERR_USAGE, "--%s takes no value", options[i].name);
	if (options[i].arg && !has_value) {
		if (w->at == w->n)
			return err_set(
				err, ERR_USAGE, "--%s needs %s", options[i].name, options[i].arg);
		value = w->v[w->at++];
	}
	return give(c, (enum option_id)i, value, err);
}

static enum errc parse_letters(struct cli *c, const char *letters, struct err *err)
{
	for (const char *p = letters; *p; p++) {
		size_t i = 0;

		while (i < OPTION_MAX_ && options[i].letter != *p)
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

	if (cli_count(c, OPTION_HELP) || cli_count(c, OPTION_VERSION))
		return ERR_OK;
	if (!cmd)
		return err_set(err, ERR_USAGE, "which command? 'depmend --help' lists them");
	for (size_t i = 0; i < c->n_given; i++) {
		const struct option_info *o = &options[c->given[i].id];

		if (!(o->commands & 1u << cmd->id))
			return err_set(
				err, ERR_USAGE, "'depmend %s' takes no --%s", cmd->name, o->name);
	}
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

/* --- what was given --- */

size_t cli_count(const struct cli *cli, enum option_id id)
{
	size_t n = 0;

	for (size_t i = 0; i < cli->n_given; i++)
		n += cli->given[i].id == id;
	return n;
}

const char *cli_text(const struct cli *cli, enum option_id id)
{
	for (size_t i = cli->n_given; i > 0; i--)
		if (cli->given[i - 1].id == id)
			return cli->given[i - 1].value;
	return NULL;
}

const char **cli_list(const struct cli *cli, enum option_id id, size_t *ret_n)
{
	const char **list = mem_realloc(NULL, cli->n_given + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < cli->n_given; i++)
		if (cli->given[i].id == id)
			list[n++] = cli->given[i].value;
	list[n] = NULL;
	*ret_n = n;
	return list;
}

uint64_t cli_number(const struct cli *cli, enum option_id id, uint64_t otherwise)
{
	const char *text = cli_text(cli, id);
	uint64_t n;

	return text && str_to_u64(str_from(text), &n) ? n : otherwise;
}

int64_t cli_time(const struct cli *cli, enum option_id id, int64_t otherwise)
{
	const char *text = cli_text(cli, id);
	int64_t at;

	return text && time_parse(str_from(text), &at) ? at : otherwise;
}

int64_t cli_duration_ms(const struct cli *cli, enum option_id id, int64_t otherwise)
{
	const char *text = cli_text(cli, id);
	struct duration d;

	return text && duration_parse(str_from(text), &d) ? time_shift(0, d, 1) : otherwise;
}

/* --- the same again --- */

static void add_word(const char *word, struct buf *out)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_./:=@%+,-";

	buf_char(out, ' ');
	if (*word && word[strspn(word, harmless)] == '\0') {
		buf_z(out, word);
		return;
	}
	buf_char(out, '\'');
	for (const char *p = word; *p; p++) {
		if (*p == '\'')
			buf_z(out, "'\\''");
		else
			buf_char(out, *p);
	}
	buf_char(out, '\'');
}

void cli_repeat_file(const char *name, struct buf *out)
{
	/* It would be read as an option. */
	char *path = mem_printf("%s%s", *name == '-' ? "./" : "", name);

	add_word(path, out);
	free(path);
}

static bool confirms(enum option_id id)
{
	return id == OPTION_ALLOW || id == OPTION_YES || id == OPTION_CONFIRM ||
	       id == OPTION_EXPECT || id == OPTION_PAST_HALT || id == OPTION_DRY_RUN;
}

bool cli_is_of_dry_run(enum option_id id)
{
	return id == OPTION_HTML || id == OPTION_DETAILED_EXITCODE || id == OPTION_OFFLINE;
}

/* Whether the other command line has it, too. */
static bool goes_along(const struct cli *cli, enum command_id id, bool confirmed, enum option_id o)
{
	bool own = id == cli->command->id && (confirmed || id != COMMAND_UNDO);

	if (!(options[o].commands & 1u << id) || (id == COMMAND_APPLY && cli_is_of_dry_run(o)))
		return false;
	/* The file of one command is not that of another. */
	return (o != OPTION_OUT || own) && (confirmed || !confirms(o));
}

/* max_wait: instead of the one that was given; NULL: that one. */
static void repeat(const struct cli *cli, enum command_id id, bool confirmed, const char *max_wait,
	struct buf *out)
{
	buf_printf(out, "depmend %s", commands[id].name);
	for (size_t i = 0; i < cli->n_args && !cli_count(cli, OPTION_SERIAL); i++)
		cli_repeat_file(cli->args[i], out);
	for (size_t i = 0; i < cli->n_given; i++) {
		const struct cli_given *g = &cli->given[i];

		if (!goes_along(cli, id, confirmed, g->id) ||
			(max_wait && g->id == OPTION_MAX_WAIT))
			continue;
		buf_printf(out, " --%s", options[g->id].name);
		if (g->value)
			add_word(g->value, out);
	}
	if (max_wait)
		buf_printf(out, " --max-wait %s", max_wait);
}

void cli_suggest(const struct cli *cli, enum command_id id, const char *arg, struct buf *out)
{
	buf_printf(out, "depmend %s", commands[id].name);
	if (arg)
		cli_repeat_file(arg, out);
	if (cli_text(cli, OPTION_SETTINGS)) {
		buf_z(out, " --settings");
		add_word(cli_text(cli, OPTION_SETTINGS), out);
	}
}

void cli_suggest_report(const struct cli *cli, const char *run, struct buf *out)
{
	cli_suggest(cli, COMMAND_REPORT, run, out);
	buf_z(out, " --html report.html");
}

void cli_repeat(const struct cli *cli, enum command_id id, struct buf *out)
{
	repeat(cli, id, true, NULL, out);
}

void cli_repeat_longer(const struct cli *cli, enum command_id id, int64_t ms, struct buf *out)
{
	char text[TIME_TEXT];

	(void)snprintf(text, sizeof(text), "%" PRId64 "m", (ms + 59999) / 60000);
	repeat(cli, id, true, text, out);
}

void cli_repeat_unconfirmed(const struct cli *cli, enum command_id id, struct buf *out)
{
	repeat(cli, id, false, NULL, out);
}
