#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "io/db/db.h"
#include "store/store.h"

#define SERIAL STR("C02XK1ABJG5H")

enum { DEVICES = 1300 }; /* more than two pages */

static char folder[] = "/tmp/depmend-store-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	char cmd[64];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	return system(cmd);
}

static struct store *open_ok(const char *client)
{
	struct store *s = NULL;
	struct err err = { .msg = "" };

	const struct store_options o = {
		.state_dir = folder, .client_id = client, .use = STORE_WRITE
	};

	if (store_open(&s, &o, &err) != ERR_OK)
		fail_msg("%s", err.msg);
	return s;
}

static void ok(enum errc rc, const struct err *err)
{
	if (rc)
		fail_msg("%s", err->msg);
}

static void number_of(char serial[20], unsigned i)
{
	(void)snprintf(serial, 20, "C02XK%07u", i);
}

/* A run with a row, a device and a place in an open request for each of `n`. */
static int64_t fill(struct store *s, unsigned n)
{
	struct run_record run = { .name = "20261122-030000-1a2b3c4d", .identity = "i" };
	struct request_record request = { .sent_ms = TIME_NONE, .target = STR("WS1") };
	struct err err = { .msg = "" };
	int64_t id;

	ok(store_begin(s, &err), &err);
	ok(store_run_add(s, &run, STR("{\"version\":1}"), &err), &err);
	request.run = run.id;
	ok(store_request_add(s, &request, &id, &err), &err);
	for (unsigned i = 0; i < n; i++) {
		char serial[20];
		struct row_record row = { .n = i, .line = i + 2, .rule = STR("r") };
		struct device_record d = {
			.rule = STR("r"), .program = STR("[]"), .results = STR("")
		};

		number_of(serial, i);
		row.serial = d.serial = str_from(serial);
		ok(store_row_add(s, run.id, &row, &err), &err);
		ok(store_device_add(s, run.id, &d, &err), &err);
		ok(store_request_device(s, id, d.serial, i, &err), &err);
		ok(store_event(s, run.id, i, "k", d.serial, &err), &err);
	}
	ok(store_home_put(s, SERIAL, STR("WS1"), run.id, &err), &err);
	ok(store_meta_put(s, "key", STR("value"), &err), &err);
	ok(store_commit(s, &err), &err);
	return run.id;
}

static struct db *other_connection(const struct store *s)
{
	struct db *d = NULL;
	struct err err = { .msg = "" };
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/depmend.db", store_folder(s));
	ok(db_open(&d, path, DB_STORE, &err), &err);
	return d;
}

/* What a snapshot that is still pinned would show: the log cannot be emptied after another
 * process' commit, and the next write of this one fails. */
static void assert_nothing_pinned(struct store *s, struct db *other, const char *after)
{
	struct db_stmt *q = NULL;
	struct err err = { .msg = "" };
	bool row = false;

	ok(db_exec(other, "UPDATE meta SET value = value || 'x'", &err), &err);
	ok(db_prepare(other, "PRAGMA busy_timeout=1", &q, &err), &err);
	ok(db_run(q, &err), &err);
	db_stmt_free(q);
	ok(db_prepare(other, "PRAGMA wal_checkpoint(TRUNCATE)", &q, &err), &err);
	ok(db_step(q, &row, &err), &err);
	if (db_col_int(q, 0) != 0)
		fail_msg("%s pins a snapshot", after);
	db_stmt_free(q);
	if (store_begin(s, &err) || store_meta_put(s, "k", STR("v"), &err) || store_commit(s, &err))
		fail_msg("after %s: %s", after, err.msg);
}

