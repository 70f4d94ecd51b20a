#include "cli/app/outputs.h"

#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "approve/signature.h"
#include "base/mem.h"
#include "cli/app/load.h"
#include "io/file.h"
#include "io/http_authorities.h"
#include "plan/run_rows.h"
#include "report/result.h"
#include "report/run_facts.h"
#include "trust/trust.h"

enum { ROOM_BYTES = 64 * 1024 }; /* of each output: a page, or the rows of a small list */

struct path {
	const char *path, *dashes, *what; /* "", "the settings" or "--", "html" */
	char *made;                       /* NULL: path is somebody else's */
};

/* Outputs and inputs of one command line. */
struct paths {
	struct path *v;
	size_t n, cap;
};

static void add_named(struct paths *to, const char *path, const char *dashes, const char *what)
{
	if (!path || !*path || strcmp(path, "-") == 0)
		return;
	MEM_GROW(to->v, to->n, to->cap);
	to->v[to->n++] = (struct path){ path, dashes, what, NULL };
}

static void add(struct paths *to, const char *path, const char *what)
{
	add_named(to, path, "", what);
}

/* Consumes the path. */
static void add_made(struct paths *to, char *path, const char *what)
{
	size_t before = to->n;

	add(to, path, what);
	if (to->n > before)
		to->v[before].made = path;
	else
		free(path);
}

static void paths_release(struct paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].made);
	free(p->v);
}

/* A word of a command may be a file: the program itself, or what it reads. */
static void add_command(struct paths *to, char *const *argv, const char *what)
{
	for (; argv && *argv; argv++)
		add(to, *argv, what);
}

static void add_secret(struct paths *to, const struct secret *s, const char *what)
{
	add_made(to, secret_path(s), what);
	if (s->kind == SECRET_COMMAND)
		add_command(to, s->argv, what);
}

static void add_settings(struct paths *to, const struct settings *s)
{
	add(to, s->file, "the settings");
	add(to, s->protect_file, "the protected list");
	add(to, s->approval.keys, "the list of approvers");
	add_secret(to, &s->apple.private_key, "the private key of Apple's API account");
	add_secret(to, &s->uem.tenant_code, "the REST API key of the UEM");
	add_secret(to, &s->uem.client_secret, "the client secret of the UEM");
	add_secret(to, &s->uem.password, "the password of the UEM");
	add_secret(to, &s->uem.pkcs12, "the certificate of the UEM");
	add_secret(to, &s->notify_url, "the secret of notify");
	add_secret(to, &s->webhook.url, "the secret of the webhook");
	add_command(to, s->sync.command, "the command of sync:");
	for (size_t i = 0; i < s->n_rules; i++)
		add(to, s->rules[i], "the rules");
	for (size_t i = 0; i < s->n_enrollment; i++) {
		add_secret(to, &s->enrollment[i].server_token, "a server token");
		add_secret(to, &s->enrollment[i].private_key, "the key of a server token");
	}
}

