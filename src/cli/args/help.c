#include <stdio.h>
#include <string.h>

#include "cli/args/options.h"

/* `-v, --verbose` or `    --rules FILE|NAME`, padded so that the help texts line up. */
static void print_option(const struct option_info *o, FILE *out)
{
	char left[64], letter[8] = "   ";

	if (o->letter)
		(void)snprintf(letter, sizeof(letter), "-%c,", o->letter);
	(void)snprintf(left, sizeof(left), "%s --%s%s%s", letter, o->name, o->arg ? " " : "",
		o->arg ? o->arg : "");
	(void)fprintf(out, "  %-34s %s\n", left, o->help);
}

static void print_options(const char *title, uint32_t mask, bool global, FILE *out)
{
	bool titled = false;

	for (int i = 0; i < OPTION_MAX_; i++) {
		const struct option_info *o = option_info((enum option_id)i);

		if (!(o->commands & mask) || (o->commands == FOR_ALL) != global)
			continue;
		if (!titled)
			(void)fprintf(out, "\n%s\n", title);
		titled = true;
		print_option(o, out);
	}
}

static bool takes(const struct command *c, const char *arg)
{
	for (int i = 0; i < OPTION_MAX_; i++) {
		const struct option_info *o = option_info((enum option_id)i);

		if (o->commands & 1u << c->id && o->arg && strcmp(o->arg, arg) == 0)
			return true;
	}
	return false;
}

/* What the options of the command write in capitals, and one has to know. */
static void print_forms(const struct command *c, FILE *out)
{
	if (takes(c, "DURATION"))
		(void)fputs(
			"\nDURATION: a number with its unit, such as 90s, 30m, 6h or 7d\n", out);
	if (takes(c, "RFC3339"))
		(void)fputs("RFC3339: a time such as 2026-11-22T03:00:00Z, or a date\n", out);
}

static void help_overview(FILE *out)
{
	(void)fputs("depmend repairs Apple device enrollment in bulk: it reads a CSV of serial\n"
		    "numbers, judges every row by rules, acts at Apple and Workspace ONE UEM,\n"
		    "proves each change by reading it back, and writes one result row per input\n"
		    "row.\n"
		    "\nusage: depmend COMMAND [OPTION...] [ARGUMENT...]\n\ncommands\n",
		out);
	for (int i = 0; i < COMMAND_MAX_; i++) {
		const struct command *c = command_info((enum command_id)i);
		char left[64];

		(void)snprintf(left, sizeof(left), "%s %s", c->name, c->args);
		(void)fprintf(out, "  %-22s %s\n", left, c->help);
	}
	print_options("options of every command", FOR_ALL, true, out);
	(void)fputs("\n'depmend help COMMAND' shows the options of one command.\n", out);
}

void cli_help(const struct command *c, FILE *out)
{
	const struct command_notes *n;

	if (!c) {
		help_overview(out);
		return;
	}
	n = command_notes(c);
	(void)fprintf(out, "usage: depmend %s [OPTION...]%s%s\n\n%s\n", c->name,
		*c->args ? " " : "", c->args, c->help);
	(void)fprintf(out, "\n  changes  %s\n  result   %s\n  next     %s\n", n->changes, n->result,
		n->next);
	print_options("options", 1u << c->id, false, out);
	print_options("options of every command", FOR_ALL, true, out);
	print_forms(c, out);
}
