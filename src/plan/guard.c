#include "plan/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "facts/organization.h"
#include "model/allowance.h"
#include "plan/limits.h"

/* The plan, and what others did in the last 24 hours. */
struct tally {
	const struct plan *p;
	bool *acts; /* by slot of the input's serials: counted in n */
	uint64_t n, n_others;
};

static enum errc add_other(void *self, struct str serial, struct err *err)
{
	struct tally *t = self;
	uint32_t slot = map_find(&t->p->input->serials, serial);

	(void)err;
	t->n_others += slot == MAP_NONE || !t->acts[slot];
	return ERR_OK;
}

static void count_plan(struct tally *t, int kind)
{
	for (uint32_t i = 0; i < t->p->input->n_rows; i++) {
		const struct input_row *row = &t->p->input->rows[i];
		const struct work_program *prog = plan_program(t->p, row);

		if (row->outcome != OUTCOME_PLANNED || !prog ||
			(kind >= 0 && !work_has(prog, (enum step_kind)kind)))
			continue;
		t->acts[row->serial] = true;
		t->n++;
	}
}

/* What the plan asks of one limit; *ret: n is 0 when it asks nothing. */
static enum errc ask_limit(
	const struct plan *p, const struct limit *limit, struct asking *ret, struct err *err)
{
	const struct facts *f = p->opt->facts;
	int64_t since = transport_now(f->transport) - LIMITS_WINDOW_MS;
	struct tally t = { .p = p, .acts = mem_zalloc(p->input->serials.n + 1) };
	enum errc rc = ERR_OK;

	count_plan(&t, limit->kind);
	if (t.n && f->store)
		rc = store_serials_since(f->store, limit->kind, since, add_other, &t, err);
	free(t.acts);
	if (!rc)
		*ret = (struct asking){ "the plan (nothing was sent)", "Plan fewer (--limit)", t.n,
			t.n + t.n_others };
	return rc;
}

static enum errc check_limit(
	const struct plan *p, const struct limits *l, const struct limit *limit, struct err *err)
{
	struct asking a;
	uint64_t most;
	enum errc rc = ask_limit(p, limit, &a, err);

	if (rc || a.n == 0)
		return rc;
	if (!limit_most(l, limit, &most))
		log_warn("limits.%s was not evaluated: the size of the organization is not known",
			limit->name);
	return limit_check(l, limit, &a, err);
}

static enum errc check_words(const char *const *allowed, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; allowed && allowed[i] && !rc; i++)
		rc = allowance_check(str_from(allowed[i]), err);
	return rc;
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
	bool lifted = false;

	for (size_t i = 0; allowed && allowed[i]; i++)
		lifted |= strcmp(allowed[i], "organization=yes") == 0;
	return organization_check(f->settings, f->fleet, lifted, err);
}

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

enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	struct limits l;
	enum errc rc = read_limits(p, policy, allowed, &l, err);

	if (!rc)
		rc = check_shrunk(p, err);
	for (int i = 0; i < LIMITS_N && !rc; i++)
		rc = check_limit(p, &l, &l.v[i], err);
	return rc;
}

/* A limit that concerns the plan: how far it is used, and whether it stops. */
static enum errc find_limit(const struct plan *p, const struct limits *l, const struct limit *limit,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct guard_finding f = { .name = limit->name };
	struct asking a;
	struct err said;
	char allow[80];
	enum errc rc = ask_limit(p, limit, &a, err);

	if (rc || a.n == 0)
		return rc;
	f.n = a.n;
	f.n_day = a.n_day;
	if (!limit_most(l, limit, &f.most))
		f.most = UINT64_MAX;
	if (limit->of_fleet && f.most != UINT64_MAX) {
		f.percent = limit->most;
		f.size = (uint64_t)l->size;
	}
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

static enum errc find_organization(const struct plan *p, const char *const *allowed,
	void (*found)(void *self, const struct guard_finding *f), void *self, struct err *err)
{
	struct guard_finding f = {
		.name = "organization", .most = UINT64_MAX, .allow = "organization=yes"
	};
	struct err said;
	enum errc rc = guard_organization(p->opt->facts, allowed, &said);

	f.says = said.msg;
	if (rc == ERR_GUARD)
		found(self, &f);
	else if (rc)
		*err = said;
	return rc == ERR_GUARD ? ERR_OK : rc;
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
		find_shrunk(p, found, self);
	for (int i = 0; i < LIMITS_N && !rc; i++)
		rc = find_limit(p, &l, &l.v[i], found, self, err);
	return rc;
}
