/* Everything that can be wrong before anybody is asked: settings, rules and their tests, the CSV.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/app/load.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/file.h"
#include "io/json.h"
#include "plan/plan.h"
#include "report/status.h"
#include "report/table.h"

enum { LINE_MAX_BYTES = 64 * 1024, MANY_ROWS = 50 };

struct check {
	const struct cli *cli;
	struct diags diags;
	struct settings *settings; /* NULL: none found, or unusable */
	struct ruleset *rules;     /* NULL: none named, or unusable */
	size_t n_tests;
	struct input input;
	bool has_input;
	size_t n_invalid, n_repeated;
	int status;
};

/* A failure that named no place in a file becomes a diagnostic of its own. */
static void failed(struct check *c, size_t n_before, const char *code, const struct err *err)
{
	if (c->diags.n_errors == n_before)
		(void)diag_add(
			&c->diags, DIAG_ERROR, code, (struct loc){ NULL, 0, 0 }, "%s", err->msg);
	c->status = status_first(c->status, errc_info(err->code)->exit_status);
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
	if (!c->settings || !c->settings->protect_file)
		return;
	if (protect_load(&protected, c->settings->protect_file, &err))
		failed(c, before, "settings.protect", &err);
	else
		map_release(&protected);
}

/* A warning: the host that checks a file need not be the one that runs it. */
static void check_secret(struct check *c, const struct secret *s)
{
	struct buf text = { 0 };
	struct err err;

	if (s->kind == SECRET_FILE && file_read_secret(s->value, SECRET_MAX_BYTES, &text, &err))
		(void)diag_add(&c->diags, DIAG_WARNING, "settings.secret", s->at, "%s", err.msg);
	buf_wipe(&text);
}

static void check_secrets(struct check *c)
{
	const struct settings *s = c->settings;

	if (!s)
		return;
	check_secret(c, &s->apple.private_key);
	check_secret(c, &s->uem.tenant_code);
	check_secret(c, &s->uem.client_secret);
	check_secret(c, &s->uem.pkcs12);
	check_secret(c, &s->uem.password);
	check_secret(c, &s->notify_url);
	for (size_t i = 0; i < s->n_enrollment; i++) {
		check_secret(c, &s->enrollment[i].server_token);
		check_secret(c, &s->enrollment[i].private_key);
	}
}

static void check_rules(struct check *c)
{
	size_t before = c->diags.n_errors;
	struct err err;

	if (cli_load_rules(c->cli, c->settings, &c->rules, &c->diags, &err) ||
		(c->rules && rules_run_tests(c->rules, &c->diags, &c->n_tests, &err)))
		failed(c, before, "rules.unusable", &err);
}

/* Without `uem:` only a sync can be stood in for, by `sync:`. */
static bool can_do(const struct settings *s, enum step_kind kind)
{
	bool syncs = kind == STEP_SYNC || kind == STEP_FETCH || kind == STEP_DELETE_FROM_LIFECYCLE;

	if (s->has_uem || (!syncs && step_info(kind)->service != SERVICE_UEM))
		return true;
	return syncs && s->sync.wait_ms >= 0;
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
		diag_hint(&c->diags, d,
			"add 'uem:' to the settings; with another MDM, 'sync: {wait: 30m}' stands "
			"in "
			"for a sync");
		c->status = status_first(c->status, errc_info(ERR_SETTINGS)->exit_status);
	}
}

/* A first mistake in a rule should cost a few devices, not all. */
static void check_waves(struct check *c)
{
	struct diag *d;

	if (!c->rules || c->input.n_rows <= MANY_ROWS || rules_policy(c->rules)->n_waves > 1)
		return;
	d = diag_add(&c->diags, DIAG_WARNING, "rules.no-waves", (struct loc){ NULL, 0, 0 },
		"%u rows, and the rules act on all of them at once", c->input.n_rows);
	diag_hint(&c->diags, d, "'waves: [5, 10%%, 100%%]' stops after a few when they fail");
}

/* Rows at fault do not stop the others, so they are no errors of the file. */
static void check_rows(struct check *c, const char *path)
{
	for (uint32_t i = 0; i < c->input.n_rows; i++) {
		const struct input_row *row = &c->input.rows[i];
		const struct reason_info *why = reason_info((enum reason)row->reason);
		struct diag *d;

		if (row->outcome != OUTCOME_INVALID)
			continue;
		c->n_invalid++;
		d = diag_add(&c->diags, DIAG_WARNING, why->code,
			(struct loc){ path, input_line(&c->input, i), 0 }, "%s", why->sentence);
		diag_hint(&c->diags, d, "%s", why->remedy);
	}
	c->n_repeated = c->input.n_rows - c->n_invalid - c->input.serials.n;
	if (c->n_invalid)
		c->status = status_first(c->status, outcome_info(OUTCOME_INVALID)->exit_status);
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

static void print_values(const struct settings *s)
{
	struct table *t = table_new("lll");
	char origin[4200];

	for (size_t i = 0; i < s->n_values; i++) {
		origin_words(&s->values[i], origin, sizeof(origin));
		table_cell(t, str_from(s->values[i].path));
		table_cell(t, str_from(s->values[i].text));
		table_cell(t, str_from(origin));
	}
	table_print(t, stdout);
	table_free(t);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_findings(const struct check *c)
{
	size_t errors = c->diags.n_errors, warnings = c->diags.n_warnings;

	if (c->settings)
		text_line(stdout, "settings %s: tenant %s", c->settings->file, c->settings->tenant);
	if (c->settings && cli_count(c->cli, OPTION_VERBOSE))
		print_values(c->settings);
	if (c->rules)
		text_line(stdout, "rules    %zu rule%s, %zu test%s run", rules_count(c->rules),
			plural(rules_count(c->rules)), c->n_tests, plural(c->n_tests));
	if (c->has_input)
		text_line(stdout, "input    %s: %u rows, %zu invalid, %zu repeated",
			c->cli->args[0], c->input.n_rows, c->n_invalid, c->n_repeated);
	text_line(stdout, "check    %zu error%s, %zu warning%s", errors, plural(errors), warnings,
		plural(warnings));
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
	json_obj_end(&o);
	put_line(&o);
	buf_release(&b);
}

int cmd_check(const struct cli *cli)
{
	struct check c = { .cli = cli };
	struct err err;
	bool idle;

	diags_init(&c.diags);
	check_settings(&c);
	check_secrets(&c);
	check_rules(&c);
	check_steps(&c);
	check_input(&c);
	check_waves(&c);
	idle = !c.status && !c.settings && !c.rules && !c.has_input;
	if (idle) {
		(void)err_set(&err, ERR_USAGE,
			"nothing to check: no settings were found; name --settings, --rules or a "
			"CSV");
		c.status = cli_fail(cli, &err);
	} else if (cli_count(cli, OPTION_JSON)) {
		put_findings(&c);
	} else {
		diags_print(&c.diags, stderr);
		print_findings(&c);
	}
	input_release(&c.input);
	rules_free(c.rules);
	settings_free(c.settings);
	diags_release(&c.diags);
	return c.status;
}
