#include "sim/world/fleet.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "io/csv/csv.h"
#include "model/serial.h"
#include "sim/core/timer.h"
#include "sim/world/world.h"

static const struct {
	const char *header, *meaning;
} columns[] = {
#define X(id, header, meaning) { header, meaning },
	FLEET_COLUMN_LIST(X)
#undef X
};

static const char *const status_words[] = { [PROFILE_EMPTY] = "Empty",
	[PROFILE_ASSIGNED] = "Assigned",
	[PROFILE_PUSHED] = "Pushed",
	[PROFILE_IN_PROGRESS] = "Assignment in progress",
	[PROFILE_FAILED] = "Failed",
	[PROFILE_THROTTLED] = "Throttled" };

const char *profile_status_word(int64_t status)
{
	return status >= 0 && status < PROFILE_STATUSES ? status_words[status] : "Unknown";
}

void fleet_columns_help(struct buf *b)
{
	for (size_t i = 0; i < FLEET_MAX_; i++)
		buf_printf(b, "  %-18s %s\n", columns[i].header, columns[i].meaning);
}

/* While a file is read: texts seen so far; slot i is row i + 1 of the table. */
struct fleet_loader {
	struct sim *sim;
	const char *path;
	int at[FLEET_MAX_]; /* index of the column, -1: not there */
	struct map products, purchases, servers, profiles;
	int64_t *ogs, *server_ids, *profile_ids; /* by slot */
	size_t cap_servers, cap_profiles;
	int64_t *n_on; /* devices by server slot */
	int64_t n_enrolled;
	struct buf key;
};

/* --- servers, groups, profiles --- */

/* "WS1 EMEA" -> WS1EMEA: what an administrator might have typed. */
static struct str group_id_of(struct sim *s, struct str name)
{
	enum { MAX_GROUP_ID = 20 };
	char *id = arena_alloc(&s->arena, MAX_GROUP_ID);
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < MAX_GROUP_ID; i++) {
		char c = ascii_upper(name.p[i]);

		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			id[n++] = c;
	}
	return (struct str){ id, n };
}

static int64_t add_group(struct sim *s, struct str group_id, struct str name)
{
	int64_t id = sql_int(&s->sql, sql_z("SELECT id FROM og WHERE group_id=?"), sql_s(group_id));
	char uuid[UUID_TEXT];

	if (id != SQL_NULL)
		return id;
	uuid_of("group", group_id, uuid);
	return sql_add(&s->sql,
		sql_z("INSERT INTO og(uuid, name, group_id, parent, account) VALUES(?,?,?,?,1)"),
		sql_z(uuid), sql_s(name), sql_s(group_id), sql_i(GROUP_ROOT));
}

/* Adds a server with its group, if there is none of that name; returns its id. group: Group
 * ID, empty to derive it from the name, "-" for none. */
static int64_t fleet_add_server(struct sim *s, struct str name, struct str group)
{
	int64_t id = sql_int(&s->sql, sql_z("SELECT id FROM server WHERE name=?"), sql_s(name));
	int64_t og = SQL_NULL, created;
	char uuid[UUID_TEXT], hex[HEX32_TEXT];

	if (id != SQL_NULL)
		return id;
	if (!str_eq(group, STR("-")))
		og = add_group(s, group.n ? group : group_id_of(s, name), name);
	uuid_of("server", name, uuid);
	uuid_to_hex(uuid, hex);
	if (!time_parse(STR("2025-05-01T03:21:44.685Z"), &created))
		abort();
	return sql_add(&s->sql,
		sql_z("INSERT INTO server(uuid, name, type, families, created, updated, "
		      "connected, og, disown) "
		      "VALUES(?,?,'MDM','IPAD,IPHONE,MAC',?4,?4,?4,?3,?5)"),
		sql_z(hex), sql_s(name), sql_i(og), sql_i(created),
		sql_i(knob(s, KNOB_APPLE_DISOWN)));
}

