/*
 * depmend-sim: Apple, the DEP service and a UEM on one loopback port.
 */
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/file.h"
#include "os/process.h"
#include "sim/control.h"
#include "sim/core/scenario.h"
#include "sim/dep/dep.h"
#include "sim/open.h"
#include "sim/serve.h"
#include "sim/world/fleet.h"

enum kind { TEXT, LIST, SWITCH };

struct list_option {
	const char **v;
	size_t n, cap;
};

struct args {
	const char *listen, *port_file, *uem_client, *uem_user, *seed, *clock_rate, *make_fleet;
	const char *corrupted, *dep_token;
	struct list_option servers, profiles, scenarios, settings;
	bool help, list;
	struct sim_options sim;
};

#define AT(member) offsetof(struct args, member)
static const struct option_row {
	const char *name, *value, *meaning;
	enum kind kind;
	size_t at;
} rows[] = {
	{ "fleet", "CSV", "the devices to start with", TEXT, AT(sim.fleet) },
	{ "listen", "HOST:PORT", "loopback address; port 0: any free one (default 127.0.0.1:0)",
		TEXT, AT(listen) },
	{ "port-file", "FILE", "write the port there once it answers", TEXT, AT(port_file) },
	{ "state", "FILE.db", "keep the state there; default: in memory", TEXT, AT(sim.state) },
	{ "audit", "FILE.ndjson", "one line per request and per effect", TEXT, AT(sim.audit) },
	{ "audit-bodies", NULL, "what requests and replies say stands in the audit, too", SWITCH,
		AT(sim.bodies) },
	{ "control", NULL, "answer /sim/... (see below)", SWITCH, AT(sim.control) },
	{ "durable", NULL, "survive a power cut, not only a kill", SWITCH, AT(sim.durable) },
	{ "scenario", "NAME|FILE", "quirks and faults, built in or as YAML; repeatable", LIST,
		AT(scenarios) },
	{ "set", "KNOB=VALUE", "turn one knob; repeatable", LIST, AT(settings) },
	{ "seed", "N", "everything random follows from it (default 1)", TEXT, AT(seed) },
	{ "clock-rate", "N", "let time pass N times as fast (default 1)", TEXT, AT(clock_rate) },
	{ "server", "NAME", "one more Apple server, without devices; repeatable", LIST,
		AT(servers) },
	{ "profile", "NAME", "one more profile in every UEM group; repeatable", LIST,
		AT(profiles) },
	{ "apple-key", "PUBLIC.pem", "the public key registered for the API account", TEXT,
		AT(sim.apple_key) },
	{ "client-id", "ID", "the only Apple client id (default: any that the key signs for)", TEXT,
		AT(sim.client_id) },
	{ "any-key", NULL, "take well-formed Apple assertions whatever key signed them", SWITCH,
		AT(sim.any_key) },
	{ "uem-client", "ID:SECRET", "the UEM's only OAuth client (default: any)", TEXT,
		AT(uem_client) },
	{ "uem-user", "NAME:PASSWORD", "the UEM's only Basic account (default: any)", TEXT,
		AT(uem_user) },
	{ "tenant-code", "CODE", "the UEM's API key (default: any)", TEXT, AT(sim.tenant_code) },
	{ "make-fleet", "N", "write a fleet of N devices to stdout and end", TEXT, AT(make_fleet) },
	{ "corrupted", "PERMILLE", "of --make-fleet: broken registrations (default 10)", TEXT,
		AT(corrupted) },
	{ "dep-token", "SERVER", "print that server's (decrypted) DEP token and end", TEXT,
		AT(dep_token) },
	{ "list-scenarios", NULL,
		"the built-in scenarios, each with its line of src/services/README.md", SWITCH,
		AT(list) },
	{ "help", NULL, "this text", SWITCH, AT(help) },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), EXIT_USAGE = 64 };

