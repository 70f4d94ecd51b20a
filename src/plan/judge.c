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
	bool fixed = rules_program_is_fixed(j->p->rules, rule);
	enum errc rc;

	row->program = j->p->rule_program[rule];
	if (row->program != MAP_NONE)
		return ERR_OK;
	rc = rules_program(j->p->rules, rule, false, facts, steps, &program.n, err);
	if (rc == ERR_SYNTAX) {
		plan_settle(j->p, row, OUTCOME_INVALID, REASON_ROW_BAD_VALUE, str_from(err->msg));
		return ERR_OK;
	}
	buf_init(&advice, ADVICE_MAX_BYTES);
	if (!rc && !fixed)
		take_text(j->p, row, steps, program.n);
	if (!rc) {
		take_advice(j, rule, facts, &advice, &program);
		rc = plan_take_program(j->p, row, &program, err);
	}
	buf_release(&advice);
	if (!rc && fixed)
		j->p->rule_program[rule] = row->program;
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

static enum errc judge_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct judging *j = self;
	struct input_row *row = &j->p->input->rows[n];
	struct fact_source source = { j->p, MAP_NONE };
	const struct str *cells;
	struct rules_row facts;
	struct verdict v;

	if (row->outcome != OUTCOME_PENDING || row->rule != ROW_NO_RULE)
		return ERR_OK;
	if (plan_already_done(j->p, row, record))
		return ERR_OK;
	source.slot = plan_slot(j->p, row);
	cells = plain_cells(j, record);
	facts = (struct rules_row){
		.cells = cells,
		.n_cells = record->n_cells,
		.trimmed = record->n_lines == 1 && cells == record->cells,
		.serial = input_serial(j->p->input, n),
		.now_ms = j->p->opt->now_ms,
		.fact = give_fact,
		.self = &source,
	};
	if (awaited_asks(j->p, row))
		v = (struct verdict){ .kind = VERDICT_NEEDS, .needs = READING_APPLE_DEVICE };
	else
		rules_judge(j->p->rules, &facts, &v);
	return take_verdict(j, row, n, &facts, &v, err);
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
		uint32_t slot;

		if (j->needs[i] != r)
			continue;
		slot = plan_slot(j->p, &j->p->input->rows[i]);
		if (!taken[slot])
			slots[n++] = slot;
		taken[slot] = true;
	}
	rc = facts_read(f, r, slots, n, err);
	free(taken);
	free(slots);
	return rc;
}

static void settle_protected(struct plan *p, uint32_t n)
{
	struct input_row *row = &p->input->rows[n];

	if (row->outcome == OUTCOME_PENDING && p->opt->protected_serials &&
		map_find(p->opt->protected_serials, input_serial(p->input, n)) != MAP_NONE)
		plan_settle(p, row, OUTCOME_PROTECTED, REASON_PROTECTED_LISTED, STR_NONE);
}

void plan_settle_protected(struct plan *p)
{
	for (uint32_t i = 0; i < p->input->n_rows; i++)
		settle_protected(p, i);
}

/* As judge_row(), of a row about which rules_judge_rows() has spoken. */
static enum errc judge_told_row(struct judging *j, uint32_t n, uint16_t rule,
	const struct list_rows *rows, size_t i, struct err *err)
{
	struct plan *p = j->p;
	struct input_row *row = &p->input->rows[n];
	struct str raw = csv_rows_raw(rows->csv, rows->at + i);
	bool open = rule == RULES_OPEN || (p->input->from_result && memchr(raw.p, '\'', raw.n));
	struct csv_record record;

	if (row->outcome != OUTCOME_PENDING)
		return ERR_OK;
	if (!open && rule == RULES_NONE) {
		plan_settle(p, row, OUTCOME_UNMATCHED, REASON_RULE_NONE, STR_NONE);
		return ERR_OK;
	}
	if (!open && p->rule_program[rule] != MAP_NONE) {
		row->rule = rule;
		row->program = p->rule_program[rule];
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
	for (uint32_t i = 0; i < rows->n && !rc; i++) {
		settle_protected(j->p, n + i);
		rc = judge_told_row(j, n + i, rules[i], rows, i, err);
	}
	return rc;
}

static enum errc judge_new_row(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct judging *j = self;

	settle_protected(j->p, n);
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

static void settle_conflict(struct plan *p, uint32_t row, uint32_t other)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "see line %u", input_line(p->input, other));
	plan_settle(p, &p->input->rows[row], OUTCOME_INVALID, REASON_ROW_CONFLICT, str_from(text));
}

/* From a result CSV: an earlier run has seen to the device, whatever its other rows say. */
static bool was_done_before(const struct input_row *row)
{
	return row->outcome == OUTCOME_UNCHANGED && row->reason == REASON_STATE_DONE;
}

/* Bits by slot: serials that stand in several rows. Caller frees. */
static uint64_t *repeated(const struct plan *p)
{
	size_t n_words = p->input->serials.n / 64 + 1;
	uint64_t *seen = mem_zalloc(n_words * sizeof(*seen));
	uint64_t *twice = mem_zalloc(n_words * sizeof(*twice));

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		uint32_t slot = p->input->rows[i].serial;
		uint64_t bit = UINT64_C(1) << slot % 64;

		if (slot == MAP_NONE)
			continue;
		twice[slot / 64] |= seen[slot / 64] & bit;
		seen[slot / 64] |= bit;
	}
	free(seen);
	return twice;
}

/* A row whose serial stands in several. */
struct twin {
	uint32_t slot, row;
};

static int twin_cmp(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Those of a serial beside each other. Caller frees. */
static struct twin *find_twins(const struct plan *p, uint32_t *ret_n)
{
	uint64_t *twice = repeated(p);
	struct twin *v = NULL;
	uint32_t n = 0, cap = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		uint32_t slot = p->input->rows[i].serial;

		if (slot == MAP_NONE || !(twice[slot / 64] >> slot % 64 & 1))
			continue;
		MEM_GROW(v, n, cap);
		v[n++] = (struct twin){ slot, i };
	}
	free(twice);
	if (n)
		qsort(v, n, sizeof(*v), twin_cmp);
	*ret_n = n;
	return v;
}

/* Which row speaks for the serial: the first, or the one that was done before. */
static uint32_t speaker_of(const struct plan *p, const struct twin *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (was_done_before(&p->input->rows[v[i].row]))
			return v[i].row;
	return v[0].row;
}

/* Acted on once when all its rows agree, not at all when they differ. */
static void settle_twins(struct plan *p, const struct twin *v, uint32_t n)
{
	struct input_row *rows = p->input->rows;
	uint32_t at = speaker_of(p, v, n);
	char text[24];

	for (uint32_t i = 0; i < n; i++)
		if (!was_done_before(&rows[at]) && !same_wish(&rows[at], &rows[v[i].row]) &&
			rows[at].reason != REASON_ROW_CONFLICT)
			settle_conflict(p, at, v[i].row);
	(void)snprintf(text, sizeof(text), "%u", input_line(p->input, at));
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].row == at)
			continue;
		if (rows[at].reason == REASON_ROW_CONFLICT)
			settle_conflict(p, v[i].row, at);
		else
			plan_settle(p, &rows[v[i].row], OUTCOME_DUPLICATE, REASON_ROW_DUPLICATE,
				str_from(text));
	}
}

static void settle_duplicates(struct plan *p)
{
	uint32_t n, end;
	struct twin *v = find_twins(p, &n);

	for (uint32_t i = 0; i < n; i = end) {
		for (end = i; end < n && v[end].slot == v[i].slot;)
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
