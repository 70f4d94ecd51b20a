#include "plan/waves.h"

#include <stdlib.h>

#include "base/mem.h"

struct place {
	double share; /* how far into its (rule, server) group the row stands, 0 to 1 */
	uint32_t row;
	uint32_t group;
};

static int by_share(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->share < y->share || x->share > y->share)
		return x->share < y->share ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

/* Rows in an order in which any prefix holds each (rule, server) group in proportion. */
static struct place *fair_order(const struct plan *p, uint32_t *ret_n)
{
	struct place *v = mem_alloc((p->n_planned + 1) * sizeof(*v));
	struct fleet *f = p->opt->facts->fleet;
	uint32_t n_servers = f->n_servers + 1, n = 0;
	size_t n_groups = plan_n_rules(p) * n_servers;
	uint32_t *size = mem_zalloc((n_groups + 1) * sizeof(*size));
	uint32_t *seen = mem_zalloc((n_groups + 1) * sizeof(*seen));

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row *row = &p->input->rows[i];
		uint32_t server = SERVER_NONE;

		if (row->outcome != OUTCOME_PLANNED)
			continue;
		(void)fleet_server_of(f, plan_slot(p, row), &server);
		if (server == SERVER_NONE)
			server = f->n_servers;
		v[n] = (struct place){ 0, i, row->rule * n_servers + server };
		size[v[n++].group]++;
	}
	for (uint32_t i = 0; i < n; i++)
		v[i].share = (seen[v[i].group]++ + 0.5) / size[v[i].group];
	qsort(v, n, sizeof(*v), by_share);
	free(size);
	free(seen);
	*ret_n = n;
	return v;
}

static bool puts_back(const struct work_program *p)
{
	bool off = false;

	for (uint32_t i = 0; i < p->n; i++) {
		off |= step_info(p->v[i].kind)->takes_off;
		if (off && step_info(p->v[i].kind)->puts_back)
			return true;
	}
	return false;
}

/* How many rows the stages up to this one hold together. */
static uint32_t stage_end(const struct rules_policy *policy, size_t stage, uint32_t n)
{
	uint64_t end = policy->waves[stage].n;

	if (policy->waves[stage].percent)
		end = ((uint64_t)n * policy->waves[stage].n + 99) / 100;
	return end < n && stage + 1 < policy->n_waves ? (uint32_t)end : n;
}

/* A wave never holds more than in_flight rows with a put-back. */
uint32_t *waves_cut(const struct plan *p, const struct rules_policy *policy)
{
	uint32_t n, wave = 0, back = 0, end = 0;
	struct place *v = fair_order(p, &n);
	uint32_t *ret = mem_zalloc((p->input->n_rows + 1) * sizeof(*ret));
	uint32_t cap = p->opt->settings->limits[LIMIT_IN_FLIGHT];
	size_t stage = 0;

	if (policy->n_waves)
		end = stage_end(policy, 0, n);
	for (uint32_t i = 0; i < n; i++) {
		bool pb = puts_back(plan_program(p, &p->input->rows[v[i].row]));
		bool next = false;

		while (policy->n_waves && i >= end && stage + 1 < policy->n_waves) {
			end = stage_end(policy, ++stage, n);
			next = true;
		}
		if (i > 0 && (next || (pb && cap && back >= cap))) {
			wave++;
			back = 0;
		}
		back += pb;
		ret[v[i].row] = wave;
	}
	free(v);
	return ret;
}
