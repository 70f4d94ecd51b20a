/*
 * Which rules a row can fire at all. A rule that needs a cell to equal one of its texts is found by
 * that cell: of a thousand rules about models one look names the few that are worth judging. To be
 * named by mistake costs a judgement and no more, so texts are told apart by a hash alone.
 */
#include <string.h>

#include "rules/ruleset.h"

/* So many rules about a column, or it is quicker to judge them. */
enum { LEAST_RULES = 4 };

static uint64_t eight(const char *p, size_t n)
{
	uint64_t w = 0;

	memcpy(&w, p, n);
	return w | 0x2020202020202020u;
}

/* The same for texts that differ in case alone. Eight bytes at a time, the last eight perhaps
 * twice. */
static uint32_t hash(struct str s)
{
	uint64_t h = s.n;

	for (size_t i = 8; i < s.n; i += 8)
		h = (h ^ eight(s.p + i - 8, 8)) * 0x9e3779b97f4a7c15u;
	if (s.n >= 8)
		h ^= eight(s.p + s.n - 8, 8);
	else if (s.n >= 4)
		h ^= eight(s.p, 4) << 32 ^ eight(s.p + s.n - 4, 4);
	else
		for (size_t i = 0; i < s.n; i++)
			h = h << 8 ^ (uint64_t)(s.p[i] | 0x20);
	return (uint32_t)(h * 0x9e3779b97f4a7c15u >> 32);
}

static uint64_t length_bit(struct str s)
{
	return UINT64_C(1) << (s.n < 63 ? s.n : 63);
}

/* The same for both cases of a letter. */
static uint32_t begin_bit(struct str s)
{
	return UINT32_C(1) << (s.p[0] & 31);
}

/* The leaves that all have to hold for the rule, one after the other; *at 0: the first. */
static const struct leaf *next_needed(
	const struct ruleset *set, const struct rule *rule, uint32_t *at, uint32_t *ret_leaf)
{
	const struct op *ops = set->ops.v, *root = &ops[rule->first_op];
	bool all = root->kind == OP_ALL;

	for (uint32_t m = *at ? *at : rule->first_op + all; m < root->end; m = ops[m].end) {
		const struct leaf *leaf = &set->leaves.v[ops[m].leaf];

		if (ops[m].kind != OP_LEAF || (!all && m != rule->first_op))
			continue;
		if (!leaf->plain || leaf->oper != OPER_EQ)
			continue;
		*at = ops[m].end;
		*ret_leaf = ops[m].leaf;
		return leaf;
	}
	return NULL;
}

/* How many rules need each leaf, and each column to equal something. */
struct needed {
	uint32_t *by_leaf, *by_ref;
};

static void count(const struct ruleset *set, struct needed *n)
{
	for (size_t i = 0; i < set->rules.n; i++) {
		const struct leaf *leaf;
		uint32_t at = 0, number;

		while ((leaf = next_needed(set, &set->rules.v[i], &at, &number))) {
			n->by_leaf[number]++;
			n->by_ref[leaf->source.ref]++;
		}
	}
}

/* The leaf that rules out the most rows: the one that the fewest rules share. */
static const struct leaf *key_of(
	const struct ruleset *set, const struct rule *rule, const struct needed *n)
{
	const struct leaf *leaf, *best = NULL;
	uint32_t at = 0, number, best_number = 0;

	/* A rule that waits asks for more than what it says. */
	if (rule->info.waits)
		return NULL;
	while ((leaf = next_needed(set, rule, &at, &number))) {
		if (n->by_ref[leaf->source.ref] < LEAST_RULES ||
			(best && n->by_leaf[number] >= n->by_leaf[best_number]))
			continue;
		best = leaf;
		best_number = number;
	}
	return best;
}

static struct key_column *column_of(struct ruleset *set, uint32_t ref)
{
	struct key_column *new;

	for (size_t i = 0; i < set->key_columns.n; i++)
		if (set->key_columns.v[i].ref == ref)
			return &set->key_columns.v[i];
	new = LIST_ADD(set->key_columns);
	new->ref = ref;
	return new;
}

static void add_keys(struct ruleset *set, const struct leaf *leaf, uint32_t rule)
{
	struct key_column *c = column_of(set, leaf->source.ref);

	for (uint32_t i = 0; i < leaf->n; i++) {
		c->lengths |= length_bit(leaf->v[i].text);
		c->begins |= begin_bit(leaf->v[i].text);
		*LIST_ADD(set->keys) = (struct key){
			hash(leaf->v[i].text), rule, c->last, /* the one before, for now */
		};
		c->last = (uint32_t)set->keys.n;
		c->n++;
	}
}

/* From the keys of a column in a row to those in each place of its table. */
static void fill_table(struct ruleset *set, struct key_column *c)
{
	uint32_t at = c->last;

	c->mask = 15;
	while (c->mask < 2 * c->n)
		c->mask = c->mask * 2 + 1;
	c->table = arena_zalloc(&set->arena, (c->mask + 1) * sizeof(*c->table));
	while (at) {
		struct key *key = &set->keys.v[at - 1];
		uint32_t *place = &c->table[key->hash & c->mask], before = key->next;

		key->next = *place;
		*place = at;
		at = before;
	}
}

void rules_keys(struct ruleset *set)
{
	struct needed n = {
		arena_zalloc(&set->arena, (set->leaves.n + 1) * sizeof(*n.by_leaf)),
		arena_zalloc(&set->arena, (set->refs.n + 1) * sizeof(*n.by_ref)),
	};

	count(set, &n);
	for (uint32_t i = 0; i < set->rules.n; i++) {
		const struct leaf *key = key_of(set, &set->rules.v[i], &n);

		set->rules.v[i].has_key = key != NULL;
		if (key)
			add_keys(set, key, i);
		else
			set->keyless[i / 64] |= UINT64_C(1) << i % 64;
	}
	for (size_t i = 0; i < set->key_columns.n; i++)
		fill_table(set, &set->key_columns.v[i]);
}

void rules_worth(const struct ruleset *set, const struct str *cells, uint64_t *ret)
{
	memcpy(ret, set->keyless, (set->rules.n + 63) / 64 * sizeof(*ret));
	for (size_t i = 0; i < set->key_columns.n; i++) {
		const struct key_column *c = &set->key_columns.v[i];
		uint32_t h;

		if (!(c->lengths & length_bit(cells[i])) || !cells[i].n ||
			!(c->begins & begin_bit(cells[i])))
			continue;
		h = hash(cells[i]);
		for (uint32_t at = c->table[h & c->mask]; at;) {
			const struct key *key = &set->keys.v[at - 1];

			if (key->hash == h)
				ret[key->rule / 64] |= UINT64_C(1) << key->rule % 64;
			at = key->next;
		}
	}
}

int32_t rules_skip(const struct ruleset *set, const uint64_t *worth, uint32_t rule)
{
	uint64_t left = worth[rule / 64] & UINT64_MAX << rule % 64;

	while (!left && (rule / 64 + 1) * 64 < set->rules.n) {
		rule += 64;
		left = worth[rule / 64];
	}
	if (!left)
		return (int32_t)set->chain.n;
	rule = rule / 64 * 64 + (uint32_t)__builtin_ctzll(left);
	return set->rules.v[rule].first_link + set->rules.v[rule].has_key;
}
