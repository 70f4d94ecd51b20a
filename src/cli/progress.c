#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "model/outcome.h"
#include "report/status_line.h"

enum { REDRAW_MS = 125, PLAIN_MS = 30 * 1000, USUAL_COLUMNS = 80 };

struct progress {
	enum { SHOW_NONE, SHOW_PLAIN, SHOW_LINE } show;
	struct clock *clock; /* NULL: time is what the engine says it is */
	struct standing state;
	int64_t shown_ms;   /* TIME_NONE: never */
	int64_t started_ms; /* of the first job; TIME_NONE: none yet */
};

static int show_of(const struct cli *cli)
{
	const char *wish = cli_text(cli, OPTION_PROGRESS), *term = getenv("TERM");

	if (cli_count(cli, OPTION_QUIET) || (wish && strcmp(wish, "none") == 0))
		return SHOW_NONE;
	if ((wish && strcmp(wish, "plain") == 0) || !isatty(STDERR_FILENO) || !term || !*term ||
		strcmp(term, "dumb") == 0)
		return SHOW_PLAIN;
	return SHOW_LINE;
}

struct progress *progress_new(const struct cli *cli)
{
	struct progress *p = mem_zalloc(sizeof(*p));

	p->show = show_of(cli);
	/* A rehearsal's own clock leaps. */
	p->clock = cli->command->id == COMMAND_REHEARSE ? clock_real() : NULL;
	p->state.what = cli->command->name;
	p->state.finish_ms = p->shown_ms = p->started_ms = TIME_NONE;
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	log_status(NULL);
	clock_free(p->clock);
	free(p);
}

/* One less than there are: some terminals wrap when the last one is written. */
static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return USUAL_COLUMNS - 1;
	return (size_t)size.ws_col - 1;
}

static void show(struct progress *p)
{
	char line[STATUS_LINE_BYTES];

	if (p->show == SHOW_LINE) {
		status_line(&p->state, columns(), line);
		log_status(line);
	} else {
		status_line(&p->state, STATUS_LINE_BYTES - 1, line);
		log_info("%s", line);
	}
}

static void show_if_due(struct progress *p, bool begins)
{
	int64_t now = p->clock ? clock_now(p->clock) : p->state.now_ms;
	int64_t every = p->show == SHOW_LINE ? REDRAW_MS : PLAIN_MS;

	if (p->show == SHOW_NONE)
		return;
	/* What is over within half a minute needs no lines of its own. */
	if (p->shown_ms == TIME_NONE)
		p->shown_ms = p->show == SHOW_LINE ? now - every : now;
	if (now - p->shown_ms < every && !begins)
		return;
	p->shown_ms = now;
	show(p);
}

void progress_pulse(void *self, const struct transport_pulse *pulse)
{
	struct progress *p = self;
	/* Waits last a second or more, so that these redraws are few. */
	bool begins = p->show == SHOW_LINE && !p->clock && pulse->waiting_for &&
		      !p->state.waiting_for;

	p->state.now_ms = pulse->now_ms;
	p->state.requests = pulse->n_sent;
	p->state.waiting_for = pulse->waiting_for;
	p->state.waiting_until_ms = pulse->until_ms;
	show_if_due(p, begins);
}

/* As fast as so far. */
static void estimate(struct progress *p, uint64_t left, uint64_t done)
{
	int64_t took = p->state.now_ms - p->started_ms;

	p->state.finish_ms = TIME_NONE;
	if (left && done && took > 0 && (uint64_t)took < UINT64_MAX / left)
		p->state.finish_ms = p->state.now_ms + (int64_t)((uint64_t)took * left / done);
}

void progress_job(void *self, const struct job *j)
{
	struct progress *p = self;
	uint64_t done = 0, left = 0;
	uint32_t at;

	p->state.now_ms = transport_now(j->transport);
	p->state.total = j->n;
	p->state.settled = p->state.failed = p->state.in_flight = 0;
	if (p->started_ms == TIME_NONE)
		p->started_ms = p->state.now_ms;
	for (uint32_t i = 0; i < j->n; i++) {
		const struct job_device *d = &j->devices[i];
		const struct work_program *prog = job_program(j, d);
		uint32_t next = job_next(j, d);

		p->state.settled += d->settled;
		p->state.failed += d->settled && outcome_info(d->outcome)->exit_status;
		p->state.in_flight += !d->settled && work_put_back_due(prog, d->results, &at);
		done += next;
		left += d->settled ? 0 : prog->n - next;
	}
	estimate(p, left, done);
	show_if_due(p, false);
}
