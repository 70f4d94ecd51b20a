#include "plan/limits.h"

#include <stdio.h>

#include "base/plural.h"
#include "io/json.h"

static const struct {
	const char *name;
	enum limit_kind settings;
	int kind;
	bool of_rules;
} kinds[LIMITS_N] = {
	{ "release", LIMIT_RELEASE, STEP_RELEASE, false },
	{ "delete_record", LIMIT_DELETE_RECORD, STEP_DELETE_RECORD, false },
	{ "wipe", LIMIT_WIPE, STEP_WIPE, false },
	{ "devices", LIMIT_DEVICES, -1, false },
	{ "percent", LIMIT_PERCENT, -1, false },
	{ "devices", LIMIT_DEVICES, -1, true },
	{ "percent", LIMIT_PERCENT, -1, true },
};

static enum errc lift(struct limits *l, struct str allowance, struct err *err)
{
	struct str value = allowance, word = str_cut(&value, '=');
	uint64_t most;

	for (int i = 0; i < LIMITS_N; i++) {
		if (!str_eq(word, str_from(l->v[i].name)))
			continue;
		if (!str_to_u64(value, &most))
			return err_set(
				err, ERR_USAGE, "--allow %s takes a whole number", l->v[i].name);
		if (most > l->v[i].most)
			l->v[i].most = most;
	}
	return ERR_OK;
}

static void lift_in_flight(struct settings *s, struct str allowance)
{
	struct str value = allowance, word = str_cut(&value, '=');
	uint64_t most;

	if (str_eq(word, STR("in_flight")) && str_to_u64(value, &most) &&
		most > s->limits[LIMIT_IN_FLIGHT])
		s->limits[LIMIT_IN_FLIGHT] = most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

void limits_allow_in_flight(struct settings *s, const char *const *allowed)
{
	for (size_t i = 0; allowed && allowed[i]; i++)
		lift_in_flight(s, str_from(allowed[i]));
}

/* UINT32_MAX: the rules have none. */
static uint32_t of_rules(const struct rules_policy *policy, enum limit_kind kind)
{
	return kind == LIMIT_DEVICES ? policy->limit_devices : policy->limit_percent;
}

bool limit_given(const struct limit *limit)
{
	return !limit->rules || limit->most < (limit->of_fleet ? 100 : UINT32_MAX);
}

/* As the newest listing has it, or one of the last days, or at least those on servers. */
static enum errc org_size(const struct facts *facts, int64_t *ret, struct err *err)
{
	const struct fleet *f = facts->fleet;
	int64_t n = 0;

	if (f->org_size >= 0) {
		*ret = f->org_size;
		return ERR_OK;
	}
	for (uint32_t i = 0; i < f->n_servers && n >= 0; i++)
		n = f->servers[i].device_count < 0 ? -1 : n + f->servers[i].device_count;
	*ret = n;
	return facts_org_size(facts, ret, err);
}

enum errc limits_read(struct limits *ret, const struct facts *f, const struct rules_policy *policy,
	const char *const *allowed, struct err *err)
{
	struct limits l;
	enum errc rc = org_size(f, &l.size, err);

	for (int i = 0; i < LIMITS_N; i++) {
		enum limit_kind kind = kinds[i].settings;

		l.v[i] = (struct limit){ kinds[i].name, kinds[i].kind, kind == LIMIT_PERCENT,
			kinds[i].of_rules ? of_rules(policy, kind) : f->settings->limits[kind],
			kinds[i].of_rules ? policy->name : NULL };
	}
	for (size_t i = 0; !rc && allowed && allowed[i]; i++)
		rc = lift(&l, str_from(allowed[i]), err);
	if (!rc)
		*ret = l;
	return rc;
}

enum errc limits_lift(struct limits *l, struct settings *s, struct str frozen, struct err *err)
{
	struct json *j;
	enum errc rc = json_parse(&j, frozen, err);

	if (rc)
		return rc;
	for (const struct json *a = json_first(json_get(j, "allowed")); a && !rc;
		a = json_next(a)) {
		lift_in_flight(s, json_text(a));
		rc = lift(l, json_text(a), err);
	}
	json_free(j);
	return rc;
}

bool limit_most(const struct limits *l, const struct limit *limit, uint64_t *ret)
{
	*ret = limit->most;
	if (!limit->of_fleet)
		return true;
	*ret = UINT64_MAX;
	if (limit->most >= 100)
		return true;
	if (l->size < 0)
		return false;
	*ret = (uint64_t)l->size * limit->most / 100;
	if (*ret < 1)
		*ret = 1;
	return true;
}

uint64_t limit_needed(const struct limits *l, const struct limit *limit, uint64_t n_day)
{
	if (!limit->of_fleet)
		return n_day;
	if (n_day >= (uint64_t)l->size)
		return 100;
	return (n_day * 100 + (uint64_t)l->size - 1) / (uint64_t)l->size;
}

enum errc limit_check(
	const struct limits *l, const struct limit *limit, const struct asking *a, struct err *err)
{
	uint64_t most;
	char share[80] = "", earlier[80] = "";

	if (!limit_most(l, limit, &most) || a->n_day <= most)
		return ERR_OK;
	if (limit->of_fleet)
		(void)snprintf(share, sizeof(share), ", which is %llu %% of %lld device%s",
			(unsigned long long)limit->most, (long long)l->size,
			plural((uint64_t)l->size));
	if (a->n_day > a->n)
		(void)snprintf(earlier, sizeof(earlier), ", with %llu earlier in 24 hours",
			(unsigned long long)(a->n_day - a->n));
	return err_set(err, ERR_GUARD,
		"stopped by limits.%s%s%s (%llu > %llu%s%s); %s. Allow it: --allow %s=%llu%s",
		limit->name, limit->rules ? " of rules " : "", limit->rules ? limit->rules : "",
		(unsigned long long)a->n_day, (unsigned long long)most, share, earlier, a->sent,
		limit->name, (unsigned long long)limit_needed(l, limit, a->n_day), a->remedy);
}
