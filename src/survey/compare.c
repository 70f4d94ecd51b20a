/* Where the CSV, Apple and the UEM disagree: one row per disagreement, with the rule that mends it.
 */
#include "survey/rows.h"

/* One device in the three views. */
struct compared_device {
	/* Empty: none, or not told. */
	struct str csv_server, csv_status, csv_profile, server, status, profile;
	bool in_csv, csv_released, csv_unsure; /* unsure: whether it has left is not known there */
	bool known, released, release_unknown;
	bool maybe;       /* Apple's lists are not whole: what is not known may be there */
	bool has_server;  /* whether it is known where the device is */
	bool on_server;   /* and it is on one */
	bool listed;      /* by any group */
	uint32_t strays;  /* groups that list it and are not fed by its server */
	bool not_arrived; /* on a server that feeds groups, and none of them lists it */
};

static bool not_at_apple(const struct compared_device *v)
{
	return v->in_csv && !v->known && !v->maybe && !v->csv_released;
}

static bool left_behind(const struct compared_device *v)
{
	return v->listed && v->has_server && !v->on_server;
}

static bool released(const struct compared_device *v)
{
	return v->in_csv && v->released && !v->csv_released && !v->csv_unsure;
}

static bool not_released(const struct compared_device *v)
{
	return v->csv_released && v->known && !v->released && !v->release_unknown;
}

static bool other_server(const struct compared_device *v)
{
	return v->csv_server.n && v->known && !v->released && v->has_server &&
	       !str_eq_nocase(v->csv_server, v->server);
}

/* Words of other languages compare with nothing. */
static bool wants_none(const struct compared_device *v)
{
	return !v->csv_server.n && str_eq_nocase(v->csv_status, STR("UNASSIGNED")) &&
	       str_eq_nocase(v->status, STR("ASSIGNED"));
}

static bool wants_some(const struct compared_device *v)
{
	return !v->csv_server.n && str_eq_nocase(v->csv_status, STR("ASSIGNED")) &&
	       str_eq_nocase(v->status, STR("UNASSIGNED"));
}

static bool not_in_csv(const struct compared_device *v)
{
	return !v->in_csv && v->known && !v->released;
}

static bool listed_elsewhere(const struct compared_device *v)
{
	return v->strays && v->on_server;
}

static bool not_listed(const struct compared_device *v)
{
	return v->not_arrived;
}

static bool no_profile(const struct compared_device *v)
{
	return v->csv_profile.n && v->listed && !v->profile.n;
}

static bool other_profile(const struct compared_device *v)
{
	return v->csv_profile.n && v->profile.n && !str_eq_nocase(v->csv_profile, v->profile);
}

/* Codes are for scripts: they stay. */
static const struct {
	bool (*holds)(const struct compared_device *v);
	const char *reason, *sentence, *rule;
} disagreements[] = {
	{ not_at_apple, "apple.not_found", "in the CSV, and Apple does not list it", "" },
	{ released, "apple.released", "in the CSV, and it has left the organization", "" },
	{ not_released, "apple.not_released", "released in the CSV, and still at Apple",
		"release-sold" },
	{ other_server, "apple.other_server", "on another server than the CSV says", "reconcile" },
	{ wants_none, "apple.assigned",
		"on no server in the CSV, and on one at Apple (--set empty=unassign)",
		"reconcile" },
	{ wants_some, "apple.unassigned",
		"on a server in the CSV, and on none at Apple (--set server=NAME)", "move-server" },
	{ not_in_csv, "csv.missing", "at Apple, and not in the CSV", "" },
	{ left_behind, "uem.left_behind", "listed by the UEM, and on no server at Apple",
		"orphans" },
	{ listed_elsewhere, "uem.other_server",
		"listed by a group of the UEM that its server does not feed", "" },
	{ not_listed, "uem.not_listed", "on a server at Apple, and not listed by the UEM",
		"orphans" },
	{ no_profile, "uem.no_profile",
		"a profile in the CSV, and none in the UEM (--set profile=NAME)",
		"assign-missing-profile" },
	{ other_profile, "uem.other_profile", "another profile in the UEM than the CSV says", "" },
};

struct comparing {
	const struct survey *survey;
	struct survey_rows rows;
};

/* `server` is the CSV's, so that the file is an input for reconcile. */
static const char *const headers[] = { "serial", "reason", "explanation", "server", "apple_status",
	"apple_server", "uem_listed", "uem_profile", "rule" };
enum { N_HEADERS = sizeof(headers) / sizeof(headers[0]) };

static struct compared_device look(
	const struct fleet *f, const bool *partial, const struct survey_device *d)
{
	bool release_unknown = rows_unknown(d->cells[CELL_RELEASED]);

	return (struct compared_device){
		.in_csv = d->in[STAGE_CSV],
		.csv_released = d->cells[CELL_CSV_RELEASED].n > 0 &&
				!rows_unknown(d->cells[CELL_CSV_RELEASED]),
		.csv_unsure = rows_unknown(d->cells[CELL_CSV_RELEASED]),
		.csv_server = d->cells[CELL_CSV_SERVER],
		.csv_status = d->cells[CELL_CSV_STATUS],
		.csv_profile = rows_unknown(d->cells[CELL_CSV_PROFILE])
				       ? STR_NONE
				       : d->cells[CELL_CSV_PROFILE],
		.profile = d->cells[CELL_PROFILE],
		.status = d->status,
		.known = d->in[STAGE_APPLE] || d->in[STAGE_SERVER],
		.maybe = partial[STAGE_APPLE] || partial[STAGE_SERVER],
		.released = d->cells[CELL_RELEASED].n > 0 && !release_unknown,
		.release_unknown = release_unknown,
		.has_server = d->server_known,
		.on_server = d->server != SERVER_NONE,
		.server = fleet_server_name(f, d->server),
		.listed = d->listed != 0,
		.strays = d->listed & ~d->fed,
		.not_arrived = d->fed && !(d->listed & d->fed) && !partial[STAGE_UEM],
	};
}

static void put_row(struct comparing *c, const struct survey_device *d,
	const struct compared_device *v, size_t which)
{
	bool has_uem = c->survey->session->settings->has_uem;
	const struct str cells[N_HEADERS] = {
		d->serial,
		str_from(disagreements[which].reason),
		str_from(disagreements[which].sentence),
		v->csv_server,
		v->status,
		v->server,
		!has_uem    ? STR_NONE
		: v->listed ? STR("yes")
			    : STR("no"),
		d->cells[CELL_PROFILE],
		str_from(disagreements[which].rule),
	};

	rows_put(&c->rows, cells);
}

static enum errc compare_device(void *self, const struct survey_device *d, struct err *err)
{
	struct comparing *c = self;
	const struct compared_device v = look(&c->survey->session->fleet, c->survey->partial, d);

	(void)err;
	for (size_t k = 0; k < sizeof(disagreements) / sizeof(disagreements[0]); k++)
		if (disagreements[k].holds(&v))
			put_row(c, d, &v, k);
	return ERR_OK;
}

enum errc survey_compare(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err)
{
	struct comparing c = { .survey = s };
	uint64_t n;
	enum errc rc;

	rows_begin(&c.rows, opt, headers, N_HEADERS);
	rc = survey_each(s, compare_device, &c, err);
	n = rows_end(&c.rows);
	if (!rc)
		*ret_n = n;
	return rc;
}
