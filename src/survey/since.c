/* What changed since an earlier export: one row per device and change. */
#include <inttypes.h>

#include "base/text.h"
#include "base/time.h"
#include "facts/organization.h"
#include "model/change.h"
#include "survey/absent.h"
#include "survey/rows.h"

/* What the server of then is to that of now. */
enum server_since { SERVER_SAME, SERVER_RENAMED, SERVER_OTHER, SERVER_UNSURE };

/* One device then and now. */
struct device_since {
	/* Empty: none. */
	struct str server_then, profile_then, enrolled_as_then, server, profile, enrolled_as;
	struct str added_then, added;
	enum server_since same; /* of the server then and now, where there is one on both sides */
	const bool *tells;      /* by cell of the export: whether it has a column for it */
	bool was, was_released; /* in the export; and had left the organization */
	bool release_unknown_then;
	bool server_known_then; /* no cell of it means that it was on none */
	bool uem_known_then;    /* the same of profile and enrollment */
	bool listed_then;       /* by the UEM */
	bool twice;             /* in several rows, which differ: nothing is known of then */
	bool maybe_then;        /* the export was not whole: what is not there may have been */
	bool is, released;      /* known to Apple; and has left */
	bool release_unknown;
	bool maybe;      /* Apple's lists are not whole: what is not there may be */
	bool has_server; /* whether it is known where the device is */
	bool listed;     /* by any group of the UEM, as far as their lists are whole */
	bool uem_whole, has_uem;
};

static bool added(const struct device_since *v)
{
	return !v->was && !v->maybe_then && v->is && !v->released;
}

static bool released(const struct device_since *v)
{
	return v->was && !v->was_released && !v->release_unknown_then && v->is && v->released;
}

static bool returned(const struct device_since *v)
{
	return v->was_released && v->is && !v->released && !v->release_unknown;
}

/* Of a date alone the hour is not known, nor the zone that it was written in. */
static bool added_again(const struct device_since *v)
{
	enum { SECOND_MS = 1000, DAYS_MS = 2 * 24 * 3600 * 1000, DATE_BYTES = 10 };
	int64_t then, now;

	if (!v->was || v->was_released || v->release_unknown_then || !v->is || v->released ||
		!time_parse(v->added_then, &then) || !time_parse(v->added, &now))
		return false;
	return now - then > (v->added_then.n > DATE_BYTES ? SECOND_MS : DAYS_MS);
}

/* What an incomplete list does not show is not lost. */
static bool lost(const struct device_since *v)
{
	return v->was && !v->was_released && !v->is && !v->maybe;
}

/* On either side, a list that is not whole. */
static bool vanished(const struct device_since *v)
{
	return v->was && !v->was_released && !v->is && v->maybe;
}

static bool turned_up(const struct device_since *v)
{
	return !v->was && v->maybe_then && v->is && !v->released;
}

static bool stays(const struct device_since *v)
{
	return v->was && !v->was_released && v->is && !v->released && v->has_server &&
	       v->tells[CELL_CSV_SERVER];
}

/* The export may have been written with '?' in place of what a terminal would obey. */
static bool is_as_then(struct str then, struct str now)
{
	bool same = then.n == now.n;

	for (size_t i = 0; same && i < now.n; i++) {
		unsigned char c = (unsigned char)now.p[i];

		same = ascii_lower(then.p[i]) == ascii_lower(now.p[i]) ||
		       (then.p[i] == '?' && (c < ' ' || c >= 0x7f));
	}
	return same;
}

static bool has_both(const struct device_since *v, enum server_since same)
{
	return stays(v) && v->server_then.n && v->server.n && v->same == same;
}

static bool moved(const struct device_since *v)
{
	return has_both(v, SERVER_OTHER);
}

static bool renamed(const struct device_since *v)
{
	return has_both(v, SERVER_RENAMED);
}

static bool moved_or_renamed(const struct device_since *v)
{
	return has_both(v, SERVER_UNSURE);
}

