/*
 * The fleet a simulator starts with: read from CSV, or made up.
 */
#include "sim_kit.h"

#include "base/map.h"
#include "model/serial.h"
#include "sim/world/fleet.h"

static void refused(const char *fleet, const char *why)
{
	struct kit k;
	struct err err = { 0 };

	kit_init(&k, fleet);
	assert_int_not_equal(sim_open(&k.sim, &k.opt, &err), ERR_OK);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
	kit_end(&k);
}

static void bad_files_are_refused_with_their_line(void **state)
{
	(void)state;
	refused("", "empty");
	refused("server,model\nA,x\n", "no column 'serial'");
	refused("serial\nC02AAAAAAAA1\nnonsense!\n", ":3: serial cannot be 'nonsense!'");
	refused("serial,added\nC02AAAAAAAA1,yesterday\n", ":2: added cannot be 'yesterday'");
	refused("serial,released\nC02AAAAAAAA1,x\n", ":2: released");
	refused("serial,order_date\nC02AAAAAAAA1,x\n", ":2: order_date");
	refused("serial,last_seen\nC02AAAAAAAA1,x\n", ":2: last_seen");
	refused("serial,corrupted\nC02AAAAAAAA1,maybe\n", ":2: corrupted");
	refused("serial,listed\nC02AAAAAAAA1,maybe\n", ":2: listed");
	refused("serial,migration_capable\nC02AAAAAAAA1,maybe\n", ":2: migration_capable");
	refused("serial,profile_status\nC02AAAAAAAA1,Fine\n", ":2: profile_status");
	refused("serial\nC02AAAAAAAA1\nC02AAAAAAAA1\n", ":3: serial C02AAAAAAAA1 stands twice");
}

static void missing_file_is_told(void **state)
{
	struct kit k;
	struct err err = { 0 };

	(void)state;
	kit_init(&k, "serial\n");
	k.opt.fleet = "/nowhere/fleet.csv";
	assert_int_equal(sim_open(&k.sim, &k.opt, &err), ERR_NO_INPUT);
	kit_end(&k);
}

static int64_t count(struct kit *k, const char *table)
{
	if (strcmp(table, "record") == 0)
		return sql_int(&k->sim->sql, sql_z("SELECT count(*) FROM record"));
	return sql_int(&k->sim->sql, sql_z("SELECT count(*) FROM managed"));
}

static void headers_are_matched_loosely(void **state)
{
	struct kit k;

	(void)state;
	kit_init(&k, "\xef\xbb\xbfProfile-Status;SERVER;Serial;Enrollment Status\n"
		     "failed;A;c02aaaaaaaa1;Enrolled\n");
	kit_start(&k);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT status FROM record")), PROFILE_FAILED);
	assert_int_equal(count(&k, "managed"), 1);
	kit_end(&k);
}

static void who_is_listed(void **state)
{
	struct kit k;

	(void)state;
	kit_init(&k, "serial,server,listed,group,released\n"
		     "C02AAAAAAAA1,A,,,\n"    /* yes: on a server */
		     "C02AAAAAAAA2,A,no,,\n"  /* not synced yet */
		     "C02AAAAAAAA3,,,,\n"     /* no server */
		     "C02AAAAAAAA4,,yes,A,\n" /* stale: gone at Apple, still in group A */
		     "C02AAAAAAAA5,B,,-,\n"   /* B feeds no UEM */
		     "C02AAAAAAAA6,A,,,2025-01-01\n" /* has left: not on A, whatever it says */);
	kit_start(&k);
	assert_int_equal(count(&k, "record"), 2);
	assert_int_equal(
		sql_int(&k.sim->sql, sql_z("SELECT n_devices FROM server WHERE name='A'")), 2);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM og WHERE account=1")), 1);
	assert_int_equal(
		sql_int(&k.sim->sql, sql_z("SELECT og FROM server WHERE name='B'")), SQL_NULL);
	kit_end(&k);
}

