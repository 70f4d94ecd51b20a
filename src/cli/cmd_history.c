/* What happened to some devices, over all runs, from the store alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/app/saved_run.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "model/serial.h"
#include "model/snapshot.h"
#include "report/history_html.h"
#include "report/history_words.h"
#include "report/ndjson.h"
#include "report/open_business.h"
#include "store/history.h"

/* --- for people --- */

enum { STATE_MAX_BYTES = 64 * 1024 };

static void print_part(FILE *out, const char *label, struct str text)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "    %-8s", label);
	text_part(out, name, text);
}

static void print_state(FILE *out, const char *label, struct str stored)
{
	struct buf words;

	buf_init(&words, STATE_MAX_BYTES);
	snapshot_show(stored, &words);
	print_part(out, label, buf_view(&words));
	buf_release(&words);
}

/* One piece of evidence a word, so that a terminal breaks the line between them. */
static void print_proof(FILE *out, struct str evidence)
{
	struct buf words;

	buf_init(&words, STATE_MAX_BYTES);
	while (evidence.n) {
		buf_str(&words, str_cut(&evidence, ';'));
		buf_z(&words, evidence.n ? "; " : "");
	}
	print_part(out, "proof", buf_view(&words));
	buf_release(&words);
}

static void print_row(const struct history_entry *e, FILE *out)
{
	const struct reason_info *why = reason_info((enum reason)e->reason);

	text_line(out, "    %s by rule %.*s%s%s%s%s", outcome_info((enum outcome)e->outcome)->word,
		e->rule.n ? (int)e->rule.n : 1, e->rule.n ? e->rule.p : "-", e->reason ? ": " : "",
		e->reason ? why->code : "", e->reason ? ": " : "", e->reason ? why->sentence : "");
	print_part(out, "because", e->detail);
	print_state(out, "before", e->before);
	print_state(out, "after", e->after);
	print_proof(out, e->evidence);
}

static void print_sent(const struct history_entry *e, const struct settings *s, FILE *out)
{
	struct buf words;

	buf_init(&words, STATE_MAX_BYTES);
	history_target(e, s, &words);
	text_line(out, "    %s: %s", step_info((enum step_kind)e->step)->word,
		history_answer(e->state));
	print_part(out, "target", buf_view(&words));
	print_part(out, "activity", e->activity);
	buf_release(&words);
}

static void print_entry(
	const struct history_entry *e, const struct settings *s, const struct when *when, FILE *out)
{
	char at[WHEN_TEXT];

	text_line(out, "  %s%s%.*s", when_words(when, e->at_ms, at), e->run.n ? "  run " : "",
		STR_FMT(e->run));
	if (e->kind == HISTORY_SENT) {
		print_sent(e, s, out);
	} else if (e->kind == HISTORY_EVENT) {
		struct buf words;

		buf_init(&words, STATE_MAX_BYTES);
		history_person(e, &words);
		print_part(out, "person", buf_view(&words));
		buf_release(&words);
	} else {
		print_row(e, out);
	}
}

/* --- for programs --- */

static void tell_state(struct ndjson *j, const char *key, struct str stored)
{
	struct buf words;

	buf_init(&words, STATE_MAX_BYTES);
	snapshot_show(stored, &words);
	ndjson_text(j, key, buf_view(&words));
	buf_release(&words);
}

static void tell_person(struct ndjson *j, const struct history_entry *e)
{
	struct buf words;

	buf_init(&words, STATE_MAX_BYTES);
	history_person(e, &words);
	ndjson_text(j, "detail", buf_view(&words));
	buf_release(&words);
}

