/*
 * Sets of values: in_file, and lists too long to walk for every row.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "io/csv/csv.h"
#include "io/file.h"
#include "lists/serial_strict.h"
#include "model/header.h"
#include "rules/load.h"
#include "trust/trust.h"

enum { MANY_VALUES = 16 };

static void add_member(struct map *m, struct str text)
{
	char lower[RULES_FILE_VALUE];

	for (size_t i = 0; i < text.n; i++)
		lower[i] = ascii_lower(text.p[i]);
	(void)map_add(m, (struct str){ lower, text.n }, NULL);
}

static void new_members(struct leaf *leaf, size_t expected)
{
	leaf->members = mem_zalloc(sizeof(*leaf->members));
	map_init(leaf->members, expected);
}

void members_from_list(struct leaf *leaf)
{
	if (leaf->n <= MANY_VALUES || leaf->compare != BY_TEXT || leaf->oper > OPER_NE)
		return;
	for (uint32_t i = 0; i < leaf->n; i++)
		if (leaf->v[i].is_column || leaf->v[i].text.n == 0 ||
			leaf->v[i].text.n > RULES_FILE_VALUE)
			return;
	new_members(leaf, leaf->n);
	for (uint32_t i = 0; i < leaf->n; i++)
		add_member(leaf->members, leaf->v[i].text);
}

void members_free(struct leaf *leaf)
{
	if (!leaf->members)
		return;
	map_release(leaf->members);
	free(leaf->members);
	leaf->members = NULL;
}

/* --- files --- */

/* What the column of a file with several is called: the field's own word, less "apple." or "uem.".
 */
static struct str column_name(const struct ruleset *set, const struct source *s)
{
	struct str word;

	if (s->kind == SOURCE_COLUMN)
		return rules_ref_name(&set->refs.v[s->ref]);
	if (s->kind == SOURCE_PARAM)
		return STR_NONE;
	word = str_from(fact_info(s->fact)->word);
	(void)str_cut(&word, '.');
	return word;
}

/* Where the values stand in a file whose first record is this; -1: nobody can tell. */
static int column_of(
	const struct loader *l, const struct leaf *leaf, const struct csv_record *first)
{
	struct str name = column_name(l->set, &leaf->source);
	enum column column;

	if (first->n_cells == 1)
		return 0;
	if (column_from_word(name, &column))
		for (size_t i = 0; i < first->n_cells; i++)
			if (header_rank(column, first->cells[i]) < HEADER_WEAK)
				return (int)i;
	for (size_t i = 0; i < first->n_cells; i++)
		if (str_eq_nocase(first->cells[i], name))
			return (int)i;
	return -1;
}

static bool bad_file(struct loader *l, const struct yaml_node *n, size_t line, const char *why)
{
	(void)yaml_bad(&l->r, n, "rules.in-file", "line %zu of that file: %s", line, why);
	return false;
}

static bool add_record(struct loader *l, const struct yaml_node *n, const struct csv_record *record,
	int at, struct map *members)
{
	struct str value = STR_NONE;

	if (record->bad)
		return bad_file(l, n, record->line, record->bad);
	if ((size_t)at < record->n_cells)
		value = str_trim(record->cells[at]);
	if (value.n > RULES_FILE_VALUE)
		return bad_file(l, n, record->line, "a value is longer than 256 bytes");
	if (value.n)
		add_member(members, value);
	return true;
}

static bool is_comment(const struct csv_record *record)
{
	return record->n_cells && record->cells[0].n && record->cells[0].p[0] == '#';
}

static bool add_records(
	struct loader *l, const struct yaml_node *n, struct leaf *leaf, struct csv_reader *csv)
{
	struct csv_record record;
	struct err err = { 0 };
	bool more = true;
	int at = -1;

	for (;;) {
		if (csv_next(csv, &record, &more, &err) != ERR_OK) {
			(void)yaml_bad(&l->r, n, "rules.in-file", "%s", err.msg);
			return false;
		}
		if (!more)
			return true;
		if (is_comment(&record))
			continue;
		if (at < 0 && !record.bad)
			at = column_of(l, leaf, &record);
		if (at < 0)
			return bad_file(l, n, record.line,
				"there are several columns, and none is called like the field");
		if (!add_record(l, n, &record, at, leaf->members))
			return false;
	}
}

