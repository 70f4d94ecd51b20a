#include "plan/waves.h"

#include <stdlib.h>

#include "base/mem.h"

struct place {
	double share; /* how far into its (rule, server) group the row stands, 0 to 1 */
	uint32_t row, group;
	uint32_t server, target, program; /* target: where it is put back */
	bool leaves, back;                /* its server; and is put back */
};

/* Rows of one server and one target that share a wave, and so a request. */
struct piece {
	uint32_t first, n;
};

struct cutting {
	const struct plan *p;
	struct place *v;
	uint32_t n;
	uint32_t cap, most;   /* rows with a put-back: of a wave; of a piece */
	uint32_t wave;        /* first of this stage */
	uint32_t *room;       /* by wave of this stage: rows with a put-back that still fit */
	uint32_t n_waves;     /* of this stage */
	struct piece *pieces; /* full ones first */
	uint32_t n_pieces;
	uint32_t *ret;
};

/* --- rows --- */

/* What puts it back after its steps took it off; NULL: nothing does. */
static const struct work_step *put_back(const struct work_program *p)
{
	bool off = false;

	for (uint32_t i = 0; i < p->n; i++) {
		off |= step_info(p->v[i].kind)->takes_off;
		if (off && step_info(p->v[i].kind)->puts_back)
			return &p->v[i];
	}
	return NULL;
}

static bool takes_off(const struct work_program *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (step_info(p->v[i].kind)->takes_off || p->v[i].kind == STEP_RELEASE)
			return true;
	return false;
}

static struct place place_of(const struct plan *p, uint32_t row)
{
	const struct input_row r = input_row(p->input, row);
	const struct work_program *prog = plan_program(p, &r);
	uint32_t slot = plan_slot(p, &r);
	const struct work_step *back = put_back(prog);
	struct place ret = { .row = row,
		.server = SERVER_NONE,
		.target = SERVER_NONE,
		.program = r.program,
		.leaves = takes_off(prog),
		.back = back != NULL };
	struct err err;

	(void)fleet_server_of(p->opt->facts->fleet, slot, &ret.server);
	/* A store that cannot be read has said so when the row was planned. */
	if (back && back->to_home && plan_home(p, slot, &ret.target, &err))
		ret.target = SERVER_NONE;
	else if (back && !back->to_home)
		ret.target = back->server;
	return ret;
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int by_share(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->share < y->share || x->share > y->share)
		return x->share < y->share ? -1 : 1;
	return compare(x->row, y->row);
}

/* Rows in an order in which any prefix holds each (rule, server) group in proportion. */
static void fair_order(struct cutting *c)
{
	const struct input *in = c->p->input;
	uint32_t n_servers = c->p->opt->facts->fleet->n_servers;
	size_t n_groups = plan_n_rules(c->p) * (n_servers + (size_t)1);
	uint32_t *size = mem_zalloc((n_groups + 1) * sizeof(*size));
	uint32_t *seen = mem_zalloc((n_groups + 1) * sizeof(*seen));

	for (uint32_t i = 0; i < in->n_rows; i++) {
		struct place *v = &c->v[c->n];

		if (input_kind(in, i)->outcome != OUTCOME_PLANNED)
			continue;
		*v = place_of(c->p, i);
		v->group = input_kind(in, i)->rule * (n_servers + 1) +
			   (v->server == SERVER_NONE ? n_servers : v->server);
		size[v->group]++;
		c->n++;
	}
	for (uint32_t i = 0; i < c->n; i++)
		c->v[i].share = (seen[c->v[i].group]++ + 0.5) / size[c->v[i].group];
	qsort(c->v, c->n, sizeof(*c->v), by_share);
	free(size);
	free(seen);
}

/* --- one stage --- */

/* 0: one request takes them off, and one puts them back. */
static int by_way(const struct place *x, const struct place *y)
{
	int c = compare(y->back, x->back);

	c = c ? c : compare(x->server, y->server);
	return c ? c : compare(x->target, y->target);
}

/* Those of one program wait for the same syncs. */
static int by_way_and_program(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = by_way(x, y);

	c = c ? c : compare(x->program, y->program);
	return c ? c : compare(x->row, y->row);
}

