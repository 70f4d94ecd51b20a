/* The command once for each tenant of a folder, and what became of them. */
#include "cli/tenants/tenants.h"
#include "base/fold.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/args/terminal.h"
#include "cli/tenants/parts.h"
#include "cli/tenants/rollup.h"
#include "model/outcome.h"
#include "os/child.h"
#include "os/kernel.h"
#include "os/stop.h"
#include "report/ndjson.h"
#include "report/status.h"
#include "report/table.h"

/* SLOT_MS: so long a tenant keeps the next one waiting; one whose service hangs, or that waits for
 * its limits, may take hours. MOST_WAITING: so many times --jobs run at once for that. */
enum {
	JOBS = 4,
	LOOK_MS = 20,
	SLOT_MS = 10 * 60 * 1000,
	MOST_WAITING = 8,
	INTERNAL = 70,
};

bool tenants_wanted(const struct cli *cli)
{
	const char *path = cli_text(cli, OPTION_SETTINGS);
	struct stat st;

	return path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- what is asked for --- */

/* What would be written by one tenant after the other. */
static bool is_output(enum option_id id)
{
	return id == OPTION_OUT || id == OPTION_CSV || id == OPTION_HTML || id == OPTION_XLSX ||
	       id == OPTION_METRICS || id == OPTION_TICKETS || id == OPTION_BUNDLE;
}

static enum errc check_outputs(const struct cli *cli, struct err *err)
{
	enum command_id id = cli->command->id;

	for (size_t i = 0; i < cli->n_given; i++)
		if (is_output(cli->given[i].id) && !tenant_is_named(cli->given[i].value) &&
			!rollup_takes(cli, &cli->given[i]))
			return err_set(err, ERR_USAGE,
				"each tenant would write to '%s': put {tenant} into the path",
				cli->given[i].value);
	if ((id == COMMAND_PLAN || id == COMMAND_EXPORT) && !cli_count(cli, OPTION_OUT) &&
		!cli_count(cli, OPTION_JSON))
		return err_set(err, ERR_USAGE,
			"with a folder of settings '%s' needs --out 'FOLDER/{tenant}.csv'",
			cli->command->name);
	return ERR_OK;
}

static enum errc check_asked(const struct cli *cli, struct err *err)
{
	enum command_id id = cli->command->id;

	if (!(FOR_TENANTS & 1u << id))
		return err_set(err, ERR_USAGE,
			"'depmend %s' takes the settings of one tenant, not a folder",
			cli->command->name);
	if ((id == COMMAND_PLAN || id == COMMAND_APPLY) && !cli_count(cli, OPTION_SERIAL) &&
		!tenant_is_named(cli->args[0]))
		return err_set(err, ERR_USAGE,
			"each tenant has a CSV of its own: put {tenant} into the path '%s'",
			cli->args[0]);
	if (id == COMMAND_APPLY && !cli_count(cli, OPTION_YES) && !cli_count(cli, OPTION_EXPECT) &&
		!cli_count(cli, OPTION_DRY_RUN))
		return err_set(err, ERR_USAGE,
			"there is no question for each tenant: 'apply' needs --yes or --expect "
			"'plans/{tenant}.csv' with a folder of settings");
	return check_outputs(cli, err);
}

/* --- one tenant's command --- */

struct words {
	char **v;
	size_t n;
};

static void add_word(struct words *w, const char *text, const char *tenant)
{
	w->v = mem_realloc(w->v, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = tenant_path(text, tenant);
	w->v[w->n] = NULL;
}

static void add_option(struct words *w, enum option_id id, const char *value, const char *tenant)
{
	char word[64];

	(void)snprintf(word, sizeof(word), "--%s", option_info(id)->name);
	add_word(w, word, "");
	if (value)
		add_word(w, value, tenant);
}

static struct words words_for(const struct cli *cli, const struct tenant *t)
{
	struct words w = { 0 };
	bool serials = cli_count(cli, OPTION_SERIAL) > 0;
	char *program = kernel_program();

	w.v = mem_realloc(w.v, w.n + 2, sizeof(*w.v));
	w.v[w.n++] = program ? program : mem_strdup("depmend");
	add_word(&w, cli->command->name, "");
	for (size_t i = 0; i < cli->n_given; i++) {
		const struct cli_given *g = &cli->given[i];

		if (g->id != OPTION_SETTINGS && g->id != OPTION_JOBS && !rollup_takes(cli, g) &&
			(g->id != OPTION_METRICS || !t->numbers))
			add_option(&w, g->id, g->value, t->name);
	}
	if (t->numbers) {
		add_option(&w, OPTION_METRICS, t->numbers, TENANT_MARK);
		add_option(&w, OPTION_QUIET, NULL, "");
	}
	add_word(&w, "--settings", "");
	w.v = mem_realloc(w.v, w.n + 2, sizeof(*w.v));
	w.v[w.n++] = mem_strdup(t->file); /* whatever its name holds */
	w.v[w.n] = NULL;
	add_word(&w, "--", "");
	for (size_t i = 0; i < cli->n_args && !serials; i++)
		add_word(&w, cli->args[i], t->name);
	return w;
}

static void words_release(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
}

/* What each process will be told, read as it will read it. */
static enum errc check_each(
	const struct cli *cli, const struct tenants *t, tenants_check_all *check, struct err *err)
{
	struct words *w = mem_alloc((t->n + 1) * sizeof(*w));
	struct cli *v = mem_alloc((t->n + 1) * sizeof(*v));
	size_t n = 0;
	enum errc rc = ERR_OK;

	while (n < t->n && !rc) {
		w[n] = words_for(cli, &t->v[n]);
		rc = cli_parse(&v[n], (int)w[n].n, w[n].v, err);
		n++;
	}
	if (!rc)
		rc = check(v, n, err);
	while (n--) {
		cli_release(&v[n]);
		words_release(&w[n]);
	}
	free(v);
	free(w);
	return rc;
}

/* A file for what one tenant says, which the others do not inherit; NULL: none can be made. */
static FILE *said(void)
{
	FILE *f = tmpfile();

	if (f)
		(void)fcntl(fileno(f), F_SETFD, FD_CLOEXEC);
	return f;
}

static enum errc start(const struct cli *cli, struct tenant *t, struct err *err)
{
	struct words w = words_for(cli, t);
	enum errc rc = ERR_OK;

	t->out = said();
	t->err = said();
	if (!t->out || !t->err)
		rc = err_set(err, ERR_CANNOT_CREATE, "no temporary file can be made");
	if (!rc)
		rc = child_start(w.v, fileno(t->out), fileno(t->err), &t->pid, err);
	t->began_ms = kernel_boot_ms();
	words_release(&w);
	return rc;
}

/* --- what it said --- */

static void forget_outputs(struct tenant *t)
{
	if (t->out)
		(void)fclose(t->out);
	if (t->err)
		(void)fclose(t->err);
	t->out = t->err = NULL;
}

/* As wide as the terminal, with the tenant before each piece of it. */
static void show_text(const char *line, const char *tenant, FILE *out)
{
	size_t columns = fold_columns(out), before = strlen(tenant) + 2, n;
	char *pieces = NULL;
	FILE *whole = open_memstream(&pieces, &n);
	struct str rest;

	if (!whole)
		abort();
	fold(str_from(line), columns > before ? columns - before : 0, whole);
	if (fclose(whole) != 0 || !pieces)
		abort();
	rest = (struct str){ pieces, n };
	do {
		struct str piece = str_cut(&rest, '\n');

		(void)fprintf(out, "%s: %.*s\n", tenant, STR_FMT(piece));
	} while (rest.n);
	free(pieces);
}

/* Each line with the tenant before it; an object gets it as its first member, unless it
 * names it itself. */
static void show_line(const char *line, const char *tenant, bool json, FILE *out)
{
	if (json && strstr(line, "\"tenant\":"))
		(void)fprintf(out, "%s\n", line);
	else if (json && line[0] == '{' && line[1] == '"')
		(void)fprintf(out, "{\"tenant\":\"%s\",%s\n", tenant, line + 1);
	else
		show_text(line, tenant, out);
}

static void show(FILE *said, const char *tenant, bool json, FILE *out)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (!said)
		return;
	rewind(said);
	while ((n = getline(&line, &size, said)) > 0) {
		line[n - 1] = line[n - 1] == '\n' ? '\0' : line[n - 1];
		show_line(line, tenant, json, out);
	}
	free(line);
	(void)fclose(said);
}

/* A tenant that has not had its first run has nothing to report, and that is no mistake. */
static bool said_no_run(const struct tenant *t)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!t->err || t->status != errc_info(ERR_USAGE)->exit_status)
		return false;
	rewind(t->err);
	while (!found && getline(&line, &size, t->err) > 0)
		found = strstr(line, NO_RUN_YET) != NULL;
	free(line);
	return found;
}

