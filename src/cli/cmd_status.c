/* What is going on now, from the store alone: no service is asked and nothing is changed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "base/time.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "facts/wipe_note.h"
#include "report/credential_ends.h"
#include "report/ndjson.h"
#include "report/open_business.h"
#include "report/table.h"
#include "store/lock.h"
#include "store/shared.h"

enum { MAX_SHOWN = 20, LAST_RUNS = 5, LATE_MS = 3600 * 1000 };

struct status {
	struct saved_run s;
	struct open_business open;
	struct wipe_note *wipes; /* that the UEM showed, and no run of ours waits for */
	size_t n_wipes, cap_wipes;
	struct arena texts;
	struct lock_holder active; /* the process that works now, if has_active */
	bool has_active;
	struct run_record last[LAST_RUNS];
	struct credential_ends ends;
	int64_t now_ms;
	struct when when;
	uint32_t left[RATE_CLASSES]; /* requests that may leave at once */
	size_t n_last, n_runs;       /* the last n_last of n_runs, in a ring */
	struct buf next;             /* what continues the latest that is stopped; empty: none is */
};

static enum errc keep_run(void *self, const struct run_record *run, struct err *err)
{
	struct status *st = self;

	(void)err;
	st->last[st->n_runs++ % LAST_RUNS] = *run;
	if (st->n_last < LAST_RUNS)
		st->n_last++;
	return ERR_OK;
}

/* The i-th of the last runs, newest first. */
static const struct run_record *last_run(const struct status *st, size_t i)
{
	return &st->last[(st->n_runs - 1 - i) % LAST_RUNS];
}

/* An hour beyond what the run foresaw at the most. */
static bool is_late(const struct status *st)
{
	return st->has_active && st->active.ends_ms != TIME_NONE &&
	       st->now_ms > st->active.ends_ms + LATE_MS;
}

/* A device off its server with nobody at work, or for longer than the run would be, is what a
 * person has to look at. */
static int exit_status(const struct status *st)
{
	return st->open.off.n && (!st->has_active || is_late(st)) ? 5 : 0;
}

/* --- wipes that the UEM showed --- */

static enum errc keep_wipe(void *self, const struct wipe_note *n, struct err *err)
{
	struct status *st = self;
	const struct ledger_deeds *deeds = &st->open.deeds;

	(void)err;
	for (size_t i = 0; i < deeds->n; i++)
		if (deeds->v[i].kind == STEP_WIPE && deeds->v[i].state == DEED_OPEN &&
			str_eq(deeds->v[i].serial, n->serial))
			return ERR_OK;
	MEM_GROW(st->wipes, st->n_wipes, st->cap_wipes);
	st->wipes[st->n_wipes] = *n;
	st->wipes[st->n_wipes++].serial = arena_dup(&st->texts, n->serial);
	return ERR_OK;
}

static void print_wipes(const struct status *st, FILE *out)
{
	char since[WHEN_TEXT], seen[WHEN_TEXT];

	if (!st->n_wipes)
		return;
	text_line(out, "wipes       %zu device%s that the UEM showed with a wipe that waits",
		st->n_wipes, plural(st->n_wipes));
	for (size_t i = 0; i < st->n_wipes && i < MAX_SHOWN; i++)
		text_line(out, "  %.*s  since %s, as last read %s", STR_FMT(st->wipes[i].serial),
			when_words(&st->when, st->wipes[i].since_ms, since),
			when_words(&st->when, st->wipes[i].seen_ms, seen));
	if (st->n_wipes > MAX_SHOWN)
		text_line(out, "  and %zu more: depmend status --json", st->n_wipes - MAX_SHOWN);
	text_line(out, "  to call one off, in the console: %s", CONSOLE_WIPE_LOG);
}

static void tell_wipes(const struct status *st)
{
	for (size_t i = 0; i < st->n_wipes; i++) {
		struct ndjson j;

		ndjson_begin(&j, "pending_wipe");
		json_put_str(&j.o, "serial", st->wipes[i].serial);
		ndjson_time(&j, "since", st->wipes[i].since_ms);
		ndjson_time(&j, "seen", st->wipes[i].seen_ms);
		json_put_z(&j.o, "remedy", CONSOLE_WIPE_LOG);
		ndjson_end(&j, stdout);
	}
}

/* --- for people --- */

