/* The listings of both services, into the stage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "io/crypto.h"
#include "io/csv/csv_out.h"
#include "survey/survey.h"
#include "wire/listing.h"

enum { ROW_MAX_BYTES = 256 * 1024, PATH_BYTES = 4096, PLACES = 64 };

/* --- opening --- */

/* In which order cells are staged: another version may have others. */
#define X(id, source) #id "@" #source " "
#define CELL_WORDS CELL_LIST(X)

/* What is staged is of use only for the same cells, settings, servers and groups in the same order.
 */
static void identity_of(const struct session *s, char out[SHA256_HEX])
{
	struct sha256_stream *h = sha256_new();

	sha256_add(h, str_from(CELL_WORDS));
	sha256_add(h, str_from(s->settings->digest));
	for (uint32_t i = 0; i < s->fleet.n_servers; i++)
		sha256_add(h, fleet_server_id(&s->fleet, i));
	for (uint32_t i = 0; i < s->fleet.n_groups; i++)
		sha256_add(h, buf_view(&s->fleet.groups[i].uuid));
	sha256_end_hex(h, out);
}

/* Where nobody else reads into: several may be at it side by side. *ret: the path. */
static enum errc take_place(struct survey *s, const char *name, struct buf *ret, struct err *err)
{
	const char *folder = store_folder(s->session->store);
	enum errc rc = ERR_LOCKED;

	for (unsigned i = 0; i < PLACES && rc == ERR_LOCKED; i++) {
		struct buf lock;

		buf_reset(ret);
		buf_printf(ret, i ? "%s/%s.%u" : "%s/%s", folder, name, i);
		buf_init(&lock, PATH_BYTES);
		buf_str(&lock, buf_view(ret));
		buf_z(&lock, ".lock");
		rc = lock_take(&s->lock, buf_cstr(&lock), name, err);
		buf_release(&lock);
	}
	return rc;
}

enum errc survey_open(struct survey *s, struct session *session, const char *name, struct err *err)
{
	char identity[SHA256_HEX];
	struct buf path;
	enum errc rc;

	*s = (struct survey){ .session = session };
	map_init(&s->twice, 0);
	map_init(&s->unread, 0);
	map_init(&s->not_at_apple, 0);
	map_init(&s->not_in_uem, 0);
	buf_init(&path, PATH_BYTES);
	rc = take_place(s, name, &path, err);
	identity_of(session, identity);
	if (!rc)
		rc = stage_open(&s->stage, buf_cstr(&path), str_from(identity),
			clock_now(session->clock), store_is_network(session->store), &s->resumed,
			err);
	buf_release(&path);
	return rc;
}

void survey_close(struct survey *s, bool keep)
{
	stage_close(s->stage, keep);
	if (keep)
		lock_free(s->lock);
	else
		lock_remove(s->lock);
	map_release(&s->twice);
	map_release(&s->unread);
	map_release(&s->not_at_apple);
	map_release(&s->not_in_uem);
	*s = (struct survey){ 0 };
}

/* --- one listing --- */

struct reader {
	struct survey *survey;
	enum stage_source source;
	uint32_t part;
	struct buf row, text;
};

static void begin_page(void *self)
{
	stage_begin(((struct reader *)self)->survey->stage);
}

static enum errc end_page(void *self, struct str next, struct err *err)
{
	struct reader *r = self;

	return stage_commit(r->survey->stage, r->source, r->part, next, err);
}

/* Services write serials in either case, with blanks. */
static enum errc add(struct reader *r, struct str text, const struct str *cells, struct err *err)
{
	struct stage_row row = { STR_NONE, STR(""), r->source, r->part };
	struct serial serial;

	if (serial_read(text, &serial))
		return err_set(err, ERR_PROTOCOL, "an entry has no serial number that can be read");
	row.serial = serial_view(&serial);

	if (cells) {
		survey_pack(r->source, cells, &r->row);
		row.cells = buf_view(&r->row);
	}
	stage_add(r->survey->stage, &row);
	return ERR_OK;
}

