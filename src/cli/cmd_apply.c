/* Carries a plan out; run again after any stop and it continues. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/confirm.h"
#include "cli/expect.h"
#include "cli/prepare.h"
#include "cli/write_rows.h"
#include "engine/audit.h"
#include "engine/guard.h"
#include "engine/stop.h"
#include "report/status.h"

enum { UNATTENDED_WAIT_MS = 6 * 3600 * 1000 };

struct applying {
	struct prepared p;
	char identity[65];
	struct expected expected;
	struct run_record run;
	bool has_run;       /* frozen now, or continued */
	uint32_t in_flight; /* devices of earlier runs that are still not settled */
	int64_t started_ms;
	char *out;            /* result file */
	const char **allowed; /* --allow, NULL-terminated */
};

/* --- the way to a run --- */

static struct surroundings surroundings_of(struct applying *a)
{
	const struct rules_policy *policy = rules_policy(a->p.rules);
	bool past = cli_count(a->p.cli, OPTION_PAST_HALT) > 0;

	return (struct surroundings){
		.store = a->p.session.store,
		.transport = a->p.session.transport,
		.facts = &a->p.session.facts,
		.settings = a->p.settings,
		.halt_failed_percent = past ? 100 : policy->halt_failed_percent,
	};
}

static enum errc open_all(struct applying *a, struct err *err)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	struct session_options opt = {
		.exclusive = true,
		.max_wait_ms = cli_duration_ms(
			a->p.cli, OPTION_MAX_WAIT, terminal ? INT64_MAX : UNATTENDED_WAIT_MS),
	};
	enum errc rc = prepare_load(&a->p, a->p.cli, true, err);

	if (!rc)
		rc = session_open(&a->p.session, a->p.settings, &opt, err);
	if (!rc)
		rc = expect_load(
			&a->expected, a->p.session.store, cli_text(a->p.cli, OPTION_EXPECT), err);
	if (!rc)
		rc = prepare_input(&a->p, store_folder(a->p.session.store), err);
	if (!rc)
		rc = run_identity(
			&a->p.input, a->p.rules, a->p.settings->apple.client_id, a->identity, err);
	return rc;
}

static enum errc connect_and_recover(struct applying *a, struct err *err)
{
	struct surroundings s = surroundings_of(a);
	enum errc rc = session_connect(&a->p.session, err);

	a->p.online = !rc;
	a->started_ms = rc ? 0 : transport_now(a->p.session.transport);
	if (!rc)
		rc = run_recover(&s, a->identity, &a->in_flight, err);
	if (!rc)
		rc = store_run_find(a->p.session.store, a->identity, &a->run, &a->has_run, err);
	return rc;
}

static enum errc freeze(struct applying *a, struct err *err)
{
	struct buf audit;
	struct freeze f = {
		.input_path = a->p.cli->args[0],
		.identity = a->identity,
		.policy = rules_policy(a->p.rules),
	};
	enum errc rc;

	buf_init(&audit, 64 * 1024);
	audit_describe(&a->p.plan, a->p.settings, a->allowed, &audit);
	f.audit = buf_view(&audit);
	rc = run_freeze(&a->p.plan, a->p.session.store, &f, transport_now(a->p.session.transport),
		&a->run, err);
	a->has_run = !rc;
	buf_release(&audit);
	return rc;
}

/* Continuing never judges again: the frozen plan is what was confirmed. */
static enum errc start_or_continue(struct applying *a, struct err *err)
{
	enum errc rc;

	if (a->has_run) {
		log_info("continuing run %s", a->run.name);
		if (a->expected.given && strcmp(a->expected.fingerprint, a->run.fingerprint) != 0)
			return err_set(err, ERR_GUARD,
				"run %s was confirmed as plan %.12s, not the expected %.12s",
				a->run.name, a->run.fingerprint, a->expected.fingerprint);
		return ERR_OK;
	}
	a->p.now_ms = a->expected.now_ms;
	rc = prepare_plan(&a->p, err);
	if (!rc)
		rc = expect_check(&a->expected, &a->p.plan, err);
	if (!rc)
		rc = guard_check(&a->p.plan, rules_policy(a->p.rules), a->allowed, err);
	if (!rc)
		rc = confirm_plan(a->p.cli, &a->p.plan, err);
	return rc ? rc : freeze(a, err);
}

/* --- results --- */

/* Why a row that was not settled stays as it is when the run ends before it began. */
static enum reason reason_of(enum errc code)
{
	switch (code) {
	case ERR_TEMPFAIL:
	case ERR_NET:
	case ERR_OUTAGE:
		return REASON_RUN_WAITING;
	case ERR_STOPPED:
		return REASON_RUN_STOPPED;
	default:
		return REASON_RUN_GUARDED;
	}
}

