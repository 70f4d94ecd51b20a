/* forecast: what is left of a run, as numbers: requests, time, who is off its server for how long.
 */
#include "run_kit.h"

#include "forecast/schedule.h"
#include "forecast/walk.h"
#include "run/request.h"

enum { HOUR = 3600000 };

static struct schedule left(bool late)
{
	struct schedule s;

	schedule_left(&k.job, late, &s);
	assert_int_equal(s.begin_ms, KIT_START_MS);
	assert_true(s.earliest_ms >= s.begin_ms);
	return s;
}

static void open_with(uint32_t n, uint32_t batch, bool there_and_back)
{
	kit_open(&k);
	k.settings.batch_apple = batch;
	if (there_and_back)
		kit_program(&k, STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(SYNC, STR_NONE),
					STEP_OF(REASSIGN, STR_NONE)));
	else
		kit_program(&k, STEPS(STEP_OF(REASSIGN, STR("B"))));
	for (uint32_t i = 0; i < n; i++)
		(void)kit_device(&k, "");
}

/* As many changes as requests are needed, and no more of them in an hour than are allowed. */
static void moves_by_the_rate(void **state)
{
	static const struct {
		uint32_t n, batch, changes;
		int64_t least_h;
	} cases[] = { { 0, 1000, 0, 0 }, { 1, 1000, 1, 0 }, { 1000, 1000, 1, 0 },
		{ 1001, 1000, 2, 0 }, { 10, 1, 10, 0 }, { 11, 1, 11, 1 }, { 35, 1, 35, 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct schedule s;

		open_with(cases[i].n, cases[i].batch, false);
		s = left(false);
		assert_int_equal(s.apple_changes, cases[i].changes);
		assert_int_equal(s.uem_changes + s.syncs + s.restored + s.in_flight, 0);
		assert_int_equal(s.off_ms, 0);
		assert_int_equal((s.earliest_ms - s.begin_ms) / HOUR, cases[i].least_h);
		assert_true(left(true).earliest_ms >= s.earliest_ms);
		kit_close(&k);
	}
}

/* Who is off comes back: a write for the way off and one for the way back, and a sync between. */
static void off_and_back(void **state)
{
	struct schedule s, late;

	(void)state;
	open_with(20, 1000, true);
	s = left(false);
	late = left(true);
	assert_int_equal(s.apple_changes, 2);
	assert_int_equal(s.restored, 20);
	assert_int_equal(s.in_flight, 20);
	assert_int_equal(s.reserved, 1);
	assert_true(s.syncs > 0);
	assert_true(s.off_ms > 0 && s.off_ms <= s.earliest_ms - s.begin_ms);
	assert_true(late.off_ms >= s.off_ms && late.earliest_ms > s.earliest_ms);
	kit_close(&k);
}

/* What is over, or under way, is not forecast again. */
static void only_what_is_left(void **state)
{
	struct schedule all, s;
	struct open_request *r;

	(void)state;
	open_with(4, 1, false);
	all = left(false);
	job_pass(&k.job, &k.job.devices[0], RESULT_DONE);
	job_move(&k.job.devices[1], ON_GIVEN_UP);
	s = left(false);
	assert_int_equal(all.apple_changes, 4);
	assert_int_equal(s.apple_changes, 2);
	r = job_open(&k.job, STEP_REASSIGN, SERVER_B);
	r->devices = mem_alloc(sizeof(*r->devices));
	r->devices[0] = 2;
	r->n = 1;
	assert_int_equal(left(false).apple_changes, 2); /* it still waits in the queue */
	r->id = 7;
	assert_int_equal(left(false).apple_changes, 1);
	kit_close(&k);
}

/* One that was taken off before comes back alone. */
static void from_the_middle(void **state)
{
	struct schedule s;

	(void)state;
	open_with(0, 1000, true);
	(void)kit_device(&k, "++");
	s = left(false);
	assert_int_equal(s.apple_changes, 1);
	assert_int_equal(s.syncs, 0);
	kit_close(&k);
}

static void later_is_never_before(void **state)
{
	(void)state;
	assert_true(walk_later(5, 7) == 12);
	assert_true(walk_later(INT64_MAX - 1, 7) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_by_the_rate),
		cmocka_unit_test(off_and_back),
		cmocka_unit_test(only_what_is_left),
		cmocka_unit_test(from_the_middle),
		cmocka_unit_test(later_is_never_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
