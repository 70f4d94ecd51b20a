#include <stdio.h>

#include "rules/ruleset.h"

/* One side of a comparison, in the shape the comparison needs. */
struct side {
	struct str text;
	double number;
	int64_t date_ms;
	struct duration age;
	bool flag;
};

struct value leaf_value(struct judge *j, const struct leaf *leaf)
{
	const struct source *s = &leaf->source;
	struct value v = { .state = VALUE_UNREAD, .type = s->type };

	if (s->kind == SOURCE_FACT) {
		if (j->row->fact)
			j->row->fact(j->row->self, s->fact, &v);
		return v;
	}
	v.type = TYPE_TEXT;
	v.text = s->kind == SOURCE_PARAM ? s->param : judge_cell(j, s->ref);
	v.state = v.text.n ? VALUE_KNOWN : VALUE_ABSENT;
	return v;
}

/* False: the text is not what the comparison needs. */
static bool side_from_text(
	const struct ruleset *set, enum compare by, struct str text, struct side *ret)
{
	ret->text = text;
	switch (by) {
	case BY_TEXT:
	case BY_FILE:
		return true;
	case BY_NUMBER:
		return rules_number(text, &ret->number);
	case BY_DATE:
		return rules_date(set, text, &ret->date_ms);
	case BY_AGE:
		return duration_parse(text, &ret->age);
	case BY_FLAG:
		return rules_flag(text, &ret->flag);
	}
	return false;
}

static bool side_from_value(
	const struct ruleset *set, enum compare by, const struct value *v, struct side *ret)
{
	if (v->type == TYPE_TEXT)
		return side_from_text(set, by == BY_AGE ? BY_DATE : by, v->text, ret);
	ret->number = (double)v->number;
	ret->date_ms = v->number;
	ret->flag = v->number != 0;
	return true;
}

/* An age is compared as the date that long ago; rows share their `now`, so that is counted once. */
static int64_t date_of(struct operand *o, enum compare by, int64_t now_ms)
{
	if (by == BY_AGE && o->age_now_ms != now_ms) {
		o->age_now_ms = now_ms;
		o->date_ms = time_shift(now_ms, o->age, -1);
	}
	return o->date_ms;
}

static bool side_from_operand(
	const struct judge *j, enum compare by, struct operand *o, struct side *ret)
{
	int64_t now_ms = j->row->now_ms;

	if (o->is_column) {
		if (!side_from_text(j->set, by, judge_cell(j, o->ref), ret))
			return false;
		if (by == BY_AGE)
			ret->date_ms = time_shift(now_ms, ret->age, -1);
		return true;
	}
	*ret = (struct side){ o->text, o->number, date_of(o, by, now_ms), o->age, o->flag };
	return true;
}

static bool is_absent(const struct judge *j, const struct operand *o)
{
	return o->is_column ? judge_cell(j, o->ref).n == 0 : o->text.n == 0;
}

bool text_holds(enum oper oper, struct str seen, struct str want)
{
	switch (oper) {
	case OPER_EXACT:
		return str_eq(seen, want);
	case OPER_PREFIX:
		return str_starts_nocase(seen, want);
	case OPER_SUFFIX:
		return str_ends_nocase(seen, want);
	case OPER_CONTAINS:
		return str_contains_nocase(seen, want);
	case OPER_GLOB:
		return str_glob_nocase(seen, want);
	default:
		return str_eq_nocase(seen, want);
	}
}

bool order_holds(enum oper oper, int order)
{
	switch (oper) {
	case OPER_LT:
	case OPER_BEFORE:
	case OPER_OLDER_THAN:
		return order < 0;
	case OPER_GT:
	case OPER_AFTER:
	case OPER_NEWER_THAN:
		return order > 0;
	case OPER_LE:
		return order <= 0;
	case OPER_GE:
		return order >= 0;
	default:
		return order == 0;
	}
}

