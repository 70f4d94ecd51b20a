#include "plan/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "facts/organization.h"
#include "facts/session.h"
#include "model/allowance.h"
#include "model/program.h"
#include "plan/limits.h"
#include "store/gap.h"

#define RESTORED "restored_state=yes"

/* The plan, and what others did in the last 24 hours. */
struct guard_tally {
	const struct plan *p;
	bool *acts; /* by slot of the input's serials: counted in n */
	uint64_t n, n_others;
};

static enum errc add_other(void *self, struct str serial, struct err *err)
{
	struct guard_tally *t = self;
	uint32_t slot = map_find(&t->p->input->serials, serial);

	(void)err;
	t->n_others += slot == MAP_NONE || !t->acts[slot];
	return ERR_OK;
}

static void count_plan(struct guard_tally *t, int kind)
{
	for (uint32_t i = 0; i < t->p->input->n_rows; i++) {
		const struct input_row row = input_row(t->p->input, i);
		const struct work_program *prog = plan_program(t->p, &row);

		if (row.outcome != OUTCOME_PLANNED || !prog ||
			(kind >= 0 && !work_has(prog, (enum step_kind)kind)))
			continue;
		t->acts[row.serial] = true;
		t->n++;
	}
}

/* What the plan asks of one limit; *ret: n is 0 when it asks nothing. */
static enum errc ask_limit(
	const struct plan *p, const struct limit *limit, struct asking *ret, struct err *err)
{
	const struct facts *f = p->opt->facts;
	int64_t since = transport_now(f->transport) - LIMITS_WINDOW_MS;
	struct guard_tally t = { .p = p, .acts = mem_zalloc(p->input->serials.n + 1) };
	enum errc rc = ERR_OK;

	count_plan(&t, limit->kind);
	if (t.n && f->store)
		rc = store_serials_since(
			f->store, limit->kind, limit->rules, since, add_other, &t, err);
	free(t.acts);
	if (!rc)
		*ret = (struct asking){ p->opt->simulated ? "apply would send nothing"
							  : "nothing was sent",
			", or plan fewer: --limit N", t.n, t.n + t.n_others };
	return rc;
}

static enum errc check_words(const char *const *allowed, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; allowed && allowed[i] && !rc; i++)
		rc = allowance_check(str_from(allowed[i]), err);
	return rc;
}

static bool is_allowed(const char *const *allowed, const char *what)
{
	for (size_t i = 0; allowed && allowed[i]; i++)
		if (strcmp(allowed[i], what) == 0)
			return true;
	return false;
}

enum errc guard_lift(struct facts *f, const char *const *allowed, struct err *err)
{
	enum errc rc = check_words(allowed, err);

	f->allowed = allowed;
	for (size_t i = 0; allowed && allowed[i] && !rc; i++) {
		struct str value = str_from(allowed[i]), word = str_cut(&value, '=');

		if (str_eq(word, STR("fleet")) && !str_to_u64(value, &f->least))
			rc = err_set(err, ERR_USAGE, "--allow fleet takes a whole number");
	}
	return rc;
}

enum errc guard_organization(const struct facts *f, const char *const *allowed, struct err *err)
{
	return organization_check(
		f->settings, f->fleet, is_allowed(allowed, "organization=yes"), err);
}

/* --- what cannot be undone, after an older state was restored --- */

static enum errc check_gap(struct store *store, const char *const *allowed, struct err *err)
{
	char from[TIME_TEXT];
	struct gap g;
	enum errc rc = gap_get(store, &g, err);

	if (rc || !g.open || is_allowed(allowed, RESTORED))
		return rc;
	return err_set(err, ERR_GUARD,
		"%s, and knows nothing of what happened %s%s: a step that cannot be undone may "
		"have been sent before. See 'depmend status'; when you have looked, say "
		"--allow " RESTORED,
		gap_words(&g), g.from_ms == TIME_NONE ? "before" : "since ",
		g.from_ms == TIME_NONE ? "" : time_rfc3339_s(g.from_ms, from));
}

static bool any_irreversible(const struct plan *p)
{
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row *row = input_kind(p->input, i);

		if (row->outcome == OUTCOME_PLANNED && work_for_good(plan_program(p, row), 0))
			return true;
	}
	return false;
}

