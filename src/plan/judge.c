/*
 * From rows to a plan: the protected list, then the rules, with as few facts as they need; the
 * steps decided (plan_decide.c), serials that stand twice.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "plan/awaited.h"
#include "plan/plan_parts.h"

/* --- judging: passes over the rows until none is open --- */

enum { ADVICE_MAX_BYTES = 64 * 1024 };

struct judging {
	struct plan *p;
	struct arena cells;
	uint8_t *
		needs; /* by row: the reading it waits for; READING_CSV: none. NULL without facts */
	uint32_t needed; /* bit per reading, of this pass */
};

struct fact_source {
	const struct plan *p;
	uint32_t slot;
};

static void give_fact(void *self, enum fact f, struct value *ret)
{
	struct fact_source *s = self;

	*ret = (struct value){ .type = fact_info(f)->type };
	if (!s->p->opt->facts)
		ret->state = VALUE_UNKNOWN;
	else if (s->slot != MAP_NONE)
		fleet_fact(s->p->opt->facts->fleet, s->slot, f, ret);
}

/* The texts of `if_failed:`, in one. A cell that it needs and that is empty leaves it out: the
 * advice is no reason not to act. */
static void take_advice(struct judging *j, size_t rule, const struct rules_row *facts,
	struct buf *text, struct program *program)
{
	struct step steps[PROGRAM_MAX_STEPS];
	struct err err;
	uint32_t n = 0;

	if (rules_program(j->p->rules, rule, true, facts, steps, &n, &err))
		return;
	for (uint32_t i = 0; i < n; i++)
		if (step_info(steps[i].kind)->arg == ARG_TEXT && steps[i].arg.n) {
			buf_z(text, text->n ? "; " : "");
			buf_str(text, steps[i].arg);
		}
	program->if_failed = buf_view(text);
}

/* Of steps that send nothing, the text is all that differs from row to row: it is the row's then,
 * not the program's. */
static void take_text(struct plan *p, struct input_row *row, struct step *steps, uint32_t n)
{
	const struct step *tells = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (step_info(steps[i].kind)->service != SERVICE_NONE)
			return;
	for (uint32_t i = 0; i < n; i++)
		if (steps[i].kind == STEP_ADVISE ||
			(steps[i].kind == STEP_NOTE && (!tells || tells->kind == STEP_NOTE)))
			tells = &steps[i];
	if (tells && tells->arg.n)
		row->detail = map_add(&p->input->details, tells->arg, NULL);
	for (uint32_t i = 0; i < n; i++)
		steps[i].arg = STR_NONE;
}

static enum errc take_program(struct judging *j, struct input_row *row, size_t rule,
	const struct rules_row *facts, struct err *err)
{
	struct step steps[PROGRAM_MAX_STEPS];
	struct program program = { .v = steps };
	struct buf advice;
	enum errc rc;

	if (j->p->rule_kind[rule] != MAP_NONE) {
		row->program = j->p->input->kinds[j->p->rule_kind[rule]].program;
		return ERR_OK;
	}
	rc = rules_program(j->p->rules, rule, false, facts, steps, &program.n, err);
	if (rc == ERR_SYNTAX) {
		plan_settle(j->p, row, OUTCOME_INVALID, REASON_ROW_BAD_VALUE, str_from(err->msg));
		return ERR_OK;
	}
	buf_init(&advice, ADVICE_MAX_BYTES);
	if (!rc && !rules_program_is_fixed(j->p->rules, rule))
		take_text(j->p, row, steps, program.n);
	if (!rc) {
		take_advice(j, rule, facts, &advice, &program);
		rc = plan_take_program(j->p, row, &program, err);
	}
	buf_release(&advice);
	return rc;
}

