/*
 * Rules that can never fire, because an earlier one is true whenever they are.
 */
#include "rules/load.h"

/* Deep conditions can be compared in exponentially many ways; a warning is not worth that. */
enum { BUDGET = 2000000 };

struct proof {
	const struct ruleset *set;
	unsigned budget;
};

static bool same_ops(struct proof *p, uint32_t a, uint32_t b)
{
	const struct op *ops = p->set->ops.v;
	uint32_t n = ops[a].end - a;

	if (n != ops[b].end - b || n > p->budget)
		return false;
	p->budget -= n;
	for (uint32_t i = 0; i < n; i++) {
		const struct op *x = &ops[a + i], *y = &ops[b + i];

		if (x->kind != y->kind || x->end - a != y->end - b ||
			(x->kind == OP_LEAF && x->leaf != y->leaf))
			return false;
	}
	return true;
}

static bool has_text(const struct leaf *leaf, struct str text)
{
	for (uint32_t i = 0; i < leaf->n; i++)
		if (!leaf->v[i].is_column && str_eq_nocase(leaf->v[i].text, text))
			return true;
	return false;
}

static bool same_source(const struct source *a, const struct source *b)
{
	return a->kind == b->kind && a->kind != SOURCE_PARAM && a->ref == b->ref &&
	       a->fact == b->fact;
}

/* Equal to one of few implies equal to one of many; so does any value imply presence. */
static bool leaf_implies(const struct leaf *a, const struct leaf *b)
{
	if (!same_source(&a->source, &b->source))
		return false;
	if (b->oper == OPER_PRESENT && b->v[0].flag)
		return a->oper != OPER_NE && a->oper != OPER_PRESENT;
	if (a->oper != OPER_EQ || b->oper != OPER_EQ || a->compare != BY_TEXT ||
		b->compare != BY_TEXT)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->v[i].is_column || !has_text(b, a->v[i].text))
			return false;
	return true;
}

static bool implies(struct proof *p, uint32_t a, uint32_t b);

static bool some_member_implies(struct proof *p, uint32_t in, uint32_t b)
{
	for (uint32_t m = in + 1; m < p->set->ops.v[in].end; m = p->set->ops.v[m].end)
		if (implies(p, m, b))
			return true;
	return false;
}

static bool implies_some_member(struct proof *p, uint32_t a, uint32_t in)
{
	for (uint32_t m = in + 1; m < p->set->ops.v[in].end; m = p->set->ops.v[m].end)
		if (implies(p, a, m))
			return true;
	return false;
}

static bool implies_every_member(struct proof *p, uint32_t a, uint32_t in)
{
	for (uint32_t m = in + 1; m < p->set->ops.v[in].end; m = p->set->ops.v[m].end)
		if (!implies(p, a, m))
			return false;
	return true;
}

/* Whether a being true makes b true; false also when that cannot be told. */
static bool implies(struct proof *p, uint32_t a, uint32_t b)
{
	const struct op *x = &p->set->ops.v[a], *y = &p->set->ops.v[b];

	if (p->budget == 0)
		return false;
	p->budget--;
	if (y->kind == OP_ALWAYS || same_ops(p, a, b))
		return true;
	if (x->kind == OP_LEAF && y->kind == OP_LEAF)
		return leaf_implies(&p->set->leaves.v[x->leaf], &p->set->leaves.v[y->leaf]);
	if (y->kind == OP_ALL)
		return implies_every_member(p, a, b);
	if (y->kind == OP_ANY && implies_some_member(p, a, b))
		return true;
	return x->kind == OP_ALL && some_member_implies(p, a, b);
}

void find_shadows(struct loader *l)
{
	struct ruleset *set = l->set;
	struct proof p = { set, BUDGET };

	for (size_t i = 0; i < set->rules.n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct rule *early = &set->rules.v[k], *late = &set->rules.v[i];

			if (!implies(&p, late->first_op, early->first_op))
				continue;
			(void)yaml_diag(l->r.d, rules_doc(set, late->info.at), DIAG_WARNING,
				"rules.shadowed", late->info.at, 1,
				"'%.*s' can never fire: '%.*s' (%s:%u) is true whenever it is",
				STR_FMT(late->info.name), STR_FMT(early->info.name),
				early->info.at.file, early->info.at.line);
			break;
		}
}
