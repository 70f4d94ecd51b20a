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
	free(p->rule_kind);
	free(p->rule_because);
	awaited_free(p->awaited);
	p->awaited = NULL;
	p->compiled = NULL;
	p->rule_kind = p->rule_because = NULL;
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
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		enum outcome o = input_kind(p->input, i)->outcome;

		if (outcome_info(o)->exit_status || o == OUTCOME_WAITING)
			return false;
	}
	return true;
}

/* --- the two ends of every plan --- */

/* That many MAP_NONE. Caller frees with free(). */
static uint32_t *all_none(size_t n)
{
	uint32_t *v = mem_reserve(NULL, n, sizeof(*v));

	memset(v, 0xff, n * sizeof(*v));
	return v;
}

static void apply_limit(struct plan *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		struct input_row row = *input_kind(p->input, i);

		if (row.outcome != OUTCOME_PLANNED || n++ < p->opt->limit)
			continue;
		plan_settle(p, &row, OUTCOME_SKIPPED, REASON_LIMIT_BEYOND_N, STR_NONE);
		input_put(p->input, i, &row);
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

/* What a row's fingerprint ends in is the same for all of one rule and program. */
struct fingerprint {
	struct sha256_stream *digest;
	struct buf text, wish, before; /* text: not yet digested */
	uint32_t program, rule;        /* of `wish` */
};

enum { FINGERPRINT_BYTES = 64 * 1024, STEPS_BYTES = 1024 * 1024 };

static void take_wish(struct fingerprint *f, const struct plan *p, const struct input_row *row)
{
	if (f->wish.n && f->program == row->program && f->rule == row->rule)
		return;
	f->program = row->program;
	f->rule = row->rule;
	buf_reset(&f->wish);
	buf_char(&f->wish, '\n');
	buf_str(&f->wish, plan_rule_name(p, row));
	buf_char(&f->wish, '\n');
	work_describe(plan_program(p, row), NULL, &f->wish);
	buf_char(&f->wish, '\n');
}

static void flush_text(struct fingerprint *f, size_t at_least)
{
	if (f->text.n < at_least)
		return;
	sha256_add(f->digest, buf_view(&f->text));
	buf_reset(&f->text);
}

/* What fingerprint_add() makes of it. */
static void add_planned(struct fingerprint *f, const struct plan *p, uint32_t n)
{
	const struct input_row row = input_row(p->input, n);
	uint32_t slot = plan_slot(p, &row);

	take_wish(f, p, &row);
	buf_reset(&f->before);
	if (slot != MAP_NONE)
		fleet_describe(p->opt->facts->fleet, slot, &f->before);
	buf_str(&f->text, map_key(&p->input->serials, row.serial));
	buf_str(&f->text, buf_view(&f->wish));
	buf_str(&f->text, buf_view(&f->before));
	buf_char(&f->text, '\n');
	flush_text(f, FINGERPRINT_BYTES);
}

/* Made of what a plan's CSV shows, so that it can be made again from one. */
static void take_fingerprint(struct plan *p)
{
	struct fingerprint f = { .digest = sha256_new() };

	buf_init(&f.text, FINGERPRINT_BYTES + 2 * STEPS_BYTES);
	buf_init(&f.wish, STEPS_BYTES);
	buf_init(&f.before, FINGERPRINT_BYTES);
	for (uint32_t i = 0; i < p->input->n_rows; i++)
		if (input_kind(p->input, i)->outcome == OUTCOME_PLANNED)
			add_planned(&f, p, i);
	flush_text(&f, 1);
	buf_release(&f.text);
	buf_release(&f.wish);
	buf_release(&f.before);
	sha256_end_hex(f.digest, p->fingerprint);
}

void plan_init(
	struct plan *p, struct input *input, struct ruleset *rules, const struct plan_options *opt)
{
	*p = (struct plan){ .input = input, .rules = rules, .opt = opt };
	if (opt->facts)
		facts_forget_ways(opt->facts);
	arena_init(&p->arena);
	map_init(&p->programs, 0);
	p->rule_kind = all_none(plan_n_rules(p) + 1);
	p->rule_because = all_none(plan_n_rules(p));
}

void plan_finish(struct plan *p)
{
	apply_limit(p);
	take_fingerprint(p);
}