/* The file that a standard stream leads to; NULL: none, but a terminal, a pipe or a device. */
static const char *stream(int fd)
{
	static const char *const names[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? names[fd] : NULL;
}

/* What nothing on the command line or in the settings names. */
static void add_surroundings(struct paths *to)
{
	add(to, http_authorities_file(), "the certificate authorities of $SSL_CERT_FILE");
	add_made(to, trust_groups_file(), "the groups that are trusted");
}

/* The options that name a file: which of them are written, which are read. */
static void add_options(const struct cli *cli, struct paths *in, struct paths *out)
{
	static const enum option_id written[] = { OPTION_OUT, OPTION_CSV, OPTION_HTML, OPTION_XLSX,
		OPTION_TICKETS, OPTION_BUNDLE, OPTION_METRICS, OPTION_AUDIT };
	static const enum option_id read[] = { OPTION_RULES, OPTION_COMPARE, OPTION_INVENTORY,
		OPTION_SCENARIO, OPTION_SINCE, OPTION_EXPECT, OPTION_APPROVAL, OPTION_KEY,
		OPTION_SETTINGS, OPTION_PRIVATE_KEY, OPTION_TENANT_CODE, OPTION_UEM_CLIENT_SECRET,
		OPTION_UEM_CERTIFICATE, OPTION_UEM_PASSWORD };

	for (size_t i = 0; i < cli->n_given; i++) {
		const struct cli_given *g = &cli->given[i];

		for (size_t k = 0; k < sizeof(written) / sizeof(*written); k++)
			if (g->id == written[k])
				add_named(out, g->value, "--", option_info(g->id)->name);
		for (size_t k = 0; k < sizeof(read) / sizeof(*read); k++)
			if (g->id == read[k])
				add_named(in, g->value, "--", option_info(g->id)->name);
	}
	for (size_t i = 0; i < out->n && cli->command->id != COMMAND_APPROVE; i++)
		if (str_ends_nocase(str_from(out->v[i].path), STR(SIGNATURE_SUFFIX)))
			add(in, out->v[i].path, "an approval");
	if (cli->command->id == COMMAND_BACKUP)
		add(out, cli->args[0], "the backup");
	if (cli_count(cli, OPTION_SERIAL)) /* no argument is a file */
		return;
	for (size_t i = 0; i < cli->n_args && strcasestr(cli->command->args, "csv"); i++)
		add(in, strcmp(cli->args[i], "-") == 0 ? stream(STDIN_FILENO) : cli->args[i],
			"the input");
}

/* The result's name where no option gives it; caller frees. */
static char *default_result(const struct cli *cli)
{
	if (cli_count(cli, OPTION_OUT) || cli->n_args == 0)
		return NULL;
	if (cli->command->id == COMMAND_APPLY)
		return result_default_path(cli->args[0]);
	if (cli->command->id == COMMAND_REHEARSE)
		return result_path_named(cli->args[0], "rehearsal");
	/* Whose it is, only the key tells; whether there is room beside the plan, this one does. */
	if (cli->command->id == COMMAND_APPROVE)
		return mem_printf("%s%s", cli->args[0], SIGNATURE_SUFFIX);
	return NULL;
}

/*
 * Below the state's folder only depmend writes. In the folder itself results may lie, as a service
 * has them that may write nowhere else ($STATE_DIRECTORY), but under no name of ours: last.TENANT
 * is one.
 */
static bool is_in_state(const char *path, const char *state)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder = file_beside(path, ".");
	bool beside = file_is_same(folder, state);

	free(folder);
	return beside ? strncmp(name, "last.", 5) == 0 : file_is_below(path, state);
}

static bool is_states(const char *path, const char *state)
{
	char *whole = realpath(path, NULL); /* where a link leads to */
	bool is = is_in_state(path, state) || (whole && is_in_state(whole, state));

	free(whole);
	return is;
}

static enum errc is_read(const struct path *out, const struct paths *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++)
		if (file_is_same(out->path, in->v[i].path))
			return err_set(err, ERR_USAGE,
				"%s%s %s is also read (%s%s): name another file", out->dashes,
				out->what, out->path, in->v[i].dashes, in->v[i].what);
	return ERR_OK;
}

static enum errc compare(
	const struct paths *in, const struct paths *out, const struct settings *s, struct err *err)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct path *o = &out->v[i];
		enum errc rc = is_read(o, in, err);

		if (rc)
			return rc;
		for (size_t k = 0; k < i; k++)
			if (file_will_be_same(o->path, out->v[k].path))
				return err_set(err, ERR_USAGE,
					"%s%s and %s%s both write %s: name two files",
					out->v[k].dashes, out->v[k].what, o->dashes, o->what,
					o->path);
		if (http_authorities_hold(o->path))
			return err_set(err, ERR_USAGE,
				"%s%s %s is also read (the certificate authorities of "
				"$SSL_CERT_DIR): name another folder",
				o->dashes, o->what, o->path);
		if (s && s->state && is_states(o->path, s->state))
			return err_set(err, ERR_USAGE,
				"%s%s %s lies in the state folder %s, where only depmend "
				"writes: name another folder",
				o->dashes, o->what, o->path, s->state);
	}
	return ERR_OK;
}

