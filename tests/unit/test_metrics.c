#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "io/file.h"
#include "report/metrics.h"
#include "store/shared.h"

#define NOW_MS ((int64_t)1795316400000)
#define MINUTE_MS ((int64_t)60000)

static char folder[] = "/tmp/test-metrics-XXXXXX", path[64];
static struct store *store;
static struct token_group tokens[] = {
	{ .server = "WS1 \"EMEA\" \\ A\nB", .group = "g1", .expires_ms = NOW_MS + 36 * 3600000 },
	{ .server = NULL, .group = "g2", .expires_ms = NOW_MS - 24 * 3600000 },
	{ .server = "no date", .group = "g3", .expires_ms = TIME_NONE },
};
static struct settings settings = {
	.tenant = "acme",
	.rates = { [RATE_APPLE_WRITE] = { 2, 60 * MINUTE_MS } },
	.uem = { .tokens = tokens, .n_tokens = 3 },
};

static int setup(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/out.prom", mkdtemp(folder));
	return store_open(&store,
		       &(struct store_options){
			       .state_dir = folder, .client_id = "client", .use = STORE_WRITE },
		       NULL) != ERR_OK;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	store_close(store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* A run with one row of that outcome. */
static struct run_record add_run(const char *name, enum outcome o, int exit_status)
{
	struct run_record run = { .created_ms = NOW_MS - 90 * MINUTE_MS };
	const struct row_record row = { .serial = STR("C02XK1ABJG5H"), .outcome = o };
	bool over = o != OUTCOME_PENDING;

	(void)snprintf(run.name, sizeof(run.name), "%s", name);
	run.state = over ? RUN_FINISHED : RUN_ACTIVE;
	run.finished_ms = over ? NOW_MS - 80 * MINUTE_MS : TIME_NONE;
	run.exit_status = exit_status;
	assert_int_equal(store_run_add(store, &run, STR("{}"), NULL), ERR_OK);
	assert_int_equal(store_row_add(store, run.id, &row, NULL), ERR_OK);
	assert_int_equal(
		store_run_set(store, run.id, run.state, run.finished_ms, exit_status, NULL),
		ERR_OK);
	return run;
}

static struct buf written(const struct run_record *run)
{
	struct report_source s = {
		.store = store, .settings = &settings, .run = run, .now_ms = NOW_MS
	};
	struct buf text;

	assert_int_equal(run_results_load(store, run->id, &s.rows, NULL), ERR_OK);
	assert_int_equal(report_metrics(&s, path, NULL), ERR_OK);
	run_results_free(s.rows);
	assert_int_equal(file_read(path, 100000, &text, NULL), ERR_OK);
	return text;
}

static void has(const struct buf *text, const char *line)
{
	if (!strstr(buf_cstr(text), line))
		fail_msg("no %s in\n%s", line, buf_cstr(text));
}

static void test_waits_for_the_limit(void **state)
{
	struct run_record run = add_run("waits", OUTCOME_PENDING, 75);
	struct buf text;
	int64_t id;

	(void)state;
	assert_int_equal(shared_sent_add(store_shared(store), RATE_APPLE_WRITE,
				 NOW_MS - 50 * MINUTE_MS, &id, NULL),
		ERR_OK);
	assert_int_equal(shared_sent_add(store_shared(store), RATE_APPLE_WRITE,
				 NOW_MS - 5 * MINUTE_MS, &id, NULL),
		ERR_OK);
	text = written(&run);
	has(&text, "\ndepmend_waiting_seconds{tenant=\"acme\"} 600.001\n");
	has(&text, "\ndepmend_run_finished{tenant=\"acme\"} 0\n");
	has(&text, "\ndepmend_exit_status{tenant=\"acme\"} 75\n");
	has(&text, "\ndepmend_rows{tenant=\"acme\",outcome=\"pending\"} 1\n");
	assert_null(strstr(buf_cstr(&text), "last_success"));
	buf_release(&text);
}

/* The last good run, also when a later one was none. */
static void test_last_success(void **state)
{
	struct run_record bad;
	struct buf text;

	(void)state;
	(void)add_run("good", OUTCOME_DONE, 0);
	bad = add_run("bad", OUTCOME_FAILED, 3);
	text = written(&bad);
	has(&text, "\ndepmend_last_success_timestamp_seconds{tenant=\"acme\"} 1795311600\n");
	has(&text, "\ndepmend_last_run_timestamp_seconds{tenant=\"acme\"} 1795311000\n");
	has(&text, "\ndepmend_waiting_seconds{tenant=\"acme\"} 0\n");
	buf_release(&text);
}

static void test_tokens(void **state)
{
	struct run_record run = add_run("tokens", OUTCOME_DONE, 0);
	struct buf text = written(&run);

	(void)state;
	has(&text, "\ndepmend_token_days_left{tenant=\"acme\",server=\"WS1 \\\"EMEA\\\" \\\\ "
		   "A\\nB\",group=\"g1\"} 1.500\n");
	has(&text, "\ndepmend_token_days_left{tenant=\"acme\",server=\"*\",group=\"g2\"} -1\n");
	assert_null(strstr(buf_cstr(&text), "no date"));
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_for_the_limit),
		cmocka_unit_test(test_last_success),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
