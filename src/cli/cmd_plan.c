/* What would be done to which device, and why. Only reads from the services. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/expect.h"
#include "cli/prepare.h"
#include "cli/write_rows.h"
#include "report/status.h"

struct plan_rows {
	struct prepared *p;
	struct buf steps, before;
};

static enum errc give_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct plan_rows *r = self;

	(void)err;
	plan_row(&r->p->plan, n, &r->steps, &r->before, ret);
	return ERR_OK;
}

static struct str server_of(const struct prepared *p, uint32_t n)
{
	uint32_t slot = plan_slot(&p->plan, &p->input.rows[n]), server;

	if (slot == MAP_NONE || !fleet_server_of(&p->session.fleet, slot, &server))
		return STR("");
	return fleet_server_name(&p->session.fleet, server);
}

static void print_summary(struct plan_rows *r, FILE *out)
{
	struct plan_summary *s = plan_summary_new();
	struct run_row row;

	for (size_t i = 0; i < rules_count(r->p->rules); i++)
		plan_summary_rule(s, rules_info(r->p->rules, i)->name);
	for (uint32_t i = 0; i < r->p->input.n_rows; i++) {
		plan_row(&r->p->plan, i, &r->steps, &r->before, &row);
		plan_summary_row(s, row.rule, server_of(r->p, i), row.steps, row.outcome);
	}
	plan_summary_print(s, out);
	plan_summary_free(s);
	if (r->p->plan.n_planned)
		(void)fprintf(out, "fingerprint %.12s\n", r->p->plan.fingerprint);
}

/* The CSV goes to --out or to a pipe; a terminal gets the summary. */
static enum errc show(struct plan_rows *r, struct summary *ret, struct err *err)
{
	const char *out = cli_text(r->p->cli, OPTION_OUT);
	bool terminal = isatty(STDOUT_FILENO);
	struct result_options opt = {
		.path = out        ? out
			: terminal ? NULL
				   : "-",
		.columns = &r->p->input.columns,
		.n_columns = r->p->input.widest,
		.delimiter = r->p->input.delimiter,
		.raw_csv = cli_count(r->p->cli, OPTION_RAW_CSV) > 0,
	};
	enum errc rc = write_rows(&r->p->input, r->p->input.n_rows, give_row, r, &opt, ret, err);

	if (!rc && cli_count(r->p->cli, OPTION_QUIET) == 0)
		print_summary(r, terminal && !(out && strcmp(out, "-") == 0) ? stdout : stderr);
	return rc;
}

/* For --expect: the same CSV once more, beside the store. */
static enum errc remember(struct plan_rows *r, struct err *err)
{
	struct prepared *p = r->p;
	struct result_options opt = {
		.columns = &p->input.columns,
		.n_columns = p->input.widest,
		.delimiter = p->input.delimiter,
	};
	struct summary counts;
	char *path;
	enum errc rc = expect_remember(p->session.store, &p->plan, &path, err);

	if (rc)
		return rc;
	opt.path = path;
	(void)unlink(path); /* the same plan again */
	rc = write_rows(&p->input, p->input.n_rows, give_row, r, &opt, &counts, err);
	free(path);
	return rc;
}

static enum errc make_plan(struct prepared *p, struct err *err)
{
	bool offline = cli_count(p->cli, OPTION_OFFLINE) > 0;
	struct session_options opt = { .max_wait_ms = INT64_MAX };
	enum errc rc = prepare_load(p, p->cli, !offline, err);

	if (!rc)
		rc = prepare_input(p, NULL, err);
	if (!rc && !offline) {
		opt.max_wait_ms = cli_duration_ms(p->cli, OPTION_MAX_WAIT, INT64_MAX);
		rc = session_open(&p->session, p->settings, &opt, err);
		if (!rc)
			rc = session_connect(&p->session, err);
		p->online = !rc;
	}
	return rc ? rc : prepare_plan(p, err);
}

int cmd_plan(const struct cli *cli)
{
	struct prepared p = { .cli = cli };
	struct plan_rows rows = { .p = &p };
	struct summary summary = { 0 };
	struct err err;
	int status = 0;
	enum errc rc;

	buf_init(&rows.steps, 1024 * 1024);
	buf_init(&rows.before, 64 * 1024);
	rc = make_plan(&p, &err);
	if (!rc)
		rc = show(&rows, &summary, &err);
	if (!rc && p.online && p.plan.n_planned)
		rc = remember(&rows, &err);
	if (rc)
		status = cli_fail(cli, &err);
	else if (cli_count(cli, OPTION_DETAILED_EXITCODE) && p.plan.n_planned)
		status = status_first(2, summary_status(&summary));
	else
		status = summary_status(&summary);
	buf_release(&rows.steps);
	buf_release(&rows.before);
	prepare_release(&p);
	return status;
}