static enum errc check_restored(const struct plan *p, const char *const *allowed, struct err *err)
{
	struct store *store = p->opt->facts->store;

	return store && any_irreversible(p) ? check_gap(store, allowed, err) : ERR_OK;
}

/* A release by a day that has not come, or that is over, takes back nothing when it was wrong. */
static enum errc check_time(const struct plan *p, struct err *err)
{
	char as_of[TIME_TEXT];

	if (!p->opt->as_if || !any_irreversible(p))
		return ERR_OK;
	return err_set(err, ERR_GUARD,
		"the plan is as of %s (--now) and has steps that cannot be undone: these go by "
		"the time that it is; nothing was sent. Plan again without --now",
		time_rfc3339_s(p->opt->now_ms, as_of));
}

/* Set the clock, and nothing has to be allowed. */
static enum errc clock_error(const struct facts *f, struct err *err)
{
	char text[SESSION_CLOCK_TEXT];

	if (!session_clock_is_off(f->transport, text))
		return ERR_OK;
	return err_set(err, ERR_GUARD,
		"%s, and there are steps that cannot be undone; nothing was sent. Set the clock, "
		"best by NTP, and plan again",
		text);
}

static enum errc check_clock(const struct plan *p, struct err *err)
{
	return any_irreversible(p) ? clock_error(p->opt->facts, err) : ERR_OK;
}

static enum errc note_irreversible(void *self, const struct device_record *d, struct err *err)
{
	struct program source;
	struct work_program prog;
	struct arena a;
	enum errc rc;

	if (d->finished_ms != TIME_NONE)
		return ERR_OK;
	arena_init(&a);
	rc = program_decode(d->program, &a, &source, err);
	if (!rc) {
		work_outline(&source, &a, &prog);
		*(bool *)self |= work_for_good(&prog, 0);
	}
	arena_release(&a);
	return rc;
}

enum errc guard_run(const struct facts *f, int64_t run, const char *const *allowed, struct err *err)
{
	bool any = false;
	enum errc rc = store_devices(f->store, run, note_irreversible, &any, err);

	if (rc || !any)
		return rc;
	rc = clock_error(f, err);
	return rc ? rc : check_gap(f->store, allowed, err);
}

/* --- all of them --- */

static enum errc check_shrunk(const struct plan *p, struct err *err)
{
	const char *shrunk = p->opt->facts->shrunk;

	return shrunk[0] ? err_set(err, ERR_GUARD, "%s", shrunk) : ERR_OK;
}

static enum errc read_limits(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct limits *ret, struct err *err)
{
	enum errc rc = check_words(allowed, err);

	return rc ? rc : limits_read(ret, p->opt->facts, policy, allowed, err);
}

/* A limit that concerns the plan: how far it is used, and whether it stops. */
static enum errc find_limit(const struct plan *p, const struct limits *l, const struct limit *limit,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct guard_finding f = { .name = limit->name, .rules = limit->rules };
	struct asking a;
	struct err said;
	char allow[80];
	enum errc rc;

	if (!limit_given(limit))
		return ERR_OK;
	rc = ask_limit(p, limit, &a, err);
	if (rc || a.n == 0)
		return rc;
	f.n = a.n;
	f.n_day = a.n_day;
	if (!limit_most(l, limit, &f.most))
		f.most = UINT64_MAX;
	if (limit->of_fleet)
		f.percent = limit->most;
	if (limit->of_fleet && f.most != UINT64_MAX)
		f.size = (uint64_t)l->size;
	if (limit_check(l, limit, &a, &said)) {
		(void)snprintf(allow, sizeof(allow), "%s=%llu", limit->name,
			(unsigned long long)limit_needed(l, limit, a.n_day));
		f.says = said.msg;
		f.allow = allow;
	}
	found(self, &f);
	return ERR_OK;
}

static void find_shrunk(
	const struct plan *p, void (*found)(void *self, const struct guard_finding *f), void *self)
{
	struct guard_finding f = { .name = "fleet", .most = UINT64_MAX };
	struct err said;
	char allow[80];

	if (!check_shrunk(p, &said))
		return;
	(void)snprintf(
		allow, sizeof(allow), "fleet=%llu", (unsigned long long)p->opt->facts->n_shrunk);
	f.says = said.msg;
	f.allow = allow;
	found(self, &f);
}

