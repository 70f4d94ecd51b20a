#include "cli/args/given.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "model/step.h"

enum { KEY_MAX_BYTES = 1024 * 1024 };

/* What a value decides, where two would leave open which devices are meant, what was agreed to or
 * which file is written. Elsewhere the last one counts, as of an alias that is added to. */
static bool decides(const struct cli_given *g, struct buf *ret)
{
	static const enum option_id once[] = { OPTION_LIMIT, OPTION_NOW, OPTION_EXPECT,
		OPTION_SERIAL_COLUMN, OPTION_HEADER, OPTION_ENCODING, OPTION_BARCODE_S, OPTION_OUT,
		OPTION_CSV, OPTION_HTML, OPTION_XLSX, OPTION_METRICS, OPTION_TICKETS, OPTION_BUNDLE,
		OPTION_AUDIT };
	const struct option_info *o = option_info(g->id);
	struct str rest = str_from(g->value), name = str_cut(&rest, '=');
	bool pair = (o->kind == KIND_PAIR && g->id != OPTION_TOKEN) || o->kind == KIND_CONFIRM ||
		    (o->kind == KIND_ALLOW && !str_eq(name, STR("again")));
	bool single = false;

	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
		single = single || g->id == once[i];
	if (!g->value || (!pair && !single))
		return false;
	buf_reset(ret);
	buf_printf(ret, "--%s%s", o->name, pair ? " " : "");
	buf_str(ret, pair ? name : STR_NONE);
	return true;
}

static enum errc check_twice(const struct cli *c, struct err *err)
{
	const char **first = mem_realloc(NULL, c->n_given + 1, sizeof(*first));
	enum errc rc = ERR_OK;
	struct map known;
	struct buf what;

	map_init(&known, 0);
	buf_init(&what, KEY_MAX_BYTES);
	for (size_t i = 0; i < c->n_given && !rc; i++) {
		const char *value = c->given[i].value;
		bool fresh;
		uint32_t at;

		if (!decides(&c->given[i], &what))
			continue;
		at = map_add(&known, buf_view(&what), &fresh);
		if (fresh)
			first[at] = value;
		else if (strcmp(first[at], value) != 0)
			rc = err_set(err, ERR_USAGE,
				"%s is there twice, as '%s' and '%s': say it once", buf_cstr(&what),
				first[at], value);
	}
	map_release(&known);
	buf_release(&what);
	free(first);
	return rc;
}

/* forget and restore ask about themselves alone, and about no step. */
static enum errc check_confirm(
	const struct command *cmd, const struct cli_given *g, struct err *err)
{
	const char *own = cmd->id == COMMAND_FORGET || cmd->id == COMMAND_RESTORE ? cmd->name : "";
	struct str rest = str_from(g->value), word = str_cut(&rest, '=');
	enum step_kind step;

	if (*own ? str_eq(word, str_from(own)) : step_from_word(word, &step))
		return ERR_OK;
	return err_set(err, ERR_USAGE, "'depmend %s' does not ask about %.*s: say --confirm %s=N",
		cmd->name, STR_FMT(word), *own ? own : "STEP");
}

/* What --allow lifts for commands that carry nothing out; the others take each of its names. */
static const struct {
	uint32_t commands;
	const char *names[5], *words;
} lifted[] = {
	{ FOR(CHECK), { "empty" }, "empty" },
	{ FOR(EXPLAIN) | FOR(EXPORT), { "empty", "fleet", "network_state", "organization" },
		"empty, fleet, network_state and organization" },
};

static enum errc check_allow(const struct command *cmd, const struct cli_given *g, struct err *err)
{
	struct str rest = str_from(g->value), name = str_cut(&rest, '=');

	for (size_t i = 0; i < sizeof(lifted) / sizeof(*lifted); i++) {
		bool lifts = false;

		for (const char *const *one = lifted[i].names; *one; one++)
			lifts = lifts || str_eq(name, str_from(*one));
		if (lifted[i].commands & 1u << cmd->id && !lifts)
			return err_set(err, ERR_USAGE,
				"--allow %.*s lifts nothing for 'depmend %s', which heeds %s",
				STR_FMT(name), cmd->name, lifted[i].words);
	}
	return ERR_OK;
}

