/*
 * The values of one comparison: read, folded to what the operator needs, shared with equal ones.
 */
#include "base/buf.h"
#include "rules/load.h"

enum { LEAF_TEXT_MAX = 8 * 1024 * 1024 };

static bool read_operand(struct loader *l, const struct yaml_node *n, struct operand *ret)
{
	const struct parameter *p;
	struct str name;

	if (n->kind == YAML_SCALAR) {
		ret->text = n->text;
		yaml_warn_invisible(&l->r, n);
		if (n->text.n)
			return true;
		diag_hint(l->r.d, yaml_bad(&l->r, n, "yaml.empty", "a value is missing here"),
			"to ask whether there is one: FIELD|present: false");
		return false;
	}
	switch (read_ref(l, n, &name)) {
	case REF_COLUMN:
		ret->is_column = true;
		ret->ref = rules_ref(l->set, name, n->first->at);
		return true;
	case REF_PARAM:
		p = find_parameter(l, n->first, name);
		if (p)
			ret->text = p->value;
		return p != NULL;
	default:
		return false;
	}
}

static bool read_operands(struct loader *l, const struct yaml_node *n, struct leaf *leaf)
{
	const struct yaml_node *first = n->kind == YAML_LIST ? n->first : n;
	unsigned count = n->kind == YAML_LIST ? n->n_children : 1;
	bool good = true;

	if (count == 0 || count > RULES_MAX_VALUES) {
		(void)yaml_bad(&l->r, n, count ? "rules.too-many" : "yaml.empty",
			"a list of values has 1 to %d of them", RULES_MAX_VALUES);
		return false;
	}
	leaf->v = arena_zalloc(&l->set->arena, count * sizeof(*leaf->v));
	for (const struct yaml_node *m = first; m; m = n->kind == YAML_LIST ? m->next : NULL)
		good = read_operand(l, m, &leaf->v[leaf->n++]) && good;
	return good;
}

/* Whether there is a literal, and every one is a date. */
static bool literals_are_dates(const struct ruleset *set, const struct leaf *leaf)
{
	int64_t date;
	bool some = false;

	for (uint32_t i = 0; i < leaf->n; i++) {
		struct str text = leaf->v[i].text;

		if (leaf->v[i].is_column || text.n == 0)
			continue;
		some = true;
		if (!rules_date(set, text, &date))
			return false;
	}
	return some;
}

static enum compare compare_any(const struct ruleset *set, const struct leaf *leaf)
{
	switch (leaf->source.type) {
	case TYPE_NUMBER:
		return BY_NUMBER;
	case TYPE_FLAG:
		return BY_FLAG;
	case TYPE_DATE:
		if (leaf->source.kind == SOURCE_FACT || literals_are_dates(set, leaf))
			return BY_DATE;
		return BY_TEXT;
	case TYPE_TEXT:
		break;
	}
	return BY_TEXT;
}

static enum compare choose_compare(const struct ruleset *set, const struct leaf *leaf)
{
	switch (oper_info(leaf->oper)->needs) {
	case NEEDS_ANY:
		return compare_any(set, leaf);
	case NEEDS_ORDER:
		if (leaf->source.type == TYPE_DATE)
			return BY_DATE;
		return leaf->source.type == TYPE_TEXT && literals_are_dates(set, leaf) ? BY_DATE
										       : BY_NUMBER;
	case NEEDS_DATE:
		return BY_DATE;
	case NEEDS_DURATION:
		return BY_AGE;
	case NEEDS_FLAG:
		return BY_FLAG;
	case NEEDS_FILE:
		return BY_FILE;
	case NEEDS_TEXT:
		break;
	}
	return BY_TEXT;
}

static bool fold(const struct ruleset *set, enum compare by, struct operand *o)
{
	switch (by) {
	case BY_NUMBER:
		return rules_number(o->text, &o->number);
	case BY_DATE:
		return rules_date(set, o->text, &o->date_ms);
	case BY_AGE:
		o->age_now_ms = TIME_NONE;
		return duration_parse(o->text, &o->age);
	case BY_FLAG:
		return rules_flag(o->text, &o->flag);
	default:
		return true;
	}
}

static void bad_literal(struct loader *l, const struct yaml_node *n, const struct leaf *leaf,
	const struct operand *o)
{
	static const char *const wants[] = {
		[BY_NUMBER] = "a number",
		[BY_DATE] = "a date",
		[BY_AGE] = "a duration",
		[BY_FLAG] = "true or false",
	};
	bool either = oper_info(leaf->oper)->needs == NEEDS_ORDER && leaf->source.type == TYPE_TEXT;
	struct diag *entry = yaml_bad(&l->r, n, "rules.bad-value", "'%.*s' is not %s%s",
		STR_FMT(o->text), wants[leaf->compare], either ? " or a date" : "");

	if (leaf->compare == BY_AGE)
		diag_hint(l->r.d, entry, "write it as in 12h, 30d, 6mo or 1y");
	else if (leaf->compare == BY_DATE)
		diag_hint(l->r.d, entry, "write it as in 2026-03-31, or name its form in dates:");
}

