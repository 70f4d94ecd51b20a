/* What costs a request per device: the UEM's for those that a group lists, Apple's coverage for
 * those that have not left. */
#include "base/time.h"
#include "survey/survey.h"

enum { CHUNK = 500, ROW_MAX_BYTES = 256 * 1024 };

static const struct {
	enum survey_cell cell;
	enum fact fact;
} facts[] = {
	{ CELL_PROFILE_STATUS, FACT_UEM_PROFILE_STATUS },
	{ CELL_ENROLLMENT_STATUS, FACT_UEM_ENROLLMENT_STATUS },
	{ CELL_USER, FACT_UEM_USER },
	{ CELL_OWNERSHIP, FACT_UEM_OWNERSHIP },
	{ CELL_LAST_SEEN, FACT_UEM_LAST_SEEN },
	{ CELL_COVERAGE, FACT_APPLE_COVERAGE },
	{ CELL_COVERAGE_END, FACT_APPLE_COVERAGE_END },
	{ CELL_COVERAGE_KIND, FACT_APPLE_COVERAGE_KIND },
};

struct detailing {
	struct survey *survey;
	struct buf row;
	uint32_t covered[CHUNK], n_covered; /* slots to ask Apple about */
	uint32_t n_texts;                   /* of the fleet, before the first device */
};

static void add_details(struct detailing *d, uint32_t slot)
{
	struct fleet *f = &d->survey->session->fleet;
	struct str cells[CELLS] = { STR_NONE };
	char when[sizeof(facts) / sizeof(*facts)][TIME_TEXT]; /* cells borrow them until packed */

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		struct value v;

		fleet_fact(f, slot, facts[i].fact, &v);
		if (v.state == VALUE_UNKNOWN)
			cells[facts[i].cell] = STR("unknown");
		else if (v.state == VALUE_KNOWN)
			cells[facts[i].cell] = v.type == TYPE_DATE
						       ? str_from(time_rfc3339(v.number, when[i]))
						       : v.text;
	}
	survey_pack(STAGE_DETAIL, cells, &d->row);
	stage_add(d->survey->stage,
		&(struct stage_row){ fleet_serial(f, slot), buf_view(&d->row), STAGE_DETAIL, 0 });
}

/* The devices and what they alone were told in: ids, users. A million of them is too much. */
static void drop_devices(struct fleet *f, uint32_t n_texts)
{
	struct map kept;

	fleet_drop_devices(f);
	map_init(&kept, 0);
	for (uint32_t i = 0; i < n_texts; i++)
		(void)map_add(&kept, map_key(&f->texts, i), NULL);
	map_release(&f->texts);
	f->texts = kept;
}

/* Those that wait in the fleet; they leave it. */
static enum errc read_chunk(struct detailing *d, struct err *err)
{
	struct session *s = d->survey->session;
	uint32_t slots[CHUNK], n = s->fleet.serials.n, n_listed = 0;
	enum errc rc;

	for (uint32_t i = 0; i < n; i++)
		if (s->fleet.listed[i])
			slots[n_listed++] = i;
	rc = facts_read(&s->facts, READING_UEM_TOKEN, slots, n_listed, err);
	if (!rc)
		rc = facts_read(&s->facts, READING_UEM_DEVICE, slots, n_listed, err);
	if (!rc)
		rc = facts_read(&s->facts, READING_APPLE_COVERAGE, d->covered, d->n_covered, err);
	if (rc)
		return rc;
	stage_begin(d->survey->stage);
	for (uint32_t i = 0; i < n; i++)
		add_details(d, i);
	drop_devices(&s->fleet, d->n_texts);
	d->n_covered = 0;
	return stage_commit(d->survey->stage, STAGE_DETAIL, 0, STR_NONE, err);
}

static enum errc take(void *self, const struct survey_device *v, struct err *err)
{
	struct detailing *d = self;
	struct fleet *f = &d->survey->session->fleet;
	bool covered = v->in[STAGE_APPLE] && v->cells[CELL_RELEASED].n == 0;
	uint32_t slot;

	if ((!v->listed && !covered) || v->in[STAGE_DETAIL])
		return ERR_OK;
	slot = fleet_add(f, v->serial);
	f->listed[slot] = v->listed;
	if (covered)
		d->covered[d->n_covered++] = slot;
	return f->serials.n == CHUNK ? read_chunk(d, err) : ERR_OK;
}

enum errc survey_read_details(struct survey *s, struct err *err)
{
	struct detailing d = { .survey = s, .n_texts = s->session->fleet.texts.n };
	enum errc rc;

	buf_init(&d.row, ROW_MAX_BYTES);
	rc = survey_each(s, take, &d, err);
	if (!rc)
		rc = read_chunk(&d, err);
	buf_release(&d.row);
	return rc;
}
