#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
#include "sim/admin.h"
#include "sim/control.h"
#include "sim/fault.h"
#include "sim/fleet.h"
#include "sim/job.h"
#include "sim/route.h"
#include "sim/scenario.h"
#include "sim/schema.h"

/* splitmix64: the n-th number depends on nothing but the seed and n. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t sim_draw(struct sim *s)
{
	sim_meta_set(s, "draws", (int64_t)++s->draws);
	return mix(mix(s->opt.seed) ^ s->draws);
}

/* Version 4 and variant bits, so that clients that check them are content. */
static void uuid_text(uint64_t hi, uint64_t lo, char out[UUID_TEXT])
{
	(void)snprintf(out, UUID_TEXT, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(hi >> 32),
		(unsigned)(hi >> 16) & 0xffffu, (unsigned)hi & 0xfffu,
		((unsigned)(lo >> 48) & 0x3fffu) | 0x8000u,
		(unsigned long long)(lo & UINT64_C(0xffffffffffff)));
}

void sim_uuid(struct sim *s, char out[UUID_TEXT])
{
	uint64_t hi = sim_draw(s);

	uuid_text(hi, mix(hi), out);
}

void uuid_of(const char *kind, struct str name, char out[UUID_TEXT])
{
	struct sha256_stream *h = sha256_new();
	char hex[SHA256_HEX];
	uint64_t part[2] = { 0, 0 };

	sha256_add(h, str_from(kind));
	sha256_add(h, STR(":"));
	sha256_add(h, name);
	sha256_end_hex(h, hex);
	for (size_t i = 0; i < 32; i++) {
		unsigned digit = (unsigned)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);

		part[i / 16] = part[i / 16] << 4 | digit;
	}
	uuid_text(part[0], part[1], out);
}

void uuid_to_hex(const char *uuid, char out[HEX32_TEXT])
{
	size_t n = 0;

	for (; *uuid && n < HEX32_TEXT - 1; uuid++)
		if (*uuid != '-')
			out[n++] = ascii_upper(*uuid);
	out[n] = '\0';
}

int64_t sim_meta(struct sim *s, const char *name, int64_t otherwise)
{
	int64_t v = sql_int(&s->sql, sql_z("SELECT value FROM meta WHERE name=?"), sql_z(name));

	return v == SQL_NULL ? otherwise : v;
}

void sim_meta_set(struct sim *s, const char *name, int64_t v)
{
	sql_run(&s->sql,
		sql_z("INSERT INTO meta(name, value) VALUES(?1, ?2) "
		      "ON CONFLICT(name) DO UPDATE SET value=?2"),
		sql_z(name), sql_i(v));
}

void sim_effect(struct sim *s, const struct effect *e)
{
	struct json_out o;

	sql_begin(&s->sql);
	audit_begin(&s->audit, &o, s->now, "effect");
	json_put_str(&o, "serial", e->serial);
	json_put_z(&o, "what", e->what);
	json_put_str(&o, "before", e->before);
	json_put_str(&o, "after", e->after);
	json_put_bool(&o, "effective", e->effective);
	json_put_z(&o, "actor", s->actor);
	if (s->activity_id)
		json_put_z(&o, "activity", s->activity_id);
	audit_end(&s->audit, &o);
}

bool sim_look_back(struct sim *s, enum knob age)
{
	if (!knob(s, age))
		return false;
	sql_run(&s->sql, sql_z("UPDATE moment SET at=?"), sql_i(s->now - knob(s, age)));
	return true;
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
	jobs_run(s, now);
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
