/* The live inventory of both services, or where it disagrees with a CSV. Changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/plural.h"
#include "cli/app/context.h"
#include "cli/app/sandbox_for.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/file.h"
#include "report/changes.h"
#include "report/ndjson.h"
#include "survey/survey.h"

struct exporting {
	struct context p;
	struct saved_run earlier; /* of --since RUN */
	struct changes changes;
	struct survey survey;
	struct survey_options opt;
	const char *compare; /* NULL: the inventory itself */
	bool since;          /* `compare` is an earlier export */
	bool off_server;     /* only what our account took off */
	const char *path;    /* of the CSV; NULL: none */
	uint64_t n;          /* rows written */
};

static enum errc connect_to_both(struct exporting *e, struct err *err)
{
	struct session_options opt = {
		.max_wait_ms = cli_duration_ms(e->p.cli, OPTION_MAX_WAIT, INT64_MAX),
	};
	enum errc rc = context_open_session(&e->p, opt, err);

	if (rc)
		return rc;
	sandbox_for_two(e->p.settings, cli_text(e->p.cli, OPTION_OUT),
		cli_text(e->p.cli, OPTION_HTML), NULL);
	return session_connect(&e->p.session, err);
}

static enum errc read_all(struct exporting *e, struct err *err)
{
	enum errc rc = survey_open(&e->survey, &e->p.session, "export.db", err);

	if (!rc && e->survey.resumed && !cli_count(e->p.cli, OPTION_QUIET))
		text_line(stderr, "going on where the last export was cut");
	if (!rc)
		rc = survey_read(&e->survey, err);
	if (!rc && e->opt.detail)
		rc = survey_read_details(&e->survey, err);
	if (rc && errc_info(rc)->retry == RETRY_LATER && rc != ERR_LOCKED)
		return err_wrap(err, "export again within 6 hours goes on from here: ");
	return rc;
}

static enum errc write_off_server(struct exporting *e, struct err *err)
{
	enum errc rc = survey_open(&e->survey, &e->p.session, "off_server.db", err);

	if (!rc)
		rc = survey_off_server(&e->survey, &e->opt, &e->n, err);
	return rc || !e->opt.out ? rc : outfile_commit(e->opt.out, NULL, err);
}

static enum errc write_all(struct exporting *e, struct err *err)
{
	enum errc rc = read_all(e, err);

	if (!rc && e->compare)
		rc = survey_read_csv(&e->survey, &e->p.input, err);
	input_forget_rows(&e->p.input);
	if (!rc && !e->compare)
		rc = survey_export(&e->survey, &e->opt, &e->n, err);
	else if (!rc)
		rc = (e->since ? survey_since : survey_compare)(&e->survey, &e->opt, &e->n, err);
	return rc || !e->opt.out ? rc : outfile_commit(e->opt.out, NULL, err);
}

/* `type` is what kind of line it is. */
static void put_row(void *self, const char *const *headers, const struct str *cells, size_t n)
{
	struct exporting *e = self;
	struct ndjson j;

	if (e->since)
		changes_take(&e->changes, headers, cells, n);
	if (!cli_count(e->p.cli, OPTION_JSON))
		return;
	ndjson_begin(&j, !e->compare ? "device" : e->since ? "change" : "disagreement");
	for (size_t i = 0; i < n; i++)
		ndjson_text(&j, strcmp(headers[i], "type") ? headers[i] : "product_type", cells[i]);
	ndjson_end(&j, stdout);
}

static void put_end(const struct exporting *e)
{
	struct ndjson j;

	ndjson_begin(&j, "export");
	json_put_z(&j.o, "compared", e->since ? cli_text(e->p.cli, OPTION_SINCE) : e->compare);
	json_put_int(&j.o, "rows", (int64_t)e->n);
	json_put_z(&j.o, "result", e->path);
	ndjson_end(&j, stdout);
}

/* One list at a time. */
static enum errc check_asked(const struct exporting *e, const struct cli *cli, struct err *err)
{
	if (e->since && (e->opt.detail || cli_count(cli, OPTION_COMPARE)))
		return err_set(err, ERR_USAGE, "--since goes without --compare and --detail");
	if (!e->since && cli_count(cli, OPTION_HTML))
		return err_set(err, ERR_USAGE, "--html goes with --since: a page of what changed");
	if (e->off_server && (e->compare || e->opt.detail))
		return err_set(err, ERR_USAGE,
			"--off-server goes without --compare, --since and --detail: it is a list "
			"of its own");
	return cli_check_json(cli, OPTION_OUT, e->path, err);
}

/* --since RUN: the list that run was given, as the state keeps it. */
static enum errc find_earlier(struct exporting *e, const struct cli *cli, struct err *err)
{
	enum errc rc;

	/* No run has such a name. */
	if (!e->since || file_exists(e->compare) || strpbrk(e->compare, "./") ||
		strcmp(e->compare, "-") == 0)
		return ERR_OK;
	rc = saved_run_open(&e->earlier, cli, err);
	if (!rc)
		rc = saved_run_load(&e->earlier, e->compare, err);
	if (rc)
		return err_wrap(err, "--since: no such file, and as a run: ");
	e->compare = e->earlier.input.input.spool;
	return run_input_check(&e->earlier.input, &e->earlier.run, err);
}

/* What else a list may be. A run may have been given one of some devices: all the others would look
 * new. NULL: an export, or a list of all devices. */