/* A row without a serial, kept with the others for a reading that is resumed. */
enum errc survey_mark(struct survey *s, enum stage_source source, uint32_t part,
	enum survey_flaw flaw, struct err *err)
{
	const struct stage_row row = { STR(""), flaw == SURVEY_UNTOLD ? STR("untold") : STR(""),
		source, part };

	stage_begin(s->stage);
	stage_add(s->stage, &row);
	return stage_commit(s->stage, source, part, STR_NONE, err);
}

static enum errc note_partial(struct reader *r, const struct listing *l, struct err *err)
{
	static const char *const words[STAGE_SOURCES] = { [STAGE_APPLE] = "Apple's devices",
		[STAGE_SERVER] = "the devices of a server",
		[STAGE_UEM] = "the UEM's devices" };

	log_warn(
		"%s: %s; what is not in the list may still be there", words[r->source], l->err.msg);
	return survey_mark(r->survey, r->source, r->part, SURVEY_CUT, err);
}

/* How many the list has, with what was read of it before. */
static enum errc count_all(
	const struct reader *r, const struct listing *l, uint64_t *ret, struct err *err)
{
	*ret = l->n;
	return l->from.n ? stage_count(r->survey->stage, r->source, r->part, ret, err) : ERR_OK;
}

/* A list that came to its end: whether it can be that short, as every command asks. */
static enum errc check_size(struct reader *r, struct listing *l, struct err *err)
{
	struct facts *f = &r->survey->session->facts;
	uint64_t n;
	enum errc rc = count_all(r, l, &n, err);
	bool good = true;

	if (!rc && r->source == STAGE_APPLE && l->total < 0)
		rc = survey_mark(r->survey, r->source, r->part, SURVEY_UNTOLD, err);
	if (rc)
		return rc;
	if (l->total > 0 && (uint64_t)l->total > n) {
		good = false;
		(void)err_set(&l->err, ERR_PROTOCOL,
			"the list ended after %" PRIu64 " of %" PRId64 " entries", n, l->total);
	} else if (r->source != STAGE_SERVER) {
		good = r->source == STAGE_APPLE ? facts_apple_plausible(f, n, l->total, &l->err)
						: facts_group_plausible(f, r->part, n, &l->err);
	}
	if (!good && l->err.code != ERR_PROTOCOL) {
		*err = l->err;
		return err->code;
	}
	return good ? ERR_OK : note_partial(r, l, err);
}

static enum errc run_once(struct reader *r, struct listing *l, struct str from, struct err *err)
{
	enum errc rc;

	l->begin = begin_page;
	l->page = end_page;
	l->self = r;
	l->from = from;
	rc = listing_read(l, r->survey->session->transport, err);
	if (rc)
		return rc;
	return l->complete ? check_size(r, l, err) : note_partial(r, l, err);
}

/* What came is as good as ever: pages that go wrong later, a server whose id Apple tells and does
 * not know. */
static bool is_cut(const struct reader *r, const struct listing *l, enum errc rc)
{
	return (rc == ERR_PROTOCOL && l->n_pages) ||
	       (rc == ERR_NOT_FOUND && r->source == STAGE_SERVER);
}

/* A cursor that has grown too old to be taken is no failure: the listing starts over. */
static enum errc run(struct survey *s, enum stage_source source, uint32_t part,
	struct listing *proto, struct err *err)
{
	struct reader r = { .survey = s, .source = source, .part = part };
	struct listing l = *proto;
	struct buf cursor;
	bool done = false;
	enum errc rc;