struct source {
	struct applying *a;
	struct run_results *results; /* NULL: nothing was frozen */
	enum errc ended;
	struct buf steps, before;
};

static enum errc give_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct source *s = self;

	if (s->results)
		return run_results_row(s->results, n, ret, err);
	plan_row(&s->a->p.plan, n, &s->steps, &s->before, ret);
	if (ret->outcome == OUTCOME_PLANNED || ret->outcome == OUTCOME_PENDING) {
		ret->outcome = OUTCOME_PENDING;
		ret->reason = reason_of(s->ended);
		ret->detail = ret->steps = STR_NONE;
	}
	return ERR_OK;
}

static enum errc write_results(
	struct applying *a, enum errc ended, struct summary *ret, struct err *err)
{
	struct result_options opt = {
		.path = a->out,
		.columns = &a->p.input.columns,
		.n_columns = a->p.input.widest,
		.delimiter = a->p.input.delimiter,
		.run = a->has_run ? a->run.name : "",
		.raw_csv = cli_count(a->p.cli, OPTION_RAW_CSV) > 0,
	};
	struct source s = { .a = a, .ended = ended };
	enum errc rc = ERR_OK;

	buf_init(&s.steps, 1024 * 1024);
	buf_init(&s.before, 64 * 1024);
	if (a->has_run)
		rc = run_results_load(a->p.session.store, a->run.id, &s.results, err);
	if (!rc && s.results && run_results_count(s.results) != a->p.input.n_rows)
		rc = err_set(err, ERR_INTERNAL, "the run has another number of rows");
	if (!rc)
		rc = write_rows(&a->p.input, a->p.input.n_rows, give_row, &s, &opt, ret, err);
	run_results_free(s.results);
	buf_release(&s.steps);
	buf_release(&s.before);
	return rc;
}

/* --- the end --- */

static int status_of(enum errc ended)
{
	if (ended == ERR_STOPPED && stop_signal())
		return 128 + stop_signal();
	return errc_info(ended)->exit_status;
}

static void tell(struct applying *a, const struct summary *summary, int status)
{
	struct transport_counts n = { 0 };
	struct summary_end end = {
		.run = a->has_run ? a->run.name : NULL,
		.result = a->out,
		.status = status,
		.color = cli_color(a->p.cli, stderr),
	};
	char next[1024];

	if (a->p.session.transport) {
		n = transport_counts(a->p.session.transport);
		end.n_changes = n.apple_writes + n.uem_writes;
		end.n_triggers = n.uem_triggers;
		end.n_reads = n.apple_reads + n.uem_reads;
		end.took_ms = transport_now(a->p.session.transport) - a->started_ms;
	}
	if (summary->rows[OUTCOME_PENDING] || summary->rows[OUTCOME_IN_FLIGHT]) {
		(void)snprintf(next, sizeof(next), "depmend apply %s", a->p.cli->args[0]);
		end.next = next;
	}
	if (cli_count(a->p.cli, OPTION_QUIET) == 0)
		summary_print(summary, &end, stderr);
}

/* Once rows were read, a result file is written whatever happened. */
static int finish(struct applying *a, enum errc ended, const struct err *why)
{
	struct summary summary = { 0 };
	int status = ended ? status_of(ended) : 0;
	struct err err;

	if (ended && ended != ERR_STOPPED)
		(void)cli_fail(a->p.cli, why);
	if (a->p.input.n_rows && (a->has_run || a->p.has_plan)) {
		enum errc rc = write_results(a, ended, &summary, &err);

		if (rc)
			status = status_first(status, cli_fail(a->p.cli, &err));
		status = status_first(status, summary_status(&summary));
	}
	if (a->in_flight)
		status = status_first(status, outcome_info(OUTCOME_IN_FLIGHT)->exit_status);
	if (a->has_run)
		tell(a, &summary, status);
	return status;
}

int cmd_apply(const struct cli *cli)
{
	struct applying a = { .p = { .cli = cli } };
	struct surroundings s;
	size_t n_allowed;
	struct err err;
	enum errc rc;
	int status;

	a.allowed = cli_list(cli, OPTION_ALLOW, &n_allowed);
	a.out = cli_text(cli, OPTION_OUT) ? mem_strdup(cli_text(cli, OPTION_OUT))
					  : result_default_path(cli->args[0]);
	rc = open_all(&a, &err);
	if (!rc)
		rc = connect_and_recover(&a, &err);
	if (!rc)
		rc = start_or_continue(&a, &err);
	if (!rc) {
		s = surroundings_of(&a);
		rc = run_work(&s, a.run.id, &err);
	}
	status = finish(&a, rc, &err);
	expect_release(&a.expected);
	prepare_release(&a.p);
	free(a.out);
	free(a.allowed);
	return status;
}
