/*
 * Settings and secret files for an organization that has none yet: what is needed comes from
 * options, and on a terminal from questions. Nothing that is there is written over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/args/terminal.h"
#include "cli/commands.h"
#include "io/crypto.h"
#include "io/file.h"
#include "model/settings.h"
#include "model/settings_schema.h"
#include "os/stop.h"
#include "report/ndjson.h"

enum { ANSWER_BYTES = 4096 };

/* What a question belongs to: asked only when that is used. */
enum part { PART_ALWAYS, PART_UEM, PART_OAUTH, PART_BASIC, PART_CERTIFICATE };
enum how {
	HOW_TEXT,
	HOW_HIDDEN, /* the option names a file, the terminal takes the secret itself */
	HOW_COPY,   /* both name a file, which is copied */
	HOW_KEY,    /* the same, and it has to be a private key */
	HOW_TOKENS, /* SERVER=GROUP, as often as wanted */
};

struct question {
	enum option_id option;
	const char *path; /* in the settings */
	const char *file; /* where a secret goes, beside the settings; NULL: it is no secret */
	enum part part;
	enum how how;
	bool optional, quiet; /* quiet: never asked, only taken as an option */
	const char *words;
};

static const struct question questions[] = {
	{ OPTION_TENANT, "tenant", NULL, PART_ALWAYS, HOW_TEXT, false, false,
		"Short name of the organization, such as acme" },
	{ OPTION_ORGANIZATION, "apple.organization", NULL, PART_ALWAYS, HOW_TEXT, false, false,
		"Apple Business or Apple School Manager: business or school" },
	{ OPTION_CLIENT_ID, "apple.client_id", NULL, PART_ALWAYS, HOW_TEXT, false, false,
		"Client ID of Apple's API account" },
	{ OPTION_KEY_ID, "apple.key_id", NULL, PART_ALWAYS, HOW_TEXT, true, false,
		"Key ID of its private key (Enter: none)" },
	{ OPTION_PRIVATE_KEY, "apple.private_key", "apple.pem", PART_ALWAYS, HOW_KEY, false, false,
		"File with the private key that Apple let you download" },
	{ OPTION_APPLE_URL, "apple.url", NULL, PART_ALWAYS, HOW_TEXT, true, true, NULL },
	{ OPTION_APPLE_TOKEN_URL, "apple.token_url", NULL, PART_ALWAYS, HOW_TEXT, true, true,
		NULL },
	{ OPTION_UEM_URL, "uem.url", NULL, PART_ALWAYS, HOW_TEXT, true, false,
		"Address of the UEM's API server (Enter: no Workspace ONE UEM)" },
	{ OPTION_TENANT_CODE, "uem.tenant_code", "tenant-code", PART_UEM, HOW_HIDDEN, true, false,
		"REST API key, aw-tenant-code (not shown; Enter: none)" },
	{ OPTION_TOKEN, "uem.tokens", NULL, PART_UEM, HOW_TOKENS, false, false,
		"An Apple server and the UEM group that it feeds: SERVER=GROUP" },
	{ OPTION_UEM_TOKEN_URL, "uem.auth.oauth.token_url", NULL, PART_OAUTH, HOW_TEXT, false,
		false, "Where the UEM gives out OAuth tokens (its token URL)" },
	{ OPTION_UEM_CLIENT_ID, "uem.auth.oauth.client_id", NULL, PART_OAUTH, HOW_TEXT, false,
		false, "Client ID of the UEM's OAuth client" },
	{ OPTION_UEM_CLIENT_SECRET, "uem.auth.oauth.client_secret", "uem-secret", PART_OAUTH,
		HOW_HIDDEN, false, false, "Its client secret (not shown)" },
	{ OPTION_UEM_USER, "uem.auth.basic.username", NULL, PART_BASIC, HOW_TEXT, false, false,
		"User name of an administrator of the UEM" },
	{ OPTION_UEM_PASSWORD, "uem.auth.basic.password", "uem-password", PART_BASIC, HOW_HIDDEN,
		false, false, "Its password (not shown)" },
	{ OPTION_UEM_CERTIFICATE, "uem.auth.certificate.pkcs12", "depmend.p12", PART_CERTIFICATE,
		HOW_COPY, false, false, "File with certificate and key (PKCS#12)" },
	{ OPTION_UEM_PASSWORD, "uem.auth.certificate.password", "p12-password", PART_CERTIFICATE,
		HOW_HIDDEN, false, false, "Its password (not shown)" },
};
enum { QUESTIONS = sizeof(questions) / sizeof(*questions) };

