/* The end of a run: its rows are written and told, and who has to know of it learns it. */
#include "cli/app/run_command.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/plural.h"
#include "cli/app/end_rows.h"
#include "cli/app/notify.h"
#include "cli/app/open_deeds.h"
#include "cli/app/reading.h"
#include "cli/app/run_news.h"
#include "cli/args/terminal.h"
#include "io/clock.h"
#include "os/stop.h"
#include "report/ndjson.h"
#include "report/status.h"
#include "store/pack.h"
#include "store/prune.h"

enum { NEXT_MAX_BYTES = 1024 * 1024 };

/* path NULL: the rows are only counted. json: and told on the standard output. */
static enum errc write_results(struct run_command *c, const char *path, bool json, enum errc ended,
	struct summary *ret, struct run_counts *ret_counts, struct err *err)
{
	const struct end_rows rows = {
		.input = &c->p.input,
		.plan = c->p.has_plan ? &c->p.plan : NULL,
		.store = c->p.session.store,
		.run = c->has_run ? &c->run : NULL,
		.ended = ended,
		.counts = ret_counts,
		.why = c->why,
		.raw_csv = cli_count(c->p.cli, OPTION_RAW_CSV) > 0,
		.json = json,
	};

	return end_rows_write(&rows, path, ret, err);
}

static void put_run(
	const struct run_command *c, const struct summary *summary, const struct summary_end *end)
{
	struct ndjson j;

	ndjson_begin(&j, "run");
	json_put_z(&j.o, "run", end->run);
	json_put_z(&j.o, "fingerprint", c->has_run ? c->run.fingerprint : NULL);
	ndjson_outcomes(&j, summary);
	reading_put(&c->p.input, &j.o);
	ndjson_ended(&j, end);
	ndjson_end(&j, stdout);
}

/* The least --max-wait with which a device leaves its server; 0: the one it had will do. */
static int64_t longer_wait(const struct run_command *c)
{
	const struct transport *t = c->p.session.transport;
	struct transport_counts n;
	int64_t ends_ms, least_ms;

	if (!t || !c->worked || !c->window.away_ms || c->window.binds)
		return 0;
	n = transport_counts(t);
	ends_ms = transport_deadline(t);
	least_ms = transport_now(t) + c->window.away_ms;
	return n.apple_writes + n.uem_writes || ends_ms >= least_ms ? 0 : least_ms - c->started_ms;
}

/* What a person types now; empty: nothing is left. */
static void next_command(const struct run_command *c, const struct summary *s, bool written,
	int status, struct buf *out)
{
	size_t guarded = s->reasons[REASON_RUN_GUARDED];
	/* Those off a server that is gone are for a person. */
	size_t gone = s->rows[OUTCOME_FAILED] ? 0 : s->reasons[REASON_APPLE_SERVER_GONE];
	bool goes_on = s->rows[OUTCOME_PENDING] > guarded || s->rows[OUTCOME_IN_FLIGHT] > gone ||
		       s->rows[OUTCOME_HELD] || (s->rows[OUTCOME_RESTORED] && !guarded);

	/* Of a guard or a wrong option the message says how to go on. */
	if (status != errc_info(ERR_USAGE)->exit_status && goes_on) {
		if (longer_wait(c))
			cli_repeat_longer(c->p.cli, c->p.cli->command->id, longer_wait(c), out);
		else
			cli_repeat(c->p.cli, c->p.cli->command->id, out);
		buf_z(out, s->reasons[REASON_RUN_HALTED] ? " --past-halt" : "");
	} else if (c->has_run && !written) {
		cli_suggest(c->p.cli, COMMAND_REPORT, c->run.name, out);
		buf_z(out, " --csv FILE");
	} else if (c->has_run && summary_status(s) == status && status) {
		cli_suggest_report(c->p.cli, c->run.name, out);
	}
}

/* Times on the terminal, as the run's clock goes. */
static struct when when_of(const struct run_command *c)
{
	const struct clock *clock = c->p.session.clock;

	return (struct when){ clock && isatty(STDERR_FILENO), clock ? clock_now(clock) : 0 };
}

static void tell(struct run_command *c, const struct summary *summary, bool written, int status)
{
	struct transport_counts n = { 0 };
	struct summary_end end = {
		.run = c->has_run ? c->run.name : NULL,
		.result = written ? c->out : NULL,
		.status = status,
		.color = cli_color(c->p.cli, stderr),
	};
	struct cli_page page;
	struct buf next;

	buf_init(&next, NEXT_MAX_BYTES);
	if (c->p.session.transport) {
		n = transport_counts(c->p.session.transport);
		end.n_changes = n.apple_writes + n.uem_writes;
		end.n_triggers = n.uem_triggers;
		end.n_reads = n.apple_reads + n.uem_reads;
		end.took_ms = transport_now(c->p.session.transport) - c->started_ms;
	}
	next_command(c, summary, written, status, &next);
	end.next = next.n ? buf_cstr(&next) : NULL;
	if (cli_count(c->p.cli, OPTION_QUIET) == 0) {
		summary_print(summary, &end, cli_page_begin(&page, stderr));
		page.when = when_of(c);
	} else {
		summary_short(summary, status, cli_page_begin(&page, stderr));
	}
	cli_page_end(&page);
	if (cli_count(c->p.cli, OPTION_JSON))
		put_run(c, summary, &end);
	buf_release(&next);
}

/* Before the services answered nobody had looked whether this run is known. */
static void find_run(struct run_command *c)
{
	struct err err;

	if (!c->has_run && !c->p.has_plan && c->identity[0] &&
		store_run_find(c->p.session.store, c->identity, &c->run, &c->has_run, &err))
		c->has_run = false;
}

