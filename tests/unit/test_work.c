/* plan/work: a program as work steps, bound to servers and profiles, frozen and thawed, described.
 */
#include "run_kit.h"

#include "base/buf.h"

static struct arena arena;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	kit_open(&k);
	arena_init(&arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	kit_close(&k);
	return 0;
}

static struct program program(const struct step *v, size_t n)
{
	return (struct program){ .v = v, .n = (uint32_t)n };
}

static struct work_program compiled(const struct step *v, size_t n)
{
	const struct program source = program(v, n);
	struct work_program p;

	assert_int_equal(work_compile(&k.fleet, &source, true, &arena, &p, &err), ERR_OK);
	return p;
}

static void a_program_becomes_work_steps(void **state)
{
	struct work_program p = compiled(STEPS(STEP_OF(NOTE, STR("lent")), STEP_OF(SKIP, STR_NONE),
		STEP_OF(DELETE_FROM_LIFECYCLE, STR_NONE), STEP_OF(REASSIGN, STR_NONE),
		STEP_OF(REASSIGN, STR("B")), STEP_OF(ADVISE, STR("call"))));
	static const struct {
		enum step_kind kind;
		uint8_t word;
		bool lifecycle, to_home;
		uint32_t server;
	} want[] = {
		{ STEP_UNASSIGN, 2, true, false, SERVER_NONE },
		{ STEP_SYNC, 2, true, false, SERVER_NONE },
		{ STEP_REASSIGN, 3, false, true, SERVER_NONE },
		{ STEP_REASSIGN, 4, false, false, SERVER_B },
	};

	(void)state;
	assert_int_equal(p.n, sizeof(want) / sizeof(*want));
	for (uint32_t i = 0; i < p.n; i++) {
		assert_int_equal(p.v[i].kind, want[i].kind);
		assert_int_equal(p.v[i].word, want[i].word);
		assert_int_equal(p.v[i].lifecycle, want[i].lifecycle);
		assert_int_equal(p.v[i].to_home, want[i].to_home);
		assert_int_equal(p.v[i].server, want[i].server);
	}
	assert_string_equal(p.advice, "call");
	assert_string_equal(p.note, "lent");
	assert_true(p.acts && p.syncs && work_needs_apple(&p));
	assert_true(work_has(&p, STEP_SYNC) && !work_has(&p, STEP_WIPE));
	p = compiled(STEPS(STEP_OF(ADVISE, STR("call"))));
	assert_false(p.acts || p.syncs || work_needs_apple(&p) || p.n);
}

static void names_that_fit_nothing(void **state)
{
	static const struct {
		struct step step;
		bool has_uem, partial;
		enum errc want;
	} cases[] = {
		{ STEP_OF(REASSIGN, { "C", 1 }), true, false, ERR_NOT_FOUND },
		{ STEP_OF(MIGRATE, { "C", 1 }), true, false, ERR_NOT_FOUND },
		{ STEP_OF(UNASSIGN, { "C", 1 }), true, false, ERR_NOT_FOUND },
		{ STEP_OF(REASSIGN, { "C", 1 }), true, true, ERR_PROTOCOL },
		{ STEP_OF(ASSIGN_PROFILE, { "P", 1 }), true, false, ERR_NOT_FOUND },
		{ STEP_OF(ASSIGN_PROFILE, { "P", 1 }), false, false, ERR_SETTINGS },
		{ STEP_OF(DELETE_FROM_LIFECYCLE, { "", 0 }), false, false, ERR_SETTINGS },
		{ STEP_OF(WIPE, { "", 0 }), false, false, ERR_SETTINGS },
		{ STEP_OF(SYNC, { "", 0 }), false, false, ERR_OK },
		{ STEP_OF(REASSIGN, { "B", 1 }), false, true, ERR_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct program source = program(&cases[i].step, 1);
		struct work_program p = { .n = 99 };

		k.fleet.servers_partial = cases[i].partial;
		assert_int_equal(
			work_compile(&k.fleet, &source, cases[i].has_uem, &arena, &p, &err),
			cases[i].want);
		assert_int_equal(p.n == 99, cases[i].want != ERR_OK);
	}
}

/* What is frozen names servers by id: another one of the same name is not meant, a new name is. */
static void a_frozen_program_keeps_its_servers(void **state)
{
	struct work_program p = compiled(
		STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(REASSIGN, STR("B"))));
	struct work_program back;
	struct program frozen;

	(void)state;
	work_freeze(&k.fleet, &p, &arena, &frozen);
	assert_true(str_eq(frozen.v[1].id, STR("B")) && frozen.v[0].id.n == 0);
	k.fleet.servers[SERVER_B].name = fleet_intern(&k.fleet, STR("B2"));
	work_thaw(&k.fleet, &frozen, true, &arena, &back);
	assert_int_equal(back.v[1].server, SERVER_B);
	assert_false(back.v[0].lost || back.v[1].lost);
	k.fleet.servers[SERVER_B].id = fleet_intern(&k.fleet, STR("another"));
	k.fleet.servers[SERVER_B].name = fleet_intern(&k.fleet, STR("B"));
	work_thaw(&k.fleet, &frozen, true, &arena, &back);
	assert_true(back.v[1].lost);
	assert_int_equal(back.v[1].server, SERVER_NONE);
}