/* `>>in.csv`: what is added there would be read as rows, or is lost with the input. */
static enum errc compare_streams(const struct paths *in, struct err *err)
{
	struct paths out = { 0 };
	enum errc rc = ERR_OK;

	add(&out, stream(STDOUT_FILENO), "the standard output");
	add(&out, stream(STDERR_FILENO), "the standard error");
	for (size_t i = 0; i < out.n && !rc; i++)
		rc = is_read(&out.v[i], in, err);
	paths_release(&out);
	return rc;
}

/* What cannot be written is found out before the work whose result it holds. */
static enum errc try_all(const struct paths *out, struct err *err)
{
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < out->n && !rc; i++) {
		struct outfile *f = NULL;

		rc = outfile_open(&f, out->v[i].path, 0600, err);
		if (!rc)
			rc = outfile_reserve(f, ROOM_BYTES, err);
		outfile_free(f);
	}
	return rc;
}

/* And the lists that they read. */
static void add_rules(struct paths *to, const struct ruleset *rules)
{
	const char *file;

	for (size_t i = 0; rules && (file = rules_file(rules, i)) != NULL; i++)
		add_made(to, mem_strdup(file), "the rules");
}

/* A command that judges nothing writes over no list of the settings' rules either. Those that have
 * mistakes name none. */
static void add_rules_of(struct paths *to, const struct cli *cli, const struct settings *settings)
{
	struct ruleset *rules = NULL;
	struct diags diags;
	struct err unread;

	diags_init(&diags);
	if (cli_load_rules(cli, settings, &rules, &diags, &unread) == ERR_OK)
		add_rules(to, rules);
	rules_free(rules);
	diags_release(&diags);
}

enum errc outputs_check(const struct cli *cli, const struct settings *settings,
	const struct ruleset *rules, struct err *err)
{
	struct paths in = { 0 }, out = { 0 };
	enum errc rc;

	add_options(cli, &in, &out);
	add_made(&out, default_result(cli), "the result");
	if (settings)
		add_settings(&in, settings);
	add_rules(&in, rules);
	if (!rules && settings && out.n)
		add_rules_of(&in, cli, settings);
	add_surroundings(&in);
	rc = compare(&in, &out, settings, err);
	if (!rc)
		rc = compare_streams(&in, err);
	if (!rc)
		rc = try_all(&out, err);
	paths_release(&in);
	paths_release(&out);
	return rc;
}

/* NULL: they cannot be loaded, which the command itself says. Caller frees. */
static struct settings *named_settings(const struct cli *cli)
{
	struct settings *ret = NULL;
	struct diags diags;
	struct err unread;

	diags_init(&diags);
	if (settings_load(&ret, cli_text(cli, OPTION_SETTINGS), &diags, &unread))
		ret = NULL;
	diags_release(&diags);
	return ret;
}

enum errc outputs_check_named(const struct cli *cli, struct err *err)
{
	struct settings *settings = named_settings(cli);
	enum errc rc = outputs_check(cli, settings, NULL, err);

	settings_free(settings);
	return rc;
}

/* --- the outputs of many tenants --- */

/* An output that is there already; what is not, nobody reads. */
struct place {
	dev_t dev;
	ino_t ino;
	size_t whose;
	const struct path *path;
};

static int by_place(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return a->ino == b->ino ? 0 : a->ino < b->ino ? -1 : 1;
}

