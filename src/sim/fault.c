#include "sim/fault.h"

#include <stdio.h>

#include "base/time.h"
#include "sim/apple.h"
#include "sim/dep.h"
#include "sim/uem.h"
#include "sim/world.h"

static bool fits(const struct filter *f, const struct call *c, enum party party)
{
	if (f->service >= 0 && f->service != (int)party)
		return false;
	if (f->method && !str_eq(c->req->method, str_from(f->method)))
		return false;
	return !f->path || str_glob_nocase(c->req->path, str_from(f->path));
}

/* --- rates --- */

/* An error as the service tells it; its sign-in speaks OAuth instead. */
static void refuse(struct call *c, enum party party, int status, const char *code)
{
	uint64_t number = 0;

	reply_reset(c->rep);
	if (party == PARTY_APPLE && c->route && c->route->open) {
		c->rep->status = status;
		c->rep->type = "application/json";
		buf_printf(&c->rep->body, "{\"error\":\"%s\"}", code);
	} else if (party == PARTY_APPLE) {
		sim_apple_error(c, status, code, NULL, "The scenario refuses this");
	} else if (party == PARTY_UEM) {
		(void)str_to_u64(str_from(code), &number);
		sim_uem_error(c, status, (int)number, "The scenario refuses this");
	} else {
		sim_dep_error(c, status, code);
	}
}

void http_date(int64_t at_ms, char out[HTTP_DATE_TEXT])
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	char text[TIME_TEXT];
	uint64_t month = 1;

	(void)time_rfc3339_s(at_ms, text);
	(void)str_to_u64((struct str){ text + 5, 2 }, &month);
	(void)snprintf(out, HTTP_DATE_TEXT, "%s, %.2s %s %.4s %.8s GMT",
		days[(uint64_t)at_ms / (24 * 3600 * 1000) % 7], text + 8, months[(month + 11) % 12],
		text, text + 11);
}

static void too_many(
	struct call *c, enum party party, const struct rate_rule *rule, int64_t free_at)
{
	static const char *const codes[] = { [PARTY_APPLE] = "TOO_MANY_REQUESTS",
		[PARTY_UEM] = "429",
		[PARTY_DEP] = "TOO_MANY_REQUESTS" };
	int64_t wait_s = (free_at - c->sim->now + 999) / 1000;
	char date[HTTP_DATE_TEXT];

	refuse(c, party, 429, codes[party]);
	if (rule->retry_form == RETRY_DATE) {
		http_date(c->sim->now + wait_s * 1000, date);
		reply_header(c->rep, "Retry-After", "%s", date);
	} else if (rule->retry_form == RETRY_SECONDS) {
		reply_header(c->rep, "Retry-After", "%lld", (long long)(wait_s > 0 ? wait_s : 1));
	}
}

bool rate_refuses(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;
	struct sql *q = &c->sim->sql;

	for (size_t i = 0; i < sc->n_rates; i++) {
		const struct rate_rule *rule = &sc->rates[i];
		int64_t class = (int64_t)i, since = c->sim->now - rule->window_ms, first;

		if (!fits(&rule->filter, c, party))
			continue;
		sql_run(q, sql_z("DELETE FROM hit WHERE class=? AND at<=?"), sql_i(class),
			sql_i(since));
		if (sql_int(q, sql_z("SELECT count(*) FROM hit WHERE class=?"), sql_i(class)) >=
			rule->limit) {
			first = sql_int(
				q, sql_z("SELECT min(at) FROM hit WHERE class=?"), sql_i(class));
			too_many(c, party, rule, first + rule->window_ms);
			return true;
		}
		sql_run(q, sql_z("INSERT INTO hit(class, at) VALUES(?,?)"), sql_i(class),
			sql_i(c->sim->now));
	}
	return false;
}

/* --- faults --- */

static bool strikes(struct sim *s, const struct fault_rule *f, size_t index, int64_t count)
{
	uint64_t h = (s->opt.seed * 31 + index) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)count;

	if (!f->n_nth && !f->every && !f->chance)
		return true;
	for (size_t i = 0; i < f->n_nth; i++)
		if (count == f->nth[i])
			return true;
	if (f->every && count % f->every == 0)
		return true;
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return f->chance && (h ^ h >> 31) % 100 < f->chance;
}

const struct fault_rule *fault_pick(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;
	const struct fault_rule *found = NULL;

	for (size_t i = 0; i < sc->n_faults; i++) {
		char name[32];
		int64_t count;

		if (!fits(&sc->faults[i].filter, c, party))
			continue;
		(void)snprintf(name, sizeof(name), "fault.%zu", i);
		count = sim_meta(c->sim, name, 0) + 1;
		sim_meta_set(c->sim, name, count);
		if (!found && strikes(c->sim, &sc->faults[i], i, count))
			found = &sc->faults[i];
	}
	return found;
}

