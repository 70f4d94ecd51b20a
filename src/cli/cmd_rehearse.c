/* `apply` against a simulated Apple and UEM that go by a virtual clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "cli/app/context.h"
#include "cli/app/end_rows.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/clock.h"
#include "os/stop.h"
#include "rehearse/rehearse.h"
#include "report/ndjson.h"
#include "report/status.h"
#include "report/table.h"

enum { DAY_MS = 86400000, TEXT_MAX_BYTES = 1024 * 1024, MOST_WAVES = 5 };

struct rehearse_command {
	struct context p;
	const char **scenarios; /* NULL-terminated */
	const char **assumed, **allowed;
	char *out; /* result file; NULL: none */
	struct input inventory;
	struct rehearsal r;
	struct summary summary;
	int status;
};

/* The same all day long, so that a rehearsal can be repeated. */
static int64_t begin_ms(const struct cli *cli)
{
	struct clock *clock = clock_real();
	int64_t now = clock_now(clock);

	clock_free(clock);
	return cli_time(cli, OPTION_NOW, now - now % DAY_MS);
}

static enum errc load(struct rehearse_command *c, const struct cli *cli, struct err *err)
{
	const char *inventory = cli_text(cli, OPTION_INVENTORY), *folder = c->r.world.folder;
	enum errc rc = context_load(&c->p, cli, false, err);

	if (!rc)
		rc = context_read_input(&c->p, folder, err);
	if (!rc && inventory)
		rc = cli_load_input(
			cli, c->p.settings, NULL, inventory, folder, &c->inventory, err);
	return rc;
}

static enum errc rehearse(struct rehearse_command *c, const struct cli *cli, struct err *err)
{
	const struct rehearsal_options opt = {
		.input_path = cli->args[0],
		.input = &c->p.input,
		.rules = c->p.rules,
		.settings = &c->p.settings,
		.diags = &c->p.diags,
		.protected_serials = c->p.protected_serials.n ? &c->p.protected_serials : NULL,
		.inventory = cli_count(cli, OPTION_INVENTORY) ? &c->inventory : NULL,
		.assumed = c->assumed,
		.scenarios = c->scenarios,
		.allowed = c->allowed,
		.seed = cli_number(cli, OPTION_SEED, 1),
		.limit = context_limit(&c->p),
		.past_halt = cli_count(cli, OPTION_PAST_HALT) > 0,
		.from_ms = begin_ms(cli),
		.now_ms = cli_time(cli, OPTION_NOW, TIME_NONE),
		.max_wait_ms = cli_duration_ms(cli, OPTION_MAX_WAIT, INT64_MAX),
		.pulse = progress_pulse,
		.progress = progress_job,
		.progress_self = c->p.progress,
	};

	return rehearsal_run(&c->r, &opt, err);
}

static enum errc write_results(struct rehearse_command *c, enum errc ended, struct err *err)
{
	const struct end_rows rows = {
		.input = &c->p.input,
		.plan = c->r.has_plan ? &c->r.plan : NULL,
		.store = c->r.session.store,
		.run = c->r.has_run ? &c->r.run : NULL,
		.ended = ended,
		.raw_csv = cli_count(c->p.cli, OPTION_RAW_CSV) > 0,
		/* Of every scenario, the rows would be too much. */
		.json = c->out && cli_count(c->p.cli, OPTION_JSON),
	};

	return end_rows_write(&rows, c->out, &c->summary, err);
}

static void finish(
	struct rehearse_command *c, const struct cli *cli, enum errc ended, struct err *why)
{
	struct err err;
	enum errc rc;

	if (ended)
		c->status = ended == ERR_STOPPED ? cli_status(ended) : cli_fail(cli, why);
	if (!c->r.identity[0])
		return;
	rc = write_results(c, ended, &err);
	if (!rc)
		rc = rehearsal_end(&c->r, cli_text(cli, OPTION_AUDIT), &err);
	if (rc)
		c->status = status_first(c->status, cli_fail(cli, &err));
	c->status = status_first(c->status, summary_status(&c->summary));
}

