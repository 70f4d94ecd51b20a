#include "cli/app/run_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/app/confirm.h"
#include "cli/app/notify.h"
#include "cli/app/plan_out.h"
#include "cli/app/run_window.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "facts/dep_server.h"
#include "facts/organization.h"
#include "older/older.h"
#include "os/lines.h"
#include "plan/audit.h"
#include "plan/guard.h"
#include "store/gap.h"
#include "store/ledger.h"

enum {
	UNATTENDED_WAIT_MS = 6 * 3600 * 1000,
	SKEW_MS = 5 * 60 * 1000,
	OURS_OF_ROW_BYTES = 400, /* what a result adds to a row, rather more than less */
	NEXT_MAX_BYTES = 1024 * 1024
};

/* --- the way to a run --- */

static struct surroundings surroundings_of(struct run_command *c)
{
	bool past = cli_count(c->p.cli, OPTION_PAST_HALT) > 0;

	return (struct surroundings){
		.store = c->p.session.store,
		.transport = c->p.session.transport,
		.facts = &c->p.session.facts,
		.settings = c->p.settings,
		.protected_serials = c->p.protected_serials.n ? &c->p.protected_serials : NULL,
		.planned_ms = c->planned_ms,
		.allowed = c->p.allowed,
		.halt_failed_percent = past || !c->policy ? 100 : c->policy->halt_failed_percent,
		.progress = progress_job,
		.progress_self = c->p.progress,
	};
}

static void ready_for_stop(struct run_command *c)
{
	struct buf next;

	buf_init(&next, NEXT_MAX_BYTES);
	cli_repeat(c->p.cli, c->p.cli->command->id, &next);
	progress_next(c->p.progress, buf_cstr(&next));
	buf_release(&next);
}

static enum errc run_command_session(struct run_command *c, bool lost, struct err *err)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct session_options opt = {
		.exclusive = c->p.cli->command->name,
		.lost = lost,
		.wait_lock_ms = cli_duration_ms(c->p.cli, OPTION_WAIT_LOCK, 0),
		.max_wait_ms = cli_duration_ms(
			c->p.cli, OPTION_MAX_WAIT, terminal ? INT64_MAX : UNATTENDED_WAIT_MS),
	};

	return context_open_session(&c->p, opt, err);
}

enum errc run_command_open(struct run_command *c, struct err *err)
{
	struct list_options list;
	enum errc rc = cli_check_json(
		c->p.cli, OPTION_OUT, c->out ? c->out : cli_text(c->p.cli, OPTION_OUT), err);

	if (!rc)
		rc = run_command_session(c, false, err);
	if (!rc)
		notify_start(c->p.settings);
	ready_for_stop(c);
	buf_init(&c->said, 64 * 1024);
	confirm_flags(c->p.cli, &c->said);
	if (!rc)
		rc = cli_list_options(c->p.cli, c->p.settings, c->p.rules, &list, err);
	if (!rc)
		rc = approved_plan_load(&c->expected, c->p.session.store,
			cli_text(c->p.cli, OPTION_EXPECT), &list, err);
	return rc;
}

/* Devices that are off, or a state that has forgotten which are. */
static enum errc any_off(const struct run_command *c, bool *ret, struct err *err)
{
	struct ledger_custodies off;
	struct gap gap;
	enum errc rc = ledger_custodies(c->p.session.store, STR_NONE, &off, err);

	if (!rc)
		rc = gap_get(c->p.session.store, &gap, err);
	*ret = !rc && (off.n > 0 || (gap.open && !gap.searched));
	if (*ret)
		progress_homeward(c->p.progress, true, (uint32_t)off.n);
	ledger_custodies_release(&off);
	return rc;
}

/* A state that begins here may stand in the place of one that was lost. */
static void hint_at_lost(const struct run_command *c)
{
	struct run_record any;
	struct cli_page page;
	struct err none;

	if (c->p.settings->apple.school || cli_count(c->p.cli, OPTION_QUIET) ||
		store_run_get(c->p.session.store, "latest", &any, &none) != ERR_NOT_FOUND)
		return;
	text_line(cli_page_begin(&page, stderr),
		"no earlier run is known here; if a state was lost, 'depmend export --off-server' "
		"lists the devices that are off their servers");
	cli_page_end(&page);
}

