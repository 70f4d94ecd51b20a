/* `apply` against a simulated Apple and UEM that go by a virtual clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/app/context.h"
#include "cli/app/not_started.h"
#include "cli/app/write_rows.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "cli/rehearse_world.h"
#include "io/clock.h"
#include "model/program.h"
#include "plan/guard.h"
#include "report/ndjson.h"
#include "report/status.h"
#include "report/table.h"
#include "run/audit.h"
#include "wire/stop.h"

enum { DAY_MS = 86400000, TEXT_MAX_BYTES = 1024 * 1024 };

/* What a wave would leave behind if nothing worked after its first step. */
struct wave {
	uint32_t devices, off;
};

struct rehearsal {
	const struct cli *cli;
	const char **scenarios; /* NULL-terminated */
	char *out;              /* result file; NULL: none */
	struct world world;
	struct rehearse_fleet fleet;
	struct context p;
	char identity[65];
	int64_t started_ms;
	struct run_record run;
	bool has_run;
	struct buf guards; /* what each one that would fire says, a line each */
	struct wave *waves;
	size_t n_waves, cap_waves;
	/* how it ended */
	struct summary summary;
	struct transport_counts sent;
	int64_t took_ms;
	uint64_t extra;
	int status;
};

/* --- the way to a run --- */

/* The same all day long, so that a rehearsal can be repeated. */
static int64_t begin_ms(const struct cli *cli)
{
	struct clock *clock = clock_real();
	int64_t now = clock_now(clock);

	clock_free(clock);
	return cli_time(cli, OPTION_NOW, now - now % DAY_MS);
}

static enum errc prepare_world(struct rehearsal *r, struct err *err)
{
	struct world_options opt = {
		.scenarios = r->scenarios,
		.seed = cli_number(r->cli, OPTION_SEED, 1),
	};
	enum errc rc = stop_open(err);

	if (!rc)
		rc = world_open(&r->world, err);
	if (!rc)
		rc = context_load(&r->p, r->cli, false, err);
	if (!rc)
		rc = context_read_input(&r->p, r->world.folder, err);
	if (!rc)
		rc = rehearse_fleet_write(&r->fleet, &r->p, cli_text(r->cli, OPTION_INVENTORY),
			r->world.folder, r->world.fleet, err);
	if (!rc)
		rc = world_start(&r->world, &r->fleet, &opt, err);
	if (!rc)
		rc = world_settings(&r->world, &r->p.settings, &r->fleet, &r->p.diags, err);
	return rc;
}

static enum errc connect(struct rehearsal *r, struct err *err)
{
	struct session_options opt = {
		.max_wait_ms = cli_duration_ms(r->cli, OPTION_MAX_WAIT, INT64_MAX),
		.rehearsal = true,
		.from_ms = begin_ms(r->cli),
	};
	enum errc rc = run_identity(
		&r->p.input, r->p.rules, r->p.settings->apple.client_id, r->identity, err);

	if (!rc)
		rc = context_open_session(&r->p, opt, err);
	if (!rc)
		rc = session_connect(&r->p.session, err);
	r->p.online = !rc;
	if (!rc)
		r->started_ms = transport_now(r->p.session.transport);
	return rc;
}

static void note_guard(void *self, const char *says)
{
	struct rehearsal *r = self;

	buf_printf(&r->guards, "guard    %s\n", says);
}

/* How large the organization is, only an inventory knows. */
static enum errc ask_guards(struct rehearsal *r, struct err *err)
{
	size_t n;
	const char **allowed = cli_list(r->cli, OPTION_ALLOW, &n);
	enum errc rc;

	if (!r->fleet.has_inventory) {
		allowed = mem_realloc(allowed, n + 2, sizeof(*allowed));
		allowed[n] = "percent=100";
		allowed[n + 1] = NULL;
	}
	rc = guard_each(&r->p.plan, rules_policy(r->p.rules), allowed, note_guard, r, err);
	free(allowed);
	return rc;
}

