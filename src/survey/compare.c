/* Where the CSV, Apple and the UEM disagree: one row per disagreement, with the rule that mends it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "io/csv_out.h"
#include "survey/survey.h"

enum { ROW_MAX_BYTES = 1024 * 1024 };

/* What the CSV says about one device. */
struct wish {
	uint32_t server, status; /* slots of comparing.texts */
	bool named, released;
};

struct comparing {
	const struct fleet *fleet;
	const struct input *in;
	struct map texts;
	struct wish *wishes; /* by fleet slot */
};

/* One device in the three views. */
struct view {
	struct str csv_server, csv_status, server, status; /* empty: none, or not told */
	bool in_csv, csv_released;
	bool known, released;
	bool has_server;  /* whether it is known where the device is */
	bool on_server;   /* and it is on one */
	bool listed;      /* by any group */
	uint32_t strays;  /* groups that list it and are not fed by its server */
	bool not_arrived; /* on a server that feeds groups, and none of them lists it */
};

static bool not_at_apple(const struct view *v)
{
	return v->in_csv && !v->known && !v->csv_released;
}

static bool left_behind(const struct view *v)
{
	return v->listed && v->has_server && !v->on_server;
}

static bool released(const struct view *v)
{
	return v->in_csv && v->released && !v->csv_released;
}

static bool not_released(const struct view *v)
{
	return v->csv_released && v->known && !v->released;
}

static bool other_server(const struct view *v)
{
	return v->csv_server.n && v->known && !v->released && v->has_server &&
	       !str_eq_nocase(v->csv_server, v->server);
}

/* Words of other languages compare with nothing. */
static bool wants_none(const struct view *v)
{
	return !v->csv_server.n && str_eq_nocase(v->csv_status, STR("UNASSIGNED")) &&
	       str_eq_nocase(v->status, STR("ASSIGNED"));
}

static bool wants_some(const struct view *v)
{
	return !v->csv_server.n && str_eq_nocase(v->csv_status, STR("ASSIGNED")) &&
	       str_eq_nocase(v->status, STR("UNASSIGNED"));
}

static bool not_in_csv(const struct view *v)
{
	return !v->in_csv && v->known && !v->released;
}

static bool listed_elsewhere(const struct view *v)
{
	return v->strays && v->on_server;
}

static bool not_listed(const struct view *v)
{
	return v->not_arrived;
}

/* Codes are for scripts: they stay. */
static const struct {
	bool (*holds)(const struct view *v);
	const char *reason, *sentence, *rule;
} disagreements[] = {
	{ not_at_apple, "apple.not_found", "in the CSV, and Apple does not list it", "" },
	{ released, "apple.released", "in the CSV, and it has left the organization", "" },
	{ not_released, "apple.not_released", "released in the CSV, and still at Apple",
		"release-sold" },
	{ other_server, "apple.other_server", "on another server than the CSV says", "reconcile" },
	{ wants_none, "apple.assigned", "on no server in the CSV, and on one at Apple",
		"reconcile" },
	{ wants_some, "apple.unassigned", "on a server in the CSV, and on none at Apple",
		"move-server" },
	{ not_in_csv, "csv.missing", "at Apple, and not in the CSV", "" },
	{ left_behind, "uem.left_behind", "listed by the UEM, and on no server at Apple",
		"orphans" },
	{ listed_elsewhere, "uem.other_server",
		"listed by a group of the UEM that its server does not feed", "" },
	{ not_listed, "uem.not_listed", "on a server at Apple, and not listed by the UEM",
		"orphans" },
};

void survey_expect(struct fleet *f, const struct input *in)
{
	for (uint32_t i = 0; i < in->serials.n; i++)
		(void)fleet_add(f, map_key(&in->serials, i));
}

/* Of rows with the same serial the first counts. */
static enum errc take_row(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct comparing *c = self;
	const int *at = c->in->columns.at;
	uint32_t serial = c->in->rows[n].serial;
	struct wish *w;

	(void)err;
	if (serial == MAP_NONE)
		return ERR_OK;
	w = &c->wishes[map_find(&c->fleet->serials, map_key(&c->in->serials, serial))];
	if (w->named)
		return ERR_OK;
	w->named = true;
	w->released = input_cell(c->in, record, at[COLUMN_RELEASED]).n > 0;
	w->server = map_add(&c->texts, input_cell(c->in, record, at[COLUMN_SERVER]), NULL);
	w->status = map_add(&c->texts, input_cell(c->in, record, at[COLUMN_STATUS]), NULL);
	return ERR_OK;
}

