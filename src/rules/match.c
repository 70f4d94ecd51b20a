/*
 * `match:` to ops and leaves.
 */
#include "rules/load.h"

/* --- fields and operators --- */

static const struct field_info *source_info(const struct ruleset *set, const struct source *s)
{
	static const struct field_info text = { "", TYPE_TEXT, READING_CSV };

	if (s->kind == SOURCE_FACT)
		return fact_info(s->fact);
	if (s->kind == SOURCE_COLUMN && set->refs.v[s->ref].canonical)
		return column_info(set->refs.v[s->ref].column);
	return &text;
}

void unknown_field(struct loader *l, const struct yaml_node *member, struct str word)
{
	static const char *const groups[] = { "all", "any", "not", "always" };
	struct nearest near = nearest_to(word);
	struct diag *entry = yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.unknown-field",
		member->key_at, (unsigned)word.n, "unknown field '%.*s'", STR_FMT(word));

	for (int i = 0; i < COLUMN_MAX_; i++)
		nearest_try(&near, str_from(column_info((enum column)i)->word));
	for (int i = 0; i < FACT_MAX_; i++)
		nearest_try(&near, str_from(fact_info((enum fact)i)->word));
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		nearest_try(&near, str_from(groups[i]));
	if (nearest_best(&near).n)
		diag_suggest(l->r.d, entry, &near);
	else
		diag_hint(l->r.d, entry, "a column of the CSV is written csv.%.*s", STR_FMT(word));
}

/* A field as it may stand before the bar; false without a complaint when there is none. */
static bool read_source(
	struct loader *l, const struct yaml_node *member, struct str word, struct source *ret)
{
	struct source s = { 0 };
	enum column column;

	if (fact_from_word(word, &s.fact)) {
		s.kind = SOURCE_FACT;
	} else if (column_from_word(word, &column)) {
		s.kind = SOURCE_COLUMN;
		s.ref = rules_ref_canonical(l->set, column, member->key_at);
	} else if (word.n > 4 && str_eq(str_sub(word, 0, 4), STR("csv."))) {
		s.kind = SOURCE_COLUMN;
		s.ref = rules_ref(l->set, str_sub(word, 4, word.n - 4), member->key_at);
	} else {
		return false;
	}
	s.type = source_info(l->set, &s)->type;
	*ret = s;
	return true;
}

/* `param.NAME`, so that a rule can ask whether a parameter was given at all. */
static bool read_param_source(
	struct loader *l, const struct yaml_node *member, struct str word, struct source *ret)
{
	const struct parameter *p = find_parameter(l, member, str_sub(word, 6, word.n - 6));

	if (p)
		*ret = (struct source){ SOURCE_PARAM, TYPE_TEXT, 0, 0, p->value };
	return p != NULL;
}

static bool read_oper(
	struct loader *l, const struct yaml_node *member, struct str word, enum oper *ret)
{
	struct nearest near = nearest_to(word);
	struct diag *entry;

	if (oper_from_word(word, ret))
		return true;
	entry = yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.unknown-operator", member->key_at,
		(unsigned)member->key.n, "unknown operator '%.*s'", STR_FMT(word));
	for (int i = OPER_EQ + 1; i < OPER_MAX_; i++)
		nearest_try(&near, str_from(oper_info((enum oper)i)->word));
	diag_suggest(l->r.d, entry, &near);
	return false;
}

/* Headers may hold bars; only what follows the last one is an operator. */
static bool read_field(struct loader *l, const struct yaml_node *member, struct leaf *leaf)
{
	struct str word = member->key, oper = STR_NONE;

	for (size_t i = word.n; i-- > 0;)
		if (word.p[i] == '|') {
			oper = str_sub(word, i + 1, word.n - i - 1);
			word.n = i;
			break;
		}
	leaf->oper = OPER_EQ;
	if (word.n < member->key.n && !read_oper(l, member, oper, &leaf->oper))
		return false;
	if (word.n > 6 && str_eq(str_sub(word, 0, 6), STR("param.")))
		return read_param_source(l, member, word, &leaf->source);
	if (read_source(l, member, word, &leaf->source))
		return true;
	unknown_field(l, member, word);
	return false;
}

static const char *type_words(enum field_type type)
{
	static const char *const words[] = {
		[TYPE_TEXT] = "text",
		[TYPE_NUMBER] = "a number",
		[TYPE_DATE] = "a date",
		[TYPE_FLAG] = "true or false",
	};

	return words[type];
}

