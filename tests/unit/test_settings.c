#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "model/settings.h"

static char folder[] = "/tmp/test_settings_XXXXXX";
static struct diags diags;

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[200];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static int set_up(void **state)
{
	(void)state;
	diags_init(&diags);
	unsetenv("STATE_DIRECTORY");
	unsetenv("DEPMEND_SETTINGS");
	unsetenv("CREDENTIALS_DIRECTORY");
	return chdir(folder);
}

static int tear_down(void **state)
{
	(void)state;
	diags_release(&diags);
	return 0;
}

static const char *path_of(const char *name)
{
	static char path[300];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void complain(void)
{
	if (diags.n)
		diags_print(&diags, stderr);
}

static struct settings *load(const char *text)
{
	struct settings *s = NULL;
	struct err err;

	write_file("s.yaml", text, 0600);
	if (settings_load(&s, path_of("s.yaml"), &diags, &err) != ERR_OK)
		complain();
	assert_non_null(s);
	return s;
}

#define MINIMAL                               \
	"version: 1\n"                        \
	"tenant: acme\n"                      \
	"state: st\n"                         \
	"apple:\n"                            \
	"  client_id: BUSINESSAPI.9703f56c\n" \
	"  private_key: {file: apple.pem}\n"
#define UEM                                 \
	"uem:\n"                            \
	"  url: https://as1234.awmdm.com\n" \
	"  tokens: [{group: g}]\n"          \
	"  auth: {basic: {username: svc, password: {env: P}}}\n"

static const char whole_page[] =
	"version: 1\n"
	"tenant: acme\n"
	"apple:\n"
	"  organization: school\n"
	"  client_id: SCHOOLAPI.9703f56c-10ce-4876-8f59-e78e5e23a152\n"
	"  key_id: d136aa66-0c3b-4bd4-9892-c20e8db024ab\n"
	"  private_key: {file: apple.pem}\n"
	"  url: http://127.0.0.1:8080/\n"
	"  token_url: http://[::1]:8080/auth\n"
	"uem:\n"
	"  url: https://as1234.awmdm.com\n"
	"  tenant_code: {file: /etc/tenant-code}\n"
	"  tokens:\n"
	"    - {server: \"WS1 EMEA\", group: 3f0c1d52-7c0e-4a0e-9a57-2f0f6a0f1a11, expires: "
	"2027-03-01}\n"
	"    - {server: \"WS1 US\", group: us}\n"
	"  auth:\n"
	"    oauth: {token_url: \"https://na.uemauth.workspaceone.com/connect/token\", client_id: "
	"abc,\n"
	"            client_secret: {credential: uem-secret}}\n"
	"  profile_status: {3: \"Assignment in progress\"}\n"
	"enrollment:\n"
	"  - {server: \"depmend desk\", server_token: {file: token.p7m}, private_key: {env: KEY}}\n"
	"limits: {devices: 3000, percent: 30, release: 1, delete_record: 2, wipe: 3, in_flight: "
	"100}\n"
	"rate: {apple_read: 10/30s, apple_write: 5/hour, uem: 100/min, uem_reserve: 50}\n"
	"batch: {apple: 500}\n"
	"timeouts: {activity: 1h, sync: 2h, sync_gap: 5m, settle: 500ms, wipe: 2w, request: 30s}\n"
	"poll: {apple: 1s, uem: 10s}\n"
	"protect: {file: protected.csv}\n"
	"input: {encoding: latin1, delimiter: \";\", header: none, serial_column: 2, barcode_s: "
	"strip}\n"
	"notify: {url: {command: [bin/secret, ping]}}\n"
	"state: /srv/depmend\n"
	"rules: [corrupted-registration, own.yaml]\n";

static void reads_the_whole_page(void **state)
{
	struct settings *s = load(whole_page);
	char path[300];

	(void)state;
	assert_string_equal(s->tenant, "acme");
	assert_true(s->apple.school);
	assert_string_equal(s->apple.key_id, "d136aa66-0c3b-4bd4-9892-c20e8db024ab");
	assert_int_equal(s->apple.private_key.kind, SECRET_FILE);
	(void)snprintf(path, sizeof(path), "%s/apple.pem", folder);
	assert_string_equal(s->apple.private_key.value, path);
	assert_int_equal(s->apple.private_key.at.line, 7);
	assert_string_equal(s->apple.url, "http://127.0.0.1:8080");
	assert_string_equal(s->apple.token_url, "http://[::1]:8080/auth");
	assert_true(s->has_uem);
	assert_string_equal(s->uem.url, "https://as1234.awmdm.com");
	assert_string_equal(s->uem.tenant_code.value, "/etc/tenant-code");
	assert_int_equal(s->uem.n_tokens, 2);
	assert_string_equal(s->uem.tokens[0].server, "WS1 EMEA");
	assert_true(s->uem.tokens[0].expires_ms == INT64_C(1803859200000));
	assert_true(s->uem.tokens[1].expires_ms == TIME_NONE);
	assert_string_equal(s->uem.tokens[1].group, "us");
	assert_int_equal(s->uem.tokens[1].at.line, 15);
	assert_int_equal(s->uem.auth, UEM_AUTH_OAUTH);
	assert_string_equal(s->uem.token_url, "https://na.uemauth.workspaceone.com/connect/token");
	assert_int_equal(s->uem.client_secret.kind, SECRET_CREDENTIAL);
	assert_int_equal(s->uem.n_profile_status, 1);
	assert_int_equal(s->uem.profile_status[0].number, 3);
	assert_string_equal(s->uem.profile_status[0].words, "Assignment in progress");
	assert_int_equal(s->n_enrollment, 1);
	assert_string_equal(s->enrollment[0].url, "https://mdmenrollment.apple.com");
	assert_int_equal(s->enrollment[0].private_key.kind, SECRET_ENV);
	assert_int_equal(s->limits[LIMIT_DEVICES], 3000);
	assert_int_equal(s->limits[LIMIT_PERCENT], 30);
	assert_int_equal(s->limits[LIMIT_RELEASE], 1);
	assert_int_equal(s->limits[LIMIT_DELETE_RECORD], 2);
	assert_int_equal(s->limits[LIMIT_WIPE], 3);
	assert_int_equal(s->limits[LIMIT_IN_FLIGHT], 100);
	assert_int_equal(s->rates[RATE_APPLE_READ].n, 10);
	assert_int_equal(s->rates[RATE_APPLE_READ].window_ms, 30000);
	assert_int_equal(s->rates[RATE_APPLE_WRITE].window_ms, 3600000);
	assert_int_equal(s->uem_reserve_percent, 50);
	assert_int_equal(s->batch_apple, 500);
	assert_int_equal(s->timeouts.settle_ms, 500);
	assert_int_equal(s->timeouts.wipe_ms, 14 * 86400000);
	assert_int_equal(s->poll.uem_ms, 10000);
	(void)snprintf(path, sizeof(path), "%s/protected.csv", folder);
	assert_string_equal(s->protect_file, path);
	assert_string_equal(s->encoding, "latin1");
	assert_int_equal(s->input.delimiter, ';');
	assert_true(s->input.header_line == HEADER_ABSENT);
	assert_int_equal(s->barcode_s, BARCODE_STRIP);
	assert_int_equal(s->input.serial_column, 2);
	(void)snprintf(path, sizeof(path), "%s/bin/secret", folder);
	assert_int_equal(s->notify_url.kind, SECRET_COMMAND);
	assert_string_equal(s->notify_url.argv[0], path);
	assert_string_equal(s->notify_url.argv[1], "ping");
	assert_null(s->notify_url.argv[2]);
	assert_string_equal(s->state, "/srv/depmend");
	assert_int_equal(s->n_rules, 2);
	assert_string_equal(s->rules[0], "corrupted-registration");
	(void)snprintf(path, sizeof(path), "%s/own.yaml", folder);
	assert_string_equal(s->rules[1], path);
	assert_int_equal(strlen(s->digest), 64);
	assert_int_equal(diags.n, 0);
	settings_free(s);
}

static void defaults_are_those_of_the_page(void **state)
{
	struct settings *s = load(MINIMAL);

	(void)state;
	assert_false(s->apple.school);
	assert_null(s->apple.key_id);
	assert_string_equal(s->apple.url, "https://api-business.apple.com");
	assert_string_equal(s->apple.token_url, "https://account.apple.com/auth/oauth2/token");
	assert_false(s->has_uem);
	assert_int_equal(s->sync.wait_ms, -1);
	assert_int_equal(s->limits[LIMIT_DEVICES], 500);
	assert_int_equal(s->limits[LIMIT_PERCENT], 10);
	assert_int_equal(s->limits[LIMIT_RELEASE], 0);
	assert_int_equal(s->limits[LIMIT_IN_FLIGHT], 200);
	assert_int_equal(s->rates[RATE_APPLE_READ].n, 20);
	assert_int_equal(s->rates[RATE_APPLE_READ].window_ms, 60000);
	assert_int_equal(s->rates[RATE_APPLE_WRITE].n, 10);
	assert_int_equal(s->rates[RATE_APPLE_WRITE].window_ms, 3600000);
	assert_int_equal(s->rates[RATE_UEM].n, 300);
	assert_int_equal(s->uem_reserve_percent, 20);
	assert_int_equal(s->batch_apple, 1000);
	assert_int_equal(s->timeouts.activity_ms, 30 * 60000);
	assert_int_equal(s->timeouts.sync_ms, 45 * 60000);
	assert_int_equal(s->timeouts.sync_gap_ms, 10 * 60000);
	assert_int_equal(s->timeouts.settle_ms, 60000);
	assert_int_equal(s->timeouts.wipe_ms, 7 * 86400000);
	assert_int_equal(s->timeouts.request_ms, 60000);
	assert_int_equal(s->poll.apple_ms, 5000);
	assert_int_equal(s->poll.uem_ms, 30000);
	assert_null(s->protect_file);
	assert_string_equal(s->encoding, "utf-8");
	assert_int_equal(s->input.delimiter, 0);
	assert_int_equal(s->notify_url.kind, SECRET_NONE);
	settings_free(s);
	settings_free(NULL);
}

static const struct setting *value_of(const struct settings *s, const char *path)
{
	for (size_t i = 0; i < s->n_values; i++)
		if (strcmp(s->values[i].path, path) == 0)
			return &s->values[i];
	return NULL;
}

static void tells_where_each_value_comes_from(void **state)
{
	struct settings *s = load(MINIMAL "limits: {devices: 7}\n");
	const struct setting *v;

	(void)state;
	v = value_of(s, "limits.devices");
	assert_non_null(v);
	assert_string_equal(v->text, "7");
	assert_int_equal(v->at.line, 7);
	assert_string_equal(v->at.file, s->file);
	v = value_of(s, "limits.percent");
	assert_non_null(v);
	assert_string_equal(v->text, "10");
	assert_null(v->at.file);
	v = value_of(s, "apple.private_key");
	assert_non_null(v);
	assert_string_equal(v->text, "{file}");
	settings_free(s);
}

static void sync_stands_in_for_the_uem(void **state)
{
	struct settings *s = load(MINIMAL "sync: {wait: 30m}\n");

	(void)state;
	assert_int_equal(s->sync.wait_ms, 30 * 60000);
	assert_null(s->sync.command);
	settings_free(s);
	s = load(MINIMAL "sync: {command: [sync-now, --all]}\n");
	assert_int_equal(s->sync.wait_ms, 0);
	assert_string_equal(s->sync.command[0], "sync-now");
	settings_free(s);
}

static void the_first_writable_state_folder_is_the_default(void **state)
{
	const char *without = "version: 1\ntenant: acme\napple: {client_id: BUSINESSAPI.1, "
			      "private_key: {env: K}}\n";
	struct settings *s;

	(void)state;
	setenv("STATE_DIRECTORY", "/one:/two", 1);
	s = load(without);
	assert_string_equal(s->state, "/one");
	assert_string_equal(value_of(s, "state")->at.file, "$STATE_DIRECTORY");
	settings_free(s);
	unsetenv("STATE_DIRECTORY");
	setenv("XDG_STATE_HOME", "/home/x/state", 1);
	s = load(without);
	if (access("/var/lib/depmend", W_OK) != 0 && access("/var/lib", W_OK) != 0)
		assert_string_equal(s->state, "/home/x/state/depmend");
	else
		assert_string_equal(s->state, "/var/lib/depmend");
	settings_free(s);
	s = load(MINIMAL);
	assert_string_equal(s->state, path_of("st"));
	settings_free(s);
}

static const struct {
	const char *text, *code;
	unsigned line, col;
	const char *words; /* in the text or the hint */
} mistakes[] = {
	{ "", "yaml.empty", 1, 1, "empty" },
	{ "- 1\n", "yaml.wrong-kind", 1, 1, "mapping" },
	{ "tenant: a\nstate: s\napple: {client_id: BUSINESSAPI.1, private_key: {env: K}}\n",
		"yaml.missing-key", 1, 1, "'version'" },
	{ "version: 2\ntenant: a\napple: {client_id: BUSINESSAPI.1, private_key: {env: K}}\n",
		"settings.version", 1, 10, "supported: 1" },
	{ "version: 1\ntenant: a/b\napple: {client_id: BUSINESSAPI.1, private_key: {env: K}}\n",
		"yaml.bad-value", 2, 9, "letters" },
	{ "version: 1\ntenant: a\n", "yaml.missing-key", 1, 1, "'apple'" },
	{ MINIMAL "limit: {devices: 1}\n", "yaml.unknown-key", 7, 1, "did you mean 'limits'?" },
	{ MINIMAL "limits: {device: 1}\n", "yaml.unknown-key", 7, 10, "did you mean 'devices'?" },
	{ MINIMAL "limits: {devices: 1, devices: 2}\n", "yaml.duplicate-key", 7, 22, "twice" },
	{ MINIMAL "limits: {devices: -1}\n", "yaml.bad-value", 7, 19, "whole number" },
	{ MINIMAL "limits: {devices: 4294967295}\n", "yaml.bad-value", 7, 19, "whole number" },
	{ MINIMAL "limits: {percent: 101}\n", "yaml.bad-value", 7, 19, "percentage" },
	{ MINIMAL "limits: {in_flight: 0}\n", "yaml.bad-value", 7, 21, "from 1" },
	{ MINIMAL "limits: 5\n", "yaml.wrong-kind", 7, 9, "mapping" },
	{ MINIMAL "limits:\n", "yaml.wrong-kind", 7, 8, "missing" },
	{ MINIMAL "rate: {apple_read: 20}\n", "settings.bad-rate", 7, 20, "20/min" },
	{ MINIMAL "rate: {apple_read: 0/min}\n", "settings.bad-rate", 7, 20, "one request in 1h" },
	{ MINIMAL "rate: {apple_read: 20/fortnight}\n", "settings.bad-rate", 7, 20, "rate" },
	{ MINIMAL "timeouts: {sync: 45}\n", "yaml.bad-value", 7, 18, "30m" },
	{ MINIMAL "timeouts: {sync: 1mon}\n", "yaml.bad-value", 7, 18, "duration" },
	{ MINIMAL "timeouts: {sync: 0s}\n", "yaml.bad-value", 7, 18, "from 1s to 7d" },
	{ MINIMAL "timeouts: {sync: 1ms}\n", "yaml.bad-value", 7, 18, "from 1s to 7d" },
	{ MINIMAL "timeouts: {settle: 2h}\n", "yaml.bad-value", 7, 20, "from 100ms to 1h" },
	{ MINIMAL "timeouts: {fresh: 30d}\n", "yaml.bad-value", 7, 19, "from 1s to 1h" },
	{ MINIMAL "timeouts: {request: 1ms}\n", "yaml.bad-value", 7, 21, "from 1s to 10m" },
	{ MINIMAL "timeouts: {wipe: 1s}\n", "yaml.bad-value", 7, 18, "from 1m to 1y" },
	{ MINIMAL "poll: {apple: 1ms}\n", "yaml.bad-value", 7, 15, "from 50ms to 10m" },
	{ MINIMAL "poll: {uem: 1d}\n", "yaml.bad-value", 7, 13, "from 50ms to 10m" },
	{ MINIMAL "keep: {runs: 1s}\n", "yaml.bad-value", 7, 14, "from 1d to 100y" },
	{ MINIMAL "sync: {wait: 1y}\n", "yaml.bad-value", 7, 14, "from 1s to 7d" },
	{ MINIMAL "rate: {uem_reserve: 100%}\n", "yaml.bad-value", 7, 21, "from 0 to 90" },
	{ MINIMAL "rate: {apple_read: 1/day}\n", "settings.bad-rate", 7, 20, "one request in 1h" },
	{ MINIMAL "rate: {apple_write: 1/1y}\n", "settings.bad-rate", 7, 21, "rate" },
	{ MINIMAL "rate: {apple_write: 3/10d}\n", "settings.bad-rate", 7, 21, "one request in 1d" },
	{ MINIMAL "rate: {uem: 5/1ms}\n", "settings.bad-rate", 7, 13, "a window of a second" },
	{ MINIMAL "batch: {apple: 0}\n", "yaml.bad-value", 7, 16, "from 1" },
	{ MINIMAL "protect: protected.csv\n", "yaml.wrong-kind", 7, 10, "mapping" },
	{ MINIMAL "protect: {}\n", "yaml.missing-key", 7, 10, "'file'" },
	{ MINIMAL "input: {barcode_s: kep}\n", "yaml.bad-value", 7, 20, "did you mean 'keep'?" },
	{ MINIMAL "input: {delimiter: \":\"}\n", "yaml.bad-value", 7, 20, "one of" },
	{ MINIMAL "input: {serial_column: 0}\n", "yaml.bad-value", 7, 24, "from 1" },
	{ MINIMAL "input: {encoding: a/b}\n", "yaml.bad-value", 7, 19, "encoding" },
	{ MINIMAL "sync: {}\n", "yaml.missing-key", 7, 7, "'wait'" },
	{ MINIMAL "sync: {command: sh}\n", "yaml.wrong-kind", 7, 17, "list" },
	{ MINIMAL "sync: {command: []}\n", "yaml.bad-value", 7, 17, "words" },
	{ MINIMAL "notify: {url: https://x}\n", "settings.secret", 7, 15, "{file: PATH}" },
	{ MINIMAL "notify: {url: {fil: x}}\n", "settings.secret", 7, 16, "{file: PATH}" },
	{ MINIMAL "notify: {url: {file: x, env: y}}\n", "settings.secret", 7, 15, "exactly one" },
	{ MINIMAL "notify: {url: {credential: a/b}}\n", "settings.secret", 7, 28, "slash" },
	{ MINIMAL "rules: []\nrules: []\n", "yaml.duplicate-key", 8, 1, "twice" },
	{ MINIMAL "rules: {a: b}\n", "yaml.wrong-kind", 7, 8, "list" },
	{ MINIMAL "enrollment: [{server: x}]\n", "yaml.missing-key", 7, 14, "'server_token'" },
	{ MINIMAL "uem: {}\n", "yaml.missing-key", 7, 6, "'url'" },
	{ MINIMAL UEM "  profile_status: {a: b}\n", "yaml.bad-value", 11, 20, "not a number" },
	{ MINIMAL UEM "  tenantcode: x\n", "yaml.unknown-key", 11, 3,
		"did you mean 'tenant_code'?" },
	{ MINIMAL "uem: {url: http://as1.awmdm.com, tokens: [{group: g}], auth: {basic: {username: "
		  "u, password: {env: P}}}}\n",
		"settings.bad-address", 7, 12, "loopback" },
	{ MINIMAL "uem: {url: https://as1.awmdm.com/API, tokens: [{group: g}], auth: {basic: "
		  "{username: u, password: {env: P}}}}\n",
		"settings.bad-address", 7, 12, "leave out" },
	{ MINIMAL "uem: {url: https://a, tokens: [], auth: {basic: {username: u, password: {env: "
		  "P}}}}\n",
		"yaml.empty", 7, 31, "at least one" },
	{ MINIMAL
		"uem: {url: https://a, tokens: [{group: g}, {group: h, server: s}], auth: {basic: "
		"{username: u, password: {env: P}}}}\n",
		"yaml.missing-key", 7, 32, "'server' may be left out" },
	{ MINIMAL "uem: {url: https://a, tokens: [{group: g, server: s}, {group: h, server: S}], "
		  "auth: {basic: {username: u, password: {env: P}}}}\n",
		"settings.repeated", 7, 55, "two entries" },
	{ MINIMAL "uem: {url: https://a, tokens: [{group: g, expires: soon}], auth: {basic: "
		  "{username: u, password: {env: P}}}}\n",
		"yaml.bad-value", 7, 52, "2027-03-01" },
	{ MINIMAL "uem: {url: https://a, tokens: [{group: g}], auth: {}}\n", "settings.auth", 7, 51,
		"one of" },
	{ MINIMAL "uem: {url: https://a, tokens: [{group: g}], auth: {basic: {username: u}}}\n",
		"yaml.missing-key", 7, 59, "'password'" },
};

static void every_mistake_is_told_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		struct settings *s = NULL;
		struct diags d;
		struct err err = { 0 };
		bool told = false;

		diags_init(&d);
		write_file("s.yaml", mistakes[i].text, 0600);
		assert_int_equal(settings_load(&s, path_of("s.yaml"), &d, &err), ERR_SETTINGS);
		assert_null(s);
		assert_int_equal(err.code, ERR_SETTINGS);
		for (size_t k = 0; k < d.n; k++)
			told = told ||
			       (strcmp(d.v[k].code, mistakes[i].code) == 0 &&
				       d.v[k].at.line == mistakes[i].line &&
				       d.v[k].at.col == mistakes[i].col &&
				       (strstr(d.v[k].text.p, mistakes[i].words) ||
					       (d.v[k].hint.n &&
						       strstr(d.v[k].hint.p, mistakes[i].words))));
		if (!told) {
			print_error("not told: %s", mistakes[i].text);
			diags_print(&d, stderr);
		}
		assert_true(told);
		diags_release(&d);
	}
}

