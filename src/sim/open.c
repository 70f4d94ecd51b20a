#include "sim/open.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
#include "sim/admin.h"
#include "sim/core/scenario.h"
#include "sim/core/schema.h"
#include "sim/core/timer.h"
#include "sim/route.h"
#include "sim/world/activity.h"
#include "sim/world/fleet.h"
#include "sim/world/record.h"
#include "sim/world/sync.h"
#include "sim/world/world.h"

static void register_timers(struct sim *s)
{
	static timer_fn *const by_kind[TIMER_KINDS] = { [TIMER_ACTIVITY] = activity_finish,
		[TIMER_REVEAL] = world_reveal,
		[TIMER_SYNC] = sync_due,
		[TIMER_PROFILE] = profile_due,
		[TIMER_MIGRATION] = world_migrated,
		[TIMER_REQUEST] = route_late,
		[TIMER_ADMIN] = admin_due,
		[TIMER_WIPE] = record_wiped,
		[TIMER_LAND] = activity_land,
		[TIMER_CANCEL] = world_cancelled,
		[TIMER_MILESTONE] = admin_milestone };

	for (int kind = 0; kind < TIMER_KINDS; kind++)
		timer_register(s, (enum timer_kind)kind, by_kind[kind]);
}

static enum errc load_key(struct sim *s, struct err *err)
{
	enum { MAX_PEM_BYTES = 64 * 1024 };
	struct buf pem;
	enum errc e;

	if (!s->opt.apple_key)
		return ERR_OK;
	buf_init(&pem, MAX_PEM_BYTES);
	e = file_read(s->opt.apple_key, MAX_PEM_BYTES, &pem, err);
	if (e == ERR_OK)
		e = es256_load_public(&s->key, buf_view(&pem), err);
	buf_release(&pem);
	return e;
}

/* A new state is filled from the fleet in one transaction: it is whole or it is not there. */
static enum errc fill(struct sim *s, struct err *err)
{
	enum errc e;

	if (sim_meta(s, "filled", 0))
		return ERR_OK;
	sql_begin(&s->sql);
	e = fleet_load(s, err);
	if (e != ERR_OK)
		return e;
	sim_meta_set(s, "filled", 1);
	sim_meta_set(s, "seed", (int64_t)s->opt.seed);
	sql_commit(&s->sql);
	return ERR_OK;
}

static enum errc open_parts(struct sim *s, struct err *err)
{
	enum db_mode mode = !s->opt.state ? DB_MEMORY : s->opt.durable ? DB_STORE : DB_FAST;
	enum errc e = scenario_open(s, err);

	if (e == ERR_OK)
		e = load_key(s, err);
	if (e == ERR_OK)
		e = sql_open(&s->sql, s->opt.state, mode, err);
	if (e == ERR_OK)
		e = schema_apply(s->sql.db, err);
	if (e == ERR_OK)
		e = fill(s, err);
	if (e == ERR_OK && sql_broken(&s->sql))
		e = err_set(err, s->sql.broken.code, "%s", s->sql.broken.msg);
	if (e == ERR_OK)
		e = audit_open(
			&s->audit, &s->sql, s->opt.audit, s->opt.durable, s->opt.new_audit, err);
	if (e != ERR_OK)
		return e;
	s->draws = (uint64_t)sim_meta(s, "draws", 0);
	s->opt.seed = (uint64_t)sim_meta(s, "seed", 0);
	sim_clock_open(
		&s->clock, s->opt.clock_rate, sim_meta(s, "now", 0), sim_meta(s, "virtual", 0));
	return ERR_OK;
}

enum errc sim_open(struct sim **ret, const struct sim_options *opt, struct err *err)
{
	struct sim *s = mem_zalloc(sizeof(*s));
	enum errc e;

	s->opt = *opt;
	s->audit.fd = -1;
	s->actor = "fleet";
	arena_init(&s->arena);
	arena_init(&s->texts);
	knobs_init(&s->base);
	register_timers(s);
	e = open_parts(s, err);
	if (e != ERR_OK) {
		sim_close(s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

void sim_close(struct sim *s)
{
	if (!s)
		return;
	audit_close(&s->audit);
	if (s->sql.db)
		sql_close(&s->sql);
	if (s->clock.real)
		sim_clock_close(&s->clock);
	scenario_close(s->scenario);
	es256_free(s->key);
	arena_release(&s->arena);
	arena_release(&s->texts);
	free(s);
}
