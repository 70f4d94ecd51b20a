/*
 * Scenarios: what they may say, and what rates, faults and other administrators then do.
 */
#include "sim_kit.h"

#include "sim/core/scenario.h"

#define FLEET "serial,server\nC02AAAAAAAA1,A\nC02AAAAAAAA2,A\nC02AAAAAAAA3,B\n"

static void refused(const char *yaml, const char *why)
{
	struct kit k;
	struct err err = { 0 };

	kit_init(&k, FLEET);
	kit_scenario(&k, yaml);
	assert_int_not_equal(sim_open(&k.sim, &k.opt, &err), ERR_OK);
	if (!strstr(err.msg, why))
		fail_msg("'%s' does not say '%s'", err.msg, why);
	kit_end(&k);
}

static void mistakes_are_told(void **state)
{
	(void)state;
	refused("version: 2\nknobs: {}\n", "version 1");
	refused("knobs: {}\n", "version");
	refused("version: 1\nknob: {}\n", "knob");
	refused("version: 1\nknobs: [1]\n", "mapping");
	refused("version: 1\nknobs: {apple.visibility_log: 1s}\n", "apple.visibility_lag");
	refused("version: 1\nknobs: {uem.sync: maybe}\n", "works|lost|fetch");
	refused("version: 1\nknobs: {uem.quota: lots}\n", "a count");
	refused("version: 1\nknobs: {uem.bom: true}\n", "yes or no");
	refused("version: 1\nknobs: {uem.sync_time: 1mo}\n", "a duration");
	refused("version: 1\nrates:\n  - {limit: 5}\n", "window");
	refused("version: 1\nrates:\n  - {limit: 0, window: 1m}\n", "from 1");
	refused("version: 1\nrates: {limit: 5}\n", "list");
	refused("version: 1\nfaults:\n  - {nth: 1}\n", "do");
	refused("version: 1\nfaults:\n  - {do: explode}\n", "explode");
	refused("version: 1\nfaults: x\n", "list");
	refused("version: 1\nfaults:\n  - {do: reset, service: ibm}\n", "ibm");
	refused("version: 1\nadmins:\n  - {after: 1m, do: assign}\n", "either");
	refused("version: 1\nadmins: x\n", "list");
	refused("no-such-scenario", "no-such-scenario");
}

static void bad_setting_is_told(void **state)
{
	struct kit k;
	struct err err = { 0 };

	(void)state;
	kit_init(&k, FLEET);
	kit_set(&k, "uem.sink=lost");
	assert_int_equal(sim_open(&k.sim, &k.opt, &err), ERR_SYNTAX);
	assert_non_null(strstr(err.msg, "did you mean 'uem.sync'"));
	kit_end(&k);
}

static void every_builtin_loads(void **state)
{
	(void)state;
	for (const struct builtin *b = scenario_builtins; b->source; b++) {
		struct kit k;

		if (!b->yaml)
			continue;
		kit_init(&k, FLEET);
		kit_scenario(&k, b->name);
		kit_start(&k);
		kit_end(&k);
	}
}

static void start(struct kit *k, const char *yaml)
{
	kit_init(k, FLEET);
	kit_scenario(k, yaml);
	kit_start(k);
	kit_sign_in(k);
}

static const char *header(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->reply.n_headers; i++)
		if (strcmp(k->reply.headers[i].name, name) == 0)
			return k->reply.headers[i].value;
	return NULL;
}

static void rate_is_a_trailing_window(void **state)
{
	struct kit k;

	(void)state;
	start(&k, "version: 1\nrates:\n"
		  "  - {service: apple, method: GET, limit: 2, window: 1m}\n");
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 200);
	k.now += 40 * 1000;
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 200);
	k.now += 1000;
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 429);
	assert_string_equal(header(&k, "Retry-After"), "19");
	k.now += 19 * 1000;
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 200);
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 429); /* no full burst again */
	kit_end(&k);
}

static void retry_after_can_be_a_date(void **state)
{
	struct kit k;

	(void)state;
	start(&k, "version: 1\nrates:\n  - {method: GET, limit: 1, window: 1m, retry_after: date}\n"
		  "  - {service: dep, limit: 1, window: 1m, retry_after: none}\n");
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 200);
	assert_int_equal(kit_ask(&k, "GET", "/api/system/info", NULL), 429);
	assert_string_equal(header(&k, "Retry-After"), "Thu, 01 Jan 2026 00:01:00 GMT");
	(void)kit_ask(&k, "PUT", "/profile/devices", NULL);
	assert_int_equal(kit_ask(&k, "PUT", "/profile/devices", NULL), 429);
	assert_null(header(&k, "Retry-After"));
	kit_end(&k);
}

static void unassign(struct kit *k)
{
	char server[HEX32_TEXT];

	kit_server(k, server);
	(void)kit_activity(k, "UNASSIGN_DEVICES", server, "C02AAAAAAAA1");
}

static bool is_assigned(struct kit *k)
{
	assert_int_equal(kit_ask(k, "GET", "/v1/orgDevices/C02AAAAAAAA1", NULL), 200);
	return str_eq(kit_text(k, "data.attributes.status"), STR("ASSIGNED"));
}

