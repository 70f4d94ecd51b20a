/* The ledger: what is open, across runs; and a store of the schema before it. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "io/crypto.h"
#include "io/db/db.h"
#include "io/file.h"
#include "model/outcome.h"
#include "model/step.h"
#include "store/emergency_ledger.h"
#include "store/ledger.h"
#include "store/wait.h"

#define CLIENT "BUSINESSAPI.ledger"

static char folder[64];
static struct store *s;
static struct err err;

static int begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test_ledger.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	store_close(s);
	s = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command); /* NOLINT(cert-env33-c): a folder of our own */
}

static void open_store(void)
{
	assert_int_equal(
		store_open(&s,
			&(struct store_options){
				.state_dir = folder, .client_id = CLIENT, .use = STORE_WRITE },
			&err),
		ERR_OK);
}

static int64_t add_run(const char *name)
{
	struct run_record run = {
		.created_ms = 1, .now_ms = 1, .finished_ms = TIME_NONE, .exit_status = -1
	};

	(void)snprintf(run.name, sizeof(run.name), "%s", name);
	assert_int_equal(store_run_add(s, &run, STR("{}"), &err), ERR_OK);
	return run.id;
}

static int64_t add_request(int64_t run, int kind, const char *const *serials)
{
	struct request_record r = { .run = run,
		.kind = kind,
		.target = STR("SERVER1"),
		.state = REQUEST_INTENT,
		.activity = STR(""),
		.intent_ms = 1000,
		.sent_ms = TIME_NONE };
	int64_t id;

	assert_int_equal(store_request_add(s, &r, &id, &err), ERR_OK);
	for (size_t i = 0; serials[i]; i++)
		assert_int_equal(
			store_request_device(s, id, str_from(serials[i]), 0, &err), ERR_OK);
	assert_int_equal(ledger_open(s, id, &err), ERR_OK);
	return id;
}

static size_t n_intents(const char *serial)
{
	struct ledger_intents in;
	size_t n;

	assert_int_equal(ledger_intents(s, str_from(serial), &in, &err), ERR_OK);
	n = in.n;
	ledger_intents_release(&in);
	return n;
}

static void intents_close_one_by_one_and_together(void **state)
{
	static const char *const both[] = { "SERIAL0001", "SERIAL0002", NULL };
	struct ledger_intents in;
	int64_t run, a, b;

	(void)state;
	open_store();
	run = add_run("one");
	a = add_request(run, STEP_UNASSIGN, both);
	b = add_request(run, STEP_REASSIGN, both + 1);
	assert_int_equal(n_intents(""), 3);
	assert_int_equal(ledger_count_from(s, a, STR("boot-1"), 77, &err), ERR_OK);
	assert_int_equal(ledger_intents(s, STR("SERIAL0001"), &in, &err), ERR_OK);
	assert_int_equal(in.n, 1);
	assert_int_equal(in.v[0].kind, STEP_UNASSIGN);
	assert_true(str_eq(in.v[0].run_name, STR("one")));
	assert_true(str_eq(in.v[0].target, STR("SERVER1")));
	assert_true(str_eq(in.v[0].boot, STR("boot-1")));
	assert_int_equal(in.v[0].boot_ms, 77);
	assert_int_equal(in.v[0].sent_ms, TIME_NONE);
	ledger_intents_release(&in);
	assert_int_equal(ledger_close(s, a, STR("SERIAL0002"), &err), ERR_OK);
	assert_int_equal(n_intents("SERIAL0002"), 1);
	assert_int_equal(ledger_close(s, a, STR_NONE, &err), ERR_OK);
	assert_int_equal(n_intents("SERIAL0001"), 0);
	assert_int_equal(ledger_close(s, b, STR_NONE, &err), ERR_OK);
	assert_int_equal(n_intents(""), 0);
}

static int n_scanned;

/* Rows that a statement went through without an index. */
static int count_scanned(unsigned what, void *self, void *statement, void *ns)
{
	(void)what;
	(void)self;
	(void)ns;
	n_scanned += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
	return 0;
}

static int watch_scans(sqlite3 *db, const char **why, const void *api)
{
	(void)why;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, count_scanned, NULL);
}

static void open_many(const char *const *serials)
{
	int64_t run = add_run("many");
	int64_t request = add_request(run, STEP_WIPE, serials);

	for (size_t i = 0; serials[i]; i++) {
		struct str serial = str_from(serials[i]);
		struct ledger_custody c = { .serial = serial, .run = run };
		struct ledger_deed d = { .serial = serial, .run = run, .request = request };
		struct waiting w = { .list = STR("list"), .serial = serial, .rule = STR("r") };

		c.home = c.target = STR("A");
		assert_int_equal(ledger_take(s, &c, &err), ERR_OK);
		assert_int_equal(ledger_deed_put(s, &d, &err), ERR_OK);
		assert_int_equal(wait_put(s, &w, &err), ERR_OK);
	}
}