static bool assigned(const struct device_since *v)
{
	return stays(v) && v->server_known_then && !v->server_then.n && v->server.n;
}

static bool unassigned(const struct device_since *v)
{
	return stays(v) && v->server_then.n && !v->server.n;
}

static bool profile_changed(const struct device_since *v)
{
	return v->was && v->is && !v->released && v->listed && v->tells[CELL_CSV_PROFILE] &&
	       v->uem_known_then && !rows_unknown(v->profile_then) && !rows_unknown(v->profile) &&
	       !is_as_then(v->profile_then, v->profile);
}

static bool is_enrolled(struct str word)
{
	return str_eq_nocase(word, STR("Enrolled"));
}

static bool enrolled(const struct device_since *v)
{
	return v->was && v->is && !v->released && v->tells[CELL_CSV_ENROLLMENT] &&
	       v->uem_known_then && !rows_unknown(v->enrolled_as_then) &&
	       is_enrolled(v->enrolled_as) && !is_enrolled(v->enrolled_as_then);
}

/* An empty word may be one that could not be read. */
static bool unenrolled(const struct device_since *v)
{
	return v->was && v->is && !v->released && is_enrolled(v->enrolled_as_then) &&
	       v->enrolled_as.n && !rows_unknown(v->enrolled_as) && !is_enrolled(v->enrolled_as);
}

/* What left Apple's list is told of by that. */
static bool left_the_uem(const struct device_since *v)
{
	return v->listed_then && v->has_uem && !v->listed && !released(v) && !lost(v);
}

static bool unlisted(const struct device_since *v)
{
	return left_the_uem(v) && v->uem_whole;
}

static bool uem_cut(const struct device_since *v)
{
	return left_the_uem(v) && !v->uem_whole;
}

static bool twice(const struct device_since *v)
{
	return v->twice;
}

static bool (*const holds[CHANGE_MAX_])(const struct device_since *v) = {
	[CHANGE_ADDED] = added,
	[CHANGE_RELEASED] = released,
	[CHANGE_RETURNED] = returned,
	[CHANGE_ADDED_AGAIN] = added_again,
	[CHANGE_LOST] = lost,
	[CHANGE_MOVED] = moved,
	[CHANGE_RENAMED] = renamed,
	[CHANGE_ASSIGNED] = assigned,
	[CHANGE_UNASSIGNED] = unassigned,
	[CHANGE_ENROLLED] = enrolled,
	[CHANGE_UNENROLLED] = unenrolled,
	[CHANGE_UNLISTED] = unlisted,
	[CHANGE_PROFILE] = profile_changed,
	[CHANGE_VANISHED] = vanished,
	[CHANGE_TURNED_UP] = turned_up,
	[CHANGE_UEM_CUT] = uem_cut,
	[CHANGE_MOVED_OR_RENAMED] = moved_or_renamed,
	[CHANGE_TWICE] = twice,
};

static const char *const headers[] = { "serial", "change", "explanation", "server_before", "server",
	"profile_before", "profile", "enrollment_before", "enrollment", "uem_listed" };
enum { N_HEADERS = sizeof(headers) / sizeof(headers[0]) };

struct comparing {
	const struct survey *survey;
	struct survey_rows rows;
	struct arena texts; /* of the row that is written */
};

/* An export has rows of devices that the UEM alone lists: with nothing from Apple. */
static bool apple_had(const struct survey_device *d)
{
	bool uem_alone = str_eq_nocase(d->cells[CELL_CSV_LISTED], STR("yes")) &&
			 !d->cells[CELL_CSV_STATUS].n && !d->cells[CELL_CSV_SERVER].n &&
			 !d->cells[CELL_CSV_RELEASED].n;

	return d->in[STAGE_CSV] && !uem_alone;
}

/* What the tenant's last run called a server tells of exports that have no ids. */
static bool was_called(const struct survey *s, struct str id, struct str name)
{
	enum { NAME_BYTES = 4096 };
	struct buf last;
	bool is;

	buf_init(&last, NAME_BYTES);
	(void)organization_server_name(s->session->settings, id, &last);
	is = last.n && is_as_then(name, buf_view(&last));
	buf_release(&last);
	return is;
}

