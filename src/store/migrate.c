#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "model/outcome.h"
#include "model/program.h"

/* boot, boot_ms: since when a quarantine counts, none yet for what was open before. */
static const char tables[] =
	"ALTER TABLE request ADD COLUMN boot TEXT;"
	"ALTER TABLE request ADD COLUMN boot_ms INTEGER;"
	"CREATE TABLE intent(serial TEXT NOT NULL, request INTEGER NOT NULL,"
	" PRIMARY KEY(serial, request)) WITHOUT ROWID;"
	"CREATE INDEX intent_request ON intent(request);"
	"CREATE TABLE custody(serial TEXT PRIMARY KEY, home TEXT NOT NULL, target TEXT NOT NULL,"
	" run INTEGER NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE deed(serial TEXT NOT NULL, kind INTEGER NOT NULL, incarnation TEXT NOT NULL,"
	" state INTEGER NOT NULL, run INTEGER NOT NULL, request INTEGER NOT NULL,"
	" at INTEGER NOT NULL, PRIMARY KEY(serial, kind, incarnation)) WITHOUT ROWID;"
	"CREATE INDEX deed_request ON deed(request);"
	"CREATE INDEX request_device_serial ON request_device(serial);"
	"INSERT INTO intent(serial, request) SELECT DISTINCT v.serial, v.request"
	" FROM request_device v JOIN request r ON r.id = v.request WHERE r.state IN (0, 1, 3);"
	"PRAGMA user_version = 2;";

/* Requests that cannot be undone and that nothing proved: their devices were not told apart by
 * incarnation. ?1: the kind; ?2: OUTCOME_UNVERIFIED. */
static const char unproved[] =
	"INSERT OR IGNORE INTO deed(serial, kind, incarnation, state, run, request, at)"
	" SELECT v.serial, r.kind, '', 0, r.run, r.id, r.intent FROM request r"
	" JOIN request_device v ON v.request = r.id"
	" LEFT JOIN device d ON d.run = r.run AND d.serial = v.serial"
	" WHERE r.kind = ?1 AND (r.state IN (0, 1, 3) OR (r.state = 4 AND d.outcome = ?2))";

/* Devices that the newest run about them took off, or may have, and is not through with. ?1:
 * STEP_UNASSIGN. */
static const char taken_off[] =
	"SELECT d.serial, h.s, p.s, d.results, d.run, min(r.intent) FROM device d"
	" JOIN text h ON h.id = d.home JOIN text p ON p.id = d.program"
	" JOIN request_device v ON v.serial = d.serial"
	" JOIN request r ON r.id = v.request AND r.run = d.run"
	" WHERE d.finished IS NULL AND r.kind = ?1 AND r.state <> 2 AND d.run = (SELECT max(o.run)"
	" FROM request_device w JOIN request o ON o.id = w.request WHERE w.serial = d.serial)"
	" GROUP BY d.serial, d.run";

/* How many letters of device.results a step of the program has. */
static size_t letters_of(enum step_kind kind)
{
	if (kind == STEP_DELETE_FROM_LIFECYCLE)
		return 2;
	return step_info(kind)->service != SERVICE_NONE;
}

/* *ret_open: a step that puts the device back is still to be done; *ret_home: to where it was. */
static enum errc read_put_back(
	struct str program, struct str results, bool *ret_open, bool *ret_home, struct err *err)
{
	struct program p;
	struct arena a;
	size_t at = 0;
	enum errc rc;

	*ret_open = *ret_home = false;
	arena_init(&a);
	rc = program_decode(program, &a, &p, err);
	for (uint32_t i = 0; !rc && i < p.n && at < results.n; i++) {
		if (step_info(p.v[i].kind)->puts_back && results.p[at] == '.' && at > 0) {
			*ret_open = true;
			*ret_home = p.v[i].arg.n == 0;
		}
		at += letters_of(p.v[i].kind);
	}
	arena_release(&a);
	return rc;
}

/* Where a step names the server, only its name is known: the run itself has to tell its id. */
static enum errc add_custody(void *self, struct db_stmt *from, struct err *err)
{
	struct str home_id = db_col_str(from, 1);
	bool open, home;
	enum errc rc = read_put_back(db_col_str(from, 2), db_col_str(from, 3), &open, &home, err);

	if (rc || !open)
		return rc;
	return db_do(self,
		"INSERT OR IGNORE INTO custody(serial, home, target, run, since) "
		"VALUES(?1, ?2, ?3, ?4, ?5)",
		DB_VALUES(db_str(db_col_str(from, 0)), db_str(home_id),
			db_str(home ? home_id : STR("")), db_int(db_col_int(from, 4)),
			db_int(db_col_int(from, 5))),
		err);
}