const char *fault_word(const struct fault_rule *f)
{
	static const char *const words[] = { "reset", "close", "truncate", "hang", "reply",
		"delay" };

	return words[f->kind];
}

const char *fault_applied_word(const struct fault_rule *f)
{
	static const char *const words[] = { "yes", "no", "late" };

	return words[f->applied];
}

static void answer(struct call *c, const struct fault_rule *f)
{
	reply_reset(c->rep);
	c->rep->status = (int)f->status;
	if (f->body == BODY_HTML) {
		c->rep->type = "text/html";
		buf_printf(&c->rep->body,
			"<html><head><title>%u</title></head><body>%u</body></html>", f->status,
			f->status);
	} else if (f->body == BODY_JSON) {
		c->rep->type = "application/json";
		buf_printf(&c->rep->body,
			"{\"errors\":[{\"status\":\"%u\",\"code\":\"UNEXPECTED_ERROR\","
			"\"title\":\"An unexpected error occurred.\","
			"\"detail\":\"Try again later.\"}]}",
			f->status);
	}
}

void fault_reply(struct call *c, enum party party, const struct fault_rule *f)
{
	enum { HANG_MS = 10 * 60 * 1000 };
	static const enum loss losses[] = { LOSS_RESET, LOSS_CLOSE, LOSS_TRUNCATE, LOSS_HANG };

	if (f->kind == FAULT_REPLY && f->code)
		refuse(c, party, (int)f->status, f->code);
	else if (f->kind == FAULT_REPLY)
		answer(c, f);
	else if (f->kind != FAULT_DELAY)
		c->rep->loss = losses[f->kind];
	if (f->kind == FAULT_TRUNCATE && c->rep->body.n == 0 && !c->rep->more)
		buf_z(&c->rep->body, "{\"data\":{\"type\":\"orgDeviceActivities\",\"id\":\"");
	c->rep->delay_ms = f->kind == FAULT_HANG && !f->delay_ms ? HANG_MS : f->delay_ms;
}

/* --- other administrators --- */

void admins_start(struct sim *s)
{
	if (!s->scenario->n_admins || sim_meta(s, "admins", 0))
		return;
	sim_meta_set(s, "admins", 1);
	s->actor = "other-admin@example.com";
	for (size_t i = 0; i < s->scenario->n_admins; i++)
		job_add(s, s->now + s->scenario->admins[i].after_ms, JOB_ADMIN,
			&(struct job){ (int64_t)i, SQL_NULL, SQL_NULL, STR_NONE });
}

static int64_t target_of(struct sim *s, const struct admin_rule *rule, int64_t from)
{
	int64_t to;

	if (rule->server)
		return sql_int(
			&s->sql, sql_z("SELECT id FROM server WHERE name=?"), sql_z(rule->server));
	to = sql_int(&s->sql, sql_z("SELECT min(id) FROM server WHERE id>?"), sql_i(from));
	return to != SQL_NULL ? to
			      : sql_int(&s->sql, sql_z("SELECT min(id) FROM server WHERE id<>?"),
					sql_i(from));
}

static void meddle(struct sim *s, const struct admin_rule *rule, struct str serial)
{
	struct truth t;

	if (!truth_find(s, serial, &t))
		return;
	if (rule->deed == ADMIN_ASSIGN)
		(void)world_assign(s, serial,
			target_of(s, rule, t.server == SQL_NULL ? 0 : t.server), SQL_NULL);
	else if (rule->deed == ADMIN_UNASSIGN)
		(void)world_unassign(s, serial, t.server, SQL_NULL);
	else
		(void)world_release(s, serial, SQL_NULL, SQL_NULL);
}

void admin_job(struct sim *s, const struct job *job)
{
	const struct admin_rule *rule;
	struct db_stmt *st;

	if (job->a < 0 || (size_t)job->a >= s->scenario->n_admins)
		return; /* the state was made under another scenario */
	rule = &s->scenario->admins[job->a];
	for (uint32_t i = 0; i < rule->n_serials; i++)
		meddle(s, rule, str_from(rule->serials[i]));
	if (!rule->every)
		return;
	st = sql_query(&s->sql,
		sql_z("SELECT serial FROM device WHERE server NOT NULL AND id%?=0 ORDER BY serial"),
		sql_i(rule->every));
	while (sql_next(&s->sql, st))
		meddle(s, rule, db_col_str(st, 0));
}
