/* The runs of this client, or one of them: done, waiting, in flight, failed, next command. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fold.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/clock.h"
#include "report/ndjson.h"
#include "report/run_facts.h"
#include "report/table.h"
#include "report/when.h"
#include "store/lock.h"

/* Devices in flight, of which the result CSV has all; runs, of which --json lists all. */
enum { MAX_SHOWN = 20, MAX_RUNS = 20 };

/* Who works now; NULL: nobody. */
static const struct lock_holder *active(const struct saved_run *s, struct lock_holder *ret)
{
	return store_locked_by(s->settings->state, s->settings->apple.account, ret) ? ret : NULL;
}

/* "40 done, 3 invalid" */
static void outcome_words(const struct summary *counts, struct buf *out)
{
	for (int i = 0; i < OUTCOME_MAX_; i++)
		if (counts->rows[i])
			buf_printf(out, "%s%zu %s", out->n ? ", " : "", counts->rows[i],
				outcome_info((enum outcome)i)->word);
}

/* --- all of them --- */

struct runs_list {
	struct saved_run *s;
	struct lock_holder holder;
	const struct lock_holder *active;
	struct when when;
	struct text_table *table;
	struct run_record *runs;
	size_t n, cap;
	int64_t earlier; /* that are not shown */
	struct buf next; /* of those that were stopped */
};

static enum errc keep_run(void *self, const struct run_record *run, struct err *err)
{
	struct runs_list *l = self;

	(void)err;
	MEM_GROW(l->runs, l->n, l->cap);
	l->runs[l->n++] = *run;
	return ERR_OK;
}

/* The run with its input and who began it. Caller releases the facts. */
static enum errc load_one(
	struct saved_run *s, const char *name, struct run_facts *facts, struct err *err)
{
	enum errc rc = saved_run_load(s, name, err);

	*facts = (struct run_facts){ 0 };
	return rc ? rc : run_facts_load(facts, s->store, s->run.id, err);
}

static enum errc put_one(struct runs_list *l, const struct run_record *run, struct err *err)
{
	struct run_facts facts;
	struct summary counts;
	struct ndjson j;
	enum errc rc = load_one(l->s, run->name, &facts, err);

	if (!rc)
		rc = saved_run_outcomes(l->s, &counts, err);
	if (!rc) {
		ndjson_begin(&j, "run");
		ndjson_run(&j, run, l->active);
		json_put_z(&j.o, "input", l->s->input.path);
		ndjson_outcomes(&j, &counts);
		ndjson_text(&j, "user", buf_view(&facts.user));
		ndjson_text(&j, "host", buf_view(&facts.host));
		ndjson_text(&j, "rules", buf_view(&facts.rules));
		ndjson_text(&j, "parameters", buf_view(&facts.parameters));
		json_put_bool(&j.o, "running", run->state == RUN_ACTIVE && l->active);
		rc = ndjson_counts(&j, l->s->store, run->id, err);
		ndjson_end(&j, stdout);
	}
	run_facts_release(&facts);
	return rc;
}

static enum errc list_run(struct runs_list *l, const struct run_record *run, struct err *err)
{
	struct run_facts facts;
	struct summary counts;
	struct buf words;
	char when[WHEN_TEXT];
	enum errc rc = load_one(l->s, run->name, &facts, err);

	buf_init(&words, SAVED_RUN_NEXT_BYTES);
	if (!rc)
		rc = saved_run_outcomes(l->s, &counts, err);
	if (!rc) {
		table_cell(l->table, str_from(run->name));
		table_cell(l->table, str_from(when_words(&l->when, run->created_ms, when)));
		table_cell(l->table, str_from(run_state_word(run->state, l->active)));
		outcome_words(&counts, &words);
		table_cell(l->table, buf_view(&words));
		buf_reset(&words);
		run_facts_rules(&facts, &words);
		table_cell(l->table, buf_view(&words));
		table_cell(l->table, str_from(l->s->input.path));
		buf_reset(&words);
		buf_printf(&words, "%s%s%s", buf_cstr(&facts.user), facts.host.n ? "@" : "",
			buf_cstr(&facts.host));
		table_cell(l->table, buf_view(&words));
		buf_reset(&words);
		if (!l->active)
			saved_run_next(l->s, &counts, &words);
		if (words.n)
			buf_printf(&l->next, "%s %s\n", run->name, buf_cstr(&words));
	}
	buf_release(&words);
	run_facts_release(&facts);
	return rc;
}

