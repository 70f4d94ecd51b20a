#include "cli/app/saved_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/app/load.h"
#include "cli/app/outputs.h"
#include "cli/args/terminal.h"
#include "facts/organization.h"
#include "facts/session.h"
#include "io/clock.h"
#include "report/ndjson.h"
#include "store/count.h"

static enum errc load_settings(struct saved_run *s, const struct cli *cli, struct err *err)
{
	enum errc rc;

	*s = (struct saved_run){ 0 };
	diags_init(&s->diags);
	rc = cli_load_settings(cli, &s->settings, &s->diags, err);
	if (!rc && !s->settings)
		rc = err_set(err, ERR_SETTINGS, CLI_NO_SETTINGS);
	if (!rc)
		rc = outputs_check(cli, s->settings, NULL, err);
	diags_tell(&s->diags);
	if (!rc)
		organization_adopt(s->settings);
	return rc;
}

static struct store_options options_of(const struct saved_run *s, enum store_use use, bool retired)
{
	return (struct store_options){
		.state_dir = s->settings->state,
		.client_id = s->settings->apple.account,
		.use = use,
		.retired = retired,
		.network = STORE_AS_IT_IS,
		.beside = use == STORE_WRITE && !s->lock,
	};
}

static enum errc open_store(struct saved_run *s, enum store_use use, bool retired, struct err *err)
{
	const struct store_options store = options_of(s, use, retired);
	enum errc rc = store_open(&s->store, &store, err);

	if (!rc)
		session_tell_upgrade(s->store);
	return rc;
}

enum errc saved_run_open(struct saved_run *s, const struct cli *cli, struct err *err)
{
	enum errc rc = load_settings(s, cli, err);

	return rc ? rc : open_store(s, STORE_READ, false, err);
}

enum errc saved_run_open_to_write(
	struct saved_run *s, const struct cli *cli, bool beside, struct err *err)
{
	enum errc rc = load_settings(s, cli, err);

	if (rc)
		return rc;
	rc = session_lock(&s->lock, s->settings, cli->command->name,
		cli_duration_ms(cli, OPTION_WAIT_LOCK, 0), err);
	if (rc == ERR_LOCKED && beside)
		rc = ERR_OK;
	return rc ? rc : open_store(s, STORE_WRITE, false, err);
}

static enum errc put_aside(struct saved_run *s, struct err *err)
{
	const struct store_options store = options_of(s, STORE_WRITE, true);
	struct clock *clock = NULL;
	enum errc rc = session_clock(s->settings, &clock, err);

	store_close(s->store);
	s->store = NULL;
	if (!rc)
		rc = store_put_aside(&store, clock_now(clock), &s->aside, err);
	clock_free(clock);
	return rc;
}

enum errc saved_run_open_retired(struct saved_run *s, const struct cli *cli, struct err *err)
{
	enum errc rc = load_settings(s, cli, err);

	if (!rc)
		rc = session_lock(&s->lock, s->settings, cli->command->name,
			cli_duration_ms(cli, OPTION_WAIT_LOCK, 0), err);
	if (rc)
		return rc;
	rc = open_store(s, STORE_WRITE, true, err);
	if (!rc)
		rc = store_check_kept(s->store, err);
	if (!rc || !err->damaged)
		return rc;
	rc = put_aside(s, err);
	return rc ? rc : open_store(s, STORE_WRITE, true, err);
}

enum errc saved_run_reopen(struct saved_run *s, struct err *err)
{
	store_close(s->store);
	s->store = NULL;
	return open_store(s, STORE_WRITE, false, err);
}

void saved_run_close(struct saved_run *s)
{
	if (s->has_run)
		run_input_release(&s->input);
	store_close(s->store);
	lock_free(s->lock);
	free(s->aside);
	settings_free(s->settings);
	diags_release(&s->diags);
}

static int end(struct saved_run *s, const struct cli *cli, enum errc rc, const struct err *err)
{
	saved_run_close(s);
	return rc ? cli_fail(cli, err) : 0;
}

void saved_run_hold_output(void)
{
	enum { HELD_BYTES = 256 * 1024 };
	static char output[HELD_BYTES], messages[HELD_BYTES];

	(void)setvbuf(stdout, output, _IOFBF, HELD_BYTES);
	(void)setvbuf(stderr, messages, _IOFBF, HELD_BYTES);
}

int saved_run_command(const struct cli *cli, saved_run_work *work)
{
	struct saved_run s = { 0 };
	struct err err;

	saved_run_hold_output();
	return end(&s, cli, work(&s, cli, &err), &err);
}

