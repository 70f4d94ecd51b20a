/*
 * The rows of the input once more: from the spool, which has them alone, or from the file.
 */
#include "plan/input.h"

struct pass {
	const struct input *in;
	struct csv_reader *spool; /* NULL: the list */
	bool copy;
	struct list_row row;
	struct csv_record copied; /* only its bytes, and how many cells they are */
};

static enum errc copy_of(struct pass *p, uint16_t place, struct str *ret_raw, struct err *err)
{
	if (p->spool)
		return csv_copy(p->spool, place, ret_raw, err);
	return list_copy(p->in->list, place, ret_raw, err);
}

static enum errc next_of(
	struct pass *p, uint32_t n, const struct csv_record **ret, bool *ret_more, struct err *err)
{
	const struct input *in = p->in;
	uint16_t place = p->copy && in->rows && n < in->n_rows ? in->rows[n].place : 0;
	enum errc rc;

	*ret = &p->row.record;
	if (!place && p->spool)
		return csv_next(p->spool, &p->row.record, ret_more, err);
	if (!place)
		return list_next(in->list, &p->row, ret_more, err);
	*ret_more = true;
	rc = copy_of(p, place, &p->copied.raw, err);
	if (in->from_result)
		p->copied.raw.n -= in->rows[n].less;
	p->copied.n_cells = in->columns.n - (in->from_result ? 0 : in->rows[n].less);
	*ret = &p->copied;
	return rc;
}

static enum errc each_of(struct pass *p, input_each_fn *each, void *self, struct err *err)
{
	const struct csv_record *record;
	bool more = true;
	enum errc rc = ERR_OK;

	if (p->spool && p->in->columns.has_header)
		rc = csv_next(p->spool, &p->row.record, &more, err);
	for (uint32_t n = 0; !rc && more; n++) {
		rc = next_of(p, n, &record, &more, err);
		if (!rc && more)
			rc = each(self, n, record, err);
	}
	return rc;
}

static enum errc pass(
	const struct input *in, bool copy, input_each_fn *each, void *self, struct err *err)
{
	struct csv_options opt = { .delimiter = in->delimiter, .kept = true };
	struct pass p = { .in = in, .copy = copy };
	enum errc rc = in->list ? list_rewind(in->list, err)
				: csv_open(&p.spool, in->spool, &opt, err);

	if (rc)
		return rc;
	rc = each_of(&p, each, self, err);
	/* Once more, to see that the file is still the same. */
	if (in->list)
		return rc ? rc : list_rewind(in->list, err);
	csv_close(p.spool);
	return rc;
}

enum errc input_each(const struct input *in, input_each_fn *each, void *self, struct err *err)
{
	return pass(in, false, each, self, err);
}

enum errc input_each_copy(const struct input *in, input_each_fn *each, void *self, struct err *err)
{
	return pass(in, true, each, self, err);
}