static void finish(const struct cli *cli, struct tenant *t)
{
	if (said_no_run(t)) {
		t->because = "no runs yet";
		t->status = 0;
	}
	show(t->err, t->name, false, stderr);
	show(t->out, t->name, cli_count(cli, OPTION_JSON) > 0, stdout);
	t->out = t->err = NULL;
	t->pid = 0;
	(void)fflush(stdout);
}

/* --- all of them --- */

/* *later: there is no room for one more beside those that run (descriptors, processes). */
static bool starts(const struct cli *cli, struct tenant *t, bool others, bool *later)
{
	struct err err;

	if (!start(cli, t, &err))
		return true;
	*later = others;
	if (others) {
		forget_outputs(t);
		return false;
	}
	(void)snprintf(t->because_of, sizeof(t->because_of), "%s", err.msg);
	t->because = t->because_of;
	t->status = errc_info(err.code)->exit_status;
	finish(cli, t);
	return false;
}

/* Of those that run, how many keep the next one waiting. */
static size_t slots_taken(const struct cli *cli, const struct tenants *t)
{
	int64_t slot_ms = cli_duration_ms(cli, OPTION_MAX_WAIT, SLOT_MS), now = kernel_boot_ms();
	size_t n = 0;

	if (slot_ms > SLOT_MS)
		slot_ms = SLOT_MS;
	for (size_t i = 0; i < t->n; i++)
		n += t->v[i].pid && now - t->v[i].began_ms < slot_ms;
	return n;
}