/* How much of everything the ledger has about a device, or about all. */
static size_t n_all(const char *serial)
{
	struct str one = str_from(serial);
	struct ledger_custodies off;
	struct ledger_deeds deeds;
	struct waits waits;
	size_t n = n_intents(serial);

	assert_int_equal(ledger_custodies(s, one, &off, &err), ERR_OK);
	assert_int_equal(ledger_deeds(s, one, &deeds, &err), ERR_OK);
	assert_int_equal(waits_load(s, one, &waits, &err), ERR_OK);
	n += off.n * 10 + deeds.n * 100 + waits.n * 1000;
	ledger_custodies_release(&off);
	ledger_deeds_release(&deeds);
	waits_release(&waits);
	return n;
}

static void one_device_is_looked_up(void **state)
{
	static const char *const serials[] = { "SERIAL0001", "SERIAL0002", "SERIAL0003", NULL };
	int (*watch)(sqlite3 *, const char **, const void *) = watch_scans;
	uint32_t n;

	(void)state;
	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
	open_store();
	sqlite3_reset_auto_extension();
	open_many(serials);
	for (int i = 0; i < 20; i++) /* of long ago */
		(void)add_request(1, STEP_UNASSIGN, serials + 3);
	n_scanned = 0;
	assert_int_equal(n_intents(""), 3);
	assert_in_range(n_scanned, 1, 3);
	assert_int_equal(n_all(""), 3333);
	n_scanned = 0;
	assert_int_equal(n_all("SERIAL0002"), 1111);
	assert_int_equal(n_scanned, 0);
	assert_int_equal(ledger_forget(s, STR("SERIAL0002"), STR("r"), STR("w"), 1, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(n_all("SERIAL0002"), 0);
	assert_int_equal(n_all(""), 2222);
}

static void a_custody_stays_with_who_took_it(void **state)
{
	struct ledger_custody c = {
		.serial = STR("SERIAL0001"), .home = STR("A"), .target = STR("B"), .since_ms = 5
	};
	struct ledger_custodies all;

	(void)state;
	open_store();
	c.run = add_run("one");
	assert_int_equal(ledger_take(s, &c, &err), ERR_OK);
	c.run = add_run("two");
	c.home = STR("");
	assert_int_equal(ledger_take(s, &c, &err), ERR_OK);
	assert_int_equal(ledger_custodies(s, STR_NONE, &all, &err), ERR_OK);
	assert_int_equal(all.n, 1);
	assert_true(str_eq(all.v[0].home, STR("A")));
	assert_true(str_eq(all.v[0].target, STR("B")));
	assert_true(str_eq(all.v[0].run_name, STR("one")));
	ledger_custodies_release(&all);
	assert_int_equal(ledger_let_go(s, STR("SERIAL0001"), &err), ERR_OK);
	assert_int_equal(ledger_custodies(s, STR_NONE, &all, &err), ERR_OK);
	assert_int_equal(all.n, 0);
	ledger_custodies_release(&all);
}

static void deeds_are_told_by_incarnation(void **state)
{
	struct ledger_deed d = { .kind = STEP_WIPE,
		.serial = STR("SERIAL0001"),
		.incarnation = STR("12@1"),
		.request = 7,
		.at_ms = 5 };
	struct ledger_deeds all;

	(void)state;
	open_store();
	d.run = add_run("one");
	assert_int_equal(ledger_deed_put(s, &d, &err), ERR_OK);
	d.incarnation = STR("13@2");
	d.request = 8;
	assert_int_equal(ledger_deed_put(s, &d, &err), ERR_OK);
	assert_int_equal(ledger_deed_done(s, 7, d.serial, &err), ERR_OK);
	assert_int_equal(ledger_deed_undo(s, 7, d.serial, &err), ERR_OK); /* done is done */
	assert_int_equal(ledger_deed_undo(s, 8, d.serial, &err), ERR_OK);
	assert_int_equal(ledger_deeds(s, d.serial, &all, &err), ERR_OK);
	assert_int_equal(all.n, 1);
	assert_true(str_eq(all.v[0].incarnation, STR("12@1")));
	assert_int_equal(all.v[0].state, DEED_DONE);
	ledger_deeds_release(&all);
}

static void a_person_ends_everything_about_a_device(void **state)
{
	static const char *const both[] = { "SERIAL0001", "SERIAL0002", NULL };
	struct ledger_custody c = {
		.serial = STR("SERIAL0001"), .home = STR("A"), .target = STR("A"), .since_ms = 5
	};
	struct ledger_deed d = {
		.kind = STEP_WIPE, .serial = STR("SERIAL0001"), .incarnation = STR(""), .at_ms = 5
	};
	uint32_t n;

	(void)state;
	open_store();
	c.run = d.run = add_run("one");
	d.request = add_request(c.run, STEP_UNASSIGN, both);
	assert_int_equal(ledger_take(s, &c, &err), ERR_OK);
	assert_int_equal(ledger_deed_put(s, &d, &err), ERR_OK);
	assert_int_equal(
		ledger_forget(s, c.serial, STR("scrapped"), STR("uid 0"), 9, &n, &err), ERR_OK);
	assert_int_equal(n, 3);
	assert_int_equal(n_intents("SERIAL0001"), 0);
	assert_int_equal(n_intents("SERIAL0002"), 1);
	assert_int_equal(
		ledger_forget(s, c.serial, STR("again"), STR("uid 0"), 9, &n, &err), ERR_OK);
	assert_int_equal(n, 0);
}

static void a_pause_has_a_reason_and_an_end(void **state)
{
	struct ledger_pause p;

	(void)state;
	open_store();
	assert_int_equal(ledger_paused(s, &p, &err), ERR_OK);
	assert_false(p.paused);
	assert_int_equal(
		ledger_pause(s, STR("audit at noon"), STR("anna on mini"), 1234, &err), ERR_OK);
	assert_int_equal(ledger_paused(s, &p, &err), ERR_OK);
	assert_true(p.paused);
	assert_int_equal(p.since_ms, 1234);
	assert_string_equal(p.reason, "audit at noon");
	assert_string_equal(p.by, "anna on mini");
	assert_int_equal(ledger_resume(s, 1235, &err), ERR_OK);
	assert_int_equal(ledger_paused(s, &p, &err), ERR_OK);
	assert_false(p.paused);
}

/* --- a store of the program before --- */

/* As release 1 made it, and what it left: run 2 took OFF000001 and OFF000002 off and died;
 * HOME00001 was put back; GONE00001 was taken off for good; WIPE00001 and WIPE00002 were never
 * proved to be wiped, WIPE00003 was; run 1 took OLD000001 off and did not get it back. */
static const char before[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE text(id INTEGER PRIMARY KEY, s TEXT NOT NULL UNIQUE);"
	"CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" identity TEXT NOT NULL, fingerprint TEXT, state INTEGER NOT NULL,"
	" created INTEGER NOT NULL, now INTEGER NOT NULL, finished INTEGER,"
	" exit_status INTEGER, frozen TEXT NOT NULL);"
	"CREATE TABLE row(run INTEGER NOT NULL, n INTEGER NOT NULL, line INTEGER NOT NULL,"
	" serial TEXT, outcome INTEGER NOT NULL, reason INTEGER NOT NULL, rule INTEGER,"
	" detail INTEGER, PRIMARY KEY(run, n)) WITHOUT ROWID;"
	"CREATE TABLE device(run INTEGER NOT NULL, serial TEXT NOT NULL, rule INTEGER,"
	" program INTEGER, before INTEGER, start INTEGER, home INTEGER, wave INTEGER NOT NULL,"
	" listed INTEGER NOT NULL, results TEXT NOT NULL, outcome INTEGER NOT NULL,"
	" reason INTEGER NOT NULL, after INTEGER, detail INTEGER, evidence TEXT,"
	" attempts INTEGER NOT NULL, finished INTEGER, UNIQUE(serial, run));"
	"CREATE TABLE request(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, target TEXT, state INTEGER NOT NULL, activity TEXT,"
	" intent INTEGER NOT NULL, sent INTEGER);"
	"CREATE INDEX request_open ON request(run) WHERE state IN (0, 1, 3);"
	"CREATE TABLE request_device(request INTEGER NOT NULL, serial TEXT NOT NULL,"
	" step INTEGER NOT NULL);"
	"CREATE INDEX request_device_request ON request_device(request);"
	"CREATE TABLE home(serial TEXT PRIMARY KEY, server TEXT NOT NULL, run INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE rate(class INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE INDEX rate_at ON rate(class, at);"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, run INTEGER, at INTEGER NOT NULL,"
	" kind TEXT NOT NULL, text TEXT NOT NULL, hash TEXT NOT NULL);"
	"PRAGMA user_version = 1;"
	"INSERT INTO run VALUES(1, 'one', 'i1', '', 0, 1, 1, NULL, NULL, '{}'),"
	" (2, 'two', 'i2', '', 0, 2, 2, NULL, NULL, '{}');"
	"INSERT INTO text VALUES(1, 'SERVER1'), (2, '[{\"do\":\"unassign\"},{\"do\":\"sync\"},"
	"{\"do\":\"reassign\"},{\"do\":\"sync\"}]'), (3, '[{\"do\":\"unassign\"}]'),"
	" (4, '[{\"do\":\"wipe\",\"arg\":\"device\"}]'), (5, '[{\"do\":\"unassign\"},"
	"{\"do\":\"reassign\",\"arg\":\"Elsewhere\"}]');"
	"INSERT INTO home VALUES('HOME10001', 'SERVER1', 1), ('HOME10002', 'SERVER1', 1);"
	"INSERT INTO device SELECT 2, v.column1, NULL, v.column2, NULL, 1, 1, 0, 0, v.column3, 0, "
	"0,"
	" NULL, NULL, NULL, 1, v.column4 FROM (VALUES"
	" ('OFF000001', 2, '+...', NULL), ('OFF000002', 2, '....', NULL),"
	" ('HOME00001', 2, '+++.', NULL), ('GONE00001', 3, '.', NULL),"
	" ('NEVER0001', 2, '....', NULL), ('OVER00001', 2, '+-!-', 77)) v;"
	"INSERT INTO device VALUES(1, 'OLD000001', NULL, 5, NULL, 1, 1, 0, 0, '+.', 0, 0, NULL,"
	" NULL, NULL, 1, NULL), (1, 'WIPE00001', NULL, 4, NULL, 1, 1, 0, 0, '.', 0, 0, NULL, NULL,"
	" NULL, 1, NULL), (1, 'WIPE00002', NULL, 4, NULL, 1, 1, 0, 0, '?', 14, 0, NULL, NULL, NULL,"
	" 1, 5), (1, 'WIPE00003', NULL, 4, NULL, 1, 1, 0, 0, '+', 2, 0, NULL, NULL, NULL, 1, 5);";

static void add_before(
	struct db *db, int run, enum step_kind kind, enum request_state state, const char *serial)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql),
		"INSERT INTO request(run, kind, target, state, activity, intent) VALUES(%d, %d, "
		"'SERVER1', %d, '', 100); INSERT INTO request_device SELECT max(id), '%s', 0 FROM "
		"request;",
		run, (int)kind, (int)state, serial);
	assert_int_equal(db_exec(db, sql, &err), ERR_OK);
}