	buf_init(&cursor, 64 * 1024);
	buf_init(&r.row, ROW_MAX_BYTES);
	buf_init(&r.text, ROW_MAX_BYTES);
	rc = stage_progress(s->stage, source, part, &done, &cursor, err);
	if (!rc && !done)
		rc = run_once(&r, &l, buf_view(&cursor), err);
	if (rc == ERR_REFUSED && cursor.n) {
		rc = stage_forget(s->stage, source, part, err);
		l = *proto;
		if (!rc)
			rc = run_once(&r, &l, STR_NONE, err);
	}
	if (is_cut(&r, &l, rc)) {
		l.err = *err;
		rc = note_partial(&r, &l, err);
	}
	proto->uem_code = l.uem_code;
	buf_release(&cursor);
	buf_release(&r.row);
	buf_release(&r.text);
	return rc;
}

/* --- Apple --- */

static const enum survey_cell list_cells[] = { CELL_IMEI, CELL_MEID, CELL_WIFI_MAC,
	CELL_BLUETOOTH_MAC, CELL_ETHERNET_MAC };
static const enum survey_cell date_cells[] = { CELL_ORDER_DATE, CELL_ADDED, CELL_RELEASED,
	CELL_UPDATED, CELL_MIGRATION_DEADLINE };
enum { LISTS = sizeof(list_cells) / sizeof(*list_cells) };
enum { DATES = sizeof(date_cells) / sizeof(*date_cells) };

/* Views of what was appended are taken when all of it is there: the buffer moves as it grows. */
static void put_lists(struct buf *text, const struct json *const *v, struct str *cells)
{
	size_t ends[LISTS + 1] = { 0 };

	buf_reset(text);
	for (int i = 0; i < LISTS; i++) {
		apple_texts(v[i], text);
		ends[i + 1] = text->n;
	}
	for (int i = 0; i < LISTS; i++)
		cells[list_cells[i]] = str_sub(buf_view(text), ends[i], ends[i + 1] - ends[i]);
}

/* What cannot be read is not the same as nothing. */
static struct str shown(struct str v)
{
	return str_is_odd(v) ? STR("unknown") : v;
}

static struct str time_text(int64_t at_ms, char out[TIME_TEXT])
{
	return at_ms == TIME_UNKNOWN ? STR("unknown") : str_from(time_rfc3339(at_ms, out));
}

static struct str flag_text(int flag)
{
	if (flag == FLAG_ODD)
		return STR("unknown");
	return flag < 0 ? STR_NONE : flag ? STR("yes") : STR("no");
}

static enum errc take_device(void *self, const struct json *element, struct err *err)
{
	struct reader *r = self;
	struct str cells[CELLS] = { STR_NONE };
	char when[DATES][TIME_TEXT];
	struct apple_device a;
	enum errc rc = apple_device_decode(element, &a, err);

	if (rc)
		return rc;
	cells[CELL_STATUS] = shown(a.status);
	cells[CELL_FAMILY] = shown(a.family);
	cells[CELL_MODEL] = shown(a.model);
	cells[CELL_TYPE] = shown(a.type);
	cells[CELL_CAPACITY] = shown(a.capacity);
	cells[CELL_COLOR] = shown(a.color);
	cells[CELL_PART_NUMBER] = shown(a.part_number);
	cells[CELL_ORDER_NUMBER] = shown(a.order_number);
	cells[CELL_SOURCE] = shown(a.source);
	cells[CELL_SOURCE_ID] = shown(a.source_id);
	cells[CELL_EID] = shown(a.eid);
	cells[CELL_MIGRATION_STATUS] = shown(a.migration_status);
	cells[CELL_MIGRATION_CAPABLE] = flag_text(a.migration_capable);
	put_lists(&r->text,
		(const struct json *const[]){
			a.imei, a.meid, a.wifi_mac, a.bluetooth_mac, a.ethernet_mac },
		cells);
	for (int i = 0; i < DATES; i++)
		cells[date_cells[i]] = time_text(
			(const int64_t[]){ a.ordered_ms, a.added_ms, a.released_ms, a.updated_ms,
				a.migration_deadline_ms }[i],
			when[i]);
	return add(r, a.serial, cells, err);
}

