#include "plan/plan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/crypto.h"
#include "model/program.h"
#include "plan/awaited.h"
#include "plan/plan_parts.h"

void plan_release(struct plan *p)
{
	map_release(&p->programs);
	arena_release(&p->arena);
	free(p->compiled);
	free(p->rule_program);
	free(p->rule_because);
	awaited_free(p->awaited);
	p->awaited = NULL;
	p->compiled = NULL;
	p->rule_program = p->rule_because = NULL;
}

uint32_t plan_slot(const struct plan *p, const struct input_row *row)
{
	if (!p->opt->facts || row->serial == MAP_NONE)
		return MAP_NONE;
	return map_find(&p->opt->facts->fleet->serials, map_key(&p->input->serials, row->serial));
}

const struct work_program *plan_program(const struct plan *p, const struct input_row *row)
{
	return row->program < p->n_compiled ? &p->compiled[row->program] : NULL;
}

struct str plan_rule_name(const struct plan *p, const struct input_row *row)
{
	return row->rule == ROW_NO_RULE ? STR_NONE : plan_rule(p, row->rule);
}

size_t plan_n_rules(const struct plan *p)
{
	return p->rules ? rules_count(p->rules) : 1;
}

struct str plan_rule(const struct plan *p, size_t rule)
{
	return p->rules ? rules_info(p->rules, rule)->name : str_from(p->undo);
}

const char *plan_rules_digest(const struct plan *p)
{
	return p->rules ? rules_digest(p->rules) : "";
}

struct str plan_detail(const struct plan *p, const struct input_row *row)
{
	return input_detail(p->input, row);
}

void plan_settle(struct plan *p, struct input_row *row, enum outcome outcome, enum reason reason,
	struct str detail)
{
	row->outcome = (uint8_t)outcome;
	row->reason = (uint8_t)reason;
	row->detail = detail.n ? map_add(&p->input->details, detail, NULL) : MAP_NONE;
}

void plan_settle_unknown(struct plan *p, struct input_row *row, enum fact fact)
{
	struct buf text;

	buf_init(&text, 2048);
	if (p->opt->facts)
		fleet_tell_unknown(p->opt->facts->fleet, plan_slot(p, row), fact, &text);
	else
		buf_z(&text, fact_info(fact)->word);
	plan_settle(p, row, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN, buf_view(&text));
	buf_release(&text);
}

enum errc plan_take_program(
	struct plan *p, struct input_row *row, const struct program *program, struct err *err)
{
	struct buf json;
	enum errc rc;

	buf_init(&json, 256 * 1024);
	program_encode(program, &json);
	rc = buf_check(&json, "a program", err);
	if (!rc)
		row->program = map_add(&p->programs, buf_view(&json), NULL);
	buf_release(&json);
	return rc;
}

bool plan_is_well(const struct plan *p)
{
	for (uint32_t i = 0; i < p->input->n_rows; i++)
		if (outcome_info((enum outcome)p->input->rows[i].outcome)->exit_status ||
			p->input->rows[i].outcome == OUTCOME_WAITING)
			return false;
	return true;
}

/* --- the two ends of every plan --- */

uint32_t *plan_all_none(size_t n)
{
	uint32_t *v = mem_reserve(NULL, n, sizeof(*v));

	memset(v, 0xff, n * sizeof(*v));
	return v;
}

static void apply_limit(struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		struct input_row *row = &p->input->rows[i];

		if (row->outcome == OUTCOME_PLANNED && n++ >= p->opt->limit)
			plan_settle(p, row, OUTCOME_SKIPPED, REASON_LIMIT_BEYOND_N, STR_NONE);
	}
	p->n_planned = n < p->opt->limit ? n : p->opt->limit;
}

void fingerprint_add(struct sha256_stream *digest, struct str serial, struct str rule,
	struct str steps, struct str before)
{
	const struct str parts[] = { serial, rule, steps, before };

	for (size_t i = 0; i < 4; i++) {
		sha256_add(digest, parts[i]);
		sha256_add(digest, STR("\n"));
	}
}

/* Made of what a plan's CSV shows, so that it can be made again from one. */
static void take_fingerprint(struct plan *p)
{
	struct sha256_stream *digest = sha256_new();
	struct buf before, steps;

	buf_init(&before, 64 * 1024);
	buf_init(&steps, 1024 * 1024);
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row *row = &p->input->rows[i];
		uint32_t slot = plan_slot(p, row);

		if (row->outcome != OUTCOME_PLANNED)
			continue;
		buf_reset(&before);
		buf_reset(&steps);
		if (slot != MAP_NONE)
			fleet_describe(p->opt->facts->fleet, slot, &before);
		work_describe(plan_program(p, row), NULL, &steps);
		fingerprint_add(digest, map_key(&p->input->serials, row->serial),
			plan_rule_name(p, row), buf_view(&steps), buf_view(&before));
	}
	buf_release(&before);
	buf_release(&steps);
	sha256_end_hex(digest, p->fingerprint);
}

void plan_init(
	struct plan *p, struct input *input, struct ruleset *rules, const struct plan_options *opt)
{
	*p = (struct plan){ .input = input, .rules = rules, .opt = opt };
	if (opt->facts)
		facts_forget_ways(opt->facts);
	arena_init(&p->arena);
	map_init(&p->programs, 0);
	p->rule_program = plan_all_none(plan_n_rules(p));
	p->rule_because = plan_all_none(plan_n_rules(p));
}

void plan_finish(struct plan *p)
{
	apply_limit(p);
	take_fingerprint(p);
}