static void all_mistakes_are_told_at_once(void **state)
{
	struct settings *s = NULL;
	struct err err;

	(void)state;
	write_file("s.yaml", "version: 3\nlimits: {devices: x, prcent: 1}\nrate: {uem: 1}\n", 0600);
	assert_int_equal(settings_load(&s, path_of("s.yaml"), &diags, &err), ERR_SETTINGS);
	assert_int_equal(diags.n, 6);
}

static void addresses(void **state)
{
	static const struct {
		const char *url;
		bool good;
	} cases[] = {
		{ "https://x", true },
		{ "HTTPS://X.example:8443/a/b/", true },
		{ "http://localhost:1", true },
		{ "http://127.9.9.9", true },
		{ "http://[::1]", true },
		{ "http://[::1]:99", true },
		{ "http://127.0.0.1.evil.example", false },
		{ "http://127.0.0", false },
		{ "http://localhost.evil.example", false },
		{ "http://127.0.0.1@evil.example", false },
		{ "http://evil.example/127.0.0.1", false },
		{ "http://[::1].evil.example", false },
		{ "https://user:pw@x", false },
		{ "https://", false },
		{ "https://:80", false },
		{ "https://x:", true },
		{ "https://x:0", false },
		{ "https://x:65536", false },
		{ "https://x?y", false },
		{ "https://x#y", false },
		{ "ftp://x", false },
		{ "x", false },
		{ "https://a b", false },
		{ "https://api-business.apple.com/v1", false },
		{ "https://api-business.apple.com/v1/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[500];
		struct settings *s = NULL;
		struct diags d;
		struct err err;

		diags_init(&d);
		(void)snprintf(text, sizeof(text), MINIMAL "  url: \"%s\"\n", cases[i].url);
		write_file("s.yaml", text, 0600);
		(void)!settings_load(&s, path_of("s.yaml"), &d, &err);
		if ((s != NULL) != cases[i].good)
			print_error("wrongly judged: %s\n", cases[i].url);
		assert_int_equal(s != NULL, cases[i].good);
		settings_free(s);
		diags_release(&d);
	}
}

static void a_secret_is_never_quoted(void **state)
{
	struct settings *s = NULL;
	char *text = NULL;
	struct err err;
	size_t n;
	FILE *out;

	(void)state;
	write_file("s.yaml", MINIMAL "notify: {url: hunter2}\n", 0600);
	assert_int_equal(settings_load(&s, path_of("s.yaml"), &diags, &err), ERR_SETTINGS);
	out = open_memstream(&text, &n);
	diags_print(&diags, out);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "hunter2"));
	free(text);
}

