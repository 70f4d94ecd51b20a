/*
 * What is kept of each row. Few differ in more than their serial and their line, which follow from
 * those of the row before: serials get their slots in the order of the rows.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "plan/input_parts.h"

/* --- lines and serials --- */

void input_note_line(struct input *in, uint32_t line)
{
	runs_note(&in->lines, in->n_rows, line);
}

uint32_t input_line(const struct input *in, uint32_t n)
{
	return runs_at(&in->lines, n);
}

void input_note_slot(struct input *in, uint32_t slot)
{
	runs_note(&in->slots, in->n_slots++, slot);
}

uint32_t input_slot(const struct input *in, uint32_t n)
{
	return n < in->n_slots ? runs_at(&in->slots, n) : MAP_NONE;
}

struct str input_serial(const struct input *in, uint32_t n)
{
	uint32_t slot = input_slot(in, n);

	if (slot != MAP_NONE)
		return map_key(&in->serials, slot);
	return n < in->n_slots ? STR_NONE : serial_view(&in->waiting[n % INPUT_WAITING].serial);
}

/* --- kinds --- */

const struct input_row input_new_row = {
	.serial = MAP_NONE,
	.program = MAP_NONE,
	.detail = MAP_NONE,
	.rule = ROW_NO_RULE,
	.outcome = OUTCOME_PENDING,
	.reason = REASON_NONE,
};

static bool is_kind(const struct input_row *kind, const struct input_row *row)
{
	return kind->program == row->program && kind->detail == row->detail &&
	       kind->rule == row->rule && kind->outcome == row->outcome &&
	       kind->reason == row->reason;
}

uint32_t input_kind_of(struct input *in, const struct input_row *row)
{
	uint32_t h = (row->program * 31 + row->detail) * 31 +
		     ((uint32_t)row->rule << 16 | (uint32_t)row->outcome << 8 | row->reason);
	uint32_t *recent = &in->recent[(h * 0x9e3779b1u >> 16) % INPUT_RECENT];

	if (*recent < in->n_kinds && is_kind(&in->kinds[*recent], row))
		return *recent;
	MEM_GROW(in->kinds, in->n_kinds, in->cap_kinds);
	in->kinds[in->n_kinds] = *row;
	in->kinds[in->n_kinds].serial = MAP_NONE;
	return *recent = in->n_kinds++;
}

void input_add(struct input *in, const struct input_row *row, uint32_t line)
{
	input_note_line(in, line);
	input_note_slot(in, row->serial);
	MEM_GROW(in->rows, in->n_rows, in->cap_rows);
	in->rows[in->n_rows++] = (struct input_kept){ .kind = input_kind_of(in, row) };
}

struct input_row input_row(const struct input *in, uint32_t n)
{
	struct input_row row = *input_kind(in, n);

	row.serial = input_slot(in, n);
	return row;
}

void input_put(struct input *in, uint32_t n, const struct input_row *row)
{
	if (!is_kind(input_kind(in, n), row))
		in->rows[n].kind = input_kind_of(in, row);
}

struct str input_detail(const struct input *in, const struct input_row *row)
{
	return row->detail == MAP_NONE ? STR_NONE : map_key(&in->details, row->detail);
}

void input_forget_rows(struct input *in)
{
	map_release(&in->serials);
	free(in->rows);
	free(in->kinds);
	runs_release(&in->lines);
	runs_release(&in->slots);
	in->rows = NULL;
	in->kinds = NULL;
}
