/* plan/step_rules, plan/work: when a step's effect holds, what it leads to, and what of a program
 * is left to do. */
#include "run_kit.h"

#include "plan/step_rules.h"

/* A feeds group 0, B feeds group 1, C none; devices of nobody. */
enum { A, B, C };

static int fleet_setup(void **state)
{
	kit_open(&k);
	kit_server(&k, "C", 0);
	*state = &k.fleet;
	return 0;
}

static struct view on(uint32_t server, uint32_t listed)
{
	return (struct view){
		.server = server, .listed = listed, .profile = 7, .deadline_ms = TIME_NONE
	};
}

static struct step_case of(const struct fleet *f, const struct work_step *s, uint32_t target)
{
	return (struct step_case){ .fleet = f, .step = s, .target = target, .has_uem = true };
}

static bool holds(const struct step_case *c, const struct view *v)
{
	return step_rule(c->step->kind)->holds(c, v);
}

/* What a service is asked for is judged by a row of the table; delete_from_lifecycle is an
 * unassign. */
static void test_every_step_has_a_rule(void **state)
{
	(void)state;
	for (int kind = 0; kind < STEP_MAX_; kind++) {
		const struct step_rule *rule = step_rule((enum step_kind)kind);
		bool sent = step_info((enum step_kind)kind)->service != SERVICE_NONE &&
			    kind != STEP_DELETE_FROM_LIFECYCLE;

		assert_int_equal(rule->holds != NULL, sent);
		assert_int_equal(rule->effect != NULL, sent);
	}
}

/* Every step's effect makes it hold, and doing it twice is doing it once. */
static void test_effect_holds(void **state)
{
	static const struct work_step steps[] = {
		{ .kind = STEP_UNASSIGN, .server = SERVER_NONE },
		{ .kind = STEP_REASSIGN, .server = B },
		{ .kind = STEP_SYNC },
		{ .kind = STEP_FETCH },
		{ .kind = STEP_ASSIGN_PROFILE, .profile = 9 },
		{ .kind = STEP_REMOVE_PROFILE },
		{ .kind = STEP_MIGRATE, .server = B, .deadline_ms = 86400000 },
		{ .kind = STEP_CANCEL_MIGRATION },
		{ .kind = STEP_RELEASE },
		{ .kind = STEP_DELETE_RECORD },
		{ .kind = STEP_WIPE },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct step_case c = of(*state, &steps[i],
			steps[i].kind == STEP_UNASSIGN ? SERVER_NONE : steps[i].server);
		struct view v = on(A, 2), once;

		v.record = RECORD_ENROLLED;
		v.deadline_ms = steps[i].kind == STEP_CANCEL_MIGRATION ? 1 : TIME_NONE;
		assert_false(holds(&c, &v));
		step_rule(steps[i].kind)->effect(&c, &v);
		assert_true(holds(&c, &v));
		once = v;
		step_rule(steps[i].kind)->effect(&c, &v);
		assert_int_equal(v.server, once.server);
		assert_int_equal(v.listed, once.listed);
		assert_int_equal(v.profile, once.profile);
		assert_int_equal(v.record, once.record);
	}
}

/* From one server only, and of the lifecycle page only where the UEM lists the device. */
static void test_unassign(void **state)
{
	struct work_step any = { .kind = STEP_UNASSIGN, .server = SERVER_NONE };
	struct work_step lifecycle = { .kind = STEP_UNASSIGN, .lifecycle = true };
	struct step_case from_b = of(*state, &any, B), all = of(*state, &any, SERVER_NONE);
	struct step_case page = of(*state, &lifecycle, SERVER_NONE);
	struct view on_a = on(A, 1), on_b = on(B, 2), on_c = on(C, 0), off = on(SERVER_NONE, 0);

	assert_true(holds(&from_b, &on_a));
	assert_false(holds(&from_b, &on_b));
	assert_false(holds(&all, &on_c));
	assert_true(holds(&page, &on_c));
	assert_false(holds(&page, &on_a));
	assert_true(holds(&all, &off));
}

