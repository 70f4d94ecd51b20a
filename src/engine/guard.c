#include "engine/guard.h"

#include <string.h>

#include "base/log.h"
#include "engine/organization.h"

enum { DAY_MS = 86400000 };

struct guarding {
	const struct plan *plan;
	const struct rules_policy *policy;
	const char *const *allowed;
	uint64_t recent; /* devices acted on in the last 24 hours */
};

/* The tightest of settings and rules, unless this run lifts it. */
static enum errc limit_of(const char *name, uint32_t settings, uint32_t rules,
	const char *const *allowed, uint64_t *ret, struct err *err)
{
	*ret = rules < settings ? rules : settings;
	for (size_t i = 0; allowed && allowed[i]; i++) {
		struct str value = str_from(allowed[i]), word = str_cut(&value, '=');

		if (!str_eq(word, str_from(name)))
			continue;
		if (!str_to_u64(value, ret))
			return err_set(err, ERR_USAGE, "--allow %s takes a whole number", name);
	}
	return ERR_OK;
}

/* Devices of the organization that are not released; -1 when nobody told. */
static int64_t org_size(const struct plan *p)
{
	const struct fleet *f = p->opt->facts->fleet;
	int64_t n = 0;

	if (f->org_size >= 0)
		return f->org_size;
	for (uint32_t i = 0; i < f->n_servers; i++) {
		if (f->servers[i].device_count < 0)
			return -1;
		n += f->servers[i].device_count;
	}
	return n;
}

static enum errc check_devices(const struct guarding *g, struct err *err)
{
	const struct plan *p = g->plan;
	uint64_t recent = g->recent;
	uint64_t limit;
	enum errc rc = limit_of("devices", p->opt->settings->limits[LIMIT_DEVICES],
		g->policy->limit_devices, g->allowed, &limit, err);

	if (rc || p->n_planned + recent <= limit)
		return rc;
	return err_set(err, ERR_GUARD,
		"the plan acts on %u devices, %llu were acted on in the last 24 hours, and "
		"limits.devices is %llu: plan fewer (--limit), or lift it for this run with "
		"--allow "
		"devices=%llu",
		p->n_planned, (unsigned long long)recent, (unsigned long long)limit,
		(unsigned long long)(p->n_planned + recent));
}

static enum errc check_percent(const struct guarding *g, struct err *err)
{
	const struct plan *p = g->plan;
	uint64_t recent = g->recent;
	int64_t size = org_size(p);
	uint64_t percent, most;
	enum errc rc = limit_of("percent", p->opt->settings->limits[LIMIT_PERCENT],
		g->policy->limit_percent, g->allowed, &percent, err);

	if (rc)
		return rc;
	if (size < 0) {
		log_warn("limits.percent was not evaluated: the size of the organization is not "
			 "known");
		return ERR_OK;
	}
	most = (uint64_t)size * percent / 100;
	if (most < 1)
		most = 1;
	if (p->n_planned + recent <= most)
		return ERR_OK;
	return err_set(err, ERR_GUARD,
		"the plan acts on %u devices, %llu were acted on in the last 24 hours, and "
		"limits.percent allows %llu %% of %lld, which is %llu: plan fewer (--limit), or "
		"lift "
		"it for this run with --allow percent=N",
		p->n_planned, (unsigned long long)recent, (unsigned long long)percent,
		(long long)size, (unsigned long long)most);
}

static uint64_t count_step(const struct plan *p, enum step_kind kind)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct work_program *prog = plan_program(p, &p->input->rows[i]);
		bool has = false;

		for (uint32_t k = 0; prog && k < prog->n; k++)
			has |= prog->v[k].kind == kind;
		n += has && p->input->rows[i].outcome == OUTCOME_PLANNED;
	}
	return n;
}

/* Devices that requests of the last 24 hours named; kind -1: any. */
static enum errc recent_devices(const struct plan *p, int kind, uint64_t *ret, struct err *err)
{
	const struct facts *f = p->opt->facts;

	return store_devices_since(f->store, kind, transport_now(f->transport) - DAY_MS, ret, err);
}

