/* Carries a plan out; run again after any stop and it continues. */
#include "base/mem.h"
#include "cli/carry.h"
#include "report/result.h"

static enum errc plan_by_rules(struct carrying *c, struct err *err)
{
	return prepare_plan(&c->p, err);
}

static enum errc open_all(struct carrying *c, const struct cli *cli, struct err *err)
{
	enum errc rc = prepare_load(&c->p, cli, true, err);

	if (rc)
		return rc;
	c->policy = rules_policy(c->p.rules);
	rc = carry_open(c, err);
	if (!rc)
		rc = prepare_input(&c->p, store_folder(c->p.session.store), err);
	if (!rc)
		rc = run_identity(
			&c->p.input, c->p.rules, c->p.settings->apple.client_id, c->identity, err);
	return rc;
}

int cmd_apply(const struct cli *cli)
{
	const char *out = cli_text(cli, OPTION_OUT);
	struct carrying c = {
		.input_path = cli->args[0],
		.make_plan = plan_by_rules,
		.out = out ? mem_strdup(out) : result_default_path(cli->args[0]),
	};
	struct err err;
	enum errc rc = open_all(&c, cli, &err);

	if (!rc)
		rc = carry_out(&c, &err);
	return carry_end(&c, rc, &err);
}