static void print_list(struct runs_list *l, FILE *out)
{
	struct str rest = buf_view(&l->next);

	table_print_within(l->table, fold_columns(stdout), out);
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct str run = str_cut(&line, ' ');

		text_line(out, "%.*s is stopped; this continues it:", STR_FMT(run));
		text_part(out, "next    ", line);
	}
	if (l->n == 0)
		text_line(out, "no run yet: 'depmend apply' makes one");
	if (l->earlier)
		text_line(out, "and %lld earlier run%s: depmend runs --json", (long long)l->earlier,
			plural((uint64_t)l->earlier));
}

static enum errc list_runs(struct saved_run *s, bool json, struct err *err)
{
	static const char *const heads[] = { "RUN", "STARTED", "STATE", "ROWS", "RULES", "INPUT",
		"BY" };
	struct clock *clock = clock_real();
	struct runs_list l = { .s = s,
		.when = { isatty(STDOUT_FILENO), clock_now(clock) },
		.table = table_new("lllllll") };
	struct cli_page page;
	enum errc rc = json ? store_runs(s->store, keep_run, &l, err)
			    : store_runs_newest(s->store, MAX_RUNS, keep_run, &l, &l.earlier, err);

	clock_free(clock);
	l.active = active(s, &l.holder);
	buf_init(&l.next, SAVED_RUN_NEXT_BYTES);
	for (size_t i = 0; i < 7; i++)
		table_cell(l.table, str_from(heads[i]));
	for (size_t i = 0; i < l.n && !rc; i++)
		rc = json ? put_one(&l, &l.runs[i], err) : list_run(&l, &l.runs[i], err);
	if (!rc && !json) {
		print_list(&l, cli_page_begin(&page, stdout));
		page.when = l.when;
		cli_page_end(&page);
	}
	table_free(l.table);
	buf_release(&l.next);
	free(l.runs);
	return rc;
}

/* --- one run --- */

struct last_end {
	struct when when;
	struct buf words;
};

static enum errc print_end(void *self, const struct event_record *e, struct err *err)
{
	struct last_end *last = self;
	char at[WHEN_TEXT];

	(void)err;
	if (!str_eq(e->kind, STR("end")))
		return ERR_OK;
	buf_reset(&last->words);
	buf_printf(&last->words, "stopped  %s: %.*s", when_words(&last->when, e->at_ms, at),
		STR_FMT(e->text));
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

struct unfinished {
	const struct saved_run *s;
	struct when when;
	FILE *out;
};

/* A change whose outcome is not known yet, and until when it may still come true. */
static enum errc print_open(void *self, const struct request_record *r, struct err *err)
{
	const struct unfinished *u = self;
	const struct saved_run *s = u->s;
	int64_t sent = r->sent_ms == TIME_NONE ? r->intent_ms : r->sent_ms;
	char at[WHEN_TEXT], until[WHEN_TEXT];
	uint32_t n = 0;
	enum errc rc = store_request_devices(s->store, r->id, count_device, &n, err);

	if (!rc)
		text_line(u->out, "waiting  for %s of %u %s, sent %s: its outcome is known by %s",
			step_info((enum step_kind)r->kind)->word, n, n == 1 ? "device" : "devices",
			when_words(&u->when, sent, at),
			when_words(&u->when,
				sent + s->settings->timeouts.activity_ms +
					s->settings->timeouts.settle_ms,
				until));
	return rc;
}

static enum errc print_in_flight(struct saved_run *s, FILE *out, struct err *err)
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
		if (row.steps.n)
			text_line(out, "in flight %.*s %.*s (was %.*s)", STR_FMT(row.serial),
				STR_FMT(row.steps), STR_FMT(row.before));
		else /* since an earlier run */
			text_line(out, "in flight %.*s", STR_FMT(row.serial));
		shown++;
	}
	run_results_free(rows);
	return rc;
}