/* What a check said that counts no devices. */
static enum errc find_said(const char *name, const char *allow, enum errc rc,
	const struct err *said, void (*found)(void *self, const struct guard_finding *f),
	void *self, struct err *err)
{
	const struct guard_finding f = {
		.name = name, .most = UINT64_MAX, .allow = allow, .says = said->msg
	};

	if (rc == ERR_GUARD)
		found(self, &f);
	else if (rc)
		*err = *said;
	return rc == ERR_GUARD ? ERR_OK : rc;
}

static enum errc find_organization(const struct plan *p, const char *const *allowed,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	static const char *const lifts[] = { "organization=yes", NULL };
	struct err said, still;
	enum errc rc = guard_organization(p->opt->facts, allowed, &said);
	bool helps = !guard_organization(p->opt->facts, lifts, &still);

	return find_said("organization", helps ? lifts[0] : NULL, rc, &said, found, self, err);
}

static enum errc find_restored(const struct plan *p, const char *const *allowed,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct err said;
	enum errc rc = check_restored(p, allowed, &said);

	return find_said("restored_state", RESTORED, rc, &said, found, self, err);
}

static enum errc find_time(const struct plan *p,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct err said;
	enum errc rc = check_time(p, &said);

	return find_said("now", NULL, rc, &said, found, self, err);
}

static enum errc find_clock(const struct plan *p,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct err said;
	enum errc rc = check_clock(p, &said);

	return find_said("clock", NULL, rc, &said, found, self, err);
}

enum errc guard_each(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, void (*found)(void *self, const struct guard_finding *f),
	void *self, struct err *err)
{
	struct limits l;
	enum errc rc = read_limits(p, policy, allowed, &l, err);

	if (!rc)
		rc = find_organization(p, allowed, found, self, err);
	if (!rc)
		rc = find_restored(p, allowed, found, self, err);
	if (!rc)
		rc = find_time(p, found, self, err);
	if (!rc)
		rc = find_clock(p, found, self, err);
	if (!rc)
		find_shrunk(p, found, self);
	for (int i = 0; i < LIMITS_N && !rc; i++)
		rc = find_limit(p, &l, &l.v[i], found, self, err);
	return rc;
}

/* --- as one message --- */

struct stops {
	size_t n;
	const char *names[LIMITS_N + 8]; /* one of the settings and one of the rules share one */
	struct err first;
	struct buf more, allow;
	bool lifted; /* each of them can be */
};

static bool is_named(const struct stops *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->names[i], name) == 0)
			return true;
	return false;
}

static void note_stop(void *self, const struct guard_finding *f)
{
	struct stops *s = self;

	if (f->n && f->most == UINT64_MAX && f->percent < 100)
		log_warn("limits.%s was not evaluated: the size of the organization is not known",
			f->name);
	if (!f->says || is_named(s, f->name) || s->n == sizeof(s->names) / sizeof(*s->names))
		return;
	if (s->n == 0)
		(void)err_set(&s->first, ERR_GUARD, "%s", f->says);
	else if (f->n)
		buf_printf(&s->more, "%s limits.%s (%llu > %llu)", s->more.n ? "," : "", f->name,
			(unsigned long long)f->n_day, (unsigned long long)f->most);
	else
		buf_printf(&s->more, "%s %s", s->more.n ? "," : "", f->says);
	s->names[s->n++] = f->name;
	s->lifted &= f->allow != NULL;
	if (f->allow)
		buf_printf(&s->allow, " --allow %s", f->allow);
}

enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	struct stops s = { .lifted = true };
	enum errc rc;

	buf_init(&s.more, sizeof(err->msg));
	buf_init(&s.allow, sizeof(err->msg));
	rc = guard_each(p, policy, allowed, note_stop, &s, err);
	if (!rc && s.n == 1)
		rc = err_set(err, ERR_GUARD, "%s", s.first.msg);
	else if (!rc && s.n)
		rc = err_set(err, ERR_GUARD, "%s; and by%s.%s%s", s.first.msg, buf_cstr(&s.more),
			s.lifted ? " All of it, once you have decided:" : "",
			s.lifted ? buf_cstr(&s.allow) : "");
	buf_release(&s.more);
	buf_release(&s.allow);
	return rc;
}
