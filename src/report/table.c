#include "report/table.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"

struct table {
	const char *align;
	size_t n_columns;
	struct arena arena;
	struct str *cells;
	size_t n, cap;
	size_t widths[TABLE_COLUMNS];
};

/* The ranges that matter for names of people's servers and profiles (Unicode 15, EastAsianWidth W
 * and F, and the blocks of combining marks), in order. */
static const struct {
	uint32_t first, last;
	unsigned char width;
} ranges[] = {
	{ 0x0300, 0x036f, 0 },
	{ 0x0591, 0x05bd, 0 },
	{ 0x064b, 0x065f, 0 },
	{ 0x1100, 0x115f, 2 },
	{ 0x1ab0, 0x1aff, 0 },
	{ 0x1dc0, 0x1dff, 0 },
	{ 0x200b, 0x200f, 0 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x231a, 0x231b, 2 },
	{ 0x23e9, 0x23ec, 2 },
	{ 0x2614, 0x2615, 2 },
	{ 0x2648, 0x2653, 2 },
	{ 0x26a1, 0x26a1, 2 },
	{ 0x26bd, 0x26be, 2 },
	{ 0x26d4, 0x26d4, 2 },
	{ 0x2705, 0x2705, 2 },
	{ 0x270a, 0x270b, 2 },
	{ 0x2728, 0x2728, 2 },
	{ 0x274c, 0x274e, 2 },
	{ 0x2753, 0x2757, 2 },
	{ 0x2795, 0x2797, 2 },
	{ 0x2b1b, 0x2b1c, 2 },
	{ 0x2b50, 0x2b55, 2 },
	{ 0x2e80, 0x303e, 2 },
	{ 0x3041, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe20, 0xfe2f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 },
	{ 0x1f680, 0x1f6c5, 2 },
	{ 0x1f6d0, 0x1f6df, 2 },
	{ 0x1f6eb, 0x1f6ef, 2 },
	{ 0x1f6f4, 0x1f6ff, 2 },
	{ 0x1f7e0, 0x1f7eb, 2 },
	{ 0x1f900, 0x1f9ff, 2 },
	{ 0x1fa70, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

static size_t char_width(uint32_t c)
{
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

size_t text_width(struct str s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.n;) {
		unsigned char first = (unsigned char)s.p[i++];
		uint32_t c = first < 0xc0 ? first
					  : first & (0x3fu >> (first >= 0xe0) >> (first >= 0xf0));

		while (i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
			c = c << 6 | ((unsigned char)s.p[i++] & 0x3f);
		width += char_width(c);
	}
	return width;
}

struct table *table_new(const char *align)
{
	struct table *t = mem_zalloc(sizeof(*t));

	t->align = align;
	t->n_columns = strlen(align);
	arena_init(&t->arena);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t->cells);
	free(t);
}

void table_cell(struct table *t, struct str text)
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

void table_number(struct table *t, size_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", n);
	table_cell(t, str_from(text));
}

/* Blanks are owed until something follows them. */
static void print_row(const struct table *t, const struct str *cells, FILE *out)
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

void table_print(const struct table *t, FILE *out)
{
	for (size_t i = 0; i + t->n_columns <= t->n; i += t->n_columns)
		print_row(t, t->cells + i, out);
}

static void print_stacked(const struct table *t, const struct str *cells, FILE *out)
{
	text_part(out, " ", cells[0]);
	for (size_t i = 1; i < t->n_columns; i++) {
		char title[32];

		(void)snprintf(title, sizeof(title), "    %-8.*s", STR_FMT(t->cells[i]));
		text_part(out, title, cells[i]);
	}
}

void table_print_within(const struct table *t, size_t width, FILE *out)
{
	size_t needs = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		needs += 2 + t->widths[i];
	if (width == 0 || needs <= width) {
		table_print(t, out);
		return;
	}
	for (size_t i = t->n_columns; i + t->n_columns <= t->n; i += t->n_columns)
		print_stacked(t, t->cells + i, out);
}