static void tell_entry(struct str serial, const struct history_entry *e)
{
	static const char *const kinds[] = { [HISTORY_EVENT] = "person",
		[HISTORY_JUDGED] = "judged",
		[HISTORY_PLANNED] = "planned",
		[HISTORY_SENT] = "sent" };
	bool row = e->kind == HISTORY_JUDGED || e->kind == HISTORY_PLANNED;
	bool sent = e->kind == HISTORY_SENT;
	struct ndjson j;

	ndjson_begin(&j, "history");
	json_put_str(&j.o, "serial", serial);
	json_put_z(&j.o, "what", kinds[e->kind]);
	ndjson_time(&j, "at", e->at_ms);
	ndjson_text(&j, "run", e->run);
	ndjson_text(&j, "rule", e->rule);
	json_put_z(&j.o, "outcome", row ? outcome_info((enum outcome)e->outcome)->word : NULL);
	json_put_z(&j.o, "reason",
		row && e->reason ? reason_info((enum reason)e->reason)->code : NULL);
	json_put_z(&j.o, "step", sent ? step_info((enum step_kind)e->step)->word : NULL);
	json_put_z(&j.o, "answer", sent ? history_answer(e->state) : NULL);
	ndjson_text(&j, "target", e->target);
	ndjson_text(&j, "activity", e->activity);
	tell_state(&j, "before", e->before);
	tell_state(&j, "after", e->after);
	ndjson_text(&j, "evidence", e->evidence);
	if (e->kind == HISTORY_EVENT)
		tell_person(&j, e);
	else
		ndjson_text(&j, "detail", e->detail);
	ndjson_end(&j, stdout);
}

/* --- as a page --- */

static void put_page(struct history_html *page, const struct saved_run *s, struct str serial,
	const struct history *h, const struct open_business *open)
{
	char *text = NULL;
	size_t n = 0;
	FILE *lines = open_memstream(&text, &n);

	if (!lines)
		abort();
	open_business_print(open, s->settings, &(struct when){ .local = false }, SIZE_MAX, lines);
	if (fclose(lines) != 0 || !text)
		abort();
	history_html_device(page, serial, h, (struct str){ text, n });
	free(text);
}

static void print_device(const struct saved_run *s, struct str serial, const struct history *h,
	const struct open_business *open)
{
	struct cli_page page;
	FILE *out = cli_page_begin(&page, stdout);
	struct when when = page.when = saved_run_when(s);

	text_line(out, "%.*s%s", STR_FMT(serial),
		h->n ? "" : ": no run of this organization has had it in its list");
	for (size_t i = 0; i < h->n; i++)
		print_entry(&h->v[i], s->settings, &when, out);
	open_business_print(open, s->settings, &when, SIZE_MAX, out);
	cli_page_end(&page);
}

static void tell_device(const struct saved_run *s, struct str serial, const struct history *h,
	const struct open_business *open)
{
	for (size_t i = 0; i < h->n; i++)
		tell_entry(serial, &h->v[i]);
	open_business_tell(open, s->settings, stdout);
}

/* page NULL: to the terminal. */
static enum errc show_one(const struct saved_run *s, const struct cli *cli, struct str serial,
	struct history_html *page, struct err *err)
{
	struct open_business open = { 0 };
	struct history h;
	enum errc rc = store_history(s->store, serial, &h, err);

	if (!rc)
		rc = open_business_load(
			&open, s->store, s->settings, serial, saved_run_when(s).now_ms, err);
	open.pause.paused = false; /* is not about this device */
	if (!rc && page)
		put_page(page, s, serial, &h, &open);
	if (!rc && cli_count(cli, OPTION_JSON))
		tell_device(s, serial, &h, &open);
	else if (!rc && !page)
		print_device(s, serial, &h, &open);
	open_business_release(&open);
	history_release(&h);
	return rc;
}

static enum errc show_all(struct saved_run *s, const struct cli *cli, struct err *err)
{
	const char *path = cli_text(cli, OPTION_HTML);
	struct history_html *page = NULL;
	enum errc rc = cli_check_json(cli, OPTION_HTML, path, err);

	if (!rc && path)
		rc = history_html_open(&page, path, s->settings, err);
	for (size_t i = 0; i < cli->n_args && !rc; i++) {
		struct serial serial;

		if (serial_read(str_from(cli->args[i]), &serial) != REASON_NONE)
			rc = err_set(err, ERR_USAGE, "'%s' is not a serial number", cli->args[i]);
		else
			rc = show_one(s, cli, serial_view(&serial), page, err);
	}
	if (!rc && page)
		rc = history_html_commit(page, err);
	history_html_close(page);
	if (!rc && path && !cli_count(cli, OPTION_QUIET))
		text_line(stderr, "page     %s", path);
	return rc;
}

int cmd_history(const struct cli *cli)
{
	return saved_run_reader(cli, show_all);
}