static void servers_and_profiles_without_devices(void **state)
{
	static const char *const servers[] = { "A", "Spare" }, *const profiles[] = { "Macs" };
	struct kit k;

	(void)state;
	kit_init(&k, "serial,server\nC02AAAAAAAA1,A\n");
	k.opt.servers = servers;
	k.opt.n_servers = 2;
	k.opt.profiles = profiles;
	k.opt.n_profiles = 1;
	kit_start(&k);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM server")), 2);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM profile")), 2);
	kit_end(&k);
}

static void duplicates_leave_older_records(void **state)
{
	struct kit k;

	(void)state;
	kit_init(&k, "serial,server,enrollment_status\nC02AAAAAAAA1,A,Enrolled\n"
		     "C02AAAAAAAA2,A,Enrolled\nC02AAAAAAAA3,A,Enrolled\n");
	kit_set(&k, "uem.duplicates=3");
	kit_start(&k);
	assert_int_equal(count(&k, "managed"), 4);
	assert_int_equal(
		kit_ask(&k, "GET", "/api/mdm/devices?searchby=Serialnumber&id=C02AAAAAAAA3", NULL),
		200);
	assert_true(str_eq(kit_text(&k, "EnrollmentStatus"), STR("Enrolled")));
	kit_end(&k);
}

/* --- made up --- */

static void made_fleet_loads_and_repeats(void **state)
{
	struct fleet_recipe recipe = { .n = 500, .seed = 3, .corrupted_permille = 50 };
	struct buf a, b;
	struct kit k;

	(void)state;
	buf_init(&a, 1024 * 1024);
	buf_init(&b, 1024 * 1024);
	for (int64_t i = -1; i < (int64_t)recipe.n; i++) {
		fleet_make_row(&recipe, i, &a);
		fleet_make_row(&recipe, i, &b);
	}
	assert_true(str_eq(buf_view(&a), buf_view(&b)));
	kit_init(&k, buf_cstr(&a));
	kit_start(&k);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM device")), 500);
	assert_int_equal(
		sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM device WHERE corrupt=1")), 25);
	assert_int_equal(sql_int(&k.sim->sql, sql_z("SELECT count(*) FROM server")), 3);
	assert_true(sql_int(&k.sim->sql, sql_z("SELECT count(DISTINCT family) FROM product")) >= 5);
	assert_true(sql_int(&k.sim->sql,
			    sql_z("SELECT count(*) FROM device WHERE released NOT NULL")) > 0);
	kit_end(&k);
	buf_release(&a);
	buf_release(&b);
}

static void made_serials_are_good_and_differ(void **state)
{
	struct fleet_recipe recipe = { .n = 50000, .seed = 11, .corrupted_permille = 10 };
	struct map seen;
	struct buf row;
	bool is_new;

	(void)state;
	map_init(&seen, recipe.n);
	buf_init(&row, 64 * 1024);
	for (int64_t i = 0; i < (int64_t)recipe.n; i++) {
		struct str rest;
		struct serial serial;

		buf_reset(&row);
		fleet_make_row(&recipe, i, &row);
		rest = buf_view(&row);
		assert_int_equal(serial_read(str_cut(&rest, ','), &serial), REASON_NONE);
		assert_true(serial.n == 10 || serial.n == 12);
		(void)map_add(&seen, serial_view(&serial), &is_new);
		assert_true(is_new);
	}
	map_release(&seen);
	buf_release(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused_with_their_line),
		cmocka_unit_test(missing_file_is_told),
		cmocka_unit_test(headers_are_matched_loosely),
		cmocka_unit_test(who_is_listed),
		cmocka_unit_test(servers_and_profiles_without_devices),
		cmocka_unit_test(duplicates_leave_older_records),
		cmocka_unit_test(made_fleet_loads_and_repeats),
		cmocka_unit_test(made_serials_are_good_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