static void what_a_record_says(void **state)
{
	static const struct {
		const char *id, *enrollment;
		enum record_state want;
	} cases[] = {
		{ "12", "Enrolled", RECORD_ENROLLED },
		{ "12", "ENROLLED", RECORD_ENROLLED },
		{ "12", "Unenrolled", RECORD_LEFT },
		{ "12", "DeviceWipePending", RECORD_LEAVING },
		{ "12", "Elsewhere", RECORD_ODD },
		{ "12", "", RECORD_ODD },
		{ "12 13", "Enrolled", RECORD_SEVERAL },
		{ "x", "Enrolled", RECORD_ODD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
			work_record_state(str_from(cases[i].id), str_from(cases[i].enrollment)),
			cases[i].want);
}

/* Off its server, with a put-back to come: which. */
static void when_a_put_back_is_due(void **state)
{
	struct work_program p = compiled(STEPS(STEP_OF(UNASSIGN, STR_NONE), STEP_OF(SYNC, STR_NONE),
		STEP_OF(REASSIGN, STR("B")), STEP_OF(SYNC, STR_NONE)));
	static const struct {
		const char *results;
		int at; /* -1: none */
	} cases[] = { { "....", -1 }, { "=...", -1 }, { "+...", 2 }, { "++..", 2 }, { "+!.-", 2 },
		{ "+++.", -1 }, { "++=.", -1 }, { "++!-", -1 }, { "!---", -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t at = 99;

		assert_int_equal(work_put_back_due(&p, cases[i].results, &at), cases[i].at >= 0);
		assert_int_equal(at, cases[i].at >= 0 ? cases[i].at : 99);
	}
}

static void words_of_results(void **state)
{
	struct work_program p = compiled(STEPS(STEP_OF(DELETE_FROM_LIFECYCLE, STR_NONE),
		STEP_OF(REASSIGN, STR("B")), STEP_OF(ADVISE, STR("call"))));
	static const struct {
		const char *results, *want;
	} cases[] = {
		{ NULL, "delete_from_lifecycle=planned;reassign(B)=planned;advise=planned" },
		{ "...", "delete_from_lifecycle=pending;reassign(B)=pending;advise=manual" },
		{ "+..", "delete_from_lifecycle=pending;reassign(B)=pending;advise=manual" },
		{ "++=", "delete_from_lifecycle=done;reassign(B)=unchanged;advise=manual" },
		{ "=+=", "delete_from_lifecycle=done;reassign(B)=unchanged;advise=manual" },
		{ "+!-", "delete_from_lifecycle=failed;reassign(B)=skipped;advise=manual" },
		{ "+?+", "delete_from_lifecycle=unverified;reassign(B)=done;advise=manual" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf b;

		buf_init(&b, 1000);
		work_describe(&p, cases[i].results, &b);
		assert_string_equal(buf_cstr(&b), cases[i].want);
		buf_release(&b);
	}
}

/* What the program needs to know of a device beside what rules ask. */
static void readings_of_steps(void **state)
{
	const uint32_t apple = 1u << READING_APPLE_DEVICE | 1u << READING_APPLE_SERVER |
			       1u << READING_UEM_LIST;
	static const struct {
		struct step step;
		bool any, record, profiles;
	} cases[] = {
		{ STEP_OF(ADVISE, { "x", 1 }), false, false, false },
		{ STEP_OF(SKIP, { "", 0 }), false, false, false },
		{ STEP_OF(UNASSIGN, { "", 0 }), true, false, false },
		{ STEP_OF(ASSIGN_PROFILE, { "P", 1 }), true, false, true },
		{ STEP_OF(REMOVE_PROFILE, { "", 0 }), true, false, true },
		{ STEP_OF(WIPE, { "", 0 }), true, true, false },
		{ STEP_OF(DELETE_RECORD, { "", 0 }), true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct program source = program(&cases[i].step, 1);

		assert_int_equal(work_readings(&source),
			(cases[i].any ? apple : 0) |
				(cases[i].record ? 1u << READING_UEM_DEVICE : 0));
		assert_int_equal(work_uses_profiles(&source), cases[i].profiles);
	}
}

#define ON_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_ARENA(a_program_becomes_work_steps),
		ON_ARENA(names_that_fit_nothing),
		ON_ARENA(a_frozen_program_keeps_its_servers),
		ON_ARENA(what_a_record_says),
		ON_ARENA(when_a_put_back_is_due),
		ON_ARENA(words_of_results),
		ON_ARENA(readings_of_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
