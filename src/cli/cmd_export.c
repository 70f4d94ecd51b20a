/* The live inventory of both services, or where it disagrees with a CSV. Changes nothing. */
#include <stdio.h>

#include "base/log.h"
#include "cli/confine.h"
#include "cli/prepare.h"
#include "survey/survey.h"

struct exporting {
	struct prepared p;
	struct survey survey;
	struct survey_options opt;
	const char *compare; /* NULL: the inventory itself */
	uint64_t n;          /* rows written */
};

static enum errc connect_to_both(struct exporting *e, struct err *err)
{
	struct session_options opt = {
		.max_wait_ms = cli_duration_ms(e->p.cli, OPTION_MAX_WAIT, INT64_MAX),
	};
	enum errc rc = prepare_session(&e->p, opt, err);

	if (rc)
		return rc;
	cli_confine(e->p.settings, cli_text(e->p.cli, OPTION_OUT));
	return session_connect(&e->p.session, err);
}

static enum errc read_all(struct exporting *e, struct err *err)
{
	enum errc rc = survey_open(&e->survey, &e->p.session, "export.db", err);

	if (!rc && e->survey.resumed && !cli_count(e->p.cli, OPTION_QUIET))
		(void)fputs("going on where the last export was cut\n", stderr);
	if (!rc)
		rc = survey_read(&e->survey, err);
	if (!rc && e->opt.detail)
		rc = survey_read_details(&e->survey, err);
	if (rc && errc_info(rc)->retry == RETRY_LATER && rc != ERR_LOCKED)
		return err_wrap(err, "export again within 6 hours goes on from here: ");
	return rc;
}

static enum errc write_all(struct exporting *e, struct err *err)
{
	enum errc rc = read_all(e, err);

	if (!rc && e->compare)
		rc = survey_read_csv(&e->survey, &e->p.input, err);
	if (!rc)
		rc = e->compare ? survey_compare(&e->survey, &e->opt, &e->n, err)
				: survey_export(&e->survey, &e->opt, &e->n, err);
	return rc ? rc : outfile_commit(e->opt.out, NULL, err);
}

static enum errc export_all(struct exporting *e, const struct cli *cli, struct err *err)
{
	const char *path = cli_text(cli, OPTION_OUT);
	enum errc rc = prepare_without_rules(&e->p, cli, err);

	if (!rc && e->compare)
		rc = cli_load_input(cli, e->p.settings, NULL, e->compare, NULL, &e->p.input, err);
	if (!rc)
		rc = outfile_open(&e->opt.out, path ? path : "-", 0644, err);
	if (!rc)
		rc = connect_to_both(e, err);
	return rc ? rc : write_all(e, err);
}

int cmd_export(const struct cli *cli)
{
	struct exporting e = {
		.opt.raw_csv = cli_count(cli, OPTION_RAW_CSV) > 0,
		.opt.detail = cli_count(cli, OPTION_DETAIL) > 0,
		.compare = cli_text(cli, OPTION_COMPARE),
	};
	struct err err;
	enum errc rc = export_all(&e, cli, &err);
	int status = rc ? cli_fail(cli, &err) : 0;

	if (!rc && cli_count(cli, OPTION_QUIET) == 0)
		text_line(stderr, "%llu %s", (unsigned long long)e.n,
			e.compare ? "disagreements" : "devices");
	survey_close(&e.survey, rc != ERR_OK);
	outfile_free(e.opt.out);
	prepare_release(&e.p);
	return status;
}