/* What is lost, and whether it was done all the same. */
static void replies_get_lost(void **state)
{
	static const struct {
		const char *scenario;
		int status;
		enum loss loss;
		bool applied;
	} cases[] = {
		{ "lost-reply-reset", 201, LOSS_RESET, true },
		{ "lost-reply-close", 201, LOSS_CLOSE, true },
		{ "lost-reply-truncated", 201, LOSS_TRUNCATE, true },
		{ "lost-reply-500", 500, LOSS_NONE, true },
		{ "lost-reply-502", 502, LOSS_NONE, true },
		{ "lost-reply-timeout", 201, LOSS_HANG, true },
		{ "lost-request-reset", 200, LOSS_RESET, false },
		{ "lost-request-close", 200, LOSS_CLOSE, false },
		{ "lost-request-truncated", 200, LOSS_TRUNCATE, false },
		{ "lost-request-500", 500, LOSS_NONE, false },
		{ "lost-request-502", 502, LOSS_NONE, false },
		{ "lost-request-timeout", 200, LOSS_HANG, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kit k;

		start(&k, cases[i].scenario);
		unassign(&k);
		assert_int_equal(k.reply.status, cases[i].status);
		assert_int_equal(k.reply.loss, cases[i].loss);
		k.now += 60 * 1000;
		assert_int_equal(is_assigned(&k), !cases[i].applied);
		unassign(&k); /* only the first one is lost */
		assert_int_equal(k.reply.status, 201);
		kit_end(&k);
	}
}

static void lost_request_applies_late(void **state)
{
	struct kit k;
	char *audit;

	(void)state;
	start(&k, "lost-reply-late");
	unassign(&k);
	assert_int_equal(k.reply.loss, LOSS_RESET);
	k.now += 299 * 1000;
	assert_true(is_assigned(&k));
	k.now += 12 * 1000; /* five minutes, and then the activity's own ten seconds */
	assert_false(is_assigned(&k));
	audit = kit_audit(&k);
	assert_int_equal(kit_count(audit, "\"what\":\"unassign\""), 1);
	assert_int_equal(kit_count(audit, "\"applied\":\"late\""), 1);
	free(audit);
	kit_end(&k);
}

/* The late request is part of the state. */
static void late_request_outlives_the_process(void **state)
{
	struct kit k;

	(void)state;
	kit_init(&k, FLEET);
	k.opt.state = k.state;
	kit_scenario(&k, "lost-reply-late");
	kit_start(&k);
	kit_sign_in(&k);
	unassign(&k);
	kit_stop(&k);
	kit_start(&k);
	k.now += 320 * 1000;
	assert_false(is_assigned(&k));
	kit_end(&k);
}

static void faults_can_be_counted_or_left_to_chance(void **state)
{
	struct kit k;
	int hits = 0;

	(void)state;
	start(&k,
		"version: 1\nfaults:\n"
		"  - {method: GET, path: /v1/mdm*, nth: [2, 4], do: reply, status: 503, applied: "
		"no}\n"
		"  - {method: GET, path: /v1/org*, every: 3, do: reply, status: 500, body: json}\n"
		"  - {service: uem, chance: 30%, do: reply, status: 502, body: empty}\n");
	for (int i = 1; i <= 6; i++)
		assert_int_equal(
			kit_ask(&k, "GET", "/v1/mdmServers", NULL), i == 2 || i == 4 ? 503 : 200);
	for (int i = 1; i <= 6; i++)
		assert_int_equal(kit_ask(&k, "GET", "/v1/orgDevices", NULL), i % 3 ? 200 : 500);
	for (int i = 0; i < 200; i++)
		hits += kit_ask(&k, "GET", "/api/system/info", NULL) == 502;
	assert_in_range(hits, 30, 90);
	kit_end(&k);
}

static void another_admin_meddles(void **state)
{
	struct kit k;

	(void)state;
	start(&k, "version: 1\nadmins:\n"
		  "  - {after: 1m, do: unassign, serials: [C02AAAAAAAA1, NOSUCHSERIAL]}\n"
		  "  - {after: 2m, do: assign, server: B, serials: [C02AAAAAAAA1]}\n"
		  "  - {after: 3m, do: release, every: 3}\n");
	assert_true(is_assigned(&k));
	k.now += 60 * 1000;
	assert_false(is_assigned(&k));
	k.now += 60 * 1000;
	assert_true(is_assigned(&k));
	k.now += 60 * 1000;
	assert_int_equal(kit_ask(&k, "GET", "/v1/orgDevices/C02AAAAAAAA3", NULL), 200);
	assert_true(kit_text(&k, "data.attributes.releasedFromOrgDateTime").n > 0);
	kit_end(&k);
}

static void delay_holds_the_reply_only(void **state)
{
	struct kit k;

	(void)state;
	start(&k, "slow-network");
	assert_int_equal(kit_ask(&k, "GET", "/v1/mdmServers", NULL), 200);
	assert_int_equal(k.reply.delay_ms, 50);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(bad_setting_is_told),
		cmocka_unit_test(every_builtin_loads),
		cmocka_unit_test(rate_is_a_trailing_window),
		cmocka_unit_test(retry_after_can_be_a_date),
		cmocka_unit_test(replies_get_lost),
		cmocka_unit_test(lost_request_applies_late),
		cmocka_unit_test(late_request_outlives_the_process),
		cmocka_unit_test(faults_can_be_counted_or_left_to_chance),
		cmocka_unit_test(another_admin_meddles),
		cmocka_unit_test(delay_holds_the_reply_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
