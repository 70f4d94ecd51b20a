/*
 * A row at a time, rule after rule, each condition as it stands and by the words of the manual: the
 * referee of rules_judge() and rules_judge_rows(). Of src/rules it uses what a set is loaded into,
 * and how numbers are read; facts are never read.
 */
#ifndef TESTS_RULES_REFEREE_H
#define TESTS_RULES_REFEREE_H

#include <ctype.h>
#include <string.h>

#include "rules/ruleset.h"

enum { REFEREE_TEXT = 4096 };

struct referee {
	const struct ruleset *set;
	const struct rules_row *row;
};

static inline struct str referee_cell(const struct referee *r, uint32_t ref)
{
	const struct column_ref *column = &r->set->refs.v[ref];

	if (column->is_serial)
		return r->row->serial;
	if (column->bound < 0 || column->bound >= (int)r->row->n_cells)
		return STR_NONE;
	return str_trim(r->row->cells[column->bound]);
}

static inline const char *referee_lower(struct str s, char *ret)
{
	for (size_t i = 0; i < s.n; i++)
		ret[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	ret[s.n] = '\0';
	return ret;
}

static inline bool referee_glob(const char *s, const char *pattern)
{
	if (*pattern == '\0')
		return *s == '\0';
	if (*pattern == '*')
		return referee_glob(s, pattern + 1) || (*s && referee_glob(s + 1, pattern));
	return *s && (*pattern == '?' || *pattern == *s) && referee_glob(s + 1, pattern + 1);
}

static inline bool referee_texts(enum oper oper, struct str seen, struct str want)
{
	char s[REFEREE_TEXT], w[REFEREE_TEXT];
	const char *a = referee_lower(seen, s), *b = referee_lower(want, w);

	switch (oper) {
	case OPER_EXACT:
		return seen.n == want.n && memcmp(seen.p, want.p, want.n) == 0;
	case OPER_PREFIX:
		return strncmp(a, b, want.n) == 0;
	case OPER_SUFFIX:
		return seen.n >= want.n && strcmp(a + seen.n - want.n, b) == 0;
	case OPER_CONTAINS:
		return strstr(a, b) != NULL;
	case OPER_GLOB:
		return referee_glob(a, b);
	default:
		return strcmp(a, b) == 0;
	}
}

static inline bool referee_order(enum oper oper, double seen, double want)
{
	switch (oper) {
	case OPER_LT:
	case OPER_BEFORE:
	case OPER_OLDER_THAN:
		return seen < want;
	case OPER_GT:
	case OPER_AFTER:
	case OPER_NEWER_THAN:
		return seen > want;
	case OPER_LE:
		return seen <= want;
	case OPER_GE:
		return seen >= want;
	default:
		return seen == want;
	}
}

/* A number or a date, also "so long ago"; false: it is none. Milliseconds fit a double exactly. */
static inline bool referee_number(
	const struct referee *r, enum compare by, struct str text, double *ret)
{
	struct duration age;
	int64_t ms;

	if (by == BY_NUMBER)
		return rules_number(text, ret);
	if (by == BY_AGE && duration_parse(text, &age))
		ms = time_shift(r->row->now_ms, age, -1);
	else if (!time_parse(text, &ms))
		return false;
	*ret = (double)ms;
	return true;
}

static inline enum tri referee_compare(
	const struct referee *r, const struct leaf *leaf, struct str seen, struct str want)
{
	double a, b;

	if (leaf->compare == BY_TEXT)
		return (enum tri)referee_texts(leaf->oper, seen, want);
	if (!referee_number(r, leaf->compare, seen, &a) ||
		!referee_number(r, leaf->compare, want, &b))
		return TRI_UNKNOWN;
	return (enum tri)referee_order(leaf->oper, a, b);
}

static inline bool referee_has(const struct map *members, struct str seen)
{
	char lower[REFEREE_TEXT];

	referee_lower(seen, lower);
	for (uint32_t i = 0; i < members->n; i++)
		if (str_eq(map_key(members, i), str_from(lower)))
			return true;
	return false;
}

/* Whether the cell is, as a date, one of no time at all; unknown: it is none, or of other
 * calendars. */
static inline enum tri referee_is_never(struct str seen)
{
	int64_t ms;

	if (!time_parse(seen, &ms))
		return TRI_UNKNOWN;
	if (time_is_never(ms))
		return TRI_TRUE;
	return time_is_plausible(ms) ? TRI_FALSE : TRI_UNKNOWN;
}

static inline enum tri referee_not(enum tri t)
{
	return t == TRI_TRUE ? TRI_FALSE : t == TRI_FALSE ? TRI_TRUE : t;
}

static inline enum tri referee_any(
	const struct referee *r, const struct leaf *leaf, struct str seen, bool *ret_some)
{
	enum tri result = TRI_FALSE;

	*ret_some = leaf->members != NULL;
	if (leaf->members)
		return (enum tri)referee_has(leaf->members, seen);
	for (uint32_t i = 0; i < leaf->n; i++) {
		const struct operand *o = &leaf->v[i];
		struct str want = o->is_column ? referee_cell(r, o->ref) : o->text;
		enum tri one = want.n && seen.n ? referee_compare(r, leaf, seen, want) : TRI_FALSE;

		*ret_some = *ret_some || want.n;
		if (one == TRI_TRUE)
			return TRI_TRUE;
		result = one == TRI_UNKNOWN ? one : result;
	}
	return result;
}

static inline enum tri referee_leaf(const struct referee *r, const struct leaf *leaf)
{
	bool dated = leaf->compare == BY_DATE || leaf->compare == BY_AGE, some;
	struct str seen = leaf->source.kind == SOURCE_PARAM ? leaf->source.param
							    : referee_cell(r, leaf->source.ref);
	enum tri never = TRI_FALSE, result;
	double number;

	if (leaf->source.kind == SOURCE_FACT)
		return TRI_UNREAD;
	if (leaf->oper == OPER_PRESENT)
		return (enum tri)((seen.n > 0) == leaf->v->flag);
	if (seen.n && leaf->compare == BY_NUMBER && !rules_number(seen, &number))
		return TRI_UNKNOWN;
	if (seen.n && dated)
		never = referee_is_never(seen);
	if (never == TRI_UNKNOWN)
		return TRI_UNKNOWN;
	result = referee_any(r, leaf, never ? STR_NONE : seen, &some);
	if (leaf->oper != OPER_NE)
		return result;
	return seen.n && !never ? referee_not(result) : (enum tri)some;
}

/* Of all: false if one is, else unread if one is, else unknown if one is; of any, the other way
 * round. *at moves behind the condition. */
static inline enum tri referee_holds(const struct referee *r, uint32_t *at)
{
	const struct op *op = &r->set->ops.v[(*at)++];
	bool has[TRI_UNREAD + 1] = { 0 };
	enum tri decides = op->kind == OP_ALL ? TRI_FALSE : TRI_TRUE;

	if (op->kind == OP_LEAF)
		return referee_leaf(r, &r->set->leaves.v[op->leaf]);
	if (op->kind == OP_NOT)
		return referee_not(referee_holds(r, at));
	if (op->kind == OP_ALWAYS)
		return TRI_TRUE;
	while (*at < op->end)
		has[referee_holds(r, at)] = true;
	if (has[decides])
		return decides;
	return has[TRI_UNREAD] ? TRI_UNREAD : has[TRI_UNKNOWN] ? TRI_UNKNOWN : referee_not(decides);
}

/* The first rule that is not false, and what it is; the number of rules: there is none. */
static inline size_t referee_judge(
	const struct ruleset *set, const struct rules_row *row, enum tri *ret)
{
	struct referee r = { set, row };
	size_t rule;

	*ret = TRI_FALSE;
	for (rule = 0; rule < set->rules.n; rule++) {
		uint32_t at = set->rules.v[rule].first_op;

		*ret = referee_holds(&r, &at);
		if (*ret != TRI_FALSE)
			break;
	}
	return rule;
}

#endif
