#include "plan/again.h"

#include <stdlib.h>

#include "base/mem.h"

struct judging {
	const struct again *a;
	struct again_row *rows;
	uint32_t *at;    /* by slot of the fleet: index of its row; MAP_NONE */
	uint8_t *needs;  /* by row: the reading it waits for; READING_CSV: none */
	uint32_t needed; /* bit per reading */
	int64_t now_ms;
	struct arena cells;
};

/* --- one row --- */

struct fact_source {
	const struct fleet *fleet;
	const struct again_row *row;
	struct snapshot before;
	uint64_t blind; /* what its own steps changed, and nobody wrote down */
};

/* What its own steps changed is as it was. */
static bool give_remembered(const struct fact_source *s, enum fact f, struct value *ret)
{
	for (int i = 0; i < SNAPSHOT_MAX_; i++) {
		enum value_state state = s->before.v[i].state;
		struct str text = s->before.v[i].text;

		if (snapshot_fact((enum snapshot_part)i) != f || ret->type == TYPE_DATE ||
			(state != VALUE_KNOWN && state != VALUE_ABSENT))
			continue;
		ret->state = state;
		ret->text = text;
		ret->number = str_eq(text, STR("yes"));
		return true;
	}
	return false;
}

static void give_fact(void *self, enum fact f, struct value *ret)
{
	const struct fact_source *s = self;

	*ret = (struct value){ .type = fact_info(f)->type };
	if (!(s->row->ours & FACT_BIT(f)))
		fleet_fact(s->fleet, s->row->slot, f, ret);
	else if (!give_remembered(s, f, ret))
		ret->state = VALUE_UNKNOWN;
}

static uint64_t blind_of(struct fact_source *s)
{
	uint64_t blind = 0;

	for (int f = 0; f < FACT_MAX_; f++) {
		struct value v = { .type = fact_info((enum fact)f)->type };

		if (s->row->ours & FACT_BIT(f) && !give_remembered(s, (enum fact)f, &v))
			blind |= FACT_BIT(f);
	}
	return blind;
}

struct changed_row {
	struct judging *j;
	struct str rule; /* it was taken by */
	char *why;
};

/* The first condition that does not hold. */
static void note_change(void *self, const struct explain_line *line)
{
	struct changed_row *c = self;
	const struct rule_info *rule = rules_info(c->j->a->rules, line->rule);
	struct buf seen;

	if (c->why || !line->leaf || line->result != TRI_FALSE || !str_eq(rule->name, c->rule))
		return;
	buf_init(&seen, 1024);
	rules_value_words(&line->seen, &seen);
	c->why = mem_printf("'%.*s' asks for %.*s, and that is now: %.*s", STR_FMT(c->rule),
		STR_FMT(line->text), STR_FMT(buf_view(&seen)));
	buf_release(&seen);
}

static void say_why(struct judging *j, struct again_row *row, const struct rules_row *facts,
	const struct verdict *v)
{
	struct changed_row c = { j, row->rule, NULL };

	if (v->kind == VERDICT_NONE)
		rules_explain(j->a->rules, facts, note_change, &c);
	else if (v->kind == VERDICT_RULE)
		c.why = mem_printf(
			"'%.*s' takes it now", STR_FMT(rules_info(j->a->rules, v->rule)->name));
	row->why = c.why ? c.why
			 : mem_printf("'%.*s' does not fire for it any more", STR_FMT(row->rule));
}

static void take_verdict(
	struct judging *j, uint32_t at, const struct rules_row *facts, const struct verdict *v)
{
	struct again_row *row = &j->rows[at];

	if (v->kind == VERDICT_NEEDS) {
		j->needs[at] = (uint8_t)v->needs;
		j->needed |= 1u << v->needs;
	} else if (v->kind == VERDICT_UNDECIDED) {
		row->holds = false;
		row->unknown = v->fact;
	} else if (v->kind != VERDICT_RULE ||
		   !str_eq(rules_info(j->a->rules, v->rule)->name, row->rule)) {
		row->holds = false;
		say_why(j, row, facts, v);
	}
}

/* Cells of a result CSV come with our formula guard, which is taken back. */
static const struct str *plain_cells(struct judging *j, const struct csv_record *r)
{
	struct str *cells;

	if (!j->a->input->from_result)
		return r->cells;
	arena_reset(&j->cells);
	cells = arena_alloc(&j->cells, (r->n_cells + 1) * sizeof(*cells));
	for (size_t i = 0; i < r->n_cells; i++)
		cells[i] = input_cell(j->a->input, r, (int)i);
	return cells;
}

