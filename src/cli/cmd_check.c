/* Everything that can be wrong before anybody is asked: settings, rules and their tests, the CSV.
 */
#include <stdio.h>
#include <stdlib.h>

#include "approve/approvers.h"
#include "base/fold.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "cli/app/check_secrets.h"
#include "cli/app/load.h"
#include "cli/app/reading.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/clock.h"
#include "io/json.h"
#include "plan/plan.h"
#include "report/status.h"
#include "report/table.h"
#include "rules/date_forms.h"

enum { LINE_MAX_BYTES = 64 * 1024, MANY_FAULTS = 1000, MANY_DETAILS = 3 };

struct check {
	const struct cli *cli;
	struct diags diags;
	struct settings *settings; /* NULL: none found, or unusable */
	struct ruleset *rules;     /* NULL: none named, or unusable */
	size_t n_tests;
	struct input input;
	bool has_input;
	uint32_t n_protected;
	size_t n_invalid, n_skipped, n_repeated, n_rejected;
	struct buf online; /* what the services said; empty: not asked */
	int status;
};

/* A failure that named no place in a file becomes a diagnostic of its own. */
static void failed(struct check *c, size_t n_before, const char *code, const struct err *err)
{
	if (c->diags.n_errors == n_before)
		(void)diag_add(
			&c->diags, DIAG_ERROR, code, (struct loc){ NULL, 0, 0 }, "%s", err->msg);
	c->status = status_first(c->status, cli_status(err->code));
}

/* The same of a file that the settings name, with the place where they do. */
static void failed_at(
	struct check *c, size_t n_before, const char *path, const char *code, const struct err *err)
{
	const struct settings *s = c->settings;
	size_t i = 0;

	while (s && i < s->n_values && strcmp(s->values[i].path, path) != 0)
		i++;
	if (s && i < s->n_values && s->values[i].at.file && c->diags.n_errors == n_before)
		(void)diag_add(&c->diags, DIAG_ERROR, code, s->values[i].at, "%s", err->msg);
	failed(c, n_before, code, err);
}

static void check_approvers(struct check *c)
{
	size_t before = c->diags.n_errors;
	struct approvers who;
	struct err err;

	if (!c->settings->approval.people)
		return;
	if (approvers_load(&who, c->settings->approval.keys, &err))
		failed_at(c, before, "approval.keys", "settings.approval", &err);
	approvers_release(&who);
}

static void check_settings(struct check *c)
{
	size_t before = c->diags.n_errors;
	struct map protected;
	struct err err;

	if (cli_load_settings(c->cli, &c->settings, &c->diags, &err)) {
		failed(c, before, "settings.unusable", &err);
		return;
	}
	if (!c->settings)
		return;
	check_approvers(c);
	if (!c->settings->protect_file)
		return;
	if (protect_load(&protected, &c->n_protected, c->settings, &err))
		failed_at(c, before, "protect.file", "settings.protect", &err);
	else
		map_release(&protected);
}

static void check_credentials(struct check *c)
{
	size_t before = c->diags.n_errors;

	if (!c->settings)
		return;
	check_secrets(c->settings, &c->diags);
	if (c->diags.n_errors > before)
		c->status = status_first(c->status, errc_info(ERR_SETTINGS)->exit_status);
}

/* Only once nothing else is wrong: what is sent has to be as it was written. */
static void check_services(struct check *c)
{
	struct err err;

	if (!cli_count(c->cli, OPTION_ONLINE) || c->diags.n_errors)
		return;
	if (!c->settings)
		(void)err_set(&err, ERR_SETTINGS,
			"--online needs settings, and none were found: name --settings FILE");
	else if (!check_online(c->cli, c->settings, &c->online, &err))
		return;
	failed(c, c->diags.n_errors, "check.online", &err);
}

static void check_rules(struct check *c)
{
	size_t before = c->diags.n_errors;
	struct clock *clock = clock_real();
	struct err err;

	if (cli_load_rules(c->cli, c->settings, &c->rules, &c->diags, &err) ||
		(c->rules &&
			rules_run_tests(c->rules, clock_now(clock), &c->diags, &c->n_tests, &err)))
		failed_at(c, before, cli_count(c->cli, OPTION_RULES) ? "" : "rules",
			"rules.unusable", &err);
	clock_free(clock);
}

static bool is_sync(enum step_kind kind)
{
	return kind == STEP_SYNC || kind == STEP_FETCH;
}