/* What a run that is not over waits for. */
static enum errc print_rest(struct saved_run *s, FILE *out, struct err *err)
{
	struct unfinished rest = { s, saved_run_when(s), out };
	struct last_end last = { .when = rest.when };
	enum errc rc;

	if (s->run.state != RUN_ACTIVE)
		return ERR_OK;
	buf_init(&last.words, 4096);
	rc = store_events(s->store, s->run.id, print_end, &last, err);
	if (last.words.n)
		text_line(out, "%s", buf_cstr(&last.words));
	buf_release(&last.words);
	if (!rc)
		rc = store_requests_open(s->store, s->run.id, print_open, &rest, err);
	return rc ? rc : print_in_flight(s, out, err);
}

static void print_lines(const char *label, const struct buf *lines, FILE *out)
{
	struct str rest = buf_view(lines);

	while (rest.n) {
		struct str line = str_cut(&rest, '\n');

		text_line(out, "%-8s %.*s", label, STR_FMT(line));
		label = "";
	}
}

static void print_head(const struct saved_run *s, const struct run_facts *facts, FILE *out)
{
	struct lock_holder holder;
	const struct lock_holder *who = active(s, &holder);
	struct when w = saved_run_when(s);
	char when[WHEN_TEXT];

	text_line(out, "run      %s (%s)", s->run.name, run_state_word(s->run.state, who));
	if (s->run.state == RUN_ACTIVE && who)
		text_line(out, "process  %lld on %s", (long long)who->pid, who->host);
	text_line(out, "input    %s", s->input.path);
	print_lines("rules", &facts->rules, out);
	print_lines("set", &facts->parameters, out);
	text_line(out, "by       %s%s%s", buf_cstr(&facts->user), facts->host.n ? " on " : "",
		buf_cstr(&facts->host));
	text_line(out, "created  %s", when_words(&w, s->run.created_ms, when));
	text_line(out, "plan     %.12s", s->run.fingerprint);
	if (s->run.finished_ms != TIME_NONE)
		text_line(out, "finished %s", when_words(&w, s->run.finished_ms, when));
}

static enum errc print_run(struct saved_run *s, const struct summary *counts,
	const struct run_facts *facts, FILE *out, struct err *err)
{
	struct summary_end end = { .status = s->run.exit_status };
	struct buf next;
	enum errc rc;

	buf_init(&next, SAVED_RUN_NEXT_BYTES);
	saved_run_next(s, counts, &next);
	end.next = next.n ? buf_cstr(&next) : NULL;
	print_head(s, facts, out);
	rc = print_rest(s, out, err);
	if (!rc)
		summary_print(counts, &end, out);
	buf_release(&next);
	return rc;
}

static enum errc show_run(struct saved_run *s, const char *name, bool json, struct err *err)
{
	struct summary counts;
	struct run_facts facts;
	struct cli_page page;
	enum errc rc = load_one(s, name, &facts, err);

	if (!rc)
		rc = saved_run_rows(s, NULL, false, &counts, err);
	if (!rc && !summary_rows(&counts)) /* pruned */
		rc = saved_run_outcomes(s, &counts, err);
	if (!rc && json) {
		saved_run_tell(s, &counts);
	} else if (!rc) {
		rc = print_run(s, &counts, &facts, cli_page_begin(&page, stdout), err);
		page.when = saved_run_when(s);
		cli_page_end(&page);
	}
	run_facts_release(&facts);
	return rc;
}

static enum errc show(struct saved_run *s, const struct cli *cli, struct err *err)
{
	bool json = cli_count(cli, OPTION_JSON) > 0;

	return cli->n_args ? show_run(s, cli->args[0], json, err) : list_runs(s, json, err);
}

int cmd_runs(const struct cli *cli)
{
	return saved_run_reader(cli, show);
}
