/*
 * What the tests of the rule language share: rule files from text, rows and facts from words.
 */
#ifndef TESTS_RULES_KIT_H
#define TESTS_RULES_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/header.h"
#include "rules/rules.h"

enum { KIT_COLUMNS = 32 };

/* A folder with a rules file, the lists of tests/rules and a header. */
struct kit {
	char folder[64], file[96];
	struct arena arena;
	struct columns columns;
	struct str cells[KIT_COLUMNS];
	struct value facts[FACT_MAX_];
	struct rules_row row;
	struct diags d;
	struct err err;
};

static inline void kit_fact(void *self, enum fact f, struct value *ret)
{
	*ret = ((struct kit *)self)->facts[f];
}

static inline void kit_clear_row(struct kit *k)
{
	for (int i = 0; i < KIT_COLUMNS; i++)
		k->cells[i] = STR_NONE;
	for (int f = 0; f < FACT_MAX_; f++)
		k->facts[f] = (struct value){ .state = VALUE_ABSENT,
			.type = fact_info((enum fact)f)->type };
	k->row.cells = k->cells;
	k->row.n_cells = k->columns.n;
	k->row.serial = STR_NONE;
	k->row.fact = kit_fact;
	k->row.self = k;
}

/* The header of the rows: words separated by ", ". */
static inline void kit_columns(struct kit *k, const char *header)
{
	struct str cells[KIT_COLUMNS], rest = arena_dup(&k->arena, str_from(header));
	struct column_options opt = { 0 };
	size_t n = 0, serial_at = SIZE_MAX;

	while (rest.n && n < KIT_COLUMNS) {
		struct str cell = str_trim(str_cut(&rest, ','));

		if (str_starts_nocase(cell, STR("csv.")))
			cell = str_sub(cell, 4, cell.n - 4);
		if (header_rank(COLUMN_SERIAL, cell) < HEADER_WEAK)
			serial_at = n;
		cells[n++] = cell;
	}
	assert_true(serial_at < n);
	assert_int_equal(
		columns_map(&k->columns, &opt, cells, n, serial_at, &k->arena, &k->err), ERR_OK);
	kit_clear_row(k);
}

static inline void kit_begin(struct kit *k)
{
	char here[4096], to[256];

	memset(k, 0, sizeof(*k));
	arena_init(&k->arena);
	diags_init(&k->d);
	(void)snprintf(k->folder, sizeof(k->folder), "/tmp/test_rules_XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	(void)snprintf(k->file, sizeof(k->file), "%s/r.yaml", k->folder);
	assert_non_null(getcwd(here, sizeof(here) - sizeof("/tests/rules/lists")));
	strcat(here, "/tests/rules/lists");
	(void)snprintf(to, sizeof(to), "%s/lists", k->folder);
	assert_int_equal(symlink(here, to), 0);
	k->row.now_ms = INT64_C(1767225600000);
	kit_columns(k, "serial, model, added");
}

static inline void kit_end(struct kit *k)
{
	char to[256];

	(void)unlink(k->file);
	(void)snprintf(to, sizeof(to), "%s/lists", k->folder);
	(void)unlink(to);
	(void)rmdir(k->folder);
	diags_release(&k->d);
	arena_release(&k->arena);
}

/* NULL when the text has mistakes; they are in k->d. */
static inline struct ruleset *kit_load(
	struct kit *k, struct str text, bool school, const char *set_value)
{
	const char *files[] = { k->file };
	const char *values[] = { set_value };
	struct rules_options opt = { .files = files,
		.n_files = 1,
		.set = values,
		.n_set = set_value != NULL,
		.school = school };
	struct ruleset *set = NULL;
	FILE *f = fopen(k->file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p ? text.p : "", 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
	diags_release(&k->d);
	diags_init(&k->d);
	if (rules_load(&set, &opt, &k->d, &k->err) != ERR_OK)
		return NULL;
	return set;
}

/* "unknown", "unread" or a value of that field, as in the .spec files. False: no such value. */
static inline bool kit_set(struct kit *k, struct str field, struct str word, bool quoted)
{
	enum fact f;
	int column;
	double number;
	struct value *v;

	if (!fact_from_word(field, &f)) {
		if (str_starts_nocase(field, STR("csv.")))
			field = str_sub(field, 4, field.n - 4);
		column = columns_find(&k->columns, field);
		if (column < 0)
			return false;
		k->cells[column] = word;
		if (str_eq(field, STR("serial")))
			k->row.serial = word;
		return true;
	}
	v = &k->facts[f];
	v->state = VALUE_KNOWN;
	v->text = word;
	if (!quoted && str_eq(word, STR("unknown")))
		v->state = VALUE_UNKNOWN;
	else if (!quoted && str_eq(word, STR("unread")))
		v->state = VALUE_UNREAD;
	else if (v->type == TYPE_DATE)
		return time_parse(word, &v->number);
	else if (v->type == TYPE_FLAG)
		v->number = str_eq(word, STR("true"));
	else if (v->type == TYPE_NUMBER) {
		number = strtod(word.p, NULL);
		v->number = (int64_t)number;
	}
	return true;
}

#endif