static bool bad_text(struct loader *l, const struct yaml_node *n, const struct err *err)
{
	(void)yaml_bad(&l->r, n, "rules.in-file", "%s", err->msg);
	return false;
}

/* What is not read of it, and could be meant. */
static void warn_of_beside(
	struct loader *l, const struct yaml_node *n, const struct serial_list *list)
{
	const struct list_reading *r = list_reading(list);

	if (r->beside_first.n == 0)
		return;
	(void)yaml_diag(l->r.d, l->r.doc, DIAG_WARNING, "rules.in-file", n->at, (unsigned)n->text.n,
		"column %zu '%.*s' of that file holds what could be serials of other devices, such "
		"as %s: they are not read",
		r->beside + 1, STR_FMT(r->columns.headers[r->beside]), r->beside_first.text);
}

/* A list that rules spare devices by must not lose one. */
static bool add_serials(
	struct loader *l, const struct yaml_node *n, struct leaf *leaf, struct serial_list *list)
{
	struct map serials;
	struct err err = { 0 };
	uint32_t n_read;
	bool good;

	map_init(&serials, 0);
	good = list_read_strictly(list, &serials, &n_read, &err) == ERR_OK;
	if (good)
		warn_of_beside(l, n, list);
	for (uint32_t i = 0; good && i < serials.n; i++)
		add_member(leaf->members, map_key(&serials, i));
	map_release(&serials);
	return good ? good : bad_text(l, n, &err);
}

/* What is said of all lists changes what their bytes mean. */
static void note_lists(struct loader *l)
{
	const struct rules_lists *lists = &l->set->lists;

	if (lists->encoding)
		sha256_add(l->digest, str_from(lists->encoding));
	if (lists->barcode_s == BARCODE_STRIP)
		sha256_add(l->digest, STR("barcode_s"));
}

/* Serials are read as every list of them is; other values as they are. */
static bool add_values(struct loader *l, const struct yaml_node *n, struct leaf *leaf,
	const char *path, struct str bytes)
{
	const struct rules_lists *lists = &l->set->lists;
	const struct csv_options plain = { .encoding = lists->encoding };
	const struct list_options opt = {
		.csv = plain, .barcode_s = lists->barcode_s, .purpose = LIST_OF_RULES
	};
	struct serial_list *list = NULL;
	struct csv_reader *csv = NULL;
	struct err err = { 0 };
	bool good = false;

	note_lists(l);
	if (str_eq(column_name(l->set, &leaf->source), STR("serial"))) {
		if (list_open(&list, NULL, bytes, path, &opt, &err) == ERR_OK)
			good = add_serials(l, n, leaf, list);
	} else if (csv_open_bytes(&csv, bytes, path, &plain, &err) == ERR_OK) {
		good = add_records(l, n, leaf, csv);
	}
	list_close(list);
	csv_close(csv);
	return err.code ? bad_text(l, n, &err) : good;
}

static bool add_file(
	struct loader *l, const struct yaml_node *n, struct leaf *leaf, struct operand *o)
{
	char *name = mem_dupz(o->text), *path = file_beside(l->r.doc->file, name);
	struct buf bytes = { 0 };
	struct err err = { 0 };
	bool good = false;

	/* It decides as the rules do. */
	if (trust_read(TRUSTED_RULES, path, RULES_FILE_BYTES, &bytes, &err) == ERR_OK) {
		sha256_add(l->digest, buf_view(&bytes));
		good = add_values(l, n, leaf, path, buf_view(&bytes));
	} else if (err.code == ERR_SETTINGS) {
		l->stranger = err;
	} else {
		(void)bad_text(l, n, &err);
	}
	o->text = keep(l, str_from(path));
	buf_release(&bytes);
	free(path);
	free(name);
	return good;
}

bool members_from_files(struct loader *l, const struct yaml_node *n, struct leaf *leaf)
{
	const struct yaml_node *m = n->kind == YAML_LIST ? n->first : n;
	bool good = true;

	new_members(leaf, 0);
	for (uint32_t i = 0; i < leaf->n; i++, m = m->next)
		if (leaf->v[i].text.n)
			good = add_file(l, m, leaf, &leaf->v[i]) && good;
	return good;
}