struct given_answer {
	struct buf yaml;   /* empty: none */
	struct buf secret; /* what goes to the file */
};

struct init {
	const struct cli *cli;
	const char *path; /* of the settings */
	bool terminal;
	bool has_uem;
	enum part sign_in;
	struct given_answer answers[QUESTIONS];
};

static const char *option_name(const struct question *q)
{
	return option_info(q->option)->name;
}

static bool is_used(const struct init *in, const struct question *q)
{
	return q->part == PART_ALWAYS || (q->part == PART_UEM && in->has_uem) ||
	       (in->has_uem && q->part == in->sign_in);
}

/* --- one answer --- */

static enum errc take_tokens(const char *text, struct given_answer *a, struct err *err)
{
	struct str rest = str_from(text);
	char *server = mem_dupz(str_trim(str_cut(&rest, '=')));
	char *group = mem_dupz(str_trim(rest));
	enum errc rc = ERR_OK;

	if (!server[0] || !group[0])
		rc = err_set(err, ERR_USAGE,
			"write SERVER=GROUP: the name of a server in Apple's portal and the Group "
			"ID of its organization group");
	else {
		buf_z(&a->yaml, a->yaml.n ? ", " : "");
		buf_z(&a->yaml, "{server: ");
		settings_put_scalar(server, &a->yaml);
		buf_z(&a->yaml, ", group: ");
		settings_put_scalar(group, &a->yaml);
		buf_char(&a->yaml, '}');
	}
	free(server);
	free(group);
	return rc;
}

static enum errc check_key(const struct buf *pem, const char *path, struct err *err)
{
	struct es256_key *key;
	enum errc rc = es256_load(&key, buf_view(pem), err);

	if (rc)
		return err_wrap(err, "%s: ", path);
	es256_free(key);
	return ERR_OK;
}

static enum errc take_file(
	const struct question *q, const char *path, struct given_answer *a, struct err *err)
{
	struct buf b = { 0 };
	enum errc rc;

	/* A terminal may never end. */
	stop_at_once(!file_is_regular(path));
	rc = file_read(path, SECRET_MAX_BYTES, &b, err);
	stop_at_once(false);
	if (!rc && !b.n)
		rc = err_set(err, ERR_SETTINGS, "%s is empty", path);
	if (!rc && q->how == HOW_KEY)
		rc = check_key(&b, path, err);
	if (rc) {
		buf_wipe(&b);
		return rc;
	}
	buf_wipe(&a->secret);
	a->secret = b;
	return ERR_OK;
}

/* typed: on the terminal, where a secret is given itself and not by its file. */
static enum errc take(const struct question *q, const char *text, bool typed,
	struct given_answer *a, struct err *err)
{
	enum errc rc;

	if (q->how == HOW_TOKENS)
		return take_tokens(text, a, err);
	if (!q->file) {
		rc = settings_check_value(q->path, text, err);
		if (!rc)
			settings_put_scalar(text, &a->yaml);
		return rc;
	}
	if (typed && q->how == HOW_HIDDEN)
		buf_printf(&a->secret, "%s\n", text);
	else if ((rc = take_file(q, text, a, err)))
		return rc;
	buf_printf(&a->yaml, "{file: %s}", q->file);
	return ERR_OK;
}

/* --- from options --- */