/* Once: what an older state has forgotten comes before everything that rests on it. */
static enum errc look_back(struct run_command *c, struct err *err)
{
	struct surroundings s = surroundings_of(c);
	enum errc rc;

	if (c->looked_back)
		return ERR_OK;
	hint_at_lost(c);
	rc = older_look(&s, err);
	c->looked_back = !rc;
	return rc;
}

/* Nothing that can be wrong with the settings of the UEM, names or rules keeps a device off its
 * server: Apple alone is asked first. */
static enum errc put_back_first(struct run_command *c, const char *except, struct err *err)
{
	struct surroundings s = surroundings_of(c);
	bool off = false;
	enum errc rc = any_off(c, &off, err);

	if (rc || !off)
		return rc;
	rc = session_connect_apple(&c->p.session, err);
	if (!rc)
		transport_hurry(c->p.session.transport, c->p.settings->timeouts.sync_ms);
	if (!rc && !store_is_lost(s.store))
		rc = look_back(c, err);
	if (rc == ERR_BUSY) /* who is known to be off does not wait for it */
		rc = ERR_OK;
	if (!rc) {
		transport_hurry(c->p.session.transport, 0);
		rc = run_put_back(&s, except, err);
	}
	if (!rc) /* those of the run that goes on are off still */
		rc = any_off(c, &off, err);
	transport_hurry(c->p.session.transport, !rc && off ? c->p.settings->timeouts.sync_ms : 0);
	return rc;
}

/* What ended the command before it came to that; a state that cannot be opened ends new changes,
 * not the way home. Those of a run that holds the lock are that one's. */
static void put_back_at_last(struct run_command *c, enum errc ended)
{
	bool lost = ended == ERR_STORE, said;
	struct err err;
	enum errc rc = ERR_OK;

	if (c->worked || !c->p.settings || (lost && c->p.session.transport))
		return;
	if (!c->p.session.transport) {
		session_close(&c->p.session); /* and with it the lock of the attempt that failed */
		rc = run_command_session(c, lost, &err);
	}
	if (!rc)
		rc = put_back_first(c, "", &err);
	/* Whoever found that the ledger cannot be written has put back, and said what became of it.
	 */
	said = rc == ERR_LOCKED || (rc == ERR_STOPPED && !c->p.session.transport) ||
	       (!lost && c->p.session.store && store_is_lost(c->p.session.store));
	if (rc && !said)
		log_warn("devices that are off their servers%s were not put back: %s",
			lost ? ", if there are any," : "", err.msg);
}

static enum errc check_pause(const struct run_command *c, struct err *err)
{
	struct ledger_pause p;
	char since[TIME_TEXT];
	struct buf resume;
	enum errc rc = ledger_paused(c->p.session.store, &p, err);

	if (rc || !p.paused)
		return rc;
	buf_init(&resume, 64 * 1024);
	cli_suggest(c->p.cli, COMMAND_RESUME, NULL, &resume);
	rc = err_set(err, ERR_GUARD, "paused since %s%s%s: %s; nothing %s. To go on: %s",
		time_rfc3339_s(p.since_ms, since), p.by[0] ? " by " : "", p.by, p.reason,
		c->has_run ? "more is sent" : "was sent", buf_cstr(&resume));
	buf_release(&resume);
	return rc;
}

/* What may end while the run goes on. */
static enum errc still_allowed(void *self, struct err *err)
{
	struct run_command *c = self;
	enum errc rc = check_pause(c, err);

	return rc || !c->approved ? rc : approvals_still_hold(&c->approvals, err);
}

static enum errc connect_and_recover(struct run_command *c, struct err *err)
{
	struct surroundings s = surroundings_of(c);
	enum errc rc;

	sandbox_for(c->p.settings, c->out, NULL);
	c->started_ms = transport_now(c->p.session.transport);
	rc = put_back_first(c, c->identity, err);
	if (!rc)
		rc = session_connect(&c->p.session, err);
	c->p.online = !rc;
	if (!rc)
		rc = look_back(c, err);
	if (!rc)
		rc = run_recover(&s, c->identity, &c->in_flight, err);
	progress_homeward(c->p.progress, false, 0);
	if (!rc)
		rc = guard_organization(&c->p.session.facts, c->p.allowed, err);
	if (!rc)
		rc = check_pause(c, err);
	if (!rc)
		rc = store_run_find(c->p.session.store, c->identity, &c->run, &c->has_run, err);
	return rc ? rc : facts_open(&c->p.session.facts, c->has_run ? c->run.id : 0, err);
}