/* As many as may run; *next: the first that was not begun. */
static size_t fill(const struct cli *cli, struct tenants *t, size_t running, size_t *next)
{
	size_t most = (size_t)cli_number(cli, OPTION_JOBS, JOBS), taken = slots_taken(cli, t);

	while (taken < most && running < most * MOST_WAITING && *next < t->n) {
		struct tenant *one = &t->v[*next];
		bool later = false;

		if (!one->because && starts(cli, one, running > 0, &later)) {
			running++;
			taken++;
		}
		if (later)
			break;
		(*next)++;
	}
	return running;
}

static size_t collect(const struct cli *cli, struct tenants *t)
{
	size_t ended = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct tenant *one = &t->v[i];

		if (!one->pid || !child_ended(one->pid, &one->status))
			continue;
		finish(cli, one);
		ended++;
	}
	return ended;
}

/* What runs is asked to stop as we are; what was not begun stays so. */
static void pass_on(struct tenants *t, size_t next)
{
	for (size_t i = 0; i < next; i++)
		if (t->v[i].pid)
			(void)kill(t->v[i].pid, stop_signal());
	for (size_t i = next; i < t->n; i++)
		if (!t->v[i].because) {
			t->v[i].because = "not begun: stopped before its turn";
			t->v[i].status = SIGNALLED + stop_signal();
		}
}

static enum errc run_all(const struct cli *cli, struct tenants *t, struct err *err)
{
	size_t running = 0, next = 0;
	enum errc rc = stop_open(err);

	if (rc)
		return rc;
	stop_words(
		"waiting for what runs to stop in order", "each tenant goes on to stop in order");
	do {
		running = fill(cli, t, running, &next);
		/* Asked, it is not said again: a second signal would end them at once. */
		if (stop_sleep(LOOK_MS, err) == ERR_STOPPED && stop_asked()) {
			pass_on(t, next);
			next = t->n;
		}
		running -= collect(cli, t);
	} while (running || next < t->n);
	return ERR_OK;
}

/* --- the summary --- */

static void sum_up_json(const struct tenants *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct ndjson j;
		char text[64];

		ndjson_begin(&j, "tenant");
		json_put_z(&j.o, "tenant", t->v[i].name);
		json_put_z(&j.o, "settings", t->v[i].file);
		json_put_int(&j.o, "status", t->v[i].status);
		json_put_z(&j.o, "meaning", tenant_meaning(&t->v[i], text));
		ndjson_end(&j, stdout);
	}
}

static void sum_up(const struct cli *cli, const struct tenants *t)
{
	struct text_table *table;
	char text[64];

	for (size_t i = 0; i < t->n_ignored; i++)
		text_line(stderr, "ignored: %s", t->ignored[i]);
	if (cli_count(cli, OPTION_JSON)) {
		sum_up_json(t);
		return;
	}
	table = table_new("lrl");
	table_cell(table, STR("TENANT"));
	table_cell(table, STR("STATUS"));
	table_cell(table, STR("MEANING"));
	for (size_t i = 0; i < t->n; i++) {
		table_cell(table, str_from(t->v[i].name));
		table_number(table, (size_t)t->v[i].status);
		table_cell(table, str_from(tenant_meaning(&t->v[i], text)));
	}
	table_print_within(table, fold_columns(stdout), stdout);
	table_free(table);
}

static int worst_of(const struct tenants *t)
{
	int worst = 0;

	for (size_t i = 0; i < t->n; i++) {
		int status = t->v[i].status;

		worst = status_first(worst, status_meaning(status) ? status : INTERNAL);
	}
	return worst;
}

int tenants_run(const struct cli *cli, tenants_check *check, tenants_check_all *check_all)
{
	struct tenants t = { 0 };
	struct rollup all = { 0 };
	struct err err;
	enum errc rc = check_asked(cli, &err);
	int status;

	if (!rc)
		rc = tenants_find(&t, cli_text(cli, OPTION_SETTINGS), &err);
	if (!rc)
		rc = check_each(cli, &t, check_all, &err);
	if (!rc)
		rc = rollup_open(&all, cli, &t, check, &err);
	if (!rc)
		rc = run_all(cli, &t, &err);
	if (!rc)
		sum_up(cli, &t);
	if (!rc)
		rc = rollup_write(&all, &t, &err);
	status = rc ? cli_fail(cli, &err) : worst_of(&t);
	rollup_close(&all, &t);
	tenants_release(&t);
	return status;
}