static const char *not_export(const struct input *in, bool of_run)
{
	const struct columns *columns = &in->columns;

	if (in->from_result)
		return "a result, with columns depmend_*";
	if (columns_find(columns, STR("change")) >= 0 &&
		columns_find(columns, STR("server_before")) >= 0)
		return "a list of changes, as --since writes it";
	if (columns_find(columns, STR("apple_status")) >= 0 &&
		columns_find(columns, STR("reason")) >= 0)
		return "a list of what disagrees, as --compare writes it";
	if (of_run && (columns->at[COLUMN_STATUS] < 0 || columns->at[COLUMN_SERVER] < 0 ||
			      columns_find(columns, STR("listed")) < 0))
		return "it has no columns status, server and listed";
	return NULL;
}

static enum errc check_earlier(const struct exporting *e, struct err *err)
{
	const char *why = e->since ? not_export(&e->p.input, e->earlier.has_run) : NULL;

	if (!why)
		return ERR_OK;
	return err_set(err, e->earlier.has_run ? ERR_USAGE : ERR_INPUT,
		"--since: %s%s is no export of depmend (%s): compare with one that 'depmend export "
		"--out FILE' wrote",
		e->earlier.has_run ? "the list of run " : "",
		e->earlier.has_run ? e->earlier.run.name : e->compare, why);
}

static enum errc write_page(struct exporting *e, struct err *err)
{
	const char *path = cli_text(e->p.cli, OPTION_HTML);
	const struct changes_page page = {
		.tenant = e->p.settings->tenant,
		.since = cli_text(e->p.cli, OPTION_SINCE),
		.now_ms = clock_now(e->p.session.clock),
		.whole = survey_is_whole(&e->survey) && !e->survey.partial_then,
	};

	return path ? changes_html(&e->changes, &page, path, err) : ERR_OK;
}

static enum errc export_all(struct exporting *e, const struct cli *cli, struct err *err)
{
	enum errc rc = check_asked(e, cli, err);

	if (!rc)
		rc = context_load_without_rules(&e->p, cli, err);
	if (!rc)
		rc = find_earlier(e, cli, err);
	if (!rc && e->compare)
		rc = cli_load_input(cli, e->p.settings, NULL, e->compare, NULL, &e->p.input, err);
	if (!rc && e->compare)
		rc = check_earlier(e, err);
	if (!rc && e->path)
		rc = outfile_open(&e->opt.out, e->path, 0644, err);
	if (!rc)
		rc = connect_to_both(e, err);
	if (rc)
		return rc;
	rc = e->off_server ? write_off_server(e, err) : write_all(e, err);
	return rc ? rc : write_page(e, err);
}

/* A CSV goes to a pipe by itself, and to a terminal only where there is no other answer. */
static const char *csv_path(const struct cli *cli)
{
	const char *path = cli_text(cli, OPTION_OUT);
	bool answered = cli_count(cli, OPTION_JSON) ||
			(cli_count(cli, OPTION_SINCE) &&
				(isatty(STDOUT_FILENO) || cli_count(cli, OPTION_HTML)));

	return path || answered ? path : "-";
}

/* How many, on stderr; of changes also which, where nothing else goes to the terminal. */
static void say_counts(const struct exporting *e)
{
	struct buf words;

	if (cli_count(e->p.cli, OPTION_QUIET))
		return;
	if (e->since && !e->path && !cli_count(e->p.cli, OPTION_JSON))
		changes_print(&e->changes, stdout);
	buf_init(&words, 4096);
	changes_words(&e->changes, &words);
	if (e->path && strcmp(e->path, "-") != 0)
		text_line(stderr, "result   %s", e->path);
	if (cli_text(e->p.cli, OPTION_HTML))
		text_line(stderr, "page     %s", cli_text(e->p.cli, OPTION_HTML));
	text_line(stderr, "%llu %s%s%s%s", (unsigned long long)e->n,
		!e->compare ? "device"
		: e->since  ? "change"
			    : "disagreement",
		plural(e->n), words.n ? ": " : "", buf_cstr(&words));
	buf_release(&words);
}

int cmd_export(const struct cli *cli)
{
	bool json = cli_count(cli, OPTION_JSON) > 0;
	int status;
	struct exporting e = {
		.path = csv_path(cli),
		.opt.each = json || cli_count(cli, OPTION_SINCE) ? put_row : NULL,
		.opt.each_self = &e,
		.opt.raw_csv = cli_count(cli, OPTION_RAW_CSV) > 0,
		.opt.detail = cli_count(cli, OPTION_DETAIL) > 0,
		.compare = cli_text(cli, OPTION_COMPARE),
		.opt.foreign = cli_allows(cli, "organization=yes"),
		.off_server = cli_count(cli, OPTION_OFF_SERVER) > 0,
	};
	struct err err;
	enum errc rc;

	changes_init(&e.changes);
	if (cli_count(cli, OPTION_SINCE)) {
		e.compare = cli_text(cli, OPTION_SINCE);
		e.since = true;
	}
	rc = export_all(&e, cli, &err);
	status = rc ? cli_fail(cli, &err) : 0;

	if (!rc && json)
		put_end(&e);
	if (!rc)
		say_counts(&e);
	changes_release(&e.changes);
	survey_close(&e.survey, rc != ERR_OK);
	outfile_free(e.opt.out);
	context_release(&e.p);
	saved_run_close(&e.earlier);
	return status;
}