/* Whether its steps can be made is said now, not when the device comes. */
static enum errc take_wait(struct judging *j, struct input_row *row, size_t rule,
	const struct rules_row *facts, struct err *err)
{
	struct step steps[PROGRAM_MAX_STEPS];
	uint32_t n = 0;
	enum errc rc = rules_program(j->p->rules, rule, false, facts, steps, &n, err);

	if (rc == ERR_SYNTAX)
		plan_settle(j->p, row, OUTCOME_INVALID, REASON_ROW_BAD_VALUE, str_from(err->msg));
	else if (!rc)
		plan_settle(j->p, row, OUTCOME_WAITING, REASON_RULE_WAITING, STR_NONE);
	return rc == ERR_SYNTAX ? ERR_OK : rc;
}

static enum errc take_verdict(struct judging *j, struct input_row *row, uint32_t n,
	const struct rules_row *facts, const struct verdict *v, struct err *err)
{
	uint8_t none = 0, *needs = j->needs ? &j->needs[n] : &none;

	*needs = READING_CSV;
	if (v->kind == VERDICT_RULE || v->kind == VERDICT_UNDECIDED || v->kind == VERDICT_WAITS)
		row->rule = (uint16_t)v->rule;
	switch (v->kind) {
	case VERDICT_RULE:
		return take_program(j, row, v->rule, facts, err);
	case VERDICT_NONE:
		plan_settle(j->p, row, OUTCOME_UNMATCHED, REASON_RULE_NONE, STR_NONE);
		break;
	case VERDICT_UNDECIDED:
		plan_settle_unknown(j->p, row, v->fact);
		break;
	case VERDICT_INVALID:
		plan_settle(j->p, row, OUTCOME_INVALID, REASON_ROW_BAD_VALUE, str_from(v->why));
		break;
	case VERDICT_WAITS:
		return take_wait(j, row, v->rule, facts, err);
	case VERDICT_NEEDS:
		*needs = (uint8_t)v->needs;
		j->needed |= 1u << v->needs;
		(void)fleet_add(j->p->opt->facts->fleet, facts->serial);
		break;
	}
	return ERR_OK;
}

/* Cells of a result CSV come with our formula guard, which is taken back. */
static const struct str *plain_cells(struct judging *j, const struct csv_record *r)
{
	struct str *cells;

	if (!j->p->input->from_result || !r->raw.n || !memchr(r->raw.p, '\'', r->raw.n))
		return r->cells;
	arena_reset(&j->cells);
	cells = arena_alloc(&j->cells, (r->n_cells + 1) * sizeof(*cells));
	for (size_t i = 0; i < r->n_cells; i++)
		cells[i] = input_cell(j->p->input, r, (int)i);
	return cells;
}

/* A kind for all rows that the rule takes, or that none does. */
static void note_kind(struct plan *p, uint32_t kind, const struct verdict *v)
{
	if (v->kind == VERDICT_NONE)
		p->rule_kind[plan_n_rules(p)] = kind;
	else if (v->kind == VERDICT_RULE && rules_program_is_fixed(p->rules, v->rule) &&
		 p->input->kinds[kind].program != MAP_NONE)
		p->rule_kind[v->rule] = kind;
}

static enum errc judge_open(struct judging *j, struct input_row *row, uint32_t n,
	const struct csv_record *record, struct err *err)
{
	struct input *in = j->p->input;
	struct fact_source source = { j->p, plan_slot(j->p, row) };
	const struct str *cells = plain_cells(j, record);
	const struct rules_row facts = {
		.cells = cells,
		.n_cells = record->n_cells,
		.trimmed = record->n_lines == 1 && cells == record->cells,
		.serial = input_serial(in, n),
		.now_ms = j->p->opt->now_ms,
		.fact = give_fact,
		.self = &source,
	};
	struct verdict v;
	enum errc rc;

	if (awaited_asks(j->p, row))
		v = (struct verdict){ .kind = VERDICT_NEEDS, .needs = READING_APPLE_DEVICE };
	else
		rules_judge(j->p->rules, &facts, &v);
	rc = take_verdict(j, row, n, &facts, &v, err);
	input_put(in, n, row);
	note_kind(j->p, in->rows[n].kind, &v);
	return rc;
}

