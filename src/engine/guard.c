#include "engine/guard.h"

#include "base/log.h"

enum { DAY_MS = 86400000 };

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

static enum errc check_devices(const struct plan *p, const struct rules_policy *policy,
	uint64_t recent, const char *const *allowed, struct err *err)
{
	uint64_t limit;
	enum errc rc = limit_of("devices", p->opt->settings->limits[LIMIT_DEVICES],
		policy->limit_devices, allowed, &limit, err);

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

static enum errc check_percent(const struct plan *p, const struct rules_policy *policy,
	uint64_t recent, const char *const *allowed, struct err *err)
{
	int64_t size = org_size(p);
	uint64_t percent, most;
	enum errc rc = limit_of("percent", p->opt->settings->limits[LIMIT_PERCENT],
		policy->limit_percent, allowed, &percent, err);

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

/* What cannot be undone has limits of its own, 0 unless the settings raise them. */
static enum errc check_final_steps(
	const struct plan *p, const char *const *allowed, struct err *err)
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
		uint64_t n = count_step(p, finals[i].kind), limit;
		enum errc rc = limit_of(word, p->opt->settings->limits[finals[i].limit], UINT32_MAX,
			allowed, &limit, err);

		if (rc || n <= limit)
			continue;
		return err_set(err, ERR_GUARD,
			"%llu devices would %s, and limits.%s is %llu: raise it in the settings, "
			"or for "
			"this run with --allow %s=%llu",
			(unsigned long long)n, word, word, (unsigned long long)limit, word,
			(unsigned long long)n);
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
				"--allow knows devices, percent, fleet, organization and empty, "
				"not "
				"'%.*s'",
				STR_FMT(word));
	}
	return ERR_OK;
}

static enum errc check_supported(const struct plan *p, struct err *err)
{
	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row *row = &p->input->rows[i];
		const struct work_program *prog = plan_program(p, row);

		if (row->outcome == OUTCOME_PLANNED && prog->unsupported != STEP_MAX_)
			return err_set(err, ERR_SETTINGS,
				"line %u: the step '%s' can be planned, but this version cannot "
				"carry "
				"it out",
				row->line, step_info(prog->unsupported)->word);
	}
	return ERR_OK;
}

enum errc guard_check(const struct plan *p, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	uint64_t recent = 0;
	enum errc rc = check_words(allowed, err);

	if (!rc && p->opt->facts->shrunk[0])
		rc = err_set(err, ERR_GUARD,
			"%s: it lost more than 20 %%; when that is right, say --allow fleet=N with "
			"the "
			"new size",
			p->opt->facts->shrunk);
	if (!rc)
		rc = check_supported(p, err);
	if (rc || p->n_planned == 0)
		return rc;
	if (p->opt->facts->store)
		rc = store_devices_since(p->opt->facts->store,
			transport_now(p->opt->facts->transport) - DAY_MS, &recent, err);
	if (!rc)
		rc = check_final_steps(p, allowed, err);
	if (!rc)
		rc = check_devices(p, policy, recent, allowed, err);
	if (!rc)
		rc = check_percent(p, policy, recent, allowed, err);
	return rc;
}
