/*
 * Conditions as chains of two-way tests. Right for true and false only: what is unknown or unread
 * sends judging back to the ops.
 */
#include "rules/ruleset.h"

/* Until a member is linked whole, it is not known where the next one of its group stands. */
static int32_t next_of(unsigned depth)
{
	return CHAIN_TRUE - 1 - (int32_t)depth;
}

static void patch(struct ruleset *set, size_t from, int32_t awaited)
{
	int32_t here = (int32_t)set->chain.n;

	for (size_t i = from; i < set->chain.n; i++) {
		struct link *l = &set->chain.v[i];

		l->on_true = l->on_true == awaited ? here : l->on_true;
		l->on_false = l->on_false == awaited ? here : l->on_false;
	}
}

/* What decides is the same in whichever order members are looked at: the cheap ones come first. */
enum effort { COST_EQUAL, COST_PLAIN, COST_LEAF, COST_GROUP };

static enum effort cost_of(const struct ruleset *set, const struct op *op)
{
	const struct leaf *leaf = &set->leaves.v[op->leaf];

	if (op->kind != OP_LEAF)
		return op->kind == OP_ALWAYS ? COST_EQUAL : COST_GROUP;
	if (!leaf->plain)
		return COST_LEAF;
	return leaf->n == 1 && (leaf->oper == OPER_EQ || leaf->oper == OPER_PREFIX) ? COST_EQUAL
										    : COST_PLAIN;
}

static void take_head(struct link *link)
{
	size_t n = link->text.n < sizeof(link->head) ? link->text.n : sizeof(link->head);

	for (size_t i = 0; i < n; i++) {
		link->head |= (uint64_t)(unsigned char)link->text.p[i] << 8 * i;
		link->head_mask |= UINT64_C(0xff) << 8 * i;
	}
}

static struct link link_of(
	const struct ruleset *set, const struct op *op, int32_t on_true, int32_t on_false)
{
	const struct leaf *leaf = op->kind == OP_LEAF ? &set->leaves.v[op->leaf] : NULL;
	struct link link = {
		.leaf = leaf ? op->leaf : CHAIN_ALWAYS, .on_true = on_true, .on_false = on_false
	};

	if (leaf && cost_of(set, op) == COST_EQUAL) {
		link.ref = leaf->source.ref;
		link.text = leaf->v->text;
		link.is_prefix = leaf->oper == OPER_PREFIX;
		take_head(&link);
	}
	return link;
}

static void chain_op(
	struct ruleset *set, uint32_t at, int32_t on_true, int32_t on_false, unsigned depth)
{
	const struct op *op = &set->ops.v[at];
	bool all = op->kind == OP_ALL;
	uint32_t n = 0;

	if (op->kind == OP_NOT) {
		chain_op(set, at + 1, on_false, on_true, depth);
		return;
	}
	if (op->kind == OP_LEAF || op->kind == OP_ALWAYS) {
		*LIST_ADD(set->chain) = link_of(set, op, on_true, on_false);
		return;
	}
	for (uint32_t m = at + 1; m < op->end; m = set->ops.v[m].end)
		n++;
	for (enum effort cost = 0; cost <= COST_GROUP; cost++)
		for (uint32_t m = at + 1; m < op->end; m = set->ops.v[m].end) {
			bool last = n == 1;
			int32_t next = next_of(depth);
			size_t from = set->chain.n;

			if (cost_of(set, &set->ops.v[m]) != cost)
				continue;
			chain_op(set, m, all && !last ? next : on_true,
				!all && !last ? next : on_false, depth + 1);
			patch(set, from, next);
			n--;
		}
}

void rules_chain(struct ruleset *set)
{
	for (uint32_t i = 0; i < set->rules.n; i++) {
		size_t first = set->chain.n;

		set->rules.v[i].first_link = (int32_t)first;
		if (set->rules.v[i].has_key)
			*LIST_ADD(set->chain) = (struct link){ .leaf = CHAIN_SKIP };
		if (set->rules.v[i].info.waits)
			*LIST_ADD(set->chain) = (struct link){ .leaf = CHAIN_OPS,
				.on_false = CHAIN_FALSE };
		else
			chain_op(set, set->rules.v[i].first_op, CHAIN_TRUE, CHAIN_FALSE, 0);
		patch(set, first, CHAIN_FALSE);
		for (size_t k = first; k < set->chain.n; k++)
			set->chain.v[k].rule = i;
	}
}