static char *make_before(void)
{
	char hash[SHA256_HEX], *path, sub[128];
	struct db *db;

	sha256_hex(STR(CLIENT), hash);
	(void)snprintf(sub, sizeof(sub), "%s/%.16s", folder, hash);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_true(asprintf(&path, "%s/depmend.db", sub) > 0);
	assert_int_equal(db_open(&db, path, DB_STORE, &err), ERR_OK);
	assert_int_equal(db_exec(db, before, &err), ERR_OK);
	add_before(db, 1, STEP_UNASSIGN, REQUEST_SETTLED, "OLD000001");
	add_before(db, 1, STEP_WIPE, REQUEST_ACCEPTED, "WIPE00001");
	add_before(db, 1, STEP_WIPE, REQUEST_SETTLED, "WIPE00002");
	add_before(db, 1, STEP_WIPE, REQUEST_SETTLED, "WIPE00003");
	add_before(db, 1, STEP_UNASSIGN, REQUEST_SETTLED, "HOME00001");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_SETTLED, "HOME00001");
	add_before(db, 2, STEP_REASSIGN, REQUEST_SETTLED, "HOME00001");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_SETTLED, "OFF000001");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_UNKNOWN, "OFF000002");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_ACCEPTED, "GONE00001");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_REFUSED, "NEVER0001");
	add_before(db, 2, STEP_UNASSIGN, REQUEST_SETTLED, "OVER00001");
	db_close(db);
	return path;
}