/* Cells are text that may hold anything. */
bool oper_fits(const struct source *s, enum oper_needs needs)
{
	bool cell = s->kind == SOURCE_COLUMN;

	switch (needs) {
	case NEEDS_ANY:
	case NEEDS_FLAG:
		return true;
	case NEEDS_TEXT:
	case NEEDS_FILE:
		return cell || s->type == TYPE_TEXT;
	case NEEDS_ORDER:
		return s->kind != SOURCE_PARAM && s->type != TYPE_FLAG;
	case NEEDS_DATE:
	case NEEDS_DURATION:
		return cell || s->type == TYPE_DATE;
	}
	return false;
}

static bool check_oper(struct loader *l, const struct yaml_node *member, const struct leaf *leaf)
{
	struct diag *entry;
	struct buf words;

	if (oper_fits(&leaf->source, oper_info(leaf->oper)->needs))
		return true;
	buf_init(&words, 512);
	entry = yaml_diag(l->r.d, l->r.doc, DIAG_ERROR, "rules.bad-operator", member->key_at,
		(unsigned)member->key.n, "'%s' does not apply: the field is %s",
		oper_info(leaf->oper)->word, type_words(leaf->source.type));
	for (int i = OPER_EQ + 1; i < OPER_MAX_; i++)
		if (oper_fits(&leaf->source, oper_info((enum oper)i)->needs))
			buf_printf(
				&words, "%s %s", words.n ? "," : "", oper_info((enum oper)i)->word);
	diag_hint(l->r.d, entry, "it takes%s", buf_cstr(&words));
	buf_release(&words);
	return false;
}

/* --- the tree --- */

static uint32_t open_op(struct loader *l, enum op_kind kind)
{
	struct op *op = LIST_ADD(l->set->ops);

	*op = (struct op){ .kind = kind };
	return (uint32_t)(l->set->ops.n - 1);
}

static void close_op(struct loader *l, uint32_t n)
{
	l->set->ops.v[n].end = (uint32_t)l->set->ops.n;
}

static void load_leaf(struct loader *l, const struct yaml_node *m)
{
	struct leaf leaf = { 0 };
	uint32_t op, n;

	if (!read_field(l, m, &leaf) || !check_oper(l, m, &leaf) || !load_values(l, m, &leaf))
		return;
	n = share_leaf(l, &leaf);
	op = open_op(l, OP_LEAF);
	l->set->ops.v[op].leaf = n;
	close_op(l, op);
}

static void load_list(struct loader *l, const struct yaml_node *n, enum op_kind kind)
{
	uint32_t op;

	if (!yaml_expect(&l->r, n, YAML_LIST))
		return;
	if (n->n_children == 0) {
		(void)yaml_bad(&l->r, n, "yaml.empty", "at least one condition is needed");
		return;
	}
	op = open_op(l, kind);
	for (const struct yaml_node *m = n->first; m; m = m->next)
		load_match(l, m);
	close_op(l, op);
}

static void load_always(struct loader *l, const struct yaml_node *n)
{
	bool flag = false;

	if (!yaml_flag(&l->r, n, &flag))
		return;
	if (!flag) {
		(void)yaml_bad(&l->r, n, "rules.bad-value", "only `always: true` has a meaning");
		return;
	}
	close_op(l, open_op(l, OP_ALWAYS));
}

static void load_member(struct loader *l, const struct yaml_node *m)
{
	if (str_eq(m->key, STR("all"))) {
		load_list(l, m, OP_ALL);
	} else if (str_eq(m->key, STR("any"))) {
		load_list(l, m, OP_ANY);
	} else if (str_eq(m->key, STR("always"))) {
		load_always(l, m);
	} else if (str_eq(m->key, STR("not"))) {
		uint32_t op = open_op(l, OP_NOT);

		load_match(l, m);
		close_op(l, op);
	} else {
		load_leaf(l, m);
	}
}

void load_match(struct loader *l, const struct yaml_node *n)
{
	uint32_t op = 0;

	if (!yaml_expect(&l->r, n, YAML_MAP))
		return;
	if (n->n_children == 0) {
		diag_hint(l->r.d,
			yaml_bad(&l->r, n, "yaml.empty", "at least one condition is needed"),
			"to match every row: always: true");
		return;
	}
	if (n->n_children > 1)
		op = open_op(l, OP_ALL);
	for (const struct yaml_node *m = n->first; m; m = m->next)
		load_member(l, m);
	if (n->n_children > 1)
		close_op(l, op);
}
