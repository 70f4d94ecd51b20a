/* The schema for editors, the sample and the loader say the same about settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "schema_check.h"

#include "model/settings.h"
#include "model/settings_schema.h"

enum { DOCUMENTS = 500 };

static cJSON *schema;

static int load_schema(void **state)
{
	struct buf b;

	(void)state;
	(void)setenv("STATE_DIRECTORY", "/var/lib/depmend", 1);
	buf_init(&b, 1024 * 1024);
	settings_schema(&b);
	schema = cJSON_Parse(buf_cstr(&b));
	buf_release(&b);
	return schema ? 0 : -1;
}

static int free_schema(void **state)
{
	(void)state;
	cJSON_Delete(schema);
	return 0;
}

/* Made anew by: DEPMEND_WRITE_SCHEMA=1 .build/release/unit/test_settings_schema */
static void the_shipped_file_is_current(void **state)
{
	(void)state;
	assert_true(schema_is_shipped(schema, "rules/settings.schema.json"));
}

/* Whether the loader takes the text; its complaints go to stderr when it was expected to. */
static bool loader_takes(struct str text, bool expected)
{
	char folder[] = "/tmp/test_settings_schema_XXXXXX", path[64];
	struct settings *s = NULL;
	struct diags d;
	struct err err;
	bool good;
	int fd;

	assert_non_null(mkdtemp(folder)); /* in /tmp itself others may write */
	(void)snprintf(path, sizeof(path), "%s/depmend.yaml", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(write(fd, text.p, text.n) == (ssize_t)text.n);
	assert_int_equal(close(fd), 0);
	diags_init(&d);
	good = settings_load(&s, path, &d, &err) == ERR_OK;
	if (expected && !good)
		diags_print(&d, stderr);
	settings_free(s);
	diags_release(&d);
	(void)unlink(path);
	(void)rmdir(folder);
	return good;
}

static void agree(struct str text, bool right)
{
	bool loader = loader_takes(text, right), editor = schema_takes(schema, text);

	if (loader != right || editor != right)
		print_error("loader %s, schema %s:\n%.*s\n", loader ? "takes" : "refuses",
			editor ? "takes" : "refuses", STR_FMT(text));
	assert_int_equal(loader, right);
	assert_int_equal(editor, right);
}

/* --- every example, alone --- */

#define LEAST                                                                            \
	"version: 1\ntenant: a\napple: {client_id: BUSINESSAPI.1, private_key: {env: K}" \
	"%s}\n%s"

/* The page with one mapping written out, down to the key. */
static void put_path(struct buf *b, const struct yaml_key *const *path, int n)
{
	bool in_apple = n > 1 && strcmp(path[0]->name, "apple") == 0;

	buf_reset(b);
	buf_z(b, "version: 1\ntenant: a\napple: {client_id: BUSINESSAPI.1, private_key: {env: K}");
	if (in_apple)
		buf_printf(b, ", %s: %s", path[1]->name, path[1]->example);
	buf_z(b, "}\n");
	if (in_apple)
		return;
	for (int i = 0; i < n; i++)
		buf_printf(b, "%s%s: ", i ? "{" : "", path[i]->name);
	buf_z(b, path[n - 1]->example);
	for (int i = 1; i < n; i++)
		buf_char(b, '}');
	buf_char(b, '\n');
}

static bool has_required(const struct yaml_key *keys)
{
	for (; keys->name; keys++)
		if (keys->required)
			return true;
	return false;
}

static void try_keys(const struct yaml_key *keys, const struct yaml_key **path, int n, size_t *seen)
{
	struct buf b;

	buf_init(&b, 16 * 1024);
	for (const struct yaml_key *k = keys; k->name; k++) {
		path[n] = k;
		++*seen;
		assert_true(k->help && strlen(k->help) >= 40 && k->schema && k->example);
		/* Mappings with required members, and what stands above already, load only whole.
		 */
		if (n == 0 ? !k->required
			   : strcmp(path[0]->name, "uem") != 0 && !k->required &&
					!settings_is_list(path[n - 1]) &&
					((n == 1 && strcmp(path[0]->name, "apple") == 0) ||
						!has_required(keys))) {
			put_path(&b, path, n + 1);
			agree(buf_view(&b), true);
		}
		if (k->keys)
			try_keys(k->keys, path, n + 1, seen);
	}
	buf_release(&b);
}

static void every_example_loads(void **state)
{
	const struct yaml_key *path[8];
	size_t seen = 0;

	(void)state;
	try_keys(settings_page_keys, path, 0, &seen);
	assert_true(seen > 50);
}

/* --- every key at its bounds, and beyond --- */

static void bounds(void **state)
{
	static const struct {
		const char *text;
		bool right;
	} cases[] = {
		{ "limits: {devices: 0}\n", true },
		{ "limits: {devices: 4294967294}\n", true },
		{ "limits: {devices: 4294967295}\n", false },
		{ "limits: {devices: -1}\n", false },
		{ "limits: {percent: 0%}\n", true },
		{ "limits: {percent: 100}\n", true },
		{ "limits: {percent: 101}\n", false },
		{ "limits: {in_flight: 1}\n", true },
		{ "limits: {in_flight: 0}\n", false },
		{ "batch: {apple: 1}\n", true },
		{ "batch: {apple: 10000}\n", true },
		{ "batch: {apple: 10001}\n", false },
		{ "batch: {apple: 0}\n", false },
		{ "timeouts: {settle: 100ms}\n", true },
		{ "timeouts: {settle: 0s}\n", false },
		{ "timeouts: {settle: 99ms}\n", false },
		{ "timeouts: {settle: 3600000ms}\n", true },
		{ "timeouts: {settle: 3600001ms}\n", false },
		{ "timeouts: {settle: 1h}\n", true },
		{ "timeouts: {settle: 2h}\n", false },
		{ "timeouts: {settle: 1d}\n", false },
		{ "timeouts: {wipe: 59s}\n", false },
		{ "timeouts: {wipe: 0060s}\n", true },
		{ "timeouts: {wipe: 365d}\n", true },
		{ "timeouts: {wipe: 366d}\n", false },
		{ "timeouts: {wipe: 12mo}\n", true },
		{ "timeouts: {wipe: 13mo}\n", false },
		{ "timeouts: {wipe: 52w}\n", true },
		{ "timeouts: {wipe: 53w}\n", false },
		{ "timeouts: {request: 600s}\n", true },
		{ "timeouts: {request: 601s}\n", false },
		{ "keep: {inputs: 23h}\n", false },
		{ "keep: {inputs: 24h}\n", true },
		{ "keep: {inputs: 100y}\n", true },
		{ "keep: {inputs: 101y}\n", false },
		{ "keep: {inputs: 1200mo}\n", true },
		{ "keep: {inputs: 1201mo}\n", false },
		{ "poll: {apple: 49ms}\n", false },
		{ "poll: {apple: 50ms}\n", true },
		{ "poll: {apple: 11m}\n", false },
		{ "sync: {wait: 999ms}\n", false },
		{ "sync: {wait: 8d}\n", false },
		{ "rate: {apple_read: 23/day}\n", false },
		{ "rate: {apple_read: 24/day}\n", true },
		{ "rate: {apple_write: 1/day}\n", true },
		{ "rate: {apple_write: 1000001/min}\n", false },
		{ "rate: {uem: 5/500ms}\n", false },
		{ "rate: {uem: 5/1500ms}\n", true },
		{ "timeouts: {wipe: 1mo}\n", true },
		{ "keep: {runs: 6mo, events: 1y}\n", true },
		{ "keep: {runs: 0mo}\n", false },
		{ "poll: {uem: 1yr}\n", false },
		{ "input: {encoding: iso-8859-1}\n", true },
		{ "input: {encoding: cp1252//IGNORE}\n", false },
		{ "approval: {steps: [migrate], people: 9, keys: k}\n", true },
		{ "approval: {steps: [migrate], people: 10, keys: k}\n", false },
		{ "approval: {steps: [skip], people: 1, keys: k}\n", false },
		{ "rate: {uem: 1/s}\n", true },
		{ "rate: {uem: 1000000/day}\n", true },
		{ "rate: {uem: 0/s}\n", false },
		{ "rate: {uem_reserve: 100%}\n", false },
		{ "rate: {uem_reserve: 90%}\n", true },
		{ "input: {serial_column: 1024}\n", true },
		{ "input: {serial_column: 1025}\n", false },
		{ "input: {serial_column: 0}\n", false },
		{ "rules: []\n", true },
		{ "uem: {url: \"http://10.0.0.1\"}\n", false },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 16 * 1024);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&b);
		buf_printf(&b, LEAST, "", cases[i].text);
		agree(buf_view(&b), cases[i].right);
	}
	buf_release(&b);
}