static void add_pieces(struct cutting *c, uint32_t from, uint32_t to, bool full)
{
	uint32_t n = to - from, rest = n % c->most;

	if (full)
		for (uint32_t i = from; i < to - rest; i += c->most)
			c->pieces[c->n_pieces++] = (struct piece){ i, c->most };
	else if (rest)
		c->pieces[c->n_pieces++] = (struct piece){ to - rest, rest };
}

/* Full pieces, then what is left of each way. */
static void cut_pieces(struct cutting *c, uint32_t from, uint32_t to)
{
	c->n_pieces = 0;
	for (int full = 1; full >= 0; full--)
		for (uint32_t i = from, end; i < to; i = end) {
			for (end = i + 1; end < to && by_way(&c->v[i], &c->v[end]) == 0; end++)
				;
			add_pieces(c, i, end, full);
		}
}

/* The first wave that has room for it. *from: before it no wave has; full pieces are all alike. */
static uint32_t wave_for(struct cutting *c, uint32_t n, uint32_t *from)
{
	uint32_t least = n == c->most ? n : 1, w;

	while (*from < c->n_waves && c->room[*from] < least)
		++*from;
	for (w = *from; w < c->n_waves && c->room[w] < n;)
		w++;
	if (w == c->n_waves)
		c->room[c->n_waves++] = c->cap;
	c->room[w] -= n;
	return w;
}

/* Rows that are not put back keep nobody waiting: they all go with the first wave. */
static void cut_stage(struct cutting *c, uint32_t from, uint32_t to)
{
	uint32_t back = from, first[2] = { 0, 0 };

	qsort(c->v + from, to - from, sizeof(*c->v), by_way_and_program);
	while (back < to && c->v[back].back)
		back++;
	for (uint32_t i = back; i < to; i++)
		c->ret[c->v[i].row] = c->wave;
	c->n_waves = 0;
	cut_pieces(c, from, back);
	for (uint32_t i = 0; i < c->n_pieces; i++) {
		const struct piece *q = &c->pieces[i];
		uint32_t wave = c->wave + wave_for(c, q->n, &first[q->n == c->most]);

		for (uint32_t k = q->first; k < q->first + q->n; k++)
			c->ret[c->v[k].row] = wave;
	}
	c->wave += c->n_waves ? c->n_waves : to > from;
}

/* --- stages --- */

/* How many rows the stages up to this one hold together. */
static uint32_t stage_end(const struct rules_policy *policy, size_t stage, uint32_t n)
{
	uint64_t end = policy->waves[stage].n;

	if (policy->waves[stage].percent)
		end = ((uint64_t)n * policy->waves[stage].n + 99) / 100;
	return end < n && stage + 1 < policy->n_waves ? (uint32_t)end : n;
}

/* The policy's own waves, or the default. */
static void settle_stages(const struct cutting *c, struct rules_policy *policy)
{
	if (policy->n_waves)
		return;
	for (uint32_t i = 0; i < c->n && !policy->n_waves; i++)
		if (c->v[i].leaves && c->v[i].server != SERVER_NONE)
			policy->waves[policy->n_waves++].n = WAVES_CANARY;
	policy->waves[policy->n_waves].percent = true;
	policy->waves[policy->n_waves++].n = 100;
}

uint32_t *waves_cut(const struct plan *p, const struct rules_policy *policy, uint32_t in_flight)
{
	struct cutting c = { .p = p, .cap = in_flight ? in_flight : UINT32_MAX };
	struct rules_policy stages = *policy;
	uint32_t from = 0, end;

	c.most = p->opt->settings->batch_apple < c.cap ? p->opt->settings->batch_apple : c.cap;
	c.v = mem_alloc((p->n_planned + 1) * sizeof(*c.v));
	c.room = mem_alloc((p->n_planned + 1) * sizeof(*c.room));
	c.pieces = mem_alloc((p->n_planned + 1) * sizeof(*c.pieces));
	c.ret = mem_zalloc((p->input->n_rows + 1) * sizeof(*c.ret));
	fair_order(&c);
	settle_stages(&c, &stages);
	for (size_t i = 0; i < stages.n_waves; i++, from = end) {
		end = stage_end(&stages, i, c.n);
		end = end > from ? end : from; /* `[10, 5%, 100%]` */
		cut_stage(&c, from, end);
	}
	free(c.pieces);
	free(c.room);
	free(c.v);
	return c.ret;
}
