/* Readings staged on disk: pages whole or not at all, put together by serial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "survey/survey.h"

static char path[] = "/tmp/depmend-stage-XXXXXX";

static int fresh_path(void **state)
{
	int fd;

	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	return fd < 0 || close(fd) || unlink(path) ? -1 : 0;
}

static struct stage *open_at(const char *identity, int64_t now_ms, bool want_resumed)
{
	struct stage *s = NULL;
	bool resumed = !want_resumed;
	struct err err;

	if (stage_open(&s, path, str_from(identity), now_ms, false, &resumed, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(resumed, want_resumed);
	return s;
}

static void add(struct stage *s, const char *serial, enum stage_source source, uint32_t part,
	const char *cells)
{
	stage_add(s, &(struct stage_row){ str_from(serial), str_from(cells), source, part });
}

static void commit(struct stage *s, enum stage_source source, uint32_t part, const char *next)
{
	struct err err;

	if (stage_commit(s, source, part, str_from(next), &err))
		fail_msg("%s", err.msg);
}

static enum errc write_down(void *self, const struct stage_row *row, struct err *err)
{
	(void)err;
	buf_printf(self, "%.*s/%d/%u/%.*s ", STR_FMT(row->serial), row->source, row->part,
		STR_FMT(row->cells));
	return ERR_OK;
}

static void holds(struct stage *s, const char *want)
{
	struct err err;
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(stage_each(s, write_down, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

static void stands_at(
	struct stage *s, enum stage_source source, uint32_t part, bool want_done, const char *want)
{
	bool done = !want_done;
	struct err err;
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(stage_progress(s, source, part, &done, &b, &err), ERR_OK);
	assert_int_equal(done, want_done);
	assert_string_equal(buf_cstr(&b), want);
	buf_release(&b);
}

static void a_page_comes_whole_or_not_at_all(void **state)
{
	struct stage *s = open_at("x", 0, false);

	(void)state;
	stage_begin(s);
	add(s, "B", STAGE_APPLE, 0, "1");
	commit(s, STAGE_APPLE, 0, "cursor");
	stage_begin(s);
	add(s, "C", STAGE_APPLE, 0, "half");
	stage_begin(s); /* the page is tried again */
	add(s, "A", STAGE_APPLE, 0, "2");
	stage_close(s, true);
	s = open_at("x", STAGE_MAX_AGE_MS - 1, true);
	holds(s, "B/1/0/1 ");
	stands_at(s, STAGE_APPLE, 0, false, "cursor");
	stands_at(s, STAGE_SERVER, 0, false, "");
	stage_begin(s);
	commit(s, STAGE_APPLE, 0, "");
	stands_at(s, STAGE_APPLE, 0, true, "");
	stage_close(s, false);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void what_is_old_or_of_others_is_not_gone_on_with(void **state)
{
	struct stage *s = open_at("x", 1000, false);

	(void)state;
	stage_begin(s);
	add(s, "A", STAGE_APPLE, 0, "");
	commit(s, STAGE_APPLE, 0, "");
	stage_close(s, true);
	stage_close(open_at("x", 1000, true), true);
	s = open_at("x", 1000 + STAGE_MAX_AGE_MS, false);
	holds(s, "");
	stage_close(s, true);
	stage_close(open_at("y", 1000 + STAGE_MAX_AGE_MS, false), true);
	stage_close(open_at("y", 0, false), false); /* the clock was set back */
}

static void rows_are_sorted_and_forgotten_by_listing(void **state)
{
	struct stage *s = open_at("x", 0, false);
	struct err err;

	(void)state;
	stage_begin(s);
	add(s, "B", STAGE_UEM, 3, "u");
	add(s, "A", STAGE_SERVER, 1, "");
	add(s, "A", STAGE_APPLE, 0, "old");
	add(s, "A", STAGE_APPLE, 0, "new");
	add(s, "A", STAGE_SERVER, 2, "");
	commit(s, STAGE_SERVER, 1, "");
	holds(s, "A/1/0/old A/1/0/new A/2/1/ A/2/2/ B/3/3/u ");
	assert_int_equal(stage_forget(s, STAGE_SERVER, 1, &err), ERR_OK);
	holds(s, "A/1/0/old A/1/0/new A/2/2/ B/3/3/u ");
	stands_at(s, STAGE_SERVER, 1, false, "");
	stage_close(s, false);
}

static enum errc refuse(void *self, const struct stage_row *row, struct err *err)
{
	(void)row;
	++*(int *)self;
	return err_set(err, ERR_IO, "full");
}