static bool find_place(const char *path, struct place *ret)
{
	struct stat st;
	bool is = stat(path, &st) == 0 && S_ISREG(st.st_mode);

	*ret = (struct place){ 0 };
	if (is) {
		ret->dev = st.st_dev;
		ret->ino = st.st_ino;
	}
	return is;
}

static enum errc compare_places(const struct paths *in, const struct place *places, size_t n,
	const struct cli *cli, size_t whose, struct err *err)
{
	for (size_t i = 0; i < in->n; i++) {
		struct place key;
		const struct place *found = NULL;

		if (find_place(in->v[i].path, &key))
			found = bsearch(&key, places, n, sizeof(*places), by_place);
		if (found && found->whose != whose)
			return err_set(err, ERR_USAGE,
				"%s%s %s is also read by another tenant (%s: %s%s): name another "
				"file",
				found->path->dashes, found->path->what, found->path->path,
				cli_text(cli, OPTION_SETTINGS), in->v[i].dashes, in->v[i].what);
	}
	return ERR_OK;
}

/* They are in order. */
static enum errc compare_writers(const struct place *places, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		if (by_place(&places[i - 1], &places[i]) == 0 &&
			places[i - 1].whose != places[i].whose)
			return err_set(err, ERR_USAGE,
				"%s and %s are one file, which two tenants would write: name two "
				"files",
				places[i - 1].path->path, places[i].path->path);
	return ERR_OK;
}

static enum errc check_other(
	const struct cli *cli, const struct place *places, size_t n, size_t whose, struct err *err)
{
	struct paths in = { 0 }, own = { 0 };
	struct settings *settings = named_settings(cli);
	enum errc rc;

	add_options(cli, &in, &own);
	if (settings) {
		add_settings(&in, settings);
		add_rules_of(&in, cli, settings);
	}
	rc = compare_places(&in, places, n, cli, whose, err);
	paths_release(&in);
	paths_release(&own);
	settings_free(settings);
	return rc;
}

enum errc outputs_check_all(const struct cli *v, size_t n, struct err *err)
{
	struct paths in = { 0 }, out = { 0 };
	size_t *ends = mem_alloc((n + 1) * sizeof(*ends)), n_places = 0;
	struct place *places;
	enum errc rc = ERR_OK;

	for (size_t i = 0; i < n; i++) {
		add_options(&v[i], &in, &out);
		add_made(&out, default_result(&v[i]), "the result");
		ends[i] = out.n;
	}
	places = mem_alloc((out.n + 1) * sizeof(*places));
	for (size_t i = 0, whose = 0; i < out.n; i++) {
		while (i >= ends[whose])
			whose++;
		if (!find_place(out.v[i].path, &places[n_places]))
			continue;
		places[n_places].whose = whose;
		places[n_places++].path = &out.v[i];
	}
	qsort(places, n_places, sizeof(*places), by_place);
	rc = compare_writers(places, n_places, err);
	for (size_t i = 0; i < n && n_places && !rc; i++)
		rc = check_other(&v[i], places, n_places, i, err);
	free(places);
	free(ends);
	paths_release(&in);
	paths_release(&out);
	return rc;
}

enum errc outputs_check_run(
	const struct cli *cli, struct store *store, const struct run_record *run, struct err *err)
{
	struct paths in = { 0 }, out = { 0 }, other = { 0 };
	struct run_facts facts = { 0 };
	struct str rest;
	enum errc rc = run_facts_load(&facts, store, run->id, err);

	if (!rc) {
		add_options(cli, &other, &out);
		add_made(&in, run_input_path(store, run), "the run's input");
		for (rest = buf_view(&facts.rules); rest.n;)
			add_made(&in, mem_dupz(str_cut(&rest, '\n')), "the run's rules");
		rc = compare(&in, &out, NULL, err);
	}
	paths_release(&in);
	paths_release(&out);
	paths_release(&other);
	run_facts_release(&facts);
	return rc;
}