/* Without `uem:` only a sync can be stood in for, by `sync:`. */
static bool can_do(const struct settings *s, enum step_kind kind)
{
	if (s->has_uem)
		return true;
	if (kind == STEP_DELETE_FROM_LIFECYCLE) /* it is gone from the UEM's list, or not */
		return false;
	return is_sync(kind) ? s->sync.wait_ms >= 0 : step_info(kind)->service != SERVICE_UEM;
}

static void check_steps(struct check *c)
{
	for (int i = 0; c->settings && c->rules && i < STEP_MAX_; i++) {
		enum step_kind kind = (enum step_kind)i;
		struct loc at;
		struct diag *d;

		if (can_do(c->settings, kind) || !rules_use_step(c->rules, kind, &at))
			continue;
		d = diag_add(&c->diags, DIAG_ERROR, "settings.no-uem", at,
			"'%s' needs a UEM, and the settings name none", step_info(kind)->word);
		diag_hint(&c->diags, d, "%s",
			is_sync(kind) ? "add 'uem:' to the settings; " SYNC_WITHOUT_UEM
				      : "add 'uem:' to the settings: nothing else can do this "
					"step");
		c->status = status_first(c->status, errc_info(ERR_SETTINGS)->exit_status);
	}
}

/* Rows at fault do not stop the others, so they are no errors of the file. */
static void check_rows(struct check *c, const char *path)
{
	uint32_t n_told[REASON_MAX_] = { 0 };

	for (uint32_t i = 0; i < c->input.n_rows; i++) {
		const struct input_row *row = input_kind(&c->input, i);
		const struct reason_info *why = reason_info((enum reason)row->reason);
		struct str detail = STR_NONE;
		struct diag *d;

		c->n_skipped += row->outcome == OUTCOME_SKIPPED;
		if (row->outcome != OUTCOME_INVALID)
			continue;
		c->n_invalid++;
		/* The others say the same, so that they are told together. */
		if (n_told[row->reason]++ < MANY_DETAILS)
			detail = input_detail(&c->input, row);
		d = diag_add(&c->diags, DIAG_WARNING, why->code,
			(struct loc){ path, input_line(&c->input, i), 0 }, "%s%s%.*s",
			why->sentence, detail.n ? ": " : "", STR_FMT(detail));
		diag_hint(&c->diags, d, "%s", why->remedy);
	}
	c->n_repeated = c->input.n_rows - c->n_invalid - c->n_skipped - c->input.serials.n;
	if (c->n_invalid)
		c->status = status_first(c->status, outcome_info(OUTCOME_INVALID)->exit_status);
}

/* --- cells that plan would reject --- */

enum { FAULTY_COLUMNS = 16 };

struct faulty {
	struct str column;
	char why[400];
	uint32_t n, line;
	struct date_forms *forms; /* NULL: no dates */
};

struct cells_check {
	struct check *c;
	struct faulty v[FAULTY_COLUMNS];
	size_t n;
	struct arena arena;
};

static struct faulty *faulty_column(
	struct cells_check *k, const struct rules_fault *fault, uint32_t line)
{
	size_t i = 0;

	while (i < k->n && !str_eq(k->v[i].column, fault->column))
		i++;
	if (i == FAULTY_COLUMNS)
		return NULL;
	if (i == k->n) {
		k->n++;
		k->v[i] = (struct faulty){
			.column = arena_dup(&k->arena, fault->column),
			.line = line,
			.forms = fault->wants_date ? date_forms_new() : NULL,
		};
		(void)snprintf(k->v[i].why, sizeof(k->v[i].why), "%s", fault->why);
	}
	return &k->v[i];
}

static enum errc check_row_cells(
	void *self, uint32_t n, const struct csv_record *record, struct err *err)
{
	struct cells_check *k = self;
	struct str *cells;
	struct rules_row row = { .n_cells = record->n_cells };
	struct rules_fault fault;
	struct faulty *f;

	(void)err;
	if (input_kind(&k->c->input, n)->outcome != OUTCOME_PENDING)
		return ERR_OK;
	cells = mem_alloc((record->n_cells + 1) * sizeof(*cells));
	for (size_t i = 0; i < record->n_cells; i++)
		cells[i] = input_cell(&k->c->input, record, (int)i);
	row.cells = cells;
	if (rules_row_at_fault(k->c->rules, &row, &fault)) {
		f = faulty_column(k, &fault, input_line(&k->c->input, n));
		if (f && f->n++ < MANY_FAULTS && f->forms)
			date_forms_add(f->forms, fault.cell);
		k->c->n_rejected++;
	}
	free(cells);
	return ERR_OK;
}

