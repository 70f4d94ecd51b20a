/* What would be done to which device, and why. Only reads from the services. */
#include "cli/confine.h"
#include "cli/plan_out.h"

static enum errc make_plan(struct prepared *p, struct err *err)
{
	bool offline = cli_count(p->cli, OPTION_OFFLINE) > 0;
	struct session_options opt = { .max_wait_ms = INT64_MAX };
	enum errc rc = prepare_load(p, p->cli, !offline, err);

	if (!rc)
		rc = prepare_input(p, NULL, err);
	if (!rc && !offline) {
		opt.max_wait_ms = cli_duration_ms(p->cli, OPTION_MAX_WAIT, INT64_MAX);
		rc = prepare_session(p, opt, err);
		if (!rc) {
			cli_confine(p->settings, cli_text(p->cli, OPTION_OUT), NULL);
			rc = session_connect(&p->session, err);
		}
		p->online = !rc;
	}
	return rc ? rc : prepare_plan(p, err);
}

int cmd_plan(const struct cli *cli)
{
	struct prepared p = { .cli = cli };
	struct err err;
	int status;
	enum errc rc = make_plan(&p, &err);

	status = rc ? cli_fail(cli, &err) : plan_tell(&p, rules_policy(p.rules));
	prepare_release(&p);
	return status;
}
