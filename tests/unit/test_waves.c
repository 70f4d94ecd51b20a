/* plan/waves: each stage holds its share of every server, and never more put-backs than may be
 * under way; within a stage, servers do not mix where each can fill its requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "plan/waves.h"

enum { MANY = 1000, SERVERS = 4 };

/* Planned rows of one rule; no server is known. The program: unassign and, when it comes back, a
 * reassign. */
struct made {
	struct input input;
	struct plan plan;
	struct plan_options opt;
	struct settings settings;
	struct facts facts;
	struct fleet fleet;
	struct work_program program;
	struct work_step steps[2];
};

static const struct rules_policy at_once = { .n_waves = 1, .waves = { { 100, true } } };

static struct made *make(uint32_t n, bool comes_back, uint32_t in_flight)
{
	struct made *m = mem_zalloc(sizeof(*m));

	fleet_init(&m->fleet);
	map_init(&m->input.serials, 0);
	m->settings.limits[LIMIT_IN_FLIGHT] = in_flight;
	m->settings.batch_apple = 1000;
	m->fleet.servers = mem_zalloc(SERVERS * sizeof(*m->fleet.servers));
	m->fleet.n_servers = SERVERS;
	m->facts = (struct facts){ .fleet = &m->fleet, .settings = &m->settings };
	m->opt = (struct plan_options){ .settings = &m->settings, .facts = &m->facts };
	m->steps[0].kind = STEP_UNASSIGN;
	m->steps[1].kind = STEP_REASSIGN;
	m->steps[1].to_home = true;
	m->program = (struct work_program){ .v = m->steps, .n = comes_back ? 2 : 1 };
	for (uint32_t i = 0; i < n; i++) {
		char serial[16];
		int len = snprintf(serial, sizeof(serial), "SERIAL%04u", i);
		struct str s = { serial, (size_t)len };

		(void)fleet_add(&m->fleet, s);
		input_add(&m->input,
			&(struct input_row){ .serial = map_add(&m->input.serials, s, NULL),
				.outcome = OUTCOME_PLANNED },
			i + 1);
	}
	m->plan = (struct plan){
		.input = &m->input,
		.opt = &m->opt,
		.compiled = &m->program,
		.n_compiled = 1,
		.n_planned = n,
	};
	return m;
}

static void unmake(struct made *m)
{
	fleet_release(&m->fleet);
	input_forget_rows(&m->input);
	free(m);
}

/* Every second row, from `from` on. */
static void set_half(struct made *m, uint32_t from, struct input_row as)
{
	for (uint32_t i = from; i < m->input.n_rows; i += 2)
		input_put(&m->input, i, &as);
}

/* How many rows each wave has, in order; others are 0. */
static void sizes(struct made *m, const struct rules_policy *policy, uint32_t ret[MANY])
{
	uint32_t *wave = waves_cut(&m->plan, policy, m->settings.limits[LIMIT_IN_FLIGHT]);

	memset(ret, 0, MANY * sizeof(*ret));
	for (uint32_t i = 0; i < m->input.n_rows; i++) {
		assert_true(wave[i] < MANY);
		ret[wave[i]]++;
	}
	free(wave);
}

static void test_one_wave(void **state)
{
	struct made *m = make(50, false, 0);
	uint32_t n[MANY];

	(void)state;
	sizes(m, &at_once, n);
	assert_int_equal(n[0], 50);
	unmake(m);
}

static void test_stages(void **state)
{
	struct made *m = make(200, false, 0);
	struct rules_policy policy = { .n_waves = 3 };
	uint32_t n[MANY];

	(void)state;
	policy.waves[0].n = 5;
	policy.waves[1].n = 10;
	policy.waves[1].percent = true;
	policy.waves[2].n = 100;
	policy.waves[2].percent = true;
	sizes(m, &policy, n);
	assert_int_equal(n[0], 5);
	assert_int_equal(n[1], 15);
	assert_int_equal(n[2], 180);
	unmake(m);
}