static void tell_faulty(struct check *c, const struct faulty *f, const char *path)
{
	struct diag *d = diag_add(&c->diags, DIAG_WARNING, reason_info(REASON_ROW_BAD_VALUE)->code,
		(struct loc){ path, f->line, 0 }, "%s%s", f->why,
		f->n > 1 ? ", and more such cells are below it" : "");
	struct buf forms;
	bool doubt = false;

	buf_init(&forms, 4096);
	if (f->forms)
		date_forms_suggest(f->forms, &forms, &doubt);
	if (forms.n)
		diag_hint(&c->diags, d, "%u row%s; in the rules: %s%s", f->n, plural(f->n),
			buf_cstr(&forms),
			doubt ? " (or %d before %m, which these dates do not tell)" : "");
	else
		diag_hint(&c->diags, d, "%u row%s; correct the cell%s%s", f->n, plural(f->n),
			plural(f->n),
			f->forms ? ", or name the form of the dates in the rules' dates:" : "");
	buf_release(&forms);
}

/* What no service has to be asked for. */
static void check_cells(struct check *c, const char *path)
{
	struct cells_check k = { .c = c };
	struct err err;

	arena_init(&k.arena);
	if (input_each(&c->input, check_row_cells, &k, &err))
		failed(c, c->diags.n_errors, "csv.unusable", &err);
	for (size_t i = 0; i < k.n; i++) {
		tell_faulty(c, &k.v[i], path);
		date_forms_free(k.v[i].forms);
	}
	if (c->n_rejected)
		c->status = status_first(c->status, outcome_info(OUTCOME_INVALID)->exit_status);
	arena_release(&k.arena);
}

static void check_input(struct check *c)
{
	const char *path = c->cli->n_args ? c->cli->args[0] : NULL;
	size_t before = c->diags.n_errors;
	struct err err;

	if (!path)
		return;
	c->has_input = true;
	if (cli_load_input(c->cli, c->settings, c->rules, path, NULL, &c->input, &err)) {
		failed(c, before, "csv.unusable", &err);
		return;
	}
	check_rows(c, path);
	if (c->rules && rules_bind(c->rules, &c->input.columns, &c->diags, &err))
		failed(c, before, "rules.unusable", &err);
	else if (c->rules)
		check_cells(c, path);
}

/* --- told as text --- */

static void origin_words(const struct setting *s, char *out, size_t n)
{
	if (!s->at.file)
		(void)snprintf(out, n, "default");
	else if (!s->at.line)
		(void)snprintf(out, n, "environment");
	else
		(void)snprintf(out, n, "%s:%u", s->at.file, s->at.line);
}

static void print_values(const struct settings *s, FILE *out)
{
	struct text_table *t = table_new("lll");
	char origin[4200];

	for (size_t i = 0; i < s->n_values; i++) {
		origin_words(&s->values[i], origin, sizeof(origin));
		table_cell(t, str_from(s->values[i].path));
		table_cell(t, str_from(s->values[i].text));
		table_cell(t, str_from(origin));
	}
	table_print_folded(t, fold_columns(stdout), out);
	table_free(t);
}

/* What pins it for other lists of the same kind. */
static void print_reading(const struct check *c, FILE *out)
{
	struct buf pin;

	if (!c->input.encoding[0])
		return;
	reading_print(&c->input, out);
	buf_init(&pin, LINE_MAX_BYTES);
	reading_pin(&c->input, &pin);
	if (pin.n) {
		text_line(out, "pin      %s", buf_cstr(&pin));
		text_line(out, "         with these options each list of this kind is read alike");
	}
	buf_release(&pin);
}

static void print_next(const struct check *c, FILE *out)
{
	struct buf next;

	if (c->diags.n_errors || !c->settings || !c->has_input || !c->rules)
		return;
	buf_init(&next, LINE_MAX_BYTES);
	cli_repeat(c->cli, COMMAND_PLAN, &next);
	text_part(out, "next    ", buf_view(&next));
	buf_release(&next);
}

