#include "cli/app/write_rows.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "report/ndjson.h"

enum errc run_results_next(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	return run_results_row(self, n, ret, err);
}

struct writing {
	struct result *result;
	row_source_fn *row;
	void *self;
	struct summary *summary;
	struct buf detail;
	struct buf *alike; /* by run_row.alike: our columns of those rows */
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

/* alike[0] serves rows like no other. */
static struct str ours_of(struct writing *w, const struct run_row *row)
{
	while (w->n_alike <= row->alike) {
		w->alike = mem_realloc(w->alike, w->n_alike + 1, sizeof(*w->alike));
		buf_init(&w->alike[w->n_alike++], 4 * CSV_MAX_RECORD_BYTES);
	}
	if (row->alike == 0 || w->alike[row->alike].n == 0)
		render(w, row, &w->alike[row->alike]);
	return buf_view(&w->alike[row->alike]);
}

static enum errc write_one(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct writing *w = self;
	struct run_row row;
	struct str ours;
	enum errc rc = w->row(w->self, n, &row, err);

	if (rc)
		return rc;
	summary_count(w->summary, row.outcome, row.reason);
	summary_why(w->summary, row.reason, row.detail);
	summary_advise(w->summary, summary_advice_of(row.reason, row.detail, row.advice));
	ours = ours_of(w, &row);
	result_row(w->result, record->cells, record->n_cells, record->raw, ours);
	return ERR_OK;
}

static enum errc write_file(struct writing *w, const struct input *input,
	const struct result_options *opt, struct err *err)
{
	enum errc rc = result_open(&w->result, opt, err);

	if (rc)
		return rc;
	buf_init(&w->detail, 1024 * 1024);
	rc = input_each_copy(input, write_one, w, err);
	if (!rc)
		rc = result_commit(w->result, err);
	for (uint32_t i = 0; i < w->n_alike; i++)
		buf_release(&w->alike[i]);
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

		rc = w->row(w->self, i, &r, err);
		if (rc)
			break;
		summary_count(w->summary, r.outcome, r.reason);
		summary_why(w->summary, r.reason, r.detail);
		summary_advise(w->summary, summary_advice_of(r.reason, r.detail, r.advice));
	}
	return rc;
}

enum errc write_rows(const struct input *input, uint32_t n_rows, row_source_fn *row, void *self,
	const struct result_options *opt, struct summary *ret_summary, struct err *err)
{
	struct writing w = { .row = row, .self = self, .summary = ret_summary };

	*ret_summary = (struct summary){ 0 };
	return opt->path ? write_file(&w, input, opt, err) : count_rows(&w, n_rows, err);
}

enum errc tell_rows(uint32_t n_rows, row_source_fn *row, void *self, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < n_rows && !rc; i++) {
		struct run_row r;

		rc = row(self, i, &r, err);
		if (!rc)
			ndjson_row(&r, stdout);
	}
	return rc;
}