static bool fold_operands(struct loader *l, const struct yaml_node *n, struct leaf *leaf)
{
	const struct yaml_node *m = n->kind == YAML_LIST ? n->first : n;
	bool good = true;

	for (uint32_t i = 0; i < leaf->n; i++, m = m->next) {
		struct operand *o = &leaf->v[i];

		if (o->is_column && (leaf->compare == BY_FLAG || leaf->compare == BY_FILE)) {
			(void)yaml_bad(&l->r, m, "rules.bad-value",
				"a column cannot be used here: write the value itself");
			good = false;
		} else if (!o->is_column && o->text.n && !fold(l->set, leaf->compare, o)) {
			bad_literal(l, m, leaf, o);
			good = false;
		}
	}
	if (good && leaf->oper == OPER_PRESENT && (leaf->n != 1 || leaf->v[0].text.n == 0)) {
		(void)yaml_bad(&l->r, n, "rules.bad-value", "present is either true or false");
		good = false;
	}
	return good;
}

/* --- a leaf as text: shown by explain, and the name under which equal leaves are one --- */

static void put_value(struct buf *b, struct str text)
{
	bool plain = text.n > 0 && text.p[0] != ' ' && text.p[text.n - 1] != ' ';

	for (size_t i = 0; i < text.n; i++)
		plain = plain && (unsigned char)text.p[i] >= ' ' && !strchr(",[]{}\"\\", text.p[i]);
	if (plain) {
		buf_str(b, text);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, text.p[i]);
	}
	buf_char(b, '"');
}

static void put_operand(struct buf *b, const struct ruleset *set, const struct operand *o)
{
	if (!o->is_column) {
		put_value(b, o->text);
		return;
	}
	buf_z(b, "{column: ");
	put_value(b, rules_ref_name(&set->refs.v[o->ref]));
	buf_z(b, "}");
}

static void name_leaf(struct loader *l, const struct yaml_node *member, struct leaf *leaf)
{
	struct buf b;

	buf_init(&b, LEAF_TEXT_MAX);
	buf_str(&b, member->key);
	buf_z(&b, ": ");
	for (uint32_t i = 0; i < leaf->n; i++) {
		if (leaf->n > 1)
			buf_z(&b, i ? ", " : "[");
		put_operand(&b, l->set, &leaf->v[i]);
	}
	if (leaf->n > 1)
		buf_z(&b, "]");
	leaf->text = keep(l, buf_view(&b));
	buf_release(&b);
}

/* Servers and profiles a condition names outright: the pre-flight looks them up. */
static void note_names(struct loader *l, const struct yaml_node *n, const struct leaf *leaf)
{
	bool profile = leaf->source.fact == FACT_UEM_PROFILE;

	if (leaf->source.kind != SOURCE_FACT || leaf->oper > OPER_EXACT ||
		(!profile && leaf->source.fact != FACT_APPLE_SERVER))
		return;
	for (uint32_t i = 0; i < leaf->n; i++)
		if (!leaf->v[i].is_column && leaf->v[i].text.n)
			*LIST_ADD(l->set->names) = (struct rules_name){ leaf->v[i].text, n->at,
				profile };
}

/* A word of ours that is misspelt never holds, and nobody would hear of it. */
static void warn_never(struct loader *l, const struct yaml_node *n, const struct leaf *leaf)
{
	static const char *const words[] = { "active", "expired", "none" };
	const struct yaml_node *m = n->kind == YAML_LIST ? n->first : n;

	if (leaf->source.kind != SOURCE_FACT || leaf->source.fact != FACT_APPLE_COVERAGE ||
		leaf->oper > OPER_EXACT)
		return;
	for (uint32_t i = 0; i < leaf->n; i++, m = m->next) {
		struct str text = leaf->v[i].text;
		bool known = leaf->v[i].is_column || m->kind != YAML_SCALAR;

		for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
			known = known || str_eq_nocase(text, str_from(words[w]));
		if (!known)
			(void)yaml_diag(l->r.d, l->r.doc, DIAG_WARNING, "rules.never", m->at,
				(unsigned)text.n,
				"apple.coverage is active, expired or none, and never '%.*s'",
				STR_FMT(text));
	}
}

uint32_t share_leaf(struct loader *l, struct leaf *leaf)
{
	bool is_new;
	uint32_t n = map_add(&l->set->leaf_texts, leaf->text, &is_new);

	if (is_new) {
		*LIST_ADD(l->set->leaves) = *leaf;
	} else {
		l->set->leaves.v[n].shared = true;
		members_free(leaf);
	}
	return n;
}

/* Several of the slow path's questions need not be asked then. An empty literal is absent. */
static bool is_plain(const struct leaf *leaf)
{
	if (leaf->source.kind != SOURCE_COLUMN || leaf->compare != BY_TEXT || leaf->members)
		return false;
	for (uint32_t i = 0; i < leaf->n; i++)
		if (leaf->v[i].is_column || leaf->v[i].text.n == 0)
			return false;
	return true;
}

static bool is_dated(const struct leaf *leaf)
{
	return leaf->source.kind == SOURCE_COLUMN &&
	       (leaf->compare == BY_DATE || leaf->compare == BY_AGE) && leaf->oper != OPER_NE &&
	       leaf->n == 1 && !leaf->v->is_column && leaf->v->text.n;
}

bool load_values(struct loader *l, const struct yaml_node *member, struct leaf *leaf)
{
	if (!read_operands(l, member, leaf))
		return false;
	leaf->compare = choose_compare(l->set, leaf);
	if (!fold_operands(l, member, leaf))
		return false;
	if (leaf->compare == BY_FILE && !members_from_files(l, member, leaf)) {
		members_free(leaf);
		return false;
	}
	members_from_list(leaf);
	leaf->plain = is_plain(leaf);
	leaf->dated = is_dated(leaf);
	name_leaf(l, member, leaf);
	note_names(l, member, leaf);
	warn_never(l, member, leaf);
	return true;
}
