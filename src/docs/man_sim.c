/*
 * depmend-sim(1), from what `depmend-sim --help` says on the standard input: its tables belong to
 * the simulator, a program of its own.
 */
#include <string.h>

#include "base/version.h"
#include "docs/docs.h"

static const char top[] = ".Dd November 22, 2026\n"
			  ".Dt DEPMEND-SIM 1\n"
			  ".Os depmend " DEPMEND_VERSION "\n"
			  ".Sh NAME\n"
			  ".Nm depmend-sim\n"
			  ".Nd simulate Apple Business or School Manager and Workspace ONE UEM\n"
			  ".Sh SYNOPSIS\n"
			  ".Nm\n"
			  ".Fl \\-fleet Ar CSV\n"
			  ".Op Ar option ...\n"
			  ".Nm\n"
			  ".Fl \\-make\\-fleet Ar N\n"
			  ".Op Fl \\-seed Ar N\n"
			  ".Op Fl \\-corrupted Ar PERMILLE\n"
			  ".Sh DESCRIPTION\n";

static const char bottom[] = ".Sh EXAMPLES\n"
			     "A simulator with two hundred devices, of which one in a hundred has "
			     "to be repaired:\n"
			     ".Bd -literal -offset indent\n"
			     "depmend\\-sim \\-\\-make\\-fleet 200 >fleet.csv\n"
			     "depmend\\-sim \\-\\-fleet fleet.csv \\-\\-listen 127.0.0.1:8080\n"
			     ".Ed\n"
			     ".Sh SEE ALSO\n"
			     ".Xr depmend 1\n";

/* What follows a line that begins so. */
static const struct part {
	const char *begins, *title;
	bool literal; /* indented lines are an example, not a list */
} parts[] = {
	{ "Options:", "OPTIONS", false },
	{ "Columns of the fleet CSV", "FLEET", false },
	{ "Knobs, ", "KNOBS", false },
	{ "Scenario files", "SCENARIOS", true },
	{ "The audit ", "AUDIT", false },
	{ "With --control", "CONTROL", false },
};

/* Indented lines stand in a block of their own. */
struct manual_html {
	FILE *out;
	bool literal, in_block;
};

static void text_line(struct manual_html *p, const char *text)
{
	roff_text(text, p->out);
	(void)fputc('\n', p->out);
}

static void end_block(struct manual_html *p)
{
	if (p->in_block)
		(void)fputs(p->literal ? ".Ed\n" : ".El\n", p->out);
	p->in_block = false;
}

static void begin_block(struct manual_html *p)
{
	if (!p->in_block)
		(void)fputs(p->literal ? ".Bd -literal\n" : ".Bl -tag -width Ds\n", p->out);
	p->in_block = true;
}

/* `--fleet CSV   the devices to start with`, or a word without dashes. */
static void put_item(struct manual_html *p, char *line)
{
	char *meaning = strstr(line, "  "), *value;

	if (!meaning)
		return;
	*meaning = '\0';
	value = strchr(line, ' ');
	meaning += 2 + strspn(meaning + 2, " ");
	if (strncmp(line, "--", 2) == 0) {
		if (value)
			*value = '\0';
		(void)fputs(".It Fl \\-", p->out);
		roff_text(line + 2, p->out);
		if (value)
			roff_line(" Ar", value + 1, p->out);
		else
			(void)fputc('\n', p->out);
	} else {
		roff_line(".It Li", line, p->out);
	}
	text_line(p, meaning);
}

static void put_indented(struct manual_html *p, char *line)
{
	begin_block(p);
	if (p->literal)
		text_line(p, line);
	else
		put_item(p, line);
}

static void put_prose(struct manual_html *p, const char *line)
{
	end_block(p);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strncmp(line, parts[i].begins, strlen(parts[i].begins)) == 0) {
			roff_line(".Sh", parts[i].title, p->out);
			p->literal = parts[i].literal;
		}
	if (strcmp(line, "Options:") != 0)
		text_line(p, line);
}

void docs_man_sim(FILE *help, FILE *out)
{
	struct manual_html page = { .out = out };
	char line[512];
	bool usage = true;

	(void)fputs(top, out);
	while (fgets(line, sizeof(line), help)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			usage = false;
		else if (usage)
			continue;
		else if (strncmp(line, "  ", 2) == 0)
			put_indented(&page, line + 2);
		else
			put_prose(&page, line);
	}
	end_block(&page);
	(void)fputs(bottom, out);
}