static void run(struct rehearse_command *c, const struct cli *cli)
{
	struct err err;
	size_t n;
	enum errc rc;

	c->assumed = cli_list(cli, OPTION_ASSUME, &n);
	c->allowed = cli_list(cli, OPTION_ALLOW, &n);
	rc = rehearsal_open(&c->r, &err);
	if (!rc)
		rc = load(c, cli, &err);
	if (!rc)
		rc = rehearse(c, cli, &err);
	finish(c, cli, rc, &err);
}

static void release(struct rehearse_command *c)
{
	rehearsal_release(&c->r);
	input_release(&c->inventory);
	context_release(&c->p);
	free(c->assumed);
	free(c->allowed);
}

/* --- what is told --- */

/* A small in_flight makes thousands of them. */
static void print_waves(const struct rehearsal *r, FILE *out)
{
	uint32_t devices = 0, off = 0;

	for (size_t i = 0; i < r->n_waves && i < MOST_WAVES; i++)
		(void)fprintf(out,
			"wave %-3zu %u device%s; if every step after the first failed, %u would "
			"be off their server\n",
			i + 1, r->waves[i].devices, plural(r->waves[i].devices), r->waves[i].off);
	for (size_t i = MOST_WAVES; i < r->n_waves; i++) {
		devices = r->waves[i].devices > devices ? r->waves[i].devices : devices;
		off = r->waves[i].off > off ? r->waves[i].off : off;
	}
	if (r->n_waves > MOST_WAVES)
		(void)fprintf(out,
			"and %zu more wave%s of at most %u device%s; off their server at most %u\n",
			r->n_waves - MOST_WAVES, plural(r->n_waves - MOST_WAVES), devices,
			plural(devices), off);
}

static void print_forecast(const struct rehearse_command *c, FILE *out)
{
	const struct rehearsal *r = &c->r;
	struct buf unknowable;
	struct str guards = buf_view(&r->guards);

	if (guards.n == 0)
		(void)fputs("guards   none would fire\n", out);
	while (guards.n) {
		struct str says = str_cut(&guards, '\n');

		text_part(out, "guard   ", says);
	}
	if (!r->fleet.has_inventory)
		(void)fputs("guards   limits.percent was not asked: how large the organization is, "
			    "only --inventory tells\n",
			out);
	print_waves(r, out);
	(void)fprintf(out, "extra    %llu change%s that the plan does not have\n",
		(unsigned long long)r->extra, plural(r->extra));
	buf_init(&unknowable, TEXT_MAX_BYTES);
	rehearse_fleet_unknowable(&r->fleet, c->p.rules, &unknowable);
	if (unknowable.n)
		text_line(out, "unknown  %s: the simulator's answers stood in%s",
			buf_cstr(&unknowable),
			r->fleet.has_inventory ? "" : " (--inventory, --assume)");
	buf_release(&unknowable);
}

static void put_rehearsal(const struct rehearse_command *c, const struct summary_end *end)
{
	struct str guards = buf_view(&c->r.guards);
	struct ndjson j;

	ndjson_begin(&j, "rehearsal");
	json_put_z(&j.o, "run", end->run);
	ndjson_time(&j, "as_of", c->r.run.now_ms);
	ndjson_outcomes(&j, &c->summary);
	ndjson_ended(&j, end);
	json_put_int(&j.o, "extra_effects", (int64_t)c->r.extra);
	json_arr(&j.o, "guards");
	while (guards.n)
		json_put_str(&j.o, NULL, str_cut(&guards, '\n'));
	json_arr_end(&j.o);
	ndjson_end(&j, stdout);
}

static void tell(const struct rehearse_command *c, const struct cli *cli)
{
	bool json = cli_count(cli, OPTION_JSON) > 0;
	const char *audit = cli_text(cli, OPTION_AUDIT);
	/* Data may have taken the standard output. */
	bool taken = json || strcmp(c->out, "-") == 0 || (audit && strcmp(audit, "-") == 0);
	FILE *out = taken ? stderr : stdout;
	char now[TIME_TEXT];
	struct cli_page page;
	struct summary_end end = {
		.run = c->r.run.name,
		.result = c->out,
		.n_changes = c->r.sent.apple_writes + c->r.sent.uem_writes,
		.n_triggers = c->r.sent.uem_triggers,
		.n_reads = c->r.sent.apple_reads + c->r.sent.uem_reads,
		.took_ms = c->r.took_ms,
		.status = c->status,
		.color = cli_color(cli, out),
	};

	if (json)
		put_rehearsal(c, &end);
	if (cli_count(cli, OPTION_QUIET)) {
		summary_short(&c->summary, c->status, stderr);
		return;
	}
	out = cli_page_begin(&page, out);
	(void)fprintf(out, "Simulation only, as of %s\n", time_rfc3339_s(c->r.run.now_ms, now));
	summary_print(&c->summary, &end, out);
	print_forecast(c, out);
	cli_page_end(&page);
}

