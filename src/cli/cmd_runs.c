/* The runs of this client, or one of them: done, waiting, in flight, failed, next command. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "report/ndjson.h"
#include "report/table.h"

enum { MAX_SHOWN = 20 }; /* devices in flight; the result CSV has them all */

static enum errc put_one(void *self, const struct run_record *run, struct err *err)
{
	struct ndjson j;

	(void)self;
	(void)err;
	ndjson_begin(&j, "run");
	ndjson_run(&j, run);
	ndjson_end(&j, stdout);
	return ERR_OK;
}

static enum errc list_run(void *self, const struct run_record *run, struct err *err)
{
	struct table *t = self;
	char when[TIME_TEXT];

	(void)err;
	table_cell(t, str_from(run->name));
	table_cell(t, str_from(time_rfc3339_s(run->created_ms, when)));
	table_cell(t, str_from(run_state_word(run->state)));
	table_cell(t, (struct str){ run->fingerprint, 12 });
	return ERR_OK;
}

static enum errc list_runs(struct saved_run *s, struct err *err)
{
	static const char *const heads[] = { "RUN", "CREATED", "STATE", "PLAN" };
	struct table *t = table_new("llll");
	enum errc rc;

	for (size_t i = 0; i < 4; i++)
		table_cell(t, str_from(heads[i]));
	rc = store_runs(s->store, list_run, t, err);
	if (!rc)
		table_print(t, stdout);
	table_free(t);
	return rc;
}

/* --- one run --- */

static enum errc print_end(void *self, const struct event_record *e, struct err *err)
{
	struct buf *last = self;
	char when[TIME_TEXT];

	(void)err;
	if (!str_eq(e->kind, STR("end")))
		return ERR_OK;
	buf_reset(last);
	buf_printf(last, "stopped  %s: %.*s", time_rfc3339_s(e->at_ms, when), STR_FMT(e->text));
	return ERR_OK;
}

static enum errc count_device(void *self, struct str serial, uint32_t step, struct err *err)
{
	(void)serial;
	(void)step;
	(void)err;
	++*(uint32_t *)self;
	return ERR_OK;
}

/* A change that nobody knows the outcome of yet, and until when it may still come true. */
static enum errc print_open(void *self, const struct request_record *r, struct err *err)
{
	const struct saved_run *s = self;
	int64_t sent = r->sent_ms == TIME_NONE ? r->intent_ms : r->sent_ms;
	char at[TIME_TEXT], until[TIME_TEXT];
	uint32_t n = 0;
	enum errc rc = store_request_devices(s->store, r->id, count_device, &n, err);

	if (!rc)
		text_line(stdout, "waiting  for %s of %u %s, sent %s: its outcome is known by %s",
			step_info((enum step_kind)r->kind)->word, n, n == 1 ? "device" : "devices",
			time_rfc3339_s(sent, at),
			time_rfc3339_s(sent + s->settings->timeouts.activity_ms +
					       s->settings->timeouts.settle_ms,
				until));
	return rc;
}

static enum errc print_in_flight(struct saved_run *s, struct err *err)
{
	struct run_results *rows;
	struct run_row row;
	uint32_t shown = 0;
	enum errc rc = run_results_load(s->store, s->run.id, &rows, err);

	if (rc)
		return rc;
	for (uint32_t n = 0; n < run_results_count(rows) && !rc && shown < MAX_SHOWN; n++) {
		rc = run_results_row(rows, n, &row, err);
		if (rc || row.outcome != OUTCOME_IN_FLIGHT)
			continue;
		text_line(stdout, "in flight %.*s %.*s (was %.*s)", STR_FMT(row.serial),
			STR_FMT(row.steps), STR_FMT(row.before));
		shown++;
	}
	run_results_free(rows);
	return rc;
}

/* What a run that is to be continued waits for. */
static enum errc print_rest(struct saved_run *s, struct err *err)
{
	struct buf last;
	enum errc rc;

	if (s->run.state != RUN_ACTIVE)
		return ERR_OK;
	buf_init(&last, 4096);
	rc = store_events(s->store, s->run.id, print_end, &last, err);
	if (last.n)
		text_line(stdout, "%s", buf_cstr(&last));
	buf_release(&last);
	if (!rc)
		rc = store_requests_open(s->store, s->run.id, print_open, s, err);
	return rc ? rc : print_in_flight(s, err);
}

static enum errc show_run(struct saved_run *s, const char *name, bool json, struct err *err)
{
	struct summary counts;
	struct summary_end end = { 0 };
	char when[TIME_TEXT];
	struct buf next;
	enum errc rc = saved_run_load(s, name, err);

	if (!rc)
		rc = saved_run_rows(s, NULL, false, &counts, err);
	if (rc)
		return rc;
	if (json) {
		saved_run_tell(s, &counts);
		return ERR_OK;
	}
	buf_init(&next, SAVED_RUN_NEXT_BYTES);
	saved_run_next(s, &counts, &next);
	end.next = next.n ? buf_cstr(&next) : NULL;
	end.status = s->run.exit_status;
	text_line(stdout, "run      %s (%s)", s->run.name, run_state_word(s->run.state));
	text_line(stdout, "input    %s", s->input.path);
	text_line(stdout, "created  %s", time_rfc3339_s(s->run.created_ms, when));
	text_line(stdout, "plan     %.12s", s->run.fingerprint);
	if (s->run.finished_ms != TIME_NONE)
		text_line(stdout, "finished %s", time_rfc3339_s(s->run.finished_ms, when));
	rc = print_rest(s, err);
	if (!rc)
		summary_print(&counts, &end, stdout);
	buf_release(&next);
	return rc;
}

int cmd_runs(const struct cli *cli)
{
	struct saved_run s;
	bool json = cli_count(cli, OPTION_JSON) > 0;
	struct err err;
	enum errc rc = saved_run_open(&s, cli, &err);

	if (!rc && cli->n_args)
		rc = show_run(&s, cli->args[0], json, &err);
	else if (!rc)
		rc = json ? store_runs(s.store, put_one, NULL, &err) : list_runs(&s, &err);
	saved_run_close(&s);
	return rc ? cli_fail(cli, &err) : 0;
}