static enum errc freeze(struct rehearsal *r, struct err *err)
{
	struct buf audit;
	struct freeze f = {
		.input_path = r->cli->args[0],
		.identity = r->identity,
		.policy = rules_policy(r->p.rules),
	};
	enum errc rc;

	buf_init(&audit, TEXT_MAX_BYTES);
	audit_describe(&r->p.plan, r->p.settings, NULL, &audit);
	f.audit = buf_view(&audit);
	rc = run_freeze(&r->p.plan, r->p.session.store, &f, r->started_ms, &r->run, err);
	r->has_run = !rc;
	buf_release(&audit);
	return rc;
}

/* --- the worst case --- */

static bool begins_off(const struct work_program *program, struct str results)
{
	for (uint32_t i = 0; i < program->n && i < results.n; i++)
		if (results.p[i] == RESULT_TODO)
			return step_info(program->v[i].kind)->takes_off;
	return false;
}

static enum errc note_device(void *self, const struct device_record *d, struct err *err)
{
	struct rehearsal *r = self;
	struct work_program work;
	struct program program;
	struct arena arena;
	enum errc rc;

	arena_init(&arena);
	rc = program_decode(d->program, &arena, &program, err);
	if (!rc) {
		work_outline(&program, &arena, &work);
		while (r->n_waves <= d->wave) {
			MEM_GROW(r->waves, r->n_waves, r->cap_waves);
			r->waves[r->n_waves++] = (struct wave){ 0 };
		}
		r->waves[d->wave].devices++;
		r->waves[d->wave].off += begins_off(&work, d->results);
	}
	arena_release(&arena);
	return rc;
}

/* --- the run --- */

static enum errc carry_out(struct rehearsal *r, struct err *err)
{
	struct surroundings s = {
		.store = r->p.session.store,
		.transport = r->p.session.transport,
		.facts = &r->p.session.facts,
		.settings = r->p.settings,
		.halt_failed_percent = cli_count(r->cli, OPTION_PAST_HALT)
					       ? 100
					       : rules_policy(r->p.rules)->halt_failed_percent,
		.progress = progress_job,
		.progress_self = r->p.progress,
	};
	enum errc rc = context_make_plan(&r->p, err);

	if (!rc)
		rc = ask_guards(r, err);
	if (!rc)
		rc = freeze(r, err);
	if (!rc)
		rc = store_devices(r->p.session.store, r->run.id, note_device, r, err);
	return rc ? rc : run_work(&s, r->run.id, err);
}

static enum errc give_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	return run_results_row(self, n, ret, err);
}

static enum errc write_results(struct rehearsal *r, enum errc ended, struct err *err)
{
	struct result_options opt = {
		.path = r->out,
		.columns = &r->p.input.columns,
		.n_columns = r->p.input.widest,
		.delimiter = r->p.input.delimiter,
		.run = r->run.name,
		.raw_csv = cli_count(r->cli, OPTION_RAW_CSV) > 0,
	};
	/* Of every scenario, the rows would be too much. */
	bool json = r->out && cli_count(r->cli, OPTION_JSON);
	struct run_results *rows = NULL;
	struct not_started rest;
	enum errc rc;

	if (!r->has_run) {
		not_started_init(&rest, &r->p, ended);
		rc = write_rows(&r->p.input, r->p.input.n_rows, not_started_row, &rest, &opt,
			&r->summary, err);
		if (!rc && json)
			rc = tell_rows(r->p.input.n_rows, not_started_row, &rest, err);
		not_started_release(&rest);
		return rc;
	}
	rc = run_results_load(r->p.session.store, r->run.id, &rows, err);
	if (!rc)
		rc = write_rows(
			&r->p.input, r->p.input.n_rows, give_row, rows, &opt, &r->summary, err);
	if (!rc && json)
		rc = tell_rows(r->p.input.n_rows, give_row, rows, err);
	run_results_free(rows);
	return rc;
}