static void a_foreign_client_id_is_a_warning(void **state)
{
	struct settings *s = load("version: 1\ntenant: a\nstate: s\napple: {organization: school, "
				  "client_id: BUSINESSAPI.1, private_key: {env: K}}\n");

	(void)state;
	assert_int_equal(diags.n, 1);
	assert_int_equal(diags.v[0].level, DIAG_WARNING);
	assert_string_equal(s->apple.url, "https://api-school.apple.com");
	settings_free(s);
}

static void a_missing_file_is_a_mistake_of_the_settings(void **state)
{
	struct settings *s = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(settings_load(&s, path_of("none.yaml"), &diags, &err), ERR_SETTINGS);
	assert_int_equal(err.code, ERR_SETTINGS);
	assert_non_null(strstr(err.msg, "none.yaml"));
}

/* --- search --- */

static void assert_found(const char *given, const char *want)
{
	char *path = settings_find(given);

	if (want) {
		assert_non_null(path);
		assert_string_equal(path, want);
	} else if (access("/etc/depmend/depmend.yaml", F_OK) != 0) {
		assert_null(path);
	}
	free(path);
}

static void looks_in_the_order_of_the_page(void **state)
{
	char config[300], below[400];

	(void)state;
	(void)snprintf(config, sizeof(config), "%s/config", folder);
	(void)snprintf(below, sizeof(below), "%s/depmend", config);
	assert_int_equal(mkdir(config, 0700), 0);
	assert_int_equal(mkdir(below, 0700), 0);
	setenv("XDG_CONFIG_HOME", config, 1);
	assert_found(NULL, NULL);
	write_file("config/depmend/depmend.yaml", MINIMAL, 0600);
	(void)snprintf(below, sizeof(below), "%s/depmend/depmend.yaml", config);
	assert_found(NULL, below);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", folder, 1);
	assert_int_equal(rename(config, path_of(".config")), 0);
	assert_found(NULL, path_of(".config/depmend/depmend.yaml"));
	write_file("depmend.yaml", MINIMAL, 0600);
	assert_found(NULL, "depmend.yaml");
	setenv("DEPMEND_SETTINGS", "/from/environment", 1);
	assert_found(NULL, "/from/environment");
	assert_found("given", "given");
}

