/* What changed since an earlier export: one row per device and change. */
#include "model/change.h"
#include "survey/rows.h"

/* One device then and now. */
struct view {
	/* Empty: none. */
	struct str server_then, profile_then, enrolled_as_then, server, profile, enrolled_as;
	const bool *tells;      /* by cell of the export: whether it has a column for it */
	bool was, was_released; /* in the export; and had left the organization */
	bool release_unknown_then;
	bool server_known_then; /* no cell of it means that it was on none */
	bool uem_known_then;    /* the same of profile and enrollment */
	bool maybe_then;        /* the export was not whole: what is not there may have been */
	bool is, released;      /* known to Apple; and has left */
	bool release_unknown;
	bool maybe;      /* Apple's lists are not whole: what is not there may be */
	bool has_server; /* whether it is known where the device is */
	bool listed;     /* by any group of the UEM, as far as their lists are whole */
	bool uem_whole;
};

static bool added(const struct view *v)
{
	return !v->was && !v->maybe_then && v->is && !v->released;
}

static bool released(const struct view *v)
{
	return v->was && !v->was_released && !v->release_unknown_then && v->is && v->released;
}

static bool returned(const struct view *v)
{
	return v->was_released && v->is && !v->released && !v->release_unknown;
}

/* What an incomplete list does not show is not lost. */
static bool lost(const struct view *v)
{
	return v->was && !v->was_released && !v->is && !v->maybe;
}

/* On either side, a list that is not whole. */
static bool vanished(const struct view *v)
{
	return v->was && !v->was_released && !v->is && v->maybe;
}

static bool turned_up(const struct view *v)
{
	return !v->was && v->maybe_then && v->is && !v->released;
}

static bool stays(const struct view *v)
{
	return v->was && !v->was_released && v->is && !v->released && v->has_server &&
	       v->tells[CELL_CSV_SERVER];
}

static bool moved(const struct view *v)
{
	return stays(v) && v->server_then.n && v->server.n &&
	       !str_eq_nocase(v->server_then, v->server);
}

static bool assigned(const struct view *v)
{
	return stays(v) && v->server_known_then && !v->server_then.n && v->server.n;
}

static bool unassigned(const struct view *v)
{
	return stays(v) && v->server_then.n && !v->server.n;
}

static bool profile_changed(const struct view *v)
{
	return v->was && v->is && !v->released && v->listed && v->tells[CELL_CSV_PROFILE] &&
	       v->uem_known_then && !rows_unknown(v->profile_then) && !rows_unknown(v->profile) &&
	       !str_eq_nocase(v->profile_then, v->profile);
}

static bool is_enrolled(struct str word)
{
	return str_eq_nocase(word, STR("Enrolled"));
}

static bool enrolled(const struct view *v)
{
	return v->was && v->is && !v->released && v->tells[CELL_CSV_ENROLLMENT] &&
	       v->uem_known_then && !rows_unknown(v->enrolled_as_then) &&
	       is_enrolled(v->enrolled_as) && !is_enrolled(v->enrolled_as_then);
}

/* An empty word may be one that could not be read. */
static bool unenrolled(const struct view *v)
{
	return v->was && v->is && !v->released && is_enrolled(v->enrolled_as_then) &&
	       v->enrolled_as.n && !rows_unknown(v->enrolled_as) && !is_enrolled(v->enrolled_as);
}

static bool (*const holds[CHANGE_MAX_])(const struct view *v) = {
	[CHANGE_ADDED] = added,
	[CHANGE_RELEASED] = released,
	[CHANGE_RETURNED] = returned,
	[CHANGE_LOST] = lost,
	[CHANGE_MOVED] = moved,
	[CHANGE_ASSIGNED] = assigned,
	[CHANGE_UNASSIGNED] = unassigned,
	[CHANGE_ENROLLED] = enrolled,
	[CHANGE_UNENROLLED] = unenrolled,
	[CHANGE_PROFILE] = profile_changed,
	[CHANGE_VANISHED] = vanished,
	[CHANGE_TURNED_UP] = turned_up,
};

static const char *const headers[] = { "serial", "change", "explanation", "server_before", "server",
	"profile_before", "profile", "enrollment_before", "enrollment", "uem_listed" };
enum { N_HEADERS = sizeof(headers) / sizeof(headers[0]) };

struct comparing {
	const struct survey *survey;
	struct survey_rows rows;
};

/* An export has rows of devices that the UEM alone lists: with nothing from Apple. */
static bool apple_had(const struct survey_device *d)
{
	bool uem_alone = str_eq_nocase(d->cells[CELL_CSV_LISTED], STR("yes")) &&
			 !d->cells[CELL_CSV_STATUS].n && !d->cells[CELL_CSV_SERVER].n &&
			 !d->cells[CELL_CSV_RELEASED].n;

	return d->in[STAGE_CSV] && !uem_alone;
}

static struct view look(const struct survey *s, const struct survey_device *d)
{
	bool release_unknown = rows_unknown(d->cells[CELL_RELEASED]);
	struct str left = d->cells[CELL_CSV_RELEASED], status = d->cells[CELL_CSV_STATUS];

	return (struct view){
		.tells = s->tells,
		.was = apple_had(d),
		.was_released = left.n > 0 && !rows_unknown(left),
		.release_unknown_then = !s->tells[CELL_CSV_RELEASED] || rows_unknown(left),
		.server_known_then = !rows_unknown(status) &&
				     !str_eq_nocase(status, STR("ASSIGNED")),
		.uem_known_then = !rows_unknown(d->cells[CELL_CSV_LISTED]),
		.server_then = d->cells[CELL_CSV_SERVER],
		.profile_then = d->cells[CELL_CSV_PROFILE],
		.enrolled_as_then = d->cells[CELL_CSV_ENROLLMENT],
		.maybe_then = s->partial_then,
		.is = d->in[STAGE_APPLE] || d->in[STAGE_SERVER],
		.released = d->cells[CELL_RELEASED].n > 0 && !release_unknown,
		.release_unknown = release_unknown,
		.maybe = !survey_is_whole(s),
		.has_server = d->server_known,
		.server = fleet_server_name(&s->session->fleet, d->server),
		.profile = d->cells[CELL_PROFILE],
		.enrolled_as = d->cells[CELL_LISTED_AS],
		.listed = d->listed != 0,
		.uem_whole = !s->partial[STAGE_UEM],
	};
}

static struct str listed_word(const struct comparing *c, const struct view *v)
{
	if (!c->survey->session->settings->has_uem)
		return STR_NONE;
	if (v->listed)
		return STR("yes");
	return v->uem_whole ? STR("no") : STR("unknown");
}

static enum errc compare_device(void *self, const struct survey_device *d, struct err *err)
{
	struct comparing *c = self;
	const struct view v = look(c->survey, d);

	(void)err;
	for (int k = 0; k < CHANGE_MAX_; k++) {
		const struct change_info *info = change_info((enum change)k);
		const struct str cells[N_HEADERS] = { d->serial, str_from(info->word),
			str_from(info->sentence), v.server_then, v.server, v.profile_then,
			v.profile, v.enrolled_as_then, v.enrolled_as, listed_word(c, &v) };

		if (holds[k](&v))
			rows_put(&c->rows, cells);
	}
	return ERR_OK;
}

enum errc survey_since(
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