/* --- every scenario --- */

static void put_scenario(const struct rehearse_command *c, const char *name)
{
	struct ndjson j;

	ndjson_begin(&j, "scenario");
	json_put_z(&j.o, "scenario", name);
	ndjson_outcomes(&j, &c->summary);
	json_put_int(&j.o, "extra_effects", (int64_t)c->r.extra);
	json_put_int(&j.o, "took_ms", c->r.took_ms);
	json_put_int(&j.o, "status", c->status);
	ndjson_end(&j, stdout);
}

static void add_line(struct text_table *t, const struct rehearse_command *c, const char *name)
{
	char words[TIME_TEXT];
	struct buf outcomes;

	buf_init(&outcomes, TEXT_MAX_BYTES);
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (c->summary.rows[i])
			buf_printf(&outcomes, "%s%zu %s", outcomes.n ? ", " : "",
				c->summary.rows[i], outcome_info((enum outcome)i)->word);
	table_cell(t, str_from(name));
	table_number(t, (size_t)c->r.extra);
	table_cell(t, str_from(duration_words(c->r.took_ms, words)));
	table_number(t, (size_t)c->status);
	table_cell(t, outcomes.n ? buf_view(&outcomes) : STR("no run"));
	buf_release(&outcomes);
}

static enum errc rehearse_all(const struct cli *cli, int *ret_status, struct err *err)
{
	static const char *const titles[] = { "SCENARIO", "EXTRA", "TOOK", "STATUS", "ROWS" };
	struct text_table *t;
	struct arena arena;
	const char **names = NULL;
	size_t n = 0;
	enum errc rc;

	if (strcmp(cli->args[0], "-") == 0)
		return err_set(
			err, ERR_USAGE, "--scenario all reads the CSV many times: name a file");
	arena_init(&arena);
	rc = world_scenarios(&arena, &names, &n, err);
	t = table_new("lrrrl");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		table_cell(t, str_from(titles[i]));
	for (size_t i = 0; i < n && !stop_signal(); i++) {
		const char *one[] = { names[i], NULL };
		struct rehearse_command c = { .scenarios = one };

		log_info("scenario %s", names[i]);
		run(&c, cli);
		if (cli_count(cli, OPTION_JSON))
			put_scenario(&c, names[i]);
		else
			add_line(t, &c, names[i]);
		*ret_status = i ? status_first(*ret_status, c.status) : c.status;
		release(&c);
	}
	log_status(NULL);
	if (!rc && !cli_count(cli, OPTION_JSON))
		table_print_within(t, fold_columns(stdout), stdout);
	table_free(t);
	free(names);
	arena_release(&arena);
	return rc;
}

static int rehearse_one(const struct cli *cli, const char **scenarios)
{
	struct rehearse_command c = { .scenarios = scenarios };
	struct err err;
	int status;

	c.out = cli_text(cli, OPTION_OUT) ? mem_strdup(cli_text(cli, OPTION_OUT))
					  : result_path_named(cli->args[0], "rehearsal");
	if (cli_check_json(cli, OPTION_OUT, c.out, &err))
		c.status = cli_fail(cli, &err);
	else
		run(&c, cli);
	if (c.r.has_run)
		tell(&c, cli);
	status = c.status;
	release(&c);
	free(c.out);
	return status;
}

int cmd_rehearse(const struct cli *cli)
{
	size_t n;
	const char **scenarios = cli_list(cli, OPTION_SCENARIO, &n);
	struct err err;
	int status = 0;

	if (n == 1 && strcmp(scenarios[0], "all") == 0) {
		if (rehearse_all(cli, &status, &err))
			status = cli_fail(cli, &err);
	} else {
		status = rehearse_one(cli, scenarios);
	}
	free(scenarios);
	return status;
}
