/* The inverse of a run: planned, or with --apply carried out as a run of its own. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/app/outputs.h"
#include "cli/app/plan_out.h"
#include "cli/app/run_command.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "facts/organization.h"
#include "undo/undo.h"

enum { LISTED_ROWS = 20 };

/* Without --rules: no limits of theirs; the default of waves. */
static const struct rules_policy policy = {
	.name = "undo",
	.limit_devices = UINT32_MAX,
	.limit_percent = UINT32_MAX,
	.halt_failed_percent = 10,
};

/* What the run did is taken back, whatever the rules want now; how, their limits, waves and halt
 * say. */
static enum errc load(struct context *p, const struct cli *cli, struct err *err)
{
	if (cli_count(cli, OPTION_RULES))
		return context_load(p, cli, true, err);
	if (cli_count(cli, OPTION_SET))
		return err_set(err, ERR_USAGE,
			"--set gives a parameter of rules, and undo has "
			"none without --rules");
	return context_load_without_rules(p, cli, err);
}

static const struct rules_policy *policy_of(const struct context *p)
{
	return p->rules ? rules_policy(p->rules) : &policy;
}

/* Its rows become the input; *ret_name: the whole name. */
static enum errc load_run(struct context *p, char ret_name[40], struct err *err)
{
	struct run_record run;
	enum errc rc = store_run_to_undo(p->session.store, p->cli->args[0], &run, err);

	if (rc) {
		err->code = ERR_USAGE;
		return ERR_USAGE;
	}
	(void)snprintf(ret_name, 40, "%s", run.name);
	rc = outputs_check_run(p->cli, p->session.store, &run, err);
	return rc ? rc : undo_input(p->session.store, &run, &p->input, err);
}

static enum errc plan_undo(struct context *p, const char *name, struct err *err)
{
	struct run_record run;
	enum errc rc = store_run_get(p->session.store, name, &run, err);

	if (rc)
		return rc;
	context_set_plan_options(p);
	return undo_plan(&p->plan, &p->input, p->session.store, &run, &p->plan_options, err);
}

/* --- plan --- */

static bool cannot(enum outcome o)
{
	return o == OUTCOME_MANUAL || o == OUTCOME_DRIFTED || o == OUTCOME_FAILED ||
	       o == OUTCOME_INVALID || o == OUTCOME_UNDECIDED || o == OUTCOME_PROTECTED ||
	       o == OUTCOME_UNVERIFIED;
}

/* Of a row that is taken back in part: what is not. NULL: nothing. */
static const char *lost_part(const struct plan *p, const struct input_row *row)
{
	return row->outcome == OUTCOME_PLANNED ? plan_program(p, row)->advice : NULL;
}

static void list_one(const struct plan *p, const struct input_row *row, FILE *out)
{
	const struct reason_info *why = reason_info((enum reason)row->reason);
	struct str serial = map_key(&p->input->serials, row->serial), detail = plan_detail(p, row);
	const char *part = lost_part(p, row);

	if (part)
		text_line(out, "%.*s cannot be undone in whole: %s", STR_FMT(serial), part);
	else
		text_line(out, "%.*s cannot be undone: %s: %s%s%.*s", STR_FMT(serial), why->code,
			why->sentence, detail.n ? ": " : "", STR_FMT(detail));
}

/* The rows that stay as they are, or as a part of them is, although the run changed them; and why.
 */
static void list_left(const struct plan *p, FILE *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->input->n_rows; i++) {
		const struct input_row row = input_row(p->input, i);

		if (row.rule != ROW_NO_RULE &&
			(cannot((enum outcome)row.outcome) || lost_part(p, &row)) &&
			n++ < LISTED_ROWS)
			list_one(p, &row, out);
	}
	if (n > LISTED_ROWS)
		text_line(out, "and %u more: see the CSV", n - LISTED_ROWS);
}

static enum errc make_plan(struct context *p, struct err *err)
{
	struct session_options opt = { .max_wait_ms = cli_duration_ms(
					       p->cli, OPTION_MAX_WAIT, INT64_MAX) };
	char name[40];
	enum errc rc = load(p, p->cli, err);

	if (!rc)
		rc = context_open_session(p, opt, err);
	if (!rc)
		rc = load_run(p, name, err);
	if (!rc) {
		sandbox_for(p->settings, cli_text(p->cli, OPTION_OUT), NULL);
		rc = session_connect(&p->session, err);
	}
	p->online = !rc;
	return rc ? rc : plan_undo(p, name, err);
}

static int show(const struct cli *cli)
{
	struct context p = { .cli = cli };
	struct err err;
	int status;
	enum errc rc = make_plan(&p, &err);

	status = rc ? cli_fail(cli, &err) : plan_tell(&p, policy_of(&p));
	if (!rc && cli_count(cli, OPTION_QUIET) == 0)
		list_left(&p.plan, stderr);
	context_release(&p);
	return status;
}

/* --- apply --- */

static enum errc plan_again(struct run_command *c, struct err *err)
{
	return plan_undo(&c->p, c->undoes, err);
}

static enum errc open_all(
	struct run_command *c, const struct cli *cli, char ret_name[40], struct err *err)
{
	enum errc rc = load(&c->p, cli, err);

	c->policy = policy_of(&c->p);
	if (!rc && !cli_allows(cli, "organization=yes"))
		rc = organization_joined(c->p.settings, err);
	if (!rc)
		rc = run_command_open(c, err);
	if (!rc)
		rc = load_run(&c->p, ret_name, err);
	cli->args[0] = ret_name; /* once there is this run, it is the latest */
	c->has_rows = !rc;
	if (!rc)
		undo_identity(c->p.settings->apple.account, ret_name, c->identity);
	return rc;
}

/* Beside whoever calls it: the folder of the run's own CSV may not be at hand. */
static char *result_path(const struct cli *cli, const char *name)
{
	const char *out = cli_text(cli, OPTION_OUT);
	char *path;

	if (out)
		return mem_strdup(out);
	path = mem_printf("undo-%s.result.csv", name);
	return path;
}

static int carry(const struct cli *cli)
{
	char name[40] = "";
	struct run_command c = {
		.input_path = name,
		.undoes = name,
		.policy = &policy,
		.make_plan = plan_again,
	};
	struct err err;
	enum errc rc = open_all(&c, cli, name, &err);

	c.out = result_path(cli, name);
	if (!rc)
		rc = run_command_work(&c, &err);
	return run_command_end(&c, rc, &err);
}

int cmd_undo(const struct cli *cli)
{
	return cli_count(cli, OPTION_APPLY) ? carry(cli) : show(cli);
}
