/* What a row says besides its reason: since when its profile has been waited for. */
#include "facts/profile_state.h"
#include "plan/plan_parts.h"

enum { NOTE_MAX_BYTES = 64 * 1024 };

static bool wants_note(const struct input_row *row)
{
	return row->outcome != OUTCOME_INVALID && row->outcome != OUTCOME_DUPLICATE &&
	       row->outcome != OUTCOME_PROTECTED;
}

static void note_row(struct plan *p, uint32_t n)
{
	struct input_row row = input_row(p->input, n);
	uint32_t slot = plan_slot(p, &row);
	char note[PROFILE_STATE_TEXT];
	struct buf text;

	if (slot == MAP_NONE || !wants_note(&row) ||
		!profile_state_tell(p->opt->facts->fleet, slot, p->opt->now_ms, note))
		return;
	buf_init(&text, NOTE_MAX_BYTES);
	buf_str(&text, plan_detail(p, &row));
	buf_printf(&text, "%s%s", text.n ? "; " : "", note);
	plan_settle(p, &row, (enum outcome)row.outcome, (enum reason)row.reason, buf_view(&text));
	input_put(p->input, n, &row);
	buf_release(&text);
}

void plan_note_profiles(struct plan *p)
{
	for (uint32_t i = 0; p->opt->facts && i < p->input->n_rows; i++)
		note_row(p, i);
}