static enum errc judge_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct judging *j = self;
	struct input_row row = input_row(j->p->input, n);

	if (row.outcome != OUTCOME_PENDING || row.rule != ROW_NO_RULE)
		return ERR_OK;
	if (!plan_already_done(j->p, &row, record))
		return judge_open(j, &row, n, record, err);
	input_put(j->p->input, n, &row);
	return ERR_OK;
}

/* Reads the cheapest of the readings asked for, for the rows that asked for it. */
static enum errc read_needed(struct judging *j, struct err *err)
{
	enum reading r = (enum reading)__builtin_ctz(j->needed);
	struct facts *f = j->p->opt->facts;
	uint32_t *slots = mem_alloc(f->fleet->serials.n * sizeof(*slots)), n = 0;
	bool *taken = mem_zalloc(f->fleet->serials.n);
	enum errc rc;

	for (uint32_t i = 0; i < j->p->input->n_rows; i++) {
		const struct input_row row = input_row(j->p->input, i);
		uint32_t slot;

		if (j->needs[i] != r)
			continue;
		slot = plan_slot(j->p, &row);
		if (!taken[slot])
			slots[n++] = slot;
		taken[slot] = true;
	}
	rc = facts_read(f, r, slots, n, err);
	free(taken);
	free(slots);
	return rc;
}

static void settle_protected(struct plan *p, uint32_t from, uint32_t to)
{
	const struct map *protected = p->opt->protected_serials;

	for (uint32_t i = from; protected && i < to; i++) {
		struct input_row row = *input_kind(p->input, i);

		if (row.outcome != OUTCOME_PENDING ||
			map_find(protected, input_serial(p->input, i)) == MAP_NONE)
			continue;
		plan_settle(p, &row, OUTCOME_PROTECTED, REASON_PROTECTED_LISTED, STR_NONE);
		input_put(p->input, i, &row);
	}
}

void plan_settle_protected(struct plan *p)
{
	settle_protected(p, 0, p->input->n_rows);
}

/* As judge_row(), of a row about which rules_judge_rows() has spoken. */
static enum errc judge_told_row(struct judging *j, uint32_t n, uint16_t rule,
	const struct list_rows *rows, size_t i, struct err *err)
{
	struct plan *p = j->p;
	struct str raw = csv_rows_raw(rows->csv, rows->at + i);
	bool open = rule == RULES_OPEN || (p->input->from_result && memchr(raw.p, '\'', raw.n));
	uint32_t kind = open ? MAP_NONE : p->rule_kind[rule == RULES_NONE ? plan_n_rules(p) : rule];
	struct csv_record record;

	if (input_kind(p->input, n)->outcome != OUTCOME_PENDING)
		return ERR_OK;
	if (kind != MAP_NONE) {
		p->input->rows[n].kind = kind;
		return ERR_OK;
	}
	list_rows_record(p->input->list, rows, i, &record);
	return judge_row(j, n, &record, err);
}

static enum errc judge_new_rows(
	void *self, uint32_t n, const struct list_rows *rows, struct err *err)
{
	struct judging *j = self;
	const struct rules_rows told = {
		.csv = rows->csv,
		.at = rows->at,
		.n = rows->n,
		.n_cells = rows->n_cells,
		.serials = rows->serials,
		.now_ms = j->p->opt->now_ms,
	};
	uint16_t rules[CSV_ROWS_MOST];
	enum errc rc = ERR_OK;

	rules_judge_rows(j->p->rules, &told, rules);
	settle_protected(j->p, n, n + (uint32_t)rows->n);
	for (uint32_t i = 0; i < rows->n && !rc; i++)
		rc = judge_told_row(j, n + i, rules[i], rows, i, err);
	return rc;
}

static enum errc judge_new_row(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct judging *j = self;

	settle_protected(j->p, n, n + 1);
	return judge_row(self, n, record, err);
}

/* Without facts nothing is waited for: one look while the rows are read. */
static enum errc judge_unread(struct plan *p, struct err *err)
{
	struct judging j = { .p = p };
	enum errc rc;

	arena_init(&j.cells);
	rc = input_rows(p->input, &(struct input_takers){ judge_new_row, judge_new_rows, &j }, err);
	arena_release(&j.cells);
	return rc;
}