static enum server_since server_since(const struct survey *s, const struct survey_device *d)
{
	const struct fleet *f = &s->session->fleet;
	struct str then = d->cells[CELL_CSV_SERVER], id_then = d->cells[CELL_CSV_SERVER_ID], id,
		   name;
	bool same;

	if (!then.n || d->server == SERVER_NONE)
		return SERVER_SAME;
	id = fleet_server_id(f, d->server);
	name = fleet_server_name(f, d->server);
	same = is_as_then(then, name);
	if (id_then.n)
		return !str_eq_nocase(id_then, id) ? SERVER_OTHER
		       : same                      ? SERVER_SAME
						   : SERVER_RENAMED;
	if (same)
		return SERVER_SAME;
	if (fleet_server_by_name(f, then) != SERVER_NONE)
		return SERVER_OTHER;
	return was_called(s, id, then) ? SERVER_RENAMED : SERVER_UNSURE;
}

static struct device_since look(const struct survey *s, const struct survey_device *d)
{
	bool release_unknown = rows_unknown(d->cells[CELL_RELEASED]);
	struct str left = d->cells[CELL_CSV_RELEASED], status = d->cells[CELL_CSV_STATUS];
	bool not_at_apple = map_find(&s->not_at_apple, d->serial) != MAP_NONE;

	return (struct device_since){
		.tells = s->tells,
		.was = apple_had(d),
		.was_released = left.n > 0 && !rows_unknown(left),
		.release_unknown_then = !s->tells[CELL_CSV_RELEASED] || rows_unknown(left),
		.server_known_then = !rows_unknown(status) &&
				     !str_eq_nocase(status, STR("ASSIGNED")),
		.uem_known_then = !rows_unknown(d->cells[CELL_CSV_LISTED]),
		.listed_then = str_eq_nocase(d->cells[CELL_CSV_LISTED], STR("yes")),
		.twice = map_find(&s->twice, d->serial) != MAP_NONE,
		.server_then = d->cells[CELL_CSV_SERVER],
		.same = server_since(s, d),
		.added_then = d->cells[CELL_CSV_ADDED],
		.added = d->cells[CELL_ADDED],
		.profile_then = d->cells[CELL_CSV_PROFILE],
		.enrolled_as_then = d->cells[CELL_CSV_ENROLLMENT],
		.maybe_then = s->partial_then,
		.is = d->in[STAGE_APPLE] || d->in[STAGE_SERVER],
		.released = d->cells[CELL_RELEASED].n > 0 && !release_unknown,
		.release_unknown = release_unknown,
		.maybe = !not_at_apple && (s->untold || !survey_is_whole(s)),
		.has_server = d->server_known,
		.server = fleet_server_name(&s->session->fleet, d->server),
		.profile = d->cells[CELL_PROFILE],
		.enrolled_as = d->cells[CELL_LISTED_AS],
		.listed = d->listed != 0,
		.uem_whole = !s->partial[STAGE_UEM] ||
			     map_find(&s->not_in_uem, d->serial) != MAP_NONE,
		.has_uem = s->session->settings->has_uem,
	};
}

static struct str listed_word(const struct device_since *v)
{
	if (!v->has_uem)
		return STR_NONE;
	if (v->listed)
		return STR("yes");
	return v->uem_whole ? STR("no") : STR("unknown");
}

/* For people, as everywhere: names may hold what a terminal obeys. */
static void put(struct comparing *c, struct str cells[N_HEADERS])
{
	for (int i = 0; i < N_HEADERS; i++) {
		struct str text = arena_dup(&c->texts, cells[i]);

		text_clean((char *)(uintptr_t)text.p, text.n);
		cells[i] = text;
	}
	rows_put(&c->rows, cells);
	arena_reset(&c->texts);
}

