/* Signs a plan that somebody else will carry out. Contacts nobody and needs no state. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "approve/signature.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/plural.h"
#include "cli/app/approved_plan.h"
#include "cli/app/load.h"
#include "cli/app/outputs.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "facts/organization.h"
#include "facts/session.h"
#include "io/file.h"
#include "report/ndjson.h"

struct approving {
	const struct cli *cli;
	struct diags diags;
	struct settings *settings;
	struct ruleset *rules;
	struct approvers who;
	char fingerprint[65];
	uint32_t n;
	struct buf programs, file, key;
	char *key_file, *out;
};

/* --- which key, which file --- */

static char *default_key(void)
{
	static const char *const names[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	const char *home = getenv("HOME");
	const struct passwd *entry = home ? NULL : getpwuid(getuid());

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = mem_printf("%s/.ssh/%s",
			home    ? home
			: entry ? entry->pw_dir
				: "",
			names[i]);

		if (file_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

static enum errc find_key(struct approving *a, struct err *err)
{
	const char *given = cli_text(a->cli, OPTION_KEY);

	a->key_file = given ? mem_strdup(given) : default_key();
	if (!a->key_file)
		return err_set(
			err, ERR_USAGE, "there is no SSH key in ~/.ssh: name one with --key FILE");
	if (!file_exists(a->key_file))
		return err_set(err, ERR_NO_INPUT, "%s: there is no such key", a->key_file);
	return file_refuse_pipe(a->key_file, err);
}

/* PLAN.csv.NAME.approval, where apply --expect PLAN.csv finds it. */
static char *path_for(const struct approving *a, struct str name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@._+-";
	const char *given = cli_text(a->cli, OPTION_OUT);
	char *word, *path;

	if (given)
		return mem_strdup(given);
	word = mem_dupz(name);
	for (char *p = word; *p; p++)
		if (!strchr(plain, *p))
			*p = '_';
	path = mem_printf("%s.%s%s", a->cli->args[0], word, SIGNATURE_SUFFIX);
	free(word);
	return path;
}

/* --- what is approved --- */

static enum errc load(struct approving *a, struct err *err)
{
	struct list_options list;
	enum errc rc = cli_load_settings(a->cli, &a->settings, &a->diags, err);

	if (!rc && !a->settings)
		rc = err_set(err, ERR_SETTINGS, CLI_NO_SETTINGS);
	if (!rc && !a->settings->approval.people)
		rc = err_set(err, ERR_SETTINGS,
			"%s has no `approval:`: no plan needs to be approved", a->settings->file);
	if (!rc)
		organization_adopt(a->settings);
	if (!rc)
		rc = cli_load_rules(a->cli, a->settings, &a->rules, &a->diags, err);
	diags_tell(&a->diags);
	if (!rc)
		rc = outputs_check(a->cli, a->settings, a->rules, err);
	if (!rc)
		rc = approvers_load(&a->who, a->settings->approval.keys, err);
	if (!rc)
		rc = cli_list_options(a->cli, a->settings, a->rules, &list, err);
	if (!rc)
		rc = approved_plan_summary(
			a->cli->args[0], &list, a->fingerprint, &a->n, &a->programs, err);
	if (!rc && a->n == 0)
		rc = err_set(err, ERR_INPUT, "%s plans nothing: there is nothing to approve",
			a->cli->args[0]);
	return rc;
}

static enum errc ask(const struct approving *a, struct err *err)
{
	struct str rest = buf_view(&a->programs);
	char answer[16];
	enum errc rc;

	if (!cli_count(a->cli, OPTION_QUIET)) {
		text_line(stderr, "plan %.12s of %s: %u device%s", a->fingerprint,
			a->settings->tenant, a->n, plural(a->n));
		while (rest.n) {
			struct str line = str_cut(&rest, '\n');

			text_part(stderr, "    ", str_trim(line));
		}
	}
	if (cli_count(a->cli, OPTION_YES))
		return ERR_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(err, ERR_USAGE,
			"there is no terminal to ask whether you approve this plan: say --yes");
	(void)fprintf(stderr, "Approve this plan of %u device%s? [y/N] ", a->n, plural(a->n));
	rc = cli_read_line(answer, sizeof(answer), err);
	if (!rc && answer[0] != 'y' && answer[0] != 'Y')
		rc = err_set(err, ERR_GUARD, "nothing was signed: the answer was not yes");
	return rc;
}

/* --- signing --- */

static enum errc write_file(struct approving *a, const struct approver *by, struct err *err)
{
	struct outfile *f;
	enum errc rc;

	a->out = path_for(a, by->name);
	if (file_is_same(a->out, a->key_file))
		return err_set(err, ERR_USAGE, "--out %s is also read (the key): name another file",
			a->out);
	rc = outfile_open(&f, a->out, 0644, err);
	if (rc)
		return rc;
	outfile_write(f, buf_view(&a->file));
	rc = outfile_commit(f, NULL, err);
	outfile_free(f);
	return rc;
}

static void tell(const struct approving *a, const struct approver *by)
{
	struct ndjson j;

	if (cli_count(a->cli, OPTION_JSON)) {
		ndjson_begin(&j, "approval");
		json_put_str(&j.o, "name", by->name);
		json_put_z(&j.o, "fingerprint", a->fingerprint);
		json_put_int(&j.o, "devices", a->n);
		json_put_z(&j.o, "file", a->out);
		ndjson_end(&j, stdout);
	} else if (!cli_count(a->cli, OPTION_QUIET)) {
		text_line(stderr, "%.*s approved plan %.12s for 30 days: %s", STR_FMT(by->name),
			a->fingerprint, a->out);
		text_line(stderr,
			"Another user carries it out with the command that `plan` "
			"printed as next, which ends in --expect %s",
			a->cli->args[0]);
	}
}

static enum errc sign(struct approving *a, struct err *err)
{
	struct signature_text text = { .tenant = a->settings->tenant,
		.client_id = a->settings->apple.account,
		.fingerprint = a->fingerprint,
		.n_devices = a->n };
	const struct approver *by;
	struct clock *clock = NULL;
	enum errc rc = session_clock(a->settings, &clock, err);

	text.at_ms = rc ? 0 : clock_now(clock);
	clock_free(clock);
	if (!rc)
		rc = signature_make(&text, a->key_file, &a->file, &a->key, err);
	if (rc)
		return rc;
	by = approvers_by_key(&a->who, buf_view(&a->key));
	if (!by)
		return err_set(err, ERR_GUARD,
			"the key %s is not in %s: an approval with it would not count; nothing "
			"was written",
			a->key_file, a->who.path);
	rc = write_file(a, by, err);
	if (!rc)
		tell(a, by);
	return rc;
}

int cmd_approve(const struct cli *cli)
{
	struct approving a = { .cli = cli };
	struct err err;
	enum errc rc;

	diags_init(&a.diags);
	rc = load(&a, &err);
	if (!rc)
		rc = find_key(&a, &err);
	if (!rc)
		rc = ask(&a, &err);
	if (!rc)
		rc = sign(&a, &err);
	buf_release(&a.programs);
	buf_release(&a.file);
	buf_release(&a.key);
	approvers_release(&a.who);
	rules_free(a.rules);
	settings_free(a.settings);
	diags_release(&a.diags);
	free(a.key_file);
	free(a.out);
	return rc ? cli_fail(cli, &err) : 0;
}
