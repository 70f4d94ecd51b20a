#include "cli/app/plan_out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fold.h"
#include "base/log.h"
#include "base/plural.h"
#include "cli/app/approvals.h"
#include "cli/app/approved_plan.h"
#include "cli/app/plan_guards.h"
#include "cli/app/reading.h"
#include "cli/app/run_window.h"
#include "cli/app/write_rows.h"
#include "cli/args/terminal.h"
#include "report/ndjson.h"
#include "report/open_business.h"
#include "report/plan_effects.h"
#include "report/plan_html.h"
#include "report/schedule.h"
#include "report/status.h"
#include "report/table.h"
#include "report/ways.h"

/* Offline a few kinds of rows make up the file. */
enum { KINDS = 256, TEXT_MAX_BYTES = 1024 * 1024, MOST_FIRST = 5, MOST_OPEN = 5 };

struct kind {
	struct run_row row; /* alike 0: not made yet */
	size_t n;
};

struct plan_rows {
	struct context *p;
	const struct rules_policy *policy;
	bool named;     /* each is told with its serial and its line */
	bool known;     /* online: what follows was asked for */
	size_t columns; /* of the terminal; 0: it is none */
	struct plan_effects effects;
	struct schedule schedule;
	struct plan_guards guards;
	struct open_business open;
	struct when when;
	struct buf steps, before;
	struct arena arena;
	struct kind kinds[KINDS]; /* the first of the input */
};

/* What carrying it out takes, what would stop it, and what earlier runs left. */
static enum errc look_ahead(struct plan_rows *r, struct err *err)
{
	struct context *p = r->p;
	enum errc rc;

	r->known = p->online && p->plan.n_planned > 0;
	if (!r->known)
		return ERR_OK;
	plan_effects_count(&p->plan, &r->effects);
	schedule_make(&p->plan, r->policy, &r->schedule);
	rc = plan_guards_ask(&r->guards, p->cli, &p->plan, r->policy, err);
	return rc ? rc
		  : open_business_load(
			    &r->open, p->session.store, p->settings, STR_NONE, r->when.now_ms, err);
}

static void rows_init(struct plan_rows *r, struct context *p, const struct rules_policy *policy)
{
	*r = (struct plan_rows){
		.p = p,
		.policy = policy,
		.named = cli_count(p->cli, OPTION_JSON) > 0,
		.when = { .now_ms = p->plan_options.now_ms },
	};
	buf_init(&r->steps, TEXT_MAX_BYTES);
	buf_init(&r->before, TEXT_MAX_BYTES);
	arena_init(&r->arena);
}

static void rows_release(struct plan_rows *r)
{
	if (r->known) {
		plan_guards_release(&r->guards);
		open_business_release(&r->open);
	}
	buf_release(&r->steps);
	buf_release(&r->before);
	arena_release(&r->arena);
}

/* NULL: the row is like no other, or they are too many. */
static struct kind *kind_of(struct plan_rows *r, uint32_t n)
{
	uint32_t at = r->p->input.rows[n].kind;
	struct kind *kind;

	if (r->p->plan.opt->facts || at >= KINDS)
		return NULL;
	kind = &r->kinds[at];
	if (kind->row.alike)
		return kind;
	plan_row(&r->p->plan, n, &r->steps, &r->before, &kind->row);
	kind->row.steps = arena_dup(&r->arena, kind->row.steps);
	kind->row.planned = arena_dup(&r->arena, kind->row.planned);
	kind->row.before = STR_NONE;
	kind->row.alike = at + 1;
	return kind;
}

static enum errc give_row(void *self, uint32_t n, struct run_row *ret, struct err *err)
{
	struct plan_rows *r = self;
	const struct kind *kind = kind_of(r, n);

	(void)err;
	if (kind) {
		*ret = kind->row;
		if (r->named)
			plan_row_name(&r->p->plan, n, ret);
	} else {
		plan_row(&r->p->plan, n, &r->steps, &r->before, ret);
	}
	return ERR_OK;
}

