#include "report/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/plural.h"
#include "base/time.h"

enum { DAY_MS = 86400000, PART_BYTES = 100 };

/* In the order of the line. */
enum part {
	PART_NAME,
	PART_DONE,
	PART_FAILED,
	PART_OFF,
	PART_REQUESTS,
	PART_WAIT,
	PART_END,
	PARTS
};

/* What is said of each part; one step after the other is taken back until the line fits. */
enum saying { SAY_NOTHING, SAY_LEAST, SAY_LESS, SAY_ALL };
static const struct {
	enum part part;
	enum saying saying;
} steps[] = {
	{ PART_REQUESTS, SAY_NOTHING },
	{ PART_NAME, SAY_NOTHING },
	{ PART_WAIT, SAY_LESS },
	{ PART_END, SAY_NOTHING },
	{ PART_WAIT, SAY_LEAST },
	{ PART_OFF, SAY_NOTHING },
	{ PART_FAILED, SAY_NOTHING },
	{ PART_WAIT, SAY_NOTHING },
	{ PART_DONE, SAY_LEAST },
	{ PART_DONE, SAY_NOTHING },
};
enum { STEPS = sizeof(steps) / sizeof(*steps) };

/* 14:07 or Sat 14:07 by the terminal's clock, 14:07:00Z or 11-24 14:07Z by UTC. */
static void clock_words(const struct standing *s, int64_t at_ms, char ret[TIME_TEXT])
{
	time_t at = (time_t)(at_ms / 1000), now = (time_t)(s->now_ms / 1000);
	struct tm there, here;
	char text[TIME_TEXT];

	if (s->local && localtime_r(&at, &there) && localtime_r(&now, &here)) {
		bool today = there.tm_yday == here.tm_yday && there.tm_year == here.tm_year;

		(void)(today ? strftime(ret, TIME_TEXT, "%H:%M", &there)
			     : strftime(ret, TIME_TEXT, "%a %d %b %H:%M", &there));
		return;
	}
	(void)time_rfc3339_s(at_ms, text);
	if (s->whole)
		(void)snprintf(ret, TIME_TEXT, "%s", text);
	else if (at_ms - s->now_ms < DAY_MS)
		(void)snprintf(ret, TIME_TEXT, "%.8sZ", text + 11);
	else
		(void)snprintf(ret, TIME_TEXT, "%.5s %.5sZ", text + 5, text + 11);
}

static void put_wait(const struct standing *s, enum saying how, char out[PART_BYTES])
{
	char at[TIME_TEXT];

	if (!s->waiting_for || how == SAY_NOTHING)
		return;
	clock_words(s, s->waiting_until_ms, at);
	if (how == SAY_LEAST)
		(void)snprintf(out, PART_BYTES, "until %s", at);
	else if (how == SAY_ALL && s->budget)
		(void)snprintf(
			out, PART_BYTES, "waiting for write budget until %s (%s)", at, s->budget);
	else
		(void)snprintf(out, PART_BYTES, "waiting for %s until %s",
			s->budget ? "write budget" : s->waiting_for, at);
}

static void put_done(const struct standing *s, enum saying how, char out[PART_BYTES])
{
	if (how == SAY_NOTHING)
		return;
	if (!s->total)
		(void)snprintf(
			out, PART_BYTES, "%" PRIu64 " request%s", s->requests, plural(s->requests));
	else
		(void)snprintf(out, PART_BYTES, how == SAY_ALL ? "%u of %u done" : "%u of %u",
			s->settled - s->failed, s->total);
}

static void put_parts(
	const struct standing *s, const enum saying how[PARTS], char p[PARTS][PART_BYTES])
{
	char at[TIME_TEXT];

	if (how[PART_NAME])
		(void)snprintf(p[PART_NAME], PART_BYTES, "%s: ", s->what);
	put_done(s, how[PART_DONE], p[PART_DONE]);
	if (how[PART_FAILED] && s->failed)
		(void)snprintf(p[PART_FAILED], PART_BYTES, "%u not done", s->failed);
	if (how[PART_OFF] && s->in_flight)
		(void)snprintf(p[PART_OFF], PART_BYTES, "%u off server", s->in_flight);
	if (how[PART_REQUESTS] && s->total && s->requests_total)
		(void)snprintf(p[PART_REQUESTS], PART_BYTES, "%" PRIu64 " of %" PRIu64 " requests",
			s->requests, s->requests_total);
	put_wait(s, how[PART_WAIT], p[PART_WAIT]);
	if (how[PART_END] && s->finish_ms != TIME_NONE) {
		/* An estimate is not before what is waited for now. */
		bool longer = s->waiting_for && s->waiting_until_ms > s->finish_ms;

		clock_words(s, longer ? s->waiting_until_ms : s->finish_ms, at);
		(void)snprintf(p[PART_END], PART_BYTES, "ends about %s", at);
	}
}

static size_t join(const struct standing *s, const enum saying how[PARTS], char *ret)
{
	char p[PARTS][PART_BYTES] = { 0 };
	size_t n = 0;

	put_parts(s, how, p);
	ret[0] = '\0';
	for (int i = 0; i < PARTS && n < STATUS_LINE_BYTES; i++)
		if (p[i][0])
			n += (size_t)snprintf(ret + n, STATUS_LINE_BYTES - n, "%s%s",
				n && i > PART_DONE ? ", " : "", p[i]);
	return n;
}

void status_line(const struct standing *s, size_t width, char ret[STATUS_LINE_BYTES])
{
	enum saying how[PARTS];
	size_t most = width < STATUS_LINE_BYTES - 1 ? width : STATUS_LINE_BYTES - 1;

	for (int i = 0; i < PARTS; i++)
		how[i] = SAY_ALL;
	for (int i = 0; join(s, how, ret) > most && i < STEPS; i++)
		how[steps[i].part] = steps[i].saying;
}
