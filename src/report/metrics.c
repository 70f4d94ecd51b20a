#include "report/metrics.h"

#include <sys/stat.h>

#include <inttypes.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "report/credential_ends.h"
#include "report/summary.h"
#include "store/count.h"
#include "store/shared.h"

enum { PAGE_MAX_BYTES = 1024 * 1024, SECOND_MS = 1000, DAY_MS = 24 * 3600 * 1000, RUNS = 10 };

struct metrics {
	const struct report_source *source;
	struct buf out;
};

/* --- the format --- */

static void put_escaped(struct buf *out, struct str value)
{
	for (size_t i = 0, step; i < value.n; i += step) {
		bool hidden;

		step = text_step(str_sub(value, i, value.n - i), &hidden);
		if (value.p[i] == '\\' || value.p[i] == '"')
			buf_char(out, '\\');
		if (value.p[i] == '\n')
			buf_z(out, "\\n");
		else if (hidden)
			buf_char(out, '?');
		else
			buf_add(out, value.p + i, step);
	}
}

static void put_head(struct metrics *m, const char *name, const char *help)
{
	buf_printf(&m->out, "# HELP depmend_%s %s\n# TYPE depmend_%s gauge\n", name, help, name);
}

static void put_label(struct metrics *m, const char *name, struct str value)
{
	buf_printf(&m->out, ",%s=\"", name);
	put_escaped(&m->out, value);
	buf_char(&m->out, '"');
}

/* Further labels come in between. */
static void begin(struct metrics *m, const char *name)
{
	buf_printf(&m->out, "depmend_%s{tenant=\"", name);
	put_escaped(&m->out, str_from(m->source->settings->tenant));
	buf_char(&m->out, '"');
}

/* In thousandths, since every value is a whole number of those. */
static void end(struct metrics *m, int64_t thousandths)
{
	int64_t part = thousandths < 0 ? -thousandths : thousandths;

	buf_printf(&m->out, "} %s%" PRId64, thousandths < 0 ? "-" : "", part / 1000);
	if (part % 1000)
		buf_printf(&m->out, ".%03d", (int)(part % 1000));
	buf_char(&m->out, '\n');
}

static void put_gauge(struct metrics *m, const char *name, const char *help, int64_t thousandths)
{
	put_head(m, name, help);
	begin(m, name);
	end(m, thousandths);
}

/* --- what is measured --- */

static enum errc count_rows(const struct report_source *s, struct summary *ret, struct err *err)
{
	enum errc rc = ERR_OK;

	for (uint32_t i = 0; i < run_results_count(s->rows) && !rc; i++) {
		struct run_row row;

		rc = run_results_row(s->rows, i, &row, err);
		if (!rc)
			summary_count(ret, row.outcome, row.reason, 1);
	}
	return rc;
}

static void put_counts(struct metrics *m, const struct summary *counts)
{
	put_head(m, "rows", "Rows of the run by outcome.");
	for (int o = 0; o < OUTCOME_MAX_; o++) {
		begin(m, "rows");
		put_label(m, "outcome", str_from(outcome_info((enum outcome)o)->word));
		end(m, (int64_t)counts->rows[o] * 1000);
	}
	put_gauge(m, "in_flight",
		"Rows whose device is off its server, or has a change that is still open.",
		(int64_t)counts->rows[OUTCOME_IN_FLIGHT] * 1000);
}

static enum errc note_good(void *self, const struct run_record *run, struct err *err)
{
	int64_t *good_ms = self;

	(void)err;
	if (run->state == RUN_FINISHED && run->exit_status == 0 && run->finished_ms > *good_ms)
		*good_ms = run->finished_ms;
	return ERR_OK;
}

static enum errc put_run(struct metrics *m, struct err *err)
{
	const struct report_source *s = m->source;
	int64_t good_ms = TIME_NONE;
	bool ended = s->run->finished_ms != TIME_NONE;
	enum errc rc = store_runs(s->store, note_good, &good_ms, err);

	if (rc)
		return rc;
	put_gauge(
		m, "last_run_timestamp_seconds", "When the run was confirmed.", s->run->created_ms);
	put_gauge(m, "run_finished", "1 when every row of the run has its outcome.",
		ended ? 1000 : 0);
	if (good_ms != TIME_NONE)
		put_gauge(m, "last_success_timestamp_seconds",
			"When a run of the organization last ended with exit status 0.", good_ms);
	if (s->run->exit_status >= 0)
		put_gauge(m, "exit_status",
			"Exit status of the last process that worked on the run.",
			(int64_t)s->run->exit_status * 1000);
	return ERR_OK;
}

/* --- over time --- */

struct counted_run {
	struct metrics *m;
	const struct run_record *run;
};

static enum errc put_run_count(void *self, const struct run_count *c, struct err *err)
{
	struct metrics *m = ((struct counted_run *)self)->m;

