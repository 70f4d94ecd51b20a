#include "report/tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/snapshot.h"

/* The part of a device's state whose change is counted; SNAPSHOT_MAX_: none. */
static const enum snapshot_part parts[TALLY_MAX_] = {
#define X(id, part) [TALLY_##id] = SNAPSHOT_##part,
	TALLY_LIST(X)
#undef X
};

static const enum outcome order[] = {
	OUTCOME_IN_FLIGHT,
	OUTCOME_FAILED,
	OUTCOME_RESTORED,
	OUTCOME_UNVERIFIED,
	OUTCOME_DRIFTED,
	OUTCOME_HELD,
	OUTCOME_MANUAL,
	OUTCOME_UNDECIDED,
	OUTCOME_INVALID,
	OUTCOME_PENDING,
	OUTCOME_PLANNED,
	OUTCOME_WAITING,
	OUTCOME_DONE,
	OUTCOME_UNCHANGED,
	OUTCOME_DUPLICATE,
	OUTCOME_PROTECTED,
	OUTCOME_NOTED,
	OUTCOME_SKIPPED,
	OUTCOME_UNMATCHED,
};
_Static_assert(sizeof(order) / sizeof(*order) == OUTCOME_MAX_, "every outcome has its place");

const enum outcome *tally_order(void)
{
	return order;
}

bool tally_is_done(enum outcome o)
{
	return !outcome_info(o)->exit_status && o != OUTCOME_PENDING && o != OUTCOME_PLANNED;
}

/* --- one row --- */

/* Where the lines of rows beyond the bound go. */
static struct str beyond(void)
{
	return STR("\x1f");
}

static struct tally_line *line_of(struct tally *t, enum tally_kind kind, struct str name)
{
	struct tally_group *g = &t->by[kind];
	char cut[TALLY_NAME_BYTES + 8];
	uint32_t slot;

	if (name.n > TALLY_NAME_BYTES) {
		struct str head = str_head(name, TALLY_NAME_BYTES);

		(void)snprintf(cut, sizeof(cut), "%.*s\xe2\x80\xa6", (int)head.n, head.p);
		name = str_from(cut);
	}
	slot = map_find(&t->names, name);
	if (g->n >= TALLY_NAMES &&
		(slot == MAP_NONE || slot >= g->cap_at || g->at[slot] == MAP_NONE))
		name = beyond();
	slot = map_add(&t->names, name, NULL);
	while (g->cap_at <= slot) {
		uint32_t cap = g->cap_at ? g->cap_at * 2 : 64;

		g->at = mem_realloc(g->at, cap, sizeof(*g->at));
		memset(g->at + g->cap_at, 0xff, (cap - g->cap_at) * sizeof(*g->at));
		g->cap_at = cap;
	}
	if (g->at[slot] == MAP_NONE) {
		MEM_GROW(g->v, g->n, g->cap);
		g->v[g->n] = (struct tally_line){ .name = slot };
		g->at[slot] = g->n++;
	}
	return &g->v[g->at[slot]];
}

static struct tally_line *add(
	struct tally *t, enum tally_kind kind, struct str name, enum outcome o)
{
	struct tally_line *line = line_of(t, kind, name);

	line->rows[o]++;
	line->total++;
	line->not_done += !tally_is_done(o);
	return line;
}

struct states {
	struct snapshot was, became;
};

/* "before<arrow>after" of one part of the state. */
static void add_change(struct tally *t, enum tally_kind kind, const struct states *states,
	const struct run_row *row)
{
	struct str before = snapshot_word(&states->was, parts[kind]);
	struct str after = snapshot_word(&states->became, parts[kind]);
	struct buf name;

	if (!before.n && !after.n)
		return;
	buf_init(&name, TALLY_NAME_BYTES);
	buf_str(&name, str_head(before, TALLY_NAME_BYTES / 2 - 1));
	buf_char(&name, TALLY_ARROW);
	buf_str(&name, str_head(row->after.n ? after : STR("?"), TALLY_NAME_BYTES / 2));
	(void)add(t, kind, buf_view(&name), row->outcome);
	buf_release(&name);
}