/* --- random pages with one fault or none --- */

static void put_apple(struct gen *g)
{
	static const char *const more[] = { "", ", organization: business", ", key_id: 7",
		", url: https://proxy.example", ", token_url: https://proxy.example/token" };
	static const char *const bad[] = { ", organization: company", ", key_id: [7]",
		", url: ftp://x", ", clientid: x", ", url: \"https://a?b\"" };
	static const char *const secret[] = { "{file: apple.pem}", "{env: K}",
		"{command: [pass, show, key]}", "{credential: key}" };
	static const char *const no_secret[] = { "apple.pem", "{path: x}", "{}",
		"{file: a, env: b}", "{command: []}", "{command: pass}", "{credential: a/b}" };

	buf_z(&g->b, "apple: {client_id: BUSINESSAPI.1, private_key: ");
	PICK(g, secret, no_secret);
	PICK(g, more, bad);
	buf_z(&g->b, "}\n");
}

static void put_uem(struct gen *g)
{
	static const char *const tokens[] = { "[{group: A}]",
		"[{server: X, group: A}, {server: Y, group: none, expires: 2027-03-01}]" };
	static const char *const bad_tokens[] = { "{group: A}", "[{server: X}]", "[A]",
		"[{server: X, group: A, expires: soon}]", "[{server: X, grup: A}]" };
	static const char *const auth[] = {
		"{oauth: {token_url: https://x.example/t, client_id: a, client_secret: {env: S}}}",
		"{basic: {username: a, password: {env: S}}}",
		"{certificate: {pkcs12: {file: c.p12}, password: {env: S}}}"
	};
	static const char *const bad_auth[] = { "basic", "{}", "{basic: {username: a}}",
		"{digest: {username: a, password: {env: S}}}",
		"{oauth: {token_url: https://x.example/t, client_id: a, client_secret: secret}}" };
	static const char *const more[] = { "", ", profile_status: {3: Failed}",
		", tenant_code: {env: T}" };
	static const char *const bad[] = { ", profile_status: {x: Failed}", ", tenant_code: T",
		", group: A", ", profile_status: [3]" };

	if (roll(g, 3) == 0)
		return;
	buf_z(&g->b, "uem: {url: https://as1.example, tokens: ");
	PICK(g, tokens, bad_tokens);
	buf_z(&g->b, ", auth: ");
	PICK(g, auth, bad_auth);
	PICK(g, more, bad);
	buf_z(&g->b, "}\n");
}