static enum errc add_deeds(struct db *db, struct err *err)
{
	static const enum step_kind kinds[] = { STEP_WIPE, STEP_DELETE_RECORD, STEP_RELEASE };
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !rc; i++)
		rc = db_do(
			db, unproved, DB_VALUES(db_int(kinds[i]), db_int(OUTCOME_UNVERIFIED)), err);
	return rc;
}

enum errc migrate_to_2(struct db *db, struct err *err)
{
	enum errc rc = db_exec(db, tables, err);

	if (!rc)
		rc = db_each(db, taken_off, DB_VALUES(db_int(STEP_UNASSIGN)), add_custody, db, err);
	return rc ? rc : add_deeds(db, err);
}

/* --- to 3 --- */

static const char indexes[] = "DROP TABLE rate;"
			      "DELETE FROM meta WHERE key GLOB 'size.*' OR key GLOB 'plan.*';"
			      "CREATE INDEX run_identity ON run(identity, state);"
			      "CREATE INDEX device_run ON device(run);"
			      "CREATE INDEX request_intent ON request(intent);"
			      "CREATE INDEX event_run ON event(run);"
			      "PRAGMA user_version = 3;";

static enum errc no_more(void *self, int64_t at_ms, struct err *err)
{
	(void)at_ms;
	(void)err;
	++*(size_t *)self;
	return ERR_OK;
}

/* Whether the shared file has a history of that class: a migration that was killed after its first
 * half has left one. */
static enum errc is_moved(struct shared *shared, int rate_class, bool *ret, struct err *err)
{
	size_t n = 0;
	enum errc rc = shared_sent_span(shared, rate_class, INT64_MIN, INT64_MAX, no_more, &n, err);

	*ret = n > 0;
	return rc;
}

struct moving {
	struct shared *to;
	int64_t rate_class; /* of the one before; -1: none */
	bool moved;
};

static enum errc move_rate(void *self, struct db_stmt *q, struct err *err)
{
	struct moving *m = self;
	int64_t id, before = m->rate_class;
	enum errc rc = ERR_OK;

	m->rate_class = db_col_int(q, 0);
	if (m->rate_class != before)
		rc = is_moved(m->to, (int)m->rate_class, &m->moved, err);
	if (!rc && !m->moved)
		rc = shared_sent_add(m->to, (int)m->rate_class, db_col_int(q, 1), &id, err);
	return rc;
}

static enum errc move_note(void *self, struct db_stmt *q, struct err *err)
{
	const struct moving *m = self;
	char key[128];

	(void)snprintf(key, sizeof(key), "%.*s", STR_FMT(db_col_str(q, 0)));
	return shared_note_put(m->to, key, db_col_str(q, 1), err);
}

enum errc migrate_to_3(struct db *db, struct shared *shared, struct err *err)
{
	struct moving m = { shared, -1, false };
	enum errc rc = shared_begin(shared, err);

	if (rc)
		return rc;
	rc = db_each(db, "SELECT class, at FROM rate ORDER BY class, at", DB_NO_VALUES, move_rate,
		&m, err);
	if (!rc)
		rc = db_each(db,
			"SELECT key, value FROM meta WHERE key GLOB 'size.*' OR key GLOB 'plan.*'",
			DB_NO_VALUES, move_note, &m, err);
	if (!rc)
		rc = shared_commit(shared, err);
	if (rc)
		shared_rollback(shared);
	return rc ? rc : db_exec(db, indexes, err);
}

enum errc migrate_to_4(struct db *db, struct err *err)
{
	return db_exec(db,
		"CREATE TABLE wait(list TEXT NOT NULL, serial TEXT NOT NULL, rule TEXT NOT NULL,"
		" since INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(list, serial))"
		" WITHOUT ROWID;"
		"CREATE INDEX wait_serial ON wait(serial);"
		"PRAGMA user_version = 4;",
		err);
}

enum errc migrate_to_5(struct db *db, struct err *err)
{
	return db_exec(db,
		"CREATE TABLE run_count(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
		" rule TEXT, outcome INTEGER NOT NULL, n INTEGER NOT NULL);"
		"CREATE INDEX run_count_run ON run_count(run);"
		"PRAGMA user_version = 5;",
		err);
}

enum errc migrate_backup(struct db *db, const char *path, char **ret, struct err *err)
{
	int64_t version;
	char *to;
	enum errc rc = db_user_version(db, &version, err);

	if (rc || version == 0 || version >= SCHEMA_VERSION)
		return rc;
	to = mem_printf("%s.v%lld", path, (long long)version);
	rc = db_backup(db, to, err);
	if (rc)
		free(to);
	else
		*ret = to;
	return rc;
}