static enum errc any_run(void *self, const struct run_record *run, struct err *err)
{
	(void)run;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

static enum errc any_request(void *self, const struct request_record *r, struct err *err)
{
	(void)r;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

static enum errc any_event(void *self, const struct event_record *e, struct err *err)
{
	(void)e;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

static enum errc any_device(void *self, const struct device_record *d, struct err *err)
{
	(void)d;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

static enum errc any_serial(void *self, struct str serial, struct err *err)
{
	(void)serial;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

static enum errc any_named(void *self, struct str serial, uint32_t step, struct err *err)
{
	(void)serial;
	(void)step;
	(void)err;
	++*(unsigned *)self;
	return ERR_OK;
}

#define QUIET(call)                                     \
	do {                                            \
		ok(call, &err);                         \
		assert_nothing_pinned(s, other, #call); \
	} while (0)

/* Every question there is, each beside another process that writes. */
static void test_nothing_stays_open(void **state)
{
	struct store *s = open_ok("quiet");
	int64_t id = fill(s, DEVICES), at = 0, n_events = 0, from_ms;
	struct db *other = other_connection(s);
	struct err err = { .msg = "" };
	struct run_record run;
	struct row_record row;
	struct row_reader *rows = row_reader_open(s, id, 0);
	char *text = NULL;
	bool yes = false;
	uint32_t n_rows = 0;
	uint64_t n_devices = 0;
	unsigned n = 0;

	(void)state;
	QUIET(store_meta_get(s, "key", &text, &err));
	free(text);
	QUIET(store_home_get(s, SERIAL, &text, &err));
	free(text);
	QUIET(store_run_frozen(s, id, &text, &err));
	assert_string_equal(text, "{\"version\":1}");
	free(text);
	QUIET(store_run_find(s, "i", &run, &yes, &err));
	QUIET(store_run_get(s, "latest", &run, &err));
	QUIET(store_run_get(s, "2026", &run, &err));
	QUIET(store_run_get(s, "20261122-030000-1a2b3c4d", &run, &err));
	assert_int_equal(run.id, id);
	QUIET(row_reader_next(rows, &row, &yes, &err));
	QUIET(store_row_count(s, id, &n_rows, &err));
	QUIET(store_latest(s, &at, &err));
	QUIET(store_last_done(s, SERIAL, STR("r"), &at, &err));
	QUIET(store_devices_since(s, -1, NULL, -1, &n_devices, &err));
	QUIET(store_runs(s, any_run, &n, &err));
	QUIET(store_devices(s, id, any_device, &n, &err));
	QUIET(store_requests_open(s, id, any_request, &n, &err));
	QUIET(store_request_devices(s, 1, any_named, &n, &err));
	QUIET(store_serials_since(s, -1, NULL, -1, any_serial, &n, &err));
	QUIET(store_events(s, id, any_event, &n, &err));
	QUIET(store_events_verify(s, &n_events, &from_ms, &err));
	assert_int_equal(n_devices, DEVICES);
	assert_int_equal(n_events, DEVICES);
	assert_int_equal(n, 4 * DEVICES + 2);
	row_reader_close(rows);
	db_close(other);
	store_close(s);
}

struct writing {
	struct store *store;
	struct db *other;
	int64_t run;
	unsigned n;
};

static enum errc write_device(void *self, const struct device_record *d, struct err *err)
{
	struct writing *w = self;
	struct device_record now = *d;
	char serial[20];

	number_of(serial, w->n++);
	assert_true(str_eq(d->serial, str_from(serial)));
	if (w->n == 700)
		assert_nothing_pinned(w->store, w->other, "the callback of store_devices()");
	now.attempts = 7;
	ok(store_device_update(w->store, w->run, &now, err), err);
	assert_true(str_eq(d->serial, str_from(serial))); /* its texts are its own */
	return ERR_OK;
}

static void test_callbacks_may_write(void **state)
{
	struct store *s = open_ok("callbacks");
	struct err err = { .msg = "" };
	struct writing w = { .store = s, .other = other_connection(s), .run = fill(s, DEVICES) };

	(void)state;
	ok(store_devices(s, w.run, write_device, &w, &err), &err);
	assert_int_equal(w.n, DEVICES);
	db_close(w.other);
	store_close(s);
}

static enum errc stop_at_third(void *self, const struct device_record *d, struct err *err)
{
	(void)d;
	return ++*(unsigned *)self == 3 ? err_set(err, ERR_STOPPED, "enough") : ERR_OK;
}

static void test_a_callback_ends_the_walk(void **state)
{
	struct store *s = open_ok("ends");
	struct err err = { .msg = "" };
	unsigned n = 0;

	(void)state;
	assert_int_equal(store_devices(s, fill(s, 9), stop_at_third, &n, &err), ERR_STOPPED);
	assert_int_equal(n, 3);
	assert_string_equal(err.msg, "enough");
	store_close(s);
}

static void test_rows_from_anywhere(void **state)
{
	struct store *s = open_ok("rows");
	struct row_reader *r = row_reader_open(s, fill(s, DEVICES), 0);
	struct err err = { .msg = "" };
	struct row_record row;
	bool more = true;
	unsigned n = 0;

	(void)state;
	while (ok(row_reader_next(r, &row, &more, &err), &err), more)
		assert_int_equal(row.n, n++);
	assert_int_equal(n, DEVICES);
	row_reader_seek(r, 1200);
	ok(row_reader_next(r, &row, &more, &err), &err);
	assert_true(more);
	assert_int_equal(row.n, 1200);
	row_reader_seek(r, 3);
	ok(row_reader_next(r, &row, &more, &err), &err);
	assert_int_equal(row.n, 3);
	assert_true(str_eq(row.serial, STR("C02XK0000003")));
	row_reader_seek(r, DEVICES);
	ok(row_reader_next(r, &row, &more, &err), &err);
	assert_false(more);
	row_reader_close(r);
	store_close(s);
}

/* The log is emptied as it goes, whatever is read in between. */
static void test_the_log_stays_small(void **state)
{
	struct store *s = open_ok("log");
	struct err err = { .msg = "" };
	char path[512], big[4096], *text = NULL;
	FILE *f;

	(void)state;
	memset(big, 'x', sizeof(big));
	for (unsigned i = 0; i < 4000; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%u", i % 8);
		ok(store_begin_soft(s, &err), &err);
		ok(store_meta_put(s, key, (struct str){ big, sizeof(big) }, &err), &err);
		ok(store_commit(s, &err), &err);
		ok(store_meta_get(s, key, &text, &err), &err);
		free(text);
	}
	(void)snprintf(path, sizeof(path), "%s/depmend.db-wal", store_folder(s));
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_in_range(ftell(f), 0, 8 * 1024 * 1024);
	(void)fclose(f);
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_stays_open),
		cmocka_unit_test(test_callbacks_may_write),
		cmocka_unit_test(test_a_callback_ends_the_walk),
		cmocka_unit_test(test_rows_from_anywhere),
		cmocka_unit_test(test_the_log_stays_small),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
