/*
 * The simulator's promises about time, state and audit: nothing lost, nothing twice, the same
 * again.
 */
#include "sim_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "sim/core/clock.h"

#define FLEET                               \
	"serial,server,profile,corrupted\n" \
	"C02AAAAAAAA1,A,Macs,\nC02AAAAAAAA2,A,,yes\nC02AAAAAAAA3,B,,\nC02AAAAAAAA4,,,\n"

static void clock_goes_forward_only(void **state)
{
	struct sim_clock c;
	int64_t real;

	(void)state;
	sim_clock_open(&c, 1, 0, false);
	assert_int_equal(sim_clock_tick(&c, 5000), 5000); /* nobody has seen another time */
	assert_int_equal(sim_clock_tick(&c, 4000), 5000);
	assert_int_equal(sim_clock_tick(&c, 0), 5000); /* virtual: stands still */
	assert_int_equal(sim_clock_tick(&c, 9000), 9000);
	sim_clock_close(&c);
	sim_clock_open(&c, 1, 0, false);
	real = sim_clock_tick(&c, 0);
	assert_true(real > INT64_C(1700000000000));
	assert_true(sim_clock_tick(&c, 5000) >= real); /* not back from what was told */
	sim_clock_close(&c);
}

static void clock_rate_multiplies(void **state)
{
	struct sim_clock c;
	int64_t from, to;

	(void)state;
	sim_clock_open(&c, 1000000, 0, false);
	from = sim_clock_tick(&c, 0);
	(void)usleep(20 * 1000);
	to = sim_clock_tick(&c, 0);
	assert_true(to - from >= INT64_C(20) * 1000000);
	sim_clock_close(&c);
}

static void restored_clock_does_not_go_back(void **state)
{
	struct kit k;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_start(&k);
	kit_sign_in(&k);
	kit_stop(&k);
	k.now -= 1000000;
	kit_start(&k);
	(void)kit_ask(&k, "GET", "/v1/mdmServers", NULL);
	assert_int_equal(k.sim->now, k.now + 1000000);
	kit_end(&k);
}

static void run_story(struct kit *k)
{
	char server[HEX32_TEXT];

	kit_sign_in(k);
	kit_server(k, server);
	assert_int_equal(kit_activity(k, "UNASSIGN_DEVICES", server, "C02AAAAAAAA1"), 201);
	k->now += 20 * 1000;
	assert_int_equal(kit_ask(k, "GET", "/v1/orgDevices/C02AAAAAAAA1", NULL), 200);
	assert_true(str_eq(kit_text(k, "data.attributes.status"), STR("UNASSIGNED")));
}

static void same_requests_same_audit(void **state)
{
	char *audits[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct kit k;

		kit_init(&k, FLEET);
		kit_scenario(&k, "other-admin");
		kit_start(&k);
		run_story(&k);
		k.now += 200 * 1000;
		(void)kit_ask(&k, "GET", "/v1/orgDevices", NULL);
		audits[i] = kit_audit(&k);
		kit_end(&k);
	}
	assert_string_equal(audits[0], audits[1]);
	assert_int_equal(kit_count(audits[0], "\"kind\":\"effect\""), 1);
	free(audits[0]);
	free(audits[1]);
}

static void another_seed_another_activity(void **state)
{
	char ids[2][80];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct kit k;
		char server[HEX32_TEXT];

		kit_init(&k, FLEET);
		k.opt.seed = (uint64_t)i;
		kit_start(&k);
		kit_sign_in(&k);
		kit_server(&k, server);
		(void)kit_activity(&k, "UNASSIGN_DEVICES", server, "C02AAAAAAAA1");
		(void)snprintf(ids[i], sizeof(ids[i]), "%s", kit_text(&k, "data.id").p);
		kit_end(&k);
	}
	assert_string_not_equal(ids[0], ids[1]);
}

static void state_outlives_the_process(void **state)
{
	struct kit k;
	char *audit;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_start(&k);
	run_story(&k);
	kit_stop(&k);
	kit_write(k.fleet, "serial\nC02BBBBBBBB1\n"); /* the state wins */
	kit_start(&k);
	assert_int_equal(kit_ask(&k, "GET", "/v1/orgDevices/C02AAAAAAAA1", NULL), 200);
	assert_true(str_eq(kit_text(&k, "data.attributes.status"), STR("UNASSIGNED")));
	assert_int_equal(kit_ask(&k, "GET", "/v1/orgDevices/C02BBBBBBBB1", NULL), 404);
	audit = kit_audit(&k);
	assert_int_equal(kit_count(audit, "\"what\":\"unassign\""), 1);
	free(audit);
	kit_end(&k);
}