static void print_runs(const struct status *st, FILE *out)
{
	struct text_table *t = table_new("llll");
	char when[WHEN_TEXT];

	if (st->n_last)
		(void)fputs("last runs\n", out);
	else
		(void)fputs("last runs   none is known here; if a state was lost, which devices "
			    "are off:\n            depmend export --off-server\n",
			out);
	for (size_t i = 0; i < st->n_last; i++) {
		const struct run_record *run = last_run(st, i);
		char ended[40] = "";

		if (run->finished_ms != TIME_NONE && run->exit_status >= 0)
			(void)snprintf(ended, sizeof(ended), "exit %d", run->exit_status);
		table_cell(t, str_from(run->name));
		table_cell(t, str_from(when_words(&st->when, run->created_ms, when)));
		table_cell(t, str_from(run_state_word(run->state, st->has_active)));
		table_cell(t, str_from(ended));
	}
	table_print(t, out);
	if (st->next.n)
		text_line(out, "next        %s", buf_cstr(&st->next));
	table_free(t);
}

static void print_ends(const struct status *st, FILE *out)
{
	for (size_t i = 0; i < st->ends.n; i++) {
		const struct credential_end *e = &st->ends.v[i];
		bool soon = credential_end_stage(e, st->now_ms) > 0;
		struct buf words;

		buf_init(&words, 4096);
		credential_end_words(e, st->now_ms, &words);
		text_line(out, "%-11s %s", soon ? "ends soon" : "token", buf_cstr(&words));
		if (soon)
			text_line(out, "            -> %s", e->remedy);
		buf_release(&words);
	}
}

static void tell_ends(const struct status *st)
{
	for (size_t i = 0; i < st->ends.n; i++) {
		const struct credential_end *e = &st->ends.v[i];
		struct ndjson j;

		ndjson_begin(&j, "credential");
		json_put_z(&j.o, "kind", e->kind);
		ndjson_text(&j, "name", str_from(e->name));
		ndjson_time(&j, "ends", e->at_ms);
		if (e->at_ms != TIME_NONE)
			json_put_int(&j.o, "days_left", credential_end_days(e, st->now_ms));
		json_put_int(&j.o, "stage", credential_end_stage(e, st->now_ms));
		ndjson_end(&j, stdout);
	}
}

/* --- budgets --- */

static const char *const budgets[RATE_CLASSES][2] = {
	[RATE_APPLE_READ] = { "Apple reads", "apple_reads_left" },
	[RATE_APPLE_WRITE] = { "Apple changes", "apple_changes_left" },
	[RATE_UEM] = { "UEM requests", "uem_requests_left" },
};

static enum errc count_sent(void *self, int64_t at_ms, struct err *err)
{
	uint32_t *left = self;

	(void)at_ms;
	(void)err;
	*left -= *left > 0;
	return ERR_OK;
}

static enum errc find_budgets(struct status *st, struct err *err)
{
	enum errc rc = ERR_OK;

	for (int i = 0; i < RATE_CLASSES && !rc; i++) {
		const struct rate *r = &st->s.settings->rates[i];

		st->left[i] = r->n;
		rc = shared_sent_span(store_shared(st->s.store), i, st->now_ms - r->window_ms + 1,
			INT64_MAX, count_sent, &st->left[i], err);
	}
	return rc;
}

static void print_budgets(const struct status *st, FILE *out)
{
	char window[TIME_TEXT];

	for (int i = 0; i < RATE_CLASSES; i++) {
		const struct rate *r = &st->s.settings->rates[i];

		if (i != RATE_UEM || st->s.settings->has_uem)
			text_line(out, "%-11s %s: %u of %u left in any %s", i ? "" : "budgets",
				budgets[i][0], st->left[i], r->n,
				duration_words(r->window_ms, window));
	}
}

static void print_active(const struct status *st, FILE *out)
{
	char since[WHEN_TEXT], ends[WHEN_TEXT];

	if (!st->has_active)
		return;
	text_line(out, "active      %s, process %lld on %s, since %s", st->active.command,
		(long long)st->active.pid, st->active.host,
		when_words(&st->when, st->active.since_ms, since));
	if (st->active.phase[0])
		text_line(out, "phase       %s", st->active.phase);
	if (st->active.ends_ms != TIME_NONE)
		text_line(out, "estimate    ends %s at the latest%s",
			when_words(&st->when, st->active.ends_ms, ends),
			is_late(st) ? ": more than an hour ago, see what it waits for" : "");
}

static void print_all(const struct status *st)
{
	struct cli_page page;
	FILE *out = cli_page_begin(&page, stdout);

	page.when = st->when;
	text_line(out, "tenant      %s", st->s.settings->tenant);
	print_active(st, out);
	open_business_print(&st->open, st->s.settings, &st->when, MAX_SHOWN, out);
	print_wipes(st, out);
	if (!st->open.off.n && !st->open.changes.n && !st->open.n_open_deeds)
		(void)fputs("open        nothing: no device is off its server, every change has "
			    "ended\n",
			out);
	print_budgets(st, out);
	print_ends(st, out);
	print_runs(st, out);
	cli_page_end(&page);
}

