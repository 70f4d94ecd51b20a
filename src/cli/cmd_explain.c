/* How each condition of each rule judged one device, and the value it looked at. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/log.h"
#include "cli/app/context.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "plan/explain.h"
#include "report/ndjson.h"
#include "report/table.h"

struct explaining {
	struct context p;
	struct text_table *table;
};

static void put_line(const struct explaining *e, const struct explain_line *line)
{
	struct buf seen;
	struct ndjson j;

	buf_init(&seen, 64 * 1024);
	if (line->leaf)
		rules_value_words(&line->seen, &seen);
	ndjson_begin(&j, "condition");
	json_put_str(&j.o, "rule", rules_info(e->p.rules, line->rule)->name);
	json_put_int(&j.o, "depth", line->depth);
	json_put_str(&j.o, "text", line->text);
	json_put_z(&j.o, "result", rules_tri_word(line->result));
	ndjson_text(&j, "seen", buf_view(&seen));
	json_put_bool(&j.o, "reached", line->reached);
	ndjson_end(&j, stdout);
	buf_release(&seen);
}

static const char *const verdict_words[] = {
	[VERDICT_RULE] = "rule",
	[VERDICT_NONE] = "none",
	[VERDICT_UNDECIDED] = "undecided",
	[VERDICT_NEEDS] = "undecided",
	[VERDICT_INVALID] = "invalid",
	[VERDICT_WAITS] = "waiting",
};

static void put_verdict(const struct explaining *e, const struct explained *x)
{
	bool has_rule = x->verdict.kind == VERDICT_RULE || x->verdict.kind == VERDICT_UNDECIDED ||
			x->verdict.kind == VERDICT_WAITS;
	struct ndjson j;

	ndjson_begin(&j, "verdict");
	json_put_int(&j.o, "line", x->line);
	json_put_z(&j.o, "verdict", verdict_words[x->verdict.kind]);
	ndjson_text(
		&j, "rule", has_rule ? rules_info(e->p.rules, x->verdict.rule)->name : STR_NONE);
	ndjson_end(&j, stdout);
}

static void take_line(void *self, const struct explain_line *line)
{
	struct explaining *e = self;
	struct buf text, seen;

	if (cli_count(e->p.cli, OPTION_JSON)) {
		put_line(e, line);
		return;
	}
	buf_init(&text, 64 * 1024);
	buf_init(&seen, 64 * 1024);
	if (line->depth == 0) {
		const struct rule_info *rule = rules_info(e->p.rules, line->rule);

		table_cell(e->table, rule->name);
		table_cell(e->table,
			str_from(line->reached ? rules_tri_word(line->result) : "not reached"));
		table_cell(e->table, STR(""));
	}
	for (unsigned i = 0; i <= line->depth; i++)
		buf_z(&text, "  ");
	buf_str(&text, line->text);
	if (line->leaf)
		rules_value_words(&line->seen, &seen);
	table_cell(e->table, buf_view(&text));
	table_cell(e->table, str_from(rules_tri_word(line->result)));
	table_cell(e->table, buf_view(&seen));
	buf_release(&text);
	buf_release(&seen);
}

/* What says what the rule would do with this list. */
static void print_plan(const struct explaining *e, FILE *out)
{
	struct buf next;

	buf_init(&next, 64 * 1024);
	cli_repeat_unconfirmed(e->p.cli, COMMAND_PLAN, &next);
	text_line(out, "next     %s", buf_cstr(&next));
	buf_release(&next);
}

static void print_end(const struct explaining *e, const struct explained *x, FILE *out)
{
	switch (x->verdict.kind) {
	case VERDICT_RULE:
		text_line(out, "line %u: rule '%.*s' decides", x->line,
			STR_FMT(rules_info(e->p.rules, x->verdict.rule)->name));
		print_plan(e, out);
		break;
	case VERDICT_UNDECIDED:
		text_line(out,
			"line %u: undecided: rule '%.*s' depends on %s, which could not be "
			"read",
			x->line, STR_FMT(rules_info(e->p.rules, x->verdict.rule)->name),
			fact_info(x->verdict.fact)->word);
		break;
	case VERDICT_WAITS:
		text_line(out, "line %u: rule '%.*s' waits: Apple does not list this serial yet",
			x->line, STR_FMT(rules_info(e->p.rules, x->verdict.rule)->name));
		break;
	case VERDICT_INVALID:
		text_line(out, "line %u: invalid: %s", x->line, x->verdict.why);
		break;
	default:
		text_line(out, "line %u: no rule matches, so the device is left alone", x->line);
	}
}

static enum errc explain_one(struct explaining *e, const char *serial, struct err *err)
{
	struct explained x;
	struct cli_page page;
	enum errc rc;

	e->table = table_new("lll");
	rc = explain_serial(&e->p.input, e->p.rules, &e->p.session.facts,
		cli_time(e->p.cli, OPTION_NOW, clock_now(e->p.session.clock)), serial, take_line, e,
		&x, err);
	log_status(NULL);
	if (!rc && cli_count(e->p.cli, OPTION_JSON)) {
		put_verdict(e, &x);
	} else if (!rc) {
		FILE *out = cli_page_begin(&page, stdout);

		table_print_folded(e->table, fold_columns(stdout), out);
		print_end(e, &x, out);
		cli_page_end(&page);
	}
	table_free(e->table);
	return rc;
}

static enum errc explain_all(struct explaining *e, struct err *err)
{
	struct session_options opt = {
		.max_wait_ms = cli_duration_ms(e->p.cli, OPTION_MAX_WAIT, INT64_MAX),
	};
	size_t n_serials;
	const char **serials = cli_list(e->p.cli, OPTION_SERIAL, &n_serials);
	enum errc rc = context_load(&e->p, e->p.cli, true, err);

	if (!rc)
		rc = context_read_input(&e->p, NULL, err);
	if (!rc)
		rc = context_open_session(&e->p, opt, err);
	if (!rc) {
		sandbox_for(e->p.settings, NULL, NULL);
		rc = session_connect(&e->p.session, err);
	}
	if (!rc && !n_serials)
		rc = explain_one(e, e->p.cli->args[1], err);
	for (size_t i = 0; i < n_serials && !rc; i++)
		rc = explain_one(e, serials[i], err);
	free(serials);
	return rc;
}

int cmd_explain(const struct cli *cli)
{
	struct explaining e = { .p = { .cli = cli } };
	struct err err;
	enum errc rc = explain_all(&e, &err);
	int status = rc ? cli_fail(cli, &err) : 0;

	context_release(&e.p);
	return status;
}