/* --- secrets --- */

static void assert_opens(const struct secret *s, const char *want, size_t n)
{
	struct buf b;
	struct err err = { 0 };

	assert_int_equal(secret_open(s, &b, &err), ERR_OK);
	assert_int_equal(b.n, n);
	assert_memory_equal(b.p, want, n);
	buf_wipe(&b);
}

static void assert_closed(const struct secret *s, const char *words)
{
	struct buf b;
	struct err err = { 0 };

	assert_int_equal(secret_open(s, &b, &err), ERR_SETTINGS);
	assert_int_equal(err.code, ERR_SETTINGS);
	if (!strstr(err.msg, words))
		print_error("%s\n", err.msg);
	assert_non_null(strstr(err.msg, words));
	assert_non_null(strstr(err.msg, "x.yaml:3"));
}

static void secrets_open_without_their_line_end(void **state)
{
	char *echo[] = { (char[]){ "printf" }, (char[]){ "abc\\r\\n" }, NULL };
	char *fail[] = { (char[]){ "false" }, NULL };
	struct secret s = { .at = { "x.yaml", 3, 1 } };

	(void)state;
	assert_closed(&s, "where this secret is kept");
	s.kind = SECRET_FILE;
	s.value = "key";
	write_file("key", "hunter2\n", 0600);
	assert_opens(&s, "hunter2", 7);
	write_file("key", "a\nb\n\n", 0400);
	assert_int_equal(chmod(path_of("key"), 0600), 0);
	assert_opens(&s, "a\nb\n", 4);
	assert_int_equal(chmod(path_of("key"), 0640), 0);
	assert_closed(&s, "chmod 600");
	write_file("key", "\n", 0600);
	assert_closed(&s, "empty");
	s.value = "none";
	assert_closed(&s, "none");
	s.kind = SECRET_ENV;
	s.value = "TEST_SECRET";
	setenv("TEST_SECRET", "value\n", 1);
	assert_opens(&s, "value", 5);
	unsetenv("TEST_SECRET");
	assert_closed(&s, "$TEST_SECRET");
	s.kind = SECRET_CREDENTIAL;
	s.value = "cred";
	assert_closed(&s, "CREDENTIALS_DIRECTORY");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	write_file("cred", "from-unit", 0440);
	assert_opens(&s, "from-unit", 9);
	s.kind = SECRET_COMMAND;
	s.argv = echo;
	assert_opens(&s, "abc", 3);
	s.argv = fail;
	assert_closed(&s, "false");
}

