/* plan/waves: each stage holds its share of every server, and never more put-backs than may be
 * under way. */
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

enum { MANY = 200 };

/* Planned rows of one rule; no server is known. The program: unassign and, when it comes back, a
 * reassign. */
struct made {
	struct input input;
	struct plan plan;
	struct plan_options opt;
	struct settings settings;
	struct facts facts;
	struct fleet fleet;
	struct input_row rows[MANY];
	struct work_program program;
	struct work_step steps[2];
};

static struct made *make(uint32_t n, bool comes_back, uint32_t in_flight)
{
	struct made *m = mem_zalloc(sizeof(*m));

	fleet_init(&m->fleet);
	map_init(&m->input.serials, 0);
	m->settings.limits[LIMIT_IN_FLIGHT] = in_flight;
	m->facts = (struct facts){ .fleet = &m->fleet, .settings = &m->settings };
	m->opt = (struct plan_options){ .settings = &m->settings, .facts = &m->facts };
	m->steps[0].kind = STEP_UNASSIGN;
	m->steps[1].kind = STEP_REASSIGN;
	m->program = (struct work_program){ .v = m->steps, .n = comes_back ? 2 : 1 };
	m->input.rows = m->rows;
	m->input.n_rows = n;
	for (uint32_t i = 0; i < n; i++) {
		char serial[16];
		int len = snprintf(serial, sizeof(serial), "SERIAL%04u", i);
		struct str s = { serial, (size_t)len };

		(void)fleet_add(&m->fleet, s);
		m->rows[i] = (struct input_row){ .serial = map_add(&m->input.serials, s, NULL),
			.outcome = OUTCOME_PLANNED };
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
	map_release(&m->input.serials);
	free(m);
}

/* How many rows each wave has, in order; others are 0. */
static void sizes(struct made *m, const struct rules_policy *policy, uint32_t ret[MANY])
{
	uint32_t *wave = waves_cut(&m->plan, policy);

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
	sizes(m, &(struct rules_policy){ 0 }, n);
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
	sizes(back, &(struct rules_policy){ 0 }, n);
	assert_int_equal(n[0], 20);
	assert_int_equal(n[1], 20);
	assert_int_equal(n[2], 5);
	/* What does not come back is not under way. */
	sizes(gone, &(struct rules_policy){ 0 }, n);
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
	for (uint32_t i = 0; i < 40; i += 2)
		m->rows[i].outcome = OUTCOME_SKIPPED;
	m->plan.n_planned = 20;
	sizes(m, &(struct rules_policy){ 0 }, n);
	assert_int_equal(n[0], 40);
	unmake(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_wave),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_others_do_not_count),
	};

	return cmocka_run_group_tests_name("waves", tests, NULL, NULL);
}
