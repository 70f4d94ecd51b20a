#include "rules/ruleset.h"

/* Apple refuses a migration deadline further ahead than this (services/README.md Apple A.6). */
#define MIGRATION_MAX_MS (INT64_C(90) * 86400000)

static enum errc arg_text(const struct ruleset *set, const struct arg *a,
	const struct rules_row *row, struct str *ret, struct err *err)
{
	struct str text = a->is_column ? rules_cell(&set->refs.v[a->ref], row) : a->text;

	if (!a->given || text.n) {
		*ret = text;
		return ERR_OK;
	}
	if (a->is_column)
		return err_set(err, ERR_SYNTAX, "column '%.*s' is empty, and the rule needs it",
			STR_FMT(rules_ref_name(&set->refs.v[a->ref])));
	return err_set(err, ERR_SYNTAX, "parameter '%.*s' is empty: give it with --set %.*s=VALUE",
		STR_FMT(a->param), STR_FMT(a->param));
}

static enum errc fill_deadline(const struct ruleset *set, const struct rule_step *step,
	const struct rules_row *row, struct step *ret, struct err *err)
{
	struct duration ahead;
	struct str text;
	int64_t at;
	enum errc rc = arg_text(set, &step->deadline, row, &text, err);

	if (rc != ERR_OK)
		return rc;
	if (duration_parse(text, &ahead))
		at = time_shift(row->now_ms, ahead, 1);
	else if (!rules_date(set, text, &at))
		return err_set(err, ERR_SYNTAX, "the deadline '%.*s' is neither date nor duration",
			STR_FMT(text));
	if (at <= row->now_ms && !step->force_now)
		return err_set(err, ERR_SYNTAX,
			"the deadline %.*s is past; that forces the move at once and needs "
			"force_now: true",
			STR_FMT(text));
	if (at - row->now_ms > MIGRATION_MAX_MS)
		return err_set(err, ERR_SYNTAX, "the deadline %.*s is more than 90 days ahead",
			STR_FMT(text));
	ret->deadline_ms = at;
	ret->force_now = step->force_now;
	return ERR_OK;
}

enum errc steps_fill(const struct ruleset *set, const struct steps *steps,
	const struct rules_row *row, struct step *ret, uint32_t *ret_n, struct err *err)
{
	for (uint32_t i = 0; i < steps->n; i++) {
		const struct rule_step *from = &steps->v[i];
		struct step step = { .kind = from->kind, .deadline_ms = TIME_NONE };
		enum errc rc = arg_text(set, &from->arg, row, &step.arg, err);

		if (rc == ERR_OK && from->kind == STEP_MIGRATE)
			rc = fill_deadline(set, from, row, &step, err);
		if (rc != ERR_OK)
			return rc;
		ret[i] = step;
	}
	*ret_n = steps->n;
	return ERR_OK;
}

enum errc rules_program(struct ruleset *set, size_t rule, bool if_failed,
	const struct rules_row *row, struct step *ret, uint32_t *ret_n, struct err *err)
{
	const struct rule *r = &set->rules.v[rule];

	return steps_fill(set, if_failed ? &r->failed : &r->to_do, row, ret, ret_n, err);
}

static bool is_fixed(const struct steps *steps)
{
	for (uint32_t i = 0; i < steps->n; i++)
		if (steps->v[i].arg.is_column || steps->v[i].deadline.is_column)
			return false;
	return true;
}

bool rules_program_is_fixed(const struct ruleset *set, size_t rule)
{
	return is_fixed(&set->rules.v[rule].to_do) && is_fixed(&set->rules.v[rule].failed);
}

static bool is_for_good(const struct steps *steps)
{
	for (uint32_t i = 0; i < steps->n; i++)
		if (step_info(steps->v[i].kind)->irreversible || steps->v[i].force_now)
			return true;
	return false;
}

bool rules_decide_for_good(const struct ruleset *set)
{
	for (size_t i = 0; i < set->rules.n; i++)
		if (is_for_good(&set->rules.v[i].to_do))
			return true;
	return false;
}