/* What cannot be undone has limits of its own, 0 unless the settings raise them. */
static enum errc check_final_steps(const struct guarding *g, struct err *err)
{
	static const struct {
		enum step_kind kind;
		enum limit_kind limit;
	} finals[] = {
		{ STEP_RELEASE, LIMIT_RELEASE },
		{ STEP_DELETE_RECORD, LIMIT_DELETE_RECORD },
		{ STEP_WIPE, LIMIT_WIPE },
	};

	for (size_t i = 0; i < sizeof(finals) / sizeof(*finals); i++) {
		const char *word = step_info(finals[i].kind)->word;
		uint64_t n = count_step(g->plan, finals[i].kind), recent = 0, limit;
		enum errc rc = limit_of(word, g->plan->opt->settings->limits[finals[i].limit],
			UINT32_MAX, g->allowed, &limit, err);

		if (!rc && n)
			rc = recent_devices(g->plan, (int)finals[i].kind, &recent, err);
		if (rc)
			return rc;
		if (n == 0 || n + recent <= limit)
			continue;
		return err_set(err, ERR_GUARD,
			"%llu devices would %s, %llu did in the last 24 hours, and limits.%s is "
			"%llu: raise it in the settings, or for this run with --allow %s=%llu",
			(unsigned long long)n, word, (unsigned long long)recent, word,
			(unsigned long long)limit, word, (unsigned long long)(n + recent));
	}
	return ERR_OK;
}

static enum errc check_words(const char *const *allowed, struct err *err)
{
	static const char *const known[] = { "devices", "percent", "release", "delete_record",
		"wipe", "fleet", "organization", "empty" };

	for (size_t i = 0; allowed && allowed[i]; i++) {
		struct str value = str_from(allowed[i]), word = str_cut(&value, '=');
		bool found = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			found |= str_eq(word, str_from(known[k]));
		if (!found)
			return err_set(err, ERR_USAGE,
				"--allow knows devices, percent, release, delete_record, wipe, "
				"fleet, organization and empty, not '%.*s'",
				STR_FMT(word));
	}
	return ERR_OK;
}

enum errc guard_lift(struct facts *f, const char *const *allowed, struct err *err)
{
	enum errc rc = check_words(allowed, err);

	return rc ? rc : limit_of("fleet", UINT32_MAX, UINT32_MAX, allowed, &f->least, err);
}

enum errc guard_organization(const struct facts *f, const char *const *allowed, struct err *err)
{
	for (size_t i = 0; allowed && allowed[i]; i++)
		if (strcmp(allowed[i], "organization=yes") == 0)
			return ERR_OK;
	return organization_check(f->settings, f->fleet, err);
}

static enum errc check_shrunk(const struct guarding *g, struct err *err)
{
	const char *shrunk = g->plan->opt->facts->shrunk;

	return shrunk[0] ? err_set(err, ERR_GUARD, "%s", shrunk) : ERR_OK;
}

static enum errc begin(struct guarding *g, const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	enum errc rc = check_words(allowed, err);

	*g = (struct guarding){ p, policy, allowed, 0 };
	if (!rc && p->n_planned && p->opt->facts->store)
		rc = recent_devices(p, -1, &g->recent, err);
	return rc;
}

static enum errc (*const limits[])(const struct guarding *g, struct err *err) = { check_final_steps,
	check_devices, check_percent };
enum { N_LIMITS = sizeof(limits) / sizeof(*limits) };

enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	struct guarding g;
	enum errc rc = begin(&g, p, policy, allowed, err);

	if (!rc)
		rc = check_shrunk(&g, err);
	for (size_t i = 0; i < N_LIMITS && !rc && p->n_planned; i++)
		rc = limits[i](&g, err);
	return rc;
}

enum errc guard_each(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, void (*fires)(void *self, const char *says), void *self,
	struct err *err)
{
	struct guarding g;
	struct err said;
	enum errc rc = begin(&g, p, policy, allowed, err);

	if (!rc && check_shrunk(&g, &said))
		fires(self, said.msg);
	for (size_t i = 0; i < N_LIMITS && !rc && p->n_planned; i++) {
		rc = limits[i](&g, &said);
		if (rc == ERR_GUARD) {
			fires(self, said.msg);
			rc = ERR_OK;
		} else if (rc) {
			*err = said;
		}
	}
	return rc;
}
