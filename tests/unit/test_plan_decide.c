/* plan/plan_decide: what is decided about a device in this state, with all of it read. */
#include "run_kit.h"

#include "plan/plan_parts.h"

enum { DAY = 86400000 };

/* On server A, of the UEM's list, without a profile. */
static void set_plain(struct device_state *d, uint32_t slot)
{
	device_set_flag(d, FACT_APPLE_KNOWN, true);
	device_set_slot(d, FACT_APPLE_STATUS, fleet_intern(&k.fleet, STR("ASSIGNED")));
	device_set_absent(d, FACT_APPLE_RELEASED);
	device_set_absent(d, FACT_APPLE_MIGRATION_STATUS);
	device_set_absent(d, FACT_APPLE_MIGRATION_DEADLINE);
	device_set_flag(d, FACT_APPLE_MIGRATION_CAPABLE, true);
	device_set_slot(d, FACT_APPLE_SERVER, SERVER_A);
	device_set_flag(d, FACT_UEM_LISTED, true);
	device_set_absent(d, FACT_UEM_PROFILE);
	device_set_absent(d, FACT_UEM_DEVICE);
	k.fleet.listed[slot] = 1;
}

static void not_known(struct device_state *d)
{
	device_set_flag(d, FACT_APPLE_KNOWN, false);
}

static void known_is_unknown(struct device_state *d)
{
	device_set_unknown(d, FACT_APPLE_KNOWN);
}

static void odd_status(struct device_state *d)
{
	device_set_unknown(d, FACT_APPLE_STATUS);
}

static void released(struct device_state *d)
{
	device_set_date(d, FACT_APPLE_RELEASED, KIT_START_MS - DAY);
}

static void migrating(struct device_state *d)
{
	device_set_slot(d, FACT_APPLE_MIGRATION_STATUS, fleet_intern(&k.fleet, STR("STARTED")));
}

static void migration_unknown(struct device_state *d)
{
	device_set_unknown(d, FACT_APPLE_MIGRATION_STATUS);
}

static void not_capable(struct device_state *d)
{
	device_set_flag(d, FACT_APPLE_MIGRATION_CAPABLE, false);
}

static void server_unknown(struct device_state *d)
{
	device_set_unknown(d, FACT_APPLE_SERVER);
}

static void on_none(struct device_state *d)
{
	device_set_absent(d, FACT_APPLE_SERVER);
}

static void listed_unknown(struct device_state *d)
{
	device_set_unknown(d, FACT_UEM_LISTED);
}

static void request_open(struct device_state *d)
{
	(void)d;
	(void)map_add(&k.fleet.open, fleet_serial(&k.fleet, 0), NULL);
}

static void decides(const struct step *steps, size_t n, void (*set)(struct device_state *d),
	enum outcome outcome, enum reason reason)
{
	const struct program program = { .v = steps, .n = (uint32_t)n };
	struct plan_options opt = { .settings = &k.settings,
		.facts = &k.facts,
		.now_ms = KIT_START_MS,
		.limit = UINT32_MAX };
	struct input_row row = { .program = MAP_NONE, .detail = MAP_NONE };
	struct input in = { .n_rows = 0 };
	struct plan p;
	struct err err = { .msg = "" };

	kit_open(&k);
	map_init(&in.serials, 0);
	map_init(&in.details, 0);
	row.serial = map_add(&in.serials, STR("C02XK1ABJG5H"), NULL);
	row.outcome = OUTCOME_PENDING;
	input_add(&in, &row, 2);
	(void)fleet_add(&k.fleet, STR("C02XK1ABJG5H"));
	set_plain(&k.fleet.devices[0], 0);
	if (set)
		set(&k.fleet.devices[0]);
	plan_init(&p, &in, NULL, &opt);
	assert_int_equal(plan_take_program(&p, &row, &program, &err), ERR_OK);
	input_put(&in, 0, &row);
	assert_int_equal(plan_decide(&p, &err), ERR_OK);
	row = input_row(&in, 0);
	if (row.outcome != outcome || row.reason != reason)
		fail_msg("%s: %s %s", step_info(steps[0].kind)->word,
			outcome_info(row.outcome)->word, reason_info(row.reason)->code);
	plan_release(&p);
	input_release(&in);
	kit_close(&k);
}

#define TO(name) STEPS(STEP_OF(REASSIGN, STR(name)))
#define MIGRATE(at, force)                          \
	STEPS({ .kind = STEP_MIGRATE,               \
		.arg = STR("B"),                    \
		.deadline_ms = KIT_START_MS + (at), \
		.force_now = (force) })

