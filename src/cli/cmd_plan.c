/* What would be done to which device, and why. Only reads from the services. */
#include "cli/app/plan_out.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"

static enum errc make_plan(struct context *p, struct err *err)
{
	bool offline = cli_count(p->cli, OPTION_OFFLINE) > 0;
	struct session_options opt = { .max_wait_ms = INT64_MAX };
	enum errc rc = offline && cli_text(p->cli, OPTION_HTML)
			       ? err_set(err, ERR_USAGE,
					 "--html shows what the services answered: leave out "
					 "--offline")
			       : context_load(p, p->cli, !offline, err);

	if (!rc)
		rc = context_read_input(p, NULL, err);
	if (!rc && !offline) {
		opt.max_wait_ms = cli_duration_ms(p->cli, OPTION_MAX_WAIT, INT64_MAX);
		rc = context_open_session(p, opt, err);
		if (!rc) {
			sandbox_for_two(p->settings, cli_text(p->cli, OPTION_OUT),
				cli_text(p->cli, OPTION_HTML), NULL);
			rc = session_connect(&p->session, err);
		}
		p->online = !rc;
	}
	return rc ? rc : context_make_plan(p, err);
}

int cmd_plan(const struct cli *cli)
{
	struct context p = { .cli = cli };
	struct err err;
	int status;
	enum errc rc = make_plan(&p, &err);

	status = rc ? cli_fail(cli, &err) : plan_tell(&p, rules_policy(p.rules));
	context_release(&p);
	return status;
}
