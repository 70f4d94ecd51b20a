#include "sim/sim.h"

#include "sim/admin.h"
#include "sim/control.h"
#include "sim/core/timer.h"
#include "sim/route.h"

static int64_t asked_time(const struct request *q)
{
	uint64_t ms;

	return str_to_u64(request_header(q, "X-Sim-Now"), &ms) && ms < INT64_MAX ? (int64_t)ms : 0;
}

/* What changed is committed together with its audit lines, then both are visible. */
static enum errc settle(struct sim *s, struct err *err)
{
	if (s->sql.writing) {
		sim_meta_set(s, "now", s->clock.now_ms);
		sim_meta_set(s, "virtual", s->clock.virtual);
		audit_stage(&s->audit, &s->sql);
		sql_commit(&s->sql);
	}
	if (sql_broken(&s->sql))
		return err_set(err, s->sql.broken.code, "%s", s->sql.broken.msg);
	return audit_flush(&s->audit, err);
}

enum errc sim_handle(struct sim *s, const struct request *q, struct reply *r, struct err *err)
{
	int64_t now = sim_clock_tick(&s->clock, asked_time(q));
	char date[HTTP_DATE_TEXT];

	arena_reset(&s->arena);
	s->n_requests++;
	timers_run(s, now);
	s->marks = (struct marks){ 0, 0 };
	s->now = now;
	s->actor = "-";
	if (!control_handle(s, q, r)) {
		admins_start(s);
		route_request(s, q, r);
	}
	if (s->clock.virtual)
		reply_header(r, "X-Sim-Now", "%lld", (long long)now);
	http_date(now + knob(s, KNOB_DATE_AHEAD), date);
	reply_header(r, "Date", "%s", date);
	return settle(s, err);
}