int64_t fleet_add_profile(struct sim *s, int64_t og, struct str name)
{
	int64_t id = sql_int(&s->sql, sql_z("SELECT id FROM profile WHERE og=? AND name=?"),
		sql_i(og), sql_s(name));
	char uuid[UUID_TEXT], apple[UUID_TEXT], hex[HEX32_TEXT];
	struct buf key;

	if (id != SQL_NULL)
		return id;
	buf_init(&key, 4096);
	buf_printf(&key, "%lld/%.*s", (long long)og, STR_FMT(name));
	uuid_of("profile", buf_view(&key), uuid);
	uuid_of("apple profile", buf_view(&key), apple);
	buf_release(&key);
	uuid_to_hex(apple, hex);
	return sql_add(&s->sql,
		sql_z("INSERT INTO profile(og, name, uuid, apple_id) VALUES(?,?,?,?)"), sql_i(og),
		sql_s(name), sql_z(uuid), sql_z(hex));
}

/* --- one row --- */

static struct str cell(
	const struct fleet_loader *l, const struct csv_record *r, enum fleet_column c)
{
	int at = l->at[c];

	return at >= 0 && (size_t)at < r->n_cells ? r->cells[at] : STR("");
}

static enum errc bad_cell(const struct fleet_loader *l, const struct csv_record *r,
	enum fleet_column c, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s:%zu: %s cannot be '%.*s'", l->path, r->line,
		columns[c].header, STR_FMT(cell(l, r, c)));
}

static enum errc read_date(const struct fleet_loader *l, const struct csv_record *r,
	enum fleet_column c, int64_t *ret, struct err *err)
{
	struct str text = cell(l, r, c);

	if (text.n == 0) {
		*ret = SQL_NULL;
		return ERR_OK;
	}
	return time_parse(text, ret) ? ERR_OK : bad_cell(l, r, c, err);
}

static enum errc read_flag(const struct fleet_loader *l, const struct csv_record *r,
	enum fleet_column c, bool otherwise, bool *ret, struct err *err)
{
	struct str text = cell(l, r, c);

	*ret = text.n ? str_eq_nocase(text, STR("yes")) : otherwise;
	if (*ret || text.n == 0 || str_eq_nocase(text, STR("no")))
		return ERR_OK;
	return bad_cell(l, r, c, err);
}

static enum errc read_status(const struct fleet_loader *l, const struct csv_record *r,
	int64_t otherwise, int64_t *ret, struct err *err)
{
	struct str text = cell(l, r, FLEET_PROFILE_STATUS);

	*ret = otherwise;
	if (text.n == 0)
		return ERR_OK;
	for (*ret = 0; *ret < PROFILE_STATUSES; ++*ret)
		if (str_eq_nocase(text, str_from(status_words[*ret])))
			return ERR_OK;
	return bad_cell(l, r, FLEET_PROFILE_STATUS, err);
}

/* The texts of the columns as one key, joined by a byte that no cell holds. */
static struct str joined(struct fleet_loader *l, const struct csv_record *r, enum fleet_column from,
	enum fleet_column to)
{
	buf_reset(&l->key);
	for (enum fleet_column c = from; c <= to; c++) {
		buf_str(&l->key, cell(l, r, c));
		buf_char(&l->key, '\x1f');
	}
	return buf_view(&l->key);
}

static int64_t product_of(struct fleet_loader *l, const struct csv_record *r)
{
	bool is_new = false;
	int64_t id = (int64_t)map_add(
			     &l->products, joined(l, r, FLEET_FAMILY, FLEET_PART_NUMBER), &is_new) +
		     1;

	if (is_new)
		sql_run(&l->sim->sql,
			sql_z("INSERT INTO product(id, family, model, type, capacity, color, part) "
			      "VALUES(?,?,?,?,?,?,?)"),
			sql_i(id), sql_s(cell(l, r, FLEET_FAMILY)), sql_s(cell(l, r, FLEET_MODEL)),
			sql_s(cell(l, r, FLEET_TYPE)), sql_s(cell(l, r, FLEET_CAPACITY)),
			sql_s(cell(l, r, FLEET_COLOR)), sql_s(cell(l, r, FLEET_PART_NUMBER)));
	return id;
}

