#include "cli/write_rows.h"

#include "base/buf.h"

struct writing {
	struct result *result;
	row_source_fn *row;
	void *self;
	struct buf detail;
};

/* The reason column reads "code: sentence: detail"; a line number needs no colon. */
static struct str detail_of(struct writing *w, const struct run_row *row)
{
	buf_reset(&w->detail);
	if (row->detail.n) {
		buf_z(&w->detail, row->reason == REASON_ROW_DUPLICATE ? " " : ": ");
		buf_str(&w->detail, row->detail);
	}
	return buf_view(&w->detail);
}

static enum errc write_one(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct writing *w = self;
	struct result_cells ours;
	struct run_row row;
	enum errc rc = w->row(w->self, n, &row, err);

	if (rc)
		return rc;
	ours = (struct result_cells){
		.outcome = row.outcome,
		.rule = row.rule,
		.steps = row.steps,
		.reason = row.reason,
		.detail = detail_of(w, &row),
		.before = row.before,
		.after = row.after,
		.evidence = row.evidence,
		.attempts = row.attempts,
		.finished_ms = row.finished_ms,
	};
	result_row(w->result, record->cells, record->n_cells, record->raw, &ours);
	return ERR_OK;
}

static enum errc write_file(const struct input *input, row_source_fn *row, void *self,
	const struct result_options *opt, struct err *err)
{
	struct writing w = { .row = row, .self = self };
	enum errc rc = result_open(&w.result, opt, err);

	if (rc)
		return rc;
	buf_init(&w.detail, 1024 * 1024);
	rc = input_each(input, write_one, &w, err);
	if (!rc)
		rc = result_commit(w.result, err);
	buf_release(&w.detail);
	result_free(w.result);
	return rc;
}

enum errc write_rows(const struct input *input, uint32_t n_rows, row_source_fn *row, void *self,
	const struct result_options *opt, struct summary *ret_summary, struct err *err)
{
	enum errc rc = ERR_OK;

	*ret_summary = (struct summary){ 0 };
	for (uint32_t i = 0; i < n_rows && !rc; i++) {
		struct run_row r;

		rc = row(self, i, &r, err);
		if (!rc)
			summary_count(ret_summary, r.outcome, r.reason);
	}
	if (!rc && opt->path)
		rc = write_file(input, row, self, opt, err);
	return rc;
}