static void test_in_flight(void **state)
{
	struct made *back = make(45, true, 20), *gone = make(45, false, 20);
	uint32_t n[MANY];

	(void)state;
	sizes(back, &at_once, n);
	assert_int_equal(n[0], 20);
	assert_int_equal(n[1], 20);
	assert_int_equal(n[2], 5);
	/* What does not come back is not under way. */
	sizes(gone, &at_once, n);
	assert_int_equal(n[0], 45);
	unmake(back);
	unmake(gone);
}

/* Rows that are not planned take no room. */
static void test_others_do_not_count(void **state)
{
	struct made *m = make(40, true, 20);
	uint32_t n[MANY];

	(void)state;
	set_half(m, 0, (struct input_row){ .outcome = OUTCOME_SKIPPED });
	m->plan.n_planned = 20;
	sizes(m, &at_once, n);
	assert_int_equal(n[0], 40);
	unmake(m);
}

/* The first so many rows are on server 0, and so on. */
static void place_on(struct made *m, const uint32_t n[SERVERS])
{
	uint32_t row = 0;

	for (uint32_t s = 0; s < SERVERS; s++)
		for (uint32_t i = 0; i < n[s]; i++)
			device_set_slot(&m->fleet.devices[row++], FACT_APPLE_SERVER, s);
	assert_int_equal(row, m->input.n_rows);
}

/* Requests to take off, one server each, and waves; never more than in_flight in one. */
struct counted {
	uint32_t requests, waves, first, first_servers;
};

static struct counted count(struct made *m, const struct rules_policy *policy)
{
	uint32_t in_flight = m->settings.limits[LIMIT_IN_FLIGHT], batch = m->settings.batch_apple;
	uint32_t *wave = waves_cut(&m->plan, policy, in_flight);
	static uint32_t on[MANY][SERVERS];
	struct counted ret = { 0 };

	memset(on, 0, sizeof(on));
	for (uint32_t i = 0; i < m->input.n_rows; i++) {
		uint32_t server = 0;

		assert_true(fleet_server_of(&m->fleet, i, &server));
		on[wave[i]][server]++;
		ret.waves = wave[i] + 1 > ret.waves ? wave[i] + 1 : ret.waves;
	}
	for (uint32_t w = 0; w < ret.waves; w++) {
		uint32_t n = 0;

		for (uint32_t s = 0; s < SERVERS; s++) {
			n += on[w][s];
			ret.requests += (on[w][s] + batch - 1) / batch;
			ret.first_servers += w == 0 && on[w][s];
		}
		assert_true(n > 0);
		assert_true(in_flight == 0 || n <= in_flight);
		ret.first = w == 0 ? n : ret.first;
	}
	free(wave);
	return ret;
}

static struct counted cut(
	const uint32_t n[SERVERS], uint32_t in_flight, uint32_t batch, const struct rules_policy *p)
{
	struct made *m = make(n[0] + n[1] + n[2] + n[3], true, in_flight);
	struct counted ret;

	m->settings.batch_apple = batch;
	place_on(m, n);
	ret = count(m, p);
	unmake(m);
	return ret;
}

/* A server at a time, full requests; what is left of each shares waves. */
static void test_server_by_server(void **state)
{
	struct counted c = cut((uint32_t[]){ 420, 410, 0, 30 }, 100, 1000, &at_once);

	(void)state;
	assert_int_equal(c.requests, 5 + 5 + 1);
	assert_int_equal(c.waves, 4 + 4 + 1); /* 20 + 10 + 30 in the last */
	/* As many requests as fit make one wave. */
	c = cut((uint32_t[]){ 400, 300, 0, 0 }, 250, 100, &at_once);
	assert_int_equal(c.requests, 4 + 3);
	assert_int_equal(c.waves, 4); /* two full requests each, no half ones */
	c = cut((uint32_t[]){ 400, 350, 0, 0 }, 250, 100, &at_once);
	assert_int_equal(c.requests, 4 + 4);
	assert_int_equal(c.waves, 4); /* the 50 beside two of 100 */
	c = cut((uint32_t[]){ 3, 3, 3, 3 }, 1, 1000, &at_once);
	assert_int_equal(c.requests, 12);
	assert_int_equal(c.waves, 12);
}