static const char scenario_help[] =
	"\nScenario files are YAML, and several add up.\n"
	"Which requests an entry is about: service, method, path and query (with * and ?), "
	"activity\n"
	"(its type, or *) and names (a text in path, query or body, such as a serial), all of "
	"which\n"
	"may be left out; and of those that fit nth: N or [N, M], every: N or chance: N%, else "
	"all.\n"
	"  version: 1\n"
	"  knobs: {apple.visibility_lag: 20s}\n"
	"  rates:\n"
	"    - {service: apple, method: GET, limit: 20, window: 1m, retry_after: seconds}\n"
	"                                          or date, or none\n"
	"  faults:\n"
	"    - {service: uem, method: POST, path: '*/devices', nth: 2, do: reset, applied: yes}\n"
	"         do: reset, close, truncate, hang, delay, or reply with status: N and\n"
	"             body: html, json, empty, list (an empty one of the UEM, beside an\n"
	"             errorCode), sign-in, maintenance or firewall, or\n"
	"             code: an error in the service's own form; retry_after: and location: are "
	"headers\n"
	"         delay: 50ms   before the reply; applied: yes, no, or late with late: 5m\n"
	"  overrides:  knobs for these requests only, and for all that follows from them, such as\n"
	"              an activity's end and its visibility\n"
	"    - {activity: UNASSIGN_DEVICES, nth: 1, knobs: {apple.activity_time: 40m}}\n"
	"    - {path: '*/relationships/devices', nth: 3, knobs: {apple.stale: 20s}}\n"
	"  odd:  a record of the reply: the Nth, the one with a serial, or all; value is JSON,\n"
	"        or absent, or the text in lower, upper or blanks\n"
	"    - {service: uem, path: '*/devices', record: 2, member: deviceSerialNumber, value: "
	"lower}\n"
	"    - {path: /v1/orgDevices, serial: C02A, member: attributes.orderDateTime, value: "
	"12345}\n"
	"  admins:  somebody else acts, `after` the first request or `on` a request; at: before, "
	"after\n"
	"           (its handler), or landed, visible, terminal of its activity\n"
	"    - {after: 5m, do: unassign, every: 10}       or serials: [..]\n"
	"    - {on: {activity: ASSIGN_DEVICES, nth: 1}, at: landed, do: assign, server: B}\n"
	"         with `on`, neither every nor serials: the devices of the request\n"
	"         do: assign (server:), unassign, release, return, vanish, profile (profile:; "
	"none: "
	"taken),\n"
	"             wipe, unenroll, delete_record, enroll; rename_server (server:, name:),\n"
	"             delete_server, recreate_server (server:, to: for its devices), disown "
	"(allowed: no);\n"
	"             sync, fetch (server:); set (knobs:); hold (until POST /sim/go); actor: who "
	"it "
	"was\n";

static const char audit_help[] =
	"\nThe audit has one JSON object a line; t is ms UTC, and kind says what else there is:\n"
	"  request     service method path query status actor digest; fault and applied (yes, no, "
	"late) when the client did not get that reply as it was; with --audit-bodies sent and "
	"told\n"
	"  accepted    activity type server serials actor: an activity was taken\n"
	"  effect      serial what before after effective actor activity: the truth changed (not "
	"effective: it did not); of an activity this is its landing\n"
	"  visible     serial what (status, server or both) server activity: Apple's lists show "
	"it\n"
	"  terminal    activity status sub log (serial: its word, or null): an activity ended\n"
	"  control     method path status: somebody drove the simulator\n"
	"\nWith --control these paths are answered, too; X-Sim-Now moves the time as it does "
	"elsewhere.\n";

