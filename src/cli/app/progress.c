#include "cli/app/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fold.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/args/terminal.h"
#include "forecast/schedule.h"
#include "os/stop.h"
#include "report/status_line.h"
#include "run/request.h"

enum { HOUR_MS = 3600 * 1000, REDRAW_MS = 125, PLAIN_MS = 30 * 1000, USUAL_COLUMNS = 80 };
/* How often what is left is worked out anew. */
enum { FORESEE_LINE_MS = 1000, FORESEE_PLAIN_MS = 15 * 1000 };
/* Of two days' work an end that is foreseen each half an hour is exact enough. */
enum { FORESEE_SHARE = 100 };
/* How often whoever looks at the lock is told. */
enum { SAY_MS = 1000 };
/* Who watches a line sees a clock in it; for all others waking up is work for nothing. */
enum { LIVE_MS = 1000, QUIET_MS = 5000 };
/* A wait for the way home is told at once, and again when it has become longer by so much. */
enum { NOTICED_MS = 2000, LONGER_MS = 10 * 1000 };

struct progress {
	enum { SHOW_NONE, SHOW_PLAIN, SHOW_LINE } show;
	struct clock *clock; /* NULL: time is what the engine says it is */
	struct standing state;
	int64_t shown_ms;      /* TIME_NONE: never */
	int64_t told_until_ms; /* of the wait of a way home that was told; TIME_NONE: none */
	bool homeward;         /* what earlier runs left off its server comes back now */
	int64_t foreseen_ms;   /* TIME_NONE: never */
	struct lock *lock;     /* NULL: none that tells others how far it is */
	int64_t said_ms;       /* TIME_NONE: never */
	int64_t ends_ms;       /* when the run is over at the latest, foreseen when it began */
	char *next;            /* the command that goes on; NULL: none yet */
	char budget[40];       /* "Apple 10/hour" */
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
	p->state.local = p->show == SHOW_LINE;
	p->state.finish_ms = p->shown_ms = p->foreseen_ms = TIME_NONE;
	p->said_ms = p->ends_ms = p->told_until_ms = TIME_NONE;
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	log_status(NULL);
	stop_words(NULL, NULL);
	clock_free(p->clock);
	free(p->next);
	free(p);
}

/* One less than there are: some terminals wrap when the last one is written. */
static size_t columns(void)
{
	size_t n = fold_columns(stderr);

	return (n ? n : USUAL_COLUMNS) - 1;
}