static enum errc purchase_of(
	struct fleet_loader *l, const struct csv_record *r, int64_t *ret, struct err *err)
{
	bool is_new = false;
	int64_t ordered;
	struct str source = cell(l, r, FLEET_SOURCE);
	enum errc e = read_date(l, r, FLEET_ORDER_DATE, &ordered, err);

	if (e != ERR_OK)
		return e;
	*ret = (int64_t)map_add(
		       &l->purchases, joined(l, r, FLEET_ORDER_NUMBER, FLEET_SOURCE_ID), &is_new) +
	       1;
	if (is_new)
		sql_run(&l->sim->sql,
			sql_z("INSERT INTO purchase(id, number, ordered, source, source_id) "
			      "VALUES(?,?,?,?,?)"),
			sql_i(*ret), sql_s(cell(l, r, FLEET_ORDER_NUMBER)), sql_i(ordered),
			sql_s(source.n ? source : STR("APPLE")),
			sql_s(cell(l, r, FLEET_SOURCE_ID)));
	return ERR_OK;
}

/* Where a row stands: its server (SQL_NULL) and the group whose UEM may list it (SQL_NULL). */
static void place_of(
	struct fleet_loader *l, const struct csv_record *r, int64_t *ret_server, int64_t *ret_og)
{
	struct str name = cell(l, r, FLEET_SERVER), group = cell(l, r, FLEET_GROUP);
	bool is_new = false;
	uint32_t slot;

	*ret_server = *ret_og = SQL_NULL;
	if (cell(l, r, FLEET_RELEASED).n || cell(l, r, FLEET_ARRIVES).n)
		return;
	if (name.n == 0) {
		if (group.n && !str_eq(group, STR("-")))
			*ret_og = add_group(l->sim, group, group);
		return;
	}
	slot = map_add(&l->servers, name, &is_new);
	if (is_new) {
		if (slot >= l->cap_servers) {
			l->cap_servers = slot * 2u + 16;
			l->server_ids = mem_realloc(l->server_ids, l->cap_servers, sizeof(int64_t));
			l->ogs = mem_realloc(l->ogs, l->cap_servers, sizeof(int64_t));
			l->n_on = mem_realloc(l->n_on, l->cap_servers, sizeof(int64_t));
		}
		l->server_ids[slot] = fleet_add_server(l->sim, name, group);
		l->ogs[slot] = sql_int(&l->sim->sql, sql_z("SELECT og FROM server WHERE id=?"),
			sql_i(l->server_ids[slot]));
		l->n_on[slot] = 0;
	}
	l->n_on[slot]++;
	*ret_server = l->server_ids[slot];
	*ret_og = l->ogs[slot];
}

static int64_t profile_of(struct fleet_loader *l, const struct csv_record *r, int64_t og)
{
	struct str name = cell(l, r, FLEET_PROFILE);
	bool is_new = false;
	uint32_t slot;

	if (name.n == 0 || og == SQL_NULL)
		return SQL_NULL;
	buf_reset(&l->key);
	buf_printf(&l->key, "%lld/", (long long)og);
	buf_str(&l->key, name);
	slot = map_add(&l->profiles, buf_view(&l->key), &is_new);
	if (is_new) {
		if (slot >= l->cap_profiles) {
			l->cap_profiles = slot * 2u + 16;
			l->profile_ids = mem_realloc(
				l->profile_ids, l->cap_profiles, sizeof(int64_t));
		}
		l->profile_ids[slot] = fleet_add_profile(l->sim, og, name);
	}
	return l->profile_ids[slot];
}