static void print_findings(const struct check *c, FILE *out)
{
	size_t errors = c->diags.n_errors, warnings = c->diags.n_warnings;
	char n_skipped[64] = "";

	if (c->settings)
		text_line(out, "settings %s: tenant %s", c->settings->file, c->settings->tenant);
	if (c->settings && cli_count(c->cli, OPTION_VERBOSE))
		print_values(c->settings, out);
	if (c->rules)
		text_line(out, "rules    %zu rule%s, %zu test%s run", rules_count(c->rules),
			plural(rules_count(c->rules)), c->n_tests, plural(c->n_tests));
	if (c->settings && c->n_protected)
		text_line(out, "protect  %s: %u serial%s", c->settings->protect_file,
			c->n_protected, plural(c->n_protected));
	print_reading(c, out);
	if (c->n_skipped)
		(void)snprintf(n_skipped, sizeof(n_skipped), ", %zu no device", c->n_skipped);
	if (c->has_input && (c->input.n_rows || c->input.columns.has_header))
		text_line(out, "input    %s: %u row%s, %zu invalid, %zu repeated%s",
			c->cli->args[0], c->input.n_rows, plural(c->input.n_rows), c->n_invalid,
			c->n_repeated, n_skipped);
	if (c->online.n)
		text_line(out, "online   %s", buf_cstr(&c->online));
	text_line(out, "check    %zu error%s, %zu warning%s", errors, plural(errors), warnings,
		plural(warnings));
	print_next(c, out);
}

/* --- told as JSON --- */

static void put_line(struct json_out *o)
{
	buf_char(o->b, '\n');
	(void)fwrite(o->b->p, 1, o->b->n, stdout);
	buf_reset(o->b);
	json_out_init(o, o->b);
}

static void put_diag(struct json_out *o, const struct diag *d)
{
	json_obj(o, NULL);
	json_put_z(o, "type", "diagnostic");
	json_put_z(o, "level", d->level == DIAG_ERROR ? "error" : "warning");
	json_put_z(o, "code", d->code);
	json_put_z(o, "file", d->at.file);
	if (d->at.line)
		json_put_int(o, "line", d->at.line);
	if (d->at.col)
		json_put_int(o, "column", d->at.col);
	json_put_str(o, "message", d->text);
	if (d->hint.n)
		json_put_str(o, "hint", d->hint);
	json_obj_end(o);
	put_line(o);
}

static void put_setting(struct json_out *o, const struct setting *s)
{
	char origin[4200];

	origin_words(s, origin, sizeof(origin));
	json_obj(o, NULL);
	json_put_z(o, "type", "setting");
	json_put_z(o, "name", s->path);
	json_put_z(o, "value", s->text);
	json_put_z(o, "origin", origin);
	json_obj_end(o);
	put_line(o);
}

static void put_findings(const struct check *c)
{
	bool verbose = cli_count(c->cli, OPTION_VERBOSE) > 0;
	struct json_out o;
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	json_out_init(&o, &b);
	for (size_t i = 0; i < c->diags.n; i++)
		put_diag(&o, &c->diags.v[i]);
	for (size_t i = 0; verbose && c->settings && i < c->settings->n_values; i++)
		put_setting(&o, &c->settings->values[i]);
	json_obj(&o, NULL);
	json_put_z(&o, "type", "check");
	json_put_z(&o, "settings", c->settings ? c->settings->file : NULL);
	json_put_int(&o, "rules", c->rules ? (int64_t)rules_count(c->rules) : 0);
	json_put_int(&o, "tests", (int64_t)c->n_tests);
	json_put_int(&o, "rows", c->input.n_rows);
	json_put_int(&o, "invalid", (int64_t)c->n_invalid);
	json_put_int(&o, "errors", (int64_t)c->diags.n_errors);
	json_put_int(&o, "status", c->status);
	if (c->online.n)
		json_put_str(&o, "online", buf_view(&c->online));
	if (c->settings && c->n_protected)
		json_put_int(&o, "protected", c->n_protected);
	reading_put(&c->input, &o);
	json_obj_end(&o);
	put_line(&o);
	buf_release(&b);
}

int cmd_check(const struct cli *cli)
{
	struct cli_page page;
	struct check c = { .cli = cli };
	struct err err;
	bool idle;

	diags_init(&c.diags);
	buf_init(&c.online, LINE_MAX_BYTES);
	check_settings(&c);
	check_credentials(&c);
	check_rules(&c);
	check_steps(&c);
	check_input(&c);
	check_services(&c);
	idle = !c.status && !c.settings && !c.rules && !c.has_input;
	if (idle) {
		(void)err_set(&err, ERR_USAGE,
			"nothing to check: no settings were found; name --settings, --rules or a "
			"CSV, or write settings with 'depmend init'");
		c.status = cli_fail(cli, &err);
	} else if (cli_count(cli, OPTION_JSON)) {
		put_findings(&c);
	} else {
		diags_tell(&c.diags);
		if (!cli_count(cli, OPTION_QUIET)) {
			print_findings(&c, cli_page_begin(&page, stdout));
			cli_page_end(&page);
		}
	}
	buf_release(&c.online);
	input_release(&c.input);
	rules_free(c.rules);
	settings_free(c.settings);
	diags_release(&c.diags);
	return c.status;
}