static enum errc take_member(void *self, const struct json *element, struct err *err)
{
	struct str id;
	enum errc rc = apple_linkage_decode(element, &id, err);

	return rc ? rc : add(self, id, NULL, err);
}

enum errc survey_read_apple(struct survey *s, struct err *err)
{
	struct listing l = {
		.list = LIST_DEVICES,
		.each = take_device,
	};
	enum errc rc = run(s, STAGE_APPLE, 0, &l, err);

	l.list = LIST_SERVER_DEVICES;
	l.each = take_member;
	for (uint32_t i = 0; i < s->session->fleet.n_servers && !rc; i++) {
		l.of = fleet_server_id(&s->session->fleet, i);
		rc = run(s, STAGE_SERVER, i, &l, err);
	}
	return rc;
}

/* --- UEM --- */

static enum errc take_listed(void *self, const struct json *element, struct err *err)
{
	struct str cells[CELLS] = { STR_NONE };
	struct uem_dep_device dep;
	enum errc rc = uem_dep_device_decode(element, &dep, err);

	if (rc)
		return rc;
	cells[CELL_PROFILE] = shown(dep.profile_name.n || str_is_odd(dep.profile_name)
					    ? dep.profile_name
					    : dep.profile_uuid);
	cells[CELL_LISTED_AS] = shown(dep.enrollment_status);
	return add(self, dep.serial, cells, err);
}

enum errc survey_read_group(
	struct survey *s, uint32_t group, int64_t *ret_uem_code, struct err *err)
{
	struct listing l = {
		.list = LIST_GROUP_DEVICES,
		.of = buf_view(&s->session->fleet.groups[group].uuid),
		.each = take_listed,
	};
	enum errc rc = run(s, STAGE_UEM, group, &l, err);

	*ret_uem_code = l.uem_code;
	return rc;
}

enum errc survey_read(struct survey *s, struct err *err)
{
	enum errc rc = survey_read_apple(s, err);
	int64_t code;

	for (uint32_t g = 0; g < s->session->fleet.n_groups && !rc; g++)
		rc = survey_read_group(s, g, &code, err);
	return rc;
}

/* --- the CSV --- */

struct devices_csv {
	struct reader r;
	const struct input *in;
	int at[CELLS];    /* columns; -1: none */
	int inventory;    /* column; -1: none */
	int devices;      /* the same */
	uint64_t n_then;  /* how many the export had when it was written; 0: not known */
	struct map texts; /* of all cells of a row */
	uint32_t *seen;   /* by serial: slot of its texts + 1; 0: none yet */
	uint32_t unread;  /* line of the first row without a serial; 0: there is none */
};

/* The UEM's list says how a device is enrolled, its record too: exports of before have only that.
 */
static void find_columns(struct devices_csv *c)
{
	const struct columns *in = &c->in->columns;
	int listed_as = columns_find(in, STR("listed_as"));

	for (int i = 0; i < CELLS; i++)
		c->at[i] = -1;
	c->at[CELL_CSV_SERVER] = in->at[COLUMN_SERVER];
	c->at[CELL_CSV_SERVER_ID] = columns_find(in, STR(SERVER_ID_HEADER));
	c->at[CELL_CSV_STATUS] = in->at[COLUMN_STATUS];
	c->at[CELL_CSV_ADDED] = in->at[COLUMN_ADDED];
	c->at[CELL_CSV_RELEASED] = in->at[COLUMN_RELEASED];
	c->at[CELL_CSV_PROFILE] = columns_find(in, STR("profile"));
	c->at[CELL_CSV_LISTED] = columns_find(in, STR("listed"));
	c->at[CELL_CSV_ENROLLMENT] = listed_as >= 0 ? listed_as
						    : columns_find(in, STR("enrollment_status"));
	c->inventory = columns_find(in, STR(INVENTORY_HEADER));
	c->devices = columns_find(in, STR(INVENTORY_DEVICES_HEADER));
	for (int i = 0; i < CELLS; i++)
		c->r.survey->tells[i] = c->at[i] >= 0;
}

