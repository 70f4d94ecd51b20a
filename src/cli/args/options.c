#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/args/options.h"

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
	bool carries_out = id == COMMAND_APPLY || (id == COMMAND_UNDO && !confirmed);

	if (!(options[o].commands & 1u << id) || (carries_out && cli_is_of_dry_run(o)))
		return false;
	if ((o == OPTION_QUIET || o == OPTION_VERBOSE) && id != cli->command->id)
		return false;
	/* The file of one command is not that of another. */
	return (o != OPTION_OUT || own) && (confirmed || !confirms(o));
}

/* max_wait: instead of the one that was given; NULL: that one. */
static void repeat(const struct cli *cli, enum command_id id, bool confirmed, const char *max_wait,
	struct buf *out)
{
	buf_printf(out, "depmend %s", commands[id].name);
	/* The list is first; the serial of `explain` is no other's. */
	for (size_t i = 0;
		i < cli->n_args && i < commands[id].max_args && !cli_count(cli, OPTION_SERIAL); i++)
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