/* Without `waves:`, five devices first, of every server. */
static void test_default(void **state)
{
	struct counted c = cut(
		(uint32_t[]){ 300, 300, 300, 0 }, 200, 1000, &(struct rules_policy){ 0 });
	struct made *m = make(6, false, 200);

	(void)state;
	assert_int_equal(c.first, WAVES_CANARY);
	assert_int_equal(c.first_servers, 3);
	/* 298 + 298 + 299 are left: one full request each, and 98, 98, 99 of which two share. */
	assert_int_equal(c.requests, 3 + 6);
	assert_int_equal(c.waves, 1 + 3 + 2);
	/* What does not come back is taken off all the same. */
	place_on(m, (uint32_t[]){ 6, 0, 0, 0 });
	c = count(m, &(struct rules_policy){ 0 });
	assert_int_equal(c.first, WAVES_CANARY);
	assert_int_equal(c.waves, 2);
	/* Where no device is taken off its server, all go at once. */
	m->steps[0].kind = STEP_REASSIGN;
	assert_int_equal(count(m, &(struct rules_policy){ 0 }).waves, 1);
	unmake(m);
	/* Nor where all are off already. */
	m = make(6, true, 200);
	for (uint32_t i = 0; i < 6; i++)
		device_set_absent(&m->fleet.devices[i], FACT_APPLE_SERVER);
	{
		uint32_t n[MANY];

		sizes(m, &(struct rules_policy){ 0 }, n);
		assert_int_equal(n[0], 6);
	}
	unmake(m);
}

/* From one server to the other, and back: a way each, whatever the order of the rows. */
static void test_both_ways(void **state)
{
	struct made *m = make(80, true, 20);
	struct work_program ways[2];
	struct work_step steps[2][2];
	uint32_t *wave, *seen = mem_zalloc(MANY * sizeof(*seen)), n_waves = 0;

	(void)state;
	place_on(m, (uint32_t[]){ 40, 40, 0, 0 });
	for (uint32_t i = 0; i < 2; i++) {
		steps[i][0] = (struct work_step){ .kind = STEP_UNASSIGN };
		steps[i][1] = (struct work_step){ .kind = STEP_REASSIGN, .server = i };
		ways[i] = (struct work_program){ .v = steps[i], .n = 2 };
	}
	m->plan.compiled = ways;
	m->plan.n_compiled = 2;
	/* half of each server stays, half goes over */
	set_half(m, 1, (struct input_row){ .outcome = OUTCOME_PLANNED, .program = 1 });
	wave = waves_cut(&m->plan, &at_once, 20);
	for (uint32_t i = 0; i < 80; i++) {
		seen[wave[i]] |= 1u << (i / 40 * 2 + i % 2);
		n_waves = wave[i] + 1 > n_waves ? wave[i] + 1 : n_waves;
	}
	assert_int_equal(n_waves, 4);
	for (uint32_t w = 0; w < n_waves; w++)
		assert_int_equal(seen[w] & (seen[w] - 1), 0);
	free(wave);
	free(seen);
	unmake(m);
}

/* Those that are put back share their waves with nobody; the others all go with the first. */
static void test_not_put_back(void **state)
{
	struct made *m = make(60, true, 10);
	struct work_program programs[2];
	uint32_t n[MANY];

	(void)state;
	programs[0] = m->program;
	programs[1] = (struct work_program){ .v = m->steps, .n = 1 };
	m->plan.compiled = programs;
	m->plan.n_compiled = 2;
	set_half(m, 1, (struct input_row){ .outcome = OUTCOME_PLANNED, .program = 1 });
	place_on(m, (uint32_t[]){ 60, 0, 0, 0 });
	sizes(m, &at_once, n);
	assert_int_equal(n[0], 10 + 30);
	assert_int_equal(n[1], 10);
	assert_int_equal(n[2], 10);
	assert_int_equal(n[3], 0);
	unmake(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_wave),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_others_do_not_count),
		cmocka_unit_test(test_server_by_server),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_not_put_back),
	};

	return cmocka_run_group_tests_name("waves", tests, NULL, NULL);
}
