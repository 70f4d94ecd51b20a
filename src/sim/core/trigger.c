#include "sim/core/trigger.h"

#include <stdio.h>
#include <string.h>

static bool holds(struct str text, const char *part)
{
	return text.n > 0 && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static bool fits_activity(const struct filter *f, const struct call *c)
{
	char member[96];

	if (!str_eq(c->req->method, STR("POST")) ||
		!str_eq(c->req->path, STR("/v1/orgDeviceActivities")))
		return false;
	(void)snprintf(member, sizeof(member), "\"%s\"", f->activity);
	return str_eq(str_from(f->activity), STR("*")) || holds(c->req->body, member);
}

bool filter_fits(const struct filter *f, const struct call *c, enum party party)
{
	const struct request *q = c->req;

	if (f->service >= 0 && f->service != (int)party)
		return false;
	if (f->method && !str_eq(q->method, str_from(f->method)))
		return false;
	if (f->path && !str_glob_nocase(q->path, str_from(f->path)))
		return false;
	if (f->query && !str_glob_nocase(q->query, str_from(f->query)))
		return false;
	if (f->activity && !fits_activity(f, c))
		return false;
	return !f->names || holds(q->path, f->names) || holds(q->query, f->names) ||
	       holds(q->body, f->names);
}

static bool strikes(const struct sim *s, const struct trigger *t, size_t index, int64_t count)
{
	uint64_t h = (s->opt.seed * 31 + index) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)count;

	if (!t->n_nth && !t->every && !t->chance)
		return true;
	for (size_t i = 0; i < t->n_nth; i++)
		if (count == t->nth[i])
			return true;
	if (t->every && count % t->every == 0)
		return true;
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return t->chance && (h ^ h >> 31) % 100 < t->chance;
}

bool trigger_strikes(
	struct call *c, enum party party, const struct trigger *t, const char *name, size_t index)
{
	char counter[40];
	int64_t count;

	if (t->off || !filter_fits(&t->filter, c, party))
		return false;
	if (!t->n_nth && !t->every && !t->chance)
		return true; /* all of them: nothing to count */
	(void)snprintf(counter, sizeof(counter), "%s.%zu", name, index);
	count = sim_meta(c->sim, counter) + 1;
	sim_meta_set(c->sim, counter, count);
	return strikes(c->sim, t, index, count);
}

void trigger_mark(struct call *c, enum party party)
{
	const struct scenario *sc = c->sim->scenario;
	struct marks *m = &c->sim->marks;

	*m = (struct marks){ 0, 0 };
	for (size_t i = 0; i < sc->n_overrides; i++)
		if (trigger_strikes(c, party, &sc->overrides[i].on, "override", i))
			m->overrides |= UINT64_C(1) << i;
	for (size_t i = 0; i < sc->n_admins; i++)
		if (sc->admins[i].triggered &&
			trigger_strikes(c, party, &sc->admins[i].on, "admin", i))
			m->deeds |= UINT64_C(1) << i;
	overrides_use(c->sim, m->overrides);
}

void overrides_use(struct sim *s, uint64_t overrides)
{
	const struct scenario *sc = s->scenario;

	s->knobs = s->base;
	s->marks.overrides = overrides;
	for (size_t i = 0; i < sc->n_overrides; i++) {
		const struct override_rule *o = &sc->overrides[i];

		if (!(overrides >> i & 1) || o->on.off)
			continue;
		for (size_t k = 0; k < o->n; k++)
			s->knobs.v[o->v[k].knob] = o->v[k].value;
	}
}