static void describe(struct buf *b)
{
	buf_z(b, "Usage: depmend-sim --fleet CSV [options]\n"
		 "       depmend-sim --make-fleet N [--seed N] [--corrupted PERMILLE]\n\n"
		 "Simulates Apple (/auth/oauth2/token, /v1), Workspace ONE UEM (/connect/token, "
		 "/api)\n"
		 "and the DEP service on one loopback port, over one fleet.\n\nOptions:\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s %s", rows[i].name,
			rows[i].value ? rows[i].value : "");
		buf_printf(b, "  %-26s %s\n", left, rows[i].meaning);
	}
	buf_z(b, "\nColumns of the fleet CSV, in any order; only serial is needed:\n");
	fleet_columns_help(b);
	buf_z(b, "\nEvery server feeds a UEM group of its own, whose Group ID is the server's "
		 "name in\n"
		 "capitals without blanks (WS1 EMEA: WS1EMEA), unless column `group` says "
		 "otherwise.\n"
		 "profile_status by number: 0 Empty, 1 Assigned, 2 Pushed, 3 Assignment in "
		 "progress,\n"
		 "4 Failed, 5 Throttled.\n\nKnobs, for --set and for `knobs:` of a scenario:\n");
	knobs_describe(b);
	buf_z(b, scenario_help);
	buf_z(b, audit_help);
	control_describe(b);
}

/* Texts to look at. False: none was asked for. */
static bool print_text(const struct args *a)
{
	enum { MAX_TEXT_BYTES = 64 * 1024 };
	struct buf b;

	buf_init(&b, MAX_TEXT_BYTES);
	if (a->help) {
		describe(&b);
	} else if (a->list) {
		scenario_list(&b);
	} else if (a->dep_token) {
		sim_dep_token_json(str_from(a->dep_token), &b);
		buf_char(&b, '\n');
	}
	(void)fputs(buf_cstr(&b), stdout);
	buf_release(&b);
	return a->help || a->list || a->dep_token;
}

static void store(struct args *a, const struct option_row *row, const char *value)
{
	char *at = (char *)a + row->at;

	if (row->kind == SWITCH) {
		*(bool *)(void *)at = true;
	} else if (row->kind == TEXT) {
		*(const char **)(void *)at = value;
	} else {
		struct list_option *list = (struct list_option *)(void *)at;

		MEM_GROW(list->v, list->n, list->cap);
		list->v[list->n++] = value;
	}
}

static bool full_name(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, name, n) == 0 &&
	       (arg[n + 2] == '\0' || arg[n + 2] == '=');
}

/* False after a complaint. Abbreviations are refused: getopt_long would take them. */
static bool parse(struct args *a, int argc, char **argv)
{
	struct option options[N_ROWS + 1] = { { .name = NULL } };
	int which = 0, c;

	for (size_t i = 0; i < N_ROWS; i++)
		options[i] = (struct option){ rows[i].name,
			rows[i].value ? required_argument : no_argument, NULL, 1 };
	for (;;) {
		const char *arg = optind < argc ? argv[optind] : "";

		c = getopt_long(argc, argv, "", options, &which);
		if (c == -1)
			break;
		if (c != 1)
			return false;
		if (!full_name(arg, rows[which].name)) {
			(void)fprintf(
				stderr, "depmend-sim: write --%s in full\n", rows[which].name);
			return false;
		}
		store(a, &rows[which], optarg);
	}
	if (optind == argc)
		return true;
	(void)fprintf(stderr, "depmend-sim: unexpected '%s'\n", argv[optind]);
	return false;
}

static enum errc number(
	const char *name, const char *text, uint64_t max, uint64_t *ret, struct err *err)
{
	if (!text)
		return ERR_OK;
	if (str_to_u64(str_from(text), ret) && *ret <= max)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "--%s takes a number up to %llu, not '%s'", name,
		(unsigned long long)max, text);
}

/* NAME:SECRET in two; NULL for both when not given. */
static enum errc split(const char *name, const char *text, const char **ret_left,
	const char **ret_right, struct arena *a, struct err *err)
{
	struct str right = str_from(text), left = str_cut(&right, ':');

	if (!text)
		return ERR_OK;
	if (!right.p || left.n == 0)
		return err_set(err, ERR_USAGE, "--%s takes two parts with a colon between", name);
	*ret_left = arena_dup(a, left).p;
	*ret_right = arena_dup(a, right).p;
	return ERR_OK;
}