/* Signatures are checked by a program, which no sandbox lets start. */
static enum errc load_approvals(struct run_command *c, struct err *err)
{
	struct run_record run;
	bool found = false;
	enum errc rc = store_run_find(c->p.session.store, c->identity, &run, &found, err);

	return rc ? rc
		  : approvals_load(&c->approvals, c->p.cli, &c->p.session, c->expected.path,
			    found ? &run : NULL, err);
}

/* Whether enough people have signed the plan, or what is left of it. */
static enum errc check_approvals(struct run_command *c, struct err *err)
{
	struct store *store = c->p.session.store;
	const struct run_record *run = c->has_run ? &c->run : NULL;
	uint32_t steps = run ? 0 : approvals_steps(c->approvals.rule, &c->p.plan);
	enum errc rc = ERR_OK;

	if (run)
		rc = approvals_steps_of_run(&c->approvals, store, run, &steps, err);
	c->approved = steps != 0;
	return rc ? rc
		  : approvals_check(&c->approvals, store, steps,
			    run ? run->fingerprint : c->p.plan.fingerprint, run, err);
}

static enum errc keep_approvals(const struct run_command *c, struct err *err)
{
	return c->approved ? approvals_keep(&c->approvals, c->p.session.store, &c->run, err)
			   : ERR_OK;
}

static void describe_approval(const struct run_command *c, struct buf *out)
{
	struct approval by = { .allowed = c->p.allowed, .confirmed = buf_view(&c->said) };
	struct buf signatures;

	buf_init(&signatures, 128 * 1024);
	if (c->approved)
		approvals_describe(&c->approvals, &signatures);
	by.signatures = buf_view(&signatures);
	buf_init(out, 256 * 1024);
	audit_describe(c->has_run ? NULL : &c->p.plan, c->p.settings, &by, out);
	buf_release(&signatures);
}

static enum errc freeze(struct run_command *c, struct err *err)
{
	struct buf audit, again;
	struct freeze f = {
		.input_path = c->input_path,
		.undoes = c->undoes,
		.identity = c->identity,
		.policy = c->policy,
		.allowed = c->p.allowed,
	};
	enum errc rc;

	describe_approval(c, &audit);
	f.audit = buf_view(&audit);
	buf_init(&again, NEXT_MAX_BYTES);
	cli_repeat(c->p.cli, c->p.cli->command->id, &again);
	f.again = buf_cstr(&again);
	rc = run_freeze(&c->p.plan, c->p.session.store, &f, transport_now(c->p.session.transport),
		&c->run, err);
	c->has_run = !rc;
	buf_release(&again);
	buf_release(&audit);
	return rc ? rc : keep_approvals(c, err);
}

/* Continuing never plans anew: the frozen plan is what was confirmed. */
static enum errc go_on(struct run_command *c, struct err *err)
{
	struct buf audit;
	enum errc rc;

	log_info("continuing run %s", c->run.name);
	if (c->expected.given && strcmp(c->expected.fingerprint, c->run.fingerprint) != 0)
		return err_set(err, ERR_GUARD,
			"run %s was confirmed as plan %.12s, not the expected %.12s", c->run.name,
			c->run.fingerprint, c->expected.fingerprint);
	rc = confirm_run(c->p.cli, c->p.session.store, c->run.id, err);
	if (!rc)
		rc = guard_run(&c->p.session.facts, c->run.id, c->p.allowed, err);
	if (!rc)
		rc = check_approvals(c, err);
	if (!rc)
		rc = keep_approvals(c, err);
	if (rc)
		return rc;
	describe_approval(c, &audit);
	rc = store_event(c->p.session.store, c->run.id, transport_now(c->p.session.transport),
		"continue", buf_view(&audit), err);
	buf_release(&audit);
	return rc;
}

/* The run of this very input and rules, and of the plan that is expected, that has come to its end;
 * 0: there is none. *ret_over: and nothing is left to do. */
static enum errc find_finished(struct run_command *c, int64_t *ret, bool *ret_over, struct err *err)
{
	struct run_record run;
	bool found = false;
	enum errc rc = store_run_find_finished(c->p.session.store, c->identity,
		c->expected.given ? c->expected.fingerprint : "", &run, &found, err);

