/*
 * Text tables for people: columns lined up by what a terminal shows, not by bytes. Control bytes of
 * texts from outside are replaced.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

/* Terminal cells of UTF-8 text: 2 for East Asian wide characters, 0 for combining marks. */
size_t text_width(struct str s);

enum { TABLE_COLUMNS = 8 };

struct table;
/* `align`: one letter per column, 'l' or 'r'; at most TABLE_COLUMNS. Caller frees with
 * table_free(). */
struct table *table_new(const char *align);
void table_free(struct table *t);
/* Cells fill rows from left to right; texts are copied. */
void table_cell(struct table *t, struct str text);
void table_number(struct table *t, size_t n);
/* Two blanks before each line; no blanks at its end. */
void table_print(const struct table *t, FILE *out);
/* For a terminal that is narrower: below the first cell of each row one line for each other, behind
 * its title of the first row. width 0, or wide enough: as table_print(). */
void table_print_within(const struct table *t, size_t width, FILE *out);

#endif
