#include "plan/mapping.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/plural.h"
#include "facts/group_count.h"

static bool is_sync(const struct work_step *s)
{
	return s->kind == STEP_SYNC || s->kind == STEP_FETCH;
}

static bool lacks_entry(const struct fleet *f, uint32_t server)
{
	return server != SERVER_NONE && !fleet_is_mapped(f, server);
}

uint32_t mapping_missing(const struct plan *p, const struct work_program *prog, uint32_t home,
	struct view v, const char *results)
{
	const struct fleet *f = p->opt->facts->fleet;

	if (!p->opt->settings->has_uem)
		return SERVER_NONE;
	for (uint32_t i = 0; i < prog->n; i++) {
		const struct work_step *s = &prog->v[i];
		bool leaves = s->lifecycle && s->kind == STEP_UNASSIGN;

		if ((leaves || (is_sync(s) && results[i] == RESULT_TODO)) &&
			lacks_entry(f, v.server))
			return v.server;
		if (results[i] == RESULT_TODO)
			work_effect(f, s, home, &v);
		/* Its lists cannot show a sync, which holds for want of a group. */
		if (v.changed && is_sync(s) && lacks_entry(f, v.server))
			return v.server;
	}
	return SERVER_NONE;
}

bool mapping_shows_nothing(const struct plan *p, const struct work_program *prog, uint32_t slot,
	uint32_t home, const char *results)
{
	const struct fleet *f = p->opt->facts->fleet;
	uint32_t groups = f->listed[slot] | fleet_groups_of(f, home);
	bool changed = false, shall_show = false;

	for (uint32_t i = 0; i < prog->n; i++) {
		const struct work_step *s = &prog->v[i];

		groups |= fleet_groups_of(f, s->server);
		changed |= step_info(s->kind)->service == SERVICE_APPLE &&
			   results[i] == RESULT_TODO;
		shall_show |= changed && is_sync(s);
	}
	return shall_show && p->opt->settings->has_uem && groups == 0 && lacks_entry(f, home);
}

/* --- entries that are mixed up --- */

struct mapped_entry {
	uint32_t n;      /* devices of the server whose lists are known */
	uint32_t own;    /* listed by a group that the server feeds */
	uint32_t *alien; /* by group: listed there, and by none that the server feeds; owned */
};

static struct mapped_entry *look(const struct fleet *f)
{
	struct mapped_entry *v = mem_zalloc((f->n_servers + 1) * sizeof(*v));
	uint32_t server;

	for (uint32_t s = 0; s < f->n_servers; s++)
		v[s].alien = mem_zalloc((f->n_groups + 1) * sizeof(*v[s].alien));
	for (uint32_t i = 0; i < f->serials.n; i++) {
		if (!fleet_server_of(f, i, &server) || server == SERVER_NONE ||
			device_fact_state(&f->devices[i], FACT_UEM_LISTED) != VALUE_KNOWN)
			continue;
		v[server].n++;
		if (f->listed[i] & fleet_groups_of(f, server)) {
			v[server].own++;
			continue;
		}
		for (uint32_t g = 0; g < f->n_groups; g++)
			v[server].alien[g] += f->listed[i] >> g & 1u;
	}
	return v;
}

static enum errc refuse(const struct plan *p, uint32_t group, const uint32_t servers[2],
	const struct group_count v[2], struct err *err)
{
	const struct fleet *f = p->opt->facts->fleet;
	const struct token_group *t = &p->opt->settings->uem.tokens[group];

	return err_set(err, ERR_SETTINGS,
		"%s:%u:%u: group '%s' lists none of the %llu device%s of '%.*s', and %llu of the "
		"%llu of '%.*s': the entries of uem.tokens are mixed up; if devices were moved "
		"only now, sync the groups in the console first",
		t->at.file, t->at.line, t->at.col, t->group, (unsigned long long)v[0].n,
		plural(v[0].n), STR_FMT(fleet_server_name(f, servers[0])),
		(unsigned long long)v[1].listed, (unsigned long long)v[1].n,
		STR_FMT(fleet_server_name(f, servers[1])));
}

/* The group that the settings give to `own`, and another server's devices: as far as those of the
 * plan show. */
static bool looks_crossed(const struct fleet *f, const struct mapped_entry *v, uint32_t group,
	uint32_t own, uint32_t other)
{
	return other != own && f->groups[group].server.n && fleet_groups_of(f, own) >> group & 1u &&
	       v[own].n && v[own].own == 0 && v[other].alien[group] * 2 > v[other].n;
}

/* Those of the plan may be the only ones that wait for a sync: all devices of both are counted. */
static enum errc check_pair(
	const struct plan *p, uint32_t group, uint32_t own, uint32_t other, struct err *err)
{
	const uint32_t servers[2] = { own, other };
	struct group_count v[2];
	enum errc rc = group_count(p->opt->facts, group, servers, 2, v, err);

	if (!rc && group_count_crossed(&v[0], &v[1]))
		rc = refuse(p, group, servers, v, err);
	return rc;
}

static bool any_syncs(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n_compiled; i++)
		if (p->compiled[i].acts && p->compiled[i].syncs)
			return true;
	return false;
}

enum errc mapping_check(const struct plan *p, struct err *err)
{
	const struct fleet *f = p->opt->facts->fleet;
	struct mapped_entry *v;
	enum errc rc = ERR_OK;

	if (!p->opt->settings->has_uem || !any_syncs(p))
		return ERR_OK;
	v = look(f);

	for (uint32_t g = 0; g < f->n_groups && !rc; g++)
		for (uint32_t own = 0; own < f->n_servers && !rc; own++)
			for (uint32_t other = 0; other < f->n_servers && !rc; other++)
				if (looks_crossed(f, v, g, own, other))
					rc = check_pair(p, g, own, other, err);
	for (uint32_t s = 0; s < f->n_servers; s++)
		free(v[s].alien);
	free(v);
	return rc;
}