static int order_of_dates(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static bool sides_hold(const struct leaf *leaf, const struct side *seen, const struct side *want)
{
	switch (leaf->compare) {
	case BY_NUMBER:
		return order_holds(
			leaf->oper, seen->number < want->number ? -1 : seen->number > want->number);
	case BY_DATE:
	case BY_AGE:
		return order_holds(leaf->oper, order_of_dates(seen->date_ms, want->date_ms));
	case BY_FLAG:
		return seen->flag == want->flag;
	default:
		return text_holds(leaf->oper, seen->text, want->text);
	}
}

/* Longer texts than any member are not looked up. */
static bool is_member(const struct leaf *leaf, struct str text)
{
	char lower[RULES_FILE_VALUE];

	if (text.n > sizeof(lower))
		return false;
	for (size_t i = 0; i < text.n; i++)
		lower[i] = ascii_lower(text.p[i]);
	return map_find(leaf->members, (struct str){ lower, text.n }) != MAP_NONE;
}

/* Whether any operand holds; unknown when none does and one cannot be compared. */
static enum tri any_holds(const struct judge *j, const struct leaf *leaf, const struct side *seen)
{
	enum tri result = TRI_FALSE;

	for (uint32_t i = 0; i < leaf->n; i++) {
		struct side want;

		if (is_absent(j, &leaf->v[i]))
			continue;
		if (!side_from_operand(j, leaf->compare, &leaf->v[i], &want))
			result = TRI_UNKNOWN;
		else if (sides_hold(leaf, seen, &want))
			return TRI_TRUE;
	}
	return result;
}

static enum tri not_tri(enum tri t)
{
	return t == TRI_TRUE ? TRI_FALSE : t == TRI_FALSE ? TRI_TRUE : t;
}

/* Against nothing every comparison is false; something differs from nothing, nothing does not. */
static enum tri judge_absent(const struct judge *j, const struct leaf *leaf)
{
	for (uint32_t i = 0; leaf->oper == OPER_NE && i < leaf->n; i++)
		if (!is_absent(j, &leaf->v[i]))
			return TRI_TRUE;
	return leaf->oper == OPER_NE && leaf->members ? TRI_TRUE : TRI_FALSE;
}

int64_t leaf_date(const struct leaf *leaf, int64_t now_ms)
{
	return date_of(leaf->v, leaf->compare, now_ms);
}

/* A value that says "never" says nothing of when, the years of other calendars are unknown;
 * TRI_UNREAD: it is a date to compare. */
static enum tri judge_calendar(const struct judge *j, const struct leaf *leaf, int64_t at_ms)
{
	if (time_is_never(at_ms))
		return judge_absent(j, leaf);
	return time_is_plausible(at_ms) ? TRI_UNREAD : TRI_UNKNOWN;
}

enum tri judge_leaf(struct judge *j, const struct leaf *leaf)
{
	struct value v = leaf_value(j, leaf);
	struct side seen = { 0 };
	enum tri result;

	if (v.state == VALUE_UNREAD)
		return TRI_UNREAD;
	if (v.state == VALUE_UNKNOWN)
		return TRI_UNKNOWN;
	if (leaf->oper == OPER_PRESENT)
		return (v.state == VALUE_KNOWN) == leaf->v[0].flag ? TRI_TRUE : TRI_FALSE;
	if (v.state == VALUE_ABSENT)
		return judge_absent(j, leaf);
	if (!side_from_value(j->set, leaf->compare, &v, &seen))
		return TRI_UNKNOWN;
	if (leaf->compare == BY_DATE || leaf->compare == BY_AGE) {
		result = judge_calendar(j, leaf, seen.date_ms);
		if (result != TRI_UNREAD)
			return result;
	}
	if (leaf->members)
		result = is_member(leaf, seen.text) ? TRI_TRUE : TRI_FALSE;
	else
		result = any_holds(j, leaf, &seen);
	return leaf->oper == OPER_NE ? not_tri(result) : result;
}

static enum tri judge_numbered(struct judge *j, uint32_t n)
{
	const struct leaf *leaf = &j->set->leaves.v[n];
	enum tri result;

	if (leaf->source.kind == SOURCE_FACT && j->blind & FACT_BIT(leaf->source.fact))
		return TRI_UNKNOWN;
	result = judge_leaf(j, leaf);
	if (result == TRI_UNREAD && fact_info(leaf->source.fact)->reading < j->needs)
		j->needs = fact_info(leaf->source.fact)->reading;
	if (result == TRI_UNKNOWN && j->unknown == UINT32_MAX)
		j->unknown = n;
	return result;
}

/* A member that decides hides what the others wait for. */
static enum tri judge_group(struct judge *j, const struct op *op, uint32_t *at)
{
	enum tri decisive = op->kind == OP_ALL ? TRI_FALSE : TRI_TRUE;
	enum tri result = not_tri(decisive);
	enum reading needs = j->needs;
	uint32_t unknown = j->unknown;

	while (*at < op->end) {
		enum tri one = judge_ops(j, at);

		if (one == decisive) {
			j->needs = needs;
			j->unknown = unknown;
			*at = op->end;
			return one;
		}
		if (one == TRI_UNREAD || (one == TRI_UNKNOWN && result != TRI_UNREAD))
			result = one;
	}
	return result;
}

enum tri judge_ops(struct judge *j, uint32_t *at)
{
	const struct op *op = &j->set->ops.v[(*at)++];

	switch (op->kind) {
	case OP_LEAF:
		return judge_numbered(j, op->leaf);
	case OP_NOT:
		return not_tri(judge_ops(j, at));
	case OP_ALWAYS:
		return TRI_TRUE;
	default:
		return judge_group(j, op, at);
	}
}

static const char *shape_words(enum compare by)
{
	static const char *const words[] = {
		[BY_TEXT] = "text",
		[BY_NUMBER] = "a number",
		[BY_DATE] = "a date",
		[BY_AGE] = "a duration",
		[BY_FLAG] = "true or false",
		[BY_FILE] = "text",
	};

	return words[by];
}

static bool blame(struct judge *j, uint32_t ref, enum compare by)
{
	struct str cell = judge_cell(j, ref);
	struct str name = rules_ref_name(&j->set->refs.v[ref]);

	(void)snprintf(j->set->why, sizeof(j->set->why), "column '%.*s' holds '%.*s', not %s",
		STR_FMT(name), STR_FMT(cell), shape_words(by));
	return true;
}

bool leaf_is_at_fault(struct judge *j, const struct leaf *leaf)
{
	struct value v = leaf_value(j, leaf);
	struct side side;

	if (v.state == VALUE_UNREAD || v.state == VALUE_UNKNOWN || leaf->oper == OPER_PRESENT)
		return false;
	if (v.state == VALUE_KNOWN && !side_from_value(j->set, leaf->compare, &v, &side))
		return leaf->source.kind == SOURCE_COLUMN &&
		       blame(j, leaf->source.ref,
			       leaf->compare == BY_AGE ? BY_DATE : leaf->compare);
	for (uint32_t i = 0; i < leaf->n; i++)
		if (leaf->v[i].is_column && !is_absent(j, &leaf->v[i]) &&
			!side_from_operand(j, leaf->compare, &leaf->v[i], &side))
			return blame(j, leaf->v[i].ref, leaf->compare);
	return false;
}

static void end_unknown(struct judge *j, size_t rule, struct verdict *ret)
{
	const struct leaf *leaf = &j->set->leaves.v[j->unknown];

	ret->rule = rule;
	ret->kind = VERDICT_UNDECIDED;
	ret->fact = leaf->source.fact;
	if (leaf_is_at_fault(j, leaf)) {
		ret->kind = VERDICT_INVALID;
		ret->why = j->set->why;
	}
}

/* Of a serial that Apple does not list nothing is known yet: a rule that waits takes it unless the
 * row itself says otherwise, whatever the rule asks of live facts. False: it is not a matter of
 * waiting. */
static bool judge_wait(struct judge *j, uint32_t rule, struct verdict *ret)
{
	uint32_t at = j->set->rules.v[rule].first_op;
	struct value listed = { .state = VALUE_UNREAD };
	enum tri result;

	if (j->row->fact)
		j->row->fact(j->row->self, FACT_APPLE_KNOWN, &listed);
	if (listed.state != VALUE_UNREAD && (listed.state != VALUE_KNOWN || listed.number))
		return false;
	j->blind = UINT64_MAX;
	result = judge_ops(j, &at);
	j->blind = 0;
	if (result == TRI_FALSE)
		return false;
	*ret = (struct verdict){ .kind = VERDICT_WAITS, .rule = rule };
	if (listed.state == VALUE_UNREAD) {
		ret->kind = VERDICT_NEEDS;
		ret->needs = fact_info(FACT_APPLE_KNOWN)->reading;
	} else if (j->unknown != UINT32_MAX) {
		end_unknown(j, rule, ret);
	}
	return true;
}

int32_t judge_rule(struct judge *j, uint32_t rule, struct verdict *ret)
{
	const struct rule *r = &j->set->rules.v[rule];
	uint32_t at = r->first_op;

	if (r->info.waits && judge_wait(j, rule, ret))
		return CHAIN_TRUE;
	switch (judge_ops(j, &at)) {
	case TRI_FALSE:
		return rule + 1 < j->set->rules.n ? r[1].first_link : (int32_t)j->set->chain.n;
	case TRI_TRUE:
		*ret = (struct verdict){ .kind = VERDICT_RULE, .rule = rule };
		break;
	case TRI_UNKNOWN:
		end_unknown(j, rule, ret);
		break;
	case TRI_UNREAD:
		*ret = (struct verdict){ .kind = VERDICT_NEEDS, .rule = rule, .needs = j->needs };
		break;
	}
	return CHAIN_TRUE;
}

/* What only blind facts leave open is as it was when the rule took the row: the rules before it did
 * not fire, and it did. True: *ret is all there is to say. */
static bool judge_once_more(struct judge *j, uint32_t rule, bool own, struct verdict *ret)
{
	uint32_t at = j->set->rules.v[rule].first_op;
	enum tri result;

	j->unknown = UINT32_MAX;
	result = judge_ops(j, &at);
	*ret = (struct verdict){ .kind = VERDICT_RULE, .rule = rule };
	if (result == TRI_UNREAD) {
		ret->kind = VERDICT_NEEDS;
		ret->needs = j->needs;
	} else if (result == TRI_UNKNOWN && j->unknown != UINT32_MAX) {
		end_unknown(j, rule, ret);
	} else if (result == TRI_FALSE || (result == TRI_UNKNOWN && !own)) {
		return false;
	}
	return true;
}

void rules_judge_again(struct ruleset *set, const struct rules_row *row, struct str rule,
	uint64_t blind, struct verdict *ret)
{
	struct judge j = judge_of(set, row);

	j.blind = blind;
	for (uint32_t i = 0; i < set->rules.n; i++)
		if (judge_once_more(&j, i, str_eq(set->rules.v[i].info.name, rule), ret))
			return;
	*ret = (struct verdict){ .kind = VERDICT_NONE };
}