static void settle(struct rehearsal *r, enum errc ended, struct err *why)
{
	const char *audit = cli_text(r->cli, OPTION_AUDIT);
	struct err err;
	enum errc rc = ERR_OK;

	if (ended)
		r->status = ended == ERR_STOPPED && stop_signal() ? 128 + stop_signal()
								  : cli_fail(r->cli, why);
	if (!r->identity[0])
		return;
	rc = write_results(r, ended, &err);
	if (r->p.online) {
		r->sent = transport_counts(r->p.session.transport);
		r->took_ms = transport_now(r->p.session.transport) - r->started_ms;
	}
	world_stop(&r->world);
	if (!rc && audit)
		rc = world_keep_audit(&r->world, audit, &err);
	if (!rc)
		rc = world_extra_effects(&r->world, &r->extra, &err);
	if (rc)
		r->status = status_first(r->status, cli_fail(r->cli, &err));
	r->status = status_first(r->status, summary_status(&r->summary));
}

static void rehearse(struct rehearsal *r)
{
	struct err err;
	enum errc rc;

	buf_init(&r->guards, TEXT_MAX_BYTES);
	rc = prepare_world(r, &err);
	if (!rc)
		rc = connect(r, &err);
	if (!rc)
		rc = carry_out(r, &err);
	settle(r, rc, &err);
}

static void release(struct rehearsal *r)
{
	context_release(&r->p);
	rehearse_fleet_release(&r->fleet);
	world_close(&r->world);
	buf_release(&r->guards);
	free(r->waves);
}

/* --- what is told --- */

static void print_forecast(struct rehearsal *r, FILE *out)
{
	struct buf unknowable;

	(void)fputs(r->guards.n ? buf_cstr(&r->guards) : "guards   none would fire\n", out);
	if (!r->fleet.has_inventory)
		(void)fputs("guards   limits.percent was not asked: how large the organization is, "
			    "only --inventory tells\n",
			out);
	for (size_t i = 0; i < r->n_waves; i++)
		(void)fprintf(out,
			"wave %-3zu %u devices; if every step after the first failed, %u would be "
			"off their server\n",
			i + 1, r->waves[i].devices, r->waves[i].off);
	(void)fprintf(out, "extra    %llu effects beyond the plan\n", (unsigned long long)r->extra);
	buf_init(&unknowable, TEXT_MAX_BYTES);
	rehearse_fleet_unknowable(&r->fleet, r->p.rules, &unknowable);
	if (unknowable.n)
		text_line(out, "unknown  %s: the simulator's answers stood in%s",
			buf_cstr(&unknowable),
			r->fleet.has_inventory ? "" : " (--inventory, --assume)");
	buf_release(&unknowable);
}

static void put_rehearsal(const struct rehearsal *r, const struct summary_end *end)
{
	struct str guards = buf_view(&r->guards);
	struct ndjson j;

	ndjson_begin(&j, "rehearsal");
	json_put_z(&j.o, "run", end->run);
	ndjson_time(&j, "as_of", r->run.now_ms);
	ndjson_outcomes(&j, &r->summary);
	ndjson_ended(&j, end);
	json_put_int(&j.o, "extra_effects", (int64_t)r->extra);
	json_arr(&j.o, "guards");
	while (guards.n) {
		struct str line = str_cut(&guards, '\n');

		(void)str_cut(&line, ' ');
		json_put_str(&j.o, NULL, str_trim(line));
	}
	json_arr_end(&j.o);
	ndjson_end(&j, stdout);
}