	(void)err;
	begin(m, "run_rows");
	put_label(m, "run", str_from(((struct counted_run *)self)->run->name));
	put_label(m, "rule", c->rule);
	put_label(m, "outcome", str_from(outcome_info((enum outcome)c->outcome)->word));
	end(m, c->n * 1000);
	return ERR_OK;
}

static enum errc put_counts_of(void *self, const struct run_record *run, struct err *err)
{
	struct counted_run c = { self, run };

	return store_counts(c.m->source->store, run->id, put_run_count, &c, err);
}

static enum errc put_history(struct metrics *m, struct err *err)
{
	int64_t earlier;

	put_head(m, "run_rows", "Rows of each of the latest runs by rule and outcome.");
	return store_runs_newest(m->source->store, RUNS, put_counts_of, m, &earlier, err);
}

static enum errc note_request(void *self, int64_t at_ms, struct err *err)
{
	(void)err;
	rate_note(self, at_ms);
	return ERR_OK;
}

/* Until the limits let the next change leave, when there is one. */
static enum errc put_waiting(struct metrics *m, const struct summary *counts, struct err *err)
{
	const struct report_source *s = m->source;
	struct rate rate = s->settings->rates[RATE_APPLE_WRITE];
	bool waits = counts->rows[OUTCOME_PENDING] + counts->rows[OUTCOME_IN_FLIGHT] > 0;
	struct rate_log log;
	enum errc rc;

	rate_init(&log, rate);
	rc = shared_sent_span(store_shared(s->store), RATE_APPLE_WRITE, s->now_ms - rate.window_ms,
		INT64_MAX, note_request, &log, err);
	if (!rc && rate.n)
		put_gauge(m, "waiting_seconds",
			"Until the limits let the next change of the run leave.",
			waits ? rate_when(&log, s->now_ms, 1) - s->now_ms : 0);
	rate_release(&log);
	return rc;
}

static void put_tokens(struct metrics *m)
{
	const struct settings *s = m->source->settings;
	bool first = true;

	for (size_t i = 0; i < s->uem.n_tokens; i++) {
		const struct token_group *t = &s->uem.tokens[i];

		if (t->expires_ms == TIME_NONE)
			continue;
		if (first)
			put_head(m, "token_days_left",
				"Until a server token of uem.tokens expires.");
		first = false;
		begin(m, "token_days_left");
		put_label(m, "server", t->server ? str_from(t->server) : STR("*"));
		put_label(m, "group", str_from(t->group));
		end(m, (t->expires_ms - m->source->now_ms) / (DAY_MS / SECOND_MS));
	}
}

/* What the settings and the files tell. */
static void put_credentials(struct metrics *m)
{
	struct credential_ends ends;
	bool first = true;

	credential_ends_find(&ends, m->source->settings);
	for (size_t i = 0; i < ends.n; i++) {
		const struct credential_end *e = &ends.v[i];

		if (e->at_ms == TIME_NONE)
			continue;
		if (first)
			put_head(m, "credential_days_left", "Until a token or certificate ends.");
		first = false;
		begin(m, "credential_days_left");
		put_label(m, "kind", str_from(e->kind));
		put_label(m, "name", str_from(e->name));
		end(m, (e->at_ms - m->source->now_ms) / (DAY_MS / SECOND_MS));
	}
}

/* The settings' mode holds whatever the umask says: who reads the file is another user. */
static enum errc open_file(
	const struct settings *s, const char *path, struct outfile **ret, struct err *err)
{
	mode_t before = s->metrics_mode ? umask(0) : 0;
	enum errc rc = outfile_open(ret, path, s->metrics_mode ? s->metrics_mode : 0644, err);

	if (s->metrics_mode)
		(void)umask(before);
	return rc;
}

static enum errc write_page(
	const struct settings *s, const struct buf *out, const char *path, struct err *err)
{
	struct outfile *file;
	enum errc rc = buf_check(out, path, err);

	if (!rc)
		rc = open_file(s, path, &file, err);
	if (rc)
		return rc;
	outfile_write(file, buf_view(out));
	rc = outfile_commit(file, NULL, err);
	outfile_free(file);
	return rc;
}

enum errc report_metrics(const struct report_source *s, const char *path, struct err *err)
{
	struct metrics m = { .source = s };
	struct summary counts = { 0 };
	enum errc rc = count_rows(s, &counts, err);

	buf_init(&m.out, PAGE_MAX_BYTES);
	if (!rc)
		rc = put_run(&m, err);
	if (!rc) {
		put_counts(&m, &counts);
		rc = put_waiting(&m, &counts, err);
	}
	if (!rc)
		rc = put_history(&m, err);
	if (!rc) {
		put_tokens(&m);
		put_credentials(&m);
		rc = write_page(s->settings, &m.out, path, err);
	}
	buf_release(&m.out);
	return rc;
}