static void put_rest(struct gen *g)
{
	static const char *const good[] = { "", "limits: {devices: 5, wipe: 0}\n", "limits: {}\n",
		"rate: {apple_read: 20/min, uem: 5/s}\n", "batch: {apple: 100}\n",
		"timeouts: {activity: 30m, wipe: 2w}\n", "poll: {apple: 500ms}\n",
		"protect: {file: protected.csv}\n",
		"input: {encoding: windows-1252, delimiter: tab, header: none}\n",
		"input: {barcode_s: strip, serial_column: 3}\n", "notify: {url: {file: ping}}\n",
		"rules: orphans\n", "rules: [orphans, own.yaml]\n", "state: /var/lib/x\n",
		"enrollment: [{server: desk, server_token: {file: t.p7m}}]\n" };
	static const char *const bad[] = { "limits: {device: 5}\n", "limits: [5]\n",
		"rate: {apple_read: 20}\n", "rate: {apple_read: 20/fortnight}\n",
		"batch: {apple: many}\n", "timeouts: {activity: 30}\n", "poll: {apple: 0s}\n",
		"protect: protected.csv\n", "protect: {}\n", "input: {delimiter: blank}\n",
		"input: {header: maybe}\n", "input: {barcode_s: yes}\n", "notify: {url: https}\n",
		"rules: {a: b}\n", "stat: /x\n", "enrollment: [{server: desk}]\n",
		"enrollment: {server: desk}\n", "state: [x]\n" };

	PICK(g, good, bad);
}

static void loader_and_schema_agree(void **state)
{
	static const char *const head[] = { "version: 1\ntenant: acme\n",
		"version: '1'\ntenant: a.b-c_d\n", "tenant: 7\nversion: 1\n" };
	static const char *const bad_head[] = { "version: 2\ntenant: a\n", "version: 1\n",
		"tenant: a\n", "version: 1\ntenant: a/b\n", "version: 1\ntenant: [a]\n",
		"version: 1\ntenant: .a\n", "version: 1\ntenant: ''\n" };
	struct gen g = { .seed = 20261128 };
	size_t n_good = 0, n_bad = 0;

	(void)state;
	for (int i = 0; i < DOCUMENTS; i++) {
		buf_init(&g.b, 64 * 1024);
		g.fault_in = (int)roll(&g, 14) - 4;
		g.spoiled = false;
		PICK(&g, head, bad_head);
		put_apple(&g);
		put_uem(&g);
		put_rest(&g);
		agree(buf_view(&g.b), !g.spoiled);
		n_good += !g.spoiled;
		n_bad += g.spoiled;
		buf_release(&g.b);
	}
	assert_true(n_good > 100 && n_bad > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_current),
		cmocka_unit_test(every_example_loads),
		cmocka_unit_test(bounds),
		cmocka_unit_test(loader_and_schema_agree),
	};

	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
