#include "cli/app/not_started.h"

void not_started_init(struct not_started *u, const struct context *p, enum errc ended)
{
	*u = (struct not_started){ .p = p, .ended = ended };
	buf_init(&u->steps, 1024 * 1024);
	buf_init(&u->before, 64 * 1024);
}

static enum reason reason_of(enum errc code)
{
	switch (code) {
	case ERR_TEMPFAIL:
	case ERR_NET:
	case ERR_OUTAGE:
		return REASON_RUN_WAITING;
	case ERR_STOPPED:
		return REASON_RUN_STOPPED;
	case ERR_GUARD:
		return REASON_RUN_GUARDED;
	default:
		return REASON_RUN_NOT_BEGUN;
	}
}

/* Before the rules were asked, a row is at fault or it waits. */
static void unjudged_row(const struct input *in, uint32_t n, struct run_row *ret)
{
	const struct input_row *row = &in->rows[n];

	*ret = (struct run_row){
		.outcome = (enum outcome)row->outcome,
		.reason = (enum reason)row->reason,
		.serial = row->serial == MAP_NONE ? STR_NONE : map_key(&in->serials, row->serial),
		.line = input_line(in, n),
		.finished_ms = TIME_NONE,
	};
}

enum errc not_started_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct not_started *u = self;

	(void)err;
	if (u->p->has_plan)
		plan_row(&u->p->plan, n, &u->steps, &u->before, ret);
	else
		unjudged_row(&u->p->input, n, ret);
	if (ret->outcome == OUTCOME_PLANNED || ret->outcome == OUTCOME_PENDING) {
		ret->outcome = OUTCOME_PENDING;
		ret->reason = reason_of(u->ended);
		ret->detail = ret->steps = STR_NONE;
	}
	return ERR_OK;
}

void not_started_release(struct not_started *u)
{
	buf_release(&u->steps);
	buf_release(&u->before);
}