static enum errc options_of(struct args *a, struct arena *arena, struct err *err)
{
	uint64_t rate = 1;
	enum errc e;

	a->sim.seed = 1;
	e = number("seed", a->seed, UINT64_MAX, &a->sim.seed, err);
	if (e == ERR_OK)
		e = number("clock-rate", a->clock_rate, 1000000, &rate, err);
	if (e == ERR_OK)
		e = split("uem-client", a->uem_client, &a->sim.uem_client, &a->sim.uem_secret,
			arena, err);
	if (e == ERR_OK)
		e = split("uem-user", a->uem_user, &a->sim.uem_user, &a->sim.uem_password, arena,
			err);
	a->sim.clock_rate = (int64_t)rate;
	a->sim.servers = a->servers.v;
	a->sim.n_servers = a->servers.n;
	a->sim.profiles = a->profiles.v;
	a->sim.n_profiles = a->profiles.n;
	a->sim.scenarios = a->scenarios.v;
	a->sim.n_scenarios = a->scenarios.n;
	a->sim.settings = a->settings.v;
	a->sim.n_settings = a->settings.n;
	return e;
}

static enum errc write_port(const char *path, unsigned port, struct err *err)
{
	enum { MODE = 0644 };
	struct outfile *f = NULL;
	struct buf text;
	enum errc e;

	if (!path)
		return ERR_OK;
	e = outfile_open(&f, path, MODE, err);
	if (e != ERR_OK)
		return e;
	buf_init(&text, 16);
	buf_u64(&text, port);
	buf_char(&text, '\n');
	outfile_write(f, buf_view(&text));
	buf_release(&text);
	e = outfile_commit(f, NULL, err);
	outfile_free(f);
	return e;
}

static enum errc serve(const struct args *a, struct err *err)
{
	struct sim_server *server = NULL;
	struct sim *sim = NULL;
	sigset_t stop;
	enum errc e;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	e = sim_open(&sim, &a->sim, err);
	if (e == ERR_OK)
		e = server_open(&server, sim, a->listen ? a->listen : "127.0.0.1:0", err);
	if (e == ERR_OK)
		e = write_port(a->port_file, server_port(server), err);
	if (e == ERR_OK) {
		(void)printf("listening on port %u\n", server_port(server));
		(void)fflush(stdout);
		e = server_run(server, err);
	}
	server_close(server);
	sim_close(sim);
	return e;
}

static enum errc make_fleet(const struct args *a, struct err *err)
{
	struct fleet_recipe recipe = { .seed = a->sim.seed };
	uint64_t corrupted = 10;
	enum errc e = number("make-fleet", a->make_fleet, 1000000, &recipe.n, err);

	if (e == ERR_OK)
		e = number("corrupted", a->corrupted, 1000, &corrupted, err);
	recipe.corrupted_permille = (unsigned)corrupted;
	return e == ERR_OK ? fleet_make(&recipe, err) : e;
}

static enum errc run(struct args *a, struct err *err)
{
	struct arena arena;
	enum errc e;

	arena_init(&arena);
	e = options_of(a, &arena, err);
	if (e == ERR_OK)
		e = a->make_fleet ? make_fleet(a, err) : serve(a, err);
	arena_release(&arena);
	return e;
}

int main(int argc, char **argv)
{
	struct args args = { .listen = NULL };
	struct err err = { .code = ERR_OK };
	int status = EXIT_USAGE;

	process_begin();
	if (!parse(&args, argc, argv)) {
		(void)fputs("depmend-sim --help says more\n", stderr);
	} else if (print_text(&args)) {
		status = EXIT_SUCCESS;
	} else if (run(&args, &err) == ERR_OK) {
		status = EXIT_SUCCESS;
	} else {
		(void)fprintf(stderr, "depmend-sim: %s\n", err.msg);
		status = errc_info(err.code)->exit_status;
	}
	free(args.servers.v);
	free(args.profiles.v);
	free(args.scenarios.v);
	free(args.settings.v);
	return status;
}
