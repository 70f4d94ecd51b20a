/* Writes a run's result again; --verify re-checks the chain of its audit trail. */
#include <stdio.h>

#include "base/log.h"
#include "base/plural.h"
#include "cli/app/outputs.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "report/html.h"
#include "report/metrics.h"
#include "report/ndjson.h"
#include "report/open_items.h"
#include "report/xlsx.h"

static enum errc put_event(void *self, const struct event_record *e, struct err *err)
{
	const struct saved_run *s = self;
	struct ndjson j;

	(void)err;
	ndjson_begin(&j, "event");
	json_put_z(&j.o, "run", s->run.name);
	ndjson_time(&j, "at", e->at_ms);
	json_put_str(&j.o, "kind", e->kind);
	json_put_str(&j.o, "text", e->text);
	json_put_str(&j.o, "hash", e->hash);
	ndjson_end(&j, stdout);
	return ERR_OK;
}

static enum errc verify(struct saved_run *s, bool json, struct err *err)
{
	struct ndjson j;
	char at[TIME_TEXT] = "";
	int64_t n, from;
	enum errc rc = store_events_verify(s->store, &n, &from, err);

	if (!rc && json)
		rc = store_events(s->store, s->run.id, put_event, s, err);
	if (rc)
		return rc;
	if (from != TIME_NONE)
		(void)time_rfc3339_s(from, at);
	if (!json) {
		(void)printf("the audit trail is whole%s%s: %lld event%s\n",
			at[0] ? ", from the first event after " : "", at, (long long)n,
			plural((uint64_t)n));
		return ERR_OK;
	}
	ndjson_begin(&j, "audit");
	json_put_int(&j.o, "events", n);
	if (at[0])
		json_put_z(&j.o, "pruned_until", at);
	ndjson_end(&j, stdout);
	return ERR_OK;
}

static const struct {
	enum option_id option;
	enum errc (*write)(const struct report_source *s, const char *path, struct err *err);
} reports[] = {
	{ OPTION_HTML, report_html },
	{ OPTION_XLSX, report_xlsx },
	{ OPTION_METRICS, report_metrics },
};
enum { REPORTS = sizeof(reports) / sizeof(reports[0]) };

static enum errc write_reports(struct saved_run *s, const struct cli *cli, struct err *err)
{
	struct clock *clock = clock_real();
	struct report_source source = {
		.store = s->store,
		.settings = s->settings,
		.run = &s->run,
		.input = &s->input,
		.now_ms = clock_now(clock),
	};
	enum errc rc = run_results_load(s->store, s->run.id, &source.rows, err);

	clock_free(clock);
	if (rc)
		return rc;
	for (size_t i = 0; i < REPORTS && !rc; i++)
		if (cli_text(cli, reports[i].option))
			rc = reports[i].write(&source, cli_text(cli, reports[i].option), err);
	run_results_free(source.rows);
	return rc;
}

/* What is open: all of it for --tickets, only what is new with --new. */
static enum errc report_open(struct saved_run *s, const struct cli *cli, struct err *err)
{
	const char *tickets = cli_text(cli, OPTION_TICKETS);
	bool new = cli_count(cli, OPTION_NEW) > 0, found = false;
	struct run_record before;
	struct open_items items;
	enum errc rc = ERR_OK;

	if (new)
		rc = open_items_before(s->store, &s->run, &before, &found, err);
	if (rc)
		return rc;
	rc = open_items_load(
		&items, s->store, s->settings->tenant, &s->run, found ? &before : NULL, err);
	if (!rc && tickets)
		rc = open_items_tickets(&items, tickets, cli_count(cli, OPTION_RAW_CSV) > 0, err);
	if (!rc && new &&cli_count(cli, OPTION_JSON))
		open_items_tell(&items, stdout);
	else if (!rc && new && !tickets)
		open_items_print(&items, stdout);
	open_items_release(&items);
	return rc;
}

static enum errc check_wishes(const struct cli *cli, bool *ret_reports, struct err *err)
{
	enum errc rc = ERR_OK;

	*ret_reports = false;
	for (size_t i = 0; i < REPORTS; i++)
		*ret_reports |= cli_text(cli, reports[i].option) != NULL;
	if (!*ret_reports && !cli_count(cli, OPTION_CSV) && !cli_count(cli, OPTION_JSON) &&
		!cli_count(cli, OPTION_VERIFY) && !cli_count(cli, OPTION_TICKETS) &&
		!cli_count(cli, OPTION_NEW))
		rc = err_set(err, ERR_USAGE,
			"what to write? --csv, --html, --xlsx, --metrics or --tickets FILE, "
			"--json, --new, or --verify");
	return rc;
}

/* Files and lines of all rows. */
static enum errc report_rows(
	struct saved_run *s, const struct cli *cli, bool others, struct err *err)
{
	const char *csv = cli_text(cli, OPTION_CSV);
	/* With --new its lines are the open items. */
	bool json = cli_count(cli, OPTION_JSON) > 0 && !cli_count(cli, OPTION_NEW);
	struct summary counts;
	enum errc rc = csv || others ? run_input_check(&s->input, &s->run, err) : ERR_OK;

	if (!rc && (csv || json))
		rc = saved_run_rows(s, csv, cli_count(cli, OPTION_RAW_CSV) > 0, &counts, err);
	if (!rc && others)
		rc = write_reports(s, cli, err);
	if (!rc && json)
		rc = saved_run_rows_tell(s, err);
	if (!rc && json)
		saved_run_tell(s, &counts);
	return rc;
}

static void say_written(const struct cli *cli)
{
	static const enum option_id files[] = { OPTION_CSV, OPTION_HTML, OPTION_XLSX,
		OPTION_METRICS, OPTION_TICKETS };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && !cli_count(cli, OPTION_QUIET);
		i++) {
		const char *path = cli_text(cli, files[i]);

		if (path && strcmp(path, "-") != 0)
			text_line(stderr, "result   %s", path);
	}
}

static enum errc report(struct saved_run *s, const struct cli *cli, struct err *err)
{
	bool others;
	enum errc rc = check_wishes(cli, &others, err);

	if (!rc)
		rc = saved_run_load(s, cli->args[0], err);
	if (!rc)
		rc = outputs_check_run(cli, s->store, &s->run, err);
	if (!rc && cli_count(cli, OPTION_VERIFY))
		rc = verify(s, cli_count(cli, OPTION_JSON) > 0, err);
	if (!rc && (cli_text(cli, OPTION_TICKETS) || cli_count(cli, OPTION_NEW)))
		rc = report_open(s, cli, err);
	if (!rc)
		rc = report_rows(s, cli, others, err);
	if (!rc)
		say_written(cli);
	return rc;
}

int cmd_report(const struct cli *cli)
{
	return saved_run_reader(cli, report);
}
