#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/app/notify.h"
#include "raw_server.h"

static struct raw_server *server;
static char url[256];
static struct settings settings = { .notify_url = { .kind = SECRET_ENV, .value = "PING_URL" } };
static const struct summary counts = { .rows = { [OUTCOME_DONE] = 131, [OUTCOME_FAILED] = 9 } };

static void set_url(const char *rest)
{
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server->port, rest);
	(void)setenv("PING_URL", url, 1);
}

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_QUIET);
	server = raw_server_start(NULL);
	set_url("");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	raw_server_stop(server);
	return waitpid(-1, NULL, WNOHANG) == -1 ? 0 : -1; /* a ping leaves no child */
}

static char *logged(void)
{
	char *text;

	pthread_mutex_lock(&server->lock);
	text = mem_strdup(server->log);
	pthread_mutex_unlock(&server->lock);
	return text;
}

static char *last_request(void)
{
	char *text;

	pthread_mutex_lock(&server->lock);
	text = mem_strdup(server->last);
	pthread_mutex_unlock(&server->lock);
	return text;
}

static void test_counts_only(void **state)
{
	char *text;

	(void)state;
	notify_end(&settings, 3, &counts);
	text = last_request();
	assert_non_null(strstr(text, "POST /3 HTTP/1.1\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, "rows=140\ndone=131\nfailed=9\n");
	assert_null(strstr(text, "X-Sim-Now"));
	free(text);
	notify_start(&settings);
	text = last_request();
	assert_non_null(strstr(text, "POST /start HTTP/1.1\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, "");
	free(text);
}

static void test_url_with_a_query(void **state)
{
	char *text;

	(void)state;
	set_url("/key/slug/?create=1");
	notify_start(&settings);
	text = logged();
	assert_non_null(strstr(text, "POST /key/slug/start?create=1"));
	free(text);
}

static void test_nothing_without_a_url(void **state)
{
	const struct settings none = { .notify_url = { .kind = SECRET_NONE } };
	char *text;

	(void)state;
	notify_start(&none);
	(void)unsetenv("PING_URL");
	notify_start(&settings);
	(void)setenv("PING_URL", "http://example.com/ping", 1);
	notify_start(&settings);
	(void)setenv("PING_URL", "file:///etc/passwd", 1);
	notify_start(&settings);
	text = logged();
	assert_string_equal(text, "");
	free(text);
}

/* Whatever the server does, the call comes back in time, once, and leaves no child. */
static void test_bad_servers(void **state)
{
	static const char *const ways[] = { "/silent", "/stall", "/reset", "/garbage", "/half-head",
		"/truncated", "/huge", "/huge-head", "/redirect", "/list-404", "/close" };
	struct timespec from, until;
	unsigned lines = 0;
	char *text;

	(void)state;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		notify_ping(&settings, ways[i], &counts, 1500);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	assert_true(until.tv_sec - from.tv_sec < 30);
	text = logged();
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, sizeof(ways) / sizeof(ways[0]));
	free(text);
}

/* A program that gives the URL may hang as well. */
static void test_slow_secret(void **state)
{
	static char sleep[] = "sleep", long_time[] = "20";
	static char *argv[] = { sleep, long_time, NULL };
	const struct settings slow = { .notify_url = { .kind = SECRET_COMMAND, .argv = argv } };
	struct timespec from, until;

	(void)state;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	notify_ping(&slow, "/start", NULL, 200);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	assert_true(until.tv_sec - from.tv_sec < 15);
}

static void test_both_within_the_promise(void **state)
{
	(void)state;
	assert_true(NOTIFY_START_MS + NOTIFY_END_MS <= 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_url_with_a_query, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_without_a_url, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_servers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_secret, setup, teardown),
		cmocka_unit_test(test_both_within_the_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