static uint32_t alike_of(void *self, uint32_t n)
{
	const struct kind *kind = kind_of(self, n);

	return kind ? kind->row.alike : 0;
}

static struct row_source source_of(struct plan_rows *r)
{
	return (struct row_source){ give_row, r, alike_of };
}

static struct str server_of(const struct context *p, uint32_t n)
{
	const struct input_row row = input_row(&p->input, n);
	uint32_t slot = plan_slot(&p->plan, &row), server;

	if (slot == MAP_NONE || !fleet_server_of(&p->session.fleet, slot, &server))
		return STR("");
	return fleet_server_name(&p->session.fleet, server);
}

/* The first rows that would be acted on, for who looks whether the rules meant these. */
static void print_first(struct plan_rows *r, FILE *out)
{
	struct text_table *t = table_new("lll");
	struct run_row row;
	uint32_t shown = 0;

	for (uint32_t i = 0; r->when.local && i < r->p->input.n_rows && shown < MOST_FIRST; i++) {
		if (input_kind(&r->p->input, i)->outcome != OUTCOME_PLANNED)
			continue;
		plan_row(&r->p->plan, i, &r->steps, &r->before, &row);
		table_cell(t, row.serial);
		table_cell(t, row.rule);
		table_cell(t, server_of(r->p, i));
		shown++;
	}
	if (shown && shown < r->p->plan.n_planned)
		text_line(out, "the first %u of %u row%s to be acted on:", shown,
			r->p->plan.n_planned, plural(r->p->plan.n_planned));
	else if (shown)
		text_line(out, "the row%s to be acted on:", plural(shown));
	table_print(t, out);
	table_free(t);
}

/* Where nothing is to be done: why not. */
static void print_idle(const struct plan_rows *r, FILE *out)
{
	const struct input *in = &r->p->input;
	size_t n[REASON_MAX_] = { 0 };

	text_line(out, "nothing to do: no row asks for a change");
	for (uint32_t i = 0; i < in->n_rows; i++)
		n[input_kind(in, i)->reason] += input_kind(in, i)->outcome == OUTCOME_UNCHANGED;
	for (int i = 0; i < REASON_MAX_; i++)
		if (n[i])
			text_line(out, "  %zu x %s: %s", n[i], reason_info((enum reason)i)->code,
				reason_info((enum reason)i)->sentence);
}

static void print_left(const struct plan_rows *r, const struct summary *counts, FILE *out)
{
	if (!counts)
		return;
	summary_open(counts, r->p->online ? NULL : "plan without --offline, which reads it", out);
	if (r->p->online && !r->p->plan.n_planned)
		print_idle(r, out);
}

/* counts: of all rows; NULL: whoever carries the plan out will say them. */
static void print_summary(struct plan_rows *r, const struct summary *counts, FILE *out)
{
	struct plan_summary *s = plan_summary_new();
	bool verbose = cli_count(r->p->cli, OPTION_VERBOSE) > 0;
	struct run_row row;

	log_status(NULL);
	for (size_t i = 0; r->p->rules && i < plan_n_rules(&r->p->plan); i++)
		plan_summary_rule(s, plan_rule(&r->p->plan, i));
	for (uint32_t i = 0; i < r->p->input.n_rows; i++) {
		struct kind *kind = kind_of(r, i);

		if (kind && kind->n++)
			continue;
		plan_row(&r->p->plan, i, &r->steps, &r->before, &row);
		plan_summary_row(s, row.rule, server_of(r->p, i), row.planned, row.outcome, 1);
	}
	for (const struct kind *k = r->kinds; k < r->kinds + KINDS; k++)
		if (k->n > 1)
			plan_summary_row(
				s, k->row.rule, STR(""), k->row.planned, k->row.outcome, k->n - 1);
	reading_print(&r->p->input, out);
	if (r->p->n_protected)
		text_line(out, "%-8s %u serial%s on the protected list", "protect",
			r->p->n_protected, plural(r->p->n_protected));
	plan_summary_print(s, r->columns, out);
	plan_summary_free(s);
	print_left(r, counts, out);
	print_first(r, out);
	if (r->p->plan.n_planned)
		text_line(out, "%-11s %.12s", "fingerprint", r->p->plan.fingerprint);
	if (r->p->online)
		ways_print(&r->p->session.facts, verbose, out);
	if (r->known) {
		plan_effects_print(&r->p->plan, &r->effects, &r->schedule, &r->when, out);
		if (verbose)
			schedule_print(&r->schedule, out);
		run_window_print(r->p, r->schedule.in_flight ? r->schedule.off_at_most_ms : 0,
			&r->when, out);
		open_business_print(&r->open, r->p->settings, &r->when, MOST_OPEN, out);
		plan_guards_print(&r->guards, !counts, out);
	}
}

