/* What a row says besides its reason: since when its profile has been waited for. */
#include "base/time.h"
#include "facts/profile_state.h"
#include "plan/plan_parts.h"

enum { NOTE_MAX_BYTES = 64 * 1024 };

static bool wants_note(const struct input_row *row)
{
	return row->outcome != OUTCOME_INVALID && row->outcome != OUTCOME_DUPLICATE &&
	       row->outcome != OUTCOME_PROTECTED;
}

static void note_row(struct plan *p, struct input_row *row)
{
	uint32_t slot = plan_slot(p, row);
	char since[TIME_TEXT], retry[TIME_TEXT];
	enum profile_state state;
	int64_t since_ms, retry_ms;
	struct buf text;

	if (slot == MAP_NONE || !wants_note(row))
		return;
	state = profile_state_get(p->opt->facts->fleet, slot, &since_ms, &retry_ms);
	if (state == PROFILE_STATE_NONE)
		return;
	buf_init(&text, NOTE_MAX_BYTES);
	buf_str(&text, plan_detail(p, row));
	buf_printf(&text, "%sprofile %s since %s, next try %s", text.n ? "; " : "",
		profile_state_words(state), time_rfc3339_s(since_ms, since),
		retry_ms <= p->opt->now_ms ? "now" : time_rfc3339_s(retry_ms, retry));
	plan_settle(p, row, (enum outcome)row->outcome, (enum reason)row->reason, buf_view(&text));
	buf_release(&text);
}

void plan_note_profiles(struct plan *p)
{
	for (uint32_t i = 0; p->opt->facts && i < p->input->n_rows; i++)
		note_row(p, &p->input->rows[i]);
}
