/* Readings of one serial put together again. */
#include "survey/survey.h"

/* Joins cells; control bytes have no business in them. */
enum { SEPARATOR = '\x1f' };

static const enum stage_source sources[CELLS] = {
#define X(id, source) STAGE_##source,
	CELL_LIST(X)
#undef X
};

void survey_pack(enum stage_source source, const struct str *cells, struct buf *out)
{
	buf_reset(out);
	for (int i = 0; i < CELLS; i++) {
		size_t from = out->n;

		if (sources[i] != source)
			continue;
		buf_str(out, cells[i]);
		for (; from < out->n; from++)
			if (out->p[from] == SEPARATOR)
				out->p[from] = '?';
		buf_char(out, SEPARATOR);
	}
}

void survey_unpack(enum stage_source source, struct str packed, struct str *cells)
{
	for (int i = 0; i < CELLS; i++)
		if (sources[i] == source)
			cells[i] = str_cut(&packed, SEPARATOR);
}

struct merging {
	const struct fleet *fleet;
	struct survey *survey;
	bool *partial; /* by source; of the survey */
	survey_each_fn *each;
	void *self;
	struct survey_device d;
	struct buf texts[STAGE_SOURCES]; /* of the newest row per source */
	struct buf serial;
};

static enum errc hand_over(struct merging *m, struct err *err)
{
	struct survey_device *d = &m->d;

	if (m->serial.n == 0)
		return ERR_OK;
	d->serial = buf_view(&m->serial);
	for (int i = 0; i < STAGE_SOURCES; i++)
		if (d->in[i])
			survey_unpack((enum stage_source)i, buf_view(&m->texts[i]), d->cells);
	d->status = d->in[STAGE_SERVER] ? STR("ASSIGNED") : d->cells[CELL_STATUS];
	d->server_known = d->in[STAGE_SERVER] ||
			  (!m->partial[STAGE_SERVER] && !str_eq_nocase(d->status, STR("ASSIGNED")));
	d->fed = fleet_groups_of(m->fleet, d->server);
	return m->each(m->self, d, err);
}

static enum errc take_row(void *self, const struct stage_row *row, struct err *err)
{
	struct merging *m = self;
	struct buf *text = &m->texts[row->source];

	if (row->serial.n == 0) { /* they come first */
		if (row->cells.n)
			m->survey->untold = true;
		else
			m->partial[row->source] = true;
		return ERR_OK;
	}
	if (!str_eq(row->serial, buf_view(&m->serial))) {
		enum errc rc = hand_over(m, err);

		if (rc)
			return rc;
		m->d = (struct survey_device){ .server = SERVER_NONE };
		buf_reset(&m->serial);
		buf_str(&m->serial, row->serial);
	}
	if (row->source == STAGE_CSV && m->d.in[STAGE_CSV])
		return ERR_OK;
	m->d.in[row->source] = true;
	if (row->source == STAGE_SERVER)
		m->d.server = row->part;
	if (row->source == STAGE_UEM)
		m->d.listed |= 1u << row->part;
	buf_reset(text);
	buf_str(text, row->cells);
	return ERR_OK;
}

bool survey_is_whole(const struct survey *s)
{
	return !s->partial[STAGE_APPLE] && !s->partial[STAGE_SERVER];
}

enum errc survey_each(struct survey *s, survey_each_fn *each, void *self, struct err *err)
{
	enum { ROW_MAX_BYTES = 1024 * 1024 };
	struct merging m = { &s->session->fleet, s, s->partial, .each = each, .self = self };
	enum errc rc;

	for (int i = 0; i < STAGE_SOURCES; i++)
		s->partial[i] = false;
	s->partial[STAGE_SERVER] = s->session->fleet.servers_partial;
	s->untold = false;

	buf_init(&m.serial, ROW_MAX_BYTES);
	for (int i = 0; i < STAGE_SOURCES; i++)
		buf_init(&m.texts[i], ROW_MAX_BYTES);
	rc = stage_each(s->stage, take_row, &m, err);
	if (!rc)
		rc = hand_over(&m, err);
	buf_release(&m.serial);
	for (int i = 0; i < STAGE_SOURCES; i++)
		buf_release(&m.texts[i]);
	return rc;
}