/* A page on the terminal that `to` may be. */
static FILE *page_begin(struct plan_rows *r, struct cli_page *page, FILE *to)
{
	FILE *out = cli_page_begin(page, to);

	r->when.local = isatty(fileno(to));
	r->columns = fold_columns(to);
	page->when = r->when;
	return out;
}

enum errc plan_show(struct context *p, const struct rules_policy *policy, struct err *err)
{
	struct plan_rows rows;
	struct cli_page page;
	enum errc rc;

	rows_init(&rows, p, policy);
	rc = look_ahead(&rows, err);
	if (!rc) {
		print_summary(&rows, NULL, page_begin(&rows, &page, stderr));
		cli_page_end(&page);
	}
	rows_release(&rows);
	return rc;
}

/* Where the plan was written; NULL: to no file. */
static const char *plan_file(const struct context *p)
{
	const char *path = cli_text(p->cli, OPTION_OUT);

	return path && strcmp(path, "-") != 0 ? path : NULL;
}

/* What applies exactly this plan; empty: nothing to apply. */
static void next_command(const struct context *p, struct buf *out)
{
	bool undo = p->cli->command->id == COMMAND_UNDO;

	if (!p->online || !p->plan.n_planned || (!undo && p->cli->command->id != COMMAND_PLAN))
		return;
	cli_repeat_unconfirmed(p->cli, undo ? COMMAND_UNDO : COMMAND_APPLY, out);
	if (undo)
		buf_z(out, " --apply");
	buf_z(out, " --expect");
	/* What other people signed lies beside the file. */
	if (approvals_steps(&p->settings->approval, &p->plan) && plan_file(p))
		cli_repeat_file(plan_file(p), out);
	else
		buf_printf(out, " %.12s", p->plan.fingerprint);
}

/* Empty: nobody has to. */
static void approval_words(const struct context *p, struct buf *out)
{
	const struct approval_settings *rule = &p->settings->approval;
	uint32_t steps = approvals_steps(rule, &p->plan);

	if (!steps)
		return;
	approvals_words(steps, out);
	buf_printf(out, " needs the approval of %u %s other than who applies it: ", rule->people,
		rule->people == 1 ? "person" : "people");
	approvals_how(p->cli, plan_file(p), out);
}

/* Before the command, since it is refused without. */
static void print_approval(const struct context *p, FILE *out)
{
	struct buf words;

	buf_init(&words, TEXT_MAX_BYTES);
	approval_words(p, &words);
	if (words.n)
		text_line(out, "%-11s %s", "approval", buf_cstr(&words));
	buf_release(&words);
}

/* What open_business_print() says, as text. */
static void open_words(const struct plan_rows *r, struct buf *out)
{
	char *text = NULL;
	size_t n;
	FILE *whole = open_memstream(&text, &n);

	if (!whole)
		abort();
	open_business_print(
		&r->open, r->p->settings, &(struct when){ .local = false }, MOST_OPEN, whole);
	if (fclose(whole) != 0 || !text)
		abort();
	buf_add(out, text, n);
	free(text);
}