/* Whatever device it is of is not known to be missing. */
static void take_unread(struct devices_csv *c, uint32_t n, const struct csv_record *record)
{
	struct str cell = input_cell(c->in, record, c->in->columns.at[COLUMN_SERIAL]);
	char line[32];

	(void)snprintf(line, sizeof(line), "line %u", input_line(c->in, n));
	if (!c->unread)
		c->unread = input_line(c->in, n);
	(void)map_add(&c->r.survey->unread, cell.n ? cell : str_from(line), NULL);
	c->r.survey->partial_then = true;
}

/* Whether the serial comes for the first time; that its rows differ is noted. */
static bool is_first(struct devices_csv *c, uint32_t slot, const struct str *cells)
{
	uint32_t texts;

	survey_pack(STAGE_CSV, cells, &c->r.row);
	texts = map_add(&c->texts, buf_view(&c->r.row), NULL) + 1;
	if (!c->seen[slot]) {
		c->seen[slot] = texts;
		return true;
	}
	if (c->seen[slot] != texts)
		(void)map_add(&c->r.survey->twice, map_key(&c->in->serials, slot), NULL);
	return false;
}

/* A spreadsheet may have touched the cell. Any other word is none of ours. */
static bool says_whole(struct str cell)
{
	return !str_eq_nocase(str_trim(csv_plain(cell)), STR(INVENTORY_PARTIAL));
}

static void take_size(struct devices_csv *c, struct str cell)
{
	uint64_t n;

	if (str_to_u64(str_trim(csv_plain(cell)), &n) && n > c->n_then)
		c->n_then = n;
}

/* Somebody took rows out: what is not there was not added since. */
static void compare_size(struct devices_csv *c)
{
	if (c->in->serials.n + c->r.survey->unread.n >= c->n_then)
		return;
	c->r.survey->partial_then = true;
	log_warn("%s has %u of the %" PRIu64 " devices of its export: rows were taken out of it",
		c->in->path, c->in->serials.n, c->n_then);
}

static enum errc take_csv(void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct devices_csv *c = self;
	struct str cells[CELLS] = { STR_NONE };
	uint32_t slot = input_slot(c->in, n);

	if (c->inventory >= 0 && !says_whole(input_cell(c->in, record, c->inventory)))
		c->r.survey->partial_then = true;
	if (c->devices >= 0)
		take_size(c, input_cell(c->in, record, c->devices));
	if (slot == MAP_NONE) {
		take_unread(c, n, record);
		return ERR_OK;
	}
	for (int k = 0; k < CELLS; k++)
		if (c->at[k] >= 0)
			cells[k] = csv_plain(input_cell(c->in, record, c->at[k]));
	return is_first(c, slot, cells) ? add(&c->r, map_key(&c->in->serials, slot), cells, err)
					: ERR_OK;
}

enum errc survey_read_csv(struct survey *s, const struct input *in, struct err *err)
{
	struct devices_csv c = { .r = { .survey = s, .source = STAGE_CSV }, .in = in };
	enum errc rc = stage_forget(s->stage, STAGE_CSV, 0, err);

	find_columns(&c);
	map_init(&c.texts, 0);
	c.seen = mem_zalloc((in->serials.n + 1) * sizeof(*c.seen));
	buf_init(&c.r.row, ROW_MAX_BYTES);
	if (!rc) {
		stage_begin(s->stage);
		rc = input_each(in, take_csv, &c, err);
	}
	if (!rc)
		rc = stage_commit(s->stage, STAGE_CSV, 0, STR_NONE, err);
	if (!rc && c.unread)
		log_warn("%s has %u row%s without a serial number that can be read, the first on "
			 "line %u",
			in->path, s->unread.n, plural(s->unread.n), c.unread);
	if (!rc)
		compare_size(&c);
	buf_release(&c.r.row);
	map_release(&c.texts);
	free(c.seen);
	return rc;
}