static enum errc judge(struct plan *p, struct err *err)
{
	struct judging j = { .p = p, .needs = mem_zalloc(p->input->n_rows) };
	enum errc rc;

	plan_settle_protected(p);
	arena_init(&j.cells);
	do {
		j.needed = 0;
		rc = input_each(p->input, judge_row, &j, err);
		if (!rc && j.needed)
			rc = read_needed(&j, err);
	} while (!rc && j.needed);
	arena_release(&j.cells);
	free(j.needs);
	return rc;
}

/* --- serials that stand twice --- */

static bool same_wish(const struct input_row *a, const struct input_row *b)
{
	return a->rule == b->rule && a->program == b->program && a->outcome == b->outcome;
}

static void settle_at(struct plan *p, uint32_t n, enum outcome outcome, enum reason reason,
	const char *words, uint32_t other)
{
	struct input_row row = *input_kind(p->input, n);
	char text[48];

	(void)snprintf(text, sizeof(text), "%s%u", words, input_line(p->input, other));
	plan_settle(p, &row, outcome, reason, str_from(text));
	input_put(p->input, n, &row);
}

static void settle_conflict(struct plan *p, uint32_t row, uint32_t other)
{
	settle_at(p, row, OUTCOME_INVALID, REASON_ROW_CONFLICT, "see line ", other);
}

static bool is_conflict(const struct plan *p, uint32_t n)
{
	return input_kind(p->input, n)->reason == REASON_ROW_CONFLICT;
}

/* From a result CSV: an earlier run has seen to the device, whatever its other rows say. */
static bool was_done_before(const struct input_row *row)
{
	return row->outcome == OUTCOME_UNCHANGED && row->reason == REASON_STATE_DONE;
}

/* Which row speaks for the serial: the first, or the one that was done before. */
static uint32_t speaker_of(const struct plan *p, const struct run *v, size_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (was_done_before(input_kind(p->input, v[i].place)))
			return v[i].place;
	return v[0].place;
}

/* Acted on once when all its rows agree, not at all when they differ. */
static void settle_twins(struct plan *p, const struct run *v, size_t n)
{
	const struct input *in = p->input;
	uint32_t at = speaker_of(p, v, n);

	for (uint32_t i = 0; i < n; i++)
		if (!was_done_before(input_kind(in, at)) && !is_conflict(p, at) &&
			!same_wish(input_kind(in, at), input_kind(in, v[i].place)))
			settle_conflict(p, at, v[i].place);
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].place == at)
			continue;
		if (is_conflict(p, at))
			settle_conflict(p, v[i].place, at);
		else
			settle_at(p, v[i].place, OUTCOME_DUPLICATE, REASON_ROW_DUPLICATE, "", at);
	}
}

static void settle_duplicates(struct plan *p)
{
	const struct input *in = p->input;
	size_t n, end;
	struct run *v = runs_twins(&in->slots, in->n_slots, in->serials.n, &n);

	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && v[end].number == v[i].number;)
			end++;
		settle_twins(p, v + i, end - i);
	}
	free(v);
}

static enum errc build(struct plan *p, struct err *err)
{
	enum errc rc = p->opt->facts ? plan_check_names(p, err) : ERR_OK;

	if (!rc)
		rc = awaited_load(p, err);
	if (!rc)
		rc = p->input->unread ? judge_unread(p, err) : judge(p, err);
	if (!rc)
		rc = plan_decide(p, err);
	if (rc)
		return rc;
	awaited_settle(p);
	settle_duplicates(p);
	plan_note_profiles(p);
	plan_finish(p);
	return ERR_OK;
}

enum errc plan_build(struct plan *p, struct input *input, struct ruleset *rules,
	const struct plan_options *opt, struct err *err)
{
	enum errc rc;

	plan_init(p, input, rules, opt);
	rc = build(p, err);
	/* Whoever looks later looks closely again. */
	if (opt->facts)
		opt->facts->patient = false;
	return rc;
}
