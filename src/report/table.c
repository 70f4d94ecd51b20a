#include "report/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/width.h"

/* Below that a last column is no column any more. */
enum { LEAST_LAST = 14 };

struct text_table {
	const char *align;
	size_t n_columns;
	struct arena arena;
	struct str *cells;
	size_t n, cap;
	size_t widths[TABLE_COLUMNS];
};

struct text_table *table_new(const char *align)
{
	struct text_table *t = mem_zalloc(sizeof(*t));

	t->align = align;
	t->n_columns = strlen(align);
	arena_init(&t->arena);
	return t;
}

void table_free(struct text_table *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t->cells);
	free(t);
}

void table_cell(struct text_table *t, struct str text)
{
	size_t column = t->n % t->n_columns, width;
	char *copy = arena_alloc(&t->arena, text.n + 1);

	if (text.n)
		memcpy(copy, text.p, text.n);
	text_clean(copy, text.n);
	MEM_GROW(t->cells, t->n, t->cap);
	t->cells[t->n++] = (struct str){ copy, text.n };
	width = text_width(t->cells[t->n - 1]);
	if (width > t->widths[column])
		t->widths[column] = width;
}

void table_number(struct text_table *t, size_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", n);
	table_cell(t, str_from(text));
}

/* Blanks are owed until something follows them. */
static void print_row(const struct text_table *t, const struct str *cells, FILE *out)
{
	size_t owed = 2;

	for (size_t i = 0; i < t->n_columns; i++) {
		size_t pad = t->widths[i] - text_width(cells[i]);

		if (t->align[i] == 'r')
			owed += pad;
		if (cells[i].n) {
			(void)fprintf(out, "%*s", (int)owed, "");
			(void)fwrite(cells[i].p, 1, cells[i].n, out);
			owed = 0;
		}
		owed += 2 + (t->align[i] == 'r' ? 0 : pad);
	}
	(void)fputc('\n', out);
}

void table_print(const struct text_table *t, FILE *out)
{
	for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns)
		print_row(t, t->cells + i, out);
}

/* How much of a text has room in whole words; one word at least. */
static size_t fitting(struct str text, size_t width)
{
	size_t fits = 0;

	for (size_t i = 0; i <= text.n; i++)
		if (i == text.n || text.p[i] == ' ') {
			if (fits && text_width(str_sub(text, 0, i)) > width)
				break;
			fits = i;
		}
	return fits;
}

/* The last cell goes on below itself. */
static void print_folded(
	const struct text_table *t, const struct str *cells, size_t column, size_t width, FILE *out)
{
	struct str row[TABLE_COLUMNS];
	struct str rest = cells[t->n_columns - 1];
	size_t n = fitting(rest, width - column);

	memcpy(row, cells, t->n_columns * sizeof(*row));
	row[t->n_columns - 1] = str_sub(rest, 0, n);
	print_row(t, row, out);
	while (rest = str_trim(str_sub(rest, n, rest.n - n)), rest.n) {
		n = fitting(rest, width - column);
		(void)fprintf(out, "%*s%.*s\n", (int)column, "", (int)n, rest.p);
	}
}

static size_t width_before(const struct text_table *t, size_t n_columns)
{
	size_t width = 2;

	for (size_t i = 0; i < n_columns; i++)
		width += 2 + t->widths[i];
	return width;
}

/* The last column has room for some words at least. */
static bool can_fold(const struct text_table *t, size_t width)
{
	return t->align[t->n_columns - 1] == 'l' &&
	       width_before(t, t->n_columns - 1) + LEAST_LAST <= width;
}

static bool fits(const struct text_table *t, size_t width)
{
	return width == 0 || width_before(t, t->n_columns) - 2 <= width;
}

void table_print_folded(const struct text_table *t, size_t width, FILE *out)
{
	size_t last = width_before(t, t->n_columns - 1);

	if (fits(t, width) || !can_fold(t, width)) {
		table_print(t, out);
		return;
	}
	for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns)
		print_folded(t, t->cells + i, last, width, out);
}

static void print_stacked(const struct text_table *t, const struct str *cells, FILE *out)
{
	text_part(out, " ", cells[0]);
	for (size_t i = 1; i < t->n_columns; i++) {
		char title[32];

		(void)snprintf(title, sizeof(title), "    %-8.*s", STR_FMT(t->cells[i]));
		text_part(out, title, cells[i]);
	}
}

void table_print_within(const struct text_table *t, size_t width, FILE *out)
{
	if (fits(t, width) || can_fold(t, width)) {
		table_print_folded(t, width, out);
		return;
	}
	for (size_t i = t->n_columns; i + t->n_columns <= t->n; i += t->n_columns)
		print_stacked(t, t->cells + i, out);
}