/* The audit file as a kill would leave it, at every length; the next start makes it whole. */
static void torn_audit_is_completed(void **state)
{
	struct kit k;
	char *whole, *again;
	size_t n, last;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_start(&k);
	kit_sign_in(&k); /* a change: the last lines are in the state as well */
	kit_stop(&k);
	whole = kit_audit(&k);
	n = strlen(whole);
	last = 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (whole[i] == '\n')
			last = i + 1;
	for (size_t cut = last; cut < n; cut++) {
		assert_int_equal(truncate(k.audit, (off_t)cut), 0);
		kit_start(&k);
		kit_stop(&k);
		again = kit_audit(&k);
		assert_string_equal(again, whole);
		free(again);
	}
	free(whole);
	kit_end(&k);
}

static void torn_line_of_a_read_is_dropped(void **state)
{
	struct kit k;
	char *whole, *again;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_start(&k);
	kit_sign_in(&k);
	whole = kit_audit(&k);
	(void)kit_ask(&k, "GET", "/v1/mdmServers", NULL);
	kit_stop(&k);
	assert_int_equal(truncate(k.audit, (off_t)strlen(whole) + 17), 0);
	kit_start(&k);
	kit_stop(&k);
	again = kit_audit(&k);
	assert_string_equal(again, whole);
	free(whole);
	free(again);
	kit_end(&k);
}

static void another_audit_file_starts_empty(void **state)
{
	struct kit k;
	char *audit;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_start(&k);
	run_story(&k);
	kit_stop(&k);
	(void)snprintf(k.audit, sizeof(k.audit), "%s/second.ndjson", k.folder);
	kit_start(&k);
	(void)kit_ask(&k, "GET", "/v1/mdmServers", NULL);
	audit = kit_audit(&k);
	assert_int_equal(kit_count(audit, "\n"), 1);
	free(audit);
	kit_end(&k);
}

/* A full disk under the audit: nothing may be answered that is not written. */
static void unwritable_audit_is_an_error(void **state)
{
	struct request q = { .method = STR("GET"), .path = STR("/v1/mdmServers") };
	struct kit k;
	struct err err = { 0 };
	struct reply r;

	(void)state;
	kit_init(&k, FLEET);
	kit_start(&k);
	(void)close(k.sim->audit.fd);
	k.sim->audit.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	reply_init(&r);
	assert_int_equal(sim_handle(k.sim, &q, &r, &err), ERR_IO);
	reply_release(&r);
	kit_end(&k);
}

static void lost_state_is_an_error(void **state)
{
	struct request q = { .method = STR("GET"), .path = STR("/v1/mdmServers") };
	struct kit k;
	struct err err = { 0 };
	struct reply r;

	(void)state;
	kit_init(&k, FLEET);
	kit_start(&k);
	assert_int_equal(db_exec(k.sim->sql.db, "DROP TABLE timer", &err), ERR_OK);
	reply_init(&r);
	assert_int_equal(sim_handle(k.sim, &q, &r, &err), ERR_STORE);
	reply_release(&r);
	kit_end(&k);
}

static void foreign_database_is_refused(void **state)
{
	struct kit k;
	struct db *d = NULL;
	struct err err = { 0 };

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	assert_int_equal(db_open(&d, k.state, DB_FAST, &err), ERR_OK);
	assert_int_equal(db_exec(d, "PRAGMA user_version=99", &err), ERR_OK);
	db_close(d);
	assert_int_equal(sim_open(&k.sim, &k.opt, &err), ERR_STORE);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_goes_forward_only),
		cmocka_unit_test(clock_rate_multiplies),
		cmocka_unit_test(restored_clock_does_not_go_back),
		cmocka_unit_test(same_requests_same_audit),
		cmocka_unit_test(another_seed_another_activity),
		cmocka_unit_test(state_outlives_the_process),
		cmocka_unit_test(torn_audit_is_completed),
		cmocka_unit_test(torn_line_of_a_read_is_dropped),
		cmocka_unit_test(another_audit_file_starts_empty),
		cmocka_unit_test(unwritable_audit_is_an_error),
		cmocka_unit_test(lost_state_is_an_error),
		cmocka_unit_test(foreign_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
