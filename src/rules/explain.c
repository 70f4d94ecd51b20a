#include "rules/ruleset.h"

const char *rules_tri_word(enum tri t)
{
	static const char *const words[] = {
		[TRI_FALSE] = "false",
		[TRI_TRUE] = "true",
		[TRI_UNKNOWN] = "unknown",
		[TRI_UNREAD] = "not read",
	};

	return words[t];
}

void rules_value_words(const struct value *v, struct buf *out)
{
	char when[TIME_TEXT];

	if (v->state == VALUE_ABSENT)
		buf_z(out, "absent");
	else if (v->state == VALUE_UNKNOWN)
		buf_z(out, "could not be read");
	else if (v->state == VALUE_UNREAD)
		buf_z(out, "not read");
	else if (v->type == TYPE_DATE)
		buf_z(out, time_rfc3339(v->number, when));
	else if (v->type == TYPE_FLAG)
		buf_z(out, v->number ? "yes" : "no");
	else if (v->type == TYPE_NUMBER)
		buf_printf(out, "%lld", (long long)v->number);
	else
		buf_str(out, v->text);
}

static struct str op_text(const struct ruleset *set, const struct op *op)
{
	switch (op->kind) {
	case OP_LEAF:
		return set->leaves.v[op->leaf].text;
	case OP_ALL:
		return STR("all");
	case OP_ANY:
		return STR("any");
	case OP_NOT:
		return STR("not");
	case OP_ALWAYS:
		break;
	}
	return STR("always: true");
}

static void fill_line(struct judge *j, uint32_t at, struct explain_line *line)
{
	const struct op *op = &j->set->ops.v[at];

	line->text = op_text(j->set, op);
	line->leaf = op->kind == OP_LEAF;
	line->seen = (struct value){ 0 };
	line->result = judge_ops(j, &at);
	if (line->leaf)
		line->seen = leaf_value(j, &j->set->leaves.v[op->leaf]);
}

void rules_explain(struct ruleset *set, const struct rules_row *row,
	void (*each)(void *self, const struct explain_line *line), void *self)
{
	bool ended = false;
	struct judge j = judge_of(set, row);

	for (size_t i = 0; i < set->rules.n; i++) {
		uint32_t root = set->rules.v[i].first_op, at = root;
		uint32_t ends[YAML_MAX_DEPTH]; /* of the groups around the line */
		struct explain_line line = { .rule = i, .reached = !ended };
		enum tri result = TRI_FALSE;

		for (; at < set->ops.v[root].end; at++) {
			while (line.depth && at >= ends[line.depth - 1])
				line.depth--;
			fill_line(&j, at, &line);
			each(self, &line);
			if (at == root)
				result = line.result;
			if (set->ops.v[at].end > at + 1)
				ends[line.depth++] = set->ops.v[at].end;
		}
		ended = ended || result != TRI_FALSE;
	}
}