	*ret = !rc && found ? run.id : 0;
	*ret_over = *ret && c->p.plan.n_planned == 0;
	if (*ret_over && plan_is_well(&c->p.plan))
		log_info("nothing left to do: run %s has done it", run.name);
	return rc;
}

static enum errc start_or_continue(struct run_command *c, struct err *err)
{
	int64_t done = 0;
	bool over = false;
	enum errc rc;

	if (c->has_run)
		return go_on(c, err);
	c->p.now_ms = c->expected.now_ms;
	c->p.as_if = c->expected.as_if ||
		     c->expected.now_ms > transport_now(c->p.session.transport) + SKEW_MS;
	c->planned_ms = transport_now(c->p.session.transport);
	rc = c->make_plan(c, err);
	if (!rc)
		rc = find_finished(c, &done, &over, err);
	if (!rc)
		rc = approved_plan_check(&c->expected, &c->p.plan, done, err);
	if (!rc && over)
		return freeze(c, err);
	if (!rc)
		rc = guard_check(&c->p.plan, c->policy, c->p.allowed, err);
	if (!rc)
		rc = check_approvals(c, err);
	if (!rc && confirm_asks(c->p.cli, &c->p.plan))
		rc = plan_show(&c->p, c->policy, err);
	if (!rc)
		rc = confirm_plan(c->p.cli, &c->p.plan, &c->said, err);
	return rc ? rc : freeze(c, err);
}

/* What holds at each send; with what was allowed when the run was frozen. */
static enum errc read_limits(struct run_command *c, struct err *err)
{
	char *frozen = NULL;
	enum errc rc = store_run_frozen(c->p.session.store, c->run.id, &frozen, err);

	if (!rc)
		rc = limits_read(&c->limits, &c->p.session.facts, c->policy, c->p.allowed, err);
	if (!rc)
		rc = limits_lift(&c->limits, c->p.settings, str_from(frozen), err);
	free(frozen);
	return rc;
}

/* Where the result goes there has to be room for it before anything is changed. */
static enum errc hold_result(struct run_command *c, struct err *err)
{
	uint64_t bytes = c->p.input.n_bytes + (uint64_t)c->p.input.n_rows * OURS_OF_ROW_BYTES;
	enum errc rc = outfile_open(&c->held, c->out, 0644, err);

	return rc ? rc : outfile_reserve(c->held, bytes, err);
}

enum errc run_command_work(struct run_command *c, struct err *err)
{
	struct surroundings s;
	enum errc rc = hold_result(c, err);

	if (!rc)
		rc = load_approvals(c, err);
	lines_begin();
	if (!rc)
		rc = connect_and_recover(c, err);
	if (!rc)
		rc = dep_preflight(c->p.session.transport, c->p.settings, err);
	if (!rc)
		rc = start_or_continue(c, err);
	if (!rc)
		rc = organization_keep(c->p.settings, &c->p.session.fleet, err);
	if (!rc)
		rc = read_limits(c, err);
	if (!rc)
		rc = run_window_find(&c->window, &c->p, c->policy, &c->run, err);
	if (rc)
		return rc;
	rc = older_allow(
		c->p.session.store, c->p.allowed, transport_now(c->p.session.transport), err);
	if (rc)
		return rc;
	s = surroundings_of(c);
	s.vouched = still_allowed;
	s.vouched_self = c;
	s.limits = &c->limits;
	s.window = c->window.given ? &c->window : NULL;
	s.away_ms = c->window.binds ? 0 : c->window.away_ms;
	c->p.session.facts.for_good = c->again.rules != NULL;
	if (c->again.rules)
		s.again = &c->again;
	else
		input_forget_rows(&c->p.input);
	c->worked = true;
	lines_begin(); /* a question has ended them */
	return run_work(&s, c->run.id, err);
}

int run_command_end(struct run_command *c, enum errc ended, const struct err *why)
{
	int status;

	lines_begin();
	if (ended && ended != ERR_LOCKED)
		put_back_at_last(c, ended);
	status = run_command_finish(c, ended, why);
	outfile_free(c->held);
	approved_plan_release(&c->expected);
	approvals_release(&c->approvals);
	context_release(&c->p);
	free(c->out);
	buf_release(&c->said);
	lines_end();
	return status;
}