/* What does nothing without another option. */
static const struct {
	enum option_id id;
	uint32_t commands;
	enum option_id with, or ;
} needs[] = {
	{ OPTION_ENCODING, FOR(EXPORT), OPTION_COMPARE, OPTION_SINCE },
	{ OPTION_BARCODE_S, FOR(EXPORT), OPTION_COMPARE, OPTION_SINCE },
	{ OPTION_MAX_WAIT, FOR(CHECK), OPTION_ONLINE, OPTION_ONLINE },
	{ OPTION_YES, FOR(DOCTOR), OPTION_FIX, OPTION_FIX },
	{ OPTION_WAIT_LOCK, FOR(DOCTOR), OPTION_FIX, OPTION_FIX },
	{ OPTION_WAIT_LOCK, FOR(BACKUP), OPTION_MOVE, OPTION_MOVE },
	{ OPTION_RAW_CSV, FOR(REPORT), OPTION_CSV, OPTION_TICKETS },
	{ OPTION_YES, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
	{ OPTION_CONFIRM, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
	{ OPTION_EXPECT, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
	{ OPTION_APPROVAL, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
	{ OPTION_PAST_HALT, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
	{ OPTION_WAIT_LOCK, FOR(UNDO), OPTION_APPLY, OPTION_APPLY },
};

/* What does nothing beside another option. */
static const struct {
	enum option_id id;
	uint32_t commands;
	enum option_id beside;
} idle[] = {
	{ OPTION_SERIAL_COLUMN, FOR_PLANS, OPTION_SERIAL },
	{ OPTION_HEADER, FOR_PLANS, OPTION_SERIAL },
	{ OPTION_PARSER, FOR_PLANS, OPTION_SERIAL },
	{ OPTION_EXPECT, FOR(APPLY), OPTION_DRY_RUN },
	{ OPTION_APPROVAL, FOR(APPLY), OPTION_DRY_RUN },
	{ OPTION_MAX_WAIT, FOR(PLAN) | FOR(APPLY), OPTION_OFFLINE },
	{ OPTION_FIX, FOR(DOCTOR), OPTION_BUNDLE },
	{ OPTION_OLDER_THAN, FOR(DOCTOR), OPTION_BUNDLE },
	{ OPTION_MAX_WAIT, FOR(DOCTOR), OPTION_BUNDLE },
	{ OPTION_DETAILED_EXITCODE, FOR(UNDO), OPTION_APPLY },
};

/* Of a command that may be given no list. */
static const struct {
	enum option_id id;
	const char *value; /* NULL: whichever */
} of_list[] = {
	{ OPTION_SERIAL_COLUMN, NULL },
	{ OPTION_HEADER, NULL },
	{ OPTION_PARSER, NULL },
	{ OPTION_ALLOW, "empty=yes" },
};

static enum errc check_list(const struct cli *c, const struct cli_given *g, struct err *err)
{
	bool check = c->command->id == COMMAND_CHECK && !c->n_args;
	bool export = c->command->id == COMMAND_EXPORT && !cli_count(c, OPTION_COMPARE) &&
		      !cli_count(c, OPTION_SINCE);

	for (size_t i = 0; (check || export) && i < sizeof(of_list) / sizeof(*of_list); i++)
		if (g->id == of_list[i].id &&
			(!of_list[i].value || strcmp(g->value, of_list[i].value) == 0))
			return err_set(err, ERR_USAGE, "--%s%s%s does nothing without %s",
				option_info(g->id)->name, of_list[i].value ? " " : "",
				of_list[i].value ? of_list[i].value : "",
				check ? "a CSV" : "--compare or --since");
	return ERR_OK;
}

/* A rehearsal of each scenario writes none of its files; rows as JSON have no cells that a
 * spreadsheet would run. */
static enum errc check_files(const struct cli *c, enum option_id id, struct err *err)
{
	const char *name = cli_text(c, OPTION_SCENARIO);

	if (id == OPTION_RAW_CSV && (FOR(PLAN) | FOR(EXPORT)) & 1u << c->command->id &&
		cli_count(c, OPTION_JSON) && !cli_count(c, OPTION_OUT))
		return err_set(err, ERR_USAGE, "--raw-csv does nothing with --json without --out");
	if (!name || strcmp(name, "all") != 0 ||
		(id != OPTION_OUT && id != OPTION_AUDIT && id != OPTION_RAW_CSV))
		return ERR_OK;
	return err_set(err, ERR_USAGE,
		"--%s does nothing with --scenario all, which shows a table: name one scenario",
		option_info(id)->name);
}

static enum errc check_needs(const struct cli *c, enum option_id id, struct err *err)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		const char *with = option_info(needs[i].with)->name;
		const char *other = option_info(needs[i].or)->name;
		bool both = needs[i].with != needs[i].or ;

		if (needs[i].id == id && needs[i].commands & 1u << c->command->id &&
			!cli_count(c, needs[i].with) && !cli_count(c, needs[i].or))
			return err_set(err, ERR_USAGE, "--%s does nothing without --%s%s%s",
				option_info(id)->name, with, both ? " or --" : "",
				both ? other : "");
	}
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++)
		if (idle[i].id == id && idle[i].commands & 1u << c->command->id &&
			cli_count(c, idle[i].beside))
			return err_set(err, ERR_USAGE, "--%s does nothing with --%s",
				option_info(id)->name, option_info(idle[i].beside)->name);
	return ERR_OK;
}

/* The standard output has room for one thing. */
static enum errc check_streams(const struct cli *c, struct err *err)
{
	static const enum option_id written[] = { OPTION_OUT, OPTION_CSV, OPTION_HTML,
		OPTION_METRICS, OPTION_TICKETS, OPTION_AUDIT, OPTION_BUNDLE };
	const char *first = cli_count(c, OPTION_JSON) ? "json" : NULL;

	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		const char *path = cli_text(c, written[i]), *name = option_info(written[i])->name;

		if (!path || strcmp(path, "-") != 0)
			continue;
		if (first)
			return err_set(err, ERR_USAGE,
				"--%s takes the standard output: say --%s FILE", first, name);
		first = name;
	}
	return ERR_OK;
}

enum errc given_check(const struct cli *c, struct err *err)
{
	const struct command *cmd = c->command;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < c->n_given && !rc; i++) {
		const struct option_info *o = option_info(c->given[i].id);

		if (!(o->commands & 1u << cmd->id))
			rc = err_set(
				err, ERR_USAGE, "'depmend %s' takes no --%s", cmd->name, o->name);
		else if (o->kind == KIND_CONFIRM)
			rc = check_confirm(cmd, &c->given[i], err);
		else if (o->kind == KIND_ALLOW)
			rc = check_allow(cmd, &c->given[i], err);
		if (!rc)
			rc = check_needs(c, c->given[i].id, err);
		if (!rc)
			rc = check_list(c, &c->given[i], err);
		if (!rc)
			rc = check_files(c, c->given[i].id, err);
	}
	if (!rc)
		rc = check_streams(c, err);
	return rc ? rc : check_twice(c, err);
}