static void tell(struct rehearsal *r)
{
	bool json = cli_count(r->cli, OPTION_JSON) > 0;
	/* Data may have taken the standard output. */
	FILE *out = json || strcmp(r->out, "-") == 0 ? stderr : stdout;
	char now[TIME_TEXT];
	struct cli_page page;
	struct summary_end end = {
		.run = r->run.name,
		.result = r->out,
		.n_changes = r->sent.apple_writes + r->sent.uem_writes,
		.n_triggers = r->sent.uem_triggers,
		.n_reads = r->sent.apple_reads + r->sent.uem_reads,
		.took_ms = r->took_ms,
		.status = r->status,
		.color = cli_color(r->cli, out),
	};

	if (json)
		put_rehearsal(r, &end);
	if (cli_count(r->cli, OPTION_QUIET))
		return;
	out = cli_page_begin(&page, out);
	(void)fprintf(out, "rehearsed as of %s; nothing real was touched\n",
		time_rfc3339_s(r->run.now_ms, now));
	summary_print(&r->summary, &end, out);
	print_forecast(r, out);
	cli_page_end(&page);
}

/* --- every scenario --- */

static void put_scenario(const struct rehearsal *r, const char *name)
{
	struct ndjson j;

	ndjson_begin(&j, "scenario");
	json_put_z(&j.o, "scenario", name);
	ndjson_outcomes(&j, &r->summary);
	json_put_int(&j.o, "extra_effects", (int64_t)r->extra);
	json_put_int(&j.o, "took_ms", r->took_ms);
	json_put_int(&j.o, "status", r->status);
	ndjson_end(&j, stdout);
}

static void add_line(struct table *t, const struct rehearsal *r, const char *name)
{
	char words[TIME_TEXT];
	struct buf outcomes;

	buf_init(&outcomes, TEXT_MAX_BYTES);
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (r->summary.rows[i])
			buf_printf(&outcomes, "%s%zu %s", outcomes.n ? ", " : "",
				r->summary.rows[i], outcome_info((enum outcome)i)->word);
	table_cell(t, str_from(name));
	table_cell(t, outcomes.n ? buf_view(&outcomes) : STR("no run"));
	table_number(t, (size_t)r->extra);
	table_cell(t, str_from(duration_words(r->took_ms, words)));
	table_number(t, (size_t)r->status);
	buf_release(&outcomes);
}

static enum errc rehearse_all(const struct cli *cli, int *ret_status, struct err *err)
{
	static const char *const titles[] = { "SCENARIO", "ROWS", "EXTRA", "TOOK", "STATUS" };
	struct table *t;
	struct arena arena;
	const char **names = NULL;
	size_t n = 0;
	enum errc rc;

	if (strcmp(cli->args[0], "-") == 0)
		return err_set(
			err, ERR_USAGE, "--scenario all reads the CSV many times: name a file");
	arena_init(&arena);
	rc = world_scenarios(&arena, &names, &n, err);
	t = table_new("llrrr");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		table_cell(t, str_from(titles[i]));
	for (size_t i = 0; i < n && !stop_signal(); i++) {
		const char *one[] = { names[i], NULL };
		struct rehearsal r = { .cli = cli, .scenarios = one };

		log_info("scenario %s", names[i]);
		rehearse(&r);
		if (cli_count(cli, OPTION_JSON))
			put_scenario(&r, names[i]);
		else
			add_line(t, &r, names[i]);
		*ret_status = i ? status_first(*ret_status, r.status) : r.status;
		release(&r);
	}
	log_status(NULL);
	if (!rc && !cli_count(cli, OPTION_JSON))
		table_print(t, stdout);
	table_free(t);
	free(names);
	arena_release(&arena);
	return rc;
}

static int rehearse_one(const struct cli *cli, const char **scenarios)
{
	struct rehearsal r = { .cli = cli, .scenarios = scenarios };
	struct err err;
	int status;

	r.out = cli_text(cli, OPTION_OUT) ? mem_strdup(cli_text(cli, OPTION_OUT))
					  : result_path_named(cli->args[0], "rehearsal");
	if (cli_check_json(cli, OPTION_OUT, r.out, &err))
		r.status = cli_fail(cli, &err);
	else
		rehearse(&r);
	if (r.has_run)
		tell(&r);
	status = r.status;
	release(&r);
	free(r.out);
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
