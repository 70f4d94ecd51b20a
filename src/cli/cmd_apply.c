/* Carries a plan out; run again after any stop and it continues. */
#include "base/mem.h"
#include "cli/app/run_command.h"
#include "cli/commands.h"
#include "report/result.h"

static enum errc plan_by_rules(struct run_command *c, struct err *err)
{
	c->p.session.facts.for_good = rules_decide_for_good(c->p.rules);
	return context_make_plan(&c->p, err);
}

static enum errc open_all(struct run_command *c, const struct cli *cli, struct err *err)
{
	struct err other;
	enum errc rc = context_load(&c->p, cli, true, err);

	if (rc)
		return rc;
	c->policy = rules_policy(c->p.rules);
	rc = run_command_open(c, err);
	if (rc == ERR_LOCKED)
		c->has_rows = !context_read_input(&c->p, NULL, &other);
	if (!rc)
		rc = context_read_input(&c->p, store_folder(c->p.session.store), err);
	c->has_rows |= !rc;
	if (!rc && rules_decide_for_good(c->p.rules))
		c->again = (struct again){ c->p.rules, &c->p.input, &c->p.session.facts };
	if (!rc)
		rc = run_identity(
			&c->p.input, c->p.rules, c->p.settings->apple.account, c->identity, err);
	return rc;
}

int cmd_apply(const struct cli *cli)
{
	const char *out = cli_text(cli, OPTION_OUT);
	struct run_command c = {
		.input_path = cli->args[0],
		.make_plan = plan_by_rules,
		.out = out ? mem_strdup(out) : result_default_path(cli->args[0]),
	};
	struct err err;
	enum errc rc = open_all(&c, cli, &err);

	if (!rc)
		rc = run_command_work(&c, &err);
	return run_command_end(&c, rc, &err);
}
