#include "cli/app/write_rows.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "report/ndjson.h"

enum errc run_results_next(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	return run_results_row(self, n, ret, err);
}

/* Rows that differ in their serial alone. */
struct same_rows {
	struct buf ours; /* our columns; empty: no such row has come */
	enum outcome outcome;
	enum reason reason;
	int advice;    /* its place in the summary; -1: in none */
	size_t n_more; /* rows but the first, which are still to be counted */
};

struct writing {
	struct result *result;
	const struct row_source *source;
	struct summary *summary;
	struct buf detail;
	struct same_rows *alike; /* by run_row.alike; the first serves rows like no other */
	uint32_t n_alike;
};

/* The reason column reads "code: sentence: detail"; a line number needs no colon. */
static struct str detail_of(struct writing *w, const struct run_row *row)
{
	buf_reset(&w->detail);
	if (row->detail.n) {
		buf_z(&w->detail, row->reason == REASON_ROW_DUPLICATE ? " " : ": ");
		buf_str(&w->detail, row->detail);
	}
	if (row->advice.n) {
		buf_z(&w->detail, "; the rule says: ");
		buf_str(&w->detail, row->advice);
	}
	return buf_view(&w->detail);
}

static void render(struct writing *w, const struct run_row *row, struct buf *ret)
{
	const struct result_cells ours = {
		.outcome = row->outcome,
		.rule = row->rule,
		.steps = row->steps,
		.reason = row->reason,
		.detail = detail_of(w, row),
		.before = row->before,
		.after = row->after,
		.evidence = row->evidence,
		.attempts = row->attempts,
		.finished_ms = row->finished_ms,
	};

	buf_reset(ret);
	result_ours(w->result, &ours, ret);
}

/* Its place among the advice. */
static int count(struct summary *s, const struct run_row *row)
{
	summary_count(s, row->outcome, row->reason, 1);
	summary_why(s, row->reason, row->detail);
	return summary_advise(s, summary_advice_of(row->reason, row->detail, row->advice));
}

static struct same_rows *alike_at(struct writing *w, uint32_t at)
{
	while (w->n_alike <= at) {
		w->alike = mem_realloc(w->alike, w->n_alike + 1, sizeof(*w->alike));
		w->alike[w->n_alike] = (struct same_rows){ .advice = -1 };
		buf_init(&w->alike[w->n_alike++].ours, 4 * CSV_MAX_RECORD_BYTES);
	}
	return &w->alike[at];
}

static enum errc take_new(struct writing *w, uint32_t n, struct str *ret_ours, struct err *err)
{
	struct run_row row;
	struct same_rows *alike;
	enum errc rc = w->source->row(w->source->self, n, &row, err);

	if (rc)
		return rc;
	alike = alike_at(w, row.alike);
	alike->outcome = row.outcome;
	alike->reason = row.reason;
	alike->advice = count(w->summary, &row);
	render(w, &row, &alike->ours);
	*ret_ours = buf_view(&alike->ours);
	return ERR_OK;
}

static void count_alike(struct writing *w)
{
	for (uint32_t i = 0; i < w->n_alike; i++) {
		const struct same_rows *a = &w->alike[i];

		summary_count(w->summary, a->outcome, a->reason, a->n_more);
		if (a->advice >= 0)
			w->summary->advice[a->advice].n += a->n_more;
	}
}

static enum errc write_one(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct writing *w = self;
	const struct row_source *source = w->source;
	uint32_t at = source->alike ? source->alike(source->self, n) : 0;
	struct str ours;
	enum errc rc = ERR_OK;

	if (at && at < w->n_alike && w->alike[at].ours.n) {
		w->alike[at].n_more++;
		ours = buf_view(&w->alike[at].ours);
	} else {
		rc = take_new(w, n, &ours, err);
	}
	if (!rc)
		result_row(w->result, record->cells, record->n_cells, record->raw, ours);
	return rc;
}

static enum errc write_file(struct writing *w, const struct input *input,
	const struct result_options *opt, struct err *err)
{
	enum errc rc = result_open(&w->result, opt, err);

	if (rc)
		return rc;
	buf_init(&w->detail, 1024 * 1024);
	rc = input_each_copy(input, write_one, w, err);
	count_alike(w);
	if (!rc)
		rc = result_commit(w->result, err);
	for (uint32_t i = 0; i < w->n_alike; i++)
		buf_release(&w->alike[i].ours);
	free(w->alike);
	buf_release(&w->detail);
	result_free(w->result);
	return rc;
}

static enum errc count_rows(struct writing *w, uint32_t n_rows, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n_rows && !rc; i++) {
		struct run_row r;

		rc = w->source->row(w->source->self, i, &r, err);
		if (!rc)
			(void)count(w->summary, &r);
	}
	return rc;
}

enum errc write_rows(const struct input *input, uint32_t n_rows, const struct row_source *source,
	const struct result_options *opt, struct summary *ret_summary, struct err *err)
{
	struct writing w = { .source = source, .summary = ret_summary };

	*ret_summary = (struct summary){ 0 };
	return opt->path ? write_file(&w, input, opt, err) : count_rows(&w, n_rows, err);
}

enum errc tell_rows(uint32_t n_rows, const struct row_source *source, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n_rows && !rc; i++) {
		struct run_row r;

		rc = source->row(source->self, i, &r, err);
		if (!rc)
			ndjson_row(&r, stdout);
	}
	return rc;
}