static enum errc from_options(
	const struct init *in, const struct question *q, struct given_answer *a, struct err *err)
{
	size_t n;
	const char **given = cli_list(in->cli, q->option, &n);
	enum errc rc = ERR_OK;

	/* The last one counts, but for those that may come again. */
	for (size_t i = q->how == HOW_TOKENS || !n ? 0 : n - 1; i < n && !rc; i++)
		rc = take(q, given[i], false, a, err);
	free(given);
	return rc ? err_wrap(err, "--%s: ", option_name(q)) : ERR_OK;
}

/* --- from questions --- */

/* An answer that will not do is asked for again. */
static enum errc ask(const struct question *q, struct given_answer *a, struct err *err)
{
	char text[ANSWER_BYTES];
	struct err why;

	for (;;) {
		enum errc rc;

		(void)fprintf(stderr, "%s%s: ", a->yaml.n ? "Another one (Enter: no more)" : "",
			a->yaml.n ? "" : q->words);
		rc = q->how == HOW_HIDDEN ? cli_read_hidden(text, sizeof(text), err)
					  : cli_read_line(text, sizeof(text), err);
		if (rc)
			return rc;
		if (!text[0] && feof(stdin))
			return err_set(err, ERR_USAGE, "nothing was written: no answer came");
		if (!text[0] && (q->optional || a->yaml.n))
			return ERR_OK;
		rc = text[0] ? take(q, text, true, a, &why)
			     : err_set(&why, ERR_USAGE, "an answer is needed");
		mem_wipe(text, sizeof(text));
		if (rc)
			text_line(stderr, "  %s", why.msg);
		else if (q->how != HOW_TOKENS)
			return ERR_OK;
	}
}

static enum errc ask_sign_in(struct init *in, struct err *err)
{
	static const char *const words[] = { "oauth", "basic", "certificate" };
	char text[ANSWER_BYTES];

	for (;;) {
		enum errc rc;

		(void)fputs("Sign in to the UEM by oauth, basic or certificate (Enter: oauth): ",
			stderr);
		rc = cli_read_line(text, sizeof(text), err);
		if (rc)
			return rc;
		for (int i = 0; i < 3; i++)
			if (strcmp(text, words[i]) == 0 || (!text[0] && i == 0)) {
				in->sign_in = (enum part)(PART_OAUTH + i);
				return ERR_OK;
			}
	}
}

/* --- all of them --- */

static enum errc find_sign_in(struct init *in, struct err *err)
{
	static const enum option_id tells[] = { OPTION_UEM_CLIENT_ID, OPTION_UEM_USER,
		OPTION_UEM_CERTIFICATE };
	int n = 0;

	for (int i = 0; i < 3; i++)
		if (cli_count(in->cli, tells[i])) {
			in->sign_in = (enum part)(PART_OAUTH + i);
			n++;
		}
	if (n == 1)
		return ERR_OK;
	if (!n && in->terminal)
		return ask_sign_in(in, err);
	return err_set(err, ERR_USAGE,
		"%s one of --uem-client-id, --uem-user and --uem-certificate: how depmend signs in "
		"to the UEM",
		n ? "give only" : "--uem-url needs");
}

/* What was given for what is not used would be lost in silence. */
static enum errc check_unused(const struct init *in, struct err *err)
{
	for (size_t i = 0; i < in->cli->n_given; i++) {
		const struct question *about = NULL;
		bool used = true;

		for (int k = 0; k < QUESTIONS; k++)
			if (questions[k].option == in->cli->given[i].id && (!about || !used)) {
				about = &questions[k];
				used = is_used(in, about);
			}
		if (about && !used)
			return err_set(err, ERR_USAGE, "--%s has no use %s", option_name(about),
				in->has_uem ? "with that way to sign in" : "without --uem-url");
	}
	return ERR_OK;
}

static enum errc answer_one(struct init *in, int i, struct buf *missing, struct err *err)
{
	const struct question *q = &questions[i];
	struct given_answer *a = &in->answers[i];
	enum errc rc = from_options(in, q, a, err);