static void a_failure_ends_the_walk(void **state)
{
	struct stage *s = open_at("x", 0, false);
	struct err err;
	int n = 0;

	(void)state;
	stage_begin(s);
	add(s, "A", STAGE_UEM, 0, "");
	add(s, "B", STAGE_UEM, 0, "");
	commit(s, STAGE_UEM, 0, "");
	assert_int_equal(stage_each(s, refuse, &n, &err), ERR_IO);
	assert_int_equal(n, 1);
	stage_close(s, false);
}

static void cells_come_back_as_they_were(void **state)
{
	struct str in[CELLS] = { STR_NONE }, out[CELLS] = { STR_NONE };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	in[CELL_STATUS] = STR("ASSIGNED");
	in[CELL_MODEL] = STR("iMac 21.5\", \x1f 2020\n");
	in[CELL_MIGRATION_DEADLINE] = STR("2026-12-01");
	in[CELL_PROFILE] = STR("of another source");
	survey_pack(STAGE_APPLE, in, &b);
	out[CELL_USER] = STR("stays");
	survey_unpack(STAGE_APPLE, buf_view(&b), out);
	assert_true(str_eq(out[CELL_STATUS], in[CELL_STATUS]));
	assert_true(str_eq(out[CELL_MODEL], STR("iMac 21.5\", ? 2020\n")));
	assert_true(str_eq(out[CELL_MIGRATION_DEADLINE], in[CELL_MIGRATION_DEADLINE]));
	assert_true(str_eq(out[CELL_USER], STR("stays")));
	assert_int_equal(out[CELL_FAMILY].n + out[CELL_PROFILE].n, 0);
	buf_release(&b);
}

/* --- devices --- */

static enum errc tell(void *self, const struct survey_device *d, struct err *err)
{
	(void)err;
	buf_printf(self, "%.*s:%.*s:%d:%d:%x:%x:%.*s ", STR_FMT(d->serial), STR_FMT(d->status),
		(int)d->server, d->server_known, d->listed, d->fed,
		STR_FMT(d->cells[CELL_CSV_SERVER]));
	return ERR_OK;
}

static void readings_of_a_serial_become_one_device(void **state)
{
	struct session session = { 0 };
	struct survey s = { .session = &session, .stage = open_at("x", 0, false) };
	struct err err;
	struct buf b;

	(void)state;
	fleet_init(&session.fleet);
	session.fleet.servers = mem_zalloc(2 * sizeof(struct server));
	session.fleet.n_servers = 2;
	session.fleet.servers[1].groups = 2;
	buf_init(&b, 4096);
	stage_begin(s.stage);
	add(s.stage, "LAG", STAGE_APPLE, 0, "ASSIGNED\x1f");
	add(s.stage, "OFF", STAGE_APPLE, 0, "UNASSIGNED\x1f");
	add(s.stage, "OFF", STAGE_UEM, 1, "\x1f");
	add(s.stage, "ON", STAGE_APPLE, 0, "UNASSIGNED\x1f");
	add(s.stage, "ON", STAGE_SERVER, 1, "");
	add(s.stage, "ON", STAGE_UEM, 0, "\x1f");
	add(s.stage, "ON", STAGE_UEM, 1, "\x1f");
	add(s.stage, "WISH", STAGE_CSV, 0, "first\x1f");
	add(s.stage, "WISH", STAGE_CSV, 0, "second\x1f");
	commit(s.stage, STAGE_APPLE, 0, "");
	assert_int_equal(survey_each(&s, tell, &b, &err), ERR_OK);
	assert_string_equal(buf_cstr(&b), "LAG:ASSIGNED:-1:0:0:0: OFF:UNASSIGNED:-1:1:2:0: "
					  "ON:ASSIGNED:1:1:3:2: WISH::-1:1:0:0:first ");
	buf_release(&b);
	fleet_release(&session.fleet);
	stage_close(s.stage, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_page_comes_whole_or_not_at_all, fresh_path),
		cmocka_unit_test_setup(what_is_old_or_of_others_is_not_gone_on_with, fresh_path),
		cmocka_unit_test_setup(rows_are_sorted_and_forgotten_by_listing, fresh_path),
		cmocka_unit_test_setup(a_failure_ends_the_walk, fresh_path),
		cmocka_unit_test(cells_come_back_as_they_were),
		cmocka_unit_test_setup(readings_of_a_serial_become_one_device, fresh_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