struct row {
	struct serial serial;
	int64_t product, purchase, added, released, arrives, server, og, profile, status, seen,
		covered;
	struct str coverage;
	bool corrupted, listed, capable;
};

static enum errc read_coverage(
	struct fleet_loader *l, const struct csv_record *r, struct row *row, struct err *err)
{
	static const struct str words[] = { { "", 0 }, { "active", 6 }, { "expired", 7 },
		{ "none", 4 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_eq_nocase(cell(l, r, FLEET_COVERAGE), words[i])) {
			row->coverage = words[i];
			return read_date(l, r, FLEET_COVERAGE_END, &row->covered, err);
		}
	return bad_cell(l, r, FLEET_COVERAGE, err);
}

static enum errc read_row(
	struct fleet_loader *l, const struct csv_record *r, struct row *row, struct err *err)
{
	enum errc e;

	if (r->bad)
		return err_set(err, ERR_INPUT, "%s:%zu: %s", l->path, r->line, r->bad);
	if (serial_read(cell(l, r, FLEET_SERIAL), &row->serial) != REASON_NONE)
		return bad_cell(l, r, FLEET_SERIAL, err);
	place_of(l, r, &row->server, &row->og);
	row->profile = profile_of(l, r, row->og);
	row->product = product_of(l, r);
	e = purchase_of(l, r, &row->purchase, err);
	if (e == ERR_OK)
		e = read_date(l, r, FLEET_ADDED, &row->added, err);
	if (e == ERR_OK)
		e = read_date(l, r, FLEET_RELEASED, &row->released, err);
	if (e == ERR_OK)
		e = read_date(l, r, FLEET_ARRIVES, &row->arrives, err);
	if (e == ERR_OK)
		e = read_date(l, r, FLEET_LAST_SEEN, &row->seen, err);
	if (e == ERR_OK)
		e = read_coverage(l, r, row, err);
	if (e == ERR_OK)
		e = read_flag(l, r, FLEET_CORRUPTED, false, &row->corrupted, err);
	if (e == ERR_OK)
		e = read_flag(l, r, FLEET_LISTED, row->server != SQL_NULL && row->og != SQL_NULL,
			&row->listed, err);
	if (e == ERR_OK)
		e = read_flag(l, r, FLEET_MIGRATION_CAPABLE, true, &row->capable, err);
	if (e == ERR_OK)
		e = read_status(l, r,
			row->corrupted             ? PROFILE_IN_PROGRESS
			: row->profile != SQL_NULL ? PROFILE_ASSIGNED
						   : PROFILE_EMPTY,
			&row->status, err);
	return e;
}

static int64_t add_device(struct fleet_loader *l, const struct csv_record *r, const struct row *row)
{
	/* A corrupted device has no profile at Apple, whatever the UEM believes. */
	int64_t profile = row->corrupted || row->server == SQL_NULL ? SQL_NULL : row->profile;

	return sql_add(&l->sim->sql,
		sql_z("INSERT INTO device(serial, product, purchase, added, updated, "
		      "shown_updated, "
		      "released, server, "
		      "assigned, shown_server, shown_assigned, corrupt, asset, imei, profile, "
		      "profile_at, "
		      "capable) VALUES(?1,?2,?3,?4,?4,?4,?5,?6,CASE WHEN ?6 IS NULL THEN NULL ELSE "
		      "?4 "
		      "END,"
		      "?6,?6 NOT NULL,?7,?8,?9,?10,CASE WHEN ?10 IS NULL THEN NULL ELSE ?4 "
		      "END,?11)"),
		sql_s(serial_view(&row->serial)), sql_i(row->product), sql_i(row->purchase),
		sql_i(row->added == SQL_NULL ? 0 : row->added), sql_i(row->released),
		sql_i(row->server), sql_i(row->corrupted ? CORRUPT_YES : CORRUPT_NO),
		sql_s(cell(l, r, FLEET_ASSET_TAG)), sql_s(cell(l, r, FLEET_IMEI)), sql_i(profile),
		sql_i(row->capable));
}

static void add_record_of(struct fleet_loader *l, const struct csv_record *r, const struct row *row,
	struct str status, int64_t seen)
{
	sql_run(&l->sim->sql,
		sql_z("INSERT INTO managed(serial, og, user, status, seen, ownership, "
		      "enrolled) VALUES(?1,?2,?3,?4,?5,'C',?5)"),
		sql_s(serial_view(&row->serial)), sql_i(row->og == SQL_NULL ? GROUP_ROOT : row->og),
		sql_s(cell(l, r, FLEET_USER)), sql_s(status), sql_i(seen));
}

/* Devices that enrolled twice leave an older record behind (services/README.md UEM H.12). */
static void add_managed(struct fleet_loader *l, const struct csv_record *r, const struct row *row)
{
	int64_t every = knob(l->sim, KNOB_UEM_DUPLICATES);

	if (every && ++l->n_enrolled % every == 0)
		add_record_of(l, r, row, STR("Unenrolled"), SQL_NULL);
	add_record_of(l, r, row, cell(l, r, FLEET_ENROLLMENT_STATUS), row->seen);
}

/* The index of serials finds those that stand twice, at no cost of its own. */
static enum errc bad_row(const struct fleet_loader *l, const struct csv_record *r,
	const struct row *row, struct err *err)
{
	const char *why = l->sim->sql.broken.msg;

	if (strstr(why, "device.serial"))
		return err_set(err, ERR_INPUT, "%s:%zu: serial %s stands twice", l->path, r->line,
			row->serial.text);
	return err_set(err, ERR_STORE, "%s:%zu: %s", l->path, r->line, why);
}

/* Until then it is one of those that have vanished. */
static void await_arrival(struct sim *s, int64_t device, int64_t at_ms)
{
	sql_run(&s->sql, sql_z("UPDATE device SET gone=1 WHERE id=?"), sql_i(device));
	timer_add(s, at_ms, TIMER_ARRIVES, &(struct timer){ .a = device });
}

void fleet_arrives(struct sim *s, const struct timer *timer)
{
	struct db_stmt *st = sql_query(
		&s->sql, sql_z("SELECT serial FROM device WHERE id=? AND gone=1"), sql_i(timer->a));

	while (sql_next(&s->sql, st))
		world_return(s, arena_dup(&s->arena, db_col_str(st, 0)));
}

static enum errc load_row(struct fleet_loader *l, const struct csv_record *r, struct err *err)
{
	struct row row;
	struct str enrolled = cell(l, r, FLEET_ENROLLMENT_STATUS);
	int64_t device;
	enum errc e = read_row(l, r, &row, err);