/* For metrics, reports and later questions: how the last process on the run ended, and why. */
static enum errc keep_end(
	struct run_command *c, int status, const struct run_counts *counts, struct err *err)
{
	struct store *store = c->p.session.store;
	struct run_record run;
	enum errc rc = store_run_get(store, c->run.name, &run, err);

	if (!rc)
		rc = store_run_set(store, run.id, run.state, run.finished_ms, status, err);
	if (!rc && c->p.session.transport)
		rc = store_event(store, run.id, transport_now(c->p.session.transport), "end",
			str_from(c->why), err);
	if (!rc && counts->rules.n)
		rc = store_counts_put(store, run.id, counts, err);
	return rc ? rc : store_check_run(store, run.id, err);
}

/* What the settings do not want to be kept for ever goes, and large lists take less room. */
static void tidy(const struct run_command *c, enum errc ended)
{
	const struct settings *set = c->p.settings;
	struct prune p;
	struct pruned done;
	struct err err;
	bool early = ended == ERR_STORE || ended == ERR_STOPPED || ended == ERR_LOCKED;

	if (early || !c->has_run || set->keep.hold || !c->p.session.transport ||
		store_is_lost(c->p.session.store))
		return;
	p = (struct prune){
		.inputs_ms = set->keep.inputs_ms,
		.runs_ms = set->keep.runs_ms,
		.events_ms = set->keep.events_ms,
		.now_ms = transport_now(c->p.session.transport),
	};
	if (store_prune(c->p.session.store, &p, &done, &err))
		log_warn("the state was not pruned (keep: in the settings): %s", err.msg);
	else if (done.inputs || done.runs || done.events)
		log_info("pruned by keep: of the settings: %u list%s, %u run%s, %lld event%s "
			 "of the audit trail",
			done.inputs, plural(done.inputs), done.runs, plural(done.runs),
			(long long)done.events, plural((uint64_t)done.events));
	if (store_pack(c->p.session.store, &err))
		log_info("a list of the state was not compressed: %s", err.msg);
}

/* Whoever watches from elsewhere; a run that waits for another one is no news. */
static void tell_others(
	const struct run_command *c, enum errc ended, int status, const struct summary *summary)
{
	if (!c->p.settings)
		return;
	notify_end(c->p.settings, status, summary);
	if (ended != ERR_LOCKED)
		run_news_send(&c->p, c->has_run ? &c->run : NULL, status, summary);
}

/* What earlier runs left in flight, unless this one has brought it back. */
static bool earlier_left(const struct run_command *c)
{
	return c->in_flight && (!c->worked || open_changes_left(c->p.session.store, c->run.id));
}

static bool is_output(const struct run_command *c)
{
	return c->out && strcmp(c->out, "-") == 0;
}

/* Returns whether there is a file, or shall be one on the standard output; *status becomes what
 * rows and file ask for. Where there is none the rows are counted all the same. */
static bool write_and_count(struct run_command *c, enum errc ended, struct summary *ret,
	struct run_counts *counts, int *status)
{
	struct err err;
	bool written;

	find_run(c);
	outfile_free(c->held);
	c->held = NULL;
	written = !write_results(c, is_output(c) ? NULL : c->out, false, ended, ret, counts, &err);
	if (!written) {
		*status = status_first(*status, cli_fail(c->p.cli, &err));
		*ret = (struct summary){ 0 };
		(void)write_results(c, NULL, false, ended, ret, counts, &err);
	}
	*status = status_first(*status, summary_status(ret));
	return written;
}

/* Returns the status that the end itself asks for, whatever became of the rows. */
static int tell_why(struct run_command *c, enum errc ended, const struct err *why)
{
	int status = ended ? cli_status(ended) : 0;

	log_repeats();
	c->why = ended ? why->msg : NULL;
	if (ended && ended != ERR_STOPPED)
		(void)cli_fail(c->p.cli, why);
	return earlier_left(c) ? status_first(status, outcome_info(OUTCOME_IN_FLIGHT)->exit_status)
			       : status;
}

/* The rows for the standard output. Whoever reads that may stand still, as a pager does: no other
 * run waits for him, and the first signal is obeyed. */
static int show_rows(struct run_command *c, enum errc ended, bool *io_written, int status)
{
	struct summary again;
	struct err err;

	session_unlock(&c->p.session);
	stop_at_once(true);
	if (c->has_rows && ended != ERR_CANNOT_CREATE &&
		write_results(c, is_output(c) ? c->out : NULL, cli_count(c->p.cli, OPTION_JSON) > 0,
			ended, &again, NULL, &err)) {
		status = status_first(status, cli_fail(c->p.cli, &err));
		*io_written &= !is_output(c);
	}
	return status;
}

int run_command_finish(struct run_command *c, enum errc ended, const struct err *why)
{
	struct summary summary = { 0 };
	struct run_counts counts;
	int status = tell_why(c, ended, why);
	bool written = false, late = is_output(c) || cli_count(c->p.cli, OPTION_JSON) > 0;
	struct err err;

	run_counts_init(&counts);
	if (c->has_rows && ended != ERR_CANNOT_CREATE)
		written = write_and_count(c, ended, &summary, &counts, &status);
	if (c->has_run)
		status = open_deeds_status(c->p.session.store, c->run.id, status);
	if (c->has_run && keep_end(c, status, &counts, &err))
		status = status_first(status, cli_fail(c->p.cli, &err));
	run_counts_release(&counts);
	if (!late && (written || c->has_run))
		tell(c, &summary, written, status);
	tell_others(c, ended, status, &summary);
	tidy(c, ended);
	if (late)
		status = show_rows(c, ended, &written, status);
	if (late && (written || c->has_run))
		tell(c, &summary, written, status);
	(void)fflush(stdout); /* main() asks whether it failed */
	stop_at_once(false);
	return status;
}