static void look(const struct comparing *c, uint32_t slot, struct view *ret)
{
	const struct fleet *f = c->fleet;
	const struct wish *w = &c->wishes[slot];
	const struct device_state *d = &f->devices[slot];
	uint32_t server = SERVER_NONE, groups;
	struct value status;

	*ret = (struct view){ .in_csv = w->named, .csv_released = w->released };
	if (w->named) {
		ret->csv_server = map_key(&c->texts, w->server);
		ret->csv_status = map_key(&c->texts, w->status);
	}
	fleet_fact(f, slot, FACT_APPLE_STATUS, &status);
	ret->status = status.text;
	ret->known = device_flag(d, FACT_APPLE_KNOWN);
	ret->released = device_fact_state(d, FACT_APPLE_RELEASED) == VALUE_KNOWN;
	ret->has_server = fleet_server_of(f, slot, &server);
	ret->on_server = server != SERVER_NONE;
	ret->server = fleet_server_name(f, server);
	groups = fleet_groups_of(f, server);
	ret->listed = f->listed[slot] != 0;
	ret->strays = f->listed[slot] & ~groups;
	ret->not_arrived = groups && !(f->listed[slot] & groups);
}

/* `server` is the CSV's, so that the file is an input for reconcile. */
static void put_row(const struct comparing *c, uint32_t slot, const struct view *v, size_t which,
	const struct survey_options *opt, struct buf *row)
{
	struct buf listed, profile;

	buf_init(&listed, ROW_MAX_BYTES);
	buf_init(&profile, ROW_MAX_BYTES);
	survey_fact(c->fleet, slot, FACT_UEM_LISTED, &listed);
	survey_fact(c->fleet, slot, FACT_UEM_PROFILE, &profile);
	buf_reset(row);
	csv_cell(row, fleet_serial(c->fleet, slot), !opt->raw_csv);
	for (int i = 0; i < 8; i++) {
		const struct str cells[] = { str_from(disagreements[which].reason),
			str_from(disagreements[which].sentence), v->csv_server, v->status,
			v->server, buf_view(&listed), buf_view(&profile),
			str_from(disagreements[which].rule) };

		buf_char(row, ',');
		csv_cell(row, cells[i], !opt->raw_csv);
	}
	buf_char(row, '\n');
	outfile_write(opt->out, buf_view(row));
	buf_release(&listed);
	buf_release(&profile);
}

static uint64_t put_rows(const struct comparing *c, const struct survey_options *opt)
{
	uint32_t *slots = survey_sorted(c->fleet);
	uint64_t n = 0;
	struct buf row;

	buf_init(&row, ROW_MAX_BYTES);
	outfile_write(opt->out, STR("serial,reason,explanation,server,apple_status,apple_server,"
				    "uem_listed,uem_profile,rule\n"));
	for (uint32_t i = 0; i < c->fleet->serials.n; i++) {
		struct view v;

		look(c, slots[i], &v);
		for (size_t k = 0; k < sizeof(disagreements) / sizeof(disagreements[0]); k++) {
			if (!disagreements[k].holds(&v))
				continue;
			put_row(c, slots[i], &v, k, opt, &row);
			n++;
		}
	}
	buf_release(&row);
	free(slots);
	return n;
}

enum errc survey_compare(const struct fleet *f, const struct input *in,
	const struct survey_options *opt, uint64_t *ret_n, struct err *err)
{
	struct comparing c = { .fleet = f, .in = in };
	enum errc rc;

	c.wishes = mem_zalloc((f->serials.n + 1u) * sizeof(*c.wishes));
	map_init(&c.texts, 0);
	rc = input_each(in, take_row, &c, err);
	if (!rc)
		*ret_n = put_rows(&c, opt);
	map_release(&c.texts);
	free(c.wishes);
	return rc;
}
