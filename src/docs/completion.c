/* Completions for bash, zsh and fish. Each knows which command takes which option, and what follows
 * it: a word of a choice, a file, or something that only the user knows. */
#include <string.h>

#include "docs/docs.h"
#include "model/allowance.h"
#include "model/step.h"

enum { WORDS_MAX_BYTES = 4096 };

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

/* What only the programs know when the shell asks: double quotes alone, as they stand within single
 * ones. */
#define ASK_RULES "depmend rules 2>/dev/null | grep -x \"[a-z0-9-]*\""
#define ASK_RUNS(settings)       \
	"depmend runs " settings \
	" 2>/dev/null | sed -n \"s/^  \\([0-9][^ ]*\\).*/\\1/p\"; echo latest"

/* The settings that the line names before. */
static const char *const asks_runs[] = {
	[SHELL_BASH] = ASK_RUNS("${settings:+--settings \"$settings\"}"),
	[SHELL_ZSH] = "_depmend_runs", /* a colon would end what is to be done */
	[SHELL_FISH] = ASK_RUNS(
		"(commandline -opc | sed -n \"/^--settings\\$/{n;s/^/--settings=/p;};"
		"s/^--settings=./&/p\" | tail -n 1)"),
};
#define ASK_SCENARIOS                                                                           \
	"depmend-sim --list-scenarios 2>/dev/null | cut -d\" \" -f1 | grep -x \"[a-z0-9-]*\"; " \
	"echo all"

/* NULL: nothing can be asked. */
static const char *option_asks(const struct option_info *o)
{
	if (o == option_info(OPTION_RULES))
		return ASK_RULES;
	return o == option_info(OPTION_SCENARIO) ? ASK_SCENARIOS : NULL;
}

static const char *command_asks(const struct command *c, enum shell shell)
{
	if (strcmp(c->args, "RUN") == 0 || strcmp(c->args, "[RUN]") == 0)
		return asks_runs[shell];
	if (c->id != COMMAND_LIST_RULES)
		return NULL;
	return shell == SHELL_ZSH ? "compadd -- $(" ASK_RULES ")" : ASK_RULES;
}

/* Words that are known beforehand, though the value is more than a choice. */
static void known_words(const struct option_info *o, struct buf *out)
{
	const char *pattern;

	buf_init(out, WORDS_MAX_BYTES);
	if (o == option_info(OPTION_FIX))
		buf_z(out, "custom-prompt client-id");
	for (size_t i = 0; o == option_info(OPTION_ALLOW) && (pattern = allowance_pattern(i)); i++)
		buf_printf(out, "%s%.*s", i ? " " : "", (int)(strchr(pattern, '=') - pattern) + 1,
			pattern);
	if (o != option_info(OPTION_CONFIRM))
		return;
	for (int i = 0; i < STEP_MAX_; i++)
		if (step_info((enum step_kind)i)->irreversible)
			buf_printf(out, "%s= ", step_info((enum step_kind)i)->word);
	buf_z(out, "migrate= forget= restore=");
}

static bool takes(const struct option_info *o, const struct command *c)
{
	return o->commands & 1u << c->id;
}

static bool is_file(const struct option_info *o)
{
	return o->kind == KIND_FILE || o == option_info(OPTION_EXPECT) ||
	       o == option_info(OPTION_SCENARIO);
}

/* auto|always|never -> auto always never */
static void put_choices(const char *words, FILE *out)
{
	for (const char *p = words; *p; p++)
		(void)fputc(*p == '|' ? ' ' : *p, out);
}

/* For texts within '...' of a shell; zsh also reads brackets and colons of its own. */
static void put_quoted(const char *text, const char *special, FILE *out)
{
	for (const char *p = text; *p; p++) {
		if (strchr(special, *p))
			(void)fputc('\\', out);
		if (*p == '\'')
			(void)fputs("'\\''", out);
		else
			(void)fputc(*p, out);
	}
}

/* --- bash --- */

static void bash_option(const struct option_info *o, FILE *out)
{
	if (o->letter)
		(void)fprintf(out, " -%c", o->letter);
	(void)fprintf(out, " --%s", o->name);
}

static void bash_names(FILE *out)
{
	for (int i = 0; i < COMMAND_MAX_; i++)
		(void)fprintf(out, " %s", command_info((enum command_id)i)->name);
}