int saved_run_reader(const struct cli *cli, saved_run_work *work)
{
	struct saved_run s;
	struct err err;
	enum errc rc = saved_run_open(&s, cli, &err);

	return end(&s, cli, rc ? rc : work(&s, cli, &err), &err);
}

enum errc saved_run_now(const struct saved_run *s, int64_t *ret_ms, struct err *err)
{
	struct clock *clock = NULL;
	int64_t latest = TIME_NONE;
	enum errc rc = session_clock(s->settings, &clock, err);

	if (!rc && clock_is_virtual(clock))
		rc = store_latest(s->store, &latest, err);
	if (!rc)
		*ret_ms = clock_now(clock);
	if (!rc && latest != TIME_NONE && latest > *ret_ms)
		*ret_ms = latest;
	clock_free(clock);
	return rc;
}

struct when saved_run_when(const struct saved_run *s)
{
	struct when w = { .local = isatty(STDOUT_FILENO) };
	struct err err;

	if (saved_run_now(s, &w.now_ms, &err))
		w.local = false;
	return w;
}

enum errc saved_run_load(struct saved_run *s, const char *name, struct err *err)
{
	enum errc rc = store_run_get(s->store, name, &s->run, err);

	if (rc) {
		err->code = ERR_USAGE;
		return ERR_USAGE;
	}
	if (s->has_run)
		run_input_release(&s->input);
	s->has_run = true;
	return run_open_input(s->store, &s->run, &s->input, err);
}

enum errc saved_run_rows(
	struct saved_run *s, const char *path, bool raw_csv, struct summary *ret, struct err *err)
{
	struct result_options opt = {
		.path = path,
		.columns = &s->input.input.columns,
		.n_columns = s->input.widest,
		.delimiter = s->input.input.delimiter,
		.run = s->run.name,
		.raw_csv = raw_csv,
	};
	struct run_results *rows;
	enum errc rc = run_results_load(s->store, s->run.id, &rows, err);

	if (rc)
		return rc;
	rc = write_rows(&s->input.input, run_results_count(rows),
		&(struct row_source){ .row = run_results_next, .self = rows }, &opt, ret, err);
	run_results_free(rows);
	return rc;
}

static enum errc add_count(void *self, const struct run_count *count, struct err *err)
{
	(void)err;
	summary_count(self, (enum outcome)count->outcome, REASON_NONE, (size_t)count->n);
	return ERR_OK;
}

/* Rows that a later run may still settle. */
static bool is_over(const struct summary *counts)
{
	return summary_rows(counts) && !counts->rows[OUTCOME_PENDING] &&
	       !counts->rows[OUTCOME_HELD] && !counts->rows[OUTCOME_UNVERIFIED] &&
	       !counts->rows[OUTCOME_IN_FLIGHT];
}

enum errc saved_run_outcomes(struct saved_run *s, struct summary *ret, struct err *err)
{
	enum errc rc = ERR_OK;

	*ret = (struct summary){ 0 };
	if (s->run.state == RUN_FINISHED)
		rc = store_counts(s->store, s->run.id, add_count, ret, err);
	return rc || is_over(ret) ? rc : saved_run_rows(s, NULL, false, ret, err);
}

enum errc saved_run_rows_tell(struct saved_run *s, struct err *err)
{
	struct run_results *rows;
	enum errc rc = run_results_load(s->store, s->run.id, &rows, err);

	if (rc)
		return rc;
	rc = tell_rows(run_results_count(rows),
		&(struct row_source){ .row = run_results_next, .self = rows }, err);
	run_results_free(rows);
	return rc;
}

void saved_run_next(const struct saved_run *s, const struct summary *counts, struct buf *out)
{
	if (s->run.state != RUN_ACTIVE)
		return;
	buf_z(out, s->input.again);
	if (counts->reasons[REASON_RUN_HALTED])
		buf_z(out, " --past-halt");
}

void saved_run_tell(const struct saved_run *s, const struct summary *counts)
{
	struct lock_holder holder;
	struct ndjson j;
	struct buf next;

	buf_init(&next, SAVED_RUN_NEXT_BYTES);
	saved_run_next(s, counts, &next);
	ndjson_begin(&j, "run");
	ndjson_run(&j, &s->run,
		store_locked_by(s->settings->state, s->settings->apple.account, &holder));
	json_put_z(&j.o, "input", s->input.path);
	ndjson_outcomes(&j, counts);
	ndjson_text(&j, "next", buf_view(&next));
	ndjson_end(&j, stdout);
	buf_release(&next);
}