static enum errc judge_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct judging *j = self;
	const struct fleet *fleet = j->a->facts->fleet;
	struct str serial = input_serial(j->a->input, n);
	uint32_t slot = serial.n ? map_find(&fleet->serials, serial) : MAP_NONE;
	uint32_t at = slot == MAP_NONE ? MAP_NONE : j->at[slot];
	struct fact_source source = { .fleet = fleet };
	struct rules_row facts;
	struct verdict v;
	struct arena texts;

	(void)err;
	if (at == MAP_NONE || !j->rows[at].holds || j->needs[at] != READING_CSV)
		return ERR_OK;
	source.row = &j->rows[at];
	arena_init(&texts);
	snapshot_decode(j->rows[at].before, &texts, &source.before);
	source.blind = blind_of(&source);
	facts = (struct rules_row){
		.cells = plain_cells(j, record),
		.n_cells = record->n_cells,
		.serial = serial,
		.now_ms = j->now_ms,
		.fact = give_fact,
		.self = &source,
	};
	rules_judge_again(j->a->rules, &facts, j->rows[at].rule, source.blind, &v);
	take_verdict(j, at, &facts, &v);
	arena_release(&texts);
	return ERR_OK;
}

/* --- all of them --- */

/* The cheapest of the readings asked for, for those that asked for it. */
static enum errc read_needed(struct judging *j, uint32_t n, struct err *err)
{
	enum reading r = (enum reading)__builtin_ctz(j->needed);
	uint32_t *slots = mem_alloc((n + 1) * sizeof(*slots)), n_slots = 0;
	enum errc rc;

	for (uint32_t i = 0; i < n; i++)
		if (j->needs[i] == r)
			slots[n_slots++] = j->rows[i].slot;
	rc = facts_read(j->a->facts, r, slots, n_slots, err);
	free(slots);
	return rc;
}

static enum errc judge_all(struct judging *j, uint32_t n, struct err *err)
{
	enum errc rc;

	do {
		j->needed = 0;
		memset(j->needs, READING_CSV, n);
		rc = input_each(j->a->input, judge_row, j, err);
		if (!rc && j->needed)
			rc = read_needed(j, n, err);
	} while (!rc && j->needed);
	return rc;
}

static void forget_all(struct judging *j, uint32_t n, uint32_t but)
{
	for (uint32_t i = 0; i < n; i++)
		for (int r = READING_CSV + 1; r < READING_MAX_; r++)
			if (!((but | j->rows[i].just_read) >> r & 1u))
				device_forget(&j->a->facts->fleet->devices[j->rows[i].slot],
					(enum reading)r);
}

/* Coverage takes a request for each device, of the scarcest rate: what else was read before it is
 * read once more where that took too long. */
static enum errc judge_freshly(struct judging *j, uint32_t n, struct err *err)
{
	struct facts *f = j->a->facts;
	int64_t begun = transport_now(f->transport);
	enum errc rc;

	f->since_ms = begun - f->settings->timeouts.fresh_ms;
	j->now_ms = begun;
	forget_all(j, n, 0);
	rc = judge_all(j, n, err);
	if (!rc && transport_now(f->transport) - begun > f->settings->timeouts.fresh_ms) {
		for (uint32_t i = 0; i < n; i++)
			j->rows[i].just_read = 0;
		j->now_ms = transport_now(f->transport);
		forget_all(j, n, 1u << READING_APPLE_COVERAGE);
		rc = judge_all(j, n, err);
	}
	f->since_ms = 0;
	return rc;
}

enum errc again_judge(const struct again *a, struct again_row *rows, uint32_t n, struct err *err)
{
	struct judging j = {
		.a = a,
		.rows = rows,
		.at = mem_alloc((a->facts->fleet->serials.n + 1) * sizeof(*j.at)),
		.needs = mem_zalloc(n + 1),
	};
	enum errc rc;

	memset(j.at, 0xff, a->facts->fleet->serials.n * sizeof(*j.at));
	for (uint32_t i = 0; i < n; i++) {
		j.at[rows[i].slot] = i;
		rows[i].holds = true;
		rows[i].unknown = FACT_MAX_;
		rows[i].why = NULL;
	}
	arena_init(&j.cells);
	rc = judge_freshly(&j, n, err);
	arena_release(&j.cells);
	free(j.needs);
	free(j.at);
	return rc;
}
