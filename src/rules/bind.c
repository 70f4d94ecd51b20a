#include <stdlib.h>

#include "base/mem.h"
#include "rules/ruleset.h"

void *list_room(void *v, size_t n, size_t *cap, size_t item_bytes)
{
	if (n == *cap) {
		*cap = *cap ? *cap * 2 : 16;
		v = mem_realloc(v, *cap, item_bytes);
	}
	memset((char *)v + n * item_bytes, 0, item_bytes);
	return v;
}

const struct yaml_doc *rules_doc(const struct ruleset *set, struct loc at)
{
	for (size_t i = 0; i < set->docs.n; i++)
		if (set->docs.v[i]->file == at.file)
			return set->docs.v[i];
	return NULL;
}

static uint32_t add_ref(struct ruleset *set, struct column_ref ref)
{
	struct column_ref *new;

	ref.bound = -1;
	new = LIST_ADD(set->refs);
	*new = ref;
	return (uint32_t)(set->refs.n - 1);
}

uint32_t rules_ref_canonical(struct ruleset *set, enum column column, struct loc at)
{
	for (size_t i = 0; i < set->refs.n; i++)
		if (set->refs.v[i].canonical && set->refs.v[i].column == column)
			return (uint32_t)i;
	return add_ref(set, (struct column_ref){ .canonical = true,
				    .is_serial = column == COLUMN_SERIAL,
				    .column = column,
				    .at = at });
}

uint32_t rules_ref(struct ruleset *set, struct str header, struct loc at)
{
	enum column column;

	if (column_from_word(header, &column))
		return rules_ref_canonical(set, column, at);
	for (size_t i = 0; i < set->refs.n; i++)
		if (!set->refs.v[i].canonical && str_eq(set->refs.v[i].header, header))
			return (uint32_t)i;
	return add_ref(
		set, (struct column_ref){ .header = arena_dup(&set->arena, header), .at = at });
}

/* A comparison with a column that is not there would quietly be false, and the rule that protects
 * the loan pool would protect nothing: so it is a mistake. */
static void missing(const struct ruleset *set, const struct column_ref *ref,
	const struct columns *columns, struct diags *d)
{
	struct str name = rules_ref_name(ref), near;
	struct diag *entry = yaml_diag(d, rules_doc(set, ref->at), DIAG_ERROR,
		"rules.unknown-column", ref->at, (unsigned)name.n, "the CSV has no column '%.*s'",
		STR_FMT(name));

	if (columns_count(columns, name) > 1 || (ref->canonical && columns->unsure[ref->column])) {
		diag_hint(d, entry,
			"several columns could be meant: give the one that is the only header "
			"'%.*s'",
			STR_FMT(name));
		return;
	}
	near = columns_nearest(columns, name);
	if (near.n)
		diag_hint(d, entry, "did you mean '%.*s'?", STR_FMT(near));
	else if (ref->canonical)
		diag_hint(d, entry, "name it: columns: {%.*s: HEADER}", STR_FMT(name));
}

static int int_cmp(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static void list_used(struct ruleset *set)
{
	size_t n = 0;

	set->used.n = 0;
	for (size_t i = 0; i < set->refs.n; i++)
		if (set->refs.v[i].bound >= 0)
			*LIST_ADD(set->used) = set->refs.v[i].bound;
	if (set->used.n)
		qsort(set->used.v, set->used.n, sizeof(*set->used.v), int_cmp);
	for (size_t i = 0; i < set->used.n; i++)
		if (i == 0 || set->used.v[i] != set->used.v[i - 1])
			set->used.v[n++] = set->used.v[i];
	set->used.n = n;
}

enum errc rules_bind(
	struct ruleset *set, const struct columns *columns, struct diags *d, struct err *err)
{
	size_t before = d->n_errors;

	for (size_t i = 0; i < set->refs.n; i++) {
		struct column_ref *ref = &set->refs.v[i];

		ref->bound = ref->canonical ? columns->at[ref->column]
					    : columns_find(columns, ref->header);
		if (ref->bound < 0 && !(ref->canonical && ref->column == COLUMN_SERIAL))
			missing(set, ref, columns, d);
	}
	list_used(set);
	if (d->n_errors > before)
		return err_set(err, ERR_RULES, "the rules name columns that the CSV does not have");
	return ERR_OK;
}

const int *rules_used_columns(const struct ruleset *set, size_t *ret_n)
{
	*ret_n = set->used.n;
	return set->used.v;
}
