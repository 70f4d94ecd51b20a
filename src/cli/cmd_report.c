/* Writes a run's result again; --verify re-checks the chain of its audit trail. */
#include <stdio.h>

#include "cli/stored.h"
#include "report/html.h"
#include "report/metrics.h"
#include "report/xlsx.h"

static enum errc verify(struct stored *s, struct err *err)
{
	int64_t n;
	enum errc rc = store_events_verify(s->store, &n, err);

	if (!rc)
		(void)printf("the audit trail is whole: %lld events\n", (long long)n);
	return rc;
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

static enum errc write_reports(struct stored *s, const struct cli *cli, struct err *err)
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

static enum errc report(struct stored *s, const struct cli *cli, struct err *err)
{
	const char *csv = cli_text(cli, OPTION_CSV);
	struct summary counts;
	bool others = false;
	enum errc rc;

	for (size_t i = 0; i < REPORTS; i++)
		others |= cli_count(cli, reports[i].option) > 0;
	if (!csv && !others && !cli_count(cli, OPTION_VERIFY))
		return err_set(err, ERR_USAGE,
			"what to write? --csv, --html, --xlsx or --metrics FILE, or --verify");
	rc = stored_run(s, cli->args[0], err);
	if (!rc && cli_count(cli, OPTION_VERIFY))
		rc = verify(s, err);
	if (!rc && csv)
		rc = stored_rows(s, csv, cli_count(cli, OPTION_RAW_CSV) > 0, &counts, err);
	if (!rc && others)
		rc = write_reports(s, cli, err);
	return rc;
}

int cmd_report(const struct cli *cli)
{
	struct stored s;
	struct err err;
	enum errc rc = stored_open(&s, cli, &err);

	if (!rc)
		rc = report(&s, cli, &err);
	stored_close(&s);
	return rc ? cli_fail(cli, &err) : 0;
}
