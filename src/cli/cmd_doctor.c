/* What stands in the way of enrollment, with proof and remedy; and one thing that it can mend. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/plural.h"
#include "cli/app/bundle.h"
#include "cli/app/context.h"
#include "cli/app/sandbox_for.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/csv/csv_out.h"
#include "io/json.h"
#include "survey/doctor.h"

enum { LINE_MAX_BYTES = 64 * 1024, FOUND_THINGS = 3 };

struct visit {
	const struct cli *cli;
	struct context p;
	struct doctor *doctor;
	struct sandbox_limits confined; /* once there is a doctor */
};

/* --- output --- */

static bool is_shown(const struct visit *v, const struct finding *f)
{
	return f->found != FOUND_OK || cli_count(v->cli, OPTION_VERBOSE);
}

static void put_csv(const struct finding *f, struct buf *line)
{
	const struct str cells[] = { str_from(f->check), str_from(found_word(f->found)), f->subject,
		f->proof, f->remedy };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		if (i)
			buf_char(line, ',');
		csv_cell(line, cells[i], true);
	}
	buf_char(line, '\n');
}

static void put_json(const struct finding *f, struct buf *line)
{
	struct json_out o;

	json_out_init(&o, line);
	json_obj(&o, NULL);
	json_put_z(&o, "type", "finding");
	json_put_z(&o, "check", f->check);
	json_put_z(&o, "state", found_word(f->found));
	json_put_str(&o, "subject", f->subject);
	json_put_str(&o, "proof", f->proof);
	json_put_str(&o, "remedy", f->remedy);
	json_obj_end(&o);
	buf_char(line, '\n');
}

static void put_text(const struct finding *f, struct buf *line)
{
	buf_printf(line, "%-12s %-16s ", found_word(f->found), f->check);
	if (f->subject.n)
		buf_printf(line, "%.*s: ", STR_FMT(f->subject));
	buf_str(line, f->proof);
	if (f->remedy.n) {
		buf_printf(line, "\n%16s", "-> ");
		buf_str(line, f->remedy);
	}
	text_clean_lines(line->p, line->n);
	buf_char(line, '\n');
}

static void print(const struct visit *v)
{
	bool json = cli_count(v->cli, OPTION_JSON) > 0, csv = !json && !isatty(STDOUT_FILENO);
	uint32_t n;
	const struct finding *f = doctor_findings(v->doctor, &n);
	struct cli_page page;
	FILE *out = json || csv ? stdout : cli_page_begin(&page, stdout);
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	if (csv)
		(void)fputs("check,state,subject,proof,remedy\n", stdout);
	for (uint32_t i = 0; i < n; i++) {
		if (!is_shown(v, &f[i]))
			continue;
		buf_reset(&line);
		(json ? put_json : csv ? put_csv : put_text)(&f[i], &line);
		(void)fwrite(line.p, 1, line.n, out);
	}
	if (out != stdout)
		cli_page_end(&page);
	buf_release(&line);
}

static void put_sandbox(const struct sandbox_limits *c, struct buf *line)
{
	struct json_out o;

	json_out_init(&o, line);
	json_obj(&o, NULL);
	json_put_z(&o, "type", "sandbox");
	json_put_int(&o, "landlock", c->landlock);
	json_put_bool(&o, "no_new_privileges", c->no_new_privileges);
	json_arr(&o, "writable");
	for (size_t i = 0; i < SANDBOX_FOLDERS && c->landlock; i++)
		json_put_z(&o, NULL, c->writable[i]);
	json_arr_end(&o);
	json_obj_end(&o);
	buf_char(line, '\n');
}

/* Nothing that can be mended from here, so it is no finding. */
static void tell_sandbox(const struct visit *v)
{
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	if (cli_count(v->cli, OPTION_JSON)) {
		put_sandbox(&v->confined, &line);
		(void)fputs(buf_cstr(&line), stdout);
	} else if (!cli_count(v->cli, OPTION_QUIET)) {
		struct cli_page page;

		sandbox_limits_words(&v->confined, &line);
		text_part(cli_page_begin(&page, stderr), "sandbox:", buf_view(&line));
		cli_page_end(&page);
	}
	buf_release(&line);
}

