/*
 * What the command line says about the two outputs: colour, width, who may write there, and how a
 * failure is shown.
 */
#ifndef CLI_ARGS_TERMINAL_H
#define CLI_ARGS_TERMINAL_H

#include "cli/args/options.h"
#include "report/when.h"

/* ERR_USAGE when --json and what `option` writes to `out` would both go to the standard output.
 * NULL: it writes nothing. */
MUST_CHECK enum errc cli_check_json(
	const struct cli *cli, enum option_id option, const char *out, struct err *err);

/* A page for people that goes to `out` when it is whole, broken to the columns of a terminal. Texts
 * that were written for files have their times in UTC: `when`, if set, has them by the terminal. */
struct cli_page {
	FILE *out, *whole;
	struct when when;
	char *text;
	size_t n;
};
FILE *cli_page_begin(struct cli_page *page, FILE *out);
void cli_page_end(struct cli_page *page);

/* Prints the failure on stderr; returns its exit status. */
/* Of a command that works for one organization. */
#define CLI_NO_SETTINGS                                                                        \
	"no settings were found: name them with --settings FILE, or write them with 'depmend " \
	"init'"
int cli_fail(const struct cli *cli, const struct err *err);
/* The exit status of a command that ended so; after a signal 128 + its number. */
int cli_status(enum errc code);
/* The answer to a question on the terminal, without its line end; empty at the end of the input.
 * ERR_STOPPED when a signal came instead. */
MUST_CHECK enum errc cli_read_line(char *answer, size_t size, struct err *err);
/* The same without showing what is typed. */
MUST_CHECK enum errc cli_read_hidden(char *answer, size_t size, struct err *err);
/* Whether to colour what goes to `out`. */
bool cli_color(const struct cli *cli, FILE *out);

#endif
