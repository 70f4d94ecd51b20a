/*
 * Text tables for people: columns lined up by what a terminal shows, not by bytes. Control bytes of
 * texts from outside are replaced.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

enum { TABLE_COLUMNS = 8 };

struct text_table;
/* `align`: one letter per column, 'l' or 'r'; at most TABLE_COLUMNS. Caller frees with
 * table_free(). */
struct text_table *table_new(const char *align);
void table_free(struct text_table *t);
/* Cells fill rows from left to right; texts are copied. */
void table_cell(struct text_table *t, struct str text);
void table_number(struct text_table *t, size_t n);
/* Two blanks before each line; no blanks at its end. */
void table_print(const struct text_table *t, FILE *out);
/* For a terminal that is narrower: the words of the last column go on below it. width 0, wide
 * enough, or too narrow for that: as table_print(). */
void table_print_folded(const struct text_table *t, size_t width, FILE *out);
/* The same for a table with titles in its first row; where it is too narrow for that: below the
 * first cell of each row one line for each other, behind its title. */
void table_print_within(const struct text_table *t, size_t width, FILE *out);

#endif