/* The UEM lists what its server feeds; a record that comes anew has no profile. */
static void test_sync(void **state)
{
	struct work_step sync = { .kind = STEP_SYNC };
	struct step_case c = of(*state, &sync, SERVER_NONE), without = c;
	struct view same = on(A, 1), moved = on(B, 1);

	without.has_uem = false;
	assert_true(holds(&c, &same));
	assert_false(holds(&c, &moved));
	step_rule(STEP_SYNC)->effect(&c, &same);
	assert_int_equal(same.profile, 7);
	step_rule(STEP_SYNC)->effect(&c, &moved);
	assert_int_equal(moved.listed, 2);
	assert_int_equal(moved.profile, MAP_NONE);
	moved.changed = true;
	assert_false(holds(&without, &moved));
}

/* Apple's deadlines come with fewer digits than ours. */
static void test_deadlines_by_the_second(void **state)
{
	struct work_step move = { .kind = STEP_MIGRATE, .server = B, .deadline_ms = 5999 };
	struct step_case c = of(*state, &move, B);
	struct view v = on(B, 2);

	assert_false(holds(&c, &v));
	v.deadline_ms = 5000;
	assert_true(holds(&c, &v));
	v.deadline_ms = 6000;
	assert_false(holds(&c, &v));
}

/* --- programs --- */

static void foresees(const struct fleet *f, const struct step *v, uint32_t n, struct view now,
	uint32_t home, const char *letters)
{
	const struct program source = { .v = v, .n = n };
	struct work_program p;
	struct arena a;
	struct err err;
	char results[WORK_MAX_STEPS + 1];

	arena_init(&a);
	assert_int_equal(work_compile(f, &source, true, &a, &p, &err), ERR_OK);
	assert_int_equal(
		work_foresee(f, &p, home, true, now, results), strchr(letters, '.') != NULL);
	assert_string_equal(results, letters);
	arena_release(&a);
}

static void test_foresee(void **state)
{
	static const struct step rebuild[] = { { .kind = STEP_UNASSIGN }, { .kind = STEP_SYNC },
		{ .kind = STEP_REASSIGN }, { .kind = STEP_SYNC } };
	static const struct step to_b = { .kind = STEP_REASSIGN, .arg = { "B", 1 } };

	foresees(*state, rebuild, 4, on(A, 1), A, "....");
	/* Off already, and still to come back. */
	foresees(*state, rebuild, 4, on(SERVER_NONE, 0), A, "==..");
	foresees(*state, &to_b, 1, on(B, 2), B, "=");
	foresees(*state, &to_b, 1, on(A, 1), A, ".");
}

static void test_put_back_due(void **state)
{
	static const struct step rebuild[] = { { .kind = STEP_UNASSIGN }, { .kind = STEP_SYNC },
		{ .kind = STEP_REASSIGN }, { .kind = STEP_SYNC } };
	const struct program source = { .v = rebuild, .n = 4 };
	struct work_program p;
	struct arena a;
	uint32_t at = 0;

	(void)state;
	arena_init(&a);
	work_outline(&source, &a, &p);
	assert_false(work_put_back_due(&p, "....", &at));
	assert_true(work_put_back_due(&p, "+...", &at));
	assert_int_equal(at, 2);
	assert_true(work_put_back_due(&p, "+-..", &at));
	assert_false(work_put_back_due(&p, "+++.", &at));
	arena_release(&a);
}

static void test_unknown_names(void **state)
{
	static const struct step lost = { .kind = STEP_REASSIGN, .arg = { "nowhere", 7 } };
	const struct program source = { .v = &lost, .n = 1 };
	struct work_program p;
	struct arena a;
	struct err err;

	arena_init(&a);
	assert_int_equal(work_compile(*state, &source, true, &a, &p, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "nowhere"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step_has_a_rule),
		cmocka_unit_test_setup_teardown(test_effect_holds, fleet_setup, close_kit),
		cmocka_unit_test_setup_teardown(test_unassign, fleet_setup, close_kit),
		cmocka_unit_test_setup_teardown(test_sync, fleet_setup, close_kit),
		cmocka_unit_test_setup_teardown(
			test_deadlines_by_the_second, fleet_setup, close_kit),
		cmocka_unit_test_setup_teardown(test_foresee, fleet_setup, close_kit),
		cmocka_unit_test(test_put_back_due),
		cmocka_unit_test_setup_teardown(test_unknown_names, fleet_setup, close_kit),
	};

	return cmocka_run_group_tests_name("step_rules", tests, NULL, NULL);
}
