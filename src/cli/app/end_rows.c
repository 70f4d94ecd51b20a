#include "cli/app/end_rows.h"

struct not_started {
	const struct end_rows *e;
	struct buf steps, before;
};

/* Before the rules were asked, a row is at fault or it waits. */
static void unjudged_row(const struct input *in, uint32_t n, struct run_row *ret)
{
	const struct input_row *row = input_kind(in, n);

	*ret = (struct run_row){
		.outcome = (enum outcome)row->outcome,
		.reason = (enum reason)row->reason,
		.serial = input_serial(in, n),
		.line = input_line(in, n),
		.finished_ms = TIME_NONE,
	};
}

/* Nothing is known of the row itself: what ended the run before it kept it, too. */
static void kept_by_end(const struct end_rows *e, struct run_row *row)
{
	row->reason = reason_of_end(e->ended);
	row->detail = str_from(e->why);
}

static enum errc not_started_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct not_started *u = self;

	(void)err;
	if (u->e->plan)
		plan_row(u->e->plan, n, &u->steps, &u->before, ret);
	else
		unjudged_row(u->e->input, n, ret);
	if (ret->outcome == OUTCOME_PLANNED || ret->outcome == OUTCOME_PENDING) {
		ret->outcome = OUTCOME_PENDING;
		ret->steps = STR_NONE;
		kept_by_end(u->e, ret);
	}
	return ERR_OK;
}

static enum errc write_both(const struct end_rows *e, const struct result_options *opt,
	row_source_fn *row, void *self, struct summary *ret, struct err *err)
{
	const struct row_source source = { .row = row, .self = self };
	enum errc rc = write_rows(e->input, e->input->n_rows, &source, opt, ret, err);

	return rc || !e->json ? rc : tell_rows(e->input->n_rows, &source, err);
}

static enum errc write_not_started(const struct end_rows *e, const struct result_options *opt,
	struct summary *ret, struct err *err)
{
	struct not_started u = { .e = e };
	enum errc rc;

	buf_init(&u.steps, 1024 * 1024);
	buf_init(&u.before, 64 * 1024);
	rc = write_both(e, opt, not_started_row, &u, ret, err);
	buf_release(&u.steps);
	buf_release(&u.before);
	return rc;
}

struct counted {
	const struct end_rows *e;
	struct run_results *results;
	struct run_counts *counts;
};

/* The rows come once for the file and perhaps once more for the standard output. */
static enum errc counted_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct counted *c = self;
	enum errc rc = run_results_next(c->results, n, ret, err);

	if (!rc && ret->outcome == OUTCOME_PENDING && ret->reason == REASON_NONE)
		kept_by_end(c->e, ret);
	if (rc || !c->counts)
		return rc;
	if (n == 0) {
		run_counts_release(c->counts);
		run_counts_init(c->counts);
	}
	run_counts_add(c->counts, ret->rule, ret->outcome);
	return ERR_OK;
}

static enum errc write_run(const struct end_rows *e, const struct result_options *opt,
	struct summary *ret, struct err *err)
{
	struct run_results *results = NULL;
	struct counted c;
	enum errc rc = run_results_load(e->store, e->run->id, &results, err);

	if (!rc && run_results_count(results) != e->input->n_rows)
		rc = err_set(err, ERR_INTERNAL, "the run has another number of rows");
	c = (struct counted){ e, results, e->counts };
	if (!rc)
		rc = write_both(e, opt, counted_row, &c, ret, err);
	run_results_free(results);
	return rc;
}

enum errc end_rows_write(
	const struct end_rows *e, const char *path, struct summary *ret, struct err *err)
{
	const struct result_options opt = {
		.path = path,
		.columns = &e->input->columns,
		.n_columns = e->input->widest,
		.delimiter = e->input->delimiter,
		.run = e->run ? e->run->name : "",
		.raw_csv = e->raw_csv,
	};

	return e->run ? write_run(e, &opt, ret, err) : write_not_started(e, &opt, ret, err);
}