	if (!rc && !a->yaml.n && in->terminal && !q->quiet)
		rc = ask(q, a, err);
	if (!rc && !a->yaml.n && !q->optional)
		buf_printf(missing, "%s--%s", missing->n ? ", " : "", option_name(q));
	return rc;
}

static enum errc answer_all(struct init *in, struct err *err)
{
	struct buf missing;
	enum errc rc = ERR_OK;

	buf_init(&missing, ANSWER_BYTES);
	for (int i = 0; i < QUESTIONS && !rc; i++) {
		if (!is_used(in, &questions[i]))
			continue;
		/* The first of those that depend on how to sign in. */
		rc = answer_one(in, i, &missing, err);
		if (!rc && questions[i].option == OPTION_UEM_URL)
			in->has_uem = in->answers[i].yaml.n > 0;
		if (!rc && questions[i].option == OPTION_TOKEN)
			rc = find_sign_in(in, err);
	}
	if (!rc && missing.n)
		rc = err_set(
			err, ERR_USAGE, "missing: %s (no terminal to ask on)", buf_cstr(&missing));
	buf_release(&missing);
	return rc ? rc : check_unused(in, err);
}

/* --- writing --- */

static enum errc check_absent(const struct init *in, struct err *err)
{
	if (file_exists(in->path))
		return err_set(err, ERR_CANNOT_CREATE,
			"%s is there already and stays as it is: edit it, or name another file "
			"with --settings FILE",
			in->path);
	for (int i = 0; i < QUESTIONS; i++) {
		char *file = questions[i].file && in->answers[i].secret.n
				     ? file_beside(in->path, questions[i].file)
				     : NULL;
		bool there = file && file_exists(file);

		if (there)
			(void)err_set(err, ERR_CANNOT_CREATE,
				"%s is there already and stays as it is: move it away, or name "
				"settings in another folder with --settings FILE",
				file);
		free(file);
		if (there)
			return ERR_CANNOT_CREATE;
	}
	return ERR_OK;
}

static void page(const struct init *in, struct buf *out)
{
	struct settings_value values[QUESTIONS + 2] = { { "version", "1" } };
	struct buf tokens;

	buf_init(&tokens, YAML_MAX_BYTES);
	for (int i = 0; i < QUESTIONS; i++) {
		const struct buf *yaml = &in->answers[i].yaml;

		values[i + 1].path = questions[i].path;
		values[i + 1].yaml = yaml->n ? yaml->p : NULL;
		if (yaml->n && questions[i].how == HOW_TOKENS) {
			buf_printf(&tokens, "[%s]", buf_cstr(yaml));
			values[i + 1].yaml = buf_cstr(&tokens);
		}
	}
	settings_write(values, out);
	buf_release(&tokens);
}

static enum errc write_one(const struct init *in, int i, char *written[QUESTIONS], struct err *err)
{
	char *file;
	enum errc rc;

	if (!in->answers[i].secret.n)
		return ERR_OK;
	file = file_beside(in->path, questions[i].file);
	rc = file_write_new(file, 0600, buf_view(&in->answers[i].secret), err);
	if (rc)
		free(file);
	else
		written[i] = file;
	return rc;
}

/* Before the first question: whether the folder, or the first one that is to be made, can be. */
static enum errc check_place(const struct init *in, struct err *err)
{
	char *path = mem_strdup(in->path), *folder = file_beside(path, "."), *slash;
	struct outfile *f = NULL;
	enum errc rc;

	while (!file_exists(folder) && (slash = strrchr(path, '/')) != NULL && slash > path) {
		*slash = '\0';
		free(folder);
		folder = file_beside(path, ".");
	}
	rc = file_exists(path)
		     ? err_set(err, ERR_CANNOT_CREATE, "%s: %s is no folder", in->path, path)
		     : outfile_open(&f, path, 0600, err);
	outfile_free(f);
	free(folder);
	free(path);
	return rc;
}