void progress_waits(const struct progress *p, const char *line)
{
	if (p && p->show == SHOW_LINE)
		log_status(line);
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

/* For `status` and `runs`, in whatever way this process shows it itself. */
static void say_if_due(struct progress *p)
{
	struct standing state = p->state;
	char line[STATUS_LINE_BYTES];

	if (!p->lock || (p->said_ms != TIME_NONE && state.now_ms - p->said_ms < SAY_MS))
		return;
	p->said_ms = state.now_ms;
	state.local = false;
	state.whole = true;
	status_line(&state, STATUS_LINE_BYTES - 1, line);
	lock_say(p->lock, line, p->ends_ms);
}

static const char *budget_words(struct progress *p, const struct rate *r)
{
	char window[TIME_TEXT];

	(void)snprintf(p->budget, sizeof(p->budget), "Apple %u/%s", r->n,
		r->window_ms == HOUR_MS ? "hour" : duration_words(r->window_ms, window));
	return p->budget;
}

/* A wait that has not been told yet: whoever waits for devices to come back learns until when. */
static bool keeps_from_home(struct progress *p, const struct transport_pulse *pulse)
{
	if (!(p->homeward || stop_asked()) || !pulse->waiting_for ||
		pulse->until_ms - pulse->now_ms < NOTICED_MS ||
		(p->told_until_ms != TIME_NONE && pulse->until_ms - p->told_until_ms < LONGER_MS))
		return false;
	p->told_until_ms = pulse->until_ms;
	return true;
}

int64_t progress_pulse(void *self, const struct transport_pulse *pulse)
{
	struct progress *p = self;
	/* Waits last a second or more, so that these redraws are few. */
	bool begins = p->show == SHOW_LINE && !p->clock && pulse->waiting_for &&
		      !p->state.waiting_for;
	bool home = keeps_from_home(p, pulse);

	p->state.now_ms = pulse->now_ms;
	p->state.requests = pulse->n_sent;
	if (p->state.requests_total && p->state.requests_total < pulse->n_sent)
		p->state.requests_total = pulse->n_sent; /* polls are not foreseen */
	p->state.waiting_for = pulse->waiting_for;
	p->state.waiting_until_ms = pulse->until_ms;
	p->state.budget = pulse->budget ? budget_words(p, pulse->budget) : NULL;
	say_if_due(p);
	show_if_due(p, begins || home);
	return p->show == SHOW_LINE ? LIVE_MS : QUIET_MS;
}

static int64_t foresee_every(const struct progress *p)
{
	int64_t least = p->show == SHOW_LINE ? FORESEE_LINE_MS : FORESEE_PLAIN_MS, share;

	if (p->clock || p->state.finish_ms == TIME_NONE) /* a leaping clock says nothing of ours */
		return least;
	share = (p->state.finish_ms - p->state.now_ms) / FORESEE_SHARE;
	return share > least ? share : least;
}

/* The schedule of what is left, by the rates and what was sent under them. */
static void foresee(struct progress *p, const struct job *j)
{
	int64_t now = p->clock ? clock_now(p->clock) : p->state.now_ms;
	struct transport_counts n = transport_counts(j->transport);
	struct schedule left;

	if (p->show == SHOW_NONE ||
		(p->foreseen_ms != TIME_NONE && now - p->foreseen_ms < foresee_every(p)))
		return;
	p->foreseen_ms = now;
	schedule_left(j, false, &left);
	p->state.requests = n.apple_reads + n.apple_writes + n.uem_reads + n.uem_triggers +
			    n.uem_writes;
	p->state.requests_total = p->state.requests + left.apple_reads + left.apple_changes +
				  left.uem_reads + left.uem_changes + left.syncs;
	p->state.finish_ms = left.earliest_ms == INT64_MAX ? TIME_NONE : left.earliest_ms;
}

/* Once: the run's own estimate, which does not move with what goes wrong. */
static void foresee_end(struct progress *p, const struct job *j)
{
	struct schedule late;

	if (!p->lock || p->ends_ms != TIME_NONE)
		return;
	schedule_left(j, true, &late);
	if (late.earliest_ms != INT64_MAX)
		p->ends_ms = late.earliest_ms;
}

/* Named one by one as long as a person would read them. */
enum { NAMED_DEVICES = 50, LEFT_MAX_BYTES = 4096 };

struct off {
	uint32_t n;
	struct buf names;
};

static void add_off(struct off *off, const struct job *j, uint32_t device)
{
	if (off->n++ < NAMED_DEVICES)
		buf_printf(&off->names, "%s%.*s", off->n > 1 ? ", " : "",
			STR_FMT(map_key(&j->fleet->serials, j->devices[device].slot)));
}

/* Counts them by what became of them; names who is off its server. */
static void count_devices(const struct job *j, struct standing *s, struct off *ret)
{
	s->total = j->n;
	s->settled = j->n_settled;
	s->failed = j->n_failed;
	s->in_flight = j->n_off;
	for (uint32_t i = 0; i < j->n_off; i++)
		add_off(ret, j, j->off[i]);
}

/* Those that a request under way may take off. */
static void add_leaving(const struct job *j, struct off *ret)
{
	for (uint32_t k = 0; k < j->n_open; k++) {
		const struct open_request *r = j->open[k];

		for (uint32_t i = 0; i < r->n && r->id && step_info(r->kind)->takes_off; i++)
			if (!job_is_settled(&j->devices[r->devices[i]]) &&
				!job_is_to_return(j, &j->devices[r->devices[i]]))
				add_off(ret, j, r->devices[i]);
	}
	if (ret->n > NAMED_DEVICES)
		buf_printf(&ret->names, " and %u more", ret->n - NAMED_DEVICES);
}

/* What a signal is answered with from now on: up to date at every moment, since the answer cannot
 * wait until somebody works it out. */
static void ready_for_stop(const struct progress *p, struct off *off)
{
	char doing[80];
	bool one = off->n == 1;

	(void)snprintf(doing, sizeof(doing), "putting %u device%s back on %s server", off->n,
		one ? "" : "s", one ? "its" : "their");
	buf_printf(&off->names, one ? " stays off its server" : " stay off their server");
	if (p->next)
		buf_printf(&off->names, "; put %s back: %s", one ? "it" : "them", p->next);
	stop_words(off->n ? doing : NULL, off->n ? buf_cstr(&off->names) : NULL);
}

void progress_next(struct progress *p, const char *next)
{
	free(p->next);
	p->next = mem_strdup(next);
}

void progress_homeward(struct progress *p, bool on, uint32_t n_off)
{
	p->homeward = on;
	p->state.in_flight = n_off;
}

void progress_tell(struct progress *p, struct lock *lock)
{
	p->lock = lock;
}

void progress_job(void *self, const struct job *j)
{
	struct progress *p = self;
	struct off off = { .n = 0 };

	p->state.now_ms = transport_now(j->transport);
	buf_init(&off.names, LEFT_MAX_BYTES);
	count_devices(j, &p->state, &off);
	add_leaving(j, &off);
	ready_for_stop(p, &off);
	buf_release(&off.names);
	foresee_end(p, j);
	foresee(p, j);
	say_if_due(p);
	show_if_due(p, false);
}
