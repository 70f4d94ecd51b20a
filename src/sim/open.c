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
		[TIMER_MILESTONE] = admin_milestone,
		[TIMER_ARRIVES] = fleet_arrives };

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

	if (sim_meta(s, "filled"))
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

static enum errc open_state(struct sim *s, struct err *err)
{
	enum db_mode mode = !s->opt.state ? DB_MEMORY : s->opt.durable ? DB_STORE : DB_FAST;
	enum errc e = sql_open(&s->sql, s->opt.state, mode, err);

	return e == ERR_OK ? schema_apply(s->sql.db, err) : e;
}

static enum errc open_audit(struct sim *s, struct err *err)
{
	if (sql_broken(&s->sql))
		return err_set(err, s->sql.broken.code, "%s", s->sql.broken.msg);
	return audit_open(&s->audit, &s->sql, s->opt.audit, s->opt.durable, s->opt.new_audit, err);
}

static void go_on(struct sim *s)
{
	s->draws = (uint64_t)sim_meta(s, "draws");
	s->opt.seed = (uint64_t)sim_meta(s, "seed");
	sim_clock_open(&s->clock, s->opt.clock_rate, sim_meta(s, "now"), sim_meta(s, "virtual"));
}

static enum errc open_parts(struct sim *s, struct err *err)
{
	enum errc e = scenario_open(s, err);

	if (e == ERR_OK)
		e = load_key(s, err);
	if (e == ERR_OK)
		e = open_state(s, err);
	if (e == ERR_OK)
		e = fill(s, err);
	if (e == ERR_OK)
		e = open_audit(s, err);
	if (e == ERR_OK)
		go_on(s);
	return e;
}

static struct sim *sim_new(const struct sim_options *opt)
{
	struct sim *s = mem_zalloc(sizeof(*s));

	s->opt = *opt;
	s->audit.fd = -1;
	s->actor = "fleet";
	arena_init(&s->arena);
	arena_init(&s->texts);
	knobs_init(&s->base);
	register_timers(s);
	return s;
}

enum errc sim_open(struct sim **ret, const struct sim_options *opt, struct err *err)
{
	struct sim *s = sim_new(opt);
	enum errc e = open_parts(s, err);

	if (e != ERR_OK) {
		sim_close(s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

/* The tables and all that was prepared for them are kept: they cost more than a small world. */
static enum errc refill(struct sim *s, struct err *err)
{
	enum errc e;

	sql_begin(&s->sql);
	e = schema_empty(s->sql.db, err);
	if (e == ERR_OK)
		e = fill(s, err);
	if (e == ERR_OK && sql_broken(&s->sql))
		e = err_set(err, s->sql.broken.code, "%s", s->sql.broken.msg);
	if (e != ERR_OK)
		sql_rollback(&s->sql);
	return e;
}

enum errc sim_reopen(
	struct sim *s, const struct sim_options *opt, struct arena *texts, struct err *err)
{
	struct sim *fresh = sim_new(opt), old;
	enum errc e = scenario_open(fresh, err);

	if (e == ERR_OK) {
		fresh->sql = s->sql;
		e = refill(fresh, err);
		s->sql = fresh->sql;
	}
	fresh->sql.db = NULL;
	if (e != ERR_OK) {
		sim_close(fresh);
		arena_release(texts);
		return e;
	}
	old = *s;
	*s = *fresh;
	s->sql = old.sql;
	s->key = old.key;
	s->texts = *texts;
	old.sql.db = NULL;
	old.key = NULL;
	*fresh = old;
	sim_close(fresh); /* the old one, without what the new one has taken over */
	go_on(s);
	return open_audit(s, err);
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