static void put_change(
	struct comparing *c, enum change change, const struct device_since *v, struct str serial)
{
	const struct change_info *info = change_info(change);
	struct str cells[N_HEADERS] = { serial, str_from(info->word), str_from(info->sentence),
		v->server_then, v->server, v->profile_then, v->profile, v->enrolled_as_then,
		v->enrolled_as, listed_word(v) };

	put(c, cells);
}

static enum errc compare_device(void *self, const struct survey_device *d, struct err *err)
{
	struct comparing *c = self;
	const struct device_since v = look(c->survey, d);

	(void)err;
	if (v.twice)
		put_change(c, CHANGE_TWICE, &v, d->serial);
	for (int k = 0; k < CHANGE_MAX_ && !v.twice; k++)
		if (holds[k] && holds[k](&v))
			put_change(c, (enum change)k, &v, d->serial);
	return ERR_OK;
}

static void put_unread(struct comparing *c)
{
	const struct change_info *info = change_info(CHANGE_UNREAD);

	for (uint32_t i = 0; i < c->survey->unread.n; i++) {
		struct str cells[N_HEADERS] = { map_key(&c->survey->unread, i),
			str_from(info->word), str_from(info->sentence) };

		put(c, cells);
	}
}

/* --- whose export it is --- */

/* Of the devices that it has, and had not left: how many are known here, and which are not; and
 * which the UEM listed, and does not show now. */
struct kinship {
	const struct survey *survey;
	uint64_t n, n_known;
	struct absent apple, uem;
};

static enum errc count_kin(void *self, const struct survey_device *d, struct err *err)
{
	struct kinship *k = self;
	const struct device_since v = look(k->survey, d);

	(void)err;
	if (v.listed_then && v.has_uem && !v.listed && !v.released)
		absent_add(&k->uem, d->serial);
	if (!v.was || v.was_released)
		return ERR_OK;
	k->n++;
	k->n_known += v.is;
	if (!v.is)
		absent_add(&k->apple, d->serial);
	return ERR_OK;
}

/* An organization may part with most of a few devices, and not with nine of ten of many. Names of
 * servers tell nothing: many call theirs alike. */
static enum errc check_kin(const struct kinship *k, bool foreign, struct err *err)
{
	enum { MANY = 20 };
	bool ours = k->n_known > 0 || k->n == 0;

	if (foreign ||
		(ours && (k->n < MANY || !survey_is_whole(k->survey) || k->n_known * 10 >= k->n)))
		return ERR_OK;
	return err_set(err, ERR_INPUT,
		"the earlier export is of another organization: Apple lists %" PRIu64
		" of its %" PRIu64 " devices here. Compare with an export of this one; if it is "
		"one, say --allow organization=yes",
		k->n_known, k->n);
}

/* Of a list that is known to be cut nothing is lost, and nobody is asked for. */
static enum errc look_round(struct survey *s, bool foreign, struct err *err)
{
	struct kinship k = { .survey = s };
	enum errc rc;

	absent_init(&k.apple);
	absent_init(&k.uem);
	rc = survey_each(s, count_kin, &k, err);
	if (!rc)
		rc = check_kin(&k, foreign, err);
	if (!rc && k.apple.n && survey_is_whole(s))
		rc = absent_ask_apple(&k.apple, s, err);
	if (!rc && k.uem.n && !s->partial[STAGE_UEM])
		rc = absent_ask_uem(&k.uem, s, err);
	absent_release(&k.apple);
	absent_release(&k.uem);
	return rc;
}

enum errc survey_since(
	struct survey *s, const struct survey_options *opt, uint64_t *ret_n, struct err *err)
{
	struct comparing c = { .survey = s };
	uint64_t n;
	enum errc rc = look_round(s, opt->foreign, err);

	if (rc)
		return rc;
	arena_init(&c.texts);
	rows_begin(&c.rows, opt, headers, N_HEADERS);
	rc = survey_each(s, compare_device, &c, err);
	if (!rc)
		put_unread(&c);
	n = rows_end(&c.rows);
	arena_release(&c.texts);
	if (!rc)
		*ret_n = n;
	return rc;
}