/* --- for programs --- */

static enum errc tell_all(struct status *st, struct err *err)
{
	const struct open_business *b = &st->open;
	struct ndjson j;
	enum errc rc = ERR_OK;

	open_business_tell(b, st->s.settings, stdout);
	tell_wipes(st);
	tell_ends(st);
	for (size_t i = 0; i < st->n_last && !rc; i++) {
		ndjson_begin(&j, "run");
		ndjson_run(&j, last_run(st, i), st->has_active);
		rc = ndjson_counts(&j, st->s.store, last_run(st, i)->id, err);
		ndjson_end(&j, stdout);
	}
	ndjson_begin(&j, "status");
	json_put_z(&j.o, "tenant", st->s.settings->tenant);
	json_put_int(&j.o, "off_server", (int64_t)b->off.n);
	json_put_int(&j.o, "open_changes", (int64_t)b->changes.n);
	json_put_int(&j.o, "open_irreversible", (int64_t)b->n_open_deeds);
	json_put_int(&j.o, "pending_wipes", (int64_t)(open_business_wipes(b) + st->n_wipes));
	json_put_bool(&j.o, "restored_state", b->gap.open);
	ndjson_time(&j, "known_until", b->gap.open ? b->gap.from_ms : TIME_NONE);
	for (int i = 0; i < RATE_CLASSES; i++)
		json_put_int(&j.o, budgets[i][1], st->left[i]);
	ndjson_time(&j, "paused", b->pause.paused ? b->pause.since_ms : TIME_NONE);
	ndjson_text(&j, "pause_reason", b->pause.paused ? str_from(b->pause.reason) : STR_NONE);
	ndjson_text(&j, "paused_by", b->pause.paused ? str_from(b->pause.by) : STR_NONE);
	if (st->has_active) {
		json_put_z(&j.o, "command", st->active.command);
		json_put_int(&j.o, "pid", st->active.pid);
		json_put_z(&j.o, "host", st->active.host);
		ndjson_time(&j, "since", st->active.since_ms);
		ndjson_text(&j, "phase", str_from(st->active.phase));
		ndjson_time(&j, "estimate", st->active.ends_ms);
	}
	json_put_int(&j.o, "status", exit_status(st));
	ndjson_end(&j, stdout);
	return rc;
}

static enum errc find_ends(struct status *st, struct err *err)
{
	enum errc rc = saved_run_now(&st->s, &st->now_ms, err);

	st->when = saved_run_when(&st->s);
	credential_ends_find(&st->ends, st->s.settings);
	return rc;
}

static enum errc find_next(struct status *st, struct err *err)
{
	for (size_t i = 0; i < st->n_last && !st->has_active; i++) {
		struct summary counts = { 0 };
		enum errc rc;

		if (last_run(st, i)->state != RUN_ACTIVE)
			continue;
		rc = saved_run_load(&st->s, last_run(st, i)->name, err);
		if (!rc)
			rc = saved_run_rows(&st->s, NULL, false, &counts, err);
		if (!rc)
			saved_run_next(&st->s, &counts, &st->next);
		return rc;
	}
	return ERR_OK;
}

int cmd_status(const struct cli *cli)
{
	struct status st = { 0 };
	struct err err;
	enum errc rc = saved_run_open(&st.s, cli, &err);
	int status;

	arena_init(&st.texts);
	buf_init(&st.next, SAVED_RUN_NEXT_BYTES);
	st.has_active = !rc && store_locked_by(st.s.settings->state, st.s.settings->apple.account,
				       &st.active);
	if (!rc)
		rc = find_ends(&st, &err);
	if (!rc)
		rc = open_business_load(
			&st.open, st.s.store, st.s.settings, STR_NONE, st.now_ms, &err);
	if (!rc)
		rc = wipe_notes(st.s.store, keep_wipe, &st, &err);
	if (!rc)
		rc = store_runs(st.s.store, keep_run, &st, &err);
	if (!rc)
		rc = find_budgets(&st, &err);
	if (!rc)
		rc = find_next(&st, &err);
	if (!rc && cli_count(cli, OPTION_JSON))
		rc = tell_all(&st, &err);
	else if (!rc)
		print_all(&st);
	status = rc ? cli_fail(cli, &err) : exit_status(&st);
	open_business_release(&st.open);
	arena_release(&st.texts);
	buf_release(&st.next);
	free(st.wipes);
	saved_run_close(&st.s);
	return status;
}