static void sum_up(const struct visit *v)
{
	uint32_t n = doctor_count(v->doctor, NULL, FOUND_TROUBLE);
	uint32_t unchecked = doctor_count(v->doctor, NULL, FOUND_UNCHECKED);

	if (cli_count(v->cli, OPTION_QUIET))
		return;
	text_line(stderr, "%u finding%s, %u not checked", n, plural(n), unchecked);
}

/* --- mending --- */

static const struct fix {
	const char *check; /* the finding that it corrects, and its name */
	const char *question;
	enum errc (*run)(struct doctor *d, struct err *err);
} fixes[] = {
	{ "custom-prompt",
		"Turn the custom prompt off in these profiles? Each is registered anew with Apple.",
		doctor_fix_prompts },
	{ "client-id", "Go on with the state of the earlier API account?", doctor_fix_client_id },
};

static enum errc find_fix(const struct cli *cli, const struct fix **ret, struct err *err)
{
	const char *what = cli_text(cli, OPTION_FIX);

	*ret = NULL;
	for (size_t i = 0; what && i < sizeof(fixes) / sizeof(*fixes); i++)
		if (strcmp(what, fixes[i].check) == 0)
			*ret = &fixes[i];
	if (what && !*ret)
		return err_set(err, ERR_USAGE,
			"--fix cannot correct '%s' (supported: custom-prompt, client-id)", what);
	return ERR_OK;
}

static enum errc confirm(const struct visit *v, const struct fix *fix, uint32_t n, struct err *err)
{
	char answer[16];

	if (cli_count(v->cli, OPTION_YES))
		return ERR_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(err, ERR_USAGE,
			"%u finding%s of %s would be corrected and there is no terminal to ask: "
			"say --yes",
			n, plural(n), fix->check);
	(void)fprintf(stderr, "%u found. %s [y/N] ", n, fix->question);
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return err_set(err, ERR_GUARD, "nothing was sent: the answer was not yes");
	return ERR_OK;
}

static enum errc mend(struct visit *v, struct err *err)
{
	const struct fix *fix;
	enum errc rc = find_fix(v->cli, &fix, err);
	uint32_t n = rc || !fix ? 0 : doctor_count(v->doctor, fix->check, FOUND_TROUBLE);

	if (!rc && fix && n == 0)
		text_line(stderr, "%s: nothing to correct", fix->check);
	if (rc || n == 0)
		return rc;
	rc = confirm(v, fix, n, err);
	return rc ? rc : fix->run(v->doctor, err);
}

static enum errc examine(struct visit *v, struct err *err)
{
	const struct session_options opt = {
		.exclusive = cli_text(v->cli, OPTION_FIX) ? "doctor --fix" : NULL,
		.wait_lock_ms = cli_duration_ms(v->cli, OPTION_WAIT_LOCK, 0),
		.max_wait_ms = cli_duration_ms(v->cli, OPTION_MAX_WAIT, INT64_MAX),
		.network = STORE_AS_IT_IS,
		.max_tries = 4, /* that there is no answer is an answer as well */
	};
	int64_t day_ms = INT64_C(24) * 3600 * 1000;
	const struct fix *fix;
	enum errc rc = find_fix(v->cli, &fix, err);

	if (!rc)
		rc = context_load_without_rules(&v->p, v->cli, err);
	if (!rc)
		rc = context_open_session(&v->p, opt, err);
	if (rc)
		return rc;
	sandbox_for(v->p.settings, NULL, &v->confined);
	v->doctor = doctor_new(&v->p.session, cli_duration_ms(v->cli, OPTION_OLDER_THAN, day_ms));
	rc = doctor_run(v->doctor, err);
	return rc ? rc : mend(v, err);
}

int cmd_doctor(const struct cli *cli)
{
	struct visit v = { .cli = cli };
	struct err err;
	enum errc rc;
	int status = 0;

	if (cli_text(cli, OPTION_BUNDLE))
		return bundle_write(cli, cli_text(cli, OPTION_BUNDLE), &err) ? cli_fail(cli, &err)
									     : 0;
	rc = examine(&v, &err);

	context_release(&v.p); /* first, since progress has its line on the terminal */
	if (v.doctor) {
		print(&v);
		tell_sandbox(&v);
		sum_up(&v);
	}
	sandbox_limits_release(&v.confined);
	if (rc)
		status = cli_fail(cli, &err);
	else if (doctor_count(v.doctor, NULL, FOUND_TROUBLE))
		status = FOUND_THINGS;
	doctor_free(v.doctor);
	return status;
}