	if (e != ERR_OK)
		return e;
	device = add_device(l, r, &row);
	if (sql_broken(&l->sim->sql))
		return bad_row(l, r, &row, err);
	if (row.listed && row.og != SQL_NULL)
		sql_run(&l->sim->sql,
			sql_z("INSERT INTO record(og, device, profile, status, since) "
			      "VALUES(?,?,?,?,?)"),
			sql_i(row.og), sql_i(device), sql_i(row.profile), sql_i(row.status),
			sql_i(row.added == SQL_NULL ? 0 : row.added));
	if (row.arrives != SQL_NULL)
		await_arrival(l->sim, device, row.arrives);
	if (enrolled.n)
		add_managed(l, r, &row);
	if (row.coverage.n)
		sql_run(&l->sim->sql,
			sql_z("INSERT INTO coverage(device, state, ends, kind) VALUES(?,?,?,?)"),
			sql_i(device), sql_s(row.coverage), sql_i(row.covered),
			sql_s(cell(l, r, FLEET_COVERAGE_KIND)));
	return ERR_OK;
}

/* --- the file --- */

static bool same_header(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && strchr(" _-", a.p[i]))
			i++;
		while (k < b.n && strchr(" _-", b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (ascii_lower(a.p[i++]) != ascii_lower(b.p[k++]))
			return false;
	}
}

static enum errc read_header(struct fleet_loader *l, const struct csv_record *r, struct err *err)
{
	for (size_t c = 0; c < FLEET_MAX_; c++) {
		l->at[c] = -1;
		for (size_t i = 0; i < r->n_cells; i++)
			if (same_header(r->cells[i], str_from(columns[c].header)))
				l->at[c] = (int)i;
	}
	if (l->at[FLEET_SERIAL] < 0)
		return err_set(err, ERR_INPUT, "%s:%zu: no column 'serial'", l->path, r->line);
	return ERR_OK;
}

static enum errc load_rows(struct fleet_loader *l, struct err *err)
{
	struct csv_reader *csv = NULL;
	struct csv_record r;
	bool more = false;
	const struct csv_options opt = { .encoding = NULL };
	const char *text = l->sim->opt.fleet_csv;
	enum errc e = text ? csv_open_bytes(&csv, str_from(text), l->path, &opt, err)
			   : csv_open(&csv, l->path, &opt, err);