static void same_custody(const struct ledger_custody *c, const char *serial, const char *target)
{
	assert_true(str_eq(c->serial, str_from(serial)));
	assert_true(str_eq(c->home, STR("SERVER1")));
	assert_true(str_eq(c->target, str_from(target)));
}

static void what_an_older_store_left_open_is_open(void **state)
{
	char *path = make_before(), *copy;
	struct ledger_custodies off;
	struct ledger_deeds deeds;

	(void)state;
	open_store();
	assert_int_equal(ledger_custodies(s, STR_NONE, &off, &err), ERR_OK);
	assert_int_equal(off.n, 3);
	same_custody(&off.v[0], "OFF000001", "SERVER1");
	same_custody(&off.v[1], "OFF000002", "SERVER1");
	same_custody(&off.v[2], "OLD000001", ""); /* only the name of its target was kept */
	ledger_custodies_release(&off);
	assert_int_equal(n_intents(""), 3);
	assert_int_equal(n_intents("OFF000002"), 1);
	assert_int_equal(n_intents("GONE00001"), 1);
	assert_int_equal(n_intents("WIPE00001"), 1);
	assert_int_equal(ledger_deeds(s, STR_NONE, &deeds, &err), ERR_OK);
	assert_int_equal(deeds.n, 2);
	assert_true(str_eq(deeds.v[0].serial, STR("WIPE00001")));
	assert_true(str_eq(deeds.v[1].serial, STR("WIPE00002")));
	assert_int_equal(deeds.v[1].state, DEED_OPEN);
	assert_int_equal(deeds.v[1].incarnation.n, 0);
	ledger_deeds_release(&deeds);
	assert_true(asprintf(&copy, "%s.v1", path) > 0);
	assert_true(file_exists(copy));
	store_close(s);
	open_store(); /* nothing is moved over twice */
	assert_int_equal(n_intents(""), 3);
	free(copy);
	free(path);
}