/* --html: for who has to agree. */
static enum errc write_page(const struct plan_rows *r, struct err *err)
{
	const char *path = cli_text(r->p->cli, OPTION_HTML);
	struct buf guards, open, approval, next;
	struct plan_page page = {
		.plan = &r->p->plan,
		.effects = &r->effects,
		.schedule = &r->schedule,
		.input = r->p->cli->args[0],
	};
	enum errc rc;

	if (!path)
		return ERR_OK;
	if (!r->known) {
		log_warn("%s was not written: the plan changes nothing", path);
		return ERR_OK;
	}
	buf_init(&guards, TEXT_MAX_BYTES);
	buf_init(&open, TEXT_MAX_BYTES);
	buf_init(&approval, TEXT_MAX_BYTES);
	buf_init(&next, TEXT_MAX_BYTES);
	plan_guards_lines(&r->guards, &guards);
	open_words(r, &open);
	approval_words(r->p, &approval);
	next_command(r->p, &next);
	page.tenant = r->p->settings->tenant;
	page.guards = buf_cstr(&guards);
	page.open = buf_cstr(&open);
	page.approval = buf_cstr(&approval);
	page.next = buf_cstr(&next);
	page.allow = buf_cstr(&r->guards.allow);
	rc = plan_html(&page, path, err);
	buf_release(&guards);
	buf_release(&open);
	buf_release(&approval);
	buf_release(&next);
	return rc;
}

static void print_next(const struct context *p, FILE *out)
{
	struct buf next;

	buf_init(&next, TEXT_MAX_BYTES);
	next_command(p, &next);
	if (next.n) {
		print_approval(p, out);
		text_line(out, "%-11s %s", "next", buf_cstr(&next));
	}
	buf_release(&next);
}

static void put_effects(const struct plan_rows *r, struct ndjson *j)
{
	json_put_int(&j->o, "devices", r->effects.devices);
	json_obj(&j->o, "steps");
	for (int i = 0; i < STEP_MAX_; i++)
		if (r->effects.steps[i])
			json_put_int(
				&j->o, step_info((enum step_kind)i)->word, r->effects.steps[i]);
	json_obj_end(&j->o);
	json_put_int(&j->o, "restored", r->effects.restored);
	json_put_int(&j->o, "removed", r->effects.removed);
	ndjson_time(j, "earliest", r->schedule.earliest_ms);
	ndjson_time(j, "latest", r->schedule.latest_ms);
	json_put_int(&j->o, "waves", r->schedule.n_waves);
	if (r->schedule.other_in_flight) {
		json_obj(&j->o, "other_in_flight");
		json_put_int(&j->o, "in_flight", r->schedule.other_in_flight);
		ndjson_time(j, "earliest", r->schedule.other_ms);
		json_obj_end(&j->o);
	}
	plan_guards_put(&r->guards, &j->o);
}

static void put_plan(const struct plan_rows *r, const struct summary *s, int status)
{
	const struct context *p = r->p;
	struct buf next;
	struct ndjson j;

	buf_init(&next, TEXT_MAX_BYTES);
	next_command(p, &next);
	ndjson_begin(&j, "plan");
	json_put_z(&j.o, "fingerprint", p->plan.n_planned ? p->plan.fingerprint : NULL);
	ndjson_time(&j, "as_of", p->plan_options.now_ms);
	ndjson_outcomes(&j, s);
	reading_put(&p->input, &j.o);
	if (p->online)
		ways_put(&p->session.facts, &j.o);
	if (r->known)
		put_effects(r, &j);
	json_put_int(&j.o, "status", status);
	json_put_z(&j.o, "meaning", status_meaning(status));
	ndjson_text(&j, "next", buf_view(&next));
	ndjson_end(&j, stdout);
	buf_release(&next);
}