	if (e != ERR_OK)
		return e;
	e = csv_next(csv, &r, &more, err);
	if (e == ERR_OK && !more)
		e = err_set(err, ERR_INPUT, "%s: empty", l->path);
	if (e == ERR_OK)
		e = read_header(l, &r, err);
	while (e == ERR_OK) {
		e = csv_next(csv, &r, &more, err);
		if (e != ERR_OK || !more)
			break;
		e = load_row(l, &r, err);
	}
	csv_close(csv);
	return e;
}

static void finish(struct fleet_loader *l)
{
	struct sim *s = l->sim;

	for (uint32_t i = 0; i < l->servers.n; i++)
		sql_run(&s->sql, sql_z("UPDATE server SET n_devices=? WHERE id=?"),
			sql_i(l->n_on[i]), sql_i(l->server_ids[i]));
	/* Profiles that were asked for exist in every group that has an account. */
	for (size_t i = 0; i < s->opt.n_profiles; i++) {
		struct db_stmt *st = sql_query(&s->sql, sql_z("SELECT id FROM og WHERE account=1"));

		while (sql_next(&s->sql, st))
			(void)fleet_add_profile(s, db_col_int(st, 0), str_from(s->opt.profiles[i]));
	}
}

static void release(struct fleet_loader *l)
{
	map_release(&l->products);
	map_release(&l->purchases);
	map_release(&l->servers);
	map_release(&l->profiles);
	free(l->ogs);
	free(l->server_ids);
	free(l->profile_ids);
	free(l->n_on);
	buf_release(&l->key);
}

enum errc fleet_load(struct sim *s, struct err *err)
{
	enum { MAX_KEY_BYTES = 1024 * 1024 };
	struct fleet_loader l = { .sim = s, .path = s->opt.fleet_csv ? "fleet" : s->opt.fleet };
	char uuid[UUID_TEXT];
	enum errc e = ERR_OK;

	map_init(&l.products, 0);
	map_init(&l.purchases, 0);
	map_init(&l.servers, 0);
	map_init(&l.profiles, 0);
	buf_init(&l.key, MAX_KEY_BYTES);
	uuid_of("group", STR("DEPMEND"), uuid);
	sql_run(&s->sql, sql_z("INSERT INTO og(id, uuid, name, group_id) VALUES(?,?,?,?)"),
		sql_i(GROUP_ROOT), sql_z(uuid), sql_z("depmend"), sql_z("DEPMEND"));
	for (size_t i = 0; i < s->opt.n_servers; i++)
		(void)fleet_add_server(s, str_from(s->opt.servers[i]), STR_NONE);
	if (l.path)
		e = load_rows(&l, err);
	if (e == ERR_OK)
		finish(&l);
	release(&l);
	return e;
}