static void bash_commands(FILE *out)
{
	for (int i = 0; i < COMMAND_MAX_; i++) {
		const struct command *c = command_info((enum command_id)i);

		(void)fprintf(out, "\t%s)\n\t\toptions='", c->name);
		for (int k = 0; k < OPTION_MAX_; k++)
			if (takes(option_info((enum option_id)k), c))
				bash_option(option_info((enum option_id)k), out);
		if (command_asks(c, SHELL_BASH))
			(void)fprintf(out, "'\n\t\toptions+=\" $(%s)\"\n\t\t;;\n",
				command_asks(c, SHELL_BASH));
		else
			(void)fprintf(
				out, "'\n\t\tfiles=%s\n\t\t;;\n", docs_takes_file(c) ? "yes" : "");
	}
}

static void bash_value(const struct option_info *o, FILE *out)
{
	struct buf words;

	known_words(o, &words);
	if (o->kind == KIND_CHOICE) {
		(void)fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
		put_choices(o->arg, out);
		(void)fputs("' -- \"$word\")\n\t\t", out);
	} else if (words.n) {
		(void)fprintf(out,
			"compopt -o nospace\n\t\tmapfile -t COMPREPLY < <(compgen -W '%s' -- "
			"\"$word\")\n\t\t",
			buf_cstr(&words));
	} else if (option_asks(o)) {
		(void)fprintf(out,
			"mapfile -t COMPREPLY < <(compgen -W \"$(%s)\" -- \"$word\")\n\t\t",
			option_asks(o));
	}
	if (is_file(o))
		(void)fputs("compopt -o filenames\n\t\tmapfile -t -O \"${#COMPREPLY[@]}\" "
			    "COMPREPLY < <(compgen -f -- \"$word\")\n\t\t",
			out);
	buf_release(&words);
}

static void bash_values(FILE *out)
{
	for (int k = 0; k < OPTION_MAX_; k++) {
		const struct option_info *o = option_info((enum option_id)k);

		if (!o->arg)
			continue;
		(void)fprintf(out, "\t--%s)\n\t\t", o->name);
		bash_value(o, out);
		(void)fputs("return\n\t\t;;\n", out);
	}
}

void docs_bash(FILE *out)
{
	(void)fputs("# bash completion for depmend; made from its options table\n"
		    "_depmend()\n{\n"
		    "\tlocal word=$2 before=$3 command='' options='' files='' settings='' one\n\n"
		    "\tCOMPREPLY=()\n"
		    "\tfor ((one = 1; one < COMP_CWORD; one++)); do\n"
		    "\t\t[[ ${COMP_WORDS[one]} == --settings ]] || continue\n"
		    "\t\tsettings=${COMP_WORDS[one + 1]}\n"
		    "\t\t[[ $settings != = ]] || settings=${COMP_WORDS[one + 2]}\n"
		    "\t\tsettings=${settings/#\\~/$HOME}\n"
		    "\tdone\n"
		    "\tfor one in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
		    "\t\t[[ ' ",
		out);
	bash_names(out);
	(void)fputs(" ' == *\" $one \"* ]] && command=$one && break\n"
		    "\tdone\n"
		    "\tcase $before in\n",
		out);
	bash_values(out);
	(void)fputs("\tesac\n\tcase $command in\n", out);
	bash_commands(out);
	(void)fputs("\t*)\n\t\toptions='", out);
	bash_names(out);
	for (int k = 0; k < OPTION_MAX_; k++)
		if (option_info((enum option_id)k)->commands == FOR_ALL)
			bash_option(option_info((enum option_id)k), out);
	(void)fputs("'\n\t\t;;\n\tesac\n"
		    "\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
		    "\tif [[ $files && $word != -* ]]; then\n"
		    "\t\tcompopt -o filenames\n"
		    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
		    "\tfi\n}\n"
		    "complete -F _depmend depmend\n",
		out);
}

/* --- zsh --- */

static void zsh_value(const struct option_info *o, FILE *out)
{
	struct buf words;

	known_words(o, &words);
	if (o->kind == KIND_CHOICE) {
		(void)fputc('(', out);
		put_choices(o->arg, out);
		(void)fputc(')', out);
	} else if (words.n) {
		(void)fprintf(out, "(%s)", buf_cstr(&words));
	} else if (option_asks(o)) {
		(void)fprintf(
			out, "{compadd -- $(%s)%s}", option_asks(o), is_file(o) ? "; _files" : "");
	} else if (is_file(o)) {
		(void)fputs("_files", out);
	}
	buf_release(&words);
}

static void zsh_option(const struct option_info *o, FILE *out)
{
	(void)fputs(" \\\n\t\t", out);
	if (o->letter)
		(void)fprintf(out, "'-%c[", o->letter);
	else
		(void)fprintf(out, "'*--%s%s[", o->name, o->arg ? "=" : "");
	put_quoted(o->help, "[]:", out);
	(void)fputc(']', out);
	if (o->arg) {
		(void)fputc(':', out);
		put_quoted(o->arg, ":", out);
		(void)fputc(':', out);
		zsh_value(o, out);
	}
	(void)fputc('\'', out);
	if (o->letter) { /* the long form as well */
		struct option_info same = *o;

		same.letter = 0;
		zsh_option(&same, out);
	}
}