struct counting {
	struct tally *t;
	const struct report_source *s;
	int model, server;  /* columns of the input; -1: none */
	struct arena texts; /* of the row being counted */
};

/* By alias alone: the store does not keep what the rules called columns. */
static void find_columns(struct counting *c)
{
	const struct columns *in = &c->s->input->input.columns;
	const struct column_options opt = { 0 };
	struct columns known;
	struct arena a;

	arena_init(&a);
	if (in->has_header && !columns_map(&known, &opt, in->headers, in->n, 0, &a, NULL)) {
		c->model = known.at[known.at[COLUMN_MODEL] < 0 ? COLUMN_FAMILY : COLUMN_MODEL];
		c->server = known.at[COLUMN_SERVER];
	}
	arena_release(&a);
}

static struct str cell(const struct counting *c, const struct csv_record *record, int column)
{
	return column < 0 ? STR_NONE : input_cell(&c->s->input->input, record, column);
}

static void keep(struct tally *t, uint32_t n, uint32_t model, const struct run_row *row)
{
	enum outcome o = row->outcome;
	struct tally_cause *cause = &t->causes[row->reason];

	if (!tally_is_done(o) && cause->n < TALLY_EXAMPLES)
		cause->row[cause->n++] = n;
	if (t->n_kept[o] >= TALLY_ROWS)
		return;
	MEM_GROW(t->kept[o], t->n_kept[o], t->cap_kept[o]);
	t->kept[o][t->n_kept[o]++] = (struct tally_row){ n, model };
}

static enum errc count_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct counting *c = self;
	struct tally *t = c->t;
	struct states states;
	struct run_row row;
	struct str model = cell(c, record, c->model), server;
	enum errc rc = run_results_row(c->s->rows, n, &row, err);

	if (rc)
		return rc;
	arena_reset(&c->texts);
	snapshot_decode(row.was, &c->texts, &states.was);
	snapshot_decode(row.became, &c->texts, &states.became);
	server = snapshot_word(&states.was, SNAPSHOT_SERVER);
	if (!row.before.n)
		server = cell(c, record, c->server);
	summary_count(&t->totals, row.outcome, row.reason, 1);
	(void)add(t, TALLY_RULE, row.rule, row.outcome);
	(void)add(t, TALLY_SERVER, server, row.outcome);
	keep(t, n, add(t, TALLY_MODEL, model, row.outcome)->name, &row);
	for (int k = 0; k < TALLY_MAX_; k++)
		if (parts[k] != SNAPSHOT_MAX_)
			add_change(t, (enum tally_kind)k, &states, &row);
	return ERR_OK;
}

/* --- all of them --- */

static int by_total(const void *a, const void *b)
{
	const struct tally_line *x = a, *y = b;

	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return x->name < y->name ? -1 : 1;
}

static void sort(struct tally *t, struct tally_group *g)
{
	uint32_t n = g->n, last = map_find(&t->names, beyond());

	if (last != MAP_NONE && last < g->cap_at && g->at[last] != MAP_NONE) {
		struct tally_line swap = g->v[g->at[last]];

		g->v[g->at[last]] = g->v[n - 1];
		g->v[--n] = swap;
	}
	if (n)
		qsort(g->v, n, sizeof(*g->v), by_total);
	free(g->at); /* no longer true */
	g->at = NULL;
}

enum errc tally_run(struct tally *t, const struct report_source *s, struct err *err)
{
	struct counting c = { .t = t, .s = s, .model = -1, .server = -1 };
	enum errc rc;

	*t = (struct tally){ 0 };
	find_columns(&c);
	map_init(&t->names, 0);
	arena_init(&c.texts);
	rc = input_each(&s->input->input, count_row, &c, err);
	arena_release(&c.texts);
	for (int k = 0; k < TALLY_MAX_; k++)
		sort(t, &t->by[k]);
	return rc;
}

void tally_release(struct tally *t)
{
	map_release(&t->names);
	for (int k = 0; k < TALLY_MAX_; k++) {
		free(t->by[k].v);
		free(t->by[k].at);
	}
	for (int o = 0; o < OUTCOME_MAX_; o++)
		free(t->kept[o]);
}