/* The file keeps a copy of what stood in it, as when it could not be cleared. */
static void what_a_full_disk_left_is_taken_over_once(void **state)
{
	static const char *const both[] = { "SERIAL0001", "SERIAL0002", NULL };
	static const struct emergency_device back = {
		.serial = { "SERIAL0001", 10 },
		.results = { "D-.", 3 },
		.outcome = OUTCOME_RESTORED,
		.reason = REASON_RUN_PUT_BACK,
		.attempts = 2,
		.step = 2,
	};
	char path[160], command[400];
	struct ledger_intents in;
	struct request_record r;
	int64_t run, off, id;

	(void)state;
	open_store();
	run = add_run("one");
	off = add_request(run, STEP_UNASSIGN, both);
	r = (struct request_record){ .run = run,
		.kind = STEP_REASSIGN,
		.target = STR("HOME"),
		.activity = STR(""),
		.intent_ms = 5000,
		.sent_ms = TIME_NONE };
	assert_int_equal(emergency_intend(s, &r, &back, 1, STR("boot"), 70, &id, &err), ERR_OK);
	assert_true(id < 0);
	r.id = id;
	r.state = REQUEST_ACCEPTED;
	r.activity = STR("ACT1");
	assert_int_equal(emergency_answer(s, &r, STR("boot"), 80, &err), ERR_OK);
	(void)snprintf(path, sizeof(path), "%s/emergency", store_folder(s));
	(void)snprintf(command, sizeof(command), "cp %s %s.copy", path, path);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): files of our own */
	for (int i = 0; i < 2; i++) {
		store_close(s);
		open_store();
		assert_int_equal(ledger_intents(s, STR("SERIAL0001"), &in, &err), ERR_OK);
		assert_int_equal(in.n, 1);
		assert_int_equal(in.v[0].kind, STEP_REASSIGN);
		assert_int_equal(in.v[0].state, REQUEST_ACCEPTED);
		assert_true(str_eq(in.v[0].activity, STR("ACT1")));
		assert_int_equal(in.v[0].boot_ms, 80);
		ledger_intents_release(&in);
		assert_int_equal(ledger_intents(s, STR("SERIAL0002"), &in, &err), ERR_OK);
		assert_int_equal(in.n, 1);
		assert_int_equal(in.v[0].request, off);
		ledger_intents_release(&in);
		(void)snprintf(command, sizeof(command), "cat %s.copy >%s", path, path);
		assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(intents_close_one_by_one_and_together, begin, end),
		cmocka_unit_test_setup_teardown(one_device_is_looked_up, begin, end),
		cmocka_unit_test_setup_teardown(a_custody_stays_with_who_took_it, begin, end),
		cmocka_unit_test_setup_teardown(deeds_are_told_by_incarnation, begin, end),
		cmocka_unit_test_setup_teardown(
			a_person_ends_everything_about_a_device, begin, end),
		cmocka_unit_test_setup_teardown(a_pause_has_a_reason_and_an_end, begin, end),
		cmocka_unit_test_setup_teardown(
			what_a_full_disk_left_is_taken_over_once, begin, end),
		cmocka_unit_test_setup_teardown(what_an_older_store_left_open_is_open, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
