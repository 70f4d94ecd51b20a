#include "plan/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct explaining {
	const struct input *in;
	struct ruleset *rules;
	struct facts *facts;
	int64_t now_ms;
	uint32_t row;  /* wanted */
	uint32_t slot; /* of its serial in the fleet */
	void (*each)(void *self, const struct explain_line *line);
	void *self;
	struct explained *ret;
};

static void give_fact(void *self, enum fact f, struct value *ret)
{
	struct explaining *e = self;

	fleet_fact(e->facts->fleet, e->slot, f, ret);
}

static enum errc explain_row(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct explaining *e = self;
	struct rules_row row = {
		.n_cells = record->n_cells,
		.serial = fleet_serial(e->facts->fleet, e->slot),
		.now_ms = e->now_ms,
		.fact = give_fact,
		.self = e,
	};
	struct str *cells;

	(void)err;
	if (n != e->row)
		return ERR_OK;
	cells = mem_alloc((record->n_cells + 1) * sizeof(*cells));
	for (size_t i = 0; i < record->n_cells; i++)
		cells[i] = input_cell(e->in, record, (int)i);
	row.cells = cells;
	rules_explain(e->rules, &row, e->each, e->self);
	rules_judge(e->rules, &row, &e->ret->verdict);
	e->ret->line = input_line(e->in, n);
	free(cells);
	return ERR_OK;
}

/* *ret: index of the first row with that serial. */
static bool find_row(const struct input *in, const char *text, struct serial *serial, uint32_t *ret)
{
	uint32_t slot;

	if (serial_read(str_from(text), serial) != REASON_NONE)
		return false;
	if (in->strip_barcode_s)
		(void)serial_strip_barcode(serial);
	slot = map_find(&in->serials, serial_view(serial));
	for (uint32_t i = 0; slot != MAP_NONE && i < in->n_rows; i++)
		if (input_slot(in, i) == slot) {
			*ret = i;
			return true;
		}
	return false;
}

enum errc explain_serial(const struct input *in, struct ruleset *rules, struct facts *facts,
	int64_t now_ms, const char *serial,
	void (*each)(void *self, const struct explain_line *line), void *self,
	struct explained *ret, struct err *err)
{
	struct explaining e = { in, rules, facts, now_ms, 0, 0, each, self, ret };
	struct serial s;
	enum errc rc = ERR_OK;

	if (!find_row(in, serial, &s, &e.row))
		return err_set(err, ERR_INPUT,
			"%s: no row has the serial '%s'; to judge it without the list: --serial",
			strcmp(in->path, "-") ? in->path : "standard input", serial);
	e.slot = fleet_add(facts->fleet, serial_view(&s));
	for (int r = READING_APPLE_DEVICE; r < READING_MAX_ && !rc; r++)
		if (r != READING_APPLE_COVERAGE || rules_ask(rules, (enum reading)r))
			rc = facts_read(facts, (enum reading)r, &e.slot, 1, err);
	return rc ? rc : input_each(in, explain_row, &e, err);
}