static void zsh_command(const struct command *c, FILE *out)
{
	(void)fprintf(out, "\t%s)\n\t\t_arguments -s", c->name);
	for (int k = 0; k < OPTION_MAX_; k++)
		if (takes(option_info((enum option_id)k), c))
			zsh_option(option_info((enum option_id)k), out);
	if (command_asks(c, SHELL_ZSH))
		(void)fprintf(
			out, " \\\n\t\t'*:argument:{%s}'\n\t\t;;\n", command_asks(c, SHELL_ZSH));
	else
		(void)fprintf(out, " \\\n\t\t'*:argument:%s'\n\t\t;;\n",
			docs_takes_file(c) ? "_files" : "");
}

void docs_zsh(FILE *out)
{
	(void)fputs("#compdef depmend\n# made from the options table of depmend\n"
		    "local curcontext=$curcontext state line\n"
		    "typeset -A opt_args\n\n"
		    "_depmend_runs()\n{\n"
		    "\tlocal named=${(Q)opt_args[--settings]:-$settings}\n"
		    "\tcompadd -- $(" ASK_RUNS("${named:+--settings=$named}") ")\n}\n\n"
									      "_arguments -C",
		out);
	for (int k = 0; k < OPTION_MAX_; k++)
		if (option_info((enum option_id)k)->commands == FOR_ALL)
			zsh_option(option_info((enum option_id)k), out);
	(void)fputs(" \\\n\t'1:command:->command' \\\n\t'*::rest:->rest'\n\n"
		    "local settings=${(Q)opt_args[--settings]}\n"
		    "case $state in\ncommand)\n\tlocal -a commands=(",
		out);
	for (int i = 0; i < COMMAND_MAX_; i++) {
		const struct command *c = command_info((enum command_id)i);

		(void)fprintf(out, "\n\t\t'%s:", c->name);
		put_quoted(c->help, ":", out);
		(void)fputc('\'', out);
	}
	(void)fputs("\n\t)\n\t_describe command commands\n\t;;\nrest)\n\tcase $line[1] in\n", out);
	for (int i = 0; i < COMMAND_MAX_; i++)
		zsh_command(command_info((enum command_id)i), out);
	(void)fputs("\tesac\n\t;;\nesac\n", out);
}

/* --- fish --- */

static void fish_value(const struct option_info *o, FILE *out)
{
	struct buf words;

	known_words(o, &words);
	if (o->kind == KIND_CHOICE) {
		(void)fputs(" -x -a '", out);
		put_choices(o->arg, out);
		(void)fputc('\'', out);
	} else if (o->arg) {
		(void)fputs(is_file(o) ? " -r -F" : " -x", out);
		if (words.n)
			(void)fprintf(out, " -a '%s'", buf_cstr(&words));
		else if (option_asks(o))
			(void)fprintf(out, " -a '(%s)'", option_asks(o));
	}
	buf_release(&words);
}

static void fish_option(const struct option_info *o, FILE *out)
{
	(void)fputs("complete -c depmend", out);
	if (o->commands != FOR_ALL) {
		(void)fputs(" -n '__fish_seen_subcommand_from ", out);
		docs_commands(o, " ", out);
		(void)fputc('\'', out);
	}
	if (o->letter)
		(void)fprintf(out, " -s %c", o->letter);
	(void)fprintf(out, " -l %s", o->name);
	fish_value(o, out);
	(void)fputs(" -d '", out);
	put_quoted(o->help, "\\", out);
	(void)fputs("'\n", out);
}

void docs_fish(FILE *out)
{
	(void)fputs("# fish completion for depmend; made from its options table\n"
		    "complete -c depmend -f\n",
		out);
	for (int i = 0; i < COMMAND_MAX_; i++) {
		const struct command *c = command_info((enum command_id)i);

		(void)fprintf(
			out, "complete -c depmend -n __fish_use_subcommand -a %s -d '", c->name);
		put_quoted(c->help, "\\", out);
		(void)fputs("'\n", out);
		if (docs_takes_file(c))
			(void)fprintf(out,
				"complete -c depmend -n '__fish_seen_subcommand_from %s' -F\n",
				c->name);
		if (command_asks(c, SHELL_FISH))
			(void)fprintf(out,
				"complete -c depmend -n '__fish_seen_subcommand_from %s' -a "
				"'(%s)'\n",
				c->name, command_asks(c, SHELL_FISH));
	}
	for (int k = 0; k < OPTION_MAX_; k++)
		fish_option(option_info((enum option_id)k), out);
}