static void a_move(void **state)
{
	(void)state;
	decides(TO("B"), NULL, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	decides(TO("A"), NULL, OUTCOME_UNCHANGED, REASON_STATE_HOLDS);
	decides(TO("C"), NULL, OUTCOME_INVALID, REASON_ROW_UNKNOWN_SERVER);
	decides(TO("B"), not_known, OUTCOME_FAILED, REASON_APPLE_NOT_FOUND);
	decides(TO("B"), known_is_unknown, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(TO("B"), odd_status, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(TO("B"), server_unknown, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(TO("B"), released, OUTCOME_FAILED, REASON_APPLE_RELEASED);
	decides(TO("B"), migrating, OUTCOME_FAILED, REASON_APPLE_MIGRATION_PENDING);
	decides(TO("B"), migration_unknown, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(TO("B"), request_open, OUTCOME_UNVERIFIED, REASON_STATE_REQUEST_OPEN);
	decides(TO("B"), on_none, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	/* Nobody knows from where it was taken. */
	decides(STEPS(STEP_OF(REASSIGN, STR_NONE)), on_none, OUTCOME_FAILED,
		REASON_APPLE_NO_PREVIOUS_SERVER);
	decides(STEPS(STEP_OF(UNASSIGN, STR_NONE)), on_none, OUTCOME_UNCHANGED, REASON_STATE_HOLDS);
}

static void a_migration(void **state)
{
	(void)state;
	decides(MIGRATE(DAY, false), NULL, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	decides(MIGRATE(DAY, false), not_capable, OUTCOME_FAILED, REASON_APPLE_NOT_CAPABLE);
	decides(MIGRATE(DAY, false), migration_unknown, OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(MIGRATE(-DAY, false), NULL, OUTCOME_INVALID, REASON_ROW_BAD_VALUE);
	decides(MIGRATE(-DAY, true), NULL, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	decides(MIGRATE(INT64_C(90) * DAY, false), NULL, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	decides(MIGRATE(INT64_C(91) * DAY, false), NULL, OUTCOME_INVALID, REASON_ROW_BAD_VALUE);
	/* A rule that says so may take a migration back. */
	decides(STEPS(STEP_OF(CANCEL_MIGRATION, STR_NONE), STEP_OF(REASSIGN, STR("B"))), migrating,
		OUTCOME_PLANNED, REASON_RULE_MATCHED);
}

static void a_release(void **state)
{
	(void)state;
	decides(STEPS(STEP_OF(RELEASE, STR_NONE)), NULL, OUTCOME_PLANNED, REASON_RULE_MATCHED);
	decides(STEPS(STEP_OF(RELEASE, STR_NONE)), released, OUTCOME_UNCHANGED, REASON_STATE_HOLDS);
	decides(STEPS(STEP_OF(RELEASE, STR_NONE)), not_known, OUTCOME_FAILED,
		REASON_APPLE_NOT_FOUND);
}

static void at_the_uem(void **state)
{
	(void)state;
	decides(STEPS(STEP_OF(SYNC, STR_NONE), STEP_OF(REASSIGN, STR("B"))), listed_unknown,
		OUTCOME_UNDECIDED, REASON_RULE_UNKNOWN);
	decides(STEPS(STEP_OF(ASSIGN_PROFILE, STR("P"))), NULL, OUTCOME_INVALID,
		REASON_ROW_UNKNOWN_PROFILE);
	decides(STEPS(STEP_OF(REMOVE_PROFILE, STR_NONE)), NULL, OUTCOME_UNCHANGED,
		REASON_STATE_HOLDS);
}

/* Nothing is asked about a device to which nothing is sent. */
static void words_alone(void **state)
{
	(void)state;
	decides(STEPS(STEP_OF(ADVISE, STR("call"))), not_known, OUTCOME_MANUAL, REASON_RULE_ADVISE);
	decides(STEPS(STEP_OF(NOTE, STR("lent"))), not_known, OUTCOME_NOTED, REASON_RULE_NOTE);
	decides(STEPS(STEP_OF(SKIP, STR_NONE)), not_known, OUTCOME_SKIPPED, REASON_RULE_SKIP);
	decides(STEPS(STEP_OF(REASSIGN, STR("A")), STEP_OF(ADVISE, STR("call"))), NULL,
		OUTCOME_MANUAL, REASON_RULE_ADVISE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move),
		cmocka_unit_test(a_migration),
		cmocka_unit_test(a_release),
		cmocka_unit_test(at_the_uem),
		cmocka_unit_test(words_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