static void print_plan(struct plan_rows *r, const struct summary *counts, FILE *to)
{
	const char *html = cli_text(r->p->cli, OPTION_HTML);
	struct cli_page page;

	print_summary(r, counts, page_begin(r, &page, to));
	if (plan_file(r->p))
		text_line(page.whole, "%-11s %s", "result", plan_file(r->p));
	if (r->known && html)
		text_line(page.whole, "%-11s %s", "page", html);
	print_next(r->p, page.whole);
	cli_page_end(&page);
}

static bool is_stdout(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

/* To --out or to a pipe that nothing else goes to; NULL: there is none. */
static const char *csv_path(const struct cli *cli)
{
	const char *out = cli_text(cli, OPTION_OUT);
	bool other = cli_count(cli, OPTION_JSON) || is_stdout(cli_text(cli, OPTION_HTML));

	return out || other || isatty(STDOUT_FILENO) ? out : "-";
}

/* A terminal gets the summary in place of the CSV. */
static enum errc show(struct plan_rows *r, struct summary *ret, struct err *err)
{
	const char *out = cli_text(r->p->cli, OPTION_OUT);
	bool json = cli_count(r->p->cli, OPTION_JSON) > 0;
	bool terminal = isatty(STDOUT_FILENO) && !is_stdout(out) &&
			!is_stdout(cli_text(r->p->cli, OPTION_HTML));
	struct result_options opt = {
		.path = csv_path(r->p->cli),
		.columns = &r->p->input.columns,
		.n_columns = r->p->input.widest,
		.delimiter = r->p->input.delimiter,
		.raw_csv = cli_count(r->p->cli, OPTION_RAW_CSV) > 0,
	};
	const struct row_source source = source_of(r);
	enum errc rc = write_rows(&r->p->input, r->p->input.n_rows, &source, &opt, ret, err);

	if (!rc)
		rc = write_page(r, err);
	if (!rc && json)
		return tell_rows(r->p->input.n_rows, &source, err);
	if (!rc && cli_count(r->p->cli, OPTION_QUIET) == 0)
		print_plan(r, ret, terminal ? stdout : stderr);
	return rc;
}

/* For --expect: the same CSV once more, beside the store. */
static enum errc remember(struct plan_rows *r, struct err *err)
{
	struct context *p = r->p;
	struct result_options opt = {
		.columns = &p->input.columns,
		.n_columns = p->input.widest,
		.delimiter = p->input.delimiter,
	};
	const struct row_source source = source_of(r);
	struct summary counts;
	char *path;
	enum errc rc = approved_plan_remember(p->session.store, &p->plan, &path, err);

	if (rc)
		return rc;
	opt.path = path;
	(void)unlink(path); /* the same plan again */
	rc = write_rows(&p->input, p->input.n_rows, &source, &opt, &counts, err);
	free(path);
	return rc;
}

int plan_tell(struct context *p, const struct rules_policy *policy)
{
	struct plan_rows rows;
	struct summary summary = { 0 };
	int status;
	struct err err;
	enum errc rc;

	rows_init(&rows, p, policy);
	rc = look_ahead(&rows, &err);
	if (!rc)
		rc = show(&rows, &summary, &err);
	if (!rc && p->online && p->plan.n_planned)
		rc = remember(&rows, &err);
	status = summary_status(&summary);
	if (cli_count(p->cli, OPTION_DETAILED_EXITCODE) && p->plan.n_planned)
		status = status_first(2, status);
	if (!rc && cli_count(p->cli, OPTION_JSON))
		put_plan(&rows, &summary, status);
	if (!rc && cli_count(p->cli, OPTION_QUIET))
		summary_short(&summary, status, stderr);
	rows_release(&rows);
	return rc ? cli_fail(p->cli, &err) : status;
}