static void a_secret_names_its_line_long_after_loading(void **state)
{
	struct settings *s = load(MINIMAL);
	char place[400];
	struct buf b;
	struct err err;

	(void)state;
	(void)snprintf(place, sizeof(place), "%s:6: ", path_of("s.yaml"));
	assert_int_equal(secret_open(&s->apple.private_key, &b, &err), ERR_SETTINGS);
	assert_memory_equal(err.msg, place, strlen(place));
	settings_free(s);
}

static void binary_secrets_keep_every_byte(void **state)
{
	struct secret s = { .kind = SECRET_FILE, .value = "bin", .at = { "x.yaml", 3, 1 } };
	FILE *f = fopen(path_of("bin"), "w");

	(void)state;
	assert_non_null(f);
	assert_int_equal(fwrite("0\0\r\n", 1, 4, f), 4);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path_of("bin"), 0600), 0);
	assert_opens(&s, "0\0\r\n", 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_the_whole_page),
		TEST(defaults_are_those_of_the_page),
		TEST(tells_where_each_value_comes_from),
		TEST(sync_stands_in_for_the_uem),
		TEST(the_first_writable_state_folder_is_the_default),
		TEST(every_mistake_is_told_with_its_place),
		TEST(all_mistakes_are_told_at_once),
		TEST(addresses),
		TEST(a_secret_is_never_quoted),
		TEST(a_foreign_client_id_is_a_warning),
		TEST(a_missing_file_is_a_mistake_of_the_settings),
		TEST(looks_in_the_order_of_the_page),
		TEST(secrets_open_without_their_line_end),
		TEST(a_secret_names_its_line_long_after_loading),
		TEST(binary_secrets_keep_every_byte),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
