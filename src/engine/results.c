/* What a run made of each row, read back from the store: for the result CSV and the reports. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "engine/apply.h"
#include "io/json.h"
#include "model/program.h"

enum errc run_open_input(
	struct store *store, const struct run_record *run, struct run_input *ret, struct err *err)
{
	struct json *j;
	char *folder, *spool;
	int64_t widest = 0;
	struct str delimiter;
	enum errc rc = json_parse(&j, run->frozen, err);

	if (rc)
		return err_set(err, ERR_STORE, "run %s cannot be read", run->name);
	*ret = (struct run_input){ 0 };
	delimiter = json_text(json_get(j, "delimiter"));
	(void)json_int(json_get(j, "widest"), &widest);
	ret->widest = (size_t)widest;
	ret->path = mem_dupz(json_text(json_get(j, "input")));
	rc = store_run_folder(store, run->name, &folder, err);
	if (!rc) {
		if (asprintf(&spool, "%s/input.csv", folder) < 0)
			abort();
		rc = input_reopen(&ret->input, spool, delimiter.n ? delimiter.p[0] : ',',
			json_bool(json_get(j, "has_header"), false), err);
		free(spool);
		free(folder);
	}
	json_free(j);
	return rc;
}

void run_input_release(struct run_input *in)
{
	input_release(&in->input);
	free(in->path);
	in->path = NULL;
}

/* --- rows --- */

struct kept {
	struct str serial, rule, program, before, after, results, detail, evidence;
	uint32_t attempts;
	int64_t finished_ms;
	int outcome, reason;
};

struct rows {
	struct arena arena;
	struct map serials;
	struct kept *v;
	uint32_t n, cap;
	struct buf steps;
	enum errc (*each)(void *self, const struct run_row *row, struct err *err);
	void *self;
};

static enum errc keep_device(void *self, const struct device_record *d, struct err *err)
{
	struct rows *r = self;
	struct kept k = {
		.rule = arena_dup(&r->arena, d->rule),
		.program = arena_dup(&r->arena, d->program),
		.before = arena_dup(&r->arena, d->before),
		.after = arena_dup(&r->arena, d->after),
		.results = arena_dup(&r->arena, d->results),
		.detail = arena_dup(&r->arena, d->detail),
		.evidence = arena_dup(&r->arena, d->evidence),
		.attempts = d->attempts,
		.finished_ms = d->finished_ms,
		.outcome = d->outcome,
		.reason = d->reason,
	};

	(void)err;
	(void)map_add(&r->serials, d->serial, NULL);
	MEM_GROW(r->v, r->n, r->cap);
	r->v[r->n++] = k;
	return ERR_OK;
}

/* The steps column needs the words and which work steps belong to each of them. */
static enum errc describe(struct rows *r, const struct kept *k, struct err *err)
{
	struct work_program p;
	struct program source;
	struct arena a;
	enum errc rc;

	buf_reset(&r->steps);
	arena_init(&a);
	rc = program_decode(k->program, &a, &source, err);
	if (!rc) {
		work_outline(&source, &a, &p);
		work_describe(&p, k->results.p, &r->steps);
	}
	arena_release(&a);
	return rc;
}

static enum errc give_row(void *self, const struct row_record *rec, struct err *err)
{
	struct rows *r = self;
	struct run_row row = {
		.n = rec->n,
		.outcome = (enum outcome)rec->outcome,
		.reason = (enum reason)rec->reason,
		.serial = rec->serial,
		.rule = rec->rule,
		.detail = rec->detail,
		.finished_ms = TIME_NONE,
	};
	uint32_t at = row.outcome == OUTCOME_PLANNED ? map_find(&r->serials, rec->serial)
						     : MAP_NONE;

	if (at != MAP_NONE) {
		const struct kept *k = &r->v[at];
		enum errc rc = describe(r, k, err);

		if (rc)
			return rc;
		row.outcome = (enum outcome)k->outcome;
		row.reason = (enum reason)k->reason;
		row.detail = k->detail;
		row.before = k->before;
		row.after = k->after;
		row.evidence = k->evidence;
		row.steps = buf_view(&r->steps);
		row.attempts = k->attempts;
		row.finished_ms = k->finished_ms;
	}
	return r->each(r->self, &row, err);
}

enum errc run_rows(struct store *store, int64_t run,
	enum errc (*each)(void *self, const struct run_row *row, struct err *err), void *self,
	struct err *err)
{
	struct rows r = { .each = each, .self = self };
	enum errc rc;

	arena_init(&r.arena);
	map_init(&r.serials, 0);
	buf_init(&r.steps, 1024 * 1024);
	rc = store_devices(store, run, keep_device, &r, err);
	if (!rc)
		rc = store_rows(store, run, give_row, &r, err);
	buf_release(&r.steps);
	map_release(&r.serials);
	arena_release(&r.arena);
	free(r.v);
	return rc;
}
