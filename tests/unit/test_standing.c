/* run/standing: what changes where a device stands in a run, and what does not. */
#include "run_kit.h"

#include "model/standing.h"

static const char names[STANDINGS + 1] = "rblBs"; /* as enum device_standing has them */

/* From each standing, in that order, what an event makes of it. */
static void every_event(void **state)
{
	static const char *const after[STANDING_EVENTS] = {
		[ON_NAMED] = "bbBBs",
		[ON_FREED] = "rrlls",
		[ON_GIVEN_UP] = "lBlBs",
		[ON_SETTLED] = "sssss",
		[ON_REOPENED] = "rblBr",
	};

	(void)state;
	for (int event = 0; event < STANDING_EVENTS; event++)
		for (int from = 0; from < STANDINGS; from++) {
			enum device_standing to = standing_after(
				(enum device_standing)from, (enum standing_event)event);

			if (names[to] != after[event][from])
				fail_msg("event %d: %c became %c", event, names[from], names[to]);
		}
}

/* A settled row has no request, and nobody gives it up; only a new verdict opens it again. */
static void what_is_settled_stays(void **state)
{
	static const enum standing_event events[] = { ON_NAMED, ON_FREED, ON_GIVEN_UP, ON_SETTLED };

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		assert_int_equal(standing_after(STANDING_SETTLED, events[i]), STANDING_SETTLED);
	assert_int_equal(standing_after(STANDING_SETTLED, ON_REOPENED), STANDING_READY);
}

static void who_is_asked(void **state)
{
	(void)state;
	for (int s = 0; s < STANDINGS; s++) {
		assert_int_equal(
			standing_is_busy((enum device_standing)s), strchr("bB", names[s]) != NULL);
		assert_int_equal(
			standing_goes_on((enum device_standing)s), strchr("rb", names[s]) != NULL);
	}
}

/* A device's verdicts move it: given up while a put-back is due, settled, and open once more. */
static void verdicts_move_it(void **state)
{
	struct job_device *d;

	(void)state;
	kit_program(&k, STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(REASSIGN, STR_NONE)));
	d = kit_device(&k, "+");
	job_move(d, ON_NAMED);
	assert_true(job_is_busy(d));
	job_fail(&k.job, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, NULL);
	assert_int_equal(d->standing, STANDING_LEFT);
	job_settle(&k.job, d, OUTCOME_FAILED, REASON_APPLE_REFUSED, NULL);
	assert_true(job_is_settled(d));
	job_settle(&k.job, d, OUTCOME_IN_FLIGHT, REASON_RUN_IN_FLIGHT, NULL);
	assert_true(job_is_ready(d));
	d->blocked = true;
	assert_false(job_is_ready(d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event),
		cmocka_unit_test(what_is_settled_stays),
		cmocka_unit_test(who_is_asked),
		ON_KIT(verdicts_move_it),
	};

	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