/* The settings come last: with them everything that they name is there. */
static void tell_written(const struct cli *cli, const char *path, bool secret)
{
	struct ndjson j;

	if (!cli_count(cli, OPTION_JSON)) {
		text_line(stdout, "wrote    %s%s", path, secret ? " (only you can read it)" : "");
		return;
	}
	ndjson_begin(&j, "written");
	json_put_z(&j.o, "file", path);
	json_put_bool(&j.o, "secret", secret);
	ndjson_end(&j, stdout);
}

static enum errc write_all(const struct init *in, struct err *err)
{
	char *folder = file_beside(in->path, "."), *written[QUESTIONS] = { NULL };
	struct buf text;
	/* Secrets are files of their own; who approves plans reads the settings. */
	enum errc rc = file_mkdirs(folder, 0755, err);

	buf_init(&text, YAML_MAX_BYTES);
	page(in, &text);
	for (int i = 0; i < QUESTIONS && !rc; i++)
		rc = write_one(in, i, written, err);
	if (!rc)
		rc = file_write_new(in->path, 0644, buf_view(&text), err);
	for (int i = 0; i < QUESTIONS; i++) {
		if (rc && written[i])
			(void)unlink(written[i]);
		else if (written[i])
			tell_written(in->cli, written[i], true);
		free(written[i]);
	}
	if (!rc)
		tell_written(in->cli, in->path, false);
	buf_release(&text);
	free(folder);
	return rc;
}

/* --- the end --- */

static int check_written(const struct init *in)
{
	bool json = cli_count(in->cli, OPTION_JSON) > 0;
	struct cli_given given[] = { { OPTION_SETTINGS, in->path }, { OPTION_JSON, NULL } };
	struct cli check = {
		.command = command_info(COMMAND_CHECK), .given = given, .n_given = json ? 2 : 1
	};
	int status = cmd_check(&check);
	struct ndjson j;
	struct buf next;

	if (status)
		return status;
	check.n_given = cli_count(in->cli, OPTION_SETTINGS) ? 1 : 0;
	buf_init(&next, ANSWER_BYTES * 2);
	cli_repeat(&check, COMMAND_CHECK, &next);
	buf_z(&next, " --online");
	if (json) {
		ndjson_begin(&j, "init");
		json_put_z(&j.o, "settings", in->path);
		ndjson_text(&j, "next", buf_view(&next));
		ndjson_end(&j, stdout);
	} else {
		text_line(stdout, "next     %s", buf_cstr(&next));
	}
	buf_release(&next);
	return 0;
}

static const char *settings_path(const struct cli *cli)
{
	const char *given = cli_text(cli, OPTION_SETTINGS), *named = getenv("DEPMEND_SETTINGS");

	if (given)
		return given;
	return named && *named ? named : "depmend.yaml";
}

int cmd_init(const struct cli *cli)
{
	struct init in = { .cli = cli,
		.path = settings_path(cli),
		.terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) };
	struct err err;
	enum errc rc = stop_open(&err);

	for (int i = 0; i < QUESTIONS; i++) {
		buf_init(&in.answers[i].yaml, YAML_MAX_BYTES);
		buf_init(&in.answers[i].secret, SECRET_MAX_BYTES);
	}
	stop_words("nothing was written", NULL);
	if (!rc)
		rc = check_absent(&in, &err);
	if (!rc)
		rc = check_place(&in, &err);
	if (!rc && in.terminal)
		text_line(stderr,
			"Settings go to %s, secrets to files beside it. Nothing is written before "
			"the last answer.",
			in.path);
	if (!rc)
		rc = answer_all(&in, &err);
	if (!rc)
		rc = check_absent(&in, &err);
	if (!rc)
		rc = write_all(&in, &err);
	for (int i = 0; i < QUESTIONS; i++) {
		buf_release(&in.answers[i].yaml);
		buf_wipe(&in.answers[i].secret);
	}
	return rc ? cli_fail(cli, &err) : check_written(&in);
}
