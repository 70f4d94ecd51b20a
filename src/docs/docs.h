/*
 * The manual and the completions, written from the tables that the tool itself goes by: what is in
 * a table is documented, or the build fails.
 */
#ifndef DOCS_DOCS_H
#define DOCS_DOCS_H

#include <stdio.h>

#include "cli/args/options.h"

/* mdoc(7) text in which nothing is a request or an escape. */
void roff_text(const char *text, FILE *out);
/* The same, each sentence on a line of its own, as mdoc(7) asks. */
void roff_sentences(const char *text, FILE *out);
/* ".Sh TITLE" and the like: the macro as it is, its arguments as roff_text(). */
void roff_line(const char *macro, const char *text, FILE *out);

void docs_man(FILE *out);             /* depmend(1) */
void docs_plans(FILE *out);           /* of it: what a plan says, guards, runs */
void docs_columns(FILE *out);         /* of it: the columns of a result */
void docs_man_rules(FILE *out);       /* depmend-rules(5) */
void docs_man_runbook(FILE *out);     /* depmend-runbook(7) */
void docs_man_settings(FILE *out);    /* depmend-settings(5) */
void docs_sample_settings(FILE *out); /* samples/depmend.full.yaml */
/* depmend-sim(1), from what the simulator says of itself. */
void docs_man_sim(FILE *help, FILE *out);
void docs_bash(FILE *out);
void docs_zsh(FILE *out);
void docs_fish(FILE *out);

/* `plan apply` of an option's commands, separated and with `apart` between them. */
void docs_commands(const struct option_info *o, const char *apart, FILE *out);
/* Whether the command's argument is a file. */
bool docs_takes_file(const struct command *c);

#endif
