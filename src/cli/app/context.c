#include "cli/app/context.h"

#include <stdlib.h>
#include <time.h>

#include "cli/app/outputs.h"
#include "cli/app/progress.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "facts/organization.h"
#include "io/clock.h"
#include "plan/guard.h"
#include "plan/limits.h"

static void begin(struct context *p, const struct cli *cli)
{
	size_t n;

	*p = (struct context){ .cli = cli, .now_ms = TIME_NONE };
	p->allowed = cli_list(cli, OPTION_ALLOW, &n);
	diags_init(&p->diags);
	p->progress = progress_new(cli);
}

static enum errc load_settings(struct context *p, bool needed, struct err *err)
{
	enum errc rc = cli_load_settings(p->cli, &p->settings, &p->diags, err);

	if (!rc && p->settings)
		limits_allow_in_flight(p->settings, p->allowed);
	if (!rc && !p->settings && needed)
		rc = err_set(err, ERR_SETTINGS, CLI_NO_SETTINGS);
	return rc;
}

static enum errc load_rules(struct context *p, struct err *err)
{
	enum errc rc = cli_load_rules(p->cli, p->settings, &p->rules, &p->diags, err);

	if (!rc && !p->rules)
		rc = err_set(err, ERR_USAGE,
			"which rules? --rules FILE or NAME, or `rules:` in the settings");
	return rc;
}

static enum errc load_protected(struct context *p, struct err *err)
{
	if (!p->settings || !p->settings->protect_file)
		return ERR_OK;
	return protect_load(&p->protected_serials, &p->n_protected, p->settings, err);
}

static enum errc load(struct context *p, const struct cli *cli, bool needs_settings,
	bool needs_rules, struct err *err)
{
	enum errc rc;

	begin(p, cli);
	rc = load_settings(p, needs_settings, err);
	if (!rc && needs_rules)
		rc = load_rules(p, err);
	if (!rc)
		rc = outputs_check(cli, p->settings, p->rules, err);
	if (!rc)
		rc = load_protected(p, err);
	diags_tell(&p->diags);
	return rc;
}

enum errc context_load(
	struct context *p, const struct cli *cli, bool needs_settings, struct err *err)
{
	return load(p, cli, needs_settings, true, err);
}

enum errc context_load_without_rules(struct context *p, const struct cli *cli, struct err *err)
{
	return load(p, cli, true, false, err);
}

enum errc context_read_input(struct context *p, const char *folder, struct err *err)
{
	size_t before = p->diags.n;
	enum errc rc = cli_load_input(
		p->cli, p->settings, p->rules, p->cli->args[0], folder, &p->input, err);

	if (!rc)
		rc = rules_bind(p->rules, &p->input.columns, &p->diags, err);
	if (rc && p->diags.n > before)
		diags_tell(&p->diags);
	return rc;
}

enum errc context_open_session(struct context *p, struct session_options opt, struct err *err)
{
	enum errc rc;

	/* A command that changes devices has to be told each time. */
	opt.network = cli_allows(p->cli, "network_state=yes") ? STORE_ANYWHERE
		      : opt.exclusive                         ? STORE_LOCAL
							      : STORE_AS_IT_IS;
	/* One that only looks has the organization's state before it as `status` has. */
	if (!opt.exclusive && !cli_allows(p->cli, "organization=yes"))
		organization_adopt(p->settings);
	opt.pulse = progress_pulse;
	opt.pulse_self = p->progress;
	rc = session_open(&p->session, p->settings, &opt, err);
	if (!rc)
		rc = guard_lift(&p->session.facts, p->allowed, err);
	p->session.facts.least_once = !opt.exclusive && p->cli->command->id != COMMAND_EXPORT;
	if (!rc && p->progress)
		progress_tell(p->progress, p->session.lock);
	if (!rc && secrets_run_programs(p->settings))
		progress_waits(p->progress, "waiting for the programs that give secrets");
	return rc;
}

static int64_t now_of(const struct context *p)
{
	struct clock *clock;
	int64_t now;

	if (p->now_ms != TIME_NONE)
		return cli_time(p->cli, OPTION_NOW, p->now_ms);
	if (p->online)
		return cli_time(p->cli, OPTION_NOW, clock_now(p->session.clock));
	clock = clock_real();
	now = cli_time(p->cli, OPTION_NOW, clock_now(clock));
	clock_free(clock);
	return now;
}

uint32_t context_limit(const struct context *p)
{
	uint64_t limit = cli_number(p->cli, OPTION_LIMIT, UINT32_MAX);

	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

void context_set_plan_options(struct context *p)
{
	p->plan_options = (struct plan_options){
		.settings = p->settings,
		.facts = p->online ? &p->session.facts : NULL,
		.protected_serials = p->protected_serials.n ? &p->protected_serials : NULL,
		.now_ms = now_of(p),
		.as_if = p->as_if || cli_count(p->cli, OPTION_NOW) > 0,
		.limit = context_limit(p),
	};
	if (p->online)
		p->session.facts.as_of_ms = p->plan_options.now_ms;
	p->has_plan = true;
}

enum errc context_make_plan(struct context *p, struct err *err)
{
	context_set_plan_options(p);
	return plan_build(&p->plan, &p->input, p->rules, &p->plan_options, err);
}

void context_release(struct context *p)
{
	if (p->has_plan)
		plan_release(&p->plan);
	session_close(&p->session);
	free(p->allowed);
	input_release(&p->input);
	map_release(&p->protected_serials);
	rules_free(p->rules);
	settings_free(p->settings);
	diags_release(&p->diags);
	progress_free(p->progress);
}
